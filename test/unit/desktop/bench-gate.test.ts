import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ALLOWED, BARS, changes, complaints, readCounts, renewed, uneven, unmatched } from "../../bench/counts.mjs";

const row = (instructions: number, more = {}) => ({
	name: "echo",
	instructions,
	slots: 0,
	chunkBytes: 0,
	collections: 0,
	...more,
});

it("a count passes up to 3 % off the agreed one, either way", () => {
	for (const count of [10_000, 10_300, 9_700]) expect(complaints(row(count), 10_000)).toEqual([]);
	expect(complaints(row(10_301), 10_000)).toHaveLength(1);
	expect(complaints(row(9_699), 10_000)).toHaveLength(1);
});

it("a case that costs more is named with both counts and what to do", () => {
	expect(complaints(row(19_900), 19_231)).toEqual([
		"echo: 19,900 instructions, 3.5 % above the agreed 19,231: mend it, or raise the count in the same commit, with the reason in CHANGELOG.md " +
			"(npm run bench -- --write --only echo)",
	]);
});

it("a case that costs less wants its count lowered", () => {
	expect(complaints(row(4_739), 19_231)).toEqual([
		"echo: 4,739 instructions, 75.4 % below the agreed 19,231: lower the count in the same commit, so that nothing takes the gain away unseen " +
			"(npm run bench -- --write --only echo)",
	]);
});

it("a case with a bar is never above it, though it be within 3 % of what is agreed on", () => {
	expect(complaints({ ...row(4500), name: "udp-echo-64" }, 4432)).toEqual([]);
	expect(complaints({ ...row(4501), name: "udp-echo-64" }, 4432)).toEqual([
		"udp-echo-64: 4,501 instructions, where 4,500 are the most, whatever is agreed on: mend it",
	]);
});

it("every bar is that of a case, whose agreed count is below it", () => {
	const counts = readCounts();
	for (const [name, bar] of Object.entries(BARS)) expect(counts[name], name).toBeLessThanOrEqual(bar);
});

it("slots, chunks and collections fail at any count, however few", () => {
	for (const [more, told] of [
		[{ slots: 0.00001 }, "0.00001 slots and 0 chunk bytes a packet, 0 collections"],
		[{ chunkBytes: 0.02112 }, "0 slots and 0.02112 chunk bytes a packet, 0 collections"],
		[{ collections: 1 }, "0 slots and 0 chunk bytes a packet, 1 collections"],
	] as const)
		expect(complaints(row(10_000, more), 10_000)).toEqual([`echo: ${told}, where each has to be 0: mend it`]);
	expect(complaints(row(20_000, { slots: 1 }), 10_000)).toHaveLength(2);
});

it("a case without an agreed count fails, and so does a count without its case", () => {
	expect(unmatched({ echo: 1, gone: 2 }, ["echo", "new"])).toEqual([
		"new: no agreed count in test/bench/counts.json: npm run bench -- --write --only new",
		"gone: an agreed count in test/bench/counts.json, and no such case: npm run bench -- --write",
	]);
	expect(unmatched({ echo: 1 }, ["echo"])).toEqual([]);
});

it("a case with many that costs more than 1.1 times the one with few fails, and no agreed count does", () => {
	const counts = { "idle-poll": 1000, "idle-poll-interfaces-16": 1100, "demux-4": 1000, "demux-1024": 1101 };
	expect(uneven(counts)).toEqual([
		"demux-1024: an agreed count of 1,101, 1.10 times that of demux-4, where 1.1 is the most: mend what is looked at one by one",
	]);
	expect(uneven({ "demux-4": 1000 })).toEqual([]);
	expect(uneven(readCounts())).toEqual([]);
});

it("writing renews what was measured, keeps what was not, and drops what is gone", () => {
	const before = { gone: 5, kept: 7, echo: 10_000 };
	const after = renewed(before, ["echo", "kept", "new", "failed"], [row(11_000), { ...row(3), name: "new" }]);
	expect(Object.entries(after)).toEqual([
		["echo", 11_000],
		["kept", 7],
		["new", 3],
	]);
	expect(changes(before, after)).toEqual(["gone: gone, was 5", "echo: 11,000, was 10,000 (+10.0 %)", "new: 3, new"]);
	expect(changes(after, after)).toEqual([]);
});

describe("the table of docs/figures.md", () => {
	const counts = readCounts();
	const [table] = readFileSync("docs/figures.md", "utf8").match(/^\| case [^]*?\n\n/m)!;
	const figures = [...table.matchAll(/^\| (`[^|]*)\|([^|]*)\|/gm)].flatMap(([, cases, told]) => {
		const numbers = told!.split("/").map((text) => Number(text.replaceAll(",", "")));
		return [...cases!.matchAll(/`([^`]+)`/g)].map(([, name], i) => [name!, numbers[i]!] as const);
	});

	it("has its cases", () => {
		expect(figures.length).toBeGreaterThan(25);
	});

	it.each(figures)("%s: %i", (name, told) => {
		const agreed = counts[name];
		expect(agreed, "an agreed count").toBeDefined();
		expect(Math.abs(told - agreed!), `agreed are ${agreed}`).toBeLessThanOrEqual(agreed! * ALLOWED);
	});
});
