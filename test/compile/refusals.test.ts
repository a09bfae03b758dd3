// What is outside flat TypeScript is refused with its place and with what to write instead, and what is beside it is not.

import { describe, expect, it } from "vitest";
import { compile } from "./native.ts";
import { moduleOf, RULES } from "./refusals.ts";

const PATH = "test/compile/made/refused.ts";

function faultsOf(text: string) {
	return compile([{ path: PATH, text }], [PATH]).errors;
}

describe.each(RULES)("$name", ({ refused, accepted }) => {
	it.each(refused)("refused: %s", (text, says) => {
		const marked = moduleOf(text);
		const before = marked.slice(0, marked.indexOf("⟦")).split("\n");
		const [fault, ...more] = faultsOf(marked.replace("⟦", ""));
		expect(fault?.message).toMatch(says);
		expect(fault?.file).toBe(PATH);
		// What has no mark is told at the function.
		const place = marked.includes("⟦") ? [before.length, before.at(-1)!.length + 1] : [fault?.line, fault?.column];
		expect([fault?.line, fault?.column]).toEqual(place);
		expect(fault?.line).toBeGreaterThan(0);
		expect(more).toEqual([]);
	});
	it.each(accepted)("accepted: %s", (text) => {
		expect(faultsOf(moduleOf(text))).toEqual([]);
	});
});
