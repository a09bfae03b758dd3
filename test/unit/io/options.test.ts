// What options beyond the standard's do: ttl, dscp, userTimeout, interface, and multicast groups.

import { describe, expect, it } from "vitest";
import { createIO } from "../../../src/io/io.ts";
import type { TCP, TCPError, UDP, UDPOptions } from "../../../src/io/types.ts";
import { parseFrame } from "../../support/parse.ts";
import { World } from "../../support/world.ts";
import { ascii, connected, pair, text, type Pair } from "./pair.ts";

/** The octets behind the version of the IP packets that the first node sends, from now on. */
function octets(p: Pair): number[] {
	const seen: number[] = [];
	p.world.segments[0]!.tap = (frame, from) => {
		const packet = parseFrame(frame).ipv4;
		if (packet !== undefined && from === p.one.stack.interfaces.find("eth0")!.device) seen.push(packet.tos);
	};
	return seen;
}

/** The times to live of the IP packets that the first node sends, from now on. */
function ttls(p: Pair): number[] {
	const seen: number[] = [];
	p.world.segments[0]!.tap = (frame, from) => {
		const packet = parseFrame(frame).ipv4;
		if (packet !== undefined && from === p.one.stack.interfaces.find("eth0")!.device) seen.push(packet.ttl);
	};
	return seen;
}

const all = (values: number[], value: number) => values.length > 0 && values.every((each) => each === value);

describe("ttl", () => {
	it.each([undefined, 1, 255])("%s is that of every segment, the SYN's too", (ttl) => {
		const p = pair();
		const seen = ttls(p);
		const { client } = connected(p, { ttl });
		client.write(ascii("x"));
		client.close();
		p.world.run(500);
		expect(seen.length).toBeGreaterThan(2);
		expect(all(seen, ttl ?? 64)).toBe(true);
	});

	it("can be given to a connection that is taken over", () => {
		const p = pair();
		const { client } = connected(p);
		const seen = ttls(p);
		new p.a.TCP({ from: client, ttl: 9 }).write(ascii("x"));
		p.world.run(500);
		expect(all(seen, 9)).toBe(true);
	});

	it("does not stay with the next who gets the socket", () => {
		const p = pair({ sockets: { tcp: 2, udp: 1 } });
		new p.a.UDP({ ttl: 9 }).close();
		const gone = new p.a.TCP({ address: "10.0.0.2", port: 9, ttl: 9 });
		p.world.run(50);
		gone.close();
		const seen = ttls(p);
		new p.a.UDP({}).write(ascii("x"), "10.0.0.2", 9);
		connected(p);
		expect(all(seen, 64)).toBe(true);
	});

	it.each([{ ttl: 7 }, { timeToLive: 7 }, {}])("is that of every datagram: %j", (options) => {
		const p = pair();
		const seen = ttls(p);
		const socket = new p.a.UDP(options);
		for (let i = 0; i < 3; i++) socket.write(ascii("x"), "10.0.0.2", 9);
		p.world.run(50);
		expect(all(seen, "ttl" in options || "timeToLive" in options ? 7 : 64)).toBe(true);
		expect(seen.length).toBe(3);
	});

	it("is 1 to groups unless told", () => {
		const p = pair();
		const seen = ttls(p);
		const socket = new p.a.UDP({});
		socket.write(ascii("x"), "239.1.2.3", 9);
		socket.write(ascii("x"), "10.0.0.2", 9);
		socket.write(ascii("x"), "10.0.0.255", 9);
		new p.a.UDP({ ttl: 255 }).write(ascii("x"), "224.0.0.251", 5353);
		p.world.run(50);
		expect(seen.sort((a, b) => a - b)).toEqual([1, 64, 64, 255]);
	});
});

describe("ttl of a Listener", () => {
	it("is that of its connections, from the answer to the SYN on, unless they have one of their own", () => {
		const p = pair();
		const seen = ttls(p);
		let accepted: TCP | undefined;
		new p.a.Listener({
			port: 80,
			ttl: 7,
			onReadable() {
				accepted = this.read();
			},
		});
		new p.b.TCP({ address: "10.0.0.1", port: 80 });
		p.world.run(100);
		accepted!.write(ascii("x"));
		p.world.run(100);
		expect(seen.length).toBe(2);
		expect(all(seen, 7)).toBe(true);
		new p.a.TCP({ from: accepted!, ttl: 9 }).write(ascii("x"));
		p.world.run(100);
		expect(seen).toEqual([7, 7, 9]);
	});

	it("does not stay with the next listener that gets the socket", () => {
		const p = pair({ sockets: { tcp: 2 } });
		new p.a.Listener({ port: 80, ttl: 7, dscp: 46 }).close();
		const seen = ttls(p);
		new p.a.Listener({ port: 80 });
		new p.b.TCP({ address: "10.0.0.1", port: 80 });
		p.world.run(100);
		expect(all(seen, 64)).toBe(true);
	});
});

describe("dscp", () => {
	it.each([undefined, 0, 46, 63])("%s is that of every segment, the SYN's too", (dscp) => {
		const p = pair();
		const seen = octets(p);
		const { client } = connected(p, { dscp });
		client.write(ascii("x"));
		client.close();
		p.world.run(500);
		expect(seen.length).toBeGreaterThan(2);
		expect(all(seen, (dscp ?? 0) * 4)).toBe(true);
	});

	it("is that of what is sent again, and of RST", () => {
		const p = pair();
		const { client } = connected(p, { dscp: 10, ttl: 9 });
		const seen = octets(p);
		p.world.segments[0]!.faults = { loss: 1 };
		client.write(ascii("x"));
		p.world.run(2000);
		expect(seen.length).toBeGreaterThan(2);
		p.one.stack.tcp.abort(p.one.stack.tcp.inUse()[0]!);
		p.world.run(10);
		expect(all(seen, 40)).toBe(true);
	});

	it("of a Listener is that of its connections, from the answer to the SYN on, unless they have one of their own", () => {
		const p = pair();
		const seen = octets(p);
		let accepted: TCP | undefined;
		new p.a.Listener({
			port: 80,
			dscp: 46,
			onReadable() {
				accepted = this.read();
			},
		});
		new p.b.TCP({ address: "10.0.0.1", port: 80 });
		p.world.run(100);
		new p.a.TCP({ from: accepted!, dscp: 0 }).write(ascii("x"));
		p.world.run(100);
		expect(seen).toEqual([184, 0]);
	});

	it.each([{ dscp: 46 }, { dscp: 46, ttl: 3 }, { dscp: 0 }, {}])("is that of every datagram: %j", (options: UDPOptions) => {
		const p = pair();
		const seen = octets(p);
		const socket = new p.a.UDP(options);
		for (let i = 0; i < 3; i++) socket.write(ascii("x"), "10.0.0.2", 9);
		p.world.run(50);
		expect(seen).toEqual([0, 0, 0].map(() => (options.dscp ?? 0) * 4));
	});

	it("leaves the time to live of datagrams as it is, and does not stay with the next who gets the socket", () => {
		const p = pair({ sockets: { udp: 1 } });
		const seen = ttls(p);
		const marked = new p.a.UDP({ dscp: 63 });
		marked.write(ascii("x"), "10.0.0.2", 9);
		marked.write(ascii("x"), "239.1.2.3", 9);
		marked.close();
		p.world.run(50);
		expect(seen.sort((a, b) => a - b)).toEqual([1, 64]);
		const next = octets(p);
		new p.a.UDP({}).write(ascii("x"), "10.0.0.2", 9);
		p.world.run(50);
		expect(next).toEqual([0]);
	});

	it.each([-1, 64, 1.5])("%s is refused", (dscp) => {
		const p = pair();
		const message = `dscp ${dscp}: expected a whole number from 0 to 63`;
		expect(() => new p.a.TCP({ address: "10.0.0.2", port: 80, dscp })).toThrow(message);
		expect(() => new p.a.Listener({ port: 80, dscp })).toThrow(message);
		expect(() => new p.a.UDP({ dscp })).toThrow(message);
	});
});

describe("userTimeout", () => {
	it.each([
		[1500, 1000, 2600],
		[5000, 4500, 6000],
	])("%s ms ends a connection whose data is not acknowledged", (userTimeout, least, most) => {
		const p = pair();
		let error: TCPError | undefined;
		const { client } = connected(p, {
			userTimeout,
			onError() {
				error = this.error;
			},
		});
		p.world.run(60_000);
		expect(error).toBeUndefined(); // silence alone is no reason
		p.world.segments[0]!.faults = { loss: 1 };
		const began = p.world.clock.now;
		client.write(ascii("x"));
		expect(p.world.until(() => error !== undefined, 120_000)).toBe(true);
		expect(error).toBe("timeout");
		expect(p.world.clock.now - began).toBeGreaterThan(least);
		expect(p.world.clock.now - began).toBeLessThan(most);
	});

	it("ends an attempt to connect", () => {
		const p = pair({}, { loss: 1 });
		let error: TCPError | undefined;
		const began = p.world.clock.now;
		new p.a.TCP({
			address: "10.0.0.2",
			port: 80,
			userTimeout: 4000,
			onError() {
				error = this.error;
			},
		});
		expect(p.world.until(() => error !== undefined, 20_000)).toBe(true);
		expect(p.world.clock.now - began).toBeLessThan(5000);
		// Ethernet finds no neighbour; a host that is there and says nothing is a "timeout".
		expect(["timeout", "unreachable"]).toContain(error);
	});

	it("of a connection that is taken over counts from when it stalled", () => {
		const p = pair();
		const { client } = connected(p);
		p.world.segments[0]!.faults = { loss: 1 };
		client.write(ascii("x"));
		p.world.run(20_000);
		let error: TCPError | undefined;
		new p.a.TCP({
			from: client,
			userTimeout: 10_000,
			onError() {
				error = this.error;
			},
		});
		p.world.run(100);
		expect(error).toBe("timeout");
	});

	it("is 100 s unless told, or 0", () => {
		const p = pair();
		let error: TCPError | undefined;
		const { client } = connected(p, {
			userTimeout: 0,
			onError() {
				error = this.error;
			},
		});
		p.world.segments[0]!.faults = { loss: 1 };
		client.write(ascii("x"));
		p.world.run(95_000);
		expect(error).toBeUndefined();
		p.world.run(20_000);
		expect(error).toBe("timeout");
	});
});

describe("interface", () => {
	it("is the name of that which a connection, a listener or a socket uses", () => {
		const p = pair();
		const { client, server } = connected(p);
		expect([client.interface, server.interface]).toEqual(["eth0", "eth0"]);
		expect(new p.a.Listener({}).interface).toBeUndefined();
		expect(new p.a.Listener({ interface: "eth0" }).interface).toBe("eth0");
		const local = new p.a.TCP({ address: "127.0.0.1", port: 9 });
		expect(local.interface).toBe("lo");
		const socket = new p.a.UDP({});
		expect(socket.interface).toBeUndefined();
		socket.write(ascii("x"), "10.0.0.2", 9);
		expect(socket.interface).toBe("eth0");
		expect(new p.a.UDP({ interface: p.one.stack.interfaces.find("eth0") }).interface).toBe("eth0");
	});
});

/** A receiver with two interfaces, and a sender on each of their segments. */
function groups() {
	const world = new World(1);
	const [left, right] = [world.segment(), world.segment()];
	const here = world.node("here");
	here.ethernet("eth0", left.port({ mac: 1 }), "10.0.0.1/24");
	here.ethernet("eth1", right.port({ mac: 2 }), "10.0.1.1/24");
	const far = [left, right].map((segment, i) => {
		const node = world.node(`far${i}`);
		node.ethernet("eth0", segment.port({ mac: 10 + i }), `10.0.${i}.2/24`);
		return new (createIO(node.stack).UDP)({});
	});
	const heard: string[] = [];
	const open = (options: UDPOptions) =>
		new (createIO(here.stack).UDP)({
			port: 5000,
			...options,
			onReadable(count) {
				for (; count > 0; count--) {
					const datagram = this.read()!;
					heard.push(`${text(datagram)} of ${datagram.address}`);
				}
			},
		});
	/** What is heard of what both senders send to the group. */
	const send = (group: string) => {
		heard.length = 0;
		for (const socket of far) socket.write(ascii("hello"), group, 5000);
		world.run(50);
		return heard.map((line) => line.slice(-8)).sort();
	};
	return { world, here, open, send };
}

describe("multicast groups", () => {
	const BOTH = ["10.0.0.2", "10.0.1.2"];

	it("are heard from when they are joined until they are left, on every interface", () => {
		const { open, send } = groups();
		const socket = open({});
		expect(send("239.1.1.1")).toEqual([]);
		socket.add("239.1.1.1");
		socket.add("239.1.1.1");
		expect(send("239.1.1.1")).toEqual(BOTH);
		expect(send("239.1.1.2")).toEqual([]);
		socket.remove("239.1.1.1");
		expect(send("239.1.1.1")).toEqual([]);
		expect(() => socket.remove("239.1.1.1")).toThrow('group "239.1.1.1": expected one that was joined');
	});

	it("are joined on one interface: that which is named, or that which the socket is bound to", () => {
		const { here, open, send } = groups();
		const socket = open({});
		socket.add("239.1.1.1", "eth1");
		expect(send("239.1.1.1")).toEqual(["10.0.1.2"]);
		expect(() => socket.remove("239.1.1.1")).toThrow("expected one that was joined");
		socket.add("239.1.1.1", here.stack.interfaces.find("eth0"));
		expect(send("239.1.1.1")).toEqual(BOTH);
		socket.remove("239.1.1.1", "eth1");
		expect(send("239.1.1.1")).toEqual(["10.0.0.2"]);
		socket.close();
		const bound = open({ interface: "eth1", multicast: "239.1.1.1" });
		expect(send("239.1.1.1")).toEqual(["10.0.1.2"]);
		bound.close();
	});

	it("are left by close, and stay joined for others that want them", () => {
		const { here, open, send } = groups();
		const socket = open({ multicast: "224.0.0.251" });
		const other = open({ port: 6000, multicast: "224.0.0.251" });
		expect(send("224.0.0.251")).toEqual(BOTH);
		other.close();
		expect(send("224.0.0.251")).toEqual(BOTH);
		socket.close();
		open({});
		expect(send("224.0.0.251")).toEqual([]);
		expect(here.stack.interfaces.list.every((link) => link.ip.groups.size === 0)).toBe(true);
	});

	it("are heard on an interface that comes later", () => {
		const { world, here, open } = groups();
		const heard: string[] = [];
		const socket: UDP = open({ multicast: "239.1.1.1" });
		socket.close();
		new (createIO(here.stack).UDP)({
			port: 5000,
			multicast: "239.1.1.1",
			onReadable() {
				heard.push(this.read()!.address);
			},
		});
		const segment = world.segment();
		here.ethernet("eth2", segment.port({ mac: 3 }), "10.0.2.1/24");
		const node = world.node("late");
		node.ethernet("eth0", segment.port({ mac: 30 }), "10.0.2.2/24");
		new (createIO(node.stack).UDP)({}).write(ascii("x"), "239.1.1.1", 5000);
		world.run(50);
		expect(heard).toEqual(["10.0.2.2"]);
	});

	it.each(["10.0.0.1", "255.255.255.255", "223.255.255.255", "240.0.0.0"])("are not %s", (address) => {
		const { here, open } = groups();
		const message = `"${address}": expected a multicast group`;
		expect(() => open({ multicast: address })).toThrow(`multicast ${message}`);
		const socket = open({});
		expect(() => socket.add(address)).toThrow(`group ${message}`);
		expect(() => socket.add(7 as never)).toThrow(TypeError);
		expect(() => socket.add("2001:db8::1")).toThrow("expected a multicast group");
		expect(() => socket.add("239.0.0.1", "eth9")).toThrow('interface "eth9"');
		expect(here.stack.udp.sockets.filter((each) => each.open).length).toBe(1);
		expect(socket.address).toBe("::");
	});
});

describe("a socket whose interface was removed", () => {
	it("has none, and no business with the one that came in its place", () => {
		const p = pair();
		const { stack } = p.one;
		const eth0 = stack.interfaces.find("eth0")!;
		const socket = new p.a.UDP({ port: 5353, interface: "eth0" });
		const listener = new p.a.Listener({ port: 7, interface: "eth0" });
		socket.add("224.0.0.251");
		stack.interfaces.remove(eth0);
		const eth9 = p.one.ethernet("eth9", p.world.segment().port({ mac: 9 }), "10.9.0.1/24");
		expect(eth9.slot).not.toBe(0);
		expect([socket.interface, listener.interface]).toEqual([undefined, undefined]);
		expect(() => socket.add("224.0.0.252")).toThrow("is gone");
		socket.remove("224.0.0.251");
		socket.close();
		expect([...eth9.ip.groups.keys()]).toEqual([]);
	});
});
