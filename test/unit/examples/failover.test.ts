import { describe, expect, it } from "vitest";
import { Failover, type FailoverOptions } from "../../../hosts/examples/failover.ts";
import { createIO } from "../../../src/io/io.ts";
import { statusOf } from "../../../src/status/status.ts";
import { World } from "../../support/world.ts";
import type { QueueDevice } from "../../support/wire.ts";
import { Server, stage, type Stage } from "./program.ts";

/** A board with two uplinks, eth0 (metric 10) and eth1 (20), by IPv6 the other way round; at the end of each a server with 10.9.0.1 and 2001:db8:9::1, which are one machine to it. */
interface Uplinks extends Stage {
	devices: QueueDevice[];
	/** Who serves at the end of each uplink. */
	servers: Server[];
	told: string[];
	failover: Failover;
}

function uplinks(options: Partial<FailoverOptions> = {}): Uplinks {
	const world = new World(1);
	const one = world.node("board", { sockets: { tcp: 8 } });
	const devices: QueueDevice[] = [];
	const servers: Server[] = [];
	let far;
	for (const i of [0, 1]) {
		const segment = world.segment();
		const device = segment.port({ mac: 1 + i });
		const link = one.ethernet(`eth${i}`, device, `10.${i}.0.2/24`, `2001:db8:${i}::2/64`);
		one.stack.routes.add({ prefix: "0.0.0.0/0", gateway: `10.${i}.0.1`, interface: link, metric: 10 + 10 * i });
		one.stack.routes.add({ prefix: "::/0", gateway: `2001:db8:${i}::1`, interface: link, metric: 20 - 10 * i });
		devices.push(device);
		far = world.node(`far${i}`, { sockets: { tcp: 8 } });
		far.ethernet(
			"eth0",
			segment.port({ mac: 11 + i }),
			`10.${i}.0.1/24`,
			"10.9.0.1/32",
			`2001:db8:${i}::1/64`,
			"2001:db8:9::1/128",
		);
		servers.push(new Server(createIO(far.stack), 7777, (connection) => connection.send(connection.received.splice(0))));
	}
	const s = stage({ world, one, two: far!, a: createIO(one.stack), b: createIO(far!.stack) });
	const told: string[] = [];
	const failover = new Failover(s.device, {
		host: "10.9.0.1",
		port: 7777,
		onWay: ({ interface: name, metric }) => told.push(`by ${name}, ${metric}`),
		onLost: (way, reason) => told.push(`${way.interface}: ${reason}`),
		onWays: (ways) => told.push(`ways ${ways.map((way) => way.interface).join(" ")}`),
		...options,
	});
	return { ...s, devices, servers, told, failover };
}

describe("failover", () => {
	it("goes the way of the lower metric, and keeps the connection alive", () => {
		const u = uplinks();
		u.world.run(60_000);
		expect(u.told).toEqual(["ways eth0 eth1", "by eth0, 10"]);
		expect(u.failover.counters.answered).toBeGreaterThanOrEqual(28);
		expect(u.servers.map(({ connections }) => connections.length)).toEqual([1, 0]);
		expect(u.servers[0]!.last.socket.remoteAddress).toBe("10.0.0.2");
	});

	it("goes by the default routes of IPv6 to an address of that", () => {
		const u = uplinks({ host: "2001:db8:9::1" });
		u.world.run(10_000);
		expect(u.told).toEqual(["ways eth1 eth0", "by eth1, 10"]);
		expect(u.servers[1]!.last.socket.remoteAddress).toBe("2001:db8:1::2");
		u.devices[1]!.setLink(false);
		u.world.run(1000);
		expect(u.told.slice(2)).toEqual(["ways eth0", "eth1: the way is gone", "by eth0, 20"]);
	});

	it("goes the other way at once when the link is lost, and comes back when it returns", () => {
		const u = uplinks();
		u.world.run(10_000);
		u.told.length = 0;
		u.devices[0]!.setLink(false);
		u.world.run(1000);
		expect(u.told).toEqual(["ways eth1", "eth0: the way is gone", "by eth1, 20"]);
		u.devices[0]!.setLink(true);
		u.world.run(4000);
		expect(u.told.slice(3)).toEqual(["ways eth0 eth1", "eth1: eth0 is better", "by eth0, 10"]);
		expect(u.failover.counters).toMatchObject({ connections: 3, moves: 1, lost: 1 });
	});

	it("notices a way whose link is up but where nothing comes back, and tries it again later", () => {
		const u = uplinks();
		u.world.run(10_000);
		u.told.length = 0;
		u.world.segments[0]!.unplug(u.devices[0]!);
		u.devices[0]!.setLink(true);
		u.world.run(10_000);
		expect(u.told).toEqual(["eth0: no answer", "by eth1, 20"]);
		u.world.run(35_000);
		// It rested, was tried in vain, and rests again.
		expect(u.told.slice(2, 5)).toEqual(["eth1: eth0 is better", "eth0: no answer", "by eth1, 20"]);
		u.world.segments[0]!.plug(u.devices[0]!);
		u.world.run(60_000);
		expect(u.told[u.told.length - 1]).toBe("by eth0, 10");
	});

	it("goes the other way when the server refuses, is reset or closes", () => {
		const u = uplinks();
		u.world.run(10_000);
		u.told.length = 0;
		u.servers[0]!.crash();
		u.world.run(5000);
		expect(u.told[0]).toMatch(/^eth0: (closed|reset)$/);
		expect(u.told[1]).toBe("by eth1, 20");
		u.servers[1]!.crash();
		u.world.run(5000);
		expect(u.told[2]).toMatch(/^eth1: (closed|reset)$/);
		// Both are bad: the better one is tried in its turn, not in a circle.
		expect(u.told.slice(3).every((line) => /^eth\d: refused$/.test(line))).toBe(true);
		expect(u.told.length).toBeLessThan(8);
	});

	it("takes routes into account that come and go", () => {
		const u = uplinks();
		u.world.run(10_000);
		u.told.length = 0;
		const { routes, interfaces } = u.one.stack;
		const added = routes.add({ prefix: "0.0.0.0/0", gateway: "10.1.0.1", interface: interfaces.find("eth1")!, metric: 5 });
		u.world.run(3000);
		expect(u.told).toEqual(["ways eth1 eth0", "eth0: eth1 is better", "by eth1, 5"]);
		routes.remove(added);
		u.world.run(3000);
		expect(u.told.slice(3)).toEqual(["ways eth0 eth1", "eth1: eth0 is better", "by eth0, 10"]);
	});

	it("waits when there is no way at all, and says so", () => {
		const u = uplinks();
		u.world.run(3000);
		for (const device of u.devices) device.setLink(false);
		u.world.run(60_000);
		expect(u.told[u.told.length - 1]).toMatch(/: the way is gone$/);
		expect(u.told).toContain("ways ");
		expect(u.failover.way).toBeUndefined();
		expect(u.failover.connected).toBe(false);
		u.devices[1]!.setLink(true);
		u.world.run(5000);
		expect(u.told[u.told.length - 1]).toBe("by eth1, 20");
	});

	it("leaves nothing behind when closed", () => {
		for (const ms of [0, 1, 25, 3000]) {
			const u = uplinks();
			u.world.run(ms);
			u.failover.close();
			const told = u.told.length;
			u.world.run(60_000);
			u.devices[0]!.setLink(false);
			for (const server of u.servers) server.crash();
			u.world.run(200_000);
			expect(u.told.length).toBe(told);
			expect(statusOf(u.one.stack).sockets).toEqual([]);
		}
	});
});
