// The last packets of all boards, numbered from 1 on; and what of them is new to somebody.

import type { PacketWatcher, TappedPacket } from "../../desktop/taps.ts";
import { decode } from "../decode/decode.ts";
import type { PacketSummary } from "../protocol.ts";

/** Packets that are kept. */
const MOST = 5000;
const NANOSECONDS_OF_MS = 1_000_000n;

export class PacketStore implements PacketWatcher {
	/** Number of the last one. */
	last = 0;
	readonly #packets: (TappedPacket | undefined)[] = Array.from({ length: MOST });

	packet(packet: TappedPacket): void {
		// What is kept has bytes of its own: the buffer that it came in holds many more.
		this.#packets[++this.last % MOST] = { ...packet, bytes: Uint8Array.from(packet.bytes) };
	}

	/** They have numbers, and are gone. */
	lost(_board: string, _interface: string, count: number): void {
		for (let i = 0; i < count && i < MOST; i++) this.#packets[(this.last + 1 + i) % MOST] = undefined;
		this.last += count;
	}

	/** The packet of that number; undefined when it is gone or not there yet. */
	get(number: number): TappedPacket | undefined {
		return number > this.last - MOST && number <= this.last ? this.#packets[number % MOST] : undefined;
	}

	summary(number: number): PacketSummary | undefined {
		const packet = this.get(number);
		if (packet === undefined) return undefined;
		const { board, interface: name, inbound, time, bytes, linkType } = packet;
		const { source, destination, protocol, info } = decode(bytes, linkType);
		const ms = Number(time / NANOSECONDS_OF_MS) + Number(time % NANOSECONDS_OF_MS) / 1e6;
		return { number, board, interface: name, inbound, ms, length: bytes.length, source, destination, protocol, info };
	}
}
