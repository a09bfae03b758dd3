// An SPI controller of the RP2040, the ARM PrimeCell PL022, as a master: FIFOs, and the time that each word takes on the wire.
// RP2040 datasheet §4.4; ARM DDI 0194. Words move lazily: when a register is read or written, a pin changes, or the DMA comes to an end.

import type { RP2040 } from "rp2040js";
import type { Alarm, BoardClock } from "./clock.ts";
import type { Channel } from "./dma.ts";
import { Registers } from "./registers.ts";

// Offsets, §4.4.4.
const CR0 = 0x00;
const CR1 = 0x04;
const DR = 0x08;
const SR = 0x0c;
const CPSR = 0x10;
const IMSC = 0x14;
const RIS = 0x18;
const MIS = 0x1c;
const ICR = 0x20;
const DMACR = 0x24;
/** Peripheral and cell identification. */
const IDENTITY: Record<number, number> = {
	0xfe0: 0x22,
	0xfe4: 0x10,
	0xfe8: 0x34,
	0xfec: 0x00,
	0xff0: 0x0d,
	0xff4: 0xf0,
	0xff8: 0x05,
	0xffc: 0xb1,
};

const CR0_SPH = 1 << 7;
const CR1_LBM = 1 << 0;
const CR1_SSE = 1 << 1;
const CR1_MS = 1 << 2;
const SR_TFE = 1 << 0;
const SR_TNF = 1 << 1;
const SR_RNE = 1 << 2;
const SR_RFF = 1 << 3;
const SR_BSY = 1 << 4;
const INT_OVERRUN = 1 << 0;
const INT_RECEIVE = 1 << 2;
const INT_TRANSMIT = 1 << 3;
const DMACR_RX = 1 << 0;
const DMACR_TX = 1 << 1;

const DEPTH = 8;
/** With SPH 0 the frame signal rises between two words (DDI 0194 §2.4), which costs clocks: between "about 2" (pico-examples issue 285) and 1. */
const GAP_CLOCKS = 1.5;
/** Words that move at once at most, and while the DMA is at work: how stale memory that it reads or writes may be. */
const BULK = 512;
const CHUNK = 64;

/** A chip on the bus. */
export interface SpiDevice {
	/** As many bytes each way as `out` has. */
	exchange(out: Uint8Array, into: Uint8Array): void;
}

/** A queue of eight words. */
class Fifo {
	readonly #words = new Uint16Array(DEPTH);
	#head = 0;
	count = 0;

	push(word: number): void {
		this.#words[(this.#head + this.count++) & (DEPTH - 1)] = word;
	}

	/** All eight are that word. */
	holds(word: number): boolean {
		return this.count === DEPTH && this.#words.every((each) => each === word);
	}

	pull(): number {
		const word = this.#words[this.#head]!;
		this.#head = (this.#head + 1) & (DEPTH - 1);
		this.count--;
		return word;
	}
}

export class Spi extends Registers {
	/** Time that the wire was in use, ns. */
	busyNanos = 0;
	readonly #rp2040: RP2040;
	readonly #clock: BoardClock;
	readonly #irq: number;
	readonly #complain: (text: string) => void;
	readonly #alarm: Alarm;
	readonly #tx = new Fifo();
	readonly #rx = new Fifo();
	readonly #out = new Uint16Array(BULK);
	readonly #outBytes = new Uint8Array(2 * BULK);
	readonly #inBytes = new Uint8Array(2 * BULK);
	readonly #outByte = new Uint8Array(1);
	readonly #inByte = new Uint8Array(1);
	readonly #selected = new Set<SpiDevice>();
	#device: SpiDevice | undefined;
	/** The channels that the controller paces, while they are at work. */
	#toSend: Channel | undefined;
	#received: Channel | undefined;
	#cr0 = 0;
	#cr1 = 0;
	#cpsr = 0;
	#imsc = 0;
	#raw = 0;
	#interrupting = false;
	#dmacr = 0;
	#wordNanos = 1;
	#wordBytes = 1;
	/** A word is on the wire, until so late. */
	#shifting = false;
	#word = 0;
	#end = 0;
	/** What the chip has answered to words that are not over yet, see #lookAhead. */
	readonly #ahead = new Uint8Array(CHUNK);
	#aheadAt = 0;
	#aheadEnd = 0;
	/** Words are being moved: what the DMA then begins waits for their end. */
	#moving = false;

	/** `irq`: of the processor. */
	constructor(rp2040: RP2040, clock: BoardClock, irq: number, complain: (text: string) => void) {
		super();
		this.#rp2040 = rp2040;
		this.#clock = clock;
		this.#irq = irq;
		this.#complain = complain;
		this.#alarm = clock.createAlarm(() => this.sync());
	}

	/** Clock on the wire, Hz. */
	get hertz(): number {
		return this.#rp2040.clkPeri / (Math.max(2, this.#cpsr) * (1 + ((this.#cr0 >> 8) & 255)));
	}

	/** A chip is selected, or not any more. */
	select(device: SpiDevice, selected: boolean): void {
		this.sync();
		this.#aheadAt = this.#aheadEnd = 0;
		if (selected) this.#selected.add(device);
		else this.#selected.delete(device);
		[this.#device] = this.#selected;
		if (this.#selected.size > 1) this.#complain("SPI: two chips of one controller are selected at the same time");
	}

	/** The DMA has work that this controller paces: what is to be sent, or where what comes goes. */
	attach(channel: Channel, sends: boolean): void {
		this.sync();
		if (sends) this.#toSend = channel;
		else this.#received = channel;
		this.#proceed();
	}

	detach(channel: Channel): void {
		if (this.#toSend === channel) this.#toSend = undefined;
		if (this.#received === channel) this.#received = undefined;
	}

	/** Moves what has moved until now. */
	sync(): void {
		const { nanos } = this.#clock;
		if (this.#moving || !this.#shifting || this.#end > nanos) return;
		this.#moving = true;
		while (this.#shifting && this.#end <= nanos) {
			const passed = 1 + Math.floor((nanos - this.#end) / this.#wordNanos);
			if (this.#aheadAt === this.#aheadEnd) this.#lookAhead();
			const ahead = this.#aheadEnd - this.#aheadAt;
			if (ahead > 0 && this.#streaming()) this.#stream(Math.min(passed, ahead));
			else this.#move(Math.min(1 + this.#tx.count + (this.#source?.remaining ?? 0), passed, BULK));
		}
		this.#moving = false;
		this.#proceed();
	}

	/** The DMA reads from the chip: it sends one word again and again, and stores what comes. */
	#streaming(): boolean {
		const source = this.#source;
		return source !== undefined && source.constant && this.#target !== undefined && this.#tx.count === DEPTH;
	}

	/**
	 * While the DMA reads, the chip is asked for some words more than have passed, which costs less than to ask for each. Nobody sees them before
	 * their time. Only as many as the DMA still puts into the FIFO.
	 */
	#lookAhead(): void {
		if (this.#wordBytes > 1 || this.#device === undefined || !this.#streaming()) return;
		const source = this.#source!;
		const word = source.peek();
		if (this.#word !== word || !this.#tx.holds(word)) return;
		const count = Math.min(CHUNK, source.remaining, this.#target!.remaining);
		this.#device.exchange(this.#outBytes.subarray(0, count).fill(word), this.#ahead.subarray(0, count));
		this.#aheadAt = 0;
		this.#aheadEnd = count;
	}

	/** Lets `count` words of those pass. */
	#stream(count: number): void {
		this.#end += count * this.#wordNanos;
		this.busyNanos += count * this.#wordNanos;
		const at = this.#aheadAt;
		this.#aheadAt += count;
		this.#source!.skip(count);
		this.#target!.write(this.#ahead, at, count, false);
	}

	/** Where the DMA takes what is to be sent from. */
	get #source(): Channel | undefined {
		return this.#dmacr & DMACR_TX ? this.#toSend : undefined;
	}

	/** Where it puts what comes. */
	get #target(): Channel | undefined {
		return this.#dmacr & DMACR_RX ? this.#received : undefined;
	}

	readUint32(offset: number): number {
		if (offset === DR) {
			this.sync();
			const word = this.#rx.count > 0 ? this.#rx.pull() : 0;
			this.#proceed();
			return word;
		}
		switch (offset) {
			case CR0:
				return this.#cr0;
			case CR1:
				return this.#cr1;
			case SR:
				this.sync();
				return this.#status();
			case CPSR:
				return this.#cpsr;
			case IMSC:
				return this.#imsc;
			case RIS:
				this.sync();
				return this.#interrupts();
			case MIS:
				this.sync();
				return this.#interrupts() & this.#imsc;
			case DMACR:
				return this.#dmacr;
			default:
				return IDENTITY[offset] ?? 0;
		}
	}

	write(offset: number, value: number): void {
		this.sync();
		switch (offset) {
			case CR0:
				this.#cr0 = value & 0xffff;
				this.#rateChanged();
				break;
			case CR1:
				this.#cr1 = value & 15;
				if (value & (CR1_MS | CR1_LBM)) this.#complain("SPI: neither slave mode nor loopback are emulated");
				break;
			case DR:
				// A word that finds the FIFO full is lost. §4.4.4, SSPDR.
				if (this.#tx.count < DEPTH) this.#tx.push(value & 0xffff);
				break;
			case CPSR:
				this.#cpsr = value & 0xfe;
				this.#rateChanged();
				break;
			case IMSC:
				this.#imsc = value & 15;
				break;
			case ICR:
				this.#raw &= ~(value & INT_OVERRUN);
				break;
			case DMACR:
				this.#dmacr = value & 3;
				break;
			default:
		}
		this.#proceed();
	}

	#status(): number {
		return (
			(this.#tx.count === 0 ? SR_TFE : 0) |
			(this.#tx.count < DEPTH ? SR_TNF : 0) |
			(this.#rx.count > 0 ? SR_RNE : 0) |
			(this.#rx.count === DEPTH ? SR_RFF : 0) |
			(this.#shifting || this.#tx.count > 0 ? SR_BSY : 0)
		);
	}

	#interrupts(): number {
		return this.#raw | (this.#tx.count <= DEPTH / 2 ? INT_TRANSMIT : 0) | (this.#rx.count >= DEPTH / 2 ? INT_RECEIVE : 0);
	}

	#rateChanged(): void {
		const bits = (this.#cr0 & 15) + 1;
		this.#wordNanos = ((bits + (this.#cr0 & CR0_SPH ? 0 : GAP_CLOCKS)) * 1e9) / this.hertz;
		this.#wordBytes = bits > 8 ? 2 : 1;
	}

	/** Lets `count` words pass, of which the last has ended by now. */
	#move(count: number): void {
		const out = this.#out;
		out[0] = this.#word;
		const queued = Math.min(count - 1, this.#tx.count);
		for (let i = 1; i <= queued; i++) out[i] = this.#tx.pull();
		if (1 + queued < count) this.#source!.read(out, 1 + queued, count);
		this.#exchange(count);
		this.#end += count * this.#wordNanos;
		this.busyNanos += count * this.#wordNanos;
		this.#shifting = false;
		this.#next(false);
	}

	/** Bytes of `count` words to and from the chip that is selected. */
	#exchange(count: number): void {
		if ((this.#cr0 & 7) !== 7) this.#complain(`SPI: words of ${(this.#cr0 & 15) + 1} bits: the chips take whole bytes`);
		const wide = this.#wordBytes === 2;
		const bytes = count * this.#wordBytes;
		const out = bytes === 1 ? this.#outByte : this.#outBytes.subarray(0, bytes);
		const into = bytes === 1 ? this.#inByte : this.#inBytes.subarray(0, bytes);
		const known = Math.min(bytes, this.#aheadEnd - this.#aheadAt);
		if (wide)
			for (let i = 0; i < count; i++) {
				out[2 * i] = this.#out[i]! >> 8;
				out[2 * i + 1] = this.#out[i]!;
			}
		else for (let i = 0; i < count; i++) out[i] = this.#out[i]!;
		for (let i = 0; i < known; i++) into[i] = this.#ahead[this.#aheadAt++]!;
		// When nobody drives the line, the pad pulls it down.
		if (this.#device === undefined) into.fill(0);
		else if (known === 0) this.#device.exchange(out, into);
		else if (known < bytes) this.#device.exchange(out.subarray(known), into.subarray(known));
		this.#arrived(into, count, wide);
	}

	/** The FIFO is empty while the DMA takes what comes. */
	#arrived(into: Uint8Array, count: number, wide: boolean): void {
		const target = this.#target;
		const taken = target === undefined ? 0 : Math.min(count, target.remaining);
		if (taken > 0) target!.write(into, 0, taken, wide);
		for (let i = taken; i < count; i++) {
			if (this.#rx.count === DEPTH) this.#raw |= INT_OVERRUN;
			else this.#rx.push(wide ? (into[2 * i]! << 8) | into[2 * i + 1]! : into[i]!);
		}
	}

	/** Takes the next word to send, if there is one, and fills the FIFO from memory. `fresh`: the wire was idle. */
	#next(fresh: boolean): void {
		if (!this.#shifting && this.#cr1 & CR1_SSE) {
			if (this.#tx.count > 0) this.#begin(this.#tx.pull(), fresh);
			else if (this.#source !== undefined) this.#begin(this.#source.readOne(), fresh);
		}
		while (this.#source !== undefined && this.#tx.count < DEPTH) this.#tx.push(this.#source.readOne());
	}

	#begin(word: number, fresh: boolean): void {
		this.#word = word;
		this.#shifting = true;
		if (fresh) this.#end = this.#clock.nanos + this.#wordNanos;
	}

	/** After anything: what waits begins, and the next moment that somebody must be told of is set. */
	#proceed(): void {
		if (this.#moving) return;
		while (this.#target !== undefined && this.#rx.count > 0) this.#target.writeOne(this.#rx.pull());
		if (!this.#shifting || this.#source !== undefined) this.#next(!this.#shifting);
		const interrupt = (this.#interrupts() & this.#imsc) !== 0;
		if (interrupt !== this.#interrupting) {
			this.#interrupting = interrupt;
			this.#rp2040.setInterrupt(this.#irq, interrupt);
		}
		let words = Number.POSITIVE_INFINITY;
		if (this.#shifting) {
			if (this.#target !== undefined) words = Math.min(CHUNK, this.#target.remaining);
			if (this.#source !== undefined) words = Math.min(words, CHUNK, this.#source.remaining);
			if (this.#imsc !== 0) words = 1;
		}
		if (words === Number.POSITIVE_INFINITY) return this.#alarm.cancel();
		const at = this.#end + (words - 1) * this.#wordNanos;
		// One that comes earlier sets the next.
		if (!this.#alarm.armed || this.#alarm.at > at) this.#alarm.scheduleAt(at);
	}
}
