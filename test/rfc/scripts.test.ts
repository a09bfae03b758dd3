// Runs every script of scripts/, each three times: with the peer's sequence numbers as written, about to turn negative as int32,
// and about to wrap.

import { describe, it } from "vitest";
import scripts from "virtual:scripts";
import { parseScript } from "./parser.ts";
import { Runner } from "./runner.ts";

const OFFSETS = [0, 0x7fffff00, 0xffffff00];

describe.each(Object.keys(scripts))("%s", (name) => {
	it.each(OFFSETS)("holds with the peer's sequence numbers from %d on", (remoteOffset) => {
		const script = parseScript(name, scripts[name]!);
		for (const seed of [1, 2]) new Runner(script, { seed, remoteOffset, strictEnd: true }).run();
	});
});
