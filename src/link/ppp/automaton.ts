// The option-negotiation automaton, RFC 1661 §4. Read the table first: it is the RFC's own (§4.1), and all there is to know.

import { cellOf, stateTable } from "../state-table.ts";

/** States, RFC 1661 §4.2. */
export const INITIAL = 0;
export const STARTING = 1;
export const CLOSED = 2;
export const STOPPED = 3;
export const CLOSING = 4;
export const STOPPING = 5;
export const REQ_SENT = 6;
export const ACK_RCVD = 7;
export const ACK_SENT = 8;
export const OPENED = 9;

export const STATE_NAMES: readonly string[] = Object.freeze([
	"initial",
	"starting",
	"closed",
	"stopped",
	"closing",
	"stopping",
	"req-sent",
	"ack-rcvd",
	"ack-sent",
	"opened",
]);

/** Events, RFC 1661 §4.3, in the order of the table's rows. */
export const UP = 0;
export const DOWN = 1;
export const OPEN = 2;
export const CLOSE = 3;
/** The restart timer ran out: there are tries left, or there are none. */
export const TO_MORE = 4;
export const TO_END = 5;
/** A Configure-Request that we agree with, or not. */
export const RCR_GOOD = 6;
export const RCR_BAD = 7;
export const RCA = 8;
/** A Configure-Nak or Configure-Reject. */
export const RCN = 9;
export const RTR = 10;
export const RTA = 11;
/** A packet with an unknown code. */
export const RUC = 12;
/** A Code-Reject or Protocol-Reject that we can live with, or not. */
export const RXJ_GOOD = 13;
export const RXJ_BAD = 14;
/** Echo-Request, Echo-Reply, Discard-Request. */
export const RXR = 15;

/** Restart timer, ms, and its counters: Max-Configure, Max-Terminate, Max-Failure. RFC 1661 §4.6. */
export const RESTART_MS = 3000;
export const MAX_CONFIGURE = 10;
export const MAX_TERMINATE = 2;
export const MAX_FAILURE = 5;

/**
 * "-" cannot happen, and does nothing. The RFC's footnotes: 3p (passive) is what `MAX_CONFIGURE` tries end in; r (restart) is not
 * used: who wants to begin anew closes first; 6x (crossed connection) is what happens anyway.
 */
const TABLE = `
        Initial    Starting   Closed     Stopped        Closing Stopping Req-Sent   Ack-Rcvd   Ack-Sent   Opened
 Up     2          irc,scr/6  -          -              -       -        -          -          -          -
 Down   -          -          0          tls/1          0       1        1          1          1          tld/1
 Open   tls/1      1          irc,scr/6  3              5       5        6          7          8          9
 Close  0          tlf/0      2          2              4       4        irc,str/4  irc,str/4  irc,str/4  tld,irc,str/4

 TO+    -          -          -          -              str/4   str/5    scr/6      scr/6      scr/8      -
 TO-    -          -          -          -              tlf/2   tlf/3    tlf/3      tlf/3      tlf/3      -

 RCR+   -          -          sta/2      irc,scr,sca/8  4       5        sca/8      sca,tlu/9  sca/8      tld,scr,sca/8
 RCR-   -          -          sta/2      irc,scr,scn/6  4       5        scn/6      scn/7      scn/6      tld,scr,scn/6
 RCA    -          -          sta/2      sta/3          4       5        irc/7      scr/6      irc,tlu/9  tld,scr/6
 RCN    -          -          sta/2      sta/3          4       5        irc,scr/6  scr/6      irc,scr/8  tld,scr/6

 RTR    -          -          sta/2      sta/3          sta/4   sta/5    sta/6      sta/6      sta/6      tld,zrc,sta/5
 RTA    -          -          2          3              tlf/2   tlf/3    6          6          8          tld,scr/6

 RUC    -          -          scj/2      scj/3          scj/4   scj/5    scj/6      scj/7      scj/8      scj/9
 RXJ+   -          -          2          3              4       5        6          6          8          9
 RXJ-   -          -          tlf/2      tlf/3          tlf/2   tlf/3    tlf/3      tlf/3      tlf/3      tld,irc,str/5

 RXR    -          -          2          3              4       5        6          7          8          ser/9`;

const ROWS = stateTable(TABLE.split("\n").filter((line) => /^ \w+[+-]? /.test(line)));

/** Whether the restart timer runs in a state: where an answer is waited for. RFC 1661 §4.2. */
function waits(state: number): boolean {
	return state >= CLOSING && state <= ACK_SENT;
}

export abstract class Automaton {
	/** Change it by `event`. */
	state = INITIAL;
	/** Whether the restart timer runs, and when it is due, ms of the stack's clock. */
	timing = false;
	due = 0;
	/** Tries that are left. */
	#restarts = 0;

	/** The stack's clock, ms, int32. */
	protected abstract get now(): number;

	/** tlu, tld, tls, tlf: this layer is up, down, wants the layer below, needs it no more. */
	protected abstract layerUp(): void;
	protected abstract layerDown(): void;
	protected abstract layerStarted(): void;
	protected abstract layerFinished(): void;
	/** scr, sca, scn, str, sta, scj, ser. `again`: as a repetition of the one before. */
	protected abstract sendRequest(again: boolean): void;
	protected abstract sendAck(): void;
	protected abstract sendNak(): void;
	protected abstract sendTerminate(): void;
	protected abstract sendTerminateAck(): void;
	protected abstract sendCodeReject(): void;
	protected abstract sendEchoReply(): void;

	/** Something happened. */
	event(event: number): void {
		const cell = cellOf(ROWS, event, this.state);
		if (cell === undefined) return;
		// First of all the state, since the layers above may cause the next event from within tlu and tld.
		this.state = cell.next;
		if (!waits(cell.next)) this.timing = false;
		for (const action of cell.actions) {
			this.#act(action, event);
			if (this.state !== cell.next) return; // it did, and that counts
		}
	}

	#act(action: string, event: number): void {
		switch (action) {
			case "tlu":
				return this.layerUp();
			case "tld":
				return this.layerDown();
			case "tls":
				return this.layerStarted();
			case "tlf":
				return this.layerFinished();
			case "irc":
				this.#restarts = this.state === CLOSING || this.state === STOPPING ? MAX_TERMINATE : MAX_CONFIGURE;
				return;
			case "zrc": // the peer has one period to hang up
				this.#restarts = 0;
				return this.#startTimer();
			case "scr":
				this.#restarts--;
				this.#startTimer();
				return this.sendRequest(event === TO_MORE);
			case "sca":
				return this.sendAck();
			case "scn":
				return this.sendNak();
			case "str":
				this.#restarts--;
				this.#startTimer();
				return this.sendTerminate();
			case "sta":
				return this.sendTerminateAck();
			case "scj":
				return this.sendCodeReject();
			case "ser":
				return this.sendEchoReply();
		}
	}

	#startTimer(): void {
		this.timing = true;
		this.due = (this.now + RESTART_MS) | 0;
	}

	/** Time passed. */
	tick(now: number): void {
		if (this.timing && ((now - this.due) | 0) >= 0) this.event(this.#restarts > 0 ? TO_MORE : TO_END);
	}
}
