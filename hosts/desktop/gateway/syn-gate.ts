// Connects outward before the board's SYN is answered, so that a refused connection is refused and not first accepted. Stands
// between wire and stack: a SYN waits here until the outward connection stands, then the stack gets it; if that fails, the board
// gets the RST that RFC 9293 §3.10.7.1 has for a closed port.

import type { Socket } from "node:net";
import { pseudoHeader } from "../../../src/wire/checksum.ts";
import { checksum } from "../../../src/wire/kernels/checksum.ts";

const ETHERNET_BYTES = 14;
const IPV4 = 0x0800;
const TCP = 6;
const FIN = 1;
const SYN = 2;
const RST = 4;
const ACK = 16;
const TCP_BYTES = 20;

/** How long a connection waits for a board that does not complete its handshake, ms. */
const READY_MS = 30_000;

/** A SYN in fields. */
interface Segment {
	ip: number;
	tcp: number;
	source: number;
	destination: number;
	sourcePort: number;
	destinationPort: number;
}

export interface SynGateOptions {
	/** Begins an outward connection; undefined refuses at once. */
	connect: (destination: number, port: number) => Socket | undefined;
	/** Hands the stack a frame. */
	inject: (frame: Buffer) => void;
	/** Sends the board a frame. */
	send: (frame: Uint8Array) => void;
	/** Outward connections that may wait for the board or for their peer. */
	limit: number;
}

export class SynGate {
	readonly #options: SynGateOptions;
	/** By flow: outward connections that are not up yet. */
	readonly #connecting = new Map<string, Socket>();
	/** By flow: those that are, and wait for the board's handshake. */
	readonly #ready = new Map<string, { socket: Socket; timer: NodeJS.Timeout }>();

	constructor(options: SynGateOptions) {
		this.#options = options;
	}

	/** Whether the stack gets this frame now. */
	admit(frame: Buffer): boolean {
		const segment = synOf(frame);
		if (segment === undefined) return true;
		const key = flow(segment.source, segment.sourcePort, segment.destination, segment.destinationPort);
		if (this.#ready.has(key)) return true;
		if (this.#connecting.has(key)) return false;
		const socket =
			this.#connecting.size + this.#ready.size < this.#options.limit
				? this.#options.connect(segment.destination, segment.destinationPort)
				: undefined;
		if (socket === undefined) {
			this.#options.send(refusal(frame, segment));
			return false;
		}
		this.#connecting.set(key, socket);
		// The board's first bytes may come late: nothing is read before somebody wants it.
		socket.pause();
		socket.once("connect", () => {
			if (!this.#connecting.delete(key)) return;
			const timer = setTimeout(() => this.take(key)?.destroy(), READY_MS);
			this.#ready.set(key, { socket, timer });
			this.#options.inject(frame);
		});
		socket.on("error", () => {
			if (this.#connecting.delete(key)) this.#options.send(refusal(frame, segment));
			else this.take(key);
		});
		return false;
	}

	/** The outward connection of a flow that the stack has accepted. */
	take(key: string): Socket | undefined {
		const found = this.#ready.get(key);
		if (found === undefined) return undefined;
		clearTimeout(found.timer);
		this.#ready.delete(key);
		return found.socket;
	}

	close(): void {
		for (const socket of this.#connecting.values()) socket.destroy();
		for (const key of this.#ready.keys()) this.take(key)?.destroy();
		this.#connecting.clear();
	}
}

/** What tells flows apart. */
export function flow(source: number, sourcePort: number, destination: number, destinationPort: number): string {
	return `${source | 0} ${sourcePort} ${destination | 0} ${destinationPort}`;
}

function viewOf(frame: Uint8Array): DataView {
	return new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
}

/** The segment in a frame if it asks for a connection and is whole. What is not is for the stack to count. */
function synOf(frame: Buffer): Segment | undefined {
	if (frame.length < ETHERNET_BYTES + 40 || frame.readUInt16BE(12) !== IPV4) return undefined;
	const ip = ETHERNET_BYTES;
	const ipBytes = (frame[ip]! & 15) * 4;
	const tcp = ip + ipBytes;
	const end = ip + frame.readUInt16BE(ip + 2);
	if (frame[ip]! >> 4 !== 4 || ipBytes < 20 || frame[ip + 9] !== TCP || (frame.readUInt16BE(ip + 6) & 0x3fff) !== 0)
		return undefined;
	if (end > frame.length || end - tcp < TCP_BYTES) return undefined;
	if ((frame[tcp + 13]! & (SYN | ACK | RST | FIN)) !== SYN) return undefined;
	const view = viewOf(frame);
	const source = frame.readInt32BE(ip + 12);
	const destination = frame.readInt32BE(ip + 16);
	if (checksum(view, ip, tcp, 0) !== 0xffff) return undefined;
	if (checksum(view, tcp, end, pseudoHeader(source, destination, TCP, end - tcp)) !== 0xffff) return undefined;
	return { ip, tcp, source, destination, sourcePort: frame.readUInt16BE(tcp), destinationPort: frame.readUInt16BE(tcp + 2) };
}

/** The RST for a SYN: sequence number 0, acknowledging the SYN and what data it had. */
function refusal(frame: Buffer, { ip, tcp, source, destination, sourcePort, destinationPort }: Segment): Uint8Array {
	const reply = Buffer.alloc(ETHERNET_BYTES + 20 + TCP_BYTES);
	frame.copy(reply, 0, 6, 12);
	frame.copy(reply, 6, 0, 6);
	reply.writeUInt16BE(IPV4, 12);
	reply[ETHERNET_BYTES] = 0x45;
	reply.writeUInt16BE(20 + TCP_BYTES, ETHERNET_BYTES + 2);
	reply[ETHERNET_BYTES + 8] = 64;
	reply[ETHERNET_BYTES + 9] = TCP;
	reply.writeInt32BE(destination, ETHERNET_BYTES + 12);
	reply.writeInt32BE(source, ETHERNET_BYTES + 16);
	const view = viewOf(reply);
	reply.writeUInt16BE(~checksum(view, ETHERNET_BYTES, ETHERNET_BYTES + 20, 0) & 0xffff, ETHERNET_BYTES + 10);
	const at = ETHERNET_BYTES + 20;
	const data = frame.readUInt16BE(ip + 2) - (tcp - ip) - (frame[tcp + 12]! >> 4) * 4;
	reply.writeUInt16BE(destinationPort, at);
	reply.writeUInt16BE(sourcePort, at + 2);
	reply.writeInt32BE((frame.readInt32BE(tcp + 4) + 1 + data) | 0, at + 8);
	reply[at + 12] = (TCP_BYTES / 4) << 4;
	reply[at + 13] = RST | ACK;
	const sum = checksum(view, at, at + TCP_BYTES, pseudoHeader(destination, source, TCP, TCP_BYTES));
	reply.writeUInt16BE(~sum & 0xffff, at + 16);
	return reply;
}
