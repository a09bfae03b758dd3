// The DMA controller of the RP2040: memory to memory at once, and channels that an SPI controller paces. RP2040 datasheet §2.5.
// Not there: other pacing (timers, UART, PIO), the sniffer, and arbitration, which for bytes of an SPI bus takes no noticeable time.

import type { RP2040 } from "rp2040js";
import type { Alarm, BoardClock } from "./clock.ts";
import { Registers } from "./registers.ts";
import type { Spi } from "./spi.ts";

const CHANNELS = 12;
const IRQ = [11, 12];

// Registers of a channel, by what the low bits of the offset name: four aliases, whose last one triggers. §2.5.2.1.
const READ = 0;
const WRITE = 1;
const COUNT = 2;
const CONTROL = 3;
const ALIASES = [
	READ,
	WRITE,
	COUNT,
	CONTROL,
	CONTROL,
	READ,
	WRITE,
	COUNT,
	CONTROL,
	COUNT,
	READ,
	WRITE,
	CONTROL,
	WRITE,
	COUNT,
	READ,
];
const TRIGGER = 3;

const INTR = 0x400;
const INTE = [0x404, 0x414];
const INTF = [0x408, 0x418];
const INTS = [0x40c, 0x41c];
const MULTI_TRIGGER = 0x430;
const SNIFF_CTRL = 0x434;
const CHAN_ABORT = 0x444;
const N_CHANNELS = 0x448;
const DEBUG = 0x800;

const CTRL_EN = 1 << 0;
const CTRL_INCR_READ = 1 << 4;
const CTRL_INCR_WRITE = 1 << 5;
const CTRL_RING_WRITE = 1 << 10;
const CTRL_IRQ_QUIET = 1 << 21;
const CTRL_BSWAP = 1 << 22;
const CTRL_BUSY = 1 << 24;
const CTRL_WRITABLE = 0x00ff_ffff;

/** Requests of the SPI controllers, §2.5.3.1: for each, whether it is to be sent. */
const SPI_REQUESTS: Record<number, { spi: 0 | 1; sends: boolean }> = {
	16: { spi: 0, sends: true },
	17: { spi: 0, sends: false },
	18: { spi: 1, sends: true },
	19: { spi: 1, sends: false },
};
const UNPACED = 0x3f;

export class Channel {
	readonly index: number;
	readonly #dma: Dma;
	readonly #rp2040: RP2040;
	readonly #alarm: Alarm;
	control = 0;
	readAddress = 0;
	writeAddress = 0;
	/** Transfers to come. */
	remaining = 0;
	/** What the next start begins with. */
	reload = 0;

	constructor(dma: Dma, index: number, rp2040: RP2040, clock: BoardClock) {
		this.#dma = dma;
		this.index = index;
		this.#rp2040 = rp2040;
		this.#alarm = clock.createAlarm(() => this.#copyAll());
		this.control = index << 11;
	}

	get busy(): boolean {
		return (this.control & CTRL_BUSY) !== 0;
	}

	get request(): number {
		return (this.control >> 15) & 0x3f;
	}

	get #size(): number {
		return 1 << ((this.control >> 2) & 3);
	}

	start(): void {
		if (!(this.control & CTRL_EN) || this.busy) return;
		this.remaining = this.reload;
		if (this.remaining === 0) return this.#finish();
		this.control |= CTRL_BUSY;
		const paced = SPI_REQUESTS[this.request];
		if (paced !== undefined) this.#dma.spi[paced.spi].attach(this, paced.sends);
		// One transfer in each cycle at best. §2.5.
		else if (this.request === UNPACED) this.#alarm.schedule((this.remaining * 1e9) / this.#rp2040.clkSys);
		else this.#dma.complain(`DMA channel ${this.index}: request ${this.request} is not emulated`);
	}

	abort(): void {
		this.control &= ~CTRL_BUSY;
		this.#alarm.cancel();
		for (const spi of this.#dma.spi) spi.detach(this);
	}

	/** Reads the transfers [from, to) of `words`. */
	read(words: Uint16Array, from: number, to: number): void {
		for (let i = from; i < to; i++) words[i] = this.#read();
		this.#passed(to - from);
	}

	readOne(): number {
		const value = this.#read();
		this.#passed(1);
		return value;
	}

	/** It reads one byte again and again. */
	get constant(): boolean {
		return (this.control & (CTRL_INCR_READ | 0xc)) === 0;
	}

	/** What `constant` reads. */
	peek(): number {
		return this.#rp2040.readUint8(this.readAddress);
	}

	/** So many have been read that nobody needs. */
	skip(count: number): void {
		this.#passed(count);
	}

	/** Writes `count` words that came: bytes from `at` on, or the high byte and the low byte of each. */
	write(bytes: Uint8Array, at: number, count: number, wide: boolean): void {
		const { sram } = this.#rp2040;
		const to = this.writeAddress - 0x2000_0000;
		const plain = !wide && (this.control & (CTRL_INCR_WRITE | 0xc)) === CTRL_INCR_WRITE && this.#ring === 0;
		if (plain && to >= 0 && to + count <= sram.length) {
			for (let i = 0; i < count; i++) sram[to + i] = bytes[at + i]!;
			this.writeAddress += count;
		} else for (let i = 0; i < count; i++) this.#write(wide ? (bytes[2 * i]! << 8) | bytes[2 * i + 1]! : bytes[at + i]!);
		this.#passed(count);
	}

	writeOne(word: number): void {
		this.#write(word);
		this.#passed(1);
	}

	get #ring(): number {
		const size = (this.control >> 6) & 15;
		return size === 0 ? 0 : (1 << size) - 1;
	}

	#step(address: number, writes: boolean): number {
		if (!(this.control & (writes ? CTRL_INCR_WRITE : CTRL_INCR_READ))) return address;
		const ring = this.#ring;
		const next = address + this.#size;
		if (ring === 0 || writes !== ((this.control & CTRL_RING_WRITE) !== 0)) return next >>> 0;
		return ((address & ~ring) | (next & ring)) >>> 0;
	}

	#read(): number {
		const address = this.readAddress;
		const rp2040 = this.#rp2040;
		this.readAddress = this.#step(address, false);
		switch (this.#size) {
			case 1:
				return rp2040.readUint8(address);
			case 2:
				return this.#swapped(rp2040.readUint16(address), 2);
			default:
				return this.#swapped(rp2040.readUint32(address), 4);
		}
	}

	#write(value: number): void {
		const address = this.writeAddress;
		const rp2040 = this.#rp2040;
		this.writeAddress = this.#step(address, true);
		switch (this.#size) {
			case 1:
				return rp2040.writeUint8(address, value & 0xff);
			case 2:
				return rp2040.writeUint16(address, value & 0xffff);
			default:
				return rp2040.writeUint32(address, value >>> 0);
		}
	}

	#swapped(value: number, size: number): number {
		if (!(this.control & CTRL_BSWAP)) return value;
		if (size === 2) return ((value & 255) << 8) | (value >> 8);
		return (((value & 255) << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)) >>> 0;
	}

	#copyAll(): void {
		for (let i = this.remaining; i > 0; i--) this.#write(this.#read());
		this.#passed(this.remaining);
	}

	#passed(count: number): void {
		this.remaining -= count;
		if (this.remaining === 0) this.#finish();
	}

	#finish(): void {
		this.abort();
		if (!(this.control & CTRL_IRQ_QUIET)) this.#dma.raise(this.index);
		const chained = (this.control >> 11) & 15;
		if (chained !== this.index) this.#dma.channels[chained]?.start();
	}
}

export class Dma extends Registers {
	readonly channels: Channel[];
	readonly spi: readonly [Spi, Spi];
	readonly complain: (text: string) => void;
	readonly #rp2040: RP2040;
	#raw = 0;
	readonly #enabled = [0, 0];
	readonly #forced = [0, 0];

	constructor(rp2040: RP2040, clock: BoardClock, spi: readonly [Spi, Spi], complain: (text: string) => void) {
		super();
		this.#rp2040 = rp2040;
		this.spi = spi;
		this.complain = complain;
		this.channels = Array.from({ length: CHANNELS }, (_, i) => new Channel(this, i, rp2040, clock));
	}

	raise(index: number): void {
		this.#raw |= 1 << index;
		this.#interrupt();
	}

	readUint32(offset: number): number {
		if (offset < CHANNELS * 0x40) return this.#readChannel(this.channels[offset >> 6]!, offset & 0x3c);
		switch (offset) {
			case INTR:
				return this.#raw;
			case CHAN_ABORT:
				// Nothing is ever on its way any more.
				return 0;
			case N_CHANNELS:
				return CHANNELS;
			default:
		}
		for (const i of [0, 1] as const) {
			if (offset === INTE[i]) return this.#enabled[i]!;
			if (offset === INTF[i]) return this.#forced[i]!;
			if (offset === INTS[i]) return this.#status(i);
		}
		if (offset >= DEBUG && (offset & 0x3f) === 4) return this.channels[(offset - DEBUG) >> 6]?.reload ?? 0;
		return 0;
	}

	write(offset: number, value: number, raw: number): void {
		if (offset < CHANNELS * 0x40) return this.#writeChannel(this.channels[offset >> 6]!, offset & 0x3c, value);
		switch (offset) {
			case INTR:
			case INTS[0]:
			case INTS[1]:
				this.#raw &= ~raw;
				break;
			case MULTI_TRIGGER:
				for (const channel of this.channels) if (value & (1 << channel.index)) channel.start();
				break;
			case SNIFF_CTRL:
				if (value & 1) this.complain("DMA: the sniffer is not emulated");
				break;
			case CHAN_ABORT:
				this.#sync();
				for (const channel of this.channels) if (value & (1 << channel.index)) channel.abort();
				break;
			default:
		}
		for (const i of [0, 1]) {
			if (offset === INTE[i]) this.#enabled[i] = value & 0xffff;
			if (offset === INTF[i]) this.#forced[i] = value & 0xffff;
		}
		this.#interrupt();
	}

	#readChannel(channel: Channel, offset: number): number {
		this.#sync();
		switch (ALIASES[offset >> 2]!) {
			case READ:
				return channel.readAddress;
			case WRITE:
				return channel.writeAddress;
			case COUNT:
				return channel.remaining;
			default:
				return channel.control;
		}
	}

	#writeChannel(channel: Channel, offset: number, value: number): void {
		this.#sync();
		const place = (offset >> 2) & 3;
		switch (ALIASES[offset >> 2]!) {
			case READ:
				channel.readAddress = value >>> 0;
				break;
			case WRITE:
				channel.writeAddress = value >>> 0;
				break;
			case COUNT:
				channel.reload = value >>> 0;
				break;
			default:
				channel.control = (channel.control & ~CTRL_WRITABLE) | (value & CTRL_WRITABLE);
		}
		if (place !== TRIGGER) return;
		// A null trigger starts nothing; with IRQ_QUIET it is what raises the interrupt. §2.5.2.3.
		if (value !== 0) channel.start();
		else if (channel.control & CTRL_IRQ_QUIET) this.raise(channel.index);
	}

	#sync(): void {
		for (const spi of this.spi) spi.sync();
	}

	#status(i: number): number {
		return (this.#raw & this.#enabled[i]!) | this.#forced[i]!;
	}

	#interrupt(): void {
		for (const i of [0, 1]) this.#rp2040.setInterrupt(IRQ[i]!, this.#status(i) !== 0);
	}
}
