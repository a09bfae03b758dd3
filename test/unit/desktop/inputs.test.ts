// What builds make anew, and what they leave: bundles by the files that were read for them, objects by the headers that they include.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { headerFinder } from "../../../build/compile.mjs";
import { unlessSame } from "../../../build/inputs.mjs";

const folder = mkdtempSync(join(tmpdir(), "inputs-"));
const at = (name: string): string => join(folder, name);
const put = (name: string, text: string): void => {
	mkdirSync(join(at(name), ".."), { recursive: true });
	writeFileSync(at(name), text);
};
afterAll(() => rmSync(folder, { recursive: true }));

describe("a bundle", () => {
	let times = 0;
	/** As compilers do, which write to a folder with another name every time. */
	const make = async (source: string, { fails = false, targets = ["out/one.js", "out/two.js"] } = {}) => {
		const js = mkdtempSync(at("js-"));
		writeFileSync(join(js, "source.js"), source);
		writeFileSync(join(js, "other.js"), String(Math.random()));
		await unlessSame(js, targets.map(at), () => {
			times++;
			if (fails) return Promise.reject(new Error("no"));
			for (const target of targets) put(target, source);
			return Promise.resolve({ read: [join(js, "source.js"), join(js, "source.js.map"), at("page.html")] });
		});
		rmSync(js, { recursive: true });
	};

	beforeEach(async () => {
		put("page.html", "page");
		await make("first");
		times = 0;
	});

	it("stays while nothing that was read for it changes", async () => {
		await make("first");
		expect(times).toBe(0);
	});

	it("is made when one of these does, in the compiler's folder or beside it", async () => {
		await make("second");
		expect(times).toBe(1);
		put("page.html", "another");
		await make("second");
		expect(times).toBe(2);
		await make("second");
		expect(times).toBe(2);
	});

	it("is made when one of its files is gone", async () => {
		rmSync(at("out/two.js"));
		await make("first");
		expect(times).toBe(1);
	});

	it("is made again where that failed, also of what was there before", async () => {
		await expect(make("second", { fails: true })).rejects.toThrow("no");
		await make("first");
		expect(times).toBe(2);
	});
});

describe("the headers of a C file", () => {
	const headersOf = () => headerFinder([at("a"), at("b")])(at("c/main.c"));

	beforeEach(() => {
		rmSync(at("a/both.h"), { force: true });
		put(
			"c/main.c",
			'#include <stdio.h>\n#include "own.h"\n#\tinclude "deep.h" /* why */\n// #include "never.h"\n#include "absent.h"\n',
		);
		put("c/own.h", "");
		put("a/never.h", "");
		put("a/own.h", "");
		put("a/deep.h", '#if __has_include("both.h")\n#include "both.h"\n#endif\n');
		put("b/both.h", '#include "deep.h"\n');
	});

	it("are those it includes, and what these include, as gcc finds them", () => {
		expect(headersOf()).toEqual(["c/own.h", "a/deep.h", "b/both.h"].map(at));
	});

	it("are others once an earlier folder has one of that name", () => {
		put("a/both.h", "");
		expect(headersOf()).toEqual(["c/own.h", "a/deep.h", "a/both.h"].map(at));
	});
});
