// Records what passes through a serial device, frame by frame. Wraps any; allocates nothing per frame. Bytes outside frames are not recorded.
//
// HDLC: link type PPP, with address, control, protocol and FCS written in full, however much of the header was compressed on the line: tools that are told
// that there is an FCS (Wireshark: "PPP Frame Checksum Type") find a right one, others take it for padding. SLIP: link type RAW, the IP packets.
// SLIP with compressed headers has types of packets that no link type knows, but PPP's protocols 0x2d and 0x2f are the same: RFC 1144 §3.2.1, RFC 1332 §3.2.

import { fcsOctet, INITIAL_FCS } from "../wire/framing.ts";
import { SENT } from "./device.ts";
import { INBOUND, LINKTYPE_PPP, LINKTYPE_RAW, OUTBOUND, PacketFile, type CaptureSink } from "./pcapng.ts";
import { HDLC, LOST, SLIP, type SerialDevice, type SerialHost } from "./serial.ts";

/** All stations, unnumbered information: RFC 1662 §3.1. */
const ADDRESS_CONTROL = 0xff03;
const HEADER_BYTES = 4;
const FCS_BYTES = 2;

const IP = 0x0021;
const VJ_COMPRESSED = 0x002d;
const VJ_UNCOMPRESSED = 0x002f;

/** What of a serial line is recorded. */
export type SerialFrames = "ppp" | "slip" | "cslip";

export class SerialCapture implements SerialDevice {
	#view!: DataView;
	#framing = -1;
	readonly #device: SerialDevice;
	readonly #file: PacketFile;
	readonly #frames: SerialFrames;
	/** What comes before a frame, its first octet among it, and behind it. */
	readonly #around = new DataView(new ArrayBuffer(HEADER_BYTES + 1));

	/** `name` is the interface's name as Wireshark shows it: ASCII, at most 64 characters. */
	constructor(device: SerialDevice, sink: CaptureSink, name: string, frames: SerialFrames) {
		this.#device = device;
		this.#frames = frames;
		this.#file = new PacketFile(sink, name, frames === "slip" ? LINKTYPE_RAW : LINKTYPE_PPP);
		// Links ask for these only where they are there: a wrapper must not pretend.
		if (device.unfinished !== undefined) this.unfinished = (at, max) => device.unfinished!(at, max);
		if (device.setReady !== undefined) this.setReady = (on) => device.setReady!(on);
	}

	unfinished?: (at: number, max: number) => number;
	setReady?: (on: boolean) => void;

	get linkUp(): boolean {
		return this.#device.linkUp;
	}
	get counters(): Readonly<Record<string, number>> {
		return this.#device.counters;
	}

	attach(host: SerialHost): void {
		this.#view = host.view;
		this.#device.attach(host);
	}

	setFraming(framing: number, sendAccm: number, receiveAccm: number, compress: number): void {
		this.#framing = framing;
		this.#device.setFraming(framing, sendAccm, receiveAccm, compress);
	}

	receive(at: number, max: number): number {
		const answer = this.#device.receive(at, max);
		if (answer === 0 || answer === LOST) return answer;
		if (this.#framing === HDLC) this.#ppp((answer >> 16) & 0xffff, at, answer & 0xffff, INBOUND);
		else this.#slip(at, answer, INBOUND);
		return answer;
	}

	transmit(at: number, end: number, protocol: number): number {
		const answer = this.#device.transmit(at, end, protocol);
		// A frame that was not taken comes again; only what went out is recorded.
		if (answer !== SENT) return answer;
		if (this.#framing === HDLC) this.#ppp(protocol, at, end - at, OUTBOUND);
		else this.#slip(at, end - at, OUTBOUND);
		return answer;
	}

	close(): void {
		this.#device.close();
		this.#file.close();
	}

	#slip(at: number, length: number, direction: number): void {
		if (this.#framing !== SLIP) return;
		if (this.#frames === "slip") {
			this.#file.record(this.#view, at, length, direction);
			return;
		}
		// RFC 1144 §3.2.3: what the first octet says beside the version or the mask of changes.
		const first = this.#view.getUint8(at);
		if (first & 0x80) this.#record(VJ_COMPRESSED, first & 0x7f, at, length, direction);
		else if (first >= 0x70) this.#record(VJ_UNCOMPRESSED, first & 0x4f, at, length, direction);
		else this.#record(IP, first, at, length, direction);
	}

	#ppp(protocol: number, at: number, length: number, direction: number): void {
		this.#record(protocol, length === 0 ? 0 : this.#view.getUint8(at), at, length, direction);
	}

	#record(protocol: number, first: number, at: number, length: number, direction: number): void {
		const view = this.#view;
		const around = this.#around;
		const file = this.#file;
		const leading = length === 0 ? HEADER_BYTES : HEADER_BYTES + 1;
		around.setUint16(0, ADDRESS_CONTROL);
		around.setUint16(2, protocol);
		around.setUint8(HEADER_BYTES, first);
		let fcs = INITIAL_FCS;
		for (let i = 0; i < leading; i++) fcs = fcsOctet(fcs, around.getUint8(i));
		const end = at + length;
		for (let i = at + 1; i < end; i++) fcs = fcsOctet(fcs, view.getUint8(i));
		file.begin(HEADER_BYTES + length + FCS_BYTES, direction);
		file.write(around, 0, leading);
		file.write(view, at + 1, length - 1);
		around.setUint16(0, ~fcs & 0xffff, true);
		file.write(around, 0, FCS_BYTES);
		file.end();
	}
}
