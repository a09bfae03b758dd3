// Source address, interface and next hop are one decision: RFC 1122 §3.3.4.2 and §3.3.4.3, RFC 6724 §5.

import { describe, expect, it } from "vitest";
import { LoopbackDevice } from "../../../src/device/loopback.ts";
import { LoopbackInterface } from "../../../src/link/loopback.ts";
import type { Path } from "../../../src/link/path.ts";
import { Station } from "../../support/station.ts";

const FAR = "8.8.8.8";

interface Given {
	source?: string;
	bound?: number;
	home?: number;
}

function decide(station: Station, destination: string, { source, bound = 0, home = 0 }: Given = {}): Path {
	return station.stack.ip.wayTo(destination, bound, source, home);
}

/** "eth1 via 10.0.0.254 from 10.0.0.1", or "" for nowhere. */
function way(station: Station, destination: string, given: Given = {}): string {
	const path = decide(station, destination, given);
	return path.out === undefined ? "" : `${path.out.name} via ${path.nextHop} from ${path.source}`;
}

/** The interface that may carry it later, "" for none, "-" when there is a way. */
function awaited(station: Station, destination: string, given: Given = {}): string {
	const path = decide(station, destination, given);
	return path.out === undefined ? (station.stack.ip.awaited(path)?.name ?? "") : "-";
}

/** Two interfaces with a default route each; eth1's is the better one. */
function two(options = {}): Station {
	const station = new Station([["10.0.0.1/24"], ["10.1.0.1/24"]], options);
	const [one, other] = station.ports;
	station.stack.routes.add({ prefix: "0.0.0.0/0", gateway: "10.0.0.254", interface: one!.link, metric: 1 });
	station.stack.routes.add({ prefix: "0.0.0.0/0", gateway: "10.1.0.254", interface: other!.link, metric: 2 });
	return station;
}

function setLink(station: Station, index: number, up: boolean): void {
	station.ports[index]!.device.setLink(up);
	station.world.settle();
}

describe("a given source address", () => {
	it("prefers the interface that has it, where the routes are as specific", () => {
		const station = two();
		expect(way(station, FAR)).toBe("eth1 via 10.0.0.254 from 10.0.0.1");
		expect(way(station, FAR, { source: "10.1.0.1" })).toBe("eth2 via 10.1.0.254 from 10.1.0.1");
	});

	it("does not send to a neighbour by another network's router, unless hosts are strong", () => {
		expect(way(two(), "10.0.0.7", { source: "10.1.0.1" })).toBe("eth1 via 10.0.0.7 from 10.1.0.1");
		expect(way(two({ strongHost: true }), "10.0.0.7", { source: "10.1.0.1" })).toBe("eth2 via 10.1.0.254 from 10.1.0.1");
	});

	it("leaves by another interface while its own is down, unless hosts are strong", () => {
		const weak = two();
		const strong = two({ strongHost: true });
		for (const station of [weak, strong]) setLink(station, 1, false);
		expect(way(weak, FAR, { source: "10.1.0.1" })).toBe("eth1 via 10.0.0.254 from 10.1.0.1");
		expect(way(strong, FAR, { source: "10.1.0.1" })).toBe("");
		expect(awaited(strong, FAR, { source: "10.1.0.1" })).toBe("eth2");
	});

	it("that is not of the interface a socket is bound to goes out there, unless hosts are strong", () => {
		const weak = two();
		const strong = two({ strongHost: true });
		expect(way(weak, FAR, { source: "10.1.0.1", bound: weak.ports[0]!.link.slot })).toBe("eth1 via 10.0.0.254 from 10.1.0.1");
		expect(way(strong, FAR, { source: "10.1.0.1", bound: strong.ports[0]!.link.slot })).toBe("");
	});

	it("that is not ours goes nowhere, and the host's own does not leave it", () => {
		expect(way(two(), FAR, { source: "10.9.9.9" })).toBe("");
		expect(awaited(two(), FAR, { source: "10.9.9.9" })).toBe("");
		expect(way(two(), FAR, { source: "127.0.0.1" })).toBe("");
		expect(way(two(), "224.0.0.1", { source: "127.0.0.1" })).toBe("");
		expect(way(two(), "10.1.0.1", { source: "127.0.0.1" })).toBe("lo via 10.1.0.1 from 127.0.0.1");
	});

	it("says by which interface broadcasts and groups leave", () => {
		const station = two();
		expect(way(station, "255.255.255.255")).toBe("eth1 via 255.255.255.255 from 10.0.0.1");
		expect(way(station, "255.255.255.255", { source: "10.1.0.1" })).toBe("eth2 via 255.255.255.255 from 10.1.0.1");
		expect(way(station, "224.0.0.9", { source: "10.1.0.1" })).toBe("eth2 via 224.0.0.9 from 10.1.0.1");
		setLink(station, 1, false);
		expect(way(station, "224.0.0.9", { source: "10.1.0.1" })).toBe("eth1 via 224.0.0.9 from 10.1.0.1");
	});
});

describe("a connection that runs", () => {
	it("does not move to a network that has not its source address, and returns to its own", () => {
		const station = two();
		const [, other] = station.ports;
		const home = other!.link.slot;
		const given = { source: "10.1.0.1", home };
		expect(way(station, FAR, given)).toBe("eth2 via 10.1.0.254 from 10.1.0.1");
		setLink(station, 1, false);
		expect(way(station, FAR, given)).toBe("");
		setLink(station, 1, true);
		expect(way(station, FAR, given)).toBe("eth2 via 10.1.0.254 from 10.1.0.1");
		station.stack.routes.add({ prefix: "8.0.0.0/8", gateway: "10.0.0.254", interface: station.ports[0]!.link });
		expect(way(station, FAR, given)).toBe("eth2 via 10.1.0.254 from 10.1.0.1");
	});

	it("moves to another interface of the same network", () => {
		const station = new Station([["10.0.0.1/24"], ["10.0.0.2/24"]]);
		const given = { source: "10.0.0.1", home: station.ports[0]!.link.slot };
		expect(way(station, "10.0.0.9", given)).toBe("eth1 via 10.0.0.9 from 10.0.0.1");
		setLink(station, 0, false);
		expect(way(station, "10.0.0.9", given)).toBe("eth2 via 10.0.0.9 from 10.0.0.1");
	});

	it("that began by another interface than that of its address stays there", () => {
		const station = two();
		const given = { source: "10.1.0.1", home: station.ports[0]!.link.slot };
		expect(way(station, "10.0.0.7", given)).toBe("eth1 via 10.0.0.7 from 10.1.0.1");
		expect(way(station, FAR, given)).toBe("eth1 via 10.0.0.254 from 10.1.0.1");
		setLink(station, 0, false);
		expect(way(station, FAR, given)).toBe("eth2 via 10.1.0.254 from 10.1.0.1");
	});
});

describe("of several addresses of the interface", () => {
	it("that in the next hop's subnet is the source, whatever the destination has in common with others", () => {
		const station = new Station([["10.0.0.1/24", "192.168.9.1/24"]]);
		station.stack.routes.add({ prefix: "10.2.0.0/16", gateway: "192.168.9.254", interface: station.ports[0]!.link });
		expect(way(station, "10.2.0.1")).toBe("eth1 via 192.168.9.254 from 192.168.9.1");
		expect(way(station, "10.0.0.9")).toBe("eth1 via 10.0.0.9 from 10.0.0.1");
	});

	it("that of the smallest subnet of the next hop, then the longest prefix in common, then the first", () => {
		const station = new Station([["10.0.0.1/8", "10.1.0.1/16", "172.16.0.1/16"]]);
		expect(way(station, "10.1.0.9")).toBe("eth1 via 10.1.0.9 from 10.1.0.1");
		expect(way(station, "10.2.0.9")).toBe("eth1 via 10.2.0.9 from 10.0.0.1");
		station.stack.routes.add({ prefix: "0.0.0.0/0", interface: station.ports[0]!.link });
		expect(way(station, "172.17.0.9")).toBe("eth1 via 172.17.0.9 from 172.16.0.1");
		expect(way(station, "200.0.0.9")).toBe("eth1 via 200.0.0.9 from 172.16.0.1");
	});

	it("one of the link only (169.254.0.0/16) is the source for the link only, while there is another", () => {
		const station = new Station([["169.254.7.7/16", "10.0.0.1/24"], ["169.254.8.8/16"]]);
		const [one, other] = station.ports;
		station.stack.routes.add({ prefix: "0.0.0.0/0", interface: one!.link });
		expect(way(station, "200.0.0.9")).toBe("eth1 via 200.0.0.9 from 10.0.0.1");
		expect(way(station, "169.254.1.1")).toBe("eth1 via 169.254.1.1 from 169.254.7.7");
		station.stack.routes.add({ prefix: "11.0.0.0/8", interface: other!.link });
		expect(way(station, "11.0.0.9")).toBe("eth2 via 11.0.0.9 from 169.254.8.8");
	});
});

describe("an interface without an address", () => {
	it("carries nothing over Ethernet: another's route is taken meanwhile, and it is awaited when there is none", () => {
		const station = new Station([[], ["10.1.0.1/24"]]);
		const [one, other] = station.ports;
		station.stack.routes.add({ prefix: "0.0.0.0/0", interface: one!.link });
		expect(way(station, FAR)).toBe("");
		expect(awaited(station, FAR)).toBe("eth1");
		expect(way(station, FAR, { source: "10.1.0.1" })).toBe("");
		station.stack.routes.add({ prefix: "0.0.0.0/0", gateway: "10.1.0.254", interface: other!.link, metric: 9 });
		expect(way(station, FAR)).toBe("eth2 via 10.1.0.254 from 10.1.0.1");
		one!.link.ip.insertAddress("10.0.0.1", 24);
		expect(way(station, FAR)).toBe("eth1 via 8.8.8.8 from 10.0.0.1");
	});

	it("sends no broadcast either, though a socket is bound to it", () => {
		const station = new Station([[], ["10.1.0.1/24"]]);
		const bound = station.ports[0]!.link.slot;
		expect(way(station, "255.255.255.255", { bound })).toBe("");
		expect(awaited(station, "255.255.255.255", { bound })).toBe("eth1");
		expect(way(station, "255.255.255.255")).toBe("eth2 via 255.255.255.255 from 10.1.0.1");
	});

	it("borrows one when it has one peer, of an interface that is up, never the loopback interface's", () => {
		const station = new Station([["10.0.0.1/24"], ["10.1.0.1/24"]]);
		const line = station.stack.interfaces.add(new LoopbackInterface("line", new LoopbackDevice()));
		station.stack.routes.add({ prefix: "20.0.0.0/8", interface: line });
		expect(way(station, "20.0.0.1")).toBe("line via 20.0.0.1 from 10.0.0.1");
		setLink(station, 0, false);
		expect(way(station, "20.0.0.1")).toBe("line via 20.0.0.1 from 10.1.0.1");
		setLink(station, 1, false);
		expect(way(station, "20.0.0.1")).toBe("");
		expect(awaited(station, "20.0.0.1")).toBe("line");
	});
});

describe("what is awaited when there is no way", () => {
	it("is the interface of the most specific route, which is down", () => {
		const station = two();
		expect(awaited(station, FAR)).toBe("-");
		for (const index of [0, 1]) setLink(station, index, false);
		expect(awaited(station, "10.1.0.9")).toBe("eth2");
		expect(awaited(station, "10.0.0.9")).toBe("eth1");
		expect(awaited(station, FAR, { bound: station.ports[1]!.link.slot })).toBe("eth2");
	});

	it("is nothing where no route leads by an interface that may come up", () => {
		const station = new Station([["10.0.0.1/24"]]);
		expect(awaited(station, FAR)).toBe("");
		expect(awaited(station, "0.0.0.0")).toBe("");
		expect(awaited(station, "0.1.2.3")).toBe("");
	});
});

describe("nowhere to send to", () => {
	it("is this network, 0.0.0.0/8, though there is a default route", () => {
		expect(way(two(), "0.0.0.0")).toBe("");
		expect(way(two(), "0.0.0.9")).toBe("");
	});
});
