// The codec against another one, on random and hostile input: the same answer or RangeError, and the same memory afterwards.
// What the layers above look up and deliver to has its tests beside theirs; support/twins/pair.ts says who is compared with whom.

import { describe, expect, it } from "vitest";
import * as subject from "#codec";
import { PAGE_SHIFT } from "../../../src/config.ts";
import { PAGE_BYTES } from "../../../src/packet/pages.ts";
import { setV4 } from "../../../src/packet/address.ts";
import { PathBlock } from "../../../src/packet/path-block.ts";
import { TcbBlock } from "../../../src/packet/tcb-block.ts";
import { NO_CHECKSUM } from "../../../src/wire/build.ts";
import * as twin from "../../../src/wire/codec.ts";
import { icmp } from "../../support/frames.ts";
import { Prng } from "../../support/prng.ts";
import {
	above,
	AGAINST,
	ARENA,
	BLOCK,
	expectBoth,
	FREE,
	hostile,
	LOCAL,
	naive,
	OUTPUT,
	Pair,
	PEER,
	rounds,
	same,
	writeInterfaces,
} from "../../support/twins/pair.ts";

const TCB = TcbBlock.offsets;
const PATH = PathBlock.offsets;

/** Time to live, NO_CHECKSUM and a TOS octet, as the builders take them; at times bits beyond them, which must make no difference. */
function ttlWord(prng: Prng): number {
	const word = prng.below(256) | (prng.chance(0.2) ? NO_CHECKSUM : 0) | (prng.below(256) << 16);
	return prng.chance(0.1) ? word | (prng.next() & ~0xff01ff) : word;
}

describe(`the codec against ${AGAINST}`, () => {
	it("checksum", () => {
		expectBoth(
			rounds("checksum", (prng, pair) => {
				const at = prng.below(ARENA);
				const end = at + prng.below(Math.min(1600, ARENA - at) + 1);
				return same(pair, "checksum", [
					"view",
					hostile(prng, at),
					hostile(prng, end),
					prng.chance(0.5) ? 0 : prng.below(0x60000),
				]);
			}),
		);
	});

	it("checksum of all ones, all zeros and an odd byte", () => {
		for (const value of [0, 255, 1]) {
			for (const length of [0, 1, 2, 3, 1459, 1460, 3499, 3500]) {
				const pair = new Pair(new Prng(1));
				pair.put(FREE, new Uint8Array(length).fill(value));
				for (const initial of [0, 0xffff, 0x5fff5]) same(pair, "checksum", ["view", FREE, FREE + length, initial]);
			}
		}
	});

	it("ipv4Build", () => {
		expectBoth(
			rounds("ipv4Build", (prng, pair) => {
				const at = hostile(prng, prng.below(ARENA - 20));
				const ttl = ttlWord(prng);
				return same(pair, "ipv4Build", ["view", at, prng.next(), prng.next(), prng.below(256), ttl, prng.below(65536)]);
			}),
		);
	});

	it("tcpBuild", () => {
		expectBoth(
			rounds("tcpBuild", (prng, pair) => {
				const pages = prng.between(1, 4);
				const size = pages << PAGE_SHIFT;
				const table = FREE + 4 * prng.below(30);
				for (let i = 0; i < pages; i++) pair.setWord(table + 4 * i, FREE + 512 + PAGE_BYTES * prng.below(4));
				pair.setWord(BLOCK, 0x00000045);
				pair.setWord(BLOCK + TCB.optionsLength, prng.chance(0.5) ? 0 : 4 * prng.below(11));
				pair.setWord(BLOCK + TCB.sendPages, hostile(prng, table));
				pair.setWord(BLOCK + TCB.sendRing, size);
				pair.setWord(BLOCK + TCB.ipHeader, 20);
				pair.setWord(BLOCK + TCB.noChecksum, prng.chance(0.2) ? 1 : 0);
				const length = prng.below(Math.min(1461, size + 1));
				const at = hostile(prng, OUTPUT + prng.below(64));
				const flagsWindow = prng.next() & 0xffffff;
				return same(pair, "tcpBuild", ["view", at, BLOCK, prng.next(), prng.next(), flagsWindow, prng.below(size), length]);
			}),
		);
	});

	it("udpBuild", () => {
		expectBoth(
			rounds("udpBuild", (prng, pair) => {
				const start = prng.below(500);
				const length = hostile(prng, prng.below(1473));
				pair.setWord(BLOCK + PATH.ipHeader, prng.chance(0.5) ? 20 : 40);
				pair.setWord(BLOCK + PATH.ttl, ttlWord(prng));
				pair.setWord(BLOCK + PATH.label, prng.next());
				for (let at = PATH.source; at < PATH.destination + 16; at += 4) pair.setWord(BLOCK + at, prng.next());
				const at = hostile(prng, FREE + prng.below(64));
				return same(pair, "udpBuild", ["view", at, BLOCK, prng.next(), "buffer", hostile(prng, start), length]);
			}),
		);
	});

	it("udpBuild never sends a checksum of zero", () => {
		const pair = new Pair(new Prng(1));
		let zero = 0;
		pair.setWord(BLOCK + PATH.ipHeader, 20);
		pair.setWord(BLOCK + PATH.ttl, 64);
		setV4(pair.views[0], BLOCK + PATH.source, LOCAL);
		setV4(pair.views[0], BLOCK + PATH.destination, PEER);
		// One of 65,536 payloads of two bytes has the sum 0xffff; its checksum is sent as 0xffff.
		for (let value = 0; value < 65536; value++) {
			pair.buffers[0][0] = value >> 8;
			pair.buffers[0][1] = value;
			subject.udpBuild(pair.views[0], FREE, BLOCK, (5000 << 16) | 7, pair.buffers[0], 0, 2);
			const sum = pair.views[0].getUint16(FREE + 26);
			if (sum === 0) expect.fail(`checksum 0 for payload ${value}`);
			if (sum === 0xffff) zero++;
		}
		expect(zero).toBe(1);
	});

	it("icmpEchoReply", () => {
		rounds("icmpEchoReply", (prng, pair) => {
			const at = FREE + prng.below(64);
			const options = prng.chance(0.3) ? prng.bytes(4 * prng.below(11)) : [];
			pair.put(at, icmp({ source: PEER, destination: LOCAL, type: 8, rest: prng.next(), options }, prng.bytes(prng.below(1400))));
			return same(pair, "icmpEchoReply", ["view", at]);
		});
	});

	it("ttlDecrement", () => {
		rounds("ttlDecrement", (prng, pair) => {
			const at = FREE + prng.below(64);
			pair.put(
				at,
				icmp({ source: prng.next(), destination: prng.next(), type: 8, ttl: prng.between(1, 255), id: prng.below(65536) }),
			);
			return same(pair, "ttlDecrement", ["view", at]);
		});
	});

	it("countSent, with counters that carry", () => {
		rounds("countSent", (prng, pair) => {
			writeInterfaces(prng, pair, 1);
			const at = prng.below(FREE);
			return same(pair, "countSent", ["view", at, at + prng.below(1500), hostile(prng, BLOCK)]);
		});
	});

	it("ethernetHeader", () => {
		expectBoth(
			rounds("ethernetHeader", (prng, pair) => {
				writeInterfaces(prng, pair, 1);
				const at = hostile(prng, FREE + prng.below(64));
				return same(pair, "ethernetHeader", ["view", at, hostile(prng, prng.below(FREE)), BLOCK, at + prng.below(1500)]);
			}),
		);
	});

	it("copy, also of overlapping ranges", () => {
		expectBoth(
			rounds("copy", (prng, pair) => {
				const from = prng.below(ARENA - 1500);
				const to = prng.chance(0.5) ? from + prng.between(-20, 20) : prng.below(ARENA - 1500);
				return same(pair, "copy", ["view", hostile(prng, to), hostile(prng, from), hostile(prng, prng.below(1500))]);
			}),
		);
	});

	it.each(["copyOut", "copyIn"])("%s", (name) => {
		expectBoth(
			rounds(name, (prng, pair) => {
				const start = prng.below(600);
				return same(pair, name, [
					"view",
					hostile(prng, prng.below(ARENA - 1400)),
					"buffer",
					hostile(prng, start),
					hostile(prng, prng.below(1400)),
				]);
			}),
		);
	});

	it.each(["deviceReceive", "deviceTransmit"])("%s, of numbers that no device has", (name) => {
		expectBoth(
			rounds(name, (prng, pair) => {
				const at = hostile(prng, prng.below(ARENA - 1500));
				const rest =
					name === "deviceReceive" ? [at, hostile(prng, prng.below(1500))] : [3, at, hostile(prng, ARENA - prng.below(1500))];
				return same(pair, name, ["view", hostile(prng, prng.between(-2, 70)), ...rest]);
			}),
		);
	});

	it.each(["deviceLinkUp", "devicePasses"] as const)("%s, of numbers that no device has", (name) => {
		rounds(name, (prng, pair) => same(pair, name, ["view", hostile(prng, prng.between(-2, 70))]));
	});

	it.each([
		["halfSipHash", 5],
		["halfSipHash4", 6],
	] as const)("%s", (name, length) => {
		rounds(name, (prng, pair) =>
			same(
				pair,
				name,
				Array.from({ length }, () => prng.next()),
			),
		);
	});

	it("is tested with every function it has", () => {
		const functions = Object.keys(twin).filter((name) => typeof (twin as Record<string, unknown>)[name] === "function");
		expect([...functions, ...above].filter((name) => typeof (subject as Record<string, unknown>)[name] !== "function")).toEqual(
			[],
		);
		expect([...functions, ...above].sort()).toEqual(Object.keys(naive).sort());
	});
});
