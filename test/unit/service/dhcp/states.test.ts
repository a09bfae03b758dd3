// The states of a DHCP client against a scripted server, on the virtual clock. RFC 2131 §4.4.

import { beforeEach, describe, expect, it } from "vitest";
import { ip, ipText, read32 } from "../../../support/frames.ts";
import { macOf } from "../../../support/wire.ts";
import { Rig } from "./rig.ts";
import { statusOf } from "../../../../src/status/status.ts";

let rig: Rig;

beforeEach(() => {
	rig = new Rig();
});

describe("getting an address", () => {
	it("asks, requests what is offered, probes, and then has address, default route and name servers", () => {
		const client = rig.client();
		expect(rig.bound(client)).toBe(true);
		expect(rig.server.names()).toEqual(["discover", "request"]);
		expect(rig.addresses()).toEqual(["192.168.1.100/24"]);
		expect(rig.routes()).toEqual(["0.0.0.0/0 192.168.1.1 eth0 0"]);
		expect(rig.link.nameServers).toEqual(["192.168.1.1", "192.168.1.2"]);
		const { state } = client;
		expect(state).toMatchObject({
			state: "bound",
			reason: "",
			address: "192.168.1.100",
			prefixLength: 24,
			broadcast: "192.168.1.255",
			server: "192.168.1.1",
			router: "192.168.1.1",
			leaseSeconds: 3600,
			ignored: 0,
		});
		expect(state.renewsInMs).toBeGreaterThan(1_760_000);
		expect(state.renewsInMs).toBeLessThanOrEqual(1_800_000);
		expect(state.rebindsInMs).toBeGreaterThan(3_090_000);
		expect(state.rebindsInMs).toBeLessThanOrEqual(3_150_000);
		expect(state.expiresInMs).toBeGreaterThan(3_590_000);
	});

	it("sends from 0.0.0.0 to everybody, though another interface has an address", () => {
		rig = new Rig({ interfaces: 2 });
		rig.links[1]!.ip.insertAddress("10.0.0.1", 24);
		rig.bound(rig.client({ hostname: "board-7" }));
		const [discover, request] = rig.server.heard;
		expect([discover!, request!].map(({ source, destination }) => [ipText(source), ipText(destination)])).toEqual([
			["0.0.0.0", "255.255.255.255"],
			["0.0.0.0", "255.255.255.255"],
		]);
		expect(discover).toMatchObject({ broadcast: true, ciaddr: 0, chaddr: macOf(1) });
		expect([...discover!.options.get(61)!]).toEqual([1, ...macOf(1)]);
		expect(String.fromCharCode(...discover!.options.get(12)!)).toBe("board-7");
		expect([...discover!.options.get(55)!]).toEqual([1, 121, 3, 6, 12, 15, 119, 26, 28, 42, 51, 58, 59]);
		expect(discover!.bytes.length).toBeGreaterThanOrEqual(300);
		expect(request!.xid).toBe(discover!.xid);
		expect(request!.secs).toBe(discover!.secs);
		expect(read32(request!.options.get(50)!, 0)).toBe(ip("192.168.1.100"));
		expect(read32(request!.options.get(54)!, 0)).toBe(ip("192.168.1.1"));
	});

	it.each([false, true])("takes answers by unicast to the address that is offered (strong host: %s)", (strongHost) => {
		rig = new Rig({ strongHost });
		rig.server.unicast = true;
		expect(rig.bound(rig.client())).toBe(true);
		expect(rig.server.names()).toEqual(["discover", "request"]);
	});

	it("takes by unicast to a strange address nothing but DHCP, and that only while it asks", () => {
		const client = rig.client();
		rig.server.unicast = true;
		const echo = rig.stack.udp.open("", 7, 0);
		rig.world.until(() => rig.server.heard.length > 0, 2000);
		const [discover] = rig.server.heard;
		rig.server.message(new Uint8Array(300), ip("192.168.1.77"), macOf(1));
		rig.bound(client);
		const notLocal = () => statusOf(rig.stack).interfaces[1]!.drops["ipNotLocal"] ?? 0;
		expect(notLocal()).toBe(0);
		rig.server.message(new Uint8Array(300), ip("192.168.1.77"), macOf(1));
		rig.world.run(10);
		expect(notLocal()).toBe(1);
		expect(rig.stack.udp.pending(echo)).toBe(0);
		expect(discover).toBeDefined();
	});

	it("asks again after 4, 8, 16, 32 and 64 seconds, each give or take one, for as long as nobody answers", () => {
		rig.server.silent = true;
		const client = rig.client();
		rig.world.run(400_000);
		const times = rig.server.heard.map(({ at }) => at);
		const waits = times.slice(1).map((at, i) => at - times[i]!);
		expect(times[0]! - 1000).toBeLessThan(501);
		for (const [i, wait] of waits.entries()) {
			const expected = Math.min(4000 * 2 ** i, 64_000);
			expect(Math.abs(wait - expected)).toBeLessThanOrEqual(1000);
		}
		expect(waits.length).toBeGreaterThan(6);
		expect(new Set(waits).size).toBeGreaterThan(5);
		expect(client.state.state).toBe("selecting");
		rig.server.silent = false;
		expect(rig.bound(client, 90_000)).toBe(true);
	});

	it("looks for another offer when the request is not answered four times", () => {
		const client = rig.client();
		rig.world.until(() => client.state.state === "requesting", 2000);
		rig.server.silent = true;
		rig.server.names();
		rig.world.run(70_000);
		expect(rig.server.names().slice(0, 4)).toEqual(["request", "request", "request", "discover"]);
		expect(client.state.reason).toBe("no answer to the request");
		rig.server.silent = false;
		expect(rig.bound(client, 90_000)).toBe(true);
	});

	it("begins anew when the request is refused, more slowly each time", () => {
		rig.server.refuses = true;
		const client = rig.client();
		rig.world.run(40_000);
		const count = rig.server.names().length;
		expect(count).toBeGreaterThanOrEqual(10);
		expect(count).toBeLessThan(20);
		expect(client.state).toMatchObject({ reason: "refused by the server", address: null });
		rig.server.refuses = false;
		expect(rig.bound(client, 90_000)).toBe(true);
		expect(client.state.reason).toBe("");
	});

	it("works when the clock wraps and when it is far from 0 at the start", () => {
		for (const start of [2 ** 31 - 3000, 2 ** 32 - 3000, 3_000_000_000]) {
			rig = new Rig({ start });
			expect(rig.bound(rig.client())).toBe(true);
		}
	});
});

describe("keeping it", () => {
	it("asks its server for more at T1, by unicast and from its address, and keeps address and routes as they are", () => {
		rig.server.lease = 60;
		const client = rig.client({ probes: 0 });
		rig.bound(client);
		rig.server.names();
		const [entry] = rig.link.addresses;
		const routes = [...rig.stack.routes.list];
		rig.world.run(31_000);
		const [request] = rig.server.heard;
		expect(request).toMatchObject({
			name: "request",
			broadcast: false,
			ciaddr: ip("192.168.1.100"),
			source: ip("192.168.1.100"),
			destination: ip("192.168.1.1"),
		});
		expect(request!.options.has(50)).toBe(false);
		expect(request!.options.has(54)).toBe(false);
		expect(client.state.state).toBe("bound");
		expect(client.state.expiresInMs).toBeGreaterThan(55_000);
		expect(rig.link.addresses[0]).toBe(entry);
		expect(rig.stack.routes.list).toEqual(routes);
		rig.world.run(3_600_000);
		expect(client.state.state).toBe("bound");
		expect(rig.link.addresses[0]).toBe(entry);
	});

	it("asks everybody at T2, and loses the address when the lease ends", () => {
		rig.server.lease = 60;
		const client = rig.client({ probes: 0 });
		rig.bound(client);
		rig.server.silent = true;
		rig.server.names();
		const states: string[] = [];
		for (let i = 0; i < 62; i++) {
			const { state } = client.state;
			if (states.at(-1) !== state) states.push(state);
			rig.world.run(1000);
		}
		expect(states.slice(0, 4)).toEqual(["bound", "renewing", "rebinding", "init"]);
		const asked = rig.server.heard.filter(({ name }) => name === "request");
		const [first, last] = [asked[0]!, asked.at(-1)!];
		expect(ipText(first.destination)).toBe("192.168.1.1");
		expect(ipText(last.destination)).toBe("255.255.255.255");
		expect([ipText(last.source), ipText(last.ciaddr)]).toEqual(["192.168.1.100", "192.168.1.100"]);
		expect(asked.length).toBeLessThan(12);
		expect(rig.addresses()).toEqual([]);
		expect(rig.routes()).toEqual([]);
		expect(rig.link.nameServers).toEqual([]);
		expect(client.state.reason).toBe("expired");
	});

	it("does not lose the address a moment too early or too late", () => {
		rig.server.lease = 100;
		const client = rig.client({ probes: 0 });
		rig.bound(client);
		const asked = rig.server.heard.find(({ name }) => name === "request")!;
		rig.server.silent = true;
		rig.world.run(asked.at + 100_000 - 1 - rig.world.clock.now);
		expect(rig.addresses()).toEqual(["192.168.1.100/24"]);
		rig.world.run(1);
		expect(rig.addresses()).toEqual([]);
	});

	it("goes on when the server comes back while it rebinds, even another server", () => {
		rig.server.lease = 60;
		const client = rig.client({ probes: 0 });
		rig.bound(client);
		rig.server.silent = true;
		rig.world.until(() => client.state.state === "rebinding", 60_000);
		rig.server.silent = false;
		rig.server.server = "192.168.1.2";
		expect(rig.bound(client, 8000)).toBe(true);
		expect(client.state.server).toBe("192.168.1.2");
		expect(rig.addresses()).toEqual(["192.168.1.100/24"]);
		expect(rig.routes().length).toBe(1);
	});

	it.each([1, 2, 3])("keeps a lease of a minute for hours over a line that loses one message in ten (seed %d)", (seed) => {
		rig = new Rig({ seed });
		rig.server.lease = 60;
		rig.server.loss = 0.1;
		const client = rig.client({ probes: 0 });
		expect(rig.bound(client, 60_000)).toBe(true);
		const [entry] = rig.link.addresses;
		rig.world.run(3 * 3_600_000);
		expect(rig.link.addresses).toEqual([entry]);
		expect(rig.link.addresses[0]).toBe(entry);
		// Once or twice in a lease, not more.
		expect(rig.server.heard.length).toBeLessThan((3 * 3600) / 20);
	});

	it("asks for the same address again after it ran out", () => {
		rig.server.lease = 20;
		const client = rig.client({ probes: 0 });
		rig.bound(client);
		rig.server.silent = true;
		rig.world.until(() => client.state.state === "selecting", 30_000);
		rig.world.run(10);
		expect(read32(rig.server.heard.at(-1)!.options.get(50)!, 0)).toBe(ip("192.168.1.100"));
	});

	it("gives the address up when a renewal is refused, and gets another", () => {
		rig.server.lease = 60;
		const client = rig.client({ probes: 0 });
		rig.bound(client);
		rig.server.refuses = true;
		rig.server.address = "192.168.1.101";
		expect(rig.world.until(() => rig.addresses().length === 0, 40_000)).toBe(true);
		expect(client.state.reason).toBe("refused by the server");
		expect(rig.routes()).toEqual([]);
		rig.server.refuses = false;
		expect(rig.bound(client, 90_000)).toBe(true);
		expect(rig.addresses()).toEqual(["192.168.1.101/24"]);
	});

	it("takes another address on renewal, after it has probed for it, with routes for the new subnet alone", () => {
		rig.server.lease = 60;
		const client = rig.client();
		rig.bound(client);
		rig.server.address = "10.9.0.5";
		rig.server.options = [
			[1, [255, 255, 0, 0]],
			[3, [10, 9, 0, 1]],
		];
		expect(rig.world.until(() => client.state.state === "probing", 60_000)).toBe(true);
		expect(rig.addresses()).toEqual([]);
		expect(rig.bound(client)).toBe(true);
		expect(rig.addresses()).toEqual(["10.9.0.5/16"]);
		expect(rig.routes()).toEqual(["0.0.0.0/0 10.9.0.1 eth0 0"]);
		expect(rig.link.nameServers).toEqual([]);
	});

	it("follows routes, servers and MTU that change with a renewal", () => {
		rig.server.lease = 60;
		const client = rig.client({ probes: 0, metric: 5 });
		rig.server.options = [...rig.server.options, [26, [3, 232]]];
		rig.bound(client);
		expect(rig.link.mtu).toBe(1000);
		rig.server.options = [
			[1, [255, 255, 255, 0]],
			[3, [192, 168, 1, 9]],
			[6, [9, 9, 9, 9]],
		];
		rig.world.run(40_000);
		expect(rig.routes()).toEqual(["0.0.0.0/0 192.168.1.9 eth0 5"]);
		expect(rig.link.nameServers).toEqual(["9.9.9.9"]);
		expect(rig.link.mtu).toBe(1500);
	});

	it("never asks again for a lease without an end, unless told to", () => {
		rig.server.lease = 0xffffffff;
		const client = rig.client({ probes: 0 });
		rig.bound(client);
		expect(client.state).toMatchObject({ leaseSeconds: -1, renewsInMs: -1, rebindsInMs: -1, expiresInMs: -1 });
		rig.server.names();
		rig.world.run(90 * 86_400_000);
		expect(rig.server.names()).toEqual([]);
		client.renew();
		rig.world.run(10);
		expect(rig.server.names()).toEqual(["request"]);
		expect(client.state.state).toBe("bound");
	});

	it.each([1, 2, 4, 6])(
		"of %i s, shorter than probing, comes into use and is kept, though a message in ten is lost",
		(seconds) => {
			rig.server.lease = seconds;
			const client = rig.client();
			expect(rig.bound(client, 1000 + seconds * 1000)).toBe(true);
			const probes = rig.server.arps.filter(({ sender, target }) => sender === 0 && target === ip("192.168.1.100"));
			expect(probes.length).toBe(3);
			rig.server.loss = 0.1;
			let without = 0;
			for (let i = 0; i < 100; i++) {
				rig.world.run(100 * seconds);
				if (rig.addresses().length === 0) without++;
			}
			expect(without).toBeLessThan(10);
		},
	);

	it("keeps count of a lease that is longer than the clock is before it wraps", () => {
		rig.server.lease = 100 * 86_400;
		const client = rig.client({ probes: 0 });
		rig.bound(client);
		rig.server.names();
		rig.world.run(49 * 86_400_000);
		expect(rig.server.names()).toEqual([]);
		rig.world.run(2 * 86_400_000);
		expect(rig.server.names()).toEqual(["request"]);
		expect(client.state.expiresInMs).toBeGreaterThan(98 * 86_400_000);
	});
});

describe("a link that goes and comes", () => {
	it("is asked about by a REQUEST for the same address: the lease is kept, and with it connections", () => {
		const client = rig.client();
		rig.bound(client);
		rig.server.names();
		rig.server.device.setLink(false);
		rig.world.run(5000);
		expect(client.state.state).toBe("down");
		expect(rig.addresses()).toEqual(["192.168.1.100/24"]);
		rig.server.arps.length = 0;
		rig.server.silent = true;
		rig.server.device.setLink(true);
		rig.world.run(100);
		const [request] = rig.server.heard;
		expect(request).toMatchObject({ name: "request", ciaddr: 0, source: 0, broadcast: true });
		expect(read32(request!.options.get(50)!, 0)).toBe(ip("192.168.1.100"));
		expect(request!.options.has(54)).toBe(false);
		// The router, asked by unicast, has said that the network is the same: the address is used again, and announced.
		expect(rig.server.arps.map(({ target }) => target)).toEqual([ip("192.168.1.1"), ip("192.168.1.100")]);
		expect(rig.addresses()).toEqual(["192.168.1.100/24"]);
		rig.server.silent = false;
		expect(rig.bound(client, 6000)).toBe(true);
	});

	it("gets a new address on another network, whose server refuses the old one", () => {
		const client = rig.client({ probes: 0 });
		rig.bound(client);
		rig.server.device.setLink(false);
		rig.world.run(1000);
		rig.server.device.setLink(true);
		Object.assign(rig.server, { refuses: true, server: "10.0.0.1", address: "10.0.0.50" });
		rig.world.run(100);
		expect(rig.addresses()).toEqual([]);
		rig.server.refuses = false;
		expect(rig.bound(client)).toBe(true);
		expect(rig.addresses()).toEqual(["10.0.0.50/24"]);
	});

	it("goes on with the lease when nobody answers, until that ends", () => {
		rig.server.lease = 100;
		const client = rig.client({ probes: 0 });
		rig.bound(client);
		rig.server.silent = true;
		rig.server.device.setLink(false);
		rig.world.run(1000);
		rig.server.device.setLink(true);
		rig.world.run(10);
		expect(client.state.state).toBe("rebooting");
		expect(rig.world.until(() => client.state.state === "bound", 15_000)).toBe(true);
		expect(rig.addresses()).toEqual(["192.168.1.100/24"]);
		rig.world.run(100_000);
		expect(rig.addresses()).toEqual([]);
	});

	it("loses the address when the lease ends meanwhile", () => {
		rig.server.lease = 20;
		const client = rig.client({ probes: 0 });
		rig.bound(client);
		rig.server.device.setLink(false);
		rig.world.run(30_000);
		expect(client.state).toMatchObject({ state: "down", reason: "expired" });
		expect(rig.addresses()).toEqual([]);
		rig.server.names();
		rig.server.device.setLink(true);
		rig.bound(client);
		expect(rig.server.names()).toEqual(["discover", "request"]);
	});

	it("that was never there costs nothing, and begins when it comes", () => {
		rig.server.device.setLink(false);
		const client = rig.client();
		rig.world.run(10);
		const before = rig.node.polls;
		rig.world.run(3_600_000);
		expect(rig.node.polls - before).toBeLessThan(5);
		expect(client.state.state).toBe("down");
		rig.server.device.setLink(true);
		expect(rig.bound(client)).toBe(true);
	});

	it.each(["selecting", "requesting", "probing"])("may go while it is %s", (state) => {
		const client = rig.client();
		expect(rig.world.until(() => client.state.state === state, 3000)).toBe(true);
		rig.server.device.setLink(false);
		rig.world.run(1000);
		expect(client.state.state).toBe("down");
		rig.server.device.setLink(true);
		expect(rig.bound(client, 20_000)).toBe(true);
	});
});
