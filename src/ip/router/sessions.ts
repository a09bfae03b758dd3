// The table of sessions: who speaks to whom through the router, and to the board where there is a filter. Rows of a fixed number, each in two hash chains: by what its inside sends, and by what
// comes back. Of mappings, which several sessions of one inside share, the far end is 0.0.0.0. Flat TypeScript.

import { copyAddress, isV4, mixAddress, sameAddress, v4Of } from "../../packet/address.ts";
import { add } from "../../packet/counters.ts";
import { CORE, CoreBlock } from "../../packet/core-block.ts";
import { mix } from "../../packet/mix.ts";
import type { Address, Offset, Range } from "../../packet/numbers.ts";
import {
	NAT_ANYBODY,
	RouterBlock,
	SEEN_ANSWER,
	SESSION,
	SESSION_FIXED,
	SESSION_MAPPING,
	SESSION_TRANSLATED,
	SessionRow,
} from "../../packet/router-block.ts";
import { isEnded, lifetime } from "./lifetime.ts";

/** Rows that are looked at in search of one that may be used again, and in one call of `sessionSweep`. */
const LOOKS = 16;
const SWEEP = 256;

type Side = Range<0, 1>;

/** Where the row with that number lies. */
export function rowAt(router: RouterBlock, row: number): Offset {
	return (router.sessions + Math.imul(row, SessionRow.bytes)) | 0;
}

function bucketOf(
	view: DataView,
	router: RouterBlock,
	source: Address,
	destination: Address,
	ports: number,
	protocol: number,
): Offset {
	let hash = mixAddress(view, mixAddress(view, router.seed, source), destination);
	hash = mix(mix(hash, ports), protocol);
	return (router.buckets + Math.imul((hash ^ (hash >>> 16)) & router.bucketMask, 4)) | 0;
}

/** The ports that what comes back to a session has. */
function portsBack(row: SessionRow): number {
	return (row.ports << 16) | row.outsidePort;
}

/** The address at which a session is reached from outside, as keys have it. */
function outsideOf(router: RouterBlock, row: SessionRow): Address {
	return (row.bits & (SESSION_TRANSLATED | SESSION_MAPPING)) !== 0 ? router.zero : row.inside;
}

/** The head of the chain that a row is in by one of its keys. */
function bucketBy(view: DataView, router: RouterBlock, row: SessionRow, side: number): Offset {
	if (side === 0) return bucketOf(view, router, row.inside, row.remote, row.ports, row.protocol);
	return bucketOf(view, router, row.remote, outsideOf(router, row), portsBack(row), row.protocol);
}

/** The row whose packets from one of its sides are these, its number * 2 + side + 1; 0: there is none. */
export function sessionFind(
	view: DataView,
	router: RouterBlock,
	source: Address,
	destination: Address,
	ports: number,
	protocol: number,
): number {
	let link = view.getInt32(bucketOf(view, router, source, destination, ports, protocol), true);
	while (link !== 0) {
		const row = SessionRow.of(view, rowAt(router, (link - 1) >> 1));
		if (((link - 1) & 1) === 0) {
			if (
				row.ports === ports &&
				row.protocol === protocol &&
				sameAddress(view, row.inside, source) &&
				sameAddress(view, row.remote, destination)
			)
				return link;
			link = row.next;
		} else {
			if (
				portsBack(row) === ports &&
				row.protocol === protocol &&
				sameAddress(view, row.remote, source) &&
				sameAddress(view, outsideOf(router, row), destination)
			)
				return link;
			link = row.nextOther;
		}
	}
	return 0;
}

function chain(view: DataView, router: RouterBlock, row: SessionRow, number: number, side: Side): void {
	const head = bucketBy(view, router, row, side);
	const before = view.getInt32(head, true);
	if (side === 0) row.next = before;
	else row.nextOther = before;
	view.setInt32(head, number * 2 + side + 1, true);
}

function unchain(view: DataView, router: RouterBlock, row: SessionRow, number: number, side: Side): void {
	const own = (number * 2 + side + 1) | 0;
	const behind = side === 0 ? row.next : row.nextOther;
	const head = bucketBy(view, router, row, side);
	let link = view.getInt32(head, true);
	if (link === own) {
		view.setInt32(head, behind, true);
		return;
	}
	while (link !== 0) {
		const other = SessionRow.of(view, rowAt(router, (link - 1) >> 1));
		const first = ((link - 1) & 1) === 0;
		const next = first ? other.next : other.nextOther;
		if (next === own) {
			if (first) other.next = behind;
			else other.nextOther = behind;
			return;
		}
		link = next;
	}
}

/** All rows are free, and all chains empty. */
export function sessionsClear(view: DataView): void {
	const router = RouterBlock.of(view, CoreBlock.of(view, CORE).router);
	const count = router.sessionCount;
	router.used = 0;
	router.free = 0;
	for (let bucket = router.bucketMask; bucket >= 0; bucket--) view.setInt32((router.buckets + Math.imul(bucket, 4)) | 0, 0, true);
	for (let number = (count - 1) | 0; number >= 0; number--) {
		const row = SessionRow.of(view, rowAt(router, number));
		row.bits = 0;
		row.next = router.free;
		router.free = (number + 1) | 0;
	}
}

/** The session is over, or the mapping; a mapping that no session has any more ends with it. */
export function sessionEnd(view: DataView, router: RouterBlock, number: number): void {
	const row = SessionRow.of(view, rowAt(router, number));
	const mapping = row.mapping;
	unchain(view, router, row, number, 0);
	unchain(view, router, row, number, 1);
	row.bits = 0;
	row.next = router.free;
	router.free = (number + 1) | 0;
	router.used = (router.used - 1) | 0;
	if (mapping === 0) return;
	row.mapping = 0;
	const shared = SessionRow.of(view, rowAt(router, (mapping - 1) | 0));
	shared.sessions = shared.sessions - 1;
	if (shared.sessions === 0 && (shared.bits & SESSION_FIXED) === 0) sessionEnd(view, router, (mapping - 1) | 0);
}

/** Whether a row holds a session whose time is over. */
function isOver(row: SessionRow, now: number): boolean {
	return (row.bits & (SESSION | SESSION_MAPPING)) === SESSION && ((now - row.due) | 0) >= 0;
}

/** The row behind the one that was looked at, for the next look. */
function nextRow(router: RouterBlock): void {
	const next = (router.cursor + 1) | 0;
	router.cursor = next >= router.sessionCount ? 0 : next;
}

/** Makes room in a full table: of a few rows one that is over ends, else one that nobody has answered, or that was ended and is waited for, the next to end. Answers whether there was one. */
function makeRoom(view: DataView, router: RouterBlock): boolean {
	const now = CoreBlock.of(view, CORE).now;
	let chosen = -1;
	let soonest = 0;
	for (let i = 0; i < LOOKS; i++) {
		const number = router.cursor;
		nextRow(router);
		const row = SessionRow.of(view, rowAt(router, number));
		if (isOver(row, now)) {
			sessionEnd(view, router, number);
			return true;
		}
		const left = (row.due - now) | 0;
		const may = (row.bits & (SESSION | SESSION_MAPPING)) === SESSION && ((row.seen & SEEN_ANSWER) === 0 || isEnded(row));
		if (may && row.at !== router.session && (chosen < 0 || left < soonest)) {
			chosen = number;
			soonest = left;
		}
	}
	if (chosen < 0) return false;
	add(view, router.gaveWay, 1);
	sessionEnd(view, router, chosen);
	return true;
}

/** A row for a session or mapping with these keys, in both chains; the table is full: -1. `bits`: SESSION_… besides SESSION. */
export function sessionBegin(
	view: DataView,
	router: RouterBlock,
	inside: Address,
	remote: Address,
	ports: number,
	protocol: number,
	outsidePort: number,
	bits: number,
): number {
	if (router.free === 0 && !makeRoom(view, router)) return -1;
	const number = (router.free - 1) | 0;
	const row = SessionRow.of(view, rowAt(router, number));
	router.free = row.next;
	router.used = (router.used + 1) | 0;
	copyAddress(view, row.inside, inside);
	copyAddress(view, row.remote, remote);
	row.ports = ports;
	row.protocol = protocol & 255;
	row.outsidePort = outsidePort & 0xffff;
	row.bits = (bits | SESSION) & 0xffff;
	row.seen = 0;
	row.sessions = 0;
	row.mapping = 0;
	row.due = CoreBlock.of(view, CORE).now;
	chain(view, router, row, number, 0);
	chain(view, router, row, number, 1);
	if ((bits & SESSION_MAPPING) === 0) add(view, router.begun, 1);
	return number;
}

/** The session is used: it lasts from now on. */
export function sessionUsed(view: DataView, row: SessionRow, side: number, flags: number): void {
	const lasts = lifetime(row, side, flags);
	row.due = (CoreBlock.of(view, CORE).now + lasts) | 0;
}

/** Ends sessions whose time is over, of some rows. Answers how many rows are in use. */
export function sessionSweep(view: DataView): number {
	const core = CoreBlock.of(view, CORE);
	const router = RouterBlock.of(view, core.router);
	router.session = 0;
	const most = Math.min(router.sessionCount, SWEEP);
	for (let i = 0; i < most; i++) {
		const number = router.cursor;
		nextRow(router);
		if (isOver(SessionRow.of(view, rowAt(router, number)), core.now)) sessionEnd(view, router, number);
	}
	return router.used;
}

/** The translator's address is another now, 0 for none: what stood on the one before is over, but for mappings that were asked for. */
export function natMoved(view: DataView, address: number): void {
	const router = RouterBlock.of(view, CoreBlock.of(view, CORE).router);
	if (router.natAddress === address) return;
	router.session = 0;
	for (let number = 0; number < router.sessionCount; number++) {
		const row = SessionRow.of(view, rowAt(router, number));
		const session = (row.bits & (SESSION | SESSION_MAPPING)) === SESSION;
		const there = sameAddress(view, row.inside, router.zero) || sameAddress(view, row.remote, router.zero);
		if (session && (there || (row.bits & SESSION_TRANSLATED) !== 0)) sessionEnd(view, router, number);
	}
	router.natAddress = address;
}

/** Whether an address is the translator's. */
export function isTranslators(view: DataView, router: RouterBlock, at: Address): boolean {
	return router.natAddress !== 0 && v4Of(view, at) === router.natAddress && isV4(view, at);
}

/** How an address stands in keys: the translator's as 0.0.0.0, so that what is said of it counts for the next one too, and none behind it can be taken for it. */
export function keyOf(view: DataView, router: RouterBlock, at: Address): Address {
	return isTranslators(view, router, at) ? router.zero : at;
}

/** The row of the packet at hand, as sessionFind answers it. */
export function sessionAtHand(view: DataView, router: RouterBlock): number {
	const source = keyOf(view, router, router.source);
	return sessionFind(view, router, source, keyOf(view, router, router.destination), router.ports, router.protocol);
}

/** The mapping that a port of an inside has, or that a port of the translator is; 0: none. */
export function mappingOf(view: DataView, router: RouterBlock, inside: Address, port: number, protocol: number): number {
	return sessionFind(view, router, inside, router.zero, port << 16, protocol);
}

export function mappingAt(view: DataView, router: RouterBlock, port: number, protocol: number): number {
	const link = sessionFind(view, router, router.zero, router.zero, port, protocol);
	if (link === 0) return 0;
	return (SessionRow.of(view, rowAt(router, (link - 1) >> 1)).bits & SESSION_MAPPING) !== 0 ? link : 0;
}

/** Whether somebody may come to a mapping whom its inside has not spoken to. */
export function isOpen(router: RouterBlock, row: SessionRow): boolean {
	return (router.bits & NAT_ANYBODY) !== 0 || (row.bits & SESSION_FIXED) !== 0;
}

/** The session has that mapping, by number. */
export function mappingTaken(view: DataView, router: RouterBlock, session: number, mapping: number): void {
	SessionRow.of(view, rowAt(router, session)).mapping = (mapping + 1) | 0;
	const shared = SessionRow.of(view, rowAt(router, mapping));
	shared.sessions = shared.sessions + 1;
}
