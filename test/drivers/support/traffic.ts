// Random frames with right checksums, fast to make and to compare, and `exchange`, which passes some each way through a chip. Nothing here
// comes from src/: a mistake there does not hide itself.

import { expect } from "vitest";
import { SENT } from "../../../src/device/device.ts";
import { ICMP, TCP, UDP, type Bytes } from "../../support/frames.ts";
import { Prng } from "../../support/prng.ts";
import { HEARD, LONGEST, OWN, PEER, RECEIVED, type Rig, SHORTEST } from "./rig.ts";

export const ETHERNET = 14;
const POOL = 0x10000;

/** As `onesSum` of test/support/frames.ts, of 16-bit words at a time. */
export function sumOf(view: DataView, at: number, end: number, initial = 0): number {
	let sum = initial;
	for (; at + 1 < end; at += 2) sum += view.getUint16(at);
	if (at < end) sum += view.getUint8(at) << 8;
	while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
	return sum;
}

/** The sum of the pseudo-header of the IPv4 packet at `ip`, whose transport has `bytes`. */
function pseudo(view: DataView, ip: number, bytes: number): number {
	return sumOf(view, ip + 12, ip + 20, view.getUint8(ip + 9) + bytes);
}

/** Where a transport has its checksum. */
export const CHECKSUM_AT: Readonly<Record<number, number>> = { [ICMP]: 2, [TCP]: 16, [UDP]: 6 };

/** What the transport checksum of the packet at `ip` should be, whatever is in its field; RFC 768: never 0 for UDP. */
export function transportChecksum(view: DataView, ip: number): number {
	const header = (view.getUint8(ip) & 15) * 4;
	const protocol = view.getUint8(ip + 9);
	const start = ip + header;
	const end = ip + view.getUint16(ip + 2);
	const field = start + CHECKSUM_AT[protocol]!;
	const sum =
		sumOf(view, start, end, protocol === ICMP ? 0 : pseudo(view, ip, end - start)) +
		(~view.getUint16(field) & 0xffff); /* takes the field out of the sum */
	const folded = (sum & 0xffff) + (sum >>> 16);
	const result = ~folded & 0xffff;
	return protocol === UDP && result === 0 ? 0xffff : result;
}

export function headerChecksum(view: DataView, ip: number): number {
	const sum = sumOf(view, ip, ip + (view.getUint8(ip) & 15) * 4) + (~view.getUint16(ip + 10) & 0xffff);
	return ~((sum & 0xffff) + (sum >>> 16)) & 0xffff;
}

/** Whether bytes of the one are those of the other. */
export function same(a: DataView, at: number, b: DataView, bt: number, length: number): boolean {
	const words = length & ~3;
	for (let i = 0; i < words; i += 4) if (a.getInt32(at + i) !== b.getInt32(bt + i)) return false;
	for (let i = words; i < length; i++) if (a.getUint8(at + i) !== b.getUint8(bt + i)) return false;
	return true;
}

export function viewOf(bytes: Uint8Array): DataView {
	return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** How to deviate from a common packet. */
export interface PacketShape {
	/** Bytes of IPv4 options, a multiple of 4. */
	options?: number;
	/** Bytes behind the packet, in the frame. */
	padding?: number;
	/** Leaves both checksums 0, as the stack does for a chip that fills them in. */
	unchecked?: boolean;
}

export class Traffic {
	readonly random: Prng;
	readonly #pool: Bytes;

	constructor(seed: number) {
		this.random = new Prng(seed);
		this.#pool = this.random.bytes(POOL);
	}

	/** A frame of so many random bytes, that is no IPv4 packet. */
	raw(length: number, to: ArrayLike<number> = OWN, from: ArrayLike<number> = PEER): Bytes {
		const frame = new Uint8Array(length);
		const start = this.random.below(POOL - length + 1);
		frame.set(this.#pool.subarray(start, start + length));
		frame.set(to);
		frame.set(from, 6);
		frame[12] = 0x88; // 0x88b5: for experiments, IEEE 802 §9.2.3
		frame[13] = 0xb5;
		return frame;
	}

	/** A frame of so many bytes with an IPv4 packet, whose content is random. */
	packet(protocol: number, length: number, shape: PacketShape = {}, to = OWN, from = PEER): Bytes {
		const { options = 0, padding = 0, unchecked = false } = shape;
		const frame = this.raw(length, to, from);
		const view = viewOf(frame);
		const header = 20 + options;
		const total = length - ETHERNET - padding;
		const transport = ETHERNET + header;
		view.setUint16(12, 0x0800);
		frame[ETHERNET] = 0x40 | (header / 4);
		view.setUint16(ETHERNET + 2, total);
		view.setUint16(ETHERNET + 6, 0x4000);
		frame[ETHERNET + 9] = protocol;
		view.setUint16(ETHERNET + 10, 0);
		if (protocol === UDP) view.setUint16(transport + 4, total - header);
		if (protocol === TCP) frame[transport + 12] = 0x50;
		const field = CHECKSUM_AT[protocol];
		if (field !== undefined) view.setUint16(transport + field, 0);
		if (unchecked) return frame;
		view.setUint16(ETHERNET + 10, headerChecksum(view, ETHERNET));
		if (field !== undefined) view.setUint16(transport + field, transportChecksum(view, ETHERNET));
		return frame;
	}

	/** Any frame that a driver passes on as it is. */
	any(length: number, to = OWN, from = PEER): Bytes {
		const random = this.random;
		if (length < SHORTEST || random.chance(0.3)) return this.raw(length, to, from);
		const protocol = random.pick([TCP, UDP, ICMP, UDP, 47]);
		const options = length > 120 && random.chance(0.2) ? random.between(1, 10) * 4 : 0;
		const most = length - ETHERNET - 20 - options - 20;
		const padding = random.chance(0.2) ? random.between(0, Math.min(most, 40)) : 0;
		return this.packet(protocol, length, { options, padding }, to, from);
	}

	length(): number {
		return this.random.chance(0.1)
			? this.random.pick([SHORTEST, SHORTEST + 1, LONGEST - 1, LONGEST])
			: this.random.between(SHORTEST, LONGEST);
	}
}

/** Sends a frame, waiting as long as the chip is busy: half a second at most. */
export function sendSoon(rig: Rig, frame: Uint8Array, label = ""): void {
	for (let i = 0; rig.send(frame) !== SENT; i++) {
		if (i === 500) expect.fail(`${label} the chip stays busy`);
		rig.step();
	}
}

/** Passes `count` frames each way, one to three at a time, and demands them byte for byte and in order. `length` says how long the next one is. */
export function exchange(
	rig: Rig,
	traffic: Traffic,
	count: number,
	label = "",
	length = () => traffic.length(),
	note?: (come: Bytes, go: Bytes) => void,
): void {
	for (let done = 0; done < count;) {
		const burst = Math.min(traffic.random.between(1, 3), count - done);
		const come: Bytes[] = [];
		const go: Bytes[] = [];
		for (let i = 0; i < burst; i++) {
			const bytes = length();
			come.push(traffic.any(bytes));
			go.push(traffic.any(bytes, PEER, OWN));
			note?.(come[i]!, go[i]!);
			if (!rig.arrive(come[i]!)) expect.fail(`${label} frame ${done + i}: no room in the chip`);
		}
		for (const frame of go) sendSoon(rig, frame, label);
		for (const frame of come) {
			const got = rig.next();
			if (got !== frame.length || !same(rig.view, RECEIVED, viewOf(frame), 0, got))
				expect.fail(`${label} frame ${done} to ${done + burst - 1}, ${frame.length} bytes: received ${got}, or other bytes`);
		}
		for (const frame of go) {
			let got = rig.hear();
			for (let i = 0; got === 0 && i < 500; i++) {
				rig.step();
				got = rig.hear();
			}
			if (got !== frame.length || !same(rig.view, HEARD, viewOf(frame), 0, got))
				expect.fail(`${label} frame ${done} to ${done + burst - 1}, ${frame.length} bytes: sent ${got}, or other bytes`);
		}
		done += burst;
		if (done % 16 === 0) rig.step();
	}
	expect(rig.receive(), `${label} a frame too many`).toBe(0);
	expect(rig.hear(), `${label} a frame too many`).toBe(0);
}
