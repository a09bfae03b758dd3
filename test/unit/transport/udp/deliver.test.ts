// Datagrams into the ring of their socket and out of it, against another one that does it: see support/twins/pair.ts.

import { describe, expect, it } from "vitest";
import * as fields from "../../../../src/packet/fields.ts";
import { udp } from "../../../support/frames.ts";
import { Prng } from "../../../support/prng.ts";
import {
	AGAINST,
	BLOCK,
	FREE,
	hostile,
	LOCAL,
	OUTPUT,
	Pair,
	PEER,
	ROUNDS,
	rounds,
	same,
	SEED,
	writeUdp,
} from "../../../support/twins/pair.ts";

const DATAGRAM = OUTPUT + 384;

describe(`UDP as predicted against ${AGAINST}`, () => {
	it("udpDeliver, udpForget, udpNext and udpRead: datagrams come out as they went in, until the ring is full", () => {
		const prng = new Prng(SEED);
		const pair = new Pair(prng);
		let full = 0;
		let empty = 0;
		let known = 0;
		for (let i = 0; i < ROUNDS; i++) {
			writeUdp(prng, pair, BLOCK, FREE, prng.pick([64, 400, 1500]));
			for (let step = 0; step < 8; step++) {
				if (prng.chance(0.6)) {
					const length = prng.below(500);
					pair.put(DATAGRAM, udp({ source: PEER, destination: LOCAL, sourcePort: 9, destinationPort: 7 }, prng.bytes(length)));
					pair.setAddress(fields.SOURCE_ADDRESS, prng.chance(0.9) ? PEER : LOCAL);
					pair.setAddress(fields.DESTINATION_ADDRESS, LOCAL);
					pair.setWord(fields.REGISTER.ports, (prng.below(2) << 16) | 7);
					pair.setWord(fields.REGISTER.payloadAt, DATAGRAM + 28);
					if (same(pair, "udpDeliver", ["view", BLOCK, length, prng.between(1, 2)]).value === 0) full++;
				} else {
					if (prng.chance(0.05)) same(pair, "udpAgain", ["view", BLOCK]);
					if (prng.chance(0.05)) same(pair, "udpForget", ["view", BLOCK, prng.between(1, 2)]);
					same(pair, "udpNext", ["view", BLOCK]);
					const { value } = same(pair, "udpRead", ["view", BLOCK, "buffer", prng.below(500), prng.below(600)]);
					if (value === -1) empty++;
					else if ((value as number) < 0x10000) known++;
				}
			}
		}
		expect(full).toBeGreaterThan(10);
		expect(empty).toBeGreaterThan(10);
		expect(known).toBeGreaterThan(10);
	});

	it.each(["udpDeliver", "udpForget", "udpNext", "udpRead"])("%s refuses blocks and buffers that lie outside", (name) => {
		const counts = rounds(name, (prng, pair) => {
			writeUdp(prng, pair, BLOCK, FREE, 400);
			pair.put(DATAGRAM, udp({ source: PEER, destination: LOCAL, sourcePort: 9, destinationPort: 7 }, prng.bytes(100)));
			pair.setWord(fields.REGISTER.payloadAt, hostile(prng, DATAGRAM + 28));
			const block = hostile(prng, BLOCK);
			if (name === "udpDeliver") return same(pair, name, ["view", block, hostile(prng, 100), 1]);
			if (name === "udpForget") return same(pair, name, ["view", block, 1]);
			if (name === "udpNext") return same(pair, name, ["view", block]);
			return same(pair, name, ["view", block, "buffer", hostile(prng, 0), 100]);
		});
		expect(counts.refused).toBeGreaterThan(0);
		expect(counts.answered).toBeGreaterThan(0);
	});
});
