// Random programs of the subset, the same on Node and as C.
//   SEED=… PROGRAMS=…     where to begin, and how many for 64 bits; a tenth of it for 32 bits and under ASan and UBSan each

import { expect, it } from "vitest";
import { compareBatch, type Tally } from "./compare.ts";
import { runs32, type Build } from "./native.ts";

const FIRST = Number(process.env.SEED ?? 1);
const PROGRAMS = Number(process.env.PROGRAMS ?? 2000);
const BATCH = 100;
/** Batches at a time: gcc takes as long as all the rest. */
const BESIDE = 2;
const TIMEOUT = 300_000 + PROGRAMS * 200;

async function compared(build: (batch: number) => Build, first: number, count: number): Promise<Tally> {
	const total: Tally = { programs: 0, refused: 0, calls: 0, thrown: 0, failures: [] };
	const batches = Math.ceil(count / BATCH);
	let next = 0;
	const work = async () => {
		while (next < batches && total.failures.length === 0) {
			const batch = next++;
			const seeds = Array.from({ length: Math.min(BATCH, count - batch * BATCH) }, (_, i) => first + batch * BATCH + i);
			const tally = await compareBatch(seeds, build(batch));
			for (const key of ["programs", "refused", "calls", "thrown"] as const) total[key] += tally[key];
			total.failures.push(...tally.failures);
		}
	};
	await Promise.all(Array.from({ length: BESIDE }, work));
	return total;
}

function judge(total: Tally): void {
	console.log(
		`${total.programs} programs, ${total.refused} refused, ${total.calls} calls, ${total.thrown} of them ended in an error`,
	);
	expect(total.failures.join("\n\n")).toBe("");
	expect(total.refused).toBe(0);
	// Programs that always or never end in an error would try little.
	expect(total.thrown).toBeGreaterThan(total.calls / 20);
	expect(total.thrown).toBeLessThan(total.calls * 0.8);
}

it("64 bits: as on Node", { timeout: TIMEOUT }, async () => {
	// Optimised every fifth time, where gcc may make use of what is undefined.
	judge(await compared((batch) => (batch % 5 === 0 ? "optimised" : "quick"), FIRST, PROGRAMS));
});

it.skipIf(!runs32())("32 bits: as on Node", { timeout: TIMEOUT }, async () => {
	judge(await compared((batch) => (batch % 2 === 0 ? "bits32" : "small32"), FIRST + 1_000_000, PROGRAMS / 10));
});

it("under ASan and UBSan: as on Node, and nothing undefined", { timeout: TIMEOUT }, async () => {
	judge(await compared(() => "sanitized", FIRST + 2_000_000, PROGRAMS / 10));
});
