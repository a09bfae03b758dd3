import { afterEach, expect, it } from "vitest";
import ping from "../../../hosts/examples/ping.ts";
import { useStack } from "../../../src/io/current.ts";
import { statusOf } from "../../../src/status/status.ts";
import { pair } from "../io/pair.ts";
import { stage } from "./program.ts";

afterEach(() => useStack(undefined as never));

it("the example pings a name, and prints what came back", () => {
	const s = stage();
	useStack(s.one.stack);
	s.names["peer"] = "10.0.0.2";
	ping(s.device, { host: "peer", count: 3 });
	s.world.run(20_000);
	expect(s.lines[0]).toBe("ping peer (10.0.0.2)");
	expect(s.lines.slice(1, 4).map((line) => line.replace(/\d+ ms$/, ""))).toEqual(
		[1, 2, 3].map((sequence) => `56 bytes from 10.0.0.2: sequence ${sequence}, ttl 64, `),
	);
	expect(s.lines[4]).toBe("3 sent, 3 received, 0 % lost");
	expect(s.lines[5]).toMatch(/^min \d+, avg [\d.]+, max \d+, mdev [\d.]+ ms$/);
	expect(statusOf(s.one.stack).sockets).toEqual([]);
});

it("the example says that nobody is there, and that there is no such name", () => {
	const s = stage(pair({}, { loss: 1 }));
	useStack(s.one.stack);
	ping(s.device, { host: "10.0.0.2", count: 2 });
	ping(s.device, { host: "nobody" });
	s.world.run(60_000);
	expect(s.lines).toContain("nobody: no such name");
	expect(s.lines.filter((line) => /: sequence [12]$/.test(line))).toHaveLength(2);
	expect(s.lines[s.lines.length - 1]).toBe("2 sent, 0 received, 100 % lost");
});
