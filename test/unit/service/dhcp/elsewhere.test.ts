// After a link was down the network may be another: RFC 4436, RFC 5227 §2.1, RFC 2131 §3.2. The address that was lent is not used, announced or answered for
// before it is known to be right.

import { beforeEach, describe, expect, it } from "vitest";
import type { DhcpClient } from "../../../../src/service/dhcp/client.ts";
import type { Tcb } from "../../../../src/transport/tcp/tcb.ts";
import { ARP_REPLY, ARP_REQUEST, ETHERTYPE_IPV4, ethernet, ip, udp } from "../../../support/frames.ts";
import { parseFrame } from "../../../support/parse.ts";
import { macOf } from "../../../support/wire.ts";
import { Rig } from "./rig.ts";

const ADDRESS = "192.168.1.100";
let rig: Rig;
let client: DhcpClient;

/** What says that the address is ours: ARP but the question by unicast for the router, and any packet from it. */
let used: string[];

function begin(): void {
	rig = new Rig();
	client = rig.client();
	rig.bound(client);
	rig.world.run(5000);
	used = [];
	const { device } = rig.server;
	const serve = device.onSend;
	device.onSend = (frame) => {
		const { arp, ipv4, destinationMac } = parseFrame(frame);
		if (arp?.sender === ip(ADDRESS) && (destinationMac![0] === 0xff || arp.operation === ARP_REPLY)) used.push("arp");
		if (ipv4?.source === ip(ADDRESS)) used.push("ip");
		serve?.(frame);
	};
}

beforeEach(begin);

/** The cable is pulled and put in somewhere. */
function replug(change: () => void = () => {}): void {
	rig.server.device.setLink(false);
	rig.world.run(1000);
	rig.server.names();
	rig.server.arps.length = 0;
	used.length = 0;
	change();
	rig.server.device.setLink(true);
}

/** The same subnet elsewhere: another router, whose DHCP server is as told. */
function elsewhere(silent: boolean): void {
	rig.server.mac = macOf(0x777);
	rig.server.silent = silent;
}

/** No server, no router. */
function nobody(): void {
	rig.server.silent = true;
	rig.server.reachable = false;
}

function connect(): Tcb {
	const tcb = rig.stack.tcp.connect("192.168.1.9", 80, {});
	tcb.owner = { onEvents: () => {} };
	return tcb;
}

describe("the same network", () => {
	it("is known by its router's answer, though its server is down: the address is used again at once", () => {
		replug(() => (rig.server.silent = true));
		rig.world.run(10);
		expect(rig.addresses()).toEqual([`${ADDRESS}/24`]);
		expect(rig.way(ip("8.8.8.8"))).toBe("eth0");
		rig.world.run(60_000);
		expect(client.state).toMatchObject({ state: "bound", reason: "" });
		expect(rig.server.names()).toEqual(["request", "request"]);
		expect(rig.server.arps.filter(({ sender }) => sender === 0)).toEqual([]);
	});

	it("is used again by the server's word too, after probes, where the router does not answer", () => {
		replug(() => (rig.server.reachable = false));
		rig.world.run(3000);
		expect(used).toEqual([]);
		expect(client.state.state).toBe("probing");
		expect(rig.bound(client)).toBe(true);
		expect(rig.server.names()).toEqual(["request"]);
		expect(rig.addresses()).toEqual([`${ADDRESS}/24`]);
	});

	it.each([true, false])("keeps connections; a server that is silent: %s", (silent) => {
		const tcb = connect();
		replug(() => (rig.server.silent = silent));
		rig.world.run(60_000);
		expect(tcb.error).toBe("");
		expect(tcb.localAddress).toBe(ADDRESS);
		expect(used).toContain("arp");
	});

	it("is asked about until it answers, as a switch may pass nothing for half a minute", () => {
		replug(nobody);
		rig.world.run(13_000);
		expect(client.address).toBeNull();
		expect(used).toEqual([]);
		rig.server.reachable = true;
		rig.world.run(17_000);
		expect(rig.addresses()).toEqual([`${ADDRESS}/24`]);
		expect(client.state.reason).toBe("");
	});

	it("where nobody answers, the address is used until its lease ends, but after probes, and asked about soon", () => {
		replug(nobody);
		rig.world.run(14_000);
		expect(rig.addresses()).toEqual([]);
		expect(used).toEqual([]);
		expect(rig.bound(client, 20_000)).toBe(true);
		expect(rig.server.names()).toEqual(["request", "request", "discover"]);
		const probes = rig.server.arps.filter(({ sender, target }) => sender === 0 && target === ip(ADDRESS));
		expect(probes.length).toBe(3);
		expect(client.state.reason).toBe("nobody has confirmed it since the link came up");
		expect(client.state.renewsInMs).toBeLessThanOrEqual(60_000);
		rig.server.silent = false;
		rig.server.reachable = true;
		rig.world.run(200_000);
		expect(client.state).toMatchObject({ state: "bound", reason: "" });
		expect(rig.server.names()).toContain("request");
	});

	it("where nobody answers and another station has the address, it is given up", () => {
		replug(() => {
			nobody();
			rig.server.taken.add(ADDRESS);
		});
		rig.world.run(40_000);
		expect(used).toEqual([]);
		expect(client.state).toMatchObject({ address: null, reason: "in use by another station" });
	});
});

describe("another network", () => {
	it.each([
		["refuses the address", () => (rig.server.refuses = true), ADDRESS],
		["says nothing of the address, and lends another", () => (rig.server.address = "192.168.1.55"), "192.168.1.55"],
		["says yes to the address", () => {}, ADDRESS],
	])("whose server %s: it is not used before a lease of that network", (_what, change, next) => {
		replug(() => {
			elsewhere(true);
			change();
		});
		rig.world.run(13_000);
		expect(rig.addresses()).toEqual([]);
		expect(used).toEqual([]);
		rig.server.silent = false;
		expect(rig.world.until(() => rig.server.heard.length >= 3, 20_000)).toBe(true);
		expect(used).toEqual([]);
		rig.server.refuses = false;
		expect(rig.bound(client, 60_000)).toBe(true);
		expect(rig.addresses()).toEqual([`${next}/24`]);
	});

	it("whose server says yes at once, as some do to everything: probes come first", () => {
		replug(() => {
			elsewhere(false);
			rig.server.taken.add(ADDRESS);
		});
		rig.world.run(8000);
		expect(used).toEqual([]);
		expect(rig.server.names()).toEqual(["request", "decline"]);
	});

	it("whose server is silent: the address is not used, as another station is the router there", () => {
		replug(() => elsewhere(true));
		rig.world.run(600_000);
		expect(rig.addresses()).toEqual([]);
		expect(used).toEqual([]);
		expect(client.state.state).toBe("selecting");
		expect(rig.server.names().slice(0, 3)).toEqual(["request", "request", "discover"]);
	});

	it("nothing is answered for the address meanwhile, nor received", () => {
		const socket = rig.stack.udp.open("", 7, 0);
		replug(() => elsewhere(true));
		rig.world.run(100);
		const datagram = { source: "192.168.1.9", destination: ADDRESS, sourcePort: 9, destinationPort: 7 };
		for (let i = 0; i < 5; i++) {
			rig.server.arp(ARP_REQUEST, "192.168.1.9", ADDRESS);
			rig.server.arp(ARP_REQUEST, "0.0.0.0", ADDRESS);
			rig.server.device.inject(ethernet(macOf(1), macOf(0x777), ETHERTYPE_IPV4, udp(datagram, new Uint8Array(4))));
			rig.world.run(100);
		}
		expect(used).toEqual([]);
		expect(rig.stack.udp.pending(socket)).toBe(0);
	});

	it("ends connections when it refuses the address", () => {
		const tcb = connect();
		replug(() => {
			elsewhere(false);
			rig.server.refuses = true;
		});
		rig.world.run(500);
		expect(tcb.error).not.toBe("");
	});

	it("is not taken for the same by what we did not ask for", () => {
		replug(() => {
			elsewhere(true);
			rig.server.reachable = false;
		});
		rig.world.run(10);
		rig.server.mac = macOf(0x999);
		rig.server.arp(ARP_REQUEST, "192.168.1.1", "192.168.1.9");
		rig.server.arp(ARP_REPLY, "192.168.1.1", "192.168.1.9");
		rig.world.run(8000);
		expect(rig.addresses()).toEqual([]);
	});
});

describe("a lease that ends while it is found out", () => {
	it.each([
		["rebooting", 8, nobody],
		["selecting", 20, () => elsewhere(true)],
	])("in state %s is over", (state, seconds, where) => {
		rig.server.lease = seconds;
		client.renew();
		rig.world.run(100);
		replug(where);
		rig.world.run((seconds - 2) * 1000);
		expect(client.state.state).toBe(state);
		rig.world.run(4000);
		expect(client.state).toMatchObject({ address: null, reason: "expired" });
		expect(used).toEqual([]);
		rig.server.silent = false;
		rig.server.lease = 3600;
		expect(rig.bound(client, 100_000)).toBe(true);
		expect(rig.addresses()).toEqual([`${ADDRESS}/24`]);
	});
});

describe("orders while it is found out", () => {
	it("close gives everything back", () => {
		const tcb = connect();
		replug(() => elsewhere(true));
		rig.world.run(5000);
		client.close();
		rig.world.run(100);
		expect(rig.addresses()).toEqual([]);
		expect(rig.routes()).toEqual([]);
		expect(rig.link.checked).toBe(0);
		expect(tcb.error).not.toBe("");
	});

	it("an interface that is removed ends connections that waited", () => {
		const tcb = connect();
		replug(() => elsewhere(true));
		rig.world.run(100);
		rig.stack.interfaces.remove(rig.link);
		rig.world.run(100);
		expect(tcb.error).not.toBe("");
		expect(client.state.state).toBe("closed");
	});
});
