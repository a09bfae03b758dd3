// Files of packets as pcapng, which Wireshark opens. draft-ietf-opsawg-pcapng-02: §4.1 section header, §4.2 interface description,
// §4.3 enhanced packet. Allocates nothing per packet.

/** Where the bytes go, and what time it is. */
export interface CaptureSink {
	/** Takes bytes `at` to `at + length` of `data` before it returns. */
	write(data: DataView, at: number, length: number): void;
	/** Brings `seconds` and `nanoseconds` up to date. */
	stamp(): void;
	/** Since 1970, as stamped last. Two numbers, because nanoseconds since 1970 do not fit a double. */
	readonly seconds: number;
	readonly nanoseconds: number;
	close(): void;
}

const SECTION_HEADER = 0x0a0d0d0a;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const INTERFACE_DESCRIPTION = 1;
const ENHANCED_PACKET = 6;

const OPTION_IF_NAME = 2;
const OPTION_IF_TSRESOL = 9;
const OPTION_EPB_FLAGS = 2;
export const INBOUND = 1;
export const OUTBOUND = 2;

/** What the packets of a capture begin with, https://www.tcpdump.org/linktypes.html. */
export const LINKTYPE_ETHERNET = 1;
/** Address, control and protocol of RFC 1662. */
export const LINKTYPE_PPP = 9;
/** The IP header. */
export const LINKTYPE_RAW = 101;
/** Nothing that is registered: here the bytes of an HDLC line. */
export const LINKTYPE_USER0 = 147;

/** Longest frame that is recorded whole, bytes. */
const SNAP_LENGTH = 65_535;
/** Enhanced packet block: before the frame, and after it without padding (flags option, end of options, block length). */
const HEAD_BYTES = 28;
const TAIL_BYTES = 8 + 4 + 4;

/** Writes one file: the packets of one interface. */
export class PacketFile {
	readonly #sink: CaptureSink;
	readonly #block = new DataView(new ArrayBuffer(HEAD_BYTES));
	/** Of the packet that has begun. */
	#left = 0;
	#padding = 0;
	#total = 0;
	#direction = 0;

	/** `name` is the interface's name as Wireshark shows it: ASCII, at most 64 characters. `linkType`: LINKTYPE_… */
	constructor(sink: CaptureSink, name: string, linkType: number) {
		if (name.length > 64) throw new RangeError(`name "${name}": expected at most 64 characters`);
		this.#sink = sink;
		this.#open(name, linkType);
	}

	/** Begins a packet of `length` bytes; `write` and `end` follow, before the next. */
	begin(length: number, direction: number): void {
		const block = this.#block;
		const sink = this.#sink;
		const kept = length < SNAP_LENGTH ? length : SNAP_LENGTH;
		this.#padding = -kept & 3;
		this.#total = HEAD_BYTES + kept + this.#padding + TAIL_BYTES;
		this.#left = kept;
		this.#direction = direction;
		sink.stamp();
		// seconds × 10⁹ + nanoseconds in 64 bits: the seconds are cut in halves of 16 bits, so that no product exceeds 2⁵³.
		const high = Math.floor(sink.seconds / 65_536) * 1e9;
		const low = (high % 65_536) * 65_536 + (sink.seconds % 65_536) * 1e9 + sink.nanoseconds;
		block.setUint32(0, ENHANCED_PACKET, true);
		block.setUint32(4, this.#total, true);
		block.setUint32(8, 0, true); // the section's only interface
		block.setUint32(12, Math.floor(high / 65_536) + Math.floor(low / 4_294_967_296), true);
		block.setUint32(16, low % 4_294_967_296, true);
		block.setUint32(20, kept, true);
		block.setUint32(24, length, true);
		sink.write(block, 0, HEAD_BYTES);
	}

	/** The packet's next bytes. */
	write(view: DataView, at: number, length: number): void {
		const kept = length < this.#left ? length : this.#left;
		if (kept <= 0) return;
		this.#left -= kept;
		this.#sink.write(view, at, kept);
	}

	end(): void {
		const block = this.#block;
		const tail = this.#padding;
		block.setUint32(0, 0, true); // the padding
		block.setUint16(tail, OPTION_EPB_FLAGS, true);
		block.setUint16(tail + 2, 4, true);
		block.setUint32(tail + 4, this.#direction, true);
		block.setUint32(tail + 8, 0, true); // end of options
		block.setUint32(tail + 12, this.#total, true);
		this.#sink.write(block, 0, tail + TAIL_BYTES);
	}

	/** A whole packet. */
	record(view: DataView, at: number, length: number, direction: number): void {
		this.begin(length, direction);
		this.write(view, at, length);
		this.end();
	}

	close(): void {
		this.#sink.close();
	}

	#open(name: string, linkType: number): void {
		const padded = (name.length + 3) & ~3;
		const description = 16 + 4 + padded + 8 + 4 + 4;
		const view = new DataView(new ArrayBuffer(28 + description));
		view.setUint32(0, SECTION_HEADER, true);
		view.setUint32(4, 28, true);
		view.setUint32(8, BYTE_ORDER_MAGIC, true);
		view.setUint16(12, 1, true); // version 1.0
		view.setInt32(16, -1, true); // the section's length is not known yet: all ones
		view.setInt32(20, -1, true);
		view.setUint32(24, 28, true);
		let at = 28;
		view.setUint32(at, INTERFACE_DESCRIPTION, true);
		view.setUint32(at + 4, description, true);
		view.setUint16(at + 8, linkType, true);
		view.setUint32(at + 12, SNAP_LENGTH, true);
		view.setUint16(at + 16, OPTION_IF_NAME, true);
		view.setUint16(at + 18, name.length, true);
		for (let i = 0; i < name.length; i++) view.setUint8(at + 20 + i, name.charCodeAt(i) & 0x7f);
		at += 20 + padded;
		view.setUint16(at, OPTION_IF_TSRESOL, true);
		view.setUint16(at + 2, 1, true);
		view.setUint8(at + 4, 9); // 10⁻⁹ s
		view.setUint32(at + 12, description, true); // after the end of options
		this.#sink.write(view, 0, 28 + description);
	}
}
