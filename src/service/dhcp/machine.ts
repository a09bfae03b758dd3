// The state machine of a DHCP client, RFC 2131 §4.4, with the check of RFC 5227. Read the table first: it is all there is to know of what follows what.

import { cellOf, stateTable } from "../../link/state-table.ts";
import * as times from "./times.ts";

/** States: those of RFC 2131's figure 5 (its INIT-REBOOT is the moment before REBOOTING), and CLOSED, DOWN (no link) and PROBING (nobody else may have the address). */
export const CLOSED = 0;
export const DOWN = 1;
export const INIT = 2;
export const SELECTING = 3;
export const REQUESTING = 4;
export const REBOOTING = 5;
export const PROBING = 6;
export const BOUND = 7;
export const RENEWING = 8;
export const REBINDING = 9;

export const STATE_NAMES: readonly string[] = Object.freeze([
	"closed",
	"down",
	"init",
	"selecting",
	"requesting",
	"rebooting",
	"probing",
	"bound",
	"renewing",
	"rebinding",
]);

/** Events, in the order of the table's rows. */
export const START = 0;
/** There is a link; with UP_AGAIN, and a lease that has not expired. */
export const UP = 1;
export const UP_AGAIN = 2;
export const LOST = 3;
/** The time to wait is over; with SPENT, for the last time. */
export const TIMER = 4;
export const SPENT = 5;
export const OFFER = 6;
export const ACK = 7;
export const NAK = 8;
export const T1 = 9;
export const T2 = 10;
export const EXPIRED = 11;
/** Another station has the address. */
export const CONFLICT = 12;
/** The address or a route cannot be had here. */
export const FAILED = 13;
/** Orders of the application. */
export const RENEW = 14;
export const CLOSE = 15;
/** After the link came back: the network is the same; it is another; nobody has answered. */
export const SAME = 16;
export const ANOTHER = 17;
export const SILENT = 18;

/** "-": nothing happens. Actions are methods of `Machine`; a state alone means that nothing is done. */
const TABLE = `
          Closed  Down     Init        Selecting   Requesting  Rebooting   Probing          Bound            Renewing         Rebinding
 Start    1       -        -           -           -           -           -                -                -                -
 Up       -       new/2    -           -           -           -           -                -                -                -
 UpAgain  -       reb/5    -           -           -           -           -                -                -                -
 Lost     -       -        1           1           1           1           1                1                1                1
 Timer    -       -        disc/3      disc/3      req/4       reb/5       prb/6            ann/7            ren/8            rbd/9 
 Spent    -       -        -           chk/6       none/2      chk/6       use/7            -                -                -
 Offer    -       -        -           req/4       -           -           -                -                -                -
 Ack      -       -        -           -           chk/6       chk/6       -                -                chk/6            chk/6
 Nak      -       -        -           -           nak/2       nak/2       -                -                nak/2            nak/2
 T1       -       -        -           -           -           -           -                ren/8            -                -
 T2       -       -        -           -           -           -           -                rbd/9            rbd/9            -
 Expired  -       exp/1    -           exp/3       exp/4       exp,new/2   exp,new/2        exp,new/2        exp,new/2        exp,new/2
 Conflict -       -        -           -           -           -           dec/2            -                -                -
 Failed   -       -        -           -           -           drop,rest/2 drop,rest/2      drop,rest/2      drop,rest/2      drop,rest/2
 Renew    -       -        disc/3      disc/3      -           -           -                ren/8            rbd/9            rbd/9 
 Close    -       drop/0   drop/0      drop/0      drop/0      rel,drop/0  rel,drop/0       rel,drop/0       rel,drop/0       rel,drop/0
 Same     -       -        -           res,reb/5   -           res/5       use/7            -                -                -
 Another  -       -        -           -           -           -           disc/3           -                -                -
 Silent   -       -        -           -           -           disc/3      -                -                -                -`;

/** How many messages or probes are sent in a state at most. */
function mostTries(state: number, probes: number, spare: boolean): number {
	if (state === REQUESTING) return times.REQUESTS;
	if (state === REBOOTING) return times.REBOOTS;
	if (state === SELECTING && spare) return times.DISCOVERS;
	return state === PROBING ? probes : Infinity;
}

const ROWS = stateTable(TABLE.split("\n").slice(2));

export abstract class Machine {
	/** Change it by `event`. */
	state = CLOSED;
	/** Messages or probes that were sent in this state. */
	protected tries = 0;

	/** The lent address that is in use, or 0. */
	abstract get address(): number;

	/** The state is another, or begins anew. */
	protected abstract entered(): void;
	/** new, rest: in INIT, how long until the first DISCOVER: at a start, after trouble. */
	protected abstract waitToStart(): void;
	protected abstract waitAfterTrouble(): void;
	/** none, nak, exp, dec: nobody answered, the server refuses, the lease ran out, another station has the address. */
	protected abstract unanswered(): void;
	protected abstract refused(): void;
	protected abstract expired(): void;
	protected abstract decline(): void;
	/** disc, req, reb, ren, rbd: DISCOVER, and the four kinds of REQUEST. */
	protected abstract discover(): void;
	protected abstract request(): void;
	protected abstract reboot(): void;
	protected abstract renewal(): void;
	protected abstract rebind(): void;
	/** chk, prb, use, ann: is the address free; ask again; it is; say so again. */
	protected abstract check(): void;
	protected abstract probe(): void;
	protected abstract use(): void;
	protected abstract announce(): void;
	/** res: the address that was out of use is in use again, as the network is the same. */
	protected abstract resume(): void;
	/** rel, drop: RELEASE; the address and what came with it go. */
	protected abstract release(): void;
	protected abstract drop(): void;

	/** The event of the state's timer. `spare`: there is a lease that may be used where nobody answers. */
	protected timeUp(probes: number, spare: boolean): number {
		if (this.tries < mostTries(this.state, probes, spare)) return TIMER;
		return this.state === REBOOTING && this.address === 0 ? SILENT : SPENT;
	}

	/** Something happened. */
	event(event: number): void {
		const cell = cellOf(ROWS, event, this.state);
		if (cell === undefined) return;
		const again = cell.next === this.state;
		this.state = cell.next;
		if (!again) {
			this.tries = 0;
			this.entered();
		}
		for (const action of cell.actions) {
			this.#act(action);
			if (this.state !== cell.next) return; // it led further already
		}
	}

	#act(action: string): void {
		switch (action) {
			case "new":
				return this.waitToStart();
			case "rest":
				return this.waitAfterTrouble();
			case "none":
				return this.unanswered();
			case "nak":
				return this.refused();
			case "exp":
				return this.expired();
			case "dec":
				return this.decline();
			case "disc":
				return this.discover();
			case "req":
				return this.request();
			case "reb":
				return this.reboot();
			case "ren":
				return this.renewal();
			case "rbd":
				return this.rebind();
			case "chk":
				return this.check();
			case "prb":
				return this.probe();
			case "use":
				return this.use();
			case "ann":
				return this.announce();
			case "res":
				return this.resume();
			case "rel":
				return this.release();
			case "drop":
				return this.drop();
		}
	}
}
