// What the lab's server and who watches or changes the boards say to each other: JSON, a message each, over a WebSocket. README.md tells it in words.

import type { BoardAction, BoardFile } from "../desktop/config.ts";

export const VERSION = 1;

/** A request. `id`: a whole number of the asker's choice, which the answer has. */
export type Request = { id: number } & (
	| ({ board: string } & BoardAction)
	/** The bytes of a packet. */
	| { do: "packet"; number: number }
	/** From now on packets are told of, the ones after that number first, 0 for all that are kept; without a number, new ones. */
	| { do: "watch"; after?: number }
	| { do: "unwatch" }
);

export type Message =
	/** Always the first. */
	| { hello: number; boards: { name: string; file: BoardFile }[] }
	| { answer: number; result: unknown }
	| { answer: number; wrong: string }
	/** `missing`: so many more passed meanwhile, which came faster than they can be told of, or are gone. */
	| { packets: PacketSummary[]; missing: number }
	/** A line that a board's program or the board said. */
	| { board: string; said: string }
	/** A board has ended, with that status. */
	| { board: string; ended: number };

export interface PacketSummary {
	/** Counted from the start over all boards. */
	number: number;
	board: string;
	interface: string;
	inbound: boolean;
	/** Since 1970. */
	ms: number;
	/** Bytes. */
	length: number;
	source: string;
	destination: string;
	protocol: string;
	info: string;
}

/** The result of "packet". */
export interface PacketBytes {
	linkType: number;
	base64: string;
}
