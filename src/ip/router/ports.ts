// Which port of the translator stands for one of a host behind it: the same where it is free, else one at random of the same parity. RFC 4787 §4.2, RFC 6056 §3.3. Flat TypeScript.

import { chance32 } from "../../packet/chance.ts";
import { REGISTER } from "../../packet/fields.ts";
import { FlowEntry, FlowTable } from "../../packet/flow-table.ts";
import type { Address, Offset, Uint16 } from "../../packet/numbers.ts";
import { type RouterBlock, SESSION_MAPPING } from "../../packet/router-block.ts";
import { mappingAt, mappingOf, sessionBegin } from "./sessions.ts";

/** Ports below are nobody's who did not ask for them. RFC 6335 §6. */
const FIRST = 1024;
/** How many are tried. */
const TRIES = 64;

/** Whether a socket of ours has that port of a protocol, whatever its addresses are. It looks at all of them: a port is chosen once for many packets. */
function isOurs(view: DataView, port: number, protocol: number): boolean {
	const at: Offset = view.getInt32(REGISTER.flowsAt, true);
	const table = FlowTable.of(view, at);
	for (let i = table.mask; i >= 0; i--) {
		const entry = FlowEntry.of(view, (at + FlowTable.bytes + Math.imul(i, FlowEntry.bytes)) | 0);
		if ((entry.meta & 255) === protocol && (entry.ports & 0xffff) === port) return true;
	}
	return false;
}

function isFree(view: DataView, router: RouterBlock, port: number, protocol: number): boolean {
	return mappingAt(view, router, port, protocol) === 0 && !isOurs(view, port, protocol);
}

/** A port for one of an inside: 0, there is none. */
function portFor(view: DataView, router: RouterBlock, port: Uint16, protocol: number): Uint16 {
	if (port !== 0 && isFree(view, router, port, protocol)) return port;
	let tried = chance32(view) & 0xfffe;
	for (let i = 0; i < TRIES; i++) {
		const candidate = (tried & 0xfffe) | (port & 1);
		if (candidate >= FIRST && isFree(view, router, candidate, protocol)) return candidate;
		tried = (tried + 2) & 0xfffe;
		if (tried < FIRST) tried = FIRST;
	}
	return 0;
}

/** No row is left, and no port. */
export const NO_ROW = -1;
export const NO_PORT = -2;

/** The number of the mapping of that port of an inside, which is made where there is none: one for all that it speaks to, RFC 4787 REQ-1. NO_ROW, NO_PORT: it cannot. */
export function mappingFor(view: DataView, router: RouterBlock, inside: Address, port: Uint16, protocol: number): number {
	const found = mappingOf(view, router, inside, port, protocol);
	if (found !== 0) return (found - 1) >> 1;
	const outside = portFor(view, router, port, protocol);
	if (outside === 0) return NO_PORT;
	return sessionBegin(view, router, inside, router.zero, port << 16, protocol, outside, SESSION_MAPPING);
}
