// Texts as bytes: what most of them are made of. In C no string and no object is made on the way.

import { check } from "../../packet/bounds.ts";
import type { Bytes } from "./bytes.ts";

/**
 * Puts a text of ASCII at `at`. Answers where it ends; -1 when it would not end by `end`, or has another character: what was put then is void. `json`: one that JSON escapes counts as such, too.
 */
export function asciiPut(buffer: Bytes, at: number, end: number, json: boolean, text: string): number {
	check(at, end - at, buffer.byteLength);
	const bytes = ArrayBuffer.isView(buffer)
		? new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)
		: new Uint8Array(buffer);
	for (let i = 0; i < text.length; i++) {
		const code = text.charCodeAt(i);
		const plain = json ? code >= 32 && code < 127 && code !== 34 && code !== 92 : code > 0 && code < 128;
		if (!plain || at >= end) return -1;
		bytes[at++] = code;
	}
	return at;
}
