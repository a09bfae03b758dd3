// Which frames went into a chip at either end, so that whatever comes out at the other can be found among them: frames may be lost under faults,
// and come twice, but none may come that never was.
//
// What is promised: the ENC28J60 hands the FCS on, and its driver checks it, so what comes in is what arrived, byte for byte. The W5500 strips
// the FCS, and to what is sent no chip's FCS is added before SPI: there the checksums of IPv4, UDP, TCP and ICMP are all, from the IP header
// to the end of the packet. They find every single wrong bit; two can cancel each other (the same bit of two words, one each way, which is one
// pair in 32), and such a packet passes, as it does on any other way between memory and a wire. Of frames that have two errors on average, 27 % have
// exactly two: at most one frame in 118 is altered that way, whatever the rate of errors. The ledger counts them, and fails when one differs by one
// bit, or by so many that it is another frame.

import { expect } from "vitest";
import { SENT } from "../../../src/device/device.ts";
import { ICMP, TCP, UDP, type Bytes } from "../../support/frames.ts";
import { HEARD, LONGEST, OWN, PEER, RECEIVED, type Rig } from "./rig.ts";
import { CHECKSUM_AT, ETHERNET, headerChecksum, same, type Traffic, transportChecksum, viewOf } from "./traffic.ts";

/** Frames remembered each way: more than a chip can hold. */
const REMEMBERED = 1024;
/** A frame that is further off than so many flipped bits, whose sums cancel, could bring it is another one. */
const ALTERED_BITS = 64;

class Memory {
	readonly #frames: Bytes[] = [];
	readonly #views: DataView[] = [];
	#next = 0;

	add(frame: Bytes): void {
		const slot = this.#next++ % REMEMBERED;
		this.#frames[slot] = frame;
		this.#views[slot] = viewOf(frame);
	}

	/** The number of the next one, which makes it unlike all others. */
	get next(): number {
		return this.#next;
	}

	numbered(id: number): DataView | undefined {
		return id > this.#next - REMEMBERED && id < this.#next && id >= 0 ? this.#views[id % REMEMBERED] : undefined;
	}

	find(matches: (frame: DataView) => boolean): DataView | undefined {
		return this.#views.find(matches);
	}

	/** The least number of bits that the packet differs by from any of these. */
	distance(view: DataView, length: number): number {
		let least = Infinity;
		for (const other of this.#views) {
			let bits = other.byteLength < length ? Infinity : 0;
			for (let i = ETHERNET; i < length && bits < least; i++) {
				let wrong = view.getUint8(i) ^ other.getUint8(i);
				for (; wrong; wrong &= wrong - 1) bits++;
			}
			if (bits < least) least = bits;
		}
		return least;
	}
}

export class Ledger {
	/** Frames that came out right. */
	received = 0;
	sent = 0;
	/** Frames that came out damaged, by errors that cancel. */
	altered = 0;
	/** Frames that the stack would refuse as malformed or by their checksum, and those that the station at the other end would. */
	refused = 0;
	garbled = 0;
	readonly #rig: Rig;
	readonly #traffic: Traffic;
	readonly #label: string;
	readonly #in = new Memory();
	readonly #out = new Memory();

	constructor(rig: Rig, traffic: Traffic, label: string) {
		this.#rig = rig;
		this.#traffic = traffic;
		this.#label = label;
	}

	/** How many frames may have come out altered: twice what is to be expected at most, and a few. */
	get alterable(): number {
		return 3 + Math.floor((this.#in.next + this.#out.next) / 59);
	}

	/** A packet of random length and content with its number and right checksums; of the transports that have one. */
	#frame(id: number, to: Bytes, from: Bytes): Bytes {
		const traffic = this.#traffic;
		const { random } = traffic;
		const protocol = random.pick([UDP, UDP, TCP, ICMP]);
		const length = random.chance(0.3) ? random.between(62, 200) : random.between(62, LONGEST);
		const frame = traffic.packet(protocol, length, { unchecked: true }, to, from);
		const view = viewOf(frame);
		// Identification and, for long runs, type of service.
		view.setUint16(ETHERNET + 4, id);
		view.setUint8(ETHERNET + 1, id >> 16);
		view.setUint16(ETHERNET + 10, headerChecksum(view, ETHERNET));
		view.setUint16(ETHERNET + 20 + CHECKSUM_AT[protocol]!, transportChecksum(view, ETHERNET));
		return frame;
	}

	/** A frame comes from the cable. */
	arrives(): void {
		const frame = this.#frame(this.#in.next, OWN, PEER);
		this.#in.add(frame);
		this.#rig.arrive(frame);
	}

	/** The stack sends a frame. Answers whether the chip had room. */
	sends(): boolean {
		const frame = this.#frame(this.#out.next, PEER, OWN);
		if (this.#rig.send(unchecked(frame)) !== SENT) return false;
		this.#out.add(frame);
		return true;
	}

	/** Takes what the device has received; answers how many frames. */
	receive(most = 100): number {
		const rig = this.#rig;
		for (let i = 0; i < most; i++) {
			const length = rig.receive();
			if (length === 0) return i;
			if (length < 0) continue;
			const whole = rig.kind === "enc28j60";
			if (this.#judge(this.#in, RECEIVED, length, "received", whole)) this.received++;
		}
		return most;
	}

	listen(): void {
		for (let length; (length = this.#rig.hear()) > 0;) if (this.#judge(this.#out, HEARD, length, "sent", false)) this.sent++;
	}

	/** Whether the frame at `at` is one of these; counts and demands what the head of the file says. */
	#judge(memory: Memory, at: number, length: number, what: string, exact: boolean): boolean {
		const view = new DataView(this.#rig.view.buffer, at, length);
		if (!exact && !isAcceptable(view)) {
			if (memory === this.#in) this.refused++;
			else this.garbled++;
			return false;
		}
		const equal = exact ? isSame : isSamePacket;
		const id = view.getUint16(ETHERNET + 4) | (view.getUint8(ETHERNET + 1) << 16);
		const original = memory.numbered(id);
		if ((original && equal(view, original)) || memory.find((other) => equal(view, other))) return true;
		const bits = memory.distance(view, Math.min(length, ETHERNET + view.getUint16(ETHERNET + 2)));
		if (exact || bits < 2 || bits > ALTERED_BITS) {
			const back = memory === this.#in && this.#out.find((other) => isSamePacket(view, other));
			expect.fail(
				`${this.#label} frame ${id} of ${length} bytes was ${what}, ${back ? "which was sent" : `${bits} bits off any that is known`}`,
			);
		}
		this.altered++;
		return false;
	}

	/** Frames of `exchange`, which may come once more under the next faults. */
	readonly note = (come: Bytes, go: Bytes): void => {
		this.#in.add(come);
		this.#out.add(go);
	};

	/** Waits until nothing moves, so that nothing of what was sent under faults is still under way. */
	settle(): void {
		for (let i = 0; i < 300; i++) {
			this.#rig.step();
			this.receive();
			this.listen();
		}
	}
}

function isSame(view: DataView, original: DataView): boolean {
	return view.byteLength === original.byteLength && same(view, 0, original, 0, view.byteLength);
}

function isSamePacket(view: DataView, original: DataView): boolean {
	const total = original.getUint16(ETHERNET + 2);
	if (ETHERNET + total > view.byteLength || ETHERNET + total > original.byteLength) return false;
	return same(view, ETHERNET, original, ETHERNET, total);
}

/** The frame as the stack leaves it: the driver fills the checksums in. */
function unchecked(frame: Bytes): Bytes {
	const copy = frame.slice();
	const view = viewOf(copy);
	view.setUint16(ETHERNET + 10, 0);
	view.setUint16(ETHERNET + 20 + CHECKSUM_AT[frame[ETHERNET + 9]!]!, 0);
	return copy;
}

/** Whether who receives the frame takes the packet: whole, with right checksums. */
function isAcceptable(view: DataView): boolean {
	const ip = ETHERNET;
	if (view.byteLength < ETHERNET + 20) return false;
	const header = (view.getUint8(ip) & 15) * 4;
	const total = view.getUint16(ip + 2);
	if (view.getUint16(12) !== 0x0800 || view.getUint8(ip) >> 4 !== 4) return false;
	if (header < 20 || total < header || ip + total > view.byteLength) return false;
	if (headerChecksum(view, ip) !== view.getUint16(ip + 10)) return false;
	const protocol = view.getUint8(ip + 9);
	const field = CHECKSUM_AT[protocol];
	if (field === undefined || total < header + (protocol === TCP ? 20 : 8)) return false;
	if (protocol === UDP && view.getUint16(ip + header + 4) !== total - header) return false;
	const sum = view.getUint16(ip + header + field);
	return (protocol === UDP && sum === 0) || sum === transportChecksum(view, ip);
}
