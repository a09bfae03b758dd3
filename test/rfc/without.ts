// For scripts that take TCP options for granted which the stack lacks, or was told not to use: the options are taken out of packets, with their effect on windows.

import type { TcpOption, TcpPacket } from "./script.ts";
import { SYN } from "./packets.ts";

export type Missing = readonly ("wscale" | "sackOK" | "TS")[];

const DEPENDENT: readonly string[] = ["nop", "eol", "sack"];

function kept(options: readonly TcpOption[] | undefined, missing: Missing): readonly TcpOption[] | undefined {
	return options?.filter(({ kind }) => !(missing as readonly string[]).includes(kind) && !DEPENDENT.includes(kind));
}

/** What the peer sends; keeps its shift count. */
export class Reduced {
	readonly #missing: Missing;
	#scale = 0;

	constructor(missing: Missing) {
		this.#missing = missing;
	}

	inbound(packet: TcpPacket): TcpPacket {
		if (!packet.options) return packet;
		const scale = packet.options.find((option) => option.kind === "wscale");
		const syn = (packet.flags & SYN) !== 0;
		if (syn) this.#scale = scale?.kind === "wscale" && this.#missing.includes("wscale") ? scale.value : 0;
		const window = packet.window === undefined || syn ? packet.window : Math.min(65535, packet.window * 2 ** this.#scale);
		return { ...packet, options: kept(packet.options, this.#missing), window };
	}

	/** What is expected of us; windows are not compared. */
	outbound(packet: TcpPacket): TcpPacket {
		return { ...packet, options: kept(packet.options, this.#missing), window: undefined };
	}
}
