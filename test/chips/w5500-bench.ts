// A W5500 model on a bus, and the shortest driver that obeys the datasheet (version 1.0.9). For w5500-model.test.ts.

import { buildChips } from "../../build/chips.mjs";
import { loadChips, transaction } from "../../hosts/desktop/chips/chips.ts";
import type { ChipModel, ChipOptions } from "../../hosts/desktop/chips/chips.ts";

const ChipModel = loadChips(await buildChips({ quiet: true }));

/** Blocks (§2.2.2), common registers (§4.1), socket registers (§4.2). */
export const COMMON = 0;
export const SOCKET = 1;
export const TX = 2;
export const RX = 3;
export const MR = 0x00;
export const SHAR = 0x09;
export const INTLEVEL = 0x13;
export const SIMR = 0x18;
export const RTR = 0x19;
export const PHYCFGR = 0x2e;
export const VERSIONR = 0x39;
export const SN_MR = 0x00;
export const SN_CR = 0x01;
export const SN_IR = 0x02;
export const SN_SR = 0x03;
export const RXBUF_SIZE = 0x1e;
export const TXBUF_SIZE = 0x1f;
export const TX_FSR = 0x20;
export const TX_RD = 0x22;
export const TX_WR = 0x24;
export const RX_RSR = 0x26;
export const RX_RD = 0x28;
export const RX_WR = 0x2a;
export const OPEN = 0x01;
export const CLOSE = 0x10;
export const SEND = 0x20;
export const RECV = 0x40;
export const SENDOK = 0x10;
export const RECEIVED = 0x04;

export const MFEN = 0x80;
export const BCASTB = 0x40;
export const MMB = 0x20;
export const MIP6B = 0x10;

export const MAC = [0x02, 0x12, 0x34, 0x56, 0x78, 0x9a];
/** One byte at 32 MHz, ns. */
export const BYTE = 250;
export const MS = 1_000_000;

/** A chip on a bus, and the shortest driver that obeys the datasheet. */
export class Bench {
	readonly complaints: string[] = [];
	readonly sent: Buffer[] = [];
	readonly pin: [boolean, number][] = [];
	readonly chip: ChipModel;
	now = 0;

	constructor(options: ChipOptions = {}) {
		this.chip = new ChipModel("w5500", options, {
			transmit: (frame) => this.sent.push(frame),
			interrupt: (asserted) => this.pin.push([asserted, this.now]),
			complain: (text) => this.complaints.push(text),
		});
		this.pass(10 * MS);
	}

	pass(ns: number): void {
		this.now += ns;
		this.chip.time(this.now);
	}

	exchange(...bytes: number[]): number[] {
		const into = transaction(this.chip, Uint8Array.from(bytes));
		this.pass(bytes.length * BYTE);
		return [...into];
	}

	read(block: number, address: number, count = 1): number[] {
		return this.exchange(address >> 8, address & 255, block << 3, ...new Uint8Array(count)).slice(3);
	}

	write(block: number, address: number, ...bytes: number[]): void {
		this.exchange(address >> 8, address & 255, (block << 3) | 4, ...bytes);
	}

	register(address: number): number {
		return this.read(SOCKET, address)[0]!;
	}

	word(address: number): number {
		const [high, low] = this.read(SOCKET, address, 2);
		return (high! << 8) | low!;
	}

	/** Note on pp. 54 and 55: until two reads agree. */
	size(address: number): number {
		for (let last = -1, value: number; ; last = value) if ((value = this.word(address)) === last) return value;
	}

	command(code: number): void {
		this.write(SOCKET, SN_CR, code);
		for (let i = 0; this.register(SN_CR) !== 0; i++) if (i === 100) throw new Error(`command ${code} does not end`);
	}

	open(mode = 0, kilobytes = 16): this {
		this.write(COMMON, SHAR, ...MAC);
		for (let n = 0; n < 8; n++) this.write(n * 4 + SOCKET, RXBUF_SIZE, n ? 0 : kilobytes, n ? 0 : kilobytes);
		this.write(SOCKET, SN_MR, 4 | mode);
		this.command(OPEN);
		for (let i = 0; this.register(SN_SR) !== 0x42; i++) if (i === 100) throw new Error("the socket does not open");
		return this;
	}

	send(frame: Uint8Array): void {
		const at = this.word(TX_WR);
		this.write(TX, at, ...frame);
		this.write(SOCKET, TX_WR, ((at + frame.length) >> 8) & 255, (at + frame.length) & 255);
		this.command(SEND);
	}

	transmit(frame: Uint8Array): void {
		this.send(frame);
		for (let i = 0; !(this.register(SN_IR) & SENDOK); i++) if (i === 10_000) throw new Error("no SENDOK");
		this.write(SOCKET, SN_IR, SENDOK);
	}

	release(to: number): void {
		this.write(SOCKET, RX_RD, (to >> 8) & 255, to & 255);
		this.command(RECV);
	}

	receive(): Uint8Array | undefined {
		if (this.size(RX_RSR) === 0) return undefined;
		const at = this.word(RX_RD);
		const [high, low] = this.read(RX, at, 2);
		const length = (high! << 8) | low!;
		const frame = Uint8Array.from(this.read(RX, (at + 2) & 0xffff, length - 2));
		this.release(at + length);
		return frame;
	}
}

/** Numbers from a seed, below `limit`. */
export function numbers(seed: number): (limit: number) => number {
	let state = seed;
	return (limit) => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return Math.floor((state / 2 ** 32) * limit);
	};
}

export function frame(length: number, to: number[] = MAC, fill = 7): Uint8Array {
	const bytes = Uint8Array.from({ length }, (_, i) => (i * 31 + fill) & 255);
	bytes.set(to);
	bytes.set([0x08, 0x00], 12);
	return bytes;
}
