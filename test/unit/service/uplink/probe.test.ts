// Uplinks that lead nowhere though their links are up: how long until others are used, and until they are again.

import { describe, expect, it } from "vitest";
import type { InterfaceAddress } from "../../../../src/link/interface-address.ts";
import { serversFor } from "../../../../src/service/dns/servers.ts";
import { UplinkProbe } from "../../../../src/service/uplink/probe.ts";
import type { UplinkProbeOptions } from "../../../../src/service/uplink/options.ts";
import { World, type Node } from "../../../support/world.ts";
import { macOf } from "../../../support/wire.ts";

const TARGET = "9.9.9.9";
const ELSEWHERE = "198.51.100.1";

/** A board with eth0, which is preferred, and eth1; behind each a gateway that has TARGET itself. */
class Uplinks {
	readonly world: World;
	readonly board: Node;
	readonly gateways: Node[] = [];
	readonly #targets: (InterfaceAddress | undefined)[] = [];

	constructor(seed = 3, count = 2) {
		this.world = new World(seed);
		this.board = this.world.node("board", { sockets: { udp: 2, icmp: 4, tcp: 4 } });
		for (let i = 0; i < count; i++) {
			const segment = this.world.segment();
			const gateway = this.world.node(`gateway ${i}`, { sockets: { udp: 2, tcp: 8 } });
			gateway.ethernet("eth0", segment.port({ mac: macOf(10 + i) }), `10.${i}.0.1/24`);
			this.gateways.push(gateway);
			const link = this.board.ethernet(`eth${i}`, segment.port({ mac: macOf(1 + i) }), `10.${i}.0.2/24`);
			this.board.stack.routes.add({ prefix: "0.0.0.0/0", gateway: `10.${i}.0.1`, interface: link, metric: 10 * i });
			link.ip.servers = [`10.${i}.0.53`];
			this.answers(i, true);
		}
	}

	/** The target behind a gateway is there, or nothing comes back. */
	answers(i: number, on: boolean): void {
		const link = this.gateways[i]!.stack.interfaces.find("eth0")!;
		const there = this.#targets[i];
		if (there !== undefined && !on) link.ip.removeAddress(there);
		this.#targets[i] = on ? (there ?? link.ip.insertAddress(TARGET, 32)) : undefined;
	}

	probe(name: string, options: UplinkProbeOptions<UplinkProbe> = { icmp: TARGET }): UplinkProbe {
		return new UplinkProbe(this.board.stack, name, options);
	}

	/** By which interface what begins now goes. */
	get way(): string | undefined {
		return this.board.stack.routes.find(ELSEWHERE, 0)?.link.name;
	}

	/** Ms until what begins goes by that interface. */
	until(name: string, most = 100_000): number {
		const { clock } = this.world;
		const from = clock.now;
		expect(this.world.until(() => this.way === name, most)).toBe(true);
		return clock.now - from;
	}
}

describe("misuse", () => {
	it.each([
		[null, TypeError, "options null: expected an object"],
		[{}, RangeError, "icmp, tcp, dns: expected one of them"],
		[{ icmp: TARGET, dns: TARGET }, RangeError, "icmp, tcp, dns: expected one of them"],
		[{ icmp: 9 }, TypeError, "icmp 9: expected an IP address as a string"],
		[{ icmp: "example.com" }, RangeError, 'icmp "example.com": expected an IP address, as a name takes the network to be there'],
		[{ tcp: TARGET }, RangeError, "port undefined: expected that of tcp, 1 to 65535"],
		[{ dns: TARGET, port: 53 }, RangeError, "port 53: is for tcp alone"],
		[{ icmp: TARGET, intervalMs: 99 }, RangeError, "intervalMs 99: expected a whole number from 100 to 3600000"],
		[{ icmp: TARGET, lost: 0 }, RangeError, "lost 0"],
		[{ icmp: TARGET, back: 101 }, RangeError, "back 101"],
		[{ icmp: TARGET, onChanged: 1 }, TypeError, "onChanged 1: expected a function"],
	])("with options %j names what is wrong, and leaves nothing behind", (options, type, message) => {
		const uplinks = new Uplinks();
		const make = () => uplinks.probe("eth0", options as UplinkProbeOptions<UplinkProbe>);
		expect(make).toThrow(type);
		expect(make).toThrow(message);
		expect(uplinks.board.stack.services.list.length).toBe(0);
	});

	it("a second one of an interface, and one of none", () => {
		const uplinks = new Uplinks();
		const probe = uplinks.probe("eth0");
		expect(() => uplinks.probe("eth0")).toThrow("probe of eth0: there is one already; close that first");
		expect(() => uplinks.probe("eth9")).toThrow('interface "eth9"');
		expect(() => uplinks.probe(undefined as never)).toThrow("interface undefined: expected one of the stack");
		probe.close();
		probe.close();
		uplinks.probe("eth0");
	});
});

describe.each([
	["icmp", { icmp: TARGET }],
	["dns", { dns: TARGET }],
	["tcp, refused", { tcp: TARGET, port: 443 }],
	["tcp, accepted", { tcp: TARGET, port: 80 }],
])("by %s", (name, how) => {
	function started(options: object) {
		const uplinks = new Uplinks();
		for (const { stack } of uplinks.gateways) {
			if (name === "tcp, accepted") stack.tcp.listen("", 80, 4, 0);
			if (name !== "dns") continue;
			const socket = stack.udp.open("", 53, 0);
			const buffer = new Uint8Array(300);
			socket.owner = {
				onEvents() {
					while (stack.udp.next(socket) >= 0) {
						const length = stack.udp.read(socket, buffer, 0, buffer.length);
						buffer[2]! |= 0x80;
						stack.udp.sendFrom(socket, socket.fromAddress, socket.fromPort, buffer, 0, length, socket.toAddress, 53);
					}
				},
			};
		}
		const changes: boolean[] = [];
		const probe = uplinks.probe("eth0", {
			...how,
			...options,
			onChanged() {
				changes.push(this.reachable);
			},
		} as UplinkProbeOptions<UplinkProbe>);
		return { uplinks, probe, changes };
	}

	it.each([
		[{ intervalMs: 1000, lost: 3, back: 3 }, 3100],
		[{ intervalMs: 200, lost: 5, back: 2 }, 1100],
		[{ intervalMs: 2000, lost: 1, back: 1 }, 2100],
	])(
		"with %j what begins goes by another uplink within the bound, and by the first again when it has answered",
		(options, bound) => {
			const { uplinks, probe, changes } = started(options);
			uplinks.world.run(60_000);
			expect(uplinks.way).toBe("eth0");
			expect(changes).toEqual([]);
			uplinks.answers(0, false);
			expect(uplinks.until("eth1")).toBeLessThanOrEqual(bound);
			expect(probe.state).toMatchObject({ reachable: false, losses: 1 });
			uplinks.world.run(30_000);
			expect(uplinks.way).toBe("eth1");
			uplinks.answers(0, true);
			const back = uplinks.until("eth0");
			expect(back).toBeGreaterThan((options.back - 1) * options.intervalMs);
			// A connection that is under way may take all of its patience before the next one is begun.
			expect(back).toBeLessThanOrEqual(
				(options.back + (name.startsWith("tcp") ? options.lost + 3 : 1)) * options.intervalMs + 100,
			);
			uplinks.world.run(10);
			expect(changes).toEqual([false, true]);
		},
	);
});

describe("a doubted uplink", () => {
	it("is used all the same where there is no other, for its own subnet, and for longer prefixes", () => {
		const uplinks = new Uplinks();
		const { routes } = uplinks.board.stack;
		uplinks.probe("eth0");
		routes.add({ prefix: "192.0.2.0/24", gateway: "10.0.0.1", interface: uplinks.board.stack.interfaces.find("eth0")! });
		uplinks.answers(0, false);
		uplinks.world.run(5000);
		expect(uplinks.way).toBe("eth1");
		expect(routes.find("10.0.0.9", 0)!.link.name).toBe("eth0");
		expect(routes.find("192.0.2.9", 0)!.link.name).toBe("eth0");
		uplinks.board.stack.interfaces.remove(uplinks.board.stack.interfaces.find("eth1")!);
		expect(uplinks.way).toBe("eth0");
	});

	it("makes its name servers the last to be asked", () => {
		const uplinks = new Uplinks();
		const { stack } = uplinks.board;
		const servers = () => serversFor(stack, [], { servers: undefined, link: undefined }).map(({ address }) => address);
		uplinks.probe("eth0");
		uplinks.world.run(1000);
		expect(servers()).toEqual(["10.0.0.53", "10.1.0.53"]);
		uplinks.answers(0, false);
		uplinks.world.run(5000);
		expect(servers()).toEqual(["10.1.0.53", "10.0.0.53"]);
	});

	it("may get its default route later, which is doubted as well", () => {
		const uplinks = new Uplinks();
		const { routes, interfaces } = uplinks.board.stack;
		uplinks.probe("eth0");
		uplinks.answers(0, false);
		uplinks.world.run(5000);
		const first = routes.list.find(({ length, link }) => length === 0 && link.name === "eth0")!;
		routes.remove(first);
		routes.add({ prefix: "0.0.0.0/0", gateway: "10.0.0.1", interface: interfaces.find("eth0")! });
		expect(uplinks.way).toBe("eth1");
	});

	it("is believed again when its probe is closed", () => {
		const uplinks = new Uplinks();
		const probe = uplinks.probe("eth0");
		uplinks.answers(0, false);
		uplinks.world.run(5000);
		probe.close();
		expect(uplinks.way).toBe("eth0");
	});

	it("does not flap: one that answers every other time stays doubted", () => {
		const uplinks = new Uplinks();
		const changes: boolean[] = [];
		uplinks.probe("eth0", {
			icmp: TARGET,
			onChanged() {
				changes.push(this.reachable);
			},
		});
		uplinks.answers(0, false);
		uplinks.world.run(10_000);
		for (let i = 0; i < 50; i++) {
			uplinks.answers(0, i % 2 === 0);
			uplinks.world.run(1000);
		}
		expect(changes).toEqual([false]);
	});

	it("is asked from when its link comes up on", () => {
		const uplinks = new Uplinks();
		const probe = uplinks.probe("eth0");
		const device = uplinks.world.segments[0]!.ports[1]!;
		uplinks.world.run(2000);
		device.linkUp = false;
		uplinks.world.run(60_000);
		expect(probe.reachable).toBe(true); // the link itself says that it is not
		expect(uplinks.way).toBe("eth1");
		device.linkUp = true;
		uplinks.world.run(2000);
		expect([uplinks.way, probe.state.losses]).toEqual(["eth0", 0]);
	});
});

describe("1,000 silent losses and returns of three uplinks at random", () => {
	it("are each seen within the bound, and no uplink comes back before it has answered three times", { timeout: 600_000 }, () => {
		const INTERVAL = 500;
		const uplinks = new Uplinks(11, 3);
		const { world } = uplinks;
		const changed: number[] = [0, 0, 0];
		const up = [true, true, true];
		const probes = up.map((_, i) =>
			uplinks.probe(`eth${i}`, {
				icmp: TARGET,
				intervalMs: INTERVAL,
				onChanged() {
					const last = world.clock.now - changed[i]!;
					if (this.reachable) expect(last).toBeGreaterThan(2 * INTERVAL - 100); // two intervals between three answers
				},
			}),
		);
		world.run(3000);
		for (let event = 0; event < 1000; event++) {
			const i = Math.abs(world.prng.next()) % 3;
			uplinks.answers(i, (up[i] = !up[i]));
			changed[i] = world.clock.now;
			world.run(4 * INTERVAL + 100);
			const names = up.map((on, n) => (on ? `eth${n}` : "")).filter(Boolean);
			expect(probes.map(({ reachable }) => reachable)).toEqual(up);
			// Without any that answers the first is used.
			expect(uplinks.way).toBe(names[0] ?? "eth0");
			world.run(Math.abs(world.prng.next()) % 1500);
		}
	});
});
