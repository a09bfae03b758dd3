// The automaton against RFC 1661 §4.1, cell by cell: the RFC's two half tables, as they stand there.

import { describe, expect, it } from "vitest";
import { Automaton, MAX_CONFIGURE, MAX_TERMINATE, RESTART_MS, STATE_NAMES, TO_MORE } from "../../../../src/link/ppp/automaton.ts";

const EVENTS = "Up Down Open Close TO+ TO- RCR+ RCR- RCA RCN RTR RTA RUC RXJ+ RXJ- RXR".split(" ");

/** RFC 1661, pages 12 and 13, footnote letters left out. */
const FIRST_SIX = `
 Up   |    2     irc,scr/6     -         -         -         -
 Down |    -         -         0       tls/1       0         1
 Open |  tls/1       1     irc,scr/6     3         5         5
 Close|    0       tlf/0       2         2         4         4
  TO+ |    -         -         -         -       str/4     str/5
  TO- |    -         -         -         -       tlf/2     tlf/3
 RCR+ |    -         -       sta/2 irc,scr,sca/8   4         5
 RCR- |    -         -       sta/2 irc,scr,scn/6   4         5
 RCA  |    -         -       sta/2     sta/3       4         5
 RCN  |    -         -       sta/2     sta/3       4         5
 RTR  |    -         -       sta/2     sta/3     sta/4     sta/5
 RTA  |    -         -         2         3       tlf/2     tlf/3
 RUC  |    -         -       scj/2     scj/3     scj/4     scj/5
 RXJ+ |    -         -         2         3         4         5
 RXJ- |    -         -       tlf/2     tlf/3     tlf/2     tlf/3
 RXR  |    -         -         2         3         4         5`;
const LAST_FOUR = `
 Up   |    -         -         -           -
 Down |    1         1         1         tld/1
 Open |    6         7         8           9
 Close|irc,str/4 irc,str/4 irc,str/4 tld,irc,str/4
  TO+ |  scr/6     scr/6     scr/8         -
  TO- |  tlf/3     tlf/3     tlf/3         -
 RCR+ |  sca/8   sca,tlu/9   sca/8   tld,scr,sca/8
 RCR- |  scn/6     scn/7     scn/6   tld,scr,scn/6
 RCA  |  irc/7     scr/6   irc,tlu/9   tld,scr/6
 RCN  |irc,scr/6   scr/6   irc,scr/8   tld,scr/6
 RTR  |  sta/6     sta/6     sta/6   tld,zrc,sta/5
 RTA  |    6         6         8       tld,scr/6
 RUC  |  scj/6     scj/7     scj/8       scj/9
 RXJ+ |    6         6         8           9
 RXJ- |  tlf/3     tlf/3     tlf/3   tld,irc,str/5
 RXR  |    6         7         8         ser/9`;

const rows = (half: string): string[][] =>
	half
		.split("\n")
		.slice(1)
		.map((line) =>
			line
				.slice(line.indexOf("|") + 1)
				.trim()
				.split(/\s+/),
		);
const left = rows(FIRST_SIX);
const CELLS = rows(LAST_FOUR).map((row, i) => [...left[i]!, ...row]);

class Recorder extends Automaton {
	done: string[] = [];
	now = 0;
	/** What to do within tld, as a layer above might. */
	onDown: (() => void) | undefined = undefined;
	protected layerUp(): void {
		this.done.push("tlu");
	}
	protected layerDown(): void {
		this.done.push("tld");
		this.onDown?.();
	}
	protected layerStarted(): void {
		this.done.push("tls");
	}
	protected layerFinished(): void {
		this.done.push("tlf");
	}
	protected sendRequest(again: boolean): void {
		this.done.push(again ? "scr again" : "scr");
	}
	protected sendAck(): void {
		this.done.push("sca");
	}
	protected sendNak(): void {
		this.done.push("scn");
	}
	protected sendTerminate(): void {
		this.done.push("str");
	}
	protected sendTerminateAck(): void {
		this.done.push("sta");
	}
	protected sendCodeReject(): void {
		this.done.push("scj");
	}
	protected sendEchoReply(): void {
		this.done.push("ser");
	}
}

const event = (name: string): number => EVENTS.indexOf(name);

describe("RFC 1661 §4.1", () => {
	it.each(EVENTS)("%s does in every state what the RFC's table says", (name) => {
		for (let state = 0; state < 10; state++) {
			const automaton = new Recorder();
			automaton.state = state;
			automaton.event(event(name));
			const cell = CELLS[event(name)]![state]!;
			const [actions, next] = cell === "-" ? ["", String(state)] : cell.includes("/") ? cell.split("/") : ["", cell];
			// Of the counters nothing is seen here.
			const expected = actions!.split(",").filter((action) => action !== "" && action !== "irc" && action !== "zrc");
			const where = `${name} in ${STATE_NAMES[state]}`;
			expect(
				automaton.done.map((action) => action.slice(0, 3)),
				where,
			).toEqual(expected);
			expect(automaton.state, where).toBe(Number(next));
		}
	});

	it("has sixteen rows of ten cells to compare with", () => {
		expect(CELLS.length).toBe(16);
		for (const row of CELLS) expect(row.length).toBe(10);
	});
});

describe("the restart timer", () => {
	/** Lets `periods` pass. */
	function wait(automaton: Recorder, periods: number): void {
		for (let i = 0; i < periods; i++) {
			automaton.now += RESTART_MS - 1;
			automaton.tick(automaton.now);
			automaton.now++;
			automaton.tick(automaton.now);
		}
	}

	it("repeats a Configure-Request every 3 s, ten times in all, and then gives up", () => {
		const automaton = new Recorder();
		automaton.event(event("Open"));
		automaton.event(event("Up"));
		wait(automaton, 20);
		expect(automaton.done.filter((action) => action.startsWith("scr")).length).toBe(MAX_CONFIGURE);
		expect(automaton.done.at(-1)).toBe("tlf");
		expect(automaton.timing).toBe(false);
	});

	it("repeats a Terminate-Request once, and then takes the peer for gone", () => {
		const automaton = new Recorder();
		automaton.state = 9;
		automaton.event(event("Close"));
		wait(automaton, 20);
		expect(automaton.done).toEqual(["tld", ...Array<string>(MAX_TERMINATE).fill("str"), "tlf"]);
	});

	it("waits one period after the peer's Terminate-Request, and is not stuck", () => {
		const automaton = new Recorder();
		automaton.state = 9;
		automaton.event(event("RTR"));
		wait(automaton, 1);
		expect(automaton.done).toEqual(["tld", "sta", "tlf"]);
		expect(automaton.state).toBe(3);
	});

	it("does not run where nothing is waited for", () => {
		const automaton = new Recorder();
		for (const name of ["Open", "Up", "RCR+", "RCA"]) automaton.event(event(name));
		expect(STATE_NAMES[automaton.state]).toBe("opened");
		expect(automaton.timing).toBe(false);
		automaton.event(TO_MORE);
		expect(STATE_NAMES[automaton.state]).toBe("opened");
	});
});

it("what a layer above does from within tld counts, and not what was to follow", () => {
	const automaton = new Recorder();
	automaton.state = 9;
	automaton.onDown = () => automaton.event(event("Down"));
	automaton.event(event("RCR+"));
	expect(automaton.done).toEqual(["tld"]);
	expect(STATE_NAMES[automaton.state]).toBe("starting");
});
