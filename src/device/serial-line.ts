// A serial line over any source and sink of bytes: framing in TypeScript, or in C where the codec is. Unit tests and simulations join two of these;
// the UART's driver does the same in C between the UART's rings and the arena.

import { copyIn, copyOut, framingReset, framingSpoil, hdlcDecode, hdlcEncode, slipDecode, slipEncode } from "#codec";
import { allocate } from "#memory";
import { PACKET_BYTES } from "../config.ts";
import { FramingBlock } from "../packet/framing-block.ts";
import { NO_OPENING_FLAG } from "../wire/hdlc.ts";
import { BUSY, SENT, type DeviceHost } from "./device.ts";
import { HDLC, LOST, RAW, SLIP, type SerialDevice, type SerialHost } from "./serial.ts";

/** Where bytes come from and go to. Allocates nothing in `read` and `write`. */
export interface BytePort {
	readonly linkUp: boolean;
	/** Counts by name, which the line shows among its own: `overruns`, `breaks`, `framingErrors`. Optional. */
	readonly counters?: Readonly<Record<string, number>>;
	/** Called once. `changed` is called when bytes came, when there is room again after `write` did not take all, and when the link went up or down. */
	attach(changed: () => void): void;
	/** Puts what has come into bytes `at` to `end`. Answers how many bytes, or LOST: bytes were lost before those that come next. */
	read(bytes: Uint8Array, at: number, end: number): number;
	/** Sends bytes `at` to `end`, as many as there is room for. Answers how many. */
	write(bytes: Uint8Array, at: number, end: number): number;
	/** DTR. Optional. */
	setReady?(on: boolean): void;
	close(): void;
}

/** Bytes taken from the port at once. */
const CHUNK = 256;
/** Bytes that wait to be sent when nothing else is said. A packet of 1,500 bytes of which each is escaped fits. A power of two. */
const TRANSMIT_RING = 4096;
const LARGEST_RING = 65536;

/** Where things lie in the line's memory: what the decoder remembers, what came, the frame that has begun, what is to be sent. */
const FRAMING = 0;
const CHUNK_AT = FRAMING + FramingBlock.bytes;
const FRAME_AT = CHUNK_AT + CHUNK;
const RING_AT = FRAME_AT + PACKET_BYTES;

/** Where these lie in the FramingBlock. */
const AT = FramingBlock.offsets;

export class SerialLine implements SerialDevice {
	#port: BytePort;
	#view: DataView;
	#bytes: Uint8Array;
	#host!: DeviceHost;
	#framing = RAW;
	#sendAccm = 0;
	#compress = 0;
	/** What of the chunk has not been looked at. */
	#at = CHUNK_AT;
	#end = CHUNK_AT;
	/** Free-running int32: the next byte of the ring to be sent, and the next to be written. */
	#sent = 0;
	#written = 0;
	/** Where the framing changed: what was written before does not end with this framing's flag. */
	#bare = 0;
	#size: number;
	/** Frames longer than the caller takes, frames that fit no ring. */
	#tooLong = 0;
	#overflows = 0;

	/** `ringBytes`: a power of two, 256 to 65,536. */
	constructor(port: BytePort, ringBytes = TRANSMIT_RING) {
		if (!(ringBytes >= 256 && ringBytes <= LARGEST_RING) || ringBytes & (ringBytes - 1))
			throw new RangeError(`ringBytes ${ringBytes}: expected a power of two from 256 to ${LARGEST_RING}`);
		this.#port = port;
		this.#size = ringBytes;
		const memory = allocate(RING_AT + ringBytes);
		this.#view = new DataView(memory);
		this.#bytes = new Uint8Array(memory);
		framingReset(this.#view, FRAMING);
	}

	get linkUp(): boolean {
		return this.#port.linkUp;
	}

	get counters(): Readonly<Record<string, number>> {
		return {
			overruns: 0,
			breaks: 0,
			framingErrors: 0,
			...this.#port.counters,
			badFcs: this.#word(AT.badFcs),
			badHeader: this.#word(AT.badHeader),
			aborts: this.#word(AT.aborts),
			tooLong: this.#word(AT.tooLong) + this.#tooLong,
			tooShort: this.#word(AT.tooShort),
			overflows: this.#overflows,
		};
	}

	#word(place: number): number {
		return this.#view.getInt32(FRAMING + place, true);
	}

	attach(host: SerialHost): void {
		this.#host = host;
		this.#port.attach(() => {
			this.#flush();
			host.notify();
		});
	}

	setFraming(framing: number, sendAccm: number, receiveAccm: number, compress: number): void {
		if (framing !== RAW && framing !== SLIP && framing !== HDLC)
			throw new RangeError(`framing ${framing}: expected RAW, SLIP or HDLC`);
		if (framing !== this.#framing) {
			framingReset(this.#view, FRAMING);
			this.#bare = this.#written;
		}
		this.#framing = framing;
		this.#sendAccm = sendAccm;
		this.#compress = compress;
		this.#view.setInt32(FRAMING + AT.receiveAccm, receiveAccm, true);
	}

	receive(at: number, max: number): number {
		const view = this.#view;
		for (;;) {
			if (this.#at === this.#end && !this.#fill()) return 0;
			const waiting = this.#end - this.#at;
			if (this.#framing === RAW) {
				const length = Math.min(waiting, max);
				copyIn(this.#host.view, at, view, this.#at, length);
				this.#at += length;
				return length;
			}
			const decode = this.#framing === HDLC ? hdlcDecode : slipDecode;
			this.#at += decode(view, FRAMING, view, this.#at, waiting, FRAME_AT, PACKET_BYTES);
			const result = this.#word(AT.result);
			if (result === 0) continue;
			if (result === LOST) return LOST;
			const length = this.#framing === HDLC ? result & 0xffff : result;
			if (length > max) {
				this.#tooLong++;
				return LOST;
			}
			copyIn(this.#host.view, at, view, FRAME_AT, length);
			return result;
		}
	}

	/** Takes what the port has. False when it has nothing. */
	#fill(): boolean {
		let count = this.#port.read(this.#bytes, CHUNK_AT, CHUNK_AT + CHUNK);
		while (count === LOST) {
			// Bytes are missing here: the frame that has begun is LOST when it ends.
			framingSpoil(this.#view, FRAMING);
			count = this.#port.read(this.#bytes, CHUNK_AT, CHUNK_AT + CHUNK);
		}
		this.#at = CHUNK_AT;
		this.#end = CHUNK_AT + count;
		return count > 0;
	}

	transmit(at: number, end: number, protocol: number): number {
		const waiting = (this.#written - this.#sent) | 0;
		const room = this.#size - waiting;
		const arena = this.#host.view;
		// What still waits ends with a flag, which serves this frame too.
		const flags = waiting === 0 || this.#written === this.#bare ? 0 : NO_OPENING_FLAG;
		let used;
		if (this.#framing === HDLC)
			used = hdlcEncode(
				arena,
				at,
				end,
				this.#view,
				RING_AT,
				this.#size,
				this.#written,
				room,
				protocol,
				this.#sendAccm,
				this.#compress | flags,
			);
		else if (this.#framing === SLIP)
			used = slipEncode(arena, at, end, this.#view, RING_AT, this.#size, this.#written, room, flags);
		else used = this.#copyRaw(at, end - at, room);
		if (used === 0 && end > at) {
			if (waiting > 0) return BUSY;
			// It will never fit.
			this.#overflows++;
			return SENT;
		}
		this.#written = (this.#written + used) | 0;
		this.#flush();
		return SENT;
	}

	#copyRaw(at: number, length: number, room: number): number {
		if (length > room) return 0;
		const offset = this.#written & (this.#size - 1);
		const first = Math.min(length, this.#size - offset);
		copyOut(this.#host.view, at, this.#view, RING_AT + offset, first);
		copyOut(this.#host.view, at + first, this.#view, RING_AT, length - first);
		return length;
	}

	/** Hands the port what waits. */
	#flush(): void {
		while (this.#sent !== this.#written) {
			const offset = this.#sent & (this.#size - 1);
			const count = Math.min((this.#written - this.#sent) | 0, this.#size - offset);
			const taken = this.#port.write(this.#bytes, RING_AT + offset, RING_AT + offset + count);
			this.#sent = (this.#sent + taken) | 0;
			if (taken < count) return;
		}
	}

	unfinished(at: number, max: number): number {
		// Its FCS may be among it.
		const begun = this.#framing === HDLC ? this.#word(AT.count) : 0;
		if (begun === 0 || max < 2) return 0;
		const length = Math.min(begun, max - 2, PACKET_BYTES);
		this.#host.view.setUint16(at, this.#word(AT.protocol));
		copyIn(this.#host.view, at + 2, this.#view, FRAME_AT, length);
		return 2 + length;
	}

	setReady(on: boolean): void {
		this.#port.setReady?.(on);
	}

	close(): void {
		this.#port.close();
	}
}
