// What a router has to show: counters, and its table, a line at a time for /status.

import { addressText } from "../../address.ts";
import { read } from "../../packet/counters.ts";
import {
	RouterBlock,
	RuleRow,
	SESSION,
	SESSION_FIXED,
	SESSION_MAPPING,
	SESSION_TRANSLATED,
	SessionRow,
} from "../../packet/router-block.ts";
import type { Stack } from "../../stack.ts";
import type { Told } from "../../transport/router-view.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import * as ipv6 from "../../wire/ipv6.ts";

const AT = RouterBlock.offsets;
const ROW = SessionRow.offsets;

/** Counters of 64 bits, by name. */
const COUNTERS: readonly (readonly [string, number])[] = Object.freeze([
	["begun", AT.begun],
	["gaveWay", AT.gaveWay],
	["translatedOut", AT.translatedOut],
	["translatedIn", AT.translatedIn],
] as const);

function protocolName(protocol: number): string {
	if (protocol === ipv4.TCP) return "tcp";
	if (protocol === ipv4.UDP) return "udp";
	return protocol === ipv4.ICMP ? "icmp" : protocol === ipv6.ICMP ? "icmp6" : String(protocol);
}

/** Writes what there is at that index or behind it: the room and how much of it is used, counters, packets by rule, sessions. Answers the index to go on from, -1 behind the last. */
export function tellRouter({ core }: Stack, at: number, out: Told, index: number): number {
	const { view, limits } = core;
	const word = (field: number) => view.getInt32(at + field, true);
	if (index === 0) {
		out.key("entries");
		out.number(limits.entries);
		return 1;
	}
	if (index === 1) {
		out.key("used");
		out.number(word(AT.used));
		return 2;
	}
	let left = index - 2;
	const counter = COUNTERS[left];
	if (counter !== undefined) {
		out.key(counter[0]);
		out.number(read(view, at + counter[1]));
		return index + 1;
	}
	left -= COUNTERS.length;
	if (left < word(AT.ruleCount)) {
		out.key(`rule ${left}`);
		out.number(read(view, word(AT.rules) + left * RuleRow.bytes + RuleRow.offsets.packets));
		return index + 1;
	}
	left -= word(AT.ruleCount);
	if (left >= limits.entries) return -1;
	const row = word(AT.sessions) + left * SessionRow.bytes;
	const bits = view.getUint16(row + ROW.bits, true);
	if ((bits & SESSION) !== 0) tellSession(out, view, row, bits, core.now);
	return index + 1;
}

/** "udp 10.0.0.5 4000 > 198.51.100.7 53": "from port 4000, 287 s". */
function tellSession(out: Told, view: DataView, row: number, bits: number, now: number): void {
	const ports = view.getInt32(row + ROW.ports, true);
	const outside = view.getUint16(row + ROW.outsidePort, true);
	const inside = `${protocolName(view.getUint8(row + ROW.protocol))} ${addressText(view, row + ROW.inside)} ${ports >>> 16}`;
	if ((bits & SESSION_MAPPING) !== 0) {
		out.key(`${inside} at port ${outside}`);
		out.text((bits & SESSION_FIXED) !== 0 ? "forwarded" : `${view.getUint16(row + ROW.sessions, true)} sessions`);
		return;
	}
	out.key(`${inside} > ${addressText(view, row + ROW.remote)} ${ports & 0xffff}`);
	const seconds = Math.max(0, Math.ceil(((view.getInt32(row + ROW.due, true) - now) | 0) / 1000));
	out.text(`${(bits & SESSION_TRANSLATED) !== 0 ? `from port ${outside}, ` : ""}${seconds} s`);
}
