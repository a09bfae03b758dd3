// An ASCII text as the body of an answer, turned into bytes a piece at a time: the text itself may lie in flash.

import type { TCP } from "../device.ts";
import type { BodySource } from "../http.ts";
import { bytesOf } from "../http/text.ts";

const PIECE = 1024;

export class TextSource implements BodySource {
	readonly #text: string;

	constructor(text: string) {
		this.#text = text;
	}

	/** Bytes. */
	get length(): number {
		return this.#text.length;
	}

	write(socket: TCP, position: number, size: number): void {
		const end = position + size;
		for (let at = position; at < end; at += PIECE) socket.write(bytesOf(this.#text.slice(at, Math.min(end, at + PIECE))));
	}
}
