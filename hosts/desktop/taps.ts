// The packets of all boards while they pass: what their packet streams send, taken apart from pcapng.

import { createServer, type Server } from "node:net";
import { INBOUND } from "../../src/device/pcapng.ts";
import { FrameReader } from "./frame-stream.ts";

/** A packet that an interface of a board has sent or received. */
export interface TappedPacket {
	readonly board: string;
	readonly interface: string;
	/** What it begins with: LINKTYPE_… of src/device/pcapng.ts. */
	readonly linkType: number;
	readonly inbound: boolean;
	/** Nanoseconds since 1970. */
	readonly time: bigint;
	readonly bytes: Uint8Array;
}

export interface PacketWatcher {
	packet(packet: TappedPacket): void;
	/** So many of that interface came faster than they could be taken. */
	lost(board: string, interface_: string, count: number): void;
}

const SECTION_HEADER = 0x0a0d0d0a;
const ENHANCED_PACKET = 6;
/** Of the first block: where the interface's description has its link type. */
const LINK_TYPE_AT = 28 + 8;
/** Of a packet's block: its time in two halves, how much of it there is, its bytes. */
const TIME_AT = 12;
const KEPT_AT = 20;
const BYTES_AT = 28;
/** Behind the padded bytes: type and length of the option, its value. */
const FLAGS_AT = 4;
/** A frame of the stream that is a count and no block. */
const COUNT_BYTES = 4;

export class Taps {
	readonly #watchers: readonly PacketWatcher[];
	readonly #servers: Server[] = [];

	constructor(watchers: readonly PacketWatcher[]) {
		this.#watchers = watchers;
	}

	/** Takes the packets of an interface from a socket at `path`. */
	async listen(path: string, board: string, interface_: string): Promise<void> {
		const server = createServer((socket) => {
			const reader = new FrameReader();
			let linkType = 0;
			socket.on("data", (chunk) =>
				reader.push(chunk, (buffer, at, end) => {
					if (end - at === COUNT_BYTES) {
						for (const watcher of this.#watchers) watcher.lost(board, interface_, buffer.readUInt32BE(at));
						return;
					}
					const block = buffer.subarray(at, end);
					const type = block.readUInt32LE(0);
					if (type === SECTION_HEADER) linkType = block.readUInt16LE(LINK_TYPE_AT);
					else if (type === ENHANCED_PACKET) this.#tell(packetOf(block, board, interface_, linkType));
				}),
			);
			// A board that ends hangs up.
			socket.on("error", () => socket.destroy());
		});
		this.#servers.push(server);
		await new Promise<void>((done, failed) => server.once("error", failed).listen(path, done));
	}

	close(): void {
		for (const server of this.#servers) server.close();
	}

	#tell(packet: TappedPacket): void {
		for (const watcher of this.#watchers) watcher.packet(packet);
	}
}

/** draft-ietf-opsawg-pcapng §4.3, as src/device/pcapng.ts writes it. */
function packetOf(block: Buffer, board: string, interface_: string, linkType: number): TappedPacket {
	const kept = block.readUInt32LE(KEPT_AT);
	const options = BYTES_AT + ((kept + 3) & ~3);
	return {
		board,
		interface: interface_,
		linkType,
		inbound: (block.readUInt32LE(options + FLAGS_AT) & 3) === INBOUND,
		time: (BigInt(block.readUInt32LE(TIME_AT)) << 32n) | BigInt(block.readUInt32LE(TIME_AT + 4)),
		bytes: block.subarray(BYTES_AT, BYTES_AT + kept),
	};
}
