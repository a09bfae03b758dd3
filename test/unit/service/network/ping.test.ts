// Ping as programs import it.

import { describe, expect, it } from "vitest";
import { Ping } from "../../../../src/service/network/ping.ts";
import { useStack } from "../../../../src/io/current.ts";
import type { PingError } from "../../../../src/io/ping.ts";
import { ip } from "../../../support/frames.ts";
import { Station } from "../../../support/station.ts";

describe("Ping", () => {
	it("looks names up by our resolver, at the servers of its interface, and gives up with a reason", () => {
		const station = new Station([["10.0.0.1/24"], ["10.1.0.1/24"]]);
		station.ports[0]!.link.nameServers = ["10.0.0.53"];
		station.ports[1]!.link.nameServers = ["10.1.0.53"];
		useStack(station.stack);
		const errors: PingError[] = [];
		const ping = new Ping({ host: "board.example", interface: "eth2", onError: (error) => void errors.push(error) });
		station.world.run(60_000);
		expect(station.ports[0]!.packets()).toEqual([]);
		const asked = station.ports[1]!.packets();
		expect(asked.length).toBeGreaterThan(0);
		for (const { ipv4, udp } of asked) expect([ipv4!.destination, udp!.destinationPort]).toEqual([ip("10.1.0.53"), 53]);
		expect(errors.length).toBe(1);
		expect(errors[0]!.message).toMatch(/^board\.example: ./);
		expect(errors[0]!.sequence).toBeUndefined();
		expect(ping.statistics.sent).toBe(0);
	});

	it("needs none for an address, and checks its options", () => {
		const station = new Station([["10.0.0.1/24"]]);
		useStack(station.stack);
		const ping = new Ping({ host: "10.0.0.9", count: 1 });
		station.world.run(10);
		expect(ping.statistics.sent).toBe(1);
		expect(() => new Ping(undefined as never)).toThrow("options undefined: expected an object");
	});
});
