// An ENC28J60 model on a bench: its registers by name, time, what it sends and what it complains of. Sections: the datasheet, DS39662.

import { buildChips } from "../../build/chips.mjs";
import { loadChips, transaction } from "../../hosts/desktop/chips/chips.ts";
import type { ChipModel, ChipOptions } from "../../hosts/desktop/chips/chips.ts";

const Model = loadChips(await buildChips({ quiet: true }));

const MAC_OR_MII = 0x80;
const BANK = [0, 0x20, 0x40, 0x60] as const;
/** Table 3-1: address, bank in bits 5 and 6, and bit 7 where a dummy byte comes first (§4.2.1). */
export const R = {
	ERDPT: 0x00,
	EWRPT: 0x02,
	ETXST: 0x04,
	ETXND: 0x06,
	ERXST: 0x08,
	ERXND: 0x0a,
	ERXRDPT: 0x0c,
	ERXWRPT: 0x0e,
	EDMAST: 0x10,
	EDMAND: 0x12,
	EDMADST: 0x14,
	EDMACS: 0x16,
	EIE: 0x1b,
	EIR: 0x1c,
	ESTAT: 0x1d,
	ECON2: 0x1e,
	ECON1: 0x1f,
	EHT0: BANK[1] | 0x00,
	EPMM0: BANK[1] | 0x08,
	EPMCS: BANK[1] | 0x10,
	EPMO: BANK[1] | 0x14,
	ERXFCON: BANK[1] | 0x18,
	EPKTCNT: BANK[1] | 0x19,
	MACON1: BANK[2] | MAC_OR_MII | 0x00,
	MACON2: BANK[2] | MAC_OR_MII | 0x01,
	MACON3: BANK[2] | MAC_OR_MII | 0x02,
	MACON4: BANK[2] | MAC_OR_MII | 0x03,
	MABBIPG: BANK[2] | MAC_OR_MII | 0x04,
	MAIPG: BANK[2] | MAC_OR_MII | 0x06,
	MACLCON1: BANK[2] | MAC_OR_MII | 0x08,
	MACLCON2: BANK[2] | MAC_OR_MII | 0x09,
	MAMXFL: BANK[2] | MAC_OR_MII | 0x0a,
	MICMD: BANK[2] | MAC_OR_MII | 0x12,
	MIREGADR: BANK[2] | MAC_OR_MII | 0x14,
	MIWR: BANK[2] | MAC_OR_MII | 0x16,
	MIRD: BANK[2] | MAC_OR_MII | 0x18,
	MAADR5: BANK[3] | MAC_OR_MII | 0x00,
	MAADR6: BANK[3] | MAC_OR_MII | 0x01,
	MAADR3: BANK[3] | MAC_OR_MII | 0x02,
	MAADR4: BANK[3] | MAC_OR_MII | 0x03,
	MAADR1: BANK[3] | MAC_OR_MII | 0x04,
	MAADR2: BANK[3] | MAC_OR_MII | 0x05,
	MISTAT: BANK[3] | MAC_OR_MII | 0x0a,
	EREVID: BANK[3] | 0x12,
	EFLOCON: BANK[3] | 0x17,
	EPAUS: BANK[3] | 0x18,
} as const;

export const INTIE = 0x80;
export const [PKTIF, DMAIF, LINKIF, TXIF, TXERIF, RXERIF] = [0x40, 0x20, 0x10, 0x08, 0x02, 0x01] as const;
export const [TXRST, RXRST, DMAST, CSUMEN, TXRTS, RXEN] = [0x80, 0x40, 0x20, 0x10, 0x08, 0x04] as const;
export const [AUTOINC, PKTDEC, PWRSV] = [0x80, 0x40, 0x20] as const;
export const [UCEN, ANDOR, CRCEN, PMEN, MPEN, HTEN, MCEN, BCEN] = [0x80, 0x40, 0x20, 0x10, 0x08, 0x04, 0x02, 0x01] as const;
export const FULDPX = 0x01;
export const [PHCON1, PHSTAT1, PHID1, PHCON2, PHSTAT2, PHIE, PHIR] = [0x00, 0x01, 0x02, 0x10, 0x11, 0x12, 0x13] as const;
export const [PDPXMD, HDLDIS, LSTAT, LLSTAT] = [0x0100, 0x0100, 0x0400, 0x0004] as const;

export const RECEIVE_END = 0x19ff;
export const TRANSMIT = 0x1a00;
export const OWN = [0x02, 0x11, 0x22, 0x33, 0x44, 0x55];
export const BROADCAST = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
/** MAADR1 to MAADR6, in the order of the address's bytes. */
const ADDRESS = [R.MAADR1, R.MAADR2, R.MAADR3, R.MAADR4, R.MAADR5, R.MAADR6];

/** Random numbers below a limit, from a seed (mulberry32). */
export function numbers(seed: number): (limit: number) => number {
	let state = seed >>> 0;
	return (limit) => {
		state = (state + 0x6d2b79f5) >>> 0;
		let z = Math.imul(state ^ (state >>> 15), state | 1);
		z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
		return ((z ^ (z >>> 14)) >>> 0) % limit;
	};
}

/** A frame to `to`, of `length` bytes without FCS, of type 0x0800. */
export function frame(below: (limit: number) => number, length: number, to: number[] = OWN): Uint8Array {
	const bytes = Uint8Array.from({ length }, () => below(256));
	bytes.set(to);
	bytes.set([0x08, 0x00], 12);
	return bytes;
}

/** CRC of IEEE 802.3, most significant bit first, not inverted: bit by bit, unlike the model's. */
export function crcBits(bytes: ArrayLike<number>): number {
	let crc = 0xffffffff;
	for (let i = 0; i < bytes.length; i++)
		for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ (((crc >>> 31) ^ (bytes[i] >> bit)) & 1 ? 0x04c11db7 : 0);
	return crc >>> 0;
}

/** FCS as it comes on the wire and stands in memory. */
export function fcs(bytes: ArrayLike<number>): number[] {
	const crc = ~crcBits(bytes) >>> 0;
	let mirrored = 0;
	for (let bit = 0; bit < 32; bit++) mirrored = (mirrored | (((crc >>> bit) & 1) << (31 - bit))) >>> 0;
	return [mirrored & 255, (mirrored >>> 8) & 255, (mirrored >>> 16) & 255, mirrored >>> 24];
}

export class Bench {
	readonly chip: ChipModel;
	readonly sent: Buffer[] = [];
	/** What it complained of, in order. */
	readonly told: string[] = [];
	now = 0;
	/** Where the next received frame begins. */
	next = 0;

	constructor(options: ChipOptions = {}) {
		this.chip = new Model("enc28j60", options, {
			transmit: (bytes) => this.sent.push(bytes),
			complain: (text) => this.told.push(text),
		});
	}

	wait(ns: number): this {
		this.now += ns;
		this.chip.time(this.now);
		return this;
	}

	/** Complaints since the last call. */
	complaints(): string[] {
		return this.told.splice(0);
	}

	spi(...out: number[]): Uint8Array {
		return transaction(this.chip, Uint8Array.from(out));
	}

	private bank(register: number): void {
		if ((register & 0x1f) >= 0x1b) return;
		this.spi(0xbf, 0x03);
		this.spi(0x9f, (register >> 5) & 3);
	}

	read(register: number): number {
		this.bank(register);
		const out = this.spi(register & 0x1f, ...(register & MAC_OR_MII ? [0, 0] : [0]));
		return out[out.length - 1];
	}

	write(register: number, value: number): this {
		this.bank(register);
		this.spi(0x40 | (register & 0x1f), value);
		return this;
	}

	set(register: number, bits: number): this {
		this.bank(register);
		this.spi(0x80 | (register & 0x1f), bits);
		return this;
	}

	clear(register: number, bits: number): this {
		this.bank(register);
		this.spi(0xa0 | (register & 0x1f), bits);
		return this;
	}

	read16(register: number): number {
		return this.read(register) | (this.read(register + 1) << 8);
	}

	write16(register: number, value: number): this {
		return this.write(register, value & 255).write(register + 1, value >> 8);
	}

	readMemory(at: number, length: number): Uint8Array {
		this.write16(R.ERDPT, at);
		return this.spi(0x3a, ...Array.from({ length }, () => 0)).subarray(1);
	}

	writeMemory(at: number, bytes: ArrayLike<number>): this {
		this.write16(R.EWRPT, at);
		this.spi(0x7a, ...Array.from(bytes));
		return this;
	}

	/** Writes a PHY register and waits (§3.3.2). */
	writePhy(register: number, value: number): this {
		return this.write(R.MIREGADR, register).write16(R.MIWR, value).wait(11_000);
	}

	readPhy(register: number): number {
		this.write(R.MIREGADR, register).write(R.MICMD, 1).wait(11_000).write(R.MICMD, 0);
		return this.read16(R.MIRD);
	}

	/** Sets it up as a driver would, section 6, and receives with these filters. */
	open(filters = UCEN | CRCEN | BCEN, duplex: "half" | "full" = "full", receiveEnd = RECEIVE_END): this {
		this.wait(400_000).write(R.ECON2, AUTOINC).write16(R.ERXST, 0).write16(R.ERXND, receiveEnd).write16(R.ERXRDPT, receiveEnd);
		this.write(R.ERXFCON, filters).write(R.MACON1, 0x0d);
		this.write(R.MACON3, 0x32 | (duplex === "full" ? FULDPX : 0)).write16(R.MAMXFL, 1518);
		for (const [i, byte] of OWN.entries()) this.write(ADDRESS[i], byte);
		this.writePhy(PHCON1, duplex === "full" ? PDPXMD : 0).writePhy(PHCON2, duplex === "full" ? 0 : HDLDIS);
		this.next = 0;
		return this.set(R.ECON1, RXEN);
	}

	receive(bytes: Uint8Array): this {
		this.chip.receive(bytes);
		return this;
	}

	/** Reads the next frame and frees its room: next packet pointer, status vector, frame with FCS. */
	take(): { next: number; status: number; bytes: Uint8Array } {
		const header = this.readMemory(this.next, 6);
		const view = new DataView(header.buffer, header.byteOffset, 6);
		const next = view.getUint16(0, true);
		const bytes = this.spi(0x3a, ...Array.from({ length: view.getUint16(2, true) }, () => 0)).subarray(1);
		this.write16(R.ERXRDPT, next === 0 ? this.read16(R.ERXND) : next - 1).set(R.ECON2, PKTDEC);
		this.next = next;
		return { next, status: view.getUint32(2, true), bytes };
	}

	/** Puts a frame into the transmit buffer and starts it. */
	send(bytes: Uint8Array, control = 0): this {
		this.writeMemory(TRANSMIT, [control, ...bytes])
			.write16(R.ETXST, TRANSMIT)
			.write16(R.ETXND, TRANSMIT + bytes.length);
		return this.clear(R.EIR, TXIF | TXERIF).set(R.ECON1, TXRTS);
	}

	/** Bits of the transmit status vector behind the last frame, table 7-1. */
	transmitStatus(): bigint {
		const bytes = this.readMemory(this.read16(R.ETXND) + 1, 7);
		return bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
	}
}
