// Ways that swallow what is too large, and nobody says so: RFC 2923, RFC 4821.
import { describe, expect, test } from "vitest";
import type { StackOptions } from "../../../../src/config.ts";
import { parseFrame } from "../../../support/parse.ts";
import { blockOf } from "../../../support/tcb.ts";
import { ipText } from "../../../support/frames.ts";
import { Acceptor, Endpoint } from "./endpoint.ts";
import { pair, SERVER } from "./pair.ts";
import { Peer } from "./peer.ts";

const ETHERNET = 14;
const BUFFERS: StackOptions = { sockets: { receiveBuffer: 60_000, sendBuffer: 60_000 } };

/** A transfer whose way carries `mtu` bytes from 100 ms on, ICMP or not. `long`: how many bytes. */
function across(mtu: number, long: number, options: StackOptions = BUFFERS, seed = 1, loss = 0, delayMs = 20) {
	const { world, segment, a, b } = pair({ seed, faults: { delayMs, loss }, client: options, server: options });
	const acceptor = new Acceptor(b.stack, 80, 4, { sends: 2, expects: 1 });
	const client = new Endpoint(a.stack, { sends: 1, expects: 2, length: long, closeFirst: true });
	client.own(a.stack.tcp.connect(ipText(SERVER), 80));
	const sizes: number[] = [];
	segment.tap = (frame, from) => {
		if (from === segment.ports[0]) sizes.push(parseFrame(frame).tcp?.payload.length ?? 0);
	};
	world.run(5 * delayMs);
	segment.faults = { ...segment.faults, most: mtu + ETHERNET };
	return { world, segment, client, acceptor, sizes, tcb: client.tcb! };
}

describe("a transfer", () => {
	// Headers and timestamps are 52 bytes. What is found is the most that passes, less 16 at the most.
	test.each([
		[1280, 1228],
		[600, 548],
		[1492, 1440],
		[1006, 954],
	])("comes to its end where %d bytes pass from the middle on, with segments that fit", (mtu, most) => {
		const { world, client, acceptor, sizes, tcb } = across(mtu, 4_000_000, BUFFERS, 1, 0, 100);
		world.run(60_000);
		const { sndMss } = blockOf(tcb);
		expect(sndMss).toBeLessThanOrEqual(most);
		expect(sndMss).toBeGreaterThan(most - 17);
		expect(world.until(() => client.finished || acceptor.endpoints[0]!.finished, 600_000)).toBe(true);
		expect(acceptor.endpoints[0]).toMatchObject({ received: 4_000_000, wrongAt: -1, error: "" });
		// Little is lost by looking for the size: beside what was in flight, a segment for each look.
		expect(sizes.filter((size) => size > most).length).toBeLessThan(120);
	});

	test.each([1, 2, 3])("the same where one packet of a hundred is lost besides, seed %d", (seed) => {
		const { world, acceptor } = across(1280, 1_000_000, BUFFERS, seed, 0.01);
		expect(world.until(() => acceptor.endpoints[0]!.finished, 600_000)).toBe(true);
		expect(acceptor.endpoints[0]).toMatchObject({ received: 1_000_000, wrongAt: -1, error: "" });
	});

	test("with the buffers of a board, and NewReno without SACK and timestamps", () => {
		for (const options of [{}, { tcp: { sack: false, timestamps: false, congestion: "newreno" } }] satisfies StackOptions[]) {
			const { world, acceptor, tcb } = across(600, 1_000_000, options);
			world.run(50_000);
			expect(blockOf(tcb).sndMss).toBeLessThanOrEqual(560);
			expect(world.until(() => acceptor.endpoints[0]!.finished, 900_000)).toBe(true);
			expect(acceptor.endpoints[0]).toMatchObject({ received: 1_000_000, wrongAt: -1, error: "" });
		}
	});

	test("has full segments again a few seconds after a way that was only down", () => {
		const { world, segment, tcb, acceptor } = across(1500, 20_000_000, {});
		const { sndMss } = blockOf(tcb);
		segment.faults = { ...segment.faults, loss: 1 };
		world.run(5000);
		expect(blockOf(tcb).sndMss).toBeLessThan(sndMss);
		segment.faults = { ...segment.faults, loss: 0 };
		world.run(10_000);
		expect(blockOf(tcb)).toMatchObject({ sndMss, fullMss: 0, holeMss: 0 });
		expect(acceptor.endpoints[0]).toMatchObject({ wrongAt: -1, error: "" });
	});

	test("looks again after ten minutes, and finds that the way carries all", () => {
		const { world, segment, tcb } = across(1280, 100_000_000, {}, 1, 0, 250);
		const full = 1448;
		world.run(60_000);
		expect(blockOf(tcb).sndMss).toBeLessThan(1229);
		segment.faults = { ...segment.faults, most: 1514 };
		world.run(400_000);
		expect(blockOf(tcb).sndMss).toBeLessThan(1229);
		world.run(240_000);
		expect(blockOf(tcb)).toMatchObject({ sndMss: full, holeMss: 0 });
	});

	test("tells the next connection to that address what it has found", () => {
		const { world, tcb, client } = across(1280, 20_000_000, {});
		world.run(60_000);
		const found = blockOf(tcb).sndMss;
		const next = client.stack.tcp.connect(ipText(SERVER), 80);
		world.run(1000);
		expect(next.stateName).toBe("established");
		expect(blockOf(next).sndMss).toBe(found);
	});
});

describe("timeouts of", () => {
	/** A stack that has written `length` bytes, of which nothing is answered; what it sends at each timeout. */
	function timeouts(length: number, count: number): number[] {
		const peer = new Peer({ tcp: { timestamps: false } });
		peer.connected({ length });
		peer.take();
		const sizes: number[] = [];
		for (let i = 0; i < count; i++) {
			let sent = peer.take();
			for (let tries = 0; sent.length === 0 && tries < 10_000; tries++) {
				peer.run(10);
				sent = peer.take();
			}
			sizes.push(sent[0]!.length);
		}
		return sizes;
	}

	test("a full segment make it smaller from the third on, and then may be fragmented", () => {
		expect(timeouts(1460, 6)).toEqual([1460, 1460, 1024, 512, 512, 512]);
		const peer = new Peer({ tcp: { timestamps: false } });
		peer.connected({ length: 1460 });
		peer.take();
		peer.run(20_000);
		const flags = peer.take().map(({ frame }) => frame[14 + 6]! >> 6);
		expect(flags.slice(0, 4)).toEqual([1, 1, 1, 1]);
		expect(flags.at(-1)).toBe(0);
	});

	test.each([
		[1025, [1025, 1025, 1024]],
		[1024, [1024, 1024, 1024, 1024]],
		[100, [100, 100, 100, 100]],
	])("%d bytes make no more of them than would pass", (length, sizes) => {
		expect(timeouts(length, sizes.length)).toEqual(sizes);
	});
});
