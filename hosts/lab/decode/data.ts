// What is carried beyond the protocols that are known.

import type { Cursor } from "./dissection.ts";
import { printable } from "./dissection.ts";

/** Most characters of a line that the list shows. */
const MOST = 80;

/** The rest of the bytes. */
export function data(cursor: Cursor): void {
	if (cursor.left <= 0) return;
	cursor.dissection.layer(cursor, "data", `Data, ${cursor.left} bytes`);
	cursor.at = cursor.end;
}

/** The first line of a text; "" when it is none. */
export function firstLine(view: DataView, at: number, end: number): string {
	let line = "";
	for (let i = at; i < end && line.length < MOST; i++) {
		const code = view.getUint8(i);
		if (code === 0x0d || code === 0x0a) return line;
		if (printable(code) === "." && code !== 0x2e) return "";
		line += printable(code);
	}
	return line;
}
