// Options that run out of the header: RFC 1122 §3.2.2.5.

import { describe, expect, it } from "vitest";
import { ETHERTYPE_IPV4, ethernet, icmp } from "../../support/frames.ts";
import { parseFrame } from "../../support/parse.ts";
import { macOf } from "../../support/wire.ts";
import { World } from "../../support/world.ts";
import { statusOf } from "../../../src/status/status.ts";

function receive(options: number[], destination = "10.0.0.1") {
	const world = new World(1);
	const node = world.node("a");
	const device = world.device({ mac: macOf(1) });
	node.ethernet("eth0", device, "10.0.0.1/24");
	world.run(5000);
	device.sent.length = 0;
	const packet = icmp({ source: "10.0.0.9", destination, options, type: 8 }, [1, 2, 3, 4]);
	device.inject(ethernet(macOf(1), macOf(9), ETHERTYPE_IPV4, packet));
	world.run(100);
	// An answer waits for the neighbour's address: the question tells that there is one.
	const answered = device.sent.some((frame) => parseFrame(frame).arp !== undefined);
	return { answered, malformed: statusOf(node.stack).interfaces.find((link) => link.name === "eth0")!.drops["ipMalformed"] };
}

describe("a packet with an IP option that runs out of its header", () => {
	it("is answered with a parameter problem, and counted", () => {
		expect(receive([7, 39, 4, 0])).toEqual({ answered: true, malformed: 1 });
	});

	it("is not answered when it was for somebody else", () => {
		expect(receive([7, 39, 4, 0], "10.0.0.77")).toEqual({ answered: false, malformed: 1 });
	});

	it("is another matter than options that fit", () => {
		expect(receive([1, 1, 148, 4, 0, 0, 0, 0])).toEqual({ answered: true, malformed: undefined });
	});
});
