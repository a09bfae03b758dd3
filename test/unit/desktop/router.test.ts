// What a board file says of a filter and of translation: hosts/desktop/router.ts.

import { expect, test } from "vitest";
import { checkBoard } from "../../../hosts/desktop/board.ts";
import { routerOf } from "../../../hosts/desktop/router.ts";

const interfaces = [
	{ name: "eth0", wire: "tap:tap0", addresses: ["192.168.1.1/24"] },
	{ name: "ppp0", link: "ppp", wire: "pty" },
];

function board(more: object): () => ReturnType<typeof checkBoard> {
	return () => checkBoard("board.json", { interfaces, ...more });
}

test("a router has room for 256 sessions, and for the rules that there are, unless told", () => {
	const said = { forwarding: true, nat: { out: "ppp0" }, filter: [{ in: "ppp0", action: "drop" }] };
	const { stack, file } = board(said)();
	expect(stack.router).toEqual({ entries: 256, rules: 1 });
	expect(routerOf(file)).toEqual({ nat: { out: "ppp0" }, filter: [{ in: "ppp0", action: "drop" }] });
	expect(board({ ...said, limits: { router: { entries: 32 } } })().stack.router).toEqual({ entries: 32, rules: 1 });
	expect(board({})().stack.router).toBeUndefined();
	expect(routerOf(board({})().file)).toBeUndefined();
});

test("what is wrong is told with its value, and what to do", () => {
	const nat = { out: "ppp0" };
	for (const [more, message] of [
		[{ forwarding: true, nat: { out: "eth9" } }, 'nat.out "eth9": there is no such interface; expected lo, eth0, ppp0'],
		[{ forwarding: true, nat: { out: ["eth0", "eth9"] } }, 'nat.out "eth9": there is no such interface; expected lo, eth0, ppp0'],
		[{ nat }, 'nat: a router forwards; say "forwarding": true'],
		[{ filter: [{ in: "wan", action: "drop" }] }, 'filter[0].in "wan": there is no such interface'],
		[{ filter: [{ in: "eth0" }] }, "filter[0].action: missing"],
		[{ filter: [{ in: "eth0", action: "deny" }] }, 'filter[0].action "deny": expected "accept", "drop" or "reject"'],
		[{ outside: ["eth0", "wan"] }, 'outside[1] "wan": there is no such interface'],
		[{ forwardPorts: [{ protocol: "tcp", port: 80, to: "192.168.1.5" }] }, "forwardPorts: they lead from the address of nat"],
		[
			{ forwarding: true, nat, forwardPorts: [{ protocol: "tcp", port: 0, to: "192.168.1.5" }] },
			"forwardPorts[0].port 0: expected 1 to 65535",
		],
		[
			{ forwarding: true, nat, limits: { router: { entries: 0 } } },
			"limits.router.entries 0: expected at least 1, for filter or nat",
		],
	] as [object, string][])
		expect(board(more), message).toThrow(message);
});
