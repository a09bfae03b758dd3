// A packet comes in, and there is a filter or translation: its session is found, and where it came to the translator's address it gets that of whom it is for. Flat TypeScript.

import { copyAddress, setV4, v4Of } from "../../packet/address.ts";
import { CORE, CoreBlock } from "../../packet/core-block.ts";
import { add } from "../../packet/counters.ts";
import { DROP } from "../../packet/drops.ts";
import { DESTINATION_ADDRESS, ELSEWHERE, isIpv6, REGISTER } from "../../packet/fields.ts";
import { FLAG_LOOPBACK, type InterfaceBlock } from "../../packet/interface-block.ts";
import { hasIpv6 } from "../../packet/kernels/parts.ts";
import type { Offset } from "../../packet/numbers.ts";
import { RouterBlock, SESSION_FIXED, SESSION_TRANSLATED, SessionRow } from "../../packet/router-block.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import * as ipv6 from "../../wire/ipv6.ts";
import { checksum } from "../../wire/kernels/checksum.ts";
import * as tcp from "../../wire/tcp.ts";
import { fragment4 } from "../fragments.ts";
import { DONE, GO_ON } from "../verdicts.ts";
import { errorFind, errorTranslate, errorTranslated } from "./errors.ts";
import { ERROR, flagsRead, LATER, NOT_LOOKED, packetRead, PLAIN, SHORT } from "./packet.ts";
import { mappingFor, NO_PORT } from "./ports.ts";
import { prefixIn } from "./prefixes.ts";
import {
	isOpen,
	isTranslators,
	keyOf,
	mappingAt,
	mappingTaken,
	rowAt,
	sessionAtHand,
	sessionBegin,
	sessionEnd,
	sessionUsed,
} from "./sessions.ts";
import { translate } from "./translate.ts";

/** The packet in bytes `at` to `end` came in by `link`. Answers GO_ON, a reason to drop it, or DONE: it is a fragment, and waits for others. Registers and RouterBlock have what is known of it; it may lie elsewhere, as they say. */
export function routerArrival(view: DataView, link: InterfaceBlock, at: Offset, end: Offset): number {
	const router = RouterBlock.of(view, CoreBlock.of(view, CORE).router);
	router.passing = 0;
	router.session = 0;
	router.side = 0;
	router.mapping = 0;
	router.kind = NOT_LOOKED;
	if ((link.flags & FLAG_LOOPBACK) !== 0) return GO_ON;
	let ip: Offset = at;
	let ipEnd: Offset = end;
	if (!isIpv6(view) && ipv4.isFragment(view, at)) {
		// What is for us is put together as it goes on, and comes here again.
		if (view.getInt32(REGISTER.whose, true) !== ELSEWHERE) return GO_ON;
		if (!fragment4(view, link, at, end)) return DONE;
		ip = view.getInt32(REGISTER.ipAt, true);
		ipEnd = view.getInt32(REGISTER.ipEnd, true);
	}
	if (hasIpv6() && isIpv6(view) && router.prefixOut === link.at && prefixIn(view, router, ip + ipv6.DESTINATION)) {
		copyAddress(view, DESTINATION_ADDRESS, ip + ipv6.DESTINATION);
		view.setInt32(REGISTER.whose, ELSEWHERE, true);
	}
	const kind = packetRead(view, router, ip, ipEnd);
	router.kind = kind;
	if (kind === SHORT) return DROP.ipMalformed;
	if (kind === LATER) return GO_ON;
	if (kind === ERROR) return errorArrival(view, router, ip, ipEnd);
	sessionOf(view, router);
	const own = isTranslators(view, router, router.destination);
	return own && kind === PLAIN ? atTranslator(view, router, link, ip, ipEnd) : GO_ON;
}

/** Finds the session of the packet at hand. */
function sessionOf(view: DataView, router: RouterBlock): void {
	const link = sessionAtHand(view, router);
	router.session = link === 0 ? 0 : rowAt(router, (link - 1) >> 1);
	router.side = link === 0 ? 0 : (link - 1) & 1;
	router.number = (link - 1) >> 1;
}

/** A packet to the translator's address: for a host behind it, or for us. */
function atTranslator(view: DataView, router: RouterBlock, link: InterfaceBlock, at: Offset, end: Offset): number {
	if (link.at !== router.natOut) {
		const verdict = hairpin(view, router, at, end);
		if (verdict !== GO_ON) return verdict;
	}
	if (router.session !== 0) {
		const row = SessionRow.of(view, router.session);
		if ((row.bits & SESSION_TRANSLATED) === 0 || router.side === 0) return GO_ON;
		inward(view, router, row, at, end);
		return GO_ON;
	}
	const found = mappingAt(view, router, router.ports & 0xffff, router.protocol);
	if (found === 0) return GO_ON;
	const mapping = SessionRow.of(view, rowAt(router, (found - 1) >> 1));
	if (!isOpen(router, mapping)) return GO_ON;
	router.mapping = (found + 1) >> 1;
	inward(view, router, mapping, at, end);
	return GO_ON;
}

/** The packet goes to the inside of a session or mapping. */
function inward(view: DataView, router: RouterBlock, row: SessionRow, at: Offset, end: Offset): void {
	const port = row.ports >>> 16;
	const inside = v4Of(view, row.inside);
	translate(view, at, router.upper, end, ipv4.DESTINATION, inside, port);
	setV4(view, DESTINATION_ADDRESS, inside);
	setV4(view, router.destination, inside);
	router.ports = (router.ports & (0xffff0000 | 0)) | port;
	view.setInt32(REGISTER.whose, ELSEWHERE, true);
	add(view, router.translatedIn, 1);
}

/**
 * A host behind the translator speaks to another one behind it by the address outside: first it is translated as if it left, so that the other sees it there. RFC 4787 REQ-9, RFC 5382 REQ-8, RFC 5508 REQ-7.
 */
function hairpin(view: DataView, router: RouterBlock, at: Offset, end: Offset): number {
	const port = (router.ports >>> 16) & 0xffff;
	let session = router.session;
	if (session === 0) {
		if (mappingAt(view, router, router.ports & 0xffff, router.protocol) === 0) return GO_ON;
		const flags = flagsRead(view, router);
		if ((flags & tcp.RST) !== 0) return DROP.filtered;
		const mapping = mappingFor(view, router, router.source, port, router.protocol);
		if (mapping < 0) return mapping === NO_PORT ? DROP.natPorts : DROP.sessionsFull;
		session = translatedBegin(view, router, mapping);
		if (session === 0) return DROP.sessionsFull;
	} else if (router.side !== 0 || (SessionRow.of(view, session).bits & SESSION_TRANSLATED) === 0) return GO_ON;
	const row = SessionRow.of(view, session);
	sessionUsed(view, row, 0, flagsRead(view, router));
	translate(view, at, router.upper, end, ipv4.SOURCE, router.natAddress, row.outsidePort);
	add(view, router.translatedOut, 1);
	router.ports = (row.outsidePort << 16) | (router.ports & 0xffff);
	setV4(view, router.source, router.natAddress);
	sessionOf(view, router);
	return GO_ON;
}

/** A session of the packet at hand, from behind the translator, with that mapping, by number; one that nobody needs ends. Answers where its row lies, 0: the table is full. */
export function translatedBegin(view: DataView, router: RouterBlock, mapping: number): Offset {
	const shared = SessionRow.of(view, rowAt(router, mapping));
	// Making room must not end it.
	shared.sessions = shared.sessions + 1;
	const ports = router.ports;
	const remote = keyOf(view, router, router.destination);
	const number = sessionBegin(
		view,
		router,
		router.source,
		remote,
		ports,
		router.protocol,
		shared.outsidePort,
		SESSION_TRANSLATED,
	);
	shared.sessions = shared.sessions - 1;
	if (number < 0 && shared.sessions === 0 && (shared.bits & SESSION_FIXED) === 0) sessionEnd(view, router, mapping);
	return begun(view, router, number, mapping);
}

/** The same of the packet at hand that came to a mapping from outside, and has its inside as destination already. */
export function mappedBegin(view: DataView, router: RouterBlock): Offset {
	const mapping = (router.mapping - 1) | 0;
	const shared = SessionRow.of(view, rowAt(router, mapping));
	const remote = keyOf(view, router, router.source);
	const ports = (shared.ports & (0xffff0000 | 0)) | (router.ports >>> 16);
	const outsidePort = shared.outsidePort;
	const number = sessionBegin(view, router, shared.inside, remote, ports, router.protocol, outsidePort, SESSION_TRANSLATED);
	router.side = 1;
	return begun(view, router, number, mapping);
}

function begun(view: DataView, router: RouterBlock, number: number, mapping: number): Offset {
	if (number < 0) return 0;
	mappingTaken(view, router, number, mapping);
	return rowAt(router, number);
}

/** An error of ICMP: it goes to the inside of the session that it is about. RFC 5508 REQ-3, REQ-4. */
function errorArrival(view: DataView, router: RouterBlock, at: Offset, end: Offset): number {
	const upper: Offset = router.upper;
	const own = isTranslators(view, router, router.destination);
	if (!isIpv6(view) && checksum(view, upper, end, 0) !== 0xffff) return DROP.icmpChecksum;
	router.errorAt = upper;
	if (!errorFind(view, router, upper, end) || !own || !errorTranslated(view, router)) return GO_ON;
	// By the address outside about a packet that came from there: it is translated both ways.
	if (router.side === 0) {
		errorTranslate(view, router, at, upper, end);
		setV4(view, router.source, router.natAddress);
		if (!errorFind(view, router, upper, end) || !errorTranslated(view, router)) return GO_ON;
	}
	if (router.side === 0) return GO_ON;
	errorTranslate(view, router, at, upper, end);
	copyAddress(view, DESTINATION_ADDRESS, router.destination);
	view.setInt32(REGISTER.whose, ELSEWHERE, true);
	return GO_ON;
}
