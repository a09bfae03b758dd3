import { expect, it } from "vitest";
import traceroute from "../../../hosts/examples/traceroute.ts";
import { statusOf } from "../../../src/status/status.ts";
import { stage } from "./program.ts";

it("the example prints the host that answers, and ends", () => {
	const s = stage();
	let done = 0;
	traceroute(s.device, { host: "10.0.0.2", onDone: () => void done++ });
	s.world.run(10_000);
	expect(s.lines[0]).toBe("traceroute to 10.0.0.2 (10.0.0.2)");
	expect(s.lines[1]).toMatch(/^ 1 {2}10\.0\.0\.2 {2}\d+ ms \d+ ms \d+ ms$/);
	expect([s.lines.length, done]).toEqual([2, 1]);
	expect(statusOf(s.one.stack).sockets).toEqual([]);
});

it("the example says where nobody answers, and that there is no way", () => {
	const s = stage();
	s.one.stack.routes.add({ prefix: "0.0.0.0/0", gateway: "10.0.0.2", interface: s.one.stack.interfaces.find("eth0")! });
	traceroute(s.device, { host: "192.0.2.1", hops: 2, waitMs: 500 });
	s.world.run(10_000);
	expect(s.lines.slice(1)).toEqual([" 1  * * *", " 2  * * *"]);
	s.lines.length = 0;
	traceroute(s.device, { host: "2001:db8::9" });
	s.world.run(1000);
	expect(s.lines[1]).toMatch(/^no route/);
});
