// An Ethernet between static addresses and those from DHCP.

import { describe, expect, it } from "vitest";
import { DhcpClient } from "../../../../src/service/dhcp/client.ts";
import { EthernetSocket } from "../../../../src/service/network/ethernet.ts";
import { Rig } from "../dhcp/rig.ts";

const STATIC = { address: "10.9.0.20", prefix: 24, gateway: "10.9.0.1" };

function rig() {
	const made = new Rig({ sockets: { udp: 1, services: 1 } });
	made.world.run(10);
	const heard: string[] = [];
	const eth: EthernetSocket = new EthernetSocket(made.stack, {
		onChanged: (property) => void heard.push(`${property} ${eth.connection} ${eth.address}`),
		dhcp: { probes: 0 },
	});
	return { ...made, made, heard, eth, world: made.world };
}

describe("an Ethernet without address", () => {
	it("gets one from DHCP when it connects, and says so", () => {
		const { made, eth, heard, world } = rig();
		expect(eth.connection).toBe(400);
		eth.configure({ hostname: "board-7" });
		eth.connect();
		eth.connect();
		expect(heard).toEqual([]);
		expect(world.until(() => eth.connection === 500, 15_000)).toBe(true);
		world.run(10);
		const { address } = eth;
		expect(heard).toEqual([`connection 500 ${address}`, `address 500 ${address}`]);
		expect(made.link.ip.lease).toBeInstanceOf(DhcpClient);
		expect(made.link.ip.lease!.state).toMatchObject({ state: "bound", hostname: "board-7" });
	});

	it("does not disturb what the host has begun", () => {
		const { made, eth, world } = rig();
		const client = made.client({ probes: 0 });
		eth.connect();
		eth.configure({ static: false });
		eth.configure({ hostname: "other" });
		expect(made.link.ip.lease).toBe(client);
		expect(made.bound(client)).toBe(true);
		world.run(10);
		expect(eth.connection).toBe(500);
	});
});

describe("a host name", () => {
	/** Host names that the server has been told since the last call, by message. */
	const told = ({ server }: Rig): string[] =>
		server.heard
			.splice(0)
			.map(({ name, options }) => `${name} ${options.has(12) ? String.fromCharCode(...options.get(12)!) : "without"}`);

	it("is told from the next REQUEST on while DHCP runs: at a renewal, and after the link was down", () => {
		const { made, eth, world } = rig();
		const client = made.client({ probes: 0, hostname: "first" });
		expect(made.bound(client)).toBe(true);
		expect(told(made)).toEqual(["discover first", "request first"]);
		eth.configure({ hostname: "new" });
		expect(client.hostname).toBe("new");
		client.renew();
		world.run(100);
		expect(told(made)).toEqual(["request new"]);
		eth.configure({ hostname: "newer.example" });
		eth.disconnect();
		world.run(100);
		eth.connect();
		expect(made.bound(client)).toBe(true);
		expect(told(made)).toEqual(["request newer.example"]);
		expect(made.link.ip.lease).toBe(client);
		expect(client.state.hostname).toBe("newer.example");
	});

	it("is the interface's: what one instance was told, the client says that another begins", () => {
		const { made, eth } = rig();
		const other = new EthernetSocket(made.stack, { dhcp: { probes: 0, hostname: "option" } });
		eth.configure({ hostname: "chosen" });
		other.connect();
		expect(made.bound(made.link.ip.lease as DhcpClient)).toBe(true);
		expect(told(made)).toEqual(["discover chosen", "request chosen"]);
		other.configure({ static: STATIC });
		other.configure({ static: false, hostname: "last" });
		made.world.run(10);
		expect((made.link.ip.lease as DhcpClient).hostname).toBe("last");
		expect(made.bound(made.link.ip.lease as DhcpClient)).toBe(true);
		expect(told(made)).toEqual(["release without", "discover last", "request last"]);
	});

	it("that a program gave the client itself is taken over by the next client", () => {
		const { made } = rig();
		const eth = new EthernetSocket(made.stack);
		const client = made.client({ probes: 0, hostname: "first" });
		client.hostname = "second";
		eth.configure({ static: STATIC });
		eth.configure({ static: false });
		expect((made.link.ip.lease as DhcpClient).hostname).toBe("second");
	});
});

describe("connect", () => {
	it("that cannot begin DHCP leaves the interface down", () => {
		const { made, eth } = rig();
		eth.disconnect();
		made.stack.udp.openService(5000, 0); // the only socket
		expect(() => eth.connect()).toThrow(/^DHCP on eth0: all 1 UDP sockets for services are in use/);
		expect(made.link.enabled).toBe(false);
		expect(eth.connection).toBe(100);
	});
});

describe("configure", () => {
	it("goes from DHCP to a static address and back, with nothing left of either", () => {
		const { made, eth, heard, world } = rig();
		const client = made.client({ probes: 0, hostname: "first", metric: 7 });
		expect(made.bound(client)).toBe(true);
		world.run(10);
		const lent = eth.address!;
		const routes = made.routes();
		heard.length = 0;
		eth.configure({ static: STATIC });
		expect(client.state.state).toBe("closed");
		expect(made.link.ip.lease).toBeUndefined();
		expect(made.addresses()).toEqual(["10.9.0.20/24"]);
		expect(made.routes()).toEqual(["0.0.0.0/0 10.9.0.1 eth0 0"]);
		expect(eth.address).toBe("10.9.0.20");
		world.run(10);
		expect(heard.splice(0)).toEqual(["address 500 10.9.0.20"]);
		// Static to static needs no DHCP either.
		eth.configure({ static: { ...STATIC, address: "10.9.0.21" } });
		expect(made.addresses()).toEqual(["10.9.0.21/24"]);

		eth.configure({ static: false });
		expect([eth.connection, eth.address]).toEqual([400, undefined]);
		expect(made.routes()).toEqual([]);
		expect(world.until(() => eth.connection === 500, 15_000)).toBe(true);
		expect(eth.address).toBe(lent);
		// The instance's own options; without any, those of the client that was there.
		expect(made.routes().map((route) => route.replace(/ [0-9]+$/, ""))).toEqual(
			routes.map((route) => route.replace(/ [0-9]+$/, "")),
		);
		expect(made.routes()[0]).toMatch(/ 0$/);
	});

	it("takes up the options of the client that was there, from an instance that has none of its own", () => {
		const { made, world } = rig();
		const eth = new EthernetSocket(made.stack);
		const client = made.client({ probes: 0, hostname: "first", metric: 7 });
		expect(made.bound(client)).toBe(true);
		const routes = made.routes();
		eth.configure({ static: STATIC });
		eth.configure({ static: false });
		expect(world.until(() => eth.connection === 500, 15_000)).toBe(true);
		expect(made.routes()).toEqual(routes);
		expect(made.link.ip.lease!.state.hostname).toBe("first");
	});

	it("leaves all as it is when the static address is refused, or DHCP cannot begin", () => {
		const { made, eth, world } = rig();
		const client = made.client({ probes: 0 });
		expect(made.bound(client)).toBe(true);
		const before = JSON.stringify([made.addresses(), made.routes()]);
		expect(() => eth.configure({ static: { ...STATIC, gateway: "10.8.0.1" } })).toThrow('gateway "10.8.0.1"');
		expect(JSON.stringify([made.addresses(), made.routes()])).toBe(before);
		expect(made.link.ip.lease).toBe(client);
		eth.configure({ static: STATIC });
		world.run(10);
		made.stack.udp.openService(5000, 0); // the only socket
		expect(() => eth.configure({ static: false, hostname: "other" })).toThrow(
			/^DHCP on eth0: all 1 UDP sockets for services are in use/,
		);
		expect(made.link.ip.hostname).toBe(undefined);
		expect(made.addresses()).toEqual(["10.9.0.20/24"]);
		expect(made.stack.interfaces.owner("10.9.0.20")).toBe(made.link);
	});
});
