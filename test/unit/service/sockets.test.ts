// DHCP and name look-ups have UDP sockets of their own, beside those of programs: the option sockets.services.

import { describe, expect, it } from "vitest";
import { DHCP_MESSAGE, DNS_UDP_BYTES } from "../../../src/config.ts";
import { Stack } from "../../../src/stack.ts";
import { createIO } from "../../../src/io/io.ts";
import { statusOf } from "../../../src/status/status.ts";
import { Rig } from "./dhcp/rig.ts";
import { Scene, always, silence } from "./dns/scene.ts";
import { Station } from "../../support/station.ts";
import { udp } from "../../support/frames.ts";

describe("with DHCP on every interface", () => {
	it("a program opens all sockets of sockets.udp, and names are looked up besides", () => {
		const rig = new Rig({ interfaces: 3, sockets: { udp: 4 } });
		for (const i of [1, 2])
			Object.assign(rig.servers[i]!, {
				server: `10.0.${i}.1`,
				address: `10.0.${i}.50`,
				options: [
					[1, [255, 255, 255, 0]],
					[3, [10, 0, i, 1]],
				],
			});
		const clients = [0, 1, 2].map((i) => rig.client({ probes: 0 }, i));
		const { UDP } = createIO(rig.stack);
		const own = [1, 2, 3, 4].map((i) => new UDP({ port: 5000 + i }));
		for (const client of clients) expect(rig.bound(client)).toBe(true);
		const lookups = [0, 0, 0].map(() => rig.stack.udp.openService(0, 0));
		expect(own.length + lookups.length).toBe(7);
		expect(statusOf(rig.stack).memory).toMatchObject({ udp: 4, udpFree: 0, services: 6, servicesFree: 0 });
		expect(() => new UDP({ port: 6000 })).toThrow('all 4 UDP sockets are in use; raise the option "sockets.udp"');
		own[0]!.close();
		clients[0]!.close();
		expect(statusOf(rig.stack).memory).toMatchObject({ udpFree: 1, servicesFree: 1 });
	});

	it("look-ups leave each client its socket", () => {
		const rig = new Rig({ interfaces: 3 });
		for (let i = 0; i < 3; i++) rig.stack.udp.openService(0, 0);
		expect(() => rig.stack.udp.openService(0, 0)).toThrow(
			'all 3 UDP sockets for look-ups are in use; raise the option "sockets.services"',
		);
		for (let i = 0; i < 3; i++) rig.client({}, i);
		expect(() => rig.stack.udp.openService(67, 0)).toThrow(
			'all 6 UDP sockets for services are in use; raise the option "sockets.services"',
		);
	});
});

describe("names", () => {
	it("are looked up by a program that has no UDP socket left, or none at all", () => {
		for (const sockets of [{ udp: 1 }, { udp: 0, services: 1 }]) {
			const scene = new Scene(always("192.0.2.1"), silence, { sockets });
			if (sockets.udp > 0) scene.us.stack.udp.open("", 7, 0);
			expect(scene.lookUp("a.test").address).toBe("192.0.2.1");
		}
	});
});

describe("a socket of the services", () => {
	it("holds the longest DHCP message and the longest DNS answer, and of what is longer the beginning", () => {
		for (const length of [DHCP_MESSAGE, DNS_UDP_BYTES, 1400]) {
			const station = new Station([["10.0.0.1/24"]], { sockets: { udp: 0, services: 1 } });
			const socket = station.stack.udp.openService(68, station.ports[0]!.link.slot);
			const ports = { sourcePort: 67, destinationPort: 68 };
			station.ports[0]!.ip(udp({ source: "10.0.0.2", destination: "10.0.0.1", ...ports }, new Uint8Array(length)));
			expect(station.stack.udp.next(socket)).toBe(Math.min(length, 752 - 40));
			station.ports[0]!.ip(udp({ source: "10.0.0.2", destination: "10.0.0.1", ...ports }, new Uint8Array(length)));
			expect(station.stack.udp.pending(socket)).toBe(1);
			expect(statusOf(station.stack).interfaces[1]!.drops).toEqual({ udpQueueFull: 1 });
		}
	});

	it("costs 1056 bytes of arena, and nothing where there is none", () => {
		const bytes = (services: number) => Stack.bytesFor({ sockets: { tcp: 0, services } });
		expect(bytes(3) - bytes(2)).toBe(1056);
		expect(Stack.bytesFor({ sockets: { tcp: 0 } })).toBe(bytes(6));
		expect(Stack.bytesFor({ interfaces: 1, sockets: { tcp: 0 } })).toBe(
			Stack.bytesFor({ interfaces: 1, sockets: { tcp: 0, services: 3 } }),
		);
		expect(() => bytes(257)).toThrow("sockets.services 257: expected a whole number from 0 to 256");
	});
});
