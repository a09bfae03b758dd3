// How fast connections move, for listeners that say how slow one may be while others wait: `leastRate`. Nothing is counted as segments
// pass: the sequence numbers tell what has moved since they were looked at last, every five seconds.

import { TcbBlock } from "../../packet/tcb-block.ts";
import type { Core } from "../../packet/core.ts";
import { PACE_GRACE_MS, PACE_INTERVAL_MS, PACE_PROMISE_MS } from "../../config.ts";
import type { Tcp } from "./tcp.ts";
import * as tcbs from "./tcb.ts";
import type { Tcb } from "./tcb.ts";

/** Where these lie in a connection's block. */
const { rcvNxt: RCV_NXT, rcvQueued: RCV_QUEUED, sndUna: SND_UNA } = TcbBlock.offsets;

/** Words for each TCB: bytes a second that it owes, 0 when it never gives way; when it was looked at last; what had moved by then; the rate between the last two looks, -1 before the second. */
const WORDS = 4;
const LEAST = 0;
const LOOKED_AT = 1;
const MOVED = 2;
const RATE = 3;

/** In place of the least rate, when the connection was ended for a newcomer: the other words have the time, and the newcomer's address and ports. */
const PROMISED = -1;

/** The rate of a connection that nobody may call slow. */
export const FAST = 0x7fffffff;

export class Pace {
	/** Some socket has a least rate, or had one. */
	used = false;
	/** The next look is due at that time. */
	looking = false;
	lookAt = 0;
	#columns: Int32Array;
	#core: Core;

	constructor(core: Core) {
		this.#core = core;
		this.#columns = new Int32Array(core.limits.tcp * WORDS);
	}

	/** Bytes a second that a connection, or those of a listener, owes from now on; 0 for none. */
	set(tcb: Tcb, rate: number): void {
		const columns = this.#columns;
		const at = tcb.index * WORDS;
		this.used = true;
		columns[at + LEAST] = rate;
		columns[at + LOOKED_AT] = this.#core.now;
		columns[at + MOVED] = this.#moved(tcb);
		columns[at + RATE] = -1;
		if (rate === 0 || tcb.state === tcbs.LISTEN || this.looking) return;
		this.looking = true;
		this.lookAt = (this.#core.now + PACE_INTERVAL_MS) | 0;
		this.#core.deadline(this.lookAt);
	}

	/** A connection is established: it owes what its listener says. */
	inherit(tcb: Tcb, listener: Tcb): void {
		const rate = this.#columns[listener.index * WORDS + LEAST]!;
		if (rate !== 0) this.set(tcb, rate);
	}

	/** The TCB is somebody else's from now on. */
	forget(tcb: Tcb): void {
		this.#columns[tcb.index * WORDS + LEAST] = 0;
	}

	/** Bytes a second of a connection that is slower than it owes, else FAST. Of the last whole interval and what came since, the better one counts. */
	slowness(tcb: Tcb): number {
		const columns = this.#columns;
		const at = tcb.index * WORDS;
		const least = columns[at + LEAST]!;
		if (least <= 0 || tcb.state < tcbs.ESTABLISHED) return FAST;
		let rate = columns[at + RATE]!;
		const ms = (this.#core.now - columns[at + LOOKED_AT]!) | 0;
		if (ms >= PACE_GRACE_MS) {
			const since = this.#since(tcb, at, ms);
			if (since > rate) rate = since;
		}
		return rate < 0 || rate >= least ? FAST : rate;
	}

	/** The connection is ended for a newcomer, who is to have its TCB when the program lets go of it. For our own program, remote and ports are 0. */
	promise(tcb: Tcb, remote: number, ports: number): void {
		const columns = this.#columns;
		const at = tcb.index * WORDS;
		columns[at + LEAST] = PROMISED;
		columns[at + LOOKED_AT] = this.#core.now;
		columns[at + MOVED] = remote;
		columns[at + RATE] = ports;
	}

	/** Whether that one may have a free TCB: it is promised to nobody else. */
	mayHave(tcb: Tcb, remote: number, ports: number): boolean {
		const columns = this.#columns;
		const at = tcb.index * WORDS;
		if (columns[at + LEAST] !== PROMISED || (columns[at + MOVED] === remote && columns[at + RATE] === ports)) return true;
		return !this.#isFresh(at);
	}

	/** Whether the promise of these columns still counts. A TCB may be free for longer than half the clock's range. */
	#isFresh(at: number): boolean {
		const age = (this.#core.now - this.#columns[at + LOOKED_AT]!) | 0;
		return age >= 0 && age <= PACE_PROMISE_MS;
	}

	/** Whether a connection was ended for that one already: no other is, before it had its chance. */
	hasPromise(tcp: Tcp, remote: number, ports: number): boolean {
		const columns = this.#columns;
		for (let i = 0; i < tcp.tcbs.length; i++) {
			const at = i * WORDS;
			if (columns[at + LEAST] !== PROMISED || columns[at + MOVED] !== remote || columns[at + RATE] !== ports) continue;
			if (!tcp.tcbs[i]!.detached || this.#isFresh(at)) return true;
		}
		return false;
	}

	/** The look every PACE_INTERVAL_MS, as long as there is somebody to look at. */
	look(tcp: Tcp, now: number): void {
		const columns = this.#columns;
		this.looking = false;
		for (let i = 0; i < tcp.tcbs.length; i++) {
			const tcb = tcp.tcbs[i]!;
			const at = i * WORDS;
			if (columns[at + LEAST]! <= 0 || tcb.state < tcbs.ESTABLISHED) continue;
			this.looking = true;
			const ms = (now - columns[at + LOOKED_AT]!) | 0;
			if (ms < PACE_GRACE_MS) continue;
			columns[at + RATE] = this.#since(tcb, at, ms);
			columns[at + LOOKED_AT] = now;
			columns[at + MOVED] = this.#moved(tcb);
		}
		if (!this.looking) return;
		this.lookAt = (now + PACE_INTERVAL_MS) | 0;
		this.#core.deadline(this.lookAt);
	}

	/** Bytes a second over the `ms` since the last look. */
	#since(tcb: Tcb, at: number, ms: number): number {
		const bytes = (this.#moved(tcb) - this.#columns[at + MOVED]!) | 0;
		return Math.floor((bytes * 1000) / ms);
	}

	/** A number that grows with every byte that the program reads, or the peer acknowledges. */
	#moved(tcb: Tcb): number {
		const view = this.#core.view;
		const at = tcb.block;
		const received = (view.getInt32(at + RCV_NXT, true) - view.getInt32(at + RCV_QUEUED, true)) | 0;
		return (received + view.getInt32(at + SND_UNA, true)) | 0;
	}
}
