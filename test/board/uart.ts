// A UART of the RP2040, the ARM PrimeCell PL011: FIFOs, interrupts, flow control, and the time that each character takes on the wire.
// RP2040 datasheet §4.2; ARM DDI 0183. Without DMA, modem lines but RTS and CTS, and IrDA.

import type { RP2040 } from "rp2040js";
import type { Alarm, BoardClock } from "./clock.ts";
import { Registers } from "./registers.ts";

// Offsets, §4.2.8.
const DR = 0x00;
const RSR = 0x04;
const FR = 0x18;
const IBRD = 0x24;
const FBRD = 0x28;
const LCR_H = 0x2c;
const CR = 0x30;
const IFLS = 0x34;
const IMSC = 0x38;
const RIS = 0x3c;
const MIS = 0x40;
const ICR = 0x44;
const DMACR = 0x48;
/** Peripheral and cell identification. */
const IDENTITY: Record<number, number> = {
	0xfe0: 0x11,
	0xfe4: 0x10,
	0xfe8: 0x34,
	0xfec: 0x00,
	0xff0: 0x0d,
	0xff4: 0xf0,
	0xff8: 0x05,
	0xffc: 0xb1,
};

const FR_CTS = 1 << 0;
const FR_BUSY = 1 << 3;
const FR_RXFE = 1 << 4;
const FR_TXFF = 1 << 5;
const FR_RXFF = 1 << 6;
const FR_TXFE = 1 << 7;
const LCR_PARITY = 1 << 1;
const LCR_TWO_STOPS = 1 << 3;
const LCR_FIFOS = 1 << 4;
const CR_ENABLE = 1 << 0;
const CR_LOOPBACK = 1 << 7;
const CR_TRANSMIT = 1 << 8;
const CR_RECEIVE = 1 << 9;
const CR_RTS = 1 << 11;
const CR_RTS_FLOW = 1 << 14;
const CR_CTS_FLOW = 1 << 15;
const INT_RECEIVE = 1 << 4;
const INT_TRANSMIT = 1 << 5;
const INT_TIMEOUT = 1 << 6;
const INT_FRAMING = 1 << 7;
const INT_BREAK = 1 << 9;
const INT_OVERRUN = 1 << 10;
/** Errors beside the character in DR. */
const DR_FRAMING = 1 << 8;
const DR_BREAK = 1 << 10;
const DR_OVERRUN = 1 << 11;

const DEPTH = 32;
/** Receiving times out after so many bits without a character, §4.2.6.2. */
const TIMEOUT_BITS = 32;
/** IFLS: at how many characters each FIFO interrupts. */
const LEVELS = [4, 8, 16, 24, 28];

export class Uart extends Registers {
	/** A character has left. */
	onByte: ((byte: number) => void) | undefined;
	/** The line towards the board has nothing to carry any more. */
	onIdle: (() => void) | undefined;
	/** The far end takes characters: CTS of the board. */
	clearToSend = true;
	/** RTS is wired, and the far end waits while it says so. */
	heedsRts = false;
	/** Characters that found the FIFO full. */
	overruns = 0;
	/** Bit rate of the far end; a board that is set to another gets framing errors. 0: the board's. */
	farBaud = 0;
	readonly #rp2040: RP2040;
	readonly #irq: number;
	readonly #complain: (text: string) => void;
	readonly #sent: Alarm;
	readonly #comes: Alarm;
	readonly #timeout: Alarm;
	readonly #tx: number[] = [];
	readonly #rx: number[] = [];
	/** On their way to the board; the first is on the wire while #arriving. */
	#coming: number[] = [];
	#comingAt = 0;
	#arriving = false;
	#shifting = -1;
	#raw = 0;
	#mask = 0;
	#interrupting = false;
	#cr = CR_TRANSMIT | CR_RECEIVE;
	#lcr = 0;
	#ifls = 0x12;
	#integer = 0;
	#fraction = 0;

	/** `irq`: of the processor. */
	constructor(rp2040: RP2040, clock: BoardClock, irq: number, complain: (text: string) => void) {
		super();
		this.#rp2040 = rp2040;
		this.#irq = irq;
		this.#complain = complain;
		this.#sent = clock.createAlarm(() => this.#left());
		this.#comes = clock.createAlarm(() => this.#arrived());
		this.#timeout = clock.createAlarm(() => this.#raise(INT_TIMEOUT));
	}

	/** Bits a second; 0 while no divisor is set. §4.2.3.2. */
	get baud(): number {
		const divisor = this.#integer + this.#fraction / 64;
		return divisor === 0 ? 0 : this.#rp2040.clkPeri / (16 * divisor);
	}

	/** Whether the board is ready for characters: RTS. */
	get ready(): boolean {
		return this.#cr & CR_RTS_FLOW ? this.#rx.length < this.#level(3) : (this.#cr & CR_RTS) !== 0;
	}

	/** How many characters are on their way to the board. */
	get waiting(): number {
		return this.#coming.length - this.#comingAt;
	}

	/** Characters go onto the line towards the board, one after the other. */
	receive(bytes: Uint8Array): void {
		for (const byte of bytes) this.#coming.push(byte);
		this.#carry();
	}

	/** CTS changed. */
	setClearToSend(on: boolean): void {
		this.clearToSend = on;
		this.#transmit();
	}

	get #bits(): number {
		const word = 5 + ((this.#lcr >> 5) & 3);
		return 1 + word + (this.#lcr & LCR_PARITY ? 1 : 0) + (this.#lcr & LCR_TWO_STOPS ? 2 : 1);
	}

	/** ns that a character takes at so many bits a second. */
	#time(baud: number): number {
		return (this.#bits * 1e9) / baud;
	}

	get #depth(): number {
		return this.#lcr & LCR_FIFOS ? DEPTH : 1;
	}

	#level(shift: number): number {
		return this.#lcr & LCR_FIFOS ? (LEVELS[(this.#ifls >> shift) & 7] ?? DEPTH) : 1;
	}

	#on(bit: number): boolean {
		return (this.#cr & (CR_ENABLE | bit)) === (CR_ENABLE | bit) && this.baud > 0;
	}

	#carry(): void {
		if (this.#arriving || this.waiting === 0) return;
		const baud = this.farBaud || this.baud;
		if (baud === 0 || (this.heedsRts && !this.ready)) return;
		this.#arriving = true;
		this.#comes.schedule(this.#time(baud));
	}

	#arrived(): void {
		this.#arriving = false;
		const byte = this.#coming[this.#comingAt++]!;
		if (this.#comingAt === this.#coming.length) {
			this.#coming = [];
			this.#comingAt = 0;
		} else if (this.#comingAt > 65_536) {
			this.#coming = this.#coming.slice(this.#comingAt);
			this.#comingAt = 0;
		}
		if (this.#on(CR_RECEIVE)) this.#store(byte);
		if (this.waiting === 0) this.onIdle?.();
		this.#carry();
	}

	#store(byte: number): void {
		// A receiver that is more than 3 % off finds the stop bit in the wrong place.
		const off = this.farBaud !== 0 && Math.abs(this.farBaud - this.baud) > 0.03 * this.baud;
		if (this.#rx.length >= this.#depth) {
			this.overruns++;
			this.#raise(INT_OVERRUN);
			this.#rx[this.#rx.length - 1]! |= DR_OVERRUN;
			return;
		}
		this.#rx.push(off ? (byte ^ 0x55) | DR_FRAMING : byte);
		if (off) this.#raise(INT_FRAMING);
		if (this.#rx.length >= this.#level(3)) this.#raise(INT_RECEIVE);
		this.#timeout.schedule((TIMEOUT_BITS * 1e9) / this.baud);
	}

	/** A break: the line is low for longer than a character. */
	break(): void {
		if (!this.#on(CR_RECEIVE) || this.#rx.length >= this.#depth) return;
		this.#rx.push(DR_BREAK | DR_FRAMING);
		this.#raise(INT_BREAK | INT_FRAMING);
	}

	#transmit(): void {
		if (this.#shifting >= 0 || this.#tx.length === 0 || !this.#on(CR_TRANSMIT)) return;
		if (this.#cr & CR_CTS_FLOW && !this.clearToSend) return;
		this.#shifting = this.#tx.shift()!;
		if (this.#tx.length === this.#level(0) || (this.#depth === 1 && this.#tx.length === 0)) this.#raise(INT_TRANSMIT);
		this.#sent.schedule(this.#time(this.baud));
	}

	#left(): void {
		const byte = this.#shifting;
		this.#shifting = -1;
		this.onByte?.(byte);
		this.#transmit();
	}

	#raise(bits: number): void {
		this.#raw |= bits;
		this.#interrupt();
	}

	#interrupt(): void {
		const interrupt = (this.#raw & this.#mask) !== 0;
		if (interrupt === this.#interrupting) return;
		this.#interrupting = interrupt;
		this.#rp2040.setInterrupt(this.#irq, interrupt);
	}

	#read(): number {
		const word = this.#rx.shift() ?? 0;
		if (this.#rx.length < this.#level(3)) this.#raw &= ~INT_RECEIVE;
		if (this.#rx.length === 0) {
			this.#raw &= ~INT_TIMEOUT;
			this.#timeout.cancel();
		}
		this.#interrupt();
		this.#carry();
		return word;
	}

	get #flags(): number {
		return (
			(this.clearToSend ? FR_CTS : 0) |
			(this.#shifting >= 0 || this.#tx.length > 0 ? FR_BUSY : 0) |
			(this.#rx.length === 0 ? FR_RXFE : 0) |
			(this.#tx.length >= this.#depth ? FR_TXFF : 0) |
			(this.#rx.length >= this.#depth ? FR_RXFF : 0) |
			(this.#tx.length === 0 ? FR_TXFE : 0)
		);
	}

	readUint32(offset: number): number {
		switch (offset) {
			case DR:
				return this.#read();
			case FR:
				return this.#flags;
			case IBRD:
				return this.#integer;
			case FBRD:
				return this.#fraction;
			case LCR_H:
				return this.#lcr;
			case CR:
				return this.#cr;
			case IFLS:
				return this.#ifls;
			case IMSC:
				return this.#mask;
			case RIS:
				return this.#raw;
			case MIS:
				return this.#raw & this.#mask;
			default:
				return IDENTITY[offset] ?? 0;
		}
	}

	write(offset: number, value: number, raw: number): void {
		switch (offset) {
			case DR:
				// What finds the FIFO full is lost.
				if (this.#tx.length < this.#depth) this.#tx.push(value & 255);
				if (this.#tx.length > this.#level(0)) this.#raw &= ~INT_TRANSMIT;
				break;
			case RSR:
				break;
			case IBRD:
				this.#integer = value & 0xffff;
				break;
			case FBRD:
				this.#fraction = value & 63;
				break;
			case LCR_H:
				this.#lcr = value & 255;
				break;
			case CR:
				this.#cr = value & 0xffff;
				if (value & CR_LOOPBACK) this.#complain("UART: loopback is not emulated");
				break;
			case IFLS:
				this.#ifls = value & 63;
				break;
			case IMSC:
				this.#mask = value & 0x7ff;
				break;
			case ICR:
				this.#raw &= ~raw;
				break;
			case DMACR:
				// pico-sdk sets both bits whether or not a channel is at work.
				break;
			default:
		}
		this.#transmit();
		this.#carry();
		this.#interrupt();
	}
}
