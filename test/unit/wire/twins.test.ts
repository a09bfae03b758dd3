// The codec against another one, on random and hostile input: the same answer or RangeError, and the same memory afterwards.
// decode and what it delivers to are in twins-decode.test.ts; pair.ts says who is compared with whom.

import { describe, expect, it } from "vitest";
import * as subject from "#codec";
import { FlowEntry, FlowTable } from "../../../src/packet/flow-table.ts";
import { RouteEntry, RouteRow, RouteTable } from "../../../src/packet/route-table.ts";
import { TcbBlock } from "../../../src/packet/tcb-block.ts";
import { NO_CHECKSUM } from "../../../src/wire/build.ts";
import * as fields from "../../../src/packet/fields.ts";
import { OWN_SLOT_SHIFT, OwnEntry, OwnTable } from "../../../src/packet/own-table.ts";
import * as twin from "../../../src/wire/codec.ts";
import { GROUP } from "../../../src/wire/kinds.ts";
import { ownAdd } from "../../../src/wire/own.ts";
import { routeEntry } from "../../../src/wire/tables.ts";
import { icmp, ip } from "../../support/frames.ts";
import { Prng } from "../../support/prng.ts";
import {
	addFlow,
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
	ROUNDS,
	rounds,
	same,
	SEED,
	writeEnds,
	writeFlowTable,
	writeInterfaces,
	writeWords,
} from "./pair.ts";

const ROUTES = RouteTable.offsets;
const TCB = TcbBlock.offsets;

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

	it("flowFind", () => {
		const prng = new Prng(SEED);
		let found = 0;
		const pair = new Pair(prng);
		for (let i = 0; i < ROUNDS; i++) {
			const mask = prng.pick([1, 7, 15, 63]);
			writeFlowTable(prng, pair, FREE, mask + 1);
			const key = () => ({
				local: prng.pick([0, LOCAL, ip("192.168.7.1")]),
				remote: prng.pick([0, PEER]),
				ports: prng.pick([0, 80, 53, (5000 << 16) | 80, (65535 << 16) | 65535]),
				meta: prng.pick([6, 17]) | (prng.below(3) << 8),
			});
			for (let n = prng.below((mask + 1) >> 1) + 1; n > 0; n--) {
				addFlow(pair, FREE, { ...key(), value: n });
			}
			for (let n = 0; n < 5; n++) {
				const { local, remote, ports, meta } = key();
				writeEnds(pair, local, remote);
				pair.setWord(fields.PORTS * 4, ports);
				same(pair, "flowEntry", ["view", FREE, fields.DESTINATION_ADDRESS, fields.SOURCE_ADDRESS, ports, meta]);
				if (same(pair, "flowFind", ["view", FREE, meta]).value !== -1) found++;
			}
		}
		expect(found).toBeGreaterThan(ROUNDS / 4);
		expect(found).toBeLessThan(ROUNDS * 5);
	});

	it("flowEntry of tables that lie outside", () => {
		expectBoth(
			rounds("flowEntry", (prng, pair) => {
				pair.put(FREE, new Uint8Array(FlowTable.bytes + 64 * FlowEntry.bytes));
				// As many as there are, or more than the arena has room for.
				pair.setWord(FREE, prng.pick([3, 63, 0x3fffffff, -1]));
				pair.setWord(FREE + 4, prng.next());
				const { DESTINATION_ADDRESS: local, SOURCE_ADDRESS: remote } = fields;
				return same(pair, "flowEntry", ["view", hostile(prng, FREE), local, remote, prng.next(), prng.next()]);
			}),
		);
	});

	it("routeEntry of tables that lie outside", () => {
		expectBoth(
			rounds("routeEntry", (prng, pair) => {
				pair.put(FREE, new Uint8Array(RouteTable.bytes + 64 * RouteEntry.bytes));
				pair.setWord(FREE, prng.pick([3, 63, 0x3fffffff, -1]));
				pair.setWord(FREE + 4, prng.next());
				const key = (prng.next() << 8) | prng.between(1, 129);
				return same(pair, "routeEntry", ["view", hostile(prng, FREE), hostile(prng, OUTPUT), key]);
			}),
		);
	});

	it("routeFind", () => {
		const prng = new Prng(SEED);
		const found = { v4: 0, v6: 0 };
		const pair = new Pair(prng);
		const rows = FREE + RouteTable.bytes + 64 * RouteEntry.bytes;
		// Of both families, few enough to have many bits in common.
		const near = (at: number) => {
			pair.setAddress(at, prng.chance(0.5) ? LOCAL : -1);
			const v4 = prng.chance(0.5);
			if (!v4) pair.setWord(at, prng.pick([0, 0x0120, -1]));
			const bit = v4 ? 96 + prng.below(32) : prng.below(128);
			const byte = pair.views[0].getUint8(at + (bit >> 3)) ^ (prng.chance(0.5) ? 0x80 >> (bit & 7) : 0);
			pair.put(at + (bit >> 3), [byte]);
			return v4;
		};
		/** Without the bits behind the prefix. */
		const cut = (at: number, length: number) => {
			for (let byte = 0; byte < 16; byte++) {
				const kept = Math.min(8, Math.max(0, length - 8 * byte));
				pair.put(at + byte, [pair.views[0].getUint8(at + byte) & (0xff00 >> kept)]);
			}
		};
		for (let i = 0; i < ROUNDS; i++) {
			pair.put(FREE, new Uint8Array(RouteTable.bytes + 64 * RouteEntry.bytes));
			pair.setWord(FREE + ROUTES.mask, 63);
			pair.setWord(FREE + ROUTES.seed, prng.next());
			pair.setWord(FREE + ROUTES.rows, rows);
			for (let n = 0; n < prng.between(1, 15); n++) {
				const row = rows + n * RouteRow.bytes;
				const least = near(row) ? 96 : 0;
				const length = prng.chance(0.1) ? least : prng.between(least, 128);
				cut(row, length);
				const word = FREE + (length === 128 ? ROUTES.hosts : ROUTES.lengths + (length >> 5) * 4);
				pair.setWord(word, pair.views[0].getInt32(word, true) | (1 << (length & 31)));
				for (const slot of [0, prng.between(1, 3)]) {
					const key = (slot << 8) | (length + 1);
					pair.each((view) => writeWords(view, routeEntry(view, FREE, row, key), [key, n]));
				}
			}
			for (let n = 0; n < 5; n++) {
				const family = near(OUTPUT) ? "v4" : "v6";
				same(pair, "routeEntry", ["view", FREE, OUTPUT, (prng.below(4) << 8) | prng.between(1, 129)]);
				if (same(pair, "routeFind", ["view", FREE, OUTPUT, prng.below(4)]).value !== -1) found[family]++;
			}
		}
		expect(found.v4).toBeGreaterThan(ROUNDS / 4);
		expect(found.v6).toBeGreaterThan(ROUNDS / 4);
	});

	it("ownFind", () => {
		const prng = new Prng(SEED);
		let [found, groups] = [0, 0];
		const pair = new Pair(prng);
		for (let i = 0; i < ROUNDS; i++) {
			const mask = prng.pick([1, 7, 15, 63]);
			pair.setWord(fields.OWN_AT * 4, FREE);
			pair.put(FREE, new Uint8Array(OwnTable.bytes + (mask + 1) * OwnEntry.bytes));
			pair.setWord(FREE + OwnTable.offsets.mask, mask);
			pair.setWord(FREE + OwnTable.offsets.seed, prng.next());
			// Addresses are one interface's each; broadcast addresses several may have. Some have the last word of others alone.
			const some = () => {
				pair.setAddress(OUTPUT, ip("10.0.0.1") + prng.below(12));
				if (prng.chance(0.2)) pair.setWord(OUTPUT + 4 * prng.below(3), prng.pick([0, 1]));
				return [0, 4, 8, 12].map((word) => pair.views[0].getInt32(OUTPUT + word, true));
			};
			const add = (value: number) => pair.each((view) => ownAdd(view, FREE, OUTPUT, value));
			const entries = new Map<string, number>();
			for (let n = prng.below((mask + 1) >> 1) + 1; n > 0; n--) entries.set(some().join(), prng.between(1, 3) << OWN_SLOT_SHIFT);
			for (const [words, value] of entries) {
				pair.each((view) => writeWords(view, OUTPUT, words.split(",").map(Number)));
				add(value);
			}
			for (let slot = 1; slot < mask >> 2; slot++) {
				some();
				add((slot << OWN_SLOT_SHIFT) | GROUP);
			}
			for (let n = 0; n < 5; n++) {
				some();
				const value = same(pair, "ownFind", ["view", OUTPUT, prng.below(4)]).value as number;
				if (value !== 0) found++;
				if (value & GROUP) groups++;
			}
		}
		expect(found).toBeGreaterThan(ROUNDS / 2);
		expect(found).toBeLessThan(ROUNDS * 4);
		expect(groups).toBeGreaterThan(ROUNDS / 8);
	});

	it("ownFind in a table that makes no sense", () => {
		expectBoth(
			rounds("ownFind", (prng, pair) => {
				const at = hostile(prng, FREE);
				pair.setWord(fields.OWN_AT * 4, at);
				if (at === FREE) pair.setWord(at, prng.pick([0, 5, 255, 0x7fffffff, -1]));
				return same(pair, "ownFind", ["view", hostile(prng, OUTPUT), prng.below(4)]);
			}),
		);
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
				const size = prng.between(2, 1500);
				pair.setWord(BLOCK, 0x00000045);
				pair.setWord(BLOCK + TCB.optionsLength, prng.chance(0.5) ? 0 : 4 * prng.below(11));
				pair.setWord(BLOCK + TCB.sendRing, hostile(prng, FREE + prng.below(30)));
				pair.setWord(BLOCK + TCB.sendSize, size);
				pair.setWord(BLOCK + TCB.ipHeader, 20);
				pair.setWord(BLOCK + TCB.noChecksum, prng.chance(0.2) ? 1 : 0);
				const length = hostile(prng, prng.below(Math.min(1461, size + 1)));
				const at = hostile(prng, OUTPUT + prng.below(64));
				const flagsWindow = prng.next() & 0xffffff;
				return same(pair, "tcpBuild", [
					"view",
					at,
					BLOCK,
					prng.next(),
					prng.next(),
					flagsWindow,
					hostile(prng, prng.below(size)),
					length,
				]);
			}),
		);
	});

	it("udpBuild", () => {
		expectBoth(
			rounds("udpBuild", (prng, pair) => {
				const start = prng.below(500);
				const ttl = ttlWord(prng);
				const length = hostile(prng, prng.below(1473));
				const args = [
					"view",
					hostile(prng, FREE + prng.below(64)),
					prng.next(),
					prng.next(),
					prng.next(),
					ttl,
					"buffer",
					hostile(prng, start),
					length,
				];
				return same(pair, "udpBuild", args);
			}),
		);
	});

	it("udpBuild never sends a checksum of zero", () => {
		const pair = new Pair(new Prng(1));
		let zero = 0;
		// One of 65,536 payloads of two bytes has the sum 0xffff; its checksum is sent as 0xffff.
		for (let value = 0; value < 65536; value++) {
			pair.buffers[0][0] = value >> 8;
			pair.buffers[0][1] = value;
			subject.udpBuild(pair.views[0], FREE, LOCAL, PEER, (5000 << 16) | 7, 64, pair.buffers[0], 0, 2);
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

	it("ringPut", () => {
		expectBoth(
			rounds("ringPut", (prng, pair) => {
				const size = prng.between(1, 1500);
				const length = hostile(prng, prng.below(Math.min(size, 1460) + 1));
				const args = [
					"view",
					hostile(prng, FREE),
					hostile(prng, size),
					hostile(prng, prng.below(size)),
					hostile(prng, OUTPUT + prng.below(99)),
					length,
				];
				return same(pair, "ringPut", args);
			}),
		);
	});

	it.each(["ringWrite", "ringRead"])("%s", (name) => {
		expectBoth(
			rounds(name, (prng, pair) => {
				const size = prng.between(1, 1500);
				const length = hostile(prng, prng.below(Math.min(size, 1460) + 1));
				const args = [
					"view",
					hostile(prng, FREE),
					hostile(prng, size),
					hostile(prng, prng.below(size)),
					"buffer",
					hostile(prng, prng.below(500)),
					length,
				];
				return same(pair, name, args);
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

	it("deviceLinkUp, of numbers that no device has", () => {
		rounds("deviceLinkUp", (prng, pair) => same(pair, "deviceLinkUp", ["view", hostile(prng, prng.between(-2, 70))]));
	});

	it("halfSipHash", () => {
		rounds("halfSipHash", (prng, pair) =>
			same(
				pair,
				"halfSipHash",
				Array.from({ length: 5 }, () => prng.next()),
			),
		);
	});

	it("is tested with every function it has", () => {
		const functions = Object.keys(twin).filter((name) => typeof (twin as Record<string, unknown>)[name] === "function");
		expect(functions.filter((name) => typeof (subject as Record<string, unknown>)[name] !== "function")).toEqual([]);
		expect(functions.sort()).toEqual(Object.keys(naive).sort());
	});
});
