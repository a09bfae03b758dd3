// What an ICMP echo socket is: a ping's identifier, the way of its requests, and what came back of them and was not told yet.

import { ICMP_QUEUE } from "../config.ts";
import { CORE, CoreBlock } from "./core-block.ts";
import type { Offset } from "./numbers.ts";
import { PathBlock } from "./path-block.ts";
import { address, bytes, int32, record, uint16, uint8, type RowOf } from "./record.ts";

/** A reply, or an error about a request. */
export const EchoAnswer = record({
	/** Who says so. */
	source: address,
	/** When it came, ms. */
	time: int32,
	/** Of the request. */
	sequence: uint16,
	/** Of payload. */
	length: uint16,
	/** ICMP type, ECHO_REPLY or an error, and code. */
	type: uint8,
	code: uint8,
	/** What is left of the reply's time to live. */
	ttl: uint8,
	unused: uint8,
});
export type EchoAnswer = RowOf<typeof EchoAnswer>;

export const EchoBlock = record({
	/** ECHO_…, or-ed. 0: nobody has it. */
	bits: int32,
	/** Of its requests, 16 bits: its key in the flow table, in the place of ports. */
	identifier: int32,
	/** Its number among the sockets that have news, and its index among these blocks. */
	news: int32,
	index: int32,
	/** Where its requests go, and their source address, none: chosen. */
	remoteAddress: address,
	localAddress: address,
	/** Replies that came. */
	replies: int32,
	/** The way of its requests, a PathBlock. */
	path: bytes(PathBlock.bytes),
	/** What waits for its owner: the first, how many, and a ring of ICMP_QUEUE EchoAnswers. */
	first: int32,
	count: int32,
	answers: bytes(ICMP_QUEUE * EchoAnswer.bytes),
});
export type EchoBlock = RowOf<typeof EchoBlock>;

/** Bits of `bits`. Somebody has it. */
export const ECHO_OPEN = 1;
/** Its interface was removed. */
export const ECHO_GONE = 2;

/** Where the block of the socket with that index lies. */
export function echoAt(view: DataView, index: number): Offset {
	return (CoreBlock.of(view, CORE).echoes + Math.imul(index, EchoBlock.bytes)) | 0;
}
