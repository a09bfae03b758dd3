// The little Python of published scripts.

import { describe, expect, it } from "vitest";
import { Code } from "./code.ts";
import { ScriptError, Unsupported } from "./lexer.ts";
import { runPython } from "./python.ts";

const NAMES: Readonly<Record<string, number>> = { cwnd: 10, rtt: 20_000, options: 7 };

function run(text: string): Map<string, number> {
	const variables = new Map<string, number>();
	runPython(text, variables, (name) => NAMES[name]);
	return variables;
}

describe("code of scripts", () => {
	it.each([
		"assert cwnd == 10, cwnd",
		"assert cwnd == 10, 'cwnd=%d' % cwnd",
		"assert 5 <= cwnd <= 10 < 11",
		"assert (options & 4) != 0 and (options & 8) == 0",
		"assert options == (1 | 2 | 4)",
		"assert 1 + 2 * 3 == 7 and -7 // 2 == -4 and -7 % 3 == 2 and 2 << 3 == 0x10",
		"assert not cwnd == 9 or False",
		"print(cwnd); assert cwnd > 9 # and a comment; assert cwnd == 0",
		"assert min(cwnd, 3) == 3 and abs(-2) == 2",
		"assert 19000 <= rtt <= 21000, rtt; \\\n   assert cwnd == 10",
	])("holds: %s", (text) => {
		expect(() => run(text)).not.toThrow();
	});

	it.each([
		["assert cwnd == 11, cwnd", "assert cwnd == 11: 10 == 11"],
		["assert 1 <= cwnd <= 9", "10 <= 9"],
		["assert 11 <= cwnd <= 12", "11 <= 10"],
		["x = 3\nassert x == cwnd", "3 == 10"],
		["assert not cwnd", "does not hold"],
	])("does not hold: %s", (text, message) => {
		expect(() => run(text)).toThrow(ScriptError);
		expect(() => run(text)).toThrow(message);
	});

	it("keeps what is assigned", () => {
		expect([...run("x = 2\nx += 3; x *= cwnd\ny = x - 1")]).toEqual([
			["x", 50],
			["y", 49],
		]);
	});

	it.each(["for x in y: pass", "import os", "assert foo == 1", "assert frob(1)", "assert (1", "assert 1 $ 2", "cwnd.x = 1"])(
		"refuses %s by name",
		(text) => {
			expect(() => run(text)).toThrow(Unsupported);
		},
	);

	it("keeps variables from one piece of code to the next, and knows the names of states", () => {
		const code = new Code();
		const info = { tcpi_snd_cwnd: 12, tcpi_state: 1 };
		code.check("cwnd = 11", info);
		code.check("cwnd += 1; assert tcpi_snd_cwnd == cwnd, tcpi_snd_cwnd", info);
		code.check("assert tcpi_state == TCP_ESTABLISHED\nassert tcpi_state == TCPI_ESTABLISHED", info);
		expect(() => code.check("assert tcpi_lost == 0", info)).toThrow("tcpi_lost in code is not supported");
		expect(() => code.check("assert tcpi_lost == 0", undefined)).toThrow("there is no connection");
	});
});
