// An IP address as text is read into memory: ASCII that lies there already. IPv4 in strict dotted decimal (RFC 6943 §3.1.1), IPv6 in every form of RFC 4291 §2.2 and no other. Flat TypeScript.

import { ADDRESS, copyAddress, setNone, setV4 } from "./address.ts";
import { check } from "./bounds.ts";
import { CORE, CoreBlock } from "./core-block.ts";
import { hasIpv6 } from "./kernels/parts.ts";
import type { Address, Ipv4, Length, Offset, Range, Uint8 } from "./numbers.ts";

const DOT = 46;
const COLON = 58;
const ZERO = 48;
const NINE = 57;
/** Groups of 16 bits in an address of IPv6. */
const GROUPS = 8;

/** Reads the text of so many bytes in CoreBlock's `text` into the 16 bytes at `at`. Answers false for what is no address, and then changes nothing there. */
export function addressRead(view: DataView, at: Address, length: Length): boolean {
	const core = CoreBlock.of(view, CORE);
	const text = core.text;
	const end = text + length;
	check(at, ADDRESS, view.byteLength);
	if (isV4Text(view, text, end)) {
		setV4(view, at, v4Value(view, text, end));
		return true;
	}
	if (!hasIpv6() || !readV6(view, text, end, core.textAddress)) return false;
	copyAddress(view, at, core.textAddress);
	return true;
}

/** Whether four numbers of 0 to 255 stand there, without leading zeros, and points between them. */
function isV4Text(view: DataView, from: Offset, end: Offset): boolean {
	let points = 0;
	let part = -1; // no digit yet
	for (let i = from; i < end; i++) {
		const code = view.getUint8(i);
		if (code === DOT) {
			if (part < 0 || points === 3) return false;
			points = (points + 1) | 0;
			part = -1;
		} else {
			if (code < ZERO || code > NINE || part === 0) return false;
			part = part < 0 ? code - ZERO : (Math.imul(part, 10) + code - ZERO) | 0;
			if (part > 255) return false;
		}
	}
	return part >= 0 && points === 3;
}

/** What such a text says. */
function v4Value(view: DataView, from: Offset, end: Offset): Ipv4 {
	let address = 0;
	let part = 0;
	for (let i = from; i < end; i++) {
		const code = view.getUint8(i);
		if (code === DOT) {
			address = (address << 8) | part;
			part = 0;
		} else part = (Math.imul(part, 10) + code - ZERO) | 0;
	}
	return (address << 8) | part;
}

/** What a hexadecimal digit stands for, -1 for another character. */
function digitOf(code: Uint8): Range<-1, 15> {
	if (code >= ZERO && code <= NINE) return code - ZERO;
	const letter = code | 0x20;
	return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/** Reads one of IPv6 into the 16 bytes at `to`, which hold nothing of use when there is none. */
function readV6(view: DataView, from: Offset, end: Offset, to: Address): boolean {
	check(to, ADDRESS, view.byteLength);
	setNone(view, to);
	let groups: Range<0, 8> = 0;
	let gap: Range<-1, 8> = -1; // how many groups come before "::"
	let i: Offset = from;
	if (end - from >= 2 && view.getUint8(from) === COLON && view.getUint8(from + 1) === COLON) {
		gap = 0;
		i = from + 2;
	}
	while (i < end) {
		if (groups >= GROUPS) return false;
		let value = 0;
		let digits = 0;
		let next: Offset = i;
		while (next < end && digits < 5) {
			const digit = digitOf(view.getUint8(next));
			if (digit < 0) break;
			value = (value << 4) | digit;
			digits = (digits + 1) | 0;
			next = next + 1;
		}
		if (next < end && view.getUint8(next) === DOT) {
			// The last four octets may be written as those of IPv4.
			if (groups > GROUPS - 2 || !isV4Text(view, i, end)) return false;
			view.setInt32(to + 2 * groups, v4Value(view, i, end));
			groups = groups + 2;
			break;
		}
		if (digits < 1 || digits > 4) return false;
		view.setUint16(to + 2 * groups, value);
		groups = groups + 1;
		if (next === end) break;
		if (view.getUint8(next) !== COLON) return false;
		i = next + 1;
		if (i === end) return false;
		if (view.getUint8(i) === COLON) {
			if (gap >= 0) return false;
			gap = groups;
			i = i + 1;
		}
	}
	if (gap < 0) return groups === GROUPS;
	// "::" stands for one group at least.
	if (groups >= GROUPS) return false;
	const moved = GROUPS - groups;
	for (let k = (groups - 1) | 0; k >= gap; k--) {
		const place = (to + 2 * k) | 0;
		const group = view.getUint16(place);
		view.setUint16(place, 0);
		view.setUint16(place + 2 * moved, group);
	}
	return true;
}
