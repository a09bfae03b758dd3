// Whether a packet that came in goes on, to us or to others, and what is done with it as it leaves: it begins its session, and gets the translator's address. Flat TypeScript.

import { isV4, mixAddress } from "../../packet/address.ts";
import { add } from "../../packet/counters.ts";
import { CORE, CoreBlock } from "../../packet/core-block.ts";
import { DROP } from "../../packet/drops.ts";
import { EVERYBODYS, isIpv6, REGISTER } from "../../packet/fields.ts";
import { InterfaceBlock } from "../../packet/interface-block.ts";
import { hasIpv6 } from "../../packet/kernels/parts.ts";
import { mix } from "../../packet/mix.ts";
import type { Offset } from "../../packet/numbers.ts";
import type { PathBlock } from "../../packet/path-block.ts";
import {
	FILTERS,
	FIRST_FRAGMENTS,
	RouterBlock,
	RULE_ACCEPT,
	RULE_REJECT,
	SESSION_TRANSLATED,
	SessionRow,
} from "../../packet/router-block.ts";
import * as icmpv6 from "../../wire/icmpv6.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import * as ipv6 from "../../wire/ipv6.ts";
import { isBroadcast, isLinkLocal, isMulticast } from "../../wire/scope.ts";
import * as tcp from "../../wire/tcp.ts";
import { GO_ON, REJECTED } from "../verdicts.ts";
import { mappedBegin, translatedBegin } from "./arrive.ts";
import { errorFind, errorTranslate, errorTranslated } from "./errors.ts";
import { ERROR, flagsRead, LATER, NOT_LOOKED, packetRead, PLAIN, SHORT } from "./packet.ts";
import { mappingFor, NO_PORT } from "./ports.ts";
import { prefixOut } from "./prefixes.ts";
import { BOARD, isOutside, verdictKnown, verdictNew } from "./rules.ts";
import { keyOf, rowAt, sessionAtHand, sessionBegin, sessionEnd, sessionUsed } from "./sessions.ts";
import { clampMss, translate } from "./translate.ts";

/** Ports of DHCPv6's clients: RFC 9915 §7.2. */
const DHCP6_CLIENT = 546;

/** What becomes of a packet that the rules said `verdict` of. */
function answerTo(verdict: number): number {
	if (verdict === RULE_ACCEPT) return GO_ON;
	return verdict === RULE_REJECT ? REJECTED : DROP.filtered;
}

/** Whether sessions are kept between those interfaces: what comes back must pass a filter. */
function tracks(router: RouterBlock, arrival: number, leaving: number): boolean {
	return router.ruleCount !== 0 || isOutside(router, arrival) || isOutside(router, leaving);
}

/** A session of the packet at hand, that is not translated; the table is full: false. */
function begin(view: DataView, router: RouterBlock): boolean {
	const source = keyOf(view, router, router.source);
	const destination = keyOf(view, router, router.destination);
	const ports = router.ports;
	const number = sessionBegin(view, router, source, destination, ports, router.protocol, ports >>> 16, 0);
	if (number < 0) return false;
	router.session = rowAt(router, number);
	router.side = 0;
	return true;
}

/** What keeps a link working passes whatever rules say: neighbour discovery, groups, our own DHCP. RFC 4890 §4.4. */
function isEssential(view: DataView, router: RouterBlock, link: InterfaceBlock): boolean {
	const protocol = router.protocol;
	if (protocol === ipv4.IGMP) return true;
	if (protocol === ipv4.UDP) {
		const port = router.ports & 0xffff;
		if (link.anyPort !== 0 && port === link.anyPort) return true;
		return port === DHCP6_CLIENT && isLinkLocal(view, router.source) && !isV4(view, router.source);
	}
	if (!hasIpv6() || protocol !== ipv6.ICMP || router.kind === ERROR) return false;
	const type = view.getUint8(router.upper);
	return icmpv6.isDiscovery(type) || icmpv6.isMembership(type);
}

/** The packet that came in by `link` is for us: whether it goes on, GO_ON, REJECTED, or a reason to drop it. */
export function routerForUs(view: DataView, link: InterfaceBlock): number {
	const router = RouterBlock.of(view, CoreBlock.of(view, CORE).router);
	const kind = router.kind;
	if (kind === NOT_LOOKED || (router.bits & FILTERS) === 0) return GO_ON;
	if (kind === LATER) return GO_ON;
	if (kind === ERROR) return router.session !== 0 || !isOutside(router, link.slot) ? GO_ON : DROP.filtered;
	if (router.session !== 0) {
		sessionUsed(view, SessionRow.of(view, router.session), router.side, flagsRead(view, router));
		return answerTo(verdictKnown(view, router, link.slot, BOARD));
	}
	if (isEssential(view, router, link)) return GO_ON;
	const verdict = verdictNew(view, router, link.slot, BOARD, false);
	if (verdict !== RULE_ACCEPT) return answerTo(verdict);
	if (view.getInt32(REGISTER.whose, true) === EVERYBODYS || !tracks(router, link.slot, BOARD)) return GO_ON;
	const flags = flagsRead(view, router);
	if ((flags & tcp.RST) !== 0) return GO_ON;
	return begun(view, router, isOutside(router, link.slot), flags);
}

/** A packet of ours, or for us, begins a session. Within the board is spoken to also where the table is full: what comes back passes as well. */
function begun(view: DataView, router: RouterBlock, outside: boolean, flags: number): number {
	if (begin(view, router)) sessionUsed(view, SessionRow.of(view, router.session), 0, flags);
	else if (outside) return DROP.sessionsFull;
	return GO_ON;
}

/** The packet that came in by `link` is to go on along `path`, which leads somewhere: the same. */
export function routerForward(view: DataView, link: InterfaceBlock, path: PathBlock): number {
	const router = RouterBlock.of(view, CoreBlock.of(view, CORE).router);
	const kind = router.kind;
	if (kind === NOT_LOOKED) return GO_ON;
	const leaving = path.out === 0 ? 0 : InterfaceBlock.of(view, path.out).slot;
	const outside = isOutside(router, link.slot);
	if (kind === LATER) return !outside || isKnownFragment(view, router) ? GO_ON : DROP.filtered;
	if (kind === ERROR) return router.session !== 0 || !outside ? GO_ON : DROP.filtered;
	if (router.session !== 0) return answerTo(verdictKnown(view, router, link.slot, leaving));
	return answerTo(verdictNew(view, router, link.slot, leaving, router.mapping !== 0));
}

/** What tells the datagram of a fragment of IPv6 at `upper`, behind the others' headers: of the first fragment it is not read there. */
function fragmentKey(view: DataView, router: RouterBlock): number {
	const at = ipv6.fragmentHeader(view, view.getInt32(REGISTER.ipAt, true), router.upperEnd);
	if (at === 0) return 0;
	return mix(mixAddress(view, mixAddress(view, router.seed, router.source), router.destination), view.getInt32(at + 4)) | 1;
}

function isKnownFragment(view: DataView, router: RouterBlock): boolean {
	const key = fragmentKey(view, router);
	// Of no fragment, and of places that are empty.
	if (key === 0) return false;
	for (let i = 0; i < FIRST_FRAGMENTS; i++) if (view.getInt32((router.firsts + i * 4) | 0, true) === key) return true;
	return false;
}

/** A first fragment of IPv6 passes: those that follow it may. */
function noteFragment(view: DataView, router: RouterBlock): void {
	const key = fragmentKey(view, router);
	if (key === 0 || isKnownFragment(view, router)) return;
	view.setInt32((router.firsts + (router.firstsNext & (FIRST_FRAGMENTS - 1)) * 4) | 0, key, true);
	router.firstsNext = (router.firstsNext + 1) & (FIRST_FRAGMENTS - 1);
}

/**
 * The packet in bytes `at` to `end`, which came in by `link`, is on its way out by `path`: it is translated, and its session lasts from now on. Answers GO_ON, or a reason to drop it. What waits for
 * a neighbour or a device then has passed.
 */
export function routerPass(view: DataView, link: InterfaceBlock, path: PathBlock, at: Offset, end: Offset): number {
	const router = RouterBlock.of(view, CoreBlock.of(view, CORE).router);
	const kind = router.kind;
	router.passing = 1;
	if (kind === NOT_LOOKED) return GO_ON;
	const six = isIpv6(view);
	const out = InterfaceBlock.of(view, path.out);
	if (hasIpv6() && six && router.prefixOut === path.out && link.at !== path.out && !prefixOut(view, router, at + ipv6.SOURCE))
		return DROP.natPorts;
	if (kind === LATER) return GO_ON;
	const nat = !six && path.out === router.natOut && link.at !== path.out;
	if (nat && router.natAddress === 0) return DROP.noRoute;
	if (kind === ERROR) return errorPass(view, router, nat, at, end);
	const flags = flagsRead(view, router);
	const verdict = sessionFor(view, router, nat, tracks(router, link.slot, out.slot), flags);
	if (verdict !== GO_ON) return verdict;
	if (router.session !== 0) {
		const row = SessionRow.of(view, router.session);
		sessionUsed(view, row, router.side, flags);
		if (nat && router.side === 0 && (row.bits & SESSION_TRANSLATED) !== 0) {
			translate(view, at, router.upper, end, ipv4.SOURCE, router.natAddress, row.outsidePort);
			add(view, router.translatedOut, 1);
		}
	}
	if ((flags & tcp.SYN) !== 0) clampMss(view, router.upper, end, Math.min(path.mtu, link.mtu), six ? ipv6.HEADER : ipv4.HEADER);
	if (hasIpv6() && six) noteFragment(view, router);
	return GO_ON;
}

/** The packet at hand has a session from now on, where one is kept. Answers GO_ON, or a reason to drop it. */
function sessionFor(view: DataView, router: RouterBlock, nat: boolean, kept: boolean, flags: number): number {
	if (nat && router.session !== 0 && router.side === 0) {
		const row = SessionRow.of(view, router.session);
		if ((row.bits & SESSION_TRANSLATED) === 0) {
			// It began when its way led elsewhere.
			sessionEnd(view, router, router.number);
			router.session = 0;
		}
	}
	if (router.session !== 0) return GO_ON;
	if (router.mapping !== 0) {
		const mapped = mappedBegin(view, router);
		router.session = mapped;
		return mapped === 0 ? DROP.sessionsFull : GO_ON;
	}
	if (!nat) {
		if (!kept || (flags & tcp.RST) !== 0 || begin(view, router)) return GO_ON;
		return DROP.sessionsFull;
	}
	// What has no ports cannot be told apart when it comes back; a reset of nothing needs nothing.
	if (router.kind !== PLAIN || (flags & tcp.RST) !== 0) return DROP.natPorts;
	const mapping = mappingFor(view, router, router.source, (router.ports >>> 16) & 0xffff, router.protocol);
	if (mapping < 0) return mapping === NO_PORT ? DROP.natPorts : DROP.sessionsFull;
	const translated = translatedBegin(view, router, mapping);
	router.session = translated;
	router.side = 0;
	return translated === 0 ? DROP.sessionsFull : GO_ON;
}

/** An error of ICMP on its way: from behind the translator it is from that, and about a packet to it. RFC 5508 REQ-5. */
function errorPass(view: DataView, router: RouterBlock, nat: boolean, at: Offset, end: Offset): number {
	if (!nat) return GO_ON;
	if (router.side !== 0 || !errorTranslated(view, router)) return DROP.natPorts;
	errorTranslate(view, router, at, router.errorAt, end);
	return GO_ON;
}

/** A packet of our own in bytes `at` to `end` is about to leave by `link`. Answers GO_ON, or a reason to drop it. */
export function routerOutput(view: DataView, link: InterfaceBlock, path: PathBlock, at: Offset, end: Offset): number {
	const router = RouterBlock.of(view, CoreBlock.of(view, CORE).router);
	if (router.passing !== 0) return GO_ON;
	const kind = packetRead(view, router, at, end);
	router.kind = kind;
	router.session = 0;
	if (kind === SHORT || kind === LATER) return GO_ON;
	if (kind === ERROR) return ownError(view, router, link, at, end);
	if ((router.bits & FILTERS) === 0) return GO_ON;
	const found = sessionAtHand(view, router);
	const flags = flagsRead(view, router);
	if (found !== 0) {
		sessionUsed(view, SessionRow.of(view, rowAt(router, (found - 1) >> 1)), (found - 1) & 1, flags);
		return verdictKnown(view, router, BOARD, link.slot) === RULE_ACCEPT ? GO_ON : DROP.filtered;
	}
	if (isEssential(view, router, link)) return GO_ON;
	if (verdictNew(view, router, BOARD, link.slot, false) !== RULE_ACCEPT) return DROP.filtered;
	const group = path.nextHop === CoreBlock.of(view, CORE).everybody || isForMany(view, router);
	if (group || !tracks(router, BOARD, link.slot) || (flags & tcp.RST) !== 0) return GO_ON;
	return begun(view, router, isOutside(router, link.slot), flags);
}

function isForMany(view: DataView, router: RouterBlock): boolean {
	return isBroadcast(view, router.destination) || isMulticast(view, router.destination);
}

/** An error of ours about a packet that came in: where that was translated on its way, it is about what came. */
function ownError(view: DataView, router: RouterBlock, link: InterfaceBlock, at: Offset, end: Offset): number {
	const upper: Offset = router.upper;
	if (link.at !== router.natOut || !errorFind(view, router, upper, end)) return GO_ON;
	if (router.side === 0 && errorTranslated(view, router)) errorTranslate(view, router, at, upper, end);
	return GO_ON;
}
