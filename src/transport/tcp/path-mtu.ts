// How large segments may be on the way there: RFC 1191, against those who lie about it as of RFC 5927 §7.2. Segments say "don't fragment", and routers
// that cannot pass one on tell so by ICMP. What they claim is believed at once while nothing speaks against it. When larger segments have been
// acknowledged since, the claim is only noted, and believed when the data that it names runs into a timeout. Ten minutes later full segments
// are tried again. Below LEAST_PATH_MTU segments do not shrink: routers may fragment them instead.

import { LEAST_PATH_MTU, PATH_MTU_RAISE_MS } from "../../config.ts";
import { LEAST_LINK_MTU, pathMtuSaid, plateauBelow, surePathMtu } from "../../ip/path-mtu.ts";
import { v4Of } from "../../packet/address.ts";
import { CORE, CoreBlock } from "../../packet/core-block.ts";
import { REGISTER } from "../../packet/fields.ts";
import { hasFastOpen } from "../../packet/kernels/parts.ts";
import { PathBlock } from "../../packet/path-block.ts";
import type { TcbBlock } from "../../packet/tcb-block.ts";
import { halfSipHash } from "../../wire/hash.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import * as ipv6 from "../../wire/ipv6.ts";
import { TcpBlock, tcpAt } from "../../packet/tcp-block.ts";
import { fastOpenTooBig } from "./fast-open.ts";
import { tcpMark } from "./pending.ts";
import { beginAnew } from "./recovery.ts";
import { arm } from "./send.ts";
import { headersOf, mostData } from "./size.ts";
import { ESTABLISHED, SYN_RECEIVED } from "./states.ts";
import { stopTiming } from "./block.ts";
import { RAISE } from "./work.ts";

/** A claim is about something in flight: after two of the longest timeouts it is void, ms. */
const CLAIM_TIME = 120_000;
/** The packets below which segments do not shrink, bytes: every link carries IPv6's least MTU, and what says less is no claim to follow. RFC 8201 §4. */
export function leastSize(tcb: TcbBlock): number {
	return tcb.ipHeader === ipv4.HEADER ? LEAST_PATH_MTU : ipv6.LEAST_MTU;
}

/** A new connection: nothing was claimed. */
export function forgetClaims(tcb: TcbBlock): void {
	tcb.claimMss = 0;
	tcb.fullMss = 0;
	tcb.holeMss = 0;
}

/** The size of a new connection's segments is known: what another one to the same address has learned counts. RFC 8201 §5.2. */
export function sizeLearned(view: DataView, tcb: TcbBlock): void {
	if (CoreBlock.of(view, CORE).pathMtus === 0) return;
	const mtu = surePathMtu(view, tcb.remoteAddress);
	if (mtu !== 0) believe(view, tcb, (mtu - headersOf(view, tcb)) | 0);
}

/** ICMP says that the segment whose sequence number is in the registers, and which is in flight, needs fragmentation; `mtu`: that of the next hop, or 0. */
export function tooBig(view: DataView, tcb: TcbBlock, mtu: number): void {
	if (tcb.state < ESTABLISHED) {
		if (hasFastOpen()) fastOpenTooBig(view, tcb, mtu);
		return;
	}
	const headers = headersOf(view, tcb);
	const least = leastSize(tcb);
	const size = (tcb.sndMss + headers) | 0;
	const next = mtu < LEAST_LINK_MTU ? plateauBelow(size) : mtu;
	if (next >= size || (next < least && tcb.ipHeader !== ipv4.HEADER)) return;
	if (contradicted(tcb, (Math.max(next, least) - headers) | 0)) {
		tcb.claimMss = (next - headers) | 0;
		tcb.claimSeq = view.getInt32(REGISTER.seq, true);
		tcb.claimAt = CoreBlock.of(view, CORE).now;
	} else if (believe(view, tcb, (next - headers) | 0)) sendAgain(view, tcb);
}

/** Whether segments of more than `mss` have arrived: what was known to pass before the last change says so, or bytes that were acknowledged since. */
function contradicted(tcb: TcbBlock, mss: number): boolean {
	const changed = tcb.fullMss !== 0;
	if (changed && mss < tcb.knownMss) return true;
	const since = changed ? tcb.sizeSince : (tcb.iss + 1) | 0;
	const acked = (tcb.sndUna - since) | 0;
	// Before the change by more than can be in flight: it lies more than 2 GB back.
	return acked > mss || acked < -(tcb.sendSize + 1);
}

/** Smaller segments from now on, or segments that may be fragmented. False when they are so already. */
function believe(view: DataView, tcb: TcbBlock, claimed: number): boolean {
	const before = tcb.sndMss;
	let mss = claimed;
	let fragments = false;
	const least = (leastSize(tcb) - headersOf(view, tcb)) | 0;
	if (mss < least) {
		mss = Math.min(before, least);
		fragments = allowFragments(view, tcb);
	}
	tcb.claimMss = 0;
	if (mss >= before && !fragments) return false;
	pathMtuSaid(view, tcb.remoteAddress, (claimed + headersOf(view, tcb)) | 0, true);
	if (tcb.fullMss === 0) {
		tcb.fullMss = before;
		tcb.knownMss = 0;
	} else if (mss < tcb.knownMss) tcb.knownMss = mss;
	tcb.sizeSince = tcb.sndUna;
	tcb.sndMss = mss;
	raiseIn(view, tcb, PATH_MTU_RAISE_MS);
	return true;
}

/** Larger segments are tried, or how that goes is looked at, in so many ms. */
export function raiseIn(view: DataView, tcb: TcbBlock, ms: number): void {
	tcb.raiseAt = (CoreBlock.of(view, CORE).now + ms) | 0;
	tcb.work = tcb.work | RAISE;
	arm(view, tcb, tcb.raiseAt);
}

/**
 * Routers may fragment what is sent from now on. False when they might already. Fragments need a number for each packet, which `segmentBuild` counts up from one that
 * nobody can guess: RFC 6864 §4.3, RFC 7739.
 */
export function allowFragments(view: DataView, tcb: TcbBlock): boolean {
	if (tcb.ipHeader !== ipv4.HEADER || !ipv4.dontFragment(view, tcb.template)) return false;
	const tcp = TcpBlock.of(view, tcpAt(view));
	const id = halfSipHash(tcp.key0, tcp.key1, v4Of(view, tcb.remoteAddress), tcb.iss, tcb.sndUna);
	view.setInt32((tcb.template + ipv4.IDENTIFICATION) | 0, id << 16);
	return true;
}

/** What was too big goes again at once. It is no sign of congestion: cwnd stays, RFC 1191 §6.5. */
function sendAgain(view: DataView, tcb: TcbBlock): void {
	beginAnew(view, tcb);
	stopTiming(tcb);
	tcpMark(view, tcb.at);
}

/** The retransmission timer expired. A claim about what is still in flight was true after all; or full segments, tried again, do not arrive. */
export function sizeTimedOut(view: DataView, tcb: TcbBlock): void {
	const claimed = tcb.claimMss;
	if (claimed === 0) {
		const known = tcb.knownMss;
		const tried = tcb.fullMss !== 0 && known !== 0 && known < tcb.sndMss;
		if (tried && !contradicted(tcb, known)) believe(view, tcb, known);
		return;
	}
	const age = (CoreBlock.of(view, CORE).now - tcb.claimAt) | 0;
	const into = (tcb.claimSeq - tcb.sndUna) | 0;
	tcb.claimMss = 0;
	if (age >= 0 && age < CLAIM_TIME && into >= 0 && into < ((tcb.sndMax - tcb.sndUna) | 0)) believe(view, tcb, claimed);
}

/** Full segments again: the way may have changed. RFC 1191 §6.3. When it has not, a router says so, and is believed at once. */
export function raise(view: DataView, tcb: TcbBlock): void {
	tcb.work = tcb.work & ~RAISE;
	if (tcb.ipHeader === ipv4.HEADER) view.setInt32((tcb.template + ipv4.IDENTIFICATION) | 0, ipv4.DONT_FRAGMENT);
	tcb.knownMss = tcb.sndMss;
	tcb.sizeSince = tcb.sndMax;
	tcb.sndMss = carried(view, tcb);
}

/** The largest payload by the present way that both ends can do. */
export function carried(view: DataView, tcb: TcbBlock): number {
	return Math.min(tcb.fullMss, mostData(view, tcb));
}

/** Routes changed. A way that carries less makes segments smaller: what was too big goes again by its timer. One that carries more makes them as large as they were. */
export function wayChanged(view: DataView, tcb: TcbBlock): void {
	if (PathBlock.of(view, tcb.path).out === 0 || tcb.state < SYN_RECEIVED) return;
	if (tcb.fullMss === 0) {
		const most = mostData(view, tcb);
		if (most >= tcb.sndMss) return;
		tcb.fullMss = tcb.sndMss;
		resize(tcb, most);
	} else {
		const mss = carried(view, tcb);
		// What a router said holds until its time is over.
		if (mss < tcb.sndMss || (mss > tcb.sndMss && (tcb.work & RAISE) === 0)) resize(tcb, mss);
	}
}

/** Segments have so much data from now on, of which nothing is known. */
export function resize(tcb: TcbBlock, mss: number): void {
	tcb.knownMss = 0;
	tcb.sizeSince = tcb.sndMax;
	tcb.sndMss = mss;
}
