// NTP, RFC 5905.

import { CLIENT, SERVER, transmitted } from "../../../src/wire/ntp.ts";
import type { Cursor } from "./dissection.ts";
import { named } from "./dissection.ts";

const MODES: Readonly<Record<number, string>> = { [CLIENT]: "question", [SERVER]: "answer", 5: "broadcast" };

/** Bytes behind the first that are not told one by one. */
const REST = 44;

export function ntp(cursor: Cursor): void {
	const { dissection, at, view } = cursor;
	const layer = dissection.layer(cursor, "ntp", "NTP");
	dissection.tell("NTP", "");
	const first = cursor.raw(1);
	cursor.bits(at, 1, first >> 6, "ntp.flags.li", "Leap second");
	cursor.bits(at, 1, (first >> 3) & 7, "ntp.flags.vn", "Version");
	const mode = cursor.bits(at, 1, first & 7, "ntp.flags.mode", "Mode", MODES[first & 7]);
	cursor.number(1, "ntp.stratum", "Stratum", named({ 0: "kiss of death", 1: "primary" }));
	cursor.skip(2);
	cursor.skip(REST);
	const what = MODES[mode] ?? `mode ${mode}`;
	layer.title = `NTP ${what}`;
	dissection.tell("NTP", mode === SERVER ? `answer: ${new Date(transmitted(view, at)).toISOString()}` : what);
}
