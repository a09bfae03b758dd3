// The flow table against another reader of it, on random tables and hostile ones: see support/twins/pair.ts.

import { describe, expect, it } from "vitest";
import * as fields from "../../../src/packet/fields.ts";
import { FlowEntry, FlowTable } from "../../../src/packet/flow-table.ts";
import { ip } from "../../support/frames.ts";
import { Prng } from "../../support/prng.ts";
import {
	addFlow,
	AGAINST,
	expectBoth,
	FREE,
	hostile,
	LOCAL,
	Pair,
	PEER,
	ROUNDS,
	rounds,
	same,
	SEED,
	writeEnds,
	writeFlowTable,
} from "../../support/twins/pair.ts";

describe(`the flow table against ${AGAINST}`, () => {
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
				pair.setWord(fields.REGISTER.ports, ports);
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
});
