// How large segments may be on the way there: RFC 1191, against those who lie about it as of RFC 5927 §7.2. Segments say "don't fragment", and routers
// that cannot pass one on tell so by ICMP. What they claim is believed at once while nothing speaks against it. When larger segments have been
// acknowledged since, the claim is only noted, and believed when the data that it names runs into a timeout. Ten minutes later full segments
// are tried again. Below LEAST_PATH_MTU segments do not shrink: routers may fragment them instead.

import { LEAST_PATH_MTU, PATH_MTU_RAISE_MS } from "../../config.ts";
import { TcbBlock } from "../../packet/tcb-block.ts";
import * as fields from "../../packet/fields.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import { HEADER } from "../../wire/tcp.ts";
import { receiveMss } from "./life.ts";
import { mark } from "./send.ts";
import type { Tcp } from "./tcp.ts";
import * as tcbs from "./tcb.ts";
import type { Tcb } from "./tcb.ts";
import { arm } from "./timers.ts";

/** Where these lie in a connection's block. */
const {
	template: TEMPLATE,
	claimMss: CLAIM_MSS,
	claimSeq: CLAIM_SEQ,
	claimAt: CLAIM_AT,
	fullMss: FULL_MSS,
	knownMss: KNOWN_MSS,
	sizeSince: SIZE_SINCE,
	raiseAt: RAISE_AT,
} = TcbBlock.offsets;

const HEADERS = ipv4.HEADER + HEADER;
/** Least MTU of an IPv4 link. RFC 791. What is less is no MTU. */
const LEAST_LINK_MTU = 68;
/** MTUs to try when a router does not say its own. RFC 1191 §7. */
const PLATEAUS = Object.freeze([1492, 1006, LEAST_PATH_MTU]);
/** No more than that is in flight without window scaling, bytes. */
const MOST_IN_FLIGHT = 0xffff;
/** A claim is about something in flight: after two of the longest timeouts it is void, ms. */
const CLAIM_TIME = 120_000;

function get(tcp: Tcp, tcb: Tcb, word: number): number {
	return tcp.view.getInt32(tcb.block + word, true);
}

function set(tcp: Tcp, tcb: Tcb, word: number, value: number): void {
	tcp.view.setInt32(tcb.block + word, value, true);
}

/** A new connection: nothing was claimed. */
export function forgetClaims(tcp: Tcp, tcb: Tcb): void {
	const { view } = tcp;
	const at = tcb.block;
	view.setInt32(at + CLAIM_MSS, 0, true);
	view.setInt32(at + FULL_MSS, 0, true);
}

/** ICMP says that the segment whose sequence number is in the registers, and which is in flight, needs fragmentation; `mtu`: that of the next hop, or 0. */
export function tooBig(tcp: Tcp, tcb: Tcb, mtu: number): void {
	if (tcb.state < tcbs.ESTABLISHED) return;
	const size = tcb.sndMss + HEADERS;
	let next = mtu;
	if (next < LEAST_LINK_MTU) for (let i = 0; i < PLATEAUS.length && (next = PLATEAUS[i]!) >= size; i++);
	if (next >= size) return;
	if (contradicted(tcp, tcb, next < LEAST_PATH_MTU ? LEAST_PATH_MTU - HEADERS : next - HEADERS)) {
		set(tcp, tcb, CLAIM_MSS, next - HEADERS);
		set(tcp, tcb, CLAIM_SEQ, tcp.core.fields[fields.SEQ]!);
		set(tcp, tcb, CLAIM_AT, tcp.core.now);
	} else if (believe(tcp, tcb, next - HEADERS)) sendAgain(tcp, tcb);
}

/** Whether segments of more than `mss` have arrived: what was known to pass before the last change says so, or bytes that were acknowledged since. */
function contradicted(tcp: Tcp, tcb: Tcb, mss: number): boolean {
	const changed = get(tcp, tcb, FULL_MSS) !== 0;
	if (changed && mss < get(tcp, tcb, KNOWN_MSS)) return true;
	const acked = (tcb.sndUna - (changed ? get(tcp, tcb, SIZE_SINCE) : (tcb.iss + 1) | 0)) | 0;
	// Before the change by more than can be in flight: it lies more than 2 GB back.
	return acked > mss || acked < -MOST_IN_FLIGHT;
}

/** Smaller segments from now on, or segments that may be fragmented. False when they are so already. */
function believe(tcp: Tcp, tcb: Tcb, claimed: number): boolean {
	const least = LEAST_PATH_MTU - HEADERS;
	const before = tcb.sndMss;
	let mss = claimed;
	let fragments = false;
	if (mss < least) {
		mss = before < least ? before : least;
		fragments = allowFragments(tcp, tcb);
	}
	set(tcp, tcb, CLAIM_MSS, 0);
	if (mss >= before && !fragments) return false;
	if (get(tcp, tcb, FULL_MSS) === 0) {
		set(tcp, tcb, FULL_MSS, before);
		set(tcp, tcb, KNOWN_MSS, 0);
	} else if (mss < get(tcp, tcb, KNOWN_MSS)) set(tcp, tcb, KNOWN_MSS, mss);
	set(tcp, tcb, SIZE_SINCE, tcb.sndUna);
	tcb.sndMss = mss;
	const at = (tcp.core.now + PATH_MTU_RAISE_MS) | 0;
	set(tcp, tcb, RAISE_AT, at);
	tcb.work |= tcbs.RAISE;
	arm(tcp, tcb, at);
	return true;
}

/** Routers may fragment what is sent from now on. False when they might already. Fragments need a number for each packet, which `tcpBuild` counts up: RFC 6864 §4.3. */
function allowFragments(tcp: Tcp, tcb: Tcb): boolean {
	const at = tcb.block + TEMPLATE + ipv4.IDENTIFICATION;
	if (!(tcp.view.getInt32(at) & ipv4.DONT_FRAGMENT)) return false;
	tcp.view.setInt32(at, tcp.core.random32() << 16);
	return true;
}

/** What was too big goes again at once. It is no sign of congestion: cwnd stays, RFC 1191 §6.5. Duplicates of what goes again prove nothing. */
function sendAgain(tcp: Tcp, tcb: Tcb): void {
	tcb.sndNxt = tcb.sndUna;
	tcb.recover = tcb.sndMax;
	tcb.timedOut = true;
	tcb.recovering = tcb.timing = false;
	tcb.dupAcks = 0;
	mark(tcp, tcb, tcbs.SEND);
}

/** The retransmission timer expired. A claim about what is still in flight was true after all; or full segments, tried again, do not arrive. */
export function sizeTimedOut(tcp: Tcp, tcb: Tcb): void {
	const claimed = get(tcp, tcb, CLAIM_MSS);
	if (claimed === 0) {
		const known = get(tcp, tcb, KNOWN_MSS);
		const tried = get(tcp, tcb, FULL_MSS) !== 0 && known !== 0 && known < tcb.sndMss;
		if (tried && !contradicted(tcp, tcb, known)) believe(tcp, tcb, known);
		return;
	}
	const age = (tcp.core.now - get(tcp, tcb, CLAIM_AT)) | 0;
	const into = (get(tcp, tcb, CLAIM_SEQ) - tcb.sndUna) | 0;
	set(tcp, tcb, CLAIM_MSS, 0);
	if (age >= 0 && age < CLAIM_TIME && into >= 0 && into < ((tcb.sndMax - tcb.sndUna) | 0)) believe(tcp, tcb, claimed);
}

/** When full segments are tried again. Counts while RAISE is set. */
export function raiseAt(tcp: Tcp, tcb: Tcb): number {
	return get(tcp, tcb, RAISE_AT);
}

/** Full segments again: the way may have changed. RFC 1191 §6.3. When it has not, a router says so, and is believed at once. */
export function raise(tcp: Tcp, tcb: Tcb): void {
	tcb.work &= ~tcbs.RAISE;
	const mine = tcbs.load(tcp.view, tcb);
	tcp.view.setInt32(tcb.block + TEMPLATE + ipv4.IDENTIFICATION, ipv4.DONT_FRAGMENT);
	set(tcp, tcb, KNOWN_MSS, tcb.sndMss);
	set(tcp, tcb, SIZE_SINCE, tcb.sndMax);
	tcb.sndMss = carried(tcp, tcb);
	if (mine) tcbs.store(tcp.view, tcb);
}

/** The largest payload by the present way that both ends can do. */
function carried(tcp: Tcp, tcb: Tcb): number {
	const full = get(tcp, tcb, FULL_MSS);
	const most = receiveMss(tcp, tcb);
	return full < most ? full : most;
}

/** Routes changed. A way that carries less makes segments smaller: what was too big goes again by its timer. One that carries more makes them as large as they were. */
export function wayChanged(tcp: Tcp, tcb: Tcb): void {
	if (tcb.path.out === undefined || tcb.state < tcbs.SYN_RECEIVED) return;
	const mine = tcbs.load(tcp.view, tcb);
	if (get(tcp, tcb, FULL_MSS) === 0) {
		const most = receiveMss(tcp, tcb);
		if (most < tcb.sndMss) {
			set(tcp, tcb, FULL_MSS, tcb.sndMss);
			resize(tcp, tcb, most);
		}
	} else {
		const mss = carried(tcp, tcb);
		// What a router said holds until its time is over.
		if (mss < tcb.sndMss || (mss > tcb.sndMss && !(tcb.work & tcbs.RAISE))) resize(tcp, tcb, mss);
	}
	if (mine) tcbs.store(tcp.view, tcb);
}

function resize(tcp: Tcp, tcb: Tcb, mss: number): void {
	set(tcp, tcb, KNOWN_MSS, 0);
	set(tcp, tcb, SIZE_SINCE, tcb.sndMax);
	tcb.sndMss = mss;
}
