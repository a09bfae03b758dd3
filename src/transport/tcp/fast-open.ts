// TCP Fast Open, RFC 7413: what SYNs say of it, and what the answers mean.
//
// As a server (§4.2): the cookie that a client's SYN brings back is a keyed hash of both addresses. A connection whose SYN has a right one is open from then on, with the data of the SYN, and its
// program may send before the client has shown that it is there. To all of TCP it is ESTABLISHED, but BIT_UNPROVEN says that our SYN is not acknowledged yet: it goes again on timeouts, and when the peer's does.
//
// As a client (§4.1.3, §4.2): cookies are kept for each server, with its MSS; what was written before the connection stands goes with the SYN. A SYN that goes again is as any other. Where it did not work, it is done without for a while.

import { FAST_OPEN_COOKIES, FAST_OPEN_PAUSE_MS } from "../../config.ts";
import { OFFER } from "../../packet/offers.ts";
import { pathMtuSaid } from "../../ip/path-mtu.ts";
import { copyAddress, isNone, sameAddress } from "../../packet/address.ts";
import { CORE, CoreBlock } from "../../packet/core-block.ts";
import { cookieAt, FastOpenCookie, FastOpenRow, fastOpens, MOST_COOKIE, rowAt } from "../../packet/fast-open-block.ts";
import { REGISTER } from "../../packet/fields.ts";
import type { Address, Length, Offset } from "../../packet/numbers.ts";
import { PathBlock } from "../../packet/path-block.ts";
import { BIT_SYN_DATA, BIT_UNPROVEN, TcbBlock, tcbAt } from "../../packet/tcb-block.ts";
import { TcpBlock, tcpAt } from "../../packet/tcp-block.ts";
import { halfSipHash } from "../../wire/hash.ts";
import { copy } from "../../wire/kernels/copies.ts";
import { fastOpenAt, fastOpenFirst, fastOpenHead, HEADER, MOST_OPTIONS, OPTION_FAST_OPEN, OPTION_NOP } from "../../wire/tcp.ts";
import { addressWord } from "./isn.ts";
import { tcpMark } from "./pending.ts";
import { firstRoom } from "./share.ts";
import { receiveMss, sendMss } from "./size.ts";
import { CLOSED, SYN_SENT } from "./states.ts";

/** Bytes of the cookies that we give. */
const COOKIE = 8;
/** The shortest, bytes; they are even. RFC 7413 §4.1.1. */
const LEAST_COOKIE = 4;
/** Cookies change every 2^24 ms, 4.7 h; those of the time before are taken, and renewed. RFC 7413 §4.1.2. */
const PERIOD_SHIFT = 24;
const PERIODS = 0xff;
/** What `ageOf` answers of no cookie of ours. */
const FORGED = -1;
/** After so many requests for a cookie lost in a row, the way is taken to swallow the option. */
const MOST_LOSSES = 2;
/** What `wanted` is of a connection of ours: it asks for Fast Open; it did, and goes on without. */
const ASKS = 1;
const DID = 2;

/** A listener lets so many of its connections be open before their handshakes are done; a connection of ours asks for Fast Open, and takes data from now on. */
export function tcpFastOpen(view: DataView, at: Offset, most: number): void {
	const tcb = TcbBlock.of(view, at);
	const row = FastOpenRow.of(view, rowAt(view, tcb.index));
	row.wanted = most;
	if (tcb.state !== SYN_SENT) return;
	tcb.sndMss = sendMss(view, tcb, receiveMss(view, tcb));
	firstRoom(view, tcb);
	tcb.sendable = 1;
}

/** Word 0 or 1, `half`, of a client's cookie, in that period. The keys are those of SYN cookies, the other way round: neither tells of the other. */
export function cookieWord(view: DataView, local: Address, remote: Address, period: number, half: number): number {
	const tcp = TcpBlock.of(view, tcpAt(view));
	const ours = addressWord(view, local);
	return halfSipHash(tcp.cookie1, tcp.cookie0, addressWord(view, remote), ours, (period << 1) | half);
}

/** The present period. */
export function periodNow(view: DataView): number {
	return (CoreBlock.of(view, CORE).now >>> PERIOD_SHIFT) & PERIODS;
}

/** How old the cookie of `length` bytes is that a connection's peer has sent: 0 or 1 periods; or FORGED. */
function ageOf(view: DataView, tcb: TcbBlock, at: Offset, length: number): number {
	if (length !== COOKIE) return FORGED;
	const local = tcb.localAddress;
	const remote = tcb.remoteAddress;
	for (let age = 0; age <= 1; age++) {
		const then = (periodNow(view) - age) & PERIODS;
		const first = view.getInt32(at) ^ cookieWord(view, local, remote, then, 0);
		const second = view.getInt32((at + 4) | 0) ^ cookieWord(view, local, remote, then, 1);
		if ((first | second) === 0) return age;
	}
	return FORGED;
}

/** Connections of a listener that are open before their handshakes are done. */
function pendingOf(view: DataView, listener: Offset): number {
	const count = CoreBlock.of(view, CORE).tcbCount;
	let pending = 0;
	for (let i = 0; i < count; i++) {
		const tcb = TcbBlock.of(view, tcbAt(view, i));
		if ((tcb.bits & BIT_UNPROVEN) === 0 || tcb.state === CLOSED) continue;
		if (FastOpenRow.of(view, rowAt(view, tcb.index)).listener === listener) pending = (pending + 1) | 0;
	}
	return pending;
}

/** The SYN in the registers is for a listener, and has become that half-open connection: whether it is open at once. Else, where it asks for a cookie or has a wrong one, it is told one. RFC 7413 §4.2, §5.1. */
export function fastOpenAsked(view: DataView, listener: TcbBlock, tcb: TcbBlock): boolean {
	if (!fastOpens(view)) return false;
	const most = FastOpenRow.of(view, rowAt(view, listener.index)).wanted;
	const option = most === 0 ? 0 : fastOpenAt(view, view.getInt32(REGISTER.transportAt, true));
	if (option === 0) return false;
	const kind = view.getUint8(option);
	const head = fastOpenHead(kind);
	const age = ageOf(view, tcb, option + head, view.getUint8(option + 1) - head);
	const row = FastOpenRow.of(view, rowAt(view, tcb.index));
	if (age !== 0) row.kind = kind;
	if (age === FORGED || pendingOf(view, listener.at) >= most) return false;
	row.listener = listener.at;
	return true;
}

/** Adds the option to those that are prepared for our SYN and say `offers`, if it has any. Answers how many bytes of what was written go with it. */
export function fastOpenOption(view: DataView, tcb: TcbBlock, offers: number): Length {
	if (!fastOpens(view)) return 0;
	const row = FastOpenRow.of(view, rowAt(view, tcb.index));
	if (tcb.state === SYN_SENT) return row.wanted === ASKS && tcb.backoff === 0 ? ask(view, tcb, row, offers) : 0;
	if (row.kind !== 0 && row.wanted === 0) {
		const at = optionRoom(tcb) + fastOpenHead(row.kind);
		const period = periodNow(view);
		addOption(view, tcb, offers, row.kind, COOKIE);
		view.setInt32(at, cookieWord(view, tcb.localAddress, tcb.remoteAddress, period, 0));
		view.setInt32(at + 4, cookieWord(view, tcb.localAddress, tcb.remoteAddress, period, 1));
	}
	return 0;
}

/** Where the next option goes. */
function optionRoom(tcb: TcbBlock): Offset {
	return (tcb.options + tcb.optionsLength) & 0x3fffffff;
}

/** Writes what stands before a cookie of so many bytes, and what fills the last word behind it. */
function addOption(view: DataView, tcb: TcbBlock, offers: number, kind: number, cookie: number): void {
	const at = optionRoom(tcb);
	// The two zero bytes that fill the word behind SACK-permitted would read as the end of all options: no-operations take their place.
	if ((offers & (OFFER.sack.bit | OFFER.timestamps.bit)) === OFFER.sack.bit)
		view.setUint16(at - 2, (OPTION_NOP << 8) | OPTION_NOP);
	const length = (fastOpenHead(kind) + cookie) | 0;
	const whole = (length + 3) & ~3;
	view.setInt32((at + whole - 4) | 0, 0);
	fastOpenFirst(view, at, kind, cookie);
	tcb.optionsLength = (tcb.optionsLength + whole) | 0;
}

/** The option of a SYN of ours, and the data that goes with it. RFC 7413 §4.1.3, §4.2.1. */
function ask(view: DataView, tcb: TcbBlock, row: FastOpenRow, offers: number): Length {
	row.kind = OPTION_FAST_OPEN;
	row.cookie = 0;
	const place = placeOf(view, tcb.remoteAddress);
	if (place === FAST_OPEN_COOKIES) {
		addOption(view, tcb, offers, OPTION_FAST_OPEN, 0);
		return 0;
	}
	const kept = FastOpenCookie.of(view, cookieAt(view, place));
	if (isPaused(view, kept)) {
		row.kind = 0;
		return 0;
	}
	const length = kept.length;
	const at = optionRoom(tcb) + fastOpenHead(OPTION_FAST_OPEN);
	addOption(view, tcb, offers, OPTION_FAST_OPEN, length);
	if (length === 0) return 0;
	copy(view, at, kept.cookie, length);
	row.cookie = length;
	kept.usedAt = CoreBlock.of(view, CORE).now;
	const path = PathBlock.of(view, tcb.path);
	// As Linux, and as if there were all options that there may be: on the way some may be added.
	const most = (Math.min(sendMss(view, tcb, kept.mss), (path.mtu - path.ipHeader - HEADER) | 0) - MOST_OPTIONS) | 0;
	return Math.max(Math.min(tcb.sndQueued, most), 0) & 0xffff;
}

/** Whether Fast Open is not tried with that server for now. */
function isPaused(view: DataView, kept: FastOpenCookie): boolean {
	const left = (kept.pausedUntil - CoreBlock.of(view, CORE).now) | 0;
	if (left <= 0 || left > FAST_OPEN_PAUSE_MS) kept.paused = 0;
	return kept.paused !== 0;
}

/** Fast Open did not work with that server: it is not tried for a while. RFC 7413 §4.1.3.1. */
function pause(view: DataView, kept: FastOpenCookie): void {
	kept.paused = 1;
	kept.pausedUntil = (CoreBlock.of(view, CORE).now + FAST_OPEN_PAUSE_MS) | 0;
}

/** The place of what is kept of a server; FAST_OPEN_COOKIES when there is nothing. */
function placeOf(view: DataView, server: Address): number {
	let place = 0;
	while (place < FAST_OPEN_COOKIES && !sameAddress(view, FastOpenCookie.of(view, cookieAt(view, place)).server, server))
		place = (place + 1) | 0;
	return place;
}

/** Where what is kept of a connection's server lies; nothing is known of it yet when it lies where that of another one did. */
function keptOf(view: DataView, tcb: TcbBlock): Offset {
	const now = CoreBlock.of(view, CORE).now;
	const found = placeOf(view, tcb.remoteAddress);
	if (found < FAST_OPEN_COOKIES) return cookieAt(view, found);
	let oldest: Offset = 0;
	let most = -1;
	for (let place = 0; place < FAST_OPEN_COOKIES; place++) {
		const each = FastOpenCookie.of(view, cookieAt(view, place));
		// An age below 0 is one beyond all that fit a word.
		const age = isNone(view, each.server) ? 0x7fffffff : (now - each.usedAt) & 0x7fffffff;
		if (age <= most) continue;
		oldest = each.at;
		most = age;
	}
	const kept = FastOpenCookie.of(view, oldest);
	copyAddress(view, kept.server, tcb.remoteAddress);
	kept.length = 0;
	kept.mss = 0;
	kept.losses = 0;
	kept.paused = 0;
	return oldest;
}

/** Bytes of data that our SYN had. */
function early(tcb: TcbBlock): number {
	return (tcb.sndMax - tcb.iss - 1) | 0;
}

/** Our SYN was not answered: the next one is as any other. RFC 7413 §4.2.1. */
export function fastOpenLost(view: DataView, tcb: TcbBlock): void {
	if (!fastOpens(view) || FastOpenRow.of(view, rowAt(view, tcb.index)).kind === 0 || tcb.backoff > 1) return;
	const kept = FastOpenCookie.of(view, keptOf(view, tcb));
	kept.usedAt = CoreBlock.of(view, CORE).now;
	kept.losses = (kept.losses + 1) | 0;
	if (early(tcb) > 0 || kept.losses >= MOST_LOSSES) pause(view, kept);
}

/** The SYN and ACK in the registers answers ours, up to `ack`, and says that MSS. */
export function fastOpenAnswered(view: DataView, tcb: TcbBlock, ack: number, mss: number): void {
	if (!fastOpens(view)) return;
	const row = FastOpenRow.of(view, rowAt(view, tcb.index));
	if (row.kind === 0) return; // what was not asked for is not taken
	const taken = (ack - tcb.iss - 1) | 0;
	if (taken > 0) tcb.bits = tcb.bits | BIT_SYN_DATA;
	const option = fastOpenAt(view, view.getInt32(REGISTER.transportAt, true));
	const ours = option !== 0 && view.getUint8(option) === row.kind;
	const length = ours ? (view.getUint8(option + 1) - fastOpenHead(row.kind)) & 255 : 0;
	const kept = FastOpenCookie.of(view, keptOf(view, tcb));
	kept.usedAt = CoreBlock.of(view, CORE).now;
	kept.mss = mss;
	if (length >= LEAST_COOKIE && length <= MOST_COOKIE && (length & 1) === 0) {
		copy(view, kept.cookie, (option + fastOpenHead(row.kind)) | 0, length);
		kept.length = length;
	} else if (taken <= 0) {
		// It has no Fast Open for us, or not now; after a timeout that is known already.
		if (tcb.backoff === 0 && row.wanted === ASKS && (row.cookie === 0 || early(tcb) > 0)) pause(view, kept);
		return;
	}
	kept.losses = 0;
	kept.paused = 0;
}

/** ICMP says that our SYN, which had data, needs fragmentation; `mtu`: that of the next hop, or 0. It goes again without, at once. */
export function fastOpenTooBig(view: DataView, tcb: TcbBlock, mtu: number): void {
	const path = PathBlock.of(view, tcb.path);
	if (!fastOpens(view) || tcb.state !== SYN_SENT || early(tcb) <= 0 || mtu >= path.mtu) return;
	const row = FastOpenRow.of(view, rowAt(view, tcb.index));
	if (row.wanted !== ASKS) return;
	row.wanted = DID;
	if (mtu !== 0) pathMtuSaid(view, tcb.remoteAddress, mtu, true);
	tcb.sndNxt = tcb.iss;
	tcpMark(view, tcb.at);
}

/** The segment's data is to be looked at though it comes with the peer's SYN: of a connection of ours that asked for Fast Open. */
export function fastOpenWanted(view: DataView, tcb: TcbBlock): boolean {
	return fastOpens(view) && FastOpenRow.of(view, rowAt(view, tcb.index)).wanted !== 0;
}
