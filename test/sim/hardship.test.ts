// TCP where little gets through, and where many share little memory. SEED (1) is the first seed; TRANSFERS and MINUTES make it longer, as `npm test -- --all` does.

import { describe, expect, it } from "vitest";
import { envNumber, onXS } from "../support/env.ts";
import { Prng } from "../support/prng.ts";
import { goodput } from "./goodput.ts";

const SEED = envNumber("SEED", 1);
const TRANSFERS = envNumber("TRANSFERS", onXS ? 10 : 100);
const MINUTES = envNumber("MINUTES", 6);

/** How long a peer may be silent before a connection is given up, ms, and less than that while it is opened: as src/transport/tcp/README.md says. */
const SILENCE = 100_000;
const SYN_ACK_SILENCE = 63_000;
/** Longer than any transfer that goes on. */
const LIMIT_S = 3600;

/** Transfers 20 KB over a wire that loses 12 to 20 % each way. What is wrong with how it ended, "" when nothing is. */
function transfer(seed: number): string {
	const prng = new Prng(seed);
	const loss = prng.between(120_000, 200_000);
	const wire = {
		seed,
		rate: prng.between(2, 20) * 1e6,
		delay: prng.between(5, 100) * 1000,
		queue: 150_000,
		loss,
		reorder: 0,
		by: 10,
	};
	const bytes = 20_000;
	const { error, senders, ended, endedAt } = goodput(wire, { bytes, limitS: LIMIT_S, holds: true });
	const [sender] = senders;
	if (error === "" && ended) return "";
	if (error !== "" && error !== "timeout" && error !== "reset") return `seed ${seed}: ${error}`;
	// It ended before all had come: then the wire has kept its acknowledgments for so long.
	const silent = (sender?.resetAt || endedAt) - (sender?.heardAt ?? 0);
	const least = (sender?.heard ?? 0) > 0 ? SILENCE : SYN_ACK_SILENCE;
	return silent >= least ? "" : `seed ${seed}: "${error}" after ${sender?.heard} bytes and ${silent} ms of silence`;
}

describe("with 12 to 20 % of loss each way", () => {
	it(`${TRANSFERS} transfers end well, or after silence that the user timeout explains`, () => {
		const wrong: string[] = [];
		for (let i = 0; i < TRANSFERS; i++) {
			const what = transfer(SEED + i);
			if (what !== "") wrong.push(what);
		}
		expect(wrong).toEqual([]);
	});
});

it("a retransmission that came twice, as the first acknowledgment was lost, is no round trip of as long as its timeout", () => {
	const wire = { seed: 951, rate: 13e6, delay: 28_000, queue: 150_000, loss: 171_902, reorder: 0, by: 10 };
	const { error, ended, endedAt } = goodput(wire, { bytes: 20_000, limitS: LIMIT_S, holds: true });
	expect({ error, ended }).toEqual({ error: "", ended: true });
	// It was given up after 151 s, as timeouts had become 36 s long.
	expect(endedAt).toBeLessThan(30_000);
});

const SOCKETS = 64;
/** A full segment in and 512 bytes out of each for good, the listener and a spare one among them, and 64 KB that they share. */
const POOL = (SOCKETS + 2) * 3072 + 65_536;

it.each(onXS ? [] : [SOCKETS])(
	`%i busy sockets that share a pool, one frame in twenty lost, for ${MINUTES} min: nobody starves`,
	() => {
		const wire = { seed: SEED, rate: 4e6, delay: 10_000, queue: 150_000, loss: 50_000, reorder: 0, by: 10 };
		const { each, error } = goodput(wire, {
			bytes: 1e12,
			limitS: 60 * MINUTES,
			connections: SOCKETS,
			apartMs: 10,
			buffers: POOL,
		});
		expect(error).toBe("");
		expect(each).toHaveLength(SOCKETS);
		const fair = each.reduce((sum, rate) => sum + rate, 0) / SOCKETS;
		expect(fair * SOCKETS).toBeGreaterThan(2);
		expect(Math.min(...each)).toBeGreaterThanOrEqual(fair / 4);
	},
);
