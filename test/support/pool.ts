// Whether TCP's pool adds up: what must hold of it whatever happens.

import { PAGE_SHIFT } from "../../src/config.ts";
import { PAGE_BYTES, PAGE_MASK } from "../../src/packet/pages.ts";
import { BIT_FIN, TcbBlock } from "../../src/packet/tcb-block.ts";
import { TcpBlock } from "../../src/packet/tcp-block.ts";
import type { Stack } from "../../src/stack.ts";
import { CLOSED, ESTABLISHED, TIME_WAIT, type Tcb } from "../../src/transport/tcp/tcb.ts";

/** One ring of a connection. */
interface Ring {
	readonly name: string;
	readonly pages: number;
	readonly bytes: number;
	readonly promised: number;
	readonly floor: number;
	/** Where its first byte lies; bytes that are in it, that it may have besides, and may have at most. */
	readonly first: number;
	readonly queued: number;
	readonly room: number;
	readonly size: number;
}

function ringsOf(tcb: Tcb, pool: TcpBlock): Ring[] {
	const block = TcbBlock.of(tcb.view, tcb.block);
	const at = (block.rcvAt - block.rcvQueued + block.receiveRing) % block.receiveRing;
	return [
		{
			name: "receive",
			pages: block.receivePages,
			bytes: block.receiveRing,
			promised: block.receivePromised,
			floor: pool.receiveFloor,
			first: at,
			queued: block.rcvQueued,
			room: block.rcvRoom,
			size: block.receiveSize,
		},
		{
			name: "send",
			pages: block.sendPages,
			bytes: block.sendRing,
			promised: block.sendPromised,
			floor: pool.sendFloor,
			first: block.sndAt,
			queued: block.sndQueued,
			room: block.sndRoom,
			size: block.sendSize,
		},
	];
}

/** Pages that nobody has, and those of all rings, each once. */
class Pages {
	readonly seen = new Set<number>();
	readonly from: number;
	readonly end: number;

	constructor(stack: Stack, pool: TcpBlock) {
		this.from = stack.core.layout.pool;
		this.end = pool.poolEnd;
	}

	add(page: number): void {
		const wrong = page < this.from || page >= this.end || ((page - this.from) & PAGE_MASK) !== 0 || this.seen.has(page);
		if (wrong) throw new Error(`page ${page}: not one of the pool, or met twice`);
		this.seen.add(page);
	}
}

/** Throws Error when something does not add up. Answers how many pages sockets have. */
export function checkPool(stack: Stack): number {
	const { view, layout } = stack.core;
	const pool = TcpBlock.of(view, layout.tcp);
	const pages = new Pages(stack, pool);
	let page = pool.freePage;
	for (let i = 0; i < pool.pagesListed; i++) {
		pages.add(page);
		page = view.getInt32(page, true);
	}
	for (let fresh = pool.freshPage; fresh < pool.poolEnd; fresh += PAGE_BYTES) pages.add(fresh);
	const free = pages.seen.size;
	let promised = 0;
	for (const tcb of stack.tcp.tcbs)
		for (const ring of ringsOf(tcb, pool)) {
			const held = heldBy(view, ring, pages);
			promised += ring.promised;
			const fault = faultOf(tcb, ring, held);
			if (fault !== "") throw new Error(`${tcb.stateName}, ${ring.name}: ${fault} ${held} ${JSON.stringify(ring)}`);
		}
	if (pages.seen.size !== pool.pageCount) throw new Error(`${pages.seen.size} pages: expected ${pool.pageCount}`);
	if (promised !== pool.pagesPromised || promised > pool.pageCount)
		throw new Error(`${promised} pages promised: expected ${pool.pagesPromised}, at most ${pool.pageCount}`);
	if (stack.tcp.poolFree !== free << PAGE_SHIFT) throw new Error(`${stack.tcp.poolFree} bytes free: expected ${free} pages`);
	return pages.seen.size - free;
}

function heldBy(view: DataView, ring: Ring, pages: Pages): number {
	let held = 0;
	for (let i = 0; i < ring.bytes >> PAGE_SHIFT; i++) {
		const page = view.getInt32(ring.pages + 4 * i, true);
		if (page === 0) continue;
		pages.add(page);
		held++;
	}
	return held;
}

function faultOf(tcb: Tcb, ring: Ring, held: number): string {
	if (ring.promised < ring.floor || ring.promised > ring.bytes >> PAGE_SHIFT) return "promised";
	if (held > ring.promised) return "holds more than it was promised";
	if (tcb.state === CLOSED && tcb.detached) return held === 0 && ring.promised === ring.floor ? "" : "is free and holds pages";
	if (tcb.state < ESTABLISHED || tcb.state === TIME_WAIT) return "";
	if (ring.room < 0 || ring.queued < 0 || ring.queued + ring.room > ring.size) return "room";
	if (ring.queued + ring.room > (ring.promised << PAGE_SHIFT) - (ring.first & PAGE_MASK)) return "room beyond what was promised";
	const block = TcbBlock.of(tcb.view, tcb.block);
	if (ring.name === "receive" && !(block.bits & BIT_FIN) && ((block.rcvAdv - block.rcvNxt) | 0) > ring.room)
		return "a window without room";
	return "";
}
