// The packet list on a terminal: a line for each packet while it passes.

import type { PacketWatcher, TappedPacket } from "../desktop/taps.ts";
import { decode } from "./decode/decode.ts";

/** Width of the column of addresses: two of IPv4 with their arrow fit. */
const ADDRESSES = 33;

/** Says lines whose times count from the first packet, seconds. */
export class PacketLines implements PacketWatcher {
	readonly #several: boolean;
	readonly #say: (line: string) => void;
	#first: bigint | undefined;

	/** `several`: the boards are named. */
	constructor(several: boolean, say: (line: string) => void) {
		this.#several = several;
		this.#say = say;
	}

	packet({ board, interface: name, linkType, inbound, time, bytes }: TappedPacket): void {
		this.#first ??= time;
		const { source, destination, protocol, info } = decode(bytes, linkType);
		const seconds = (Number((time - this.#first) / 1000n) / 1e6).toFixed(6);
		const addresses = source === "" ? "" : `${source} → ${destination}`;
		const where = this.#where(board, name);
		this.#say(
			`${seconds.padStart(11)} ${where} ${inbound ? "in " : "out"} ${addresses.padEnd(ADDRESSES)} ${protocol.padEnd(6)} ${info}`,
		);
	}

	lost(board: string, name: string, count: number): void {
		this.#say(`${"".padStart(11)} ${this.#where(board, name)} ${count} packets more came faster than this list takes them`);
	}

	#where(board: string, name: string): string {
		return `${this.#several ? `${board} ` : ""}${name}`.padEnd(5);
	}
}
