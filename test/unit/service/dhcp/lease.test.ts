// What of a server's options is taken, and what is not.

import { beforeEach, describe, expect, it } from "vitest";
import { DISCOVER, OFFER, ACK, REQUEST, addresses, classless, encode, type Options } from "../../../support/dhcp.ts";
import { ascii, ip, u32 } from "../../../support/frames.ts";
import { Rig } from "./rig.ts";

let rig: Rig;

beforeEach(() => {
	rig = new Rig({ routes: 32 });
});

const MASK: Options[0] = [1, addresses("255.255.255.0")];
const ROUTER: Options[0] = [3, addresses("192.168.1.1")];

/** A client that is bound to a lease with these options. */
function lent(options: Options, more: object = {}, lease = 3600) {
	rig.server.options = options;
	rig.server.lease = lease;
	const client = rig.client({ probes: 0, ...more });
	expect(rig.bound(client)).toBe(true);
	return client;
}

describe("the subnet", () => {
	it.each([
		["255.255.255.252", 30],
		["255.255.0.0", 16],
		["255.0.0.0", 8],
		["255.255.255.255", 32],
		["255.255.255.254", 31],
	])("has the mask %s", (mask, length) => {
		rig.server.address = "192.168.1.101";
		lent([[1, addresses(mask)]]);
		expect(rig.addresses()).toEqual([`192.168.1.101/${length}`]);
	});

	it.each([
		["192.168.1.100", 24],
		["172.16.1.100", 16],
		["10.1.1.100", 8],
	])("of %s without a mask is that of its class", (address, length) => {
		rig.server.address = address;
		lent([]);
		expect(rig.addresses()).toEqual([`${address}/${length}`]);
	});

	it.each([
		["with a hole", addresses("255.0.255.0")],
		["of nothing", addresses("0.0.0.0")],
		["wider than any network", addresses("254.0.0.0")],
		["upside down", addresses("0.0.0.255")],
		["too short", [255, 255, 255]],
		["too long", [255, 255, 255, 0, 0]],
	])("with a mask %s is that of its class", (_what, mask) => {
		lent([[1, mask]]);
		expect(rig.addresses()).toEqual(["192.168.1.100/24"]);
	});
});

describe("routes", () => {
	it("are those of option 121 alone, when there is one: on the link, to a router, and by routers outside of the subnet", () => {
		lent([MASK, ROUTER, [121, classless("10.0.0.0/8 192.168.1.254", "172.16.0.0/12 0.0.0.0", "198.51.100.7/32 203.0.113.1")]]);
		expect(rig.routes()).toEqual([
			"10.0.0.0/8 192.168.1.254 eth0 0",
			"172.16.0.0/12 0.0.0.0 eth0 0",
			"198.51.100.7/32 203.0.113.1 eth0 0",
		]);
		expect(rig.way(ip("8.8.8.8"))).toBe("");
	});

	it("of option 121 may have the default route, which comes first", () => {
		const client = lent([MASK, ROUTER, [121, classless("10.0.0.0/8 192.168.1.254", "0.0.0.0/0 192.168.1.253")]], { metric: 7 });
		expect(rig.routes()).toEqual(["0.0.0.0/0 192.168.1.253 eth0 7", "10.0.0.0/8 192.168.1.254 eth0 7"]);
		expect(client.state.router).toBe("192.168.1.253");
	});

	it.each([
		["cut off", [24, 10, 0, 0, 192, 168, 1]],
		["of a length beyond 32", [33, 10, 0, 0, 0, 0, 192, 168, 1, 254]],
	])("of an option 121 that is %s do not count, and option 3 does", (_what, bytes) => {
		lent([MASK, ROUTER, [121, bytes]]);
		expect(rig.routes()).toEqual(["0.0.0.0/0 192.168.1.1 eth0 0"]);
	});

	it("that cannot be are left out: to groups, to the loopback, by groups, by ourselves, and what the subnet has anyway", () => {
		const bad = ["224.0.0.0/4 192.168.1.1", "127.0.0.0/8 192.168.1.1", "10.0.0.0/8 255.255.255.255", "10.1.0.0/16 192.168.1.100"];
		lent([MASK, [121, classless(...bad, "192.168.1.0/24 0.0.0.0", "10.9.0.0/16 192.168.1.2", "10.9.0.0/16 192.168.1.3")]]);
		expect(rig.routes()).toEqual(["10.9.0.0/16 192.168.1.2 eth0 0"]);
	});

	it("lose their host bits", () => {
		lent([MASK, [121, [20, 10, 1, 255, 192, 168, 1, 1]]]);
		expect(rig.routes()).toEqual(["10.1.240.0/20 192.168.1.1 eth0 0"]);
	});

	it("are eight at most and the default one, however many a server sends", () => {
		const many = Array.from({ length: 40 }, (_, i) => `10.${i}.0.0/16 192.168.1.1`);
		const bytes = classless(...many, "0.0.0.0/0 192.168.1.1");
		lent([MASK, [121, bytes.slice(0, 252)], [121, bytes.slice(252)]]);
		expect(rig.routes().length).toBe(9);
		expect(rig.routes()[0]).toBe("0.0.0.0/0 192.168.1.1 eth0 0");
	});

	it("that find no room are done without: the address is there", () => {
		rig = new Rig({ routes: 4 });
		lent([
			MASK,
			[121, classless("10.0.0.0/8 192.168.1.1", "11.0.0.0/8 192.168.1.1", "12.0.0.0/8 192.168.1.1", "0.0.0.0/0 192.168.1.1")],
		]);
		expect(rig.addresses().length).toBe(1);
		expect(rig.stack.routes.list.length).toBe(4);
		expect(rig.routes()[0]).toBe("0.0.0.0/0 192.168.1.1 eth0 0");
	});

	it("by a router outside of the subnet work, as in a network of /32", () => {
		lent([
			[1, addresses("255.255.255.255")],
			[3, addresses("203.0.113.1")],
		]);
		expect(rig.routes()).toEqual(["0.0.0.0/0 203.0.113.1 eth0 0"]);
	});

	it("take the first router that can be one", () => {
		lent([MASK, [3, addresses("0.0.0.0", "255.255.255.255", "127.0.0.1", "192.168.1.100", "192.168.1.7")]]);
		expect(rig.routes()).toEqual(["0.0.0.0/0 192.168.1.7 eth0 0"]);
	});

	it("are taken only as far as the application wants", () => {
		lent([MASK, ROUTER, [121, classless("10.0.0.0/8 192.168.1.254", "0.0.0.0/0 192.168.1.1")]], { defaultRoute: false });
		expect(rig.routes()).toEqual(["10.0.0.0/8 192.168.1.254 eth0 0"]);
		rig = new Rig();
		lent([MASK, ROUTER, [121, classless("10.0.0.0/8 192.168.1.254")]], { classlessRoutes: false });
		expect(rig.routes()).toEqual(["0.0.0.0/0 192.168.1.1 eth0 0"]);
	});
});

describe("servers, names and sizes", () => {
	it("are four name servers and four time servers at most, each one that can be", () => {
		const client = lent([
			MASK,
			[6, addresses("0.0.0.0", "127.0.0.1", "224.0.0.1", "9.9.9.9", "9.9.9.9", "1.1.1.1", "8.8.8.8", "8.8.4.4", "1.0.0.1")],
			[42, addresses("192.168.1.9", "255.255.255.255")],
		]);
		expect(rig.link.nameServers).toEqual(["9.9.9.9", "1.1.1.1", "8.8.8.8", "8.8.4.4"]);
		expect(client.state.ntp).toEqual(["192.168.1.9"]);
	});

	it("are nothing where an option's length is wrong", () => {
		const client = lent([MASK, [6, [9, 9, 9]], [42, [1, 2, 3, 4, 5]], [26, [5]], [3, [192, 168, 1]]]);
		expect(rig.link.nameServers).toEqual([]);
		expect(client.state).toMatchObject({ ntp: [], mtu: 0, router: null });
	});

	it("are names, and no text that could do harm elsewhere", () => {
		expect(lent([MASK, [15, ascii("example.org\0")], [12, ascii("board-7")]]).state).toMatchObject({
			domain: "example.org",
			hostname: "board-7",
		});
		for (const bad of ["<b>x</b>", "a b", "-x", "a\nb", "\xff"]) {
			rig = new Rig();
			expect(lent([MASK, [15, ascii(bad)], [12, ascii(bad)]], { hostname: "me" }).state).toMatchObject({
				domain: "",
				hostname: "me",
			});
		}
	});

	it.each([
		[576, 576],
		[1400, 1400],
		[1500, 1500],
		[9000, 1500],
		[575, 1500],
		[68, 1500],
		[0, 1500],
	])("are an MTU of %d, which makes one of %d", (offered, mtu) => {
		const client = lent([MASK, [26, [offered >> 8, offered & 255]]]);
		expect(rig.link.mtu).toBe(mtu);
		client.close();
		expect(rig.link.mtu).toBe(1500);
	});

	it("may stand in the fields `file` and `sname`, and in pieces", () => {
		rig.server.silent = true;
		const client = rig.client({ probes: 0 });
		rig.world.until(() => rig.server.heard.length > 0, 2000);
		const fields = {
			options: [
				[54, addresses("192.168.1.1")],
				[51, u32(600)],
				[52, [3]],
				[15, ascii("exam")],
			] as Options,
			file: encode([[15, ascii("ple.")], MASK]),
			sname: encode([
				[15, ascii("org")],
				[6, addresses("9.9.9.9")],
			]),
		};
		rig.server.reply(rig.server.heard[0]!, OFFER, fields);
		rig.world.until(() => rig.server.heard.length > 1, 2000);
		rig.server.reply(rig.server.heard[1]!, ACK, fields);
		expect(rig.bound(client, 100)).toBe(true);
		expect(client.state).toMatchObject({ domain: "example.org", dns: ["9.9.9.9"], leaseSeconds: 600 });
	});
});

describe("times", () => {
	it.each([
		["as they are", 20, 40, 20, 40],
		["only T1", 20, undefined, 20, 105],
		["only T2", undefined, 40, 160 / 7, 40],
		["none", undefined, undefined, 60, 105],
		["T1 after T2", 50, 40, 160 / 7, 40],
		["T2 after the end", 20, 500, 20, 105],
		["both after the end", 200, 500, 60, 105],
		["of 0", 0, 0, 60, 105],
		["of 2 ** 32 - 1", 0xffffffff, 0xffffffff, 60, 105],
	])("are, %s, in order", (_what, t1, t2, renews, rebinds) => {
		const options: Options = [MASK];
		if (t1 !== undefined) options.push([58, u32(t1)]);
		if (t2 !== undefined) options.push([59, u32(t2)]);
		const { renewsInMs, rebindsInMs, expiresInMs } = lent(options, {}, 120).state;
		for (const [got, wanted] of [
			[renewsInMs, renews],
			[rebindsInMs, rebinds],
		] as const) {
			expect(got).toBeLessThanOrEqual(wanted * 1000);
			expect(got).toBeGreaterThan(wanted * 1000 * (1 - 1 / 60) - 10);
		}
		expect(expiresInMs).toBeGreaterThan(119_000);
	});
});

describe("an offer that cannot be", () => {
	const good: Options = [[54, addresses("192.168.1.1")], [51, u32(600)], MASK];
	const without = (code: number): Options => good.filter(([each]) => each !== code);

	it.each([
		["the address 0.0.0.0", { yiaddr: "0.0.0.0", options: good }],
		["a loopback address", { yiaddr: "127.0.0.5", options: good }],
		["a group", { yiaddr: "224.0.0.5", options: good }],
		["the broadcast address", { yiaddr: "255.255.255.255", options: good }],
		["the subnet's broadcast address", { yiaddr: "192.168.1.255", options: good }],
		["the subnet's own address", { yiaddr: "192.168.1.0", options: good }],
		["no server identifier", { options: without(54) }],
		["a group as its server", { options: [...without(54), [54, addresses("224.0.0.1")]] }],
		["no lease time", { options: without(51) }],
		["a lease of no time", { options: [...without(51), [51, u32(0)]] }],
		["another transaction", { options: good, xid: 1 }],
		["another hardware address", { options: good, chaddr: new Uint8Array([2, 0, 0, 0, 0, 9]) }],
		["the cookie of something else", { options: good, magic: 0x63825364 }],
		["a request's code", { options: good, op: 1 }],
		["no message type", { options: good, raw: encode(good) }],
		["an option that is cut off", { options: good, raw: [53, 1, 2, ...encode(good).slice(0, -1), 6, 200, 1] }],
		["more bytes than it may have", { options: good, raw: [...encode([[53, [2]], ...good]), ...new Uint8Array(337)] }],
		["a last code without a length", { options: good, raw: [53, 1, 2, ...encode(good).slice(0, -1), 6] }],
	] as [string, object][])("with %s is not taken, and is counted; a good one after it is", (_what, fields) => {
		rig.server.silent = true;
		const client = rig.client({ probes: 0 });
		rig.world.until(() => rig.server.heard.length > 0, 2000);
		const [discover] = rig.server.heard;
		rig.server.reply(discover!, OFFER, fields);
		rig.world.run(100);
		expect(client.state).toMatchObject({ state: "selecting", ignored: 1 });
		rig.server.silent = false;
		rig.server.reply(discover!, OFFER);
		expect(rig.bound(client, 1000)).toBe(true);
	});

	it.each([
		["another server's", { options: [[54, addresses("192.168.1.66")], ...without(54)] }],
		["one for another address", { yiaddr: "192.168.1.66", options: good }],
		["one without a lease time", { options: without(51) }],
		["another server's refusal", { type: 6, options: [[54, addresses("192.168.1.66")]] }],
		["a refusal without a server", { type: 6, options: [] }],
		["an offer", { type: OFFER, options: good }],
		["a request", { type: REQUEST, options: good }],
		["a discover", { type: DISCOVER, options: good }],
	] as [string, object][])("answers a request by %s: not taken", (_what, fields) => {
		const client = rig.client({ probes: 0 });
		rig.world.until(() => client.state.state === "requesting", 2000);
		rig.server.silent = true;
		rig.server.reply(rig.server.heard.at(-1)!, ACK, fields);
		rig.world.run(100);
		expect(client.state).toMatchObject({ state: "requesting", ignored: 1, address: null });
		rig.server.silent = false;
		expect(rig.bound(client)).toBe(true);
	});
});
