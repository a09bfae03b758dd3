// What is no address, names no interface or is a group where a host is wanted is refused, with an error that names it, wherever programs give addresses.

import { describe, expect, it } from "vitest";
import { useStack } from "../../../src/io/current.ts";
import { PingSocket } from "../../../src/io/ping.ts";
import { RawSocket } from "../../../src/io/raw.ts";
import { Resolver } from "../../../src/modules/dns.ts";
import { pair } from "./pair.ts";

const MALFORMED = [
	..." ,1.2.3,1.2.3.4.5,256.1.1.1,01.2.3.4,1.2.3.4 ,:::,1::2::3,12345::,g::1,[::1],::1/64,1:2:3:4:5:6:7,1:2:3:4:5:6:7:8:9,1::2:3:4:5:6:7:8".split(
		",",
	),
	// Zones: none, nobody's, of what is the same everywhere, of nothing, and two.
	..."fe80::1%,fe80::1%eth9,2001:db8::1%eth0,10.0.0.1%eth0,%eth0,fe80::1%eth0%eth0".split(","),
];
const GROUPS = ["ff02::1", "ff15::1234", "224.0.0.1", "239.255.255.255", "255.255.255.255", "10.0.0.255"];

function scene() {
	const p = pair({ sockets: { raw: 1 } });
	const { stack } = p.one;
	const link = stack.interfaces.find("eth0")!;
	link.addAddress("2001:db8::1/64");
	useStack(stack);
	const socket = new p.a.UDP({});
	const byte = new Uint8Array(1);
	const uses: Record<string, (text: never) => unknown> = {
		"TCP's address": (address) => new p.a.TCP({ address, port: 9 }),
		"Listener's address": (address) => new p.a.Listener({ address }),
		"UDP's address": (address) => new p.a.UDP({ address }),
		"UDP's write": (address) => socket.write(byte, address, 9),
		"UDP's localAddress": (localAddress) => socket.write(byte, "10.0.0.2", 9, { localAddress }),
		"UDP's group": (group) => socket.add(group),
		"UDP's source": (source) => socket.add("239.1.2.3", "eth0", source),
		"Ping's address": (address) => new PingSocket(stack, { address }),
		"Raw's address": (address) => new RawSocket(stack, { protocol: 89, address } as never),
		"a name server": (server) => (link.nameServers = [server]),
		"a Resolver's server": (server) => new Resolver({ servers: [server] }),
		"a gateway": (gateway) => stack.routes.add({ prefix: "2001:db8:9::/64", gateway, interface: link }),
		"a prefix": (prefix) => stack.routes.add({ prefix: `${prefix as string}/64`, interface: link }),
		"an interface's address": (address) => link.addAddress(`${address as string}/64`),
	};
	return { uses, stack };
}

function refused(what: string, action: () => unknown, value: string): void {
	let error: unknown;
	try {
		action();
	} catch (thrown) {
		error = thrown;
	}
	expect(error instanceof RangeError || error instanceof TypeError, `${what} ${JSON.stringify(value)}: ${String(error)}`).toBe(
		true,
	);
	expect((error as Error).message, what).toContain(value);
}

describe("an address", () => {
	it("that is malformed, or whose zone is none, is named by the error", () => {
		const { uses, stack } = scene();
		const before = stack.routes.list.length;
		for (const [what, use] of Object.entries(uses)) for (const text of MALFORMED) refused(what, () => use(text as never), text);
		expect(stack.routes.list.length).toBe(before);
		expect(stack.tcp.available).toBe(stack.core.limits.tcp);
	});

	it("that is no text is a TypeError", () => {
		const { uses } = scene();
		for (const [what, use] of Object.entries(uses))
			if (!/prefix|interface/.test(what))
				for (const value of [7, null, {}, true]) expect(() => use(value as never), `${what} ${String(value)}`).toThrow(TypeError);
	});

	it("of a group, or of all, is refused where that of a host is wanted", () => {
		const { uses } = scene();
		for (const what of ["TCP's address", "Listener's address"])
			for (const text of GROUPS) refused(what, () => uses[what]!(text as never), text);
		// Of subnets' broadcasts these know nothing.
		for (const what of ["UDP's source", "a name server", "a Resolver's server"])
			for (const text of GROUPS.slice(0, -1)) refused(what, () => uses[what]!(text as never), text);
	});
});
