// IPv6's extension headers, RFC 8200 §4, of a packet that comes in: each is looked at in its turn, up to what the transport is to have.

import { check } from "../../packet/bounds.ts";
import { CORE, CoreBlock, RULE_FORWARDING } from "../../packet/core-block.ts";
import { DROP, refused } from "../../packet/drops.ts";
import { DESTINATION_ADDRESS, ELSEWHERE, REGISTER, ROUTED } from "../../packet/fields.ts";
import type { InterfaceBlock } from "../../packet/interface-block.ts";
import type { Offset, Uint8 } from "../../packet/numbers.ts";
import * as ipv6 from "../../wire/ipv6.ts";
import { isMulticast } from "../../wire/scope.ts";
import { isLocal } from "../way.ts";
import { fragment6, markPieces, piecesDropped } from "../fragments.ts";
import { icmpError, UNKNOWN_OPTION, WRONG_FIELD, UNKNOWN_HEADER } from "../icmp.ts";

/** Bytes of a routing header before what its type says, and where its type and the segments that are left stand. */
const ROUTING_TYPE = 2;
const SEGMENTS_LEFT = 3;

/**
 * Looks at the hop-by-hop options of the packet in bytes `at` to `end`, which all on its way do; what is nobody's business of ours is not answered, whatever they want. RFC 8200 §4.3. REGISTER.transportAt and the protocol in REGISTER.ttlProtocol are behind them then. Answers
 * whether it goes on.
 */
export function hopByHop(view: DataView, link: InterfaceBlock, at: Offset, end: Offset): boolean {
	const elsewhere =
		(view.getInt32(REGISTER.whose, true) & ~ROUTED) === ELSEWHERE && (CoreBlock.of(view, CORE).rules & RULE_FORWARDING) === 0;
	if (elsewhere && !isLocal(view, DESTINATION_ADDRESS)) return refused(view, link, DROP.ipNotLocal);
	stand(view, at + ipv6.HEADER, at + ipv6.NEXT_HEADER, ipv6.nextHeader(view, at));
	return ipv6.nextHeader(view, at) !== ipv6.HOP_BY_HOP || passed(view, link, at, end, ipv6.HOP_BY_HOP);
}

/** The same of all others, which are for whom the packet is for. */
export function extensions(view: DataView, link: InterfaceBlock, at: Offset, end: Offset): boolean {
	return others(view, link, at, end) || piecesDropped(view);
}

function others(view: DataView, link: InterfaceBlock, start: Offset, stop: Offset): boolean {
	let at = start;
	let end = stop;
	let joined = false;
	while (true) {
		const header = view.getInt32(REGISTER.ttlProtocol, true) & 255;
		if (header === ipv6.HOP_BY_HOP) {
			// RFC 8200 §4.1: directly behind the IPv6 header, or it is not known.
			icmpError(view, link, UNKNOWN_HEADER, (view.getInt32(REGISTER.namedAt, true) - at) | 0);
			return refused(view, link, DROP.ipUnknownHeader);
		}
		if (header === ipv6.FRAGMENT) {
			if (whole(view, end)) continue;
			// Fragments of fragments nobody sends who means well.
			if (joined) return refused(view, link, DROP.ipFragment);
			if (!fragment6(view, link, at, end)) return false;
			at = view.getInt32(REGISTER.ipAt, true);
			end = view.getInt32(REGISTER.ipEnd, true);
			joined = true;
		} else if (!ipv6.hasLength(header)) {
			// RFC 8200 §4.7: nothing follows, and that is all.
			if (header === ipv6.NO_NEXT_HEADER) return refused(view, link, DROP.unknownProtocol);
			if (joined) markPieces(view);
			return true;
		} else if (!passed(view, link, at, end, header)) return false;
	}
}

/** What follows is at `next`, and the octet at `named` says that it is `header`. */
function stand(view: DataView, next: Offset, named: Offset, header: Uint8): void {
	view.setInt32(REGISTER.transportAt, next, true);
	view.setInt32(REGISTER.namedAt, named, true);
	view.setInt32(REGISTER.ttlProtocol, (view.getInt32(REGISTER.ttlProtocol, true) & 0xff00) | header, true);
}

/** A fragment header that is all there is of its packet's fragments is passed: RFC 6946. Answers false, and has done nothing, for others. */
function whole(view: DataView, end: Offset): boolean {
	const header: Offset = view.getInt32(REGISTER.transportAt, true);
	if (end - header < ipv6.FRAGMENT_HEADER) return false;
	check(header, ipv6.FRAGMENT_HEADER, view.byteLength);
	if ((view.getUint16(header + 2) & 0xfff9) !== 0) return false;
	stand(view, header + ipv6.FRAGMENT_HEADER, header, view.getUint8(header));
	return true;
}

/** An extension header that has its length is looked at, and passed. */
function passed(view: DataView, link: InterfaceBlock, at: Offset, end: Offset, kind: Uint8): boolean {
	const header: Offset = view.getInt32(REGISTER.transportAt, true);
	if (end - header < 8) return refused(view, link, DROP.ipMalformed);
	check(header, 8, view.byteLength);
	const length = ipv6.extensionLength(view, header);
	if (length > end - header) return refused(view, link, DROP.ipMalformed);
	if (kind !== ipv6.ROUTING) {
		if (!optionsFit(view, link, at, header, header + length)) return false;
	} else if (view.getUint8(header + SEGMENTS_LEFT) !== 0) {
		// RFC 8200 §4.4, RFC 5095: no type of them is known, type 0 least of all.
		icmpError(view, link, WRONG_FIELD, header + ROUTING_TYPE - at);
		return refused(view, link, DROP.ipUnknownHeader);
	}
	stand(view, header + length, header, view.getUint8(header));
	return true;
}

/** Whether the options of the extension header in bytes `header` to `end` let the packet at `at` go on. RFC 8200 §4.2. */
function optionsFit(view: DataView, link: InterfaceBlock, at: Offset, header: Offset, end: Offset): boolean {
	let option: Offset = header + 2;
	while (option < end) {
		const type = view.getUint8(option);
		if (type === ipv6.PAD1) {
			option = (option + 1) | 0;
			continue;
		}
		if (end - option < 2) return refused(view, link, DROP.ipMalformed);
		const length = view.getUint8(option + 1) + 2;
		if (length > end - option) return refused(view, link, DROP.ipMalformed);
		const action = type >> 6;
		if (type !== ipv6.PADN && type !== ipv6.ROUTER_ALERT && action !== ipv6.SKIP) {
			const tells = action === ipv6.DISCARD_TELL || (action === ipv6.DISCARD_TELL_ONE && !isMulticast(view, DESTINATION_ADDRESS));
			if (tells) icmpError(view, link, UNKNOWN_OPTION, (option - at) | 0);
			return refused(view, link, DROP.ipUnknownOption);
		}
		option = (option + length) | 0;
	}
	return true;
}
