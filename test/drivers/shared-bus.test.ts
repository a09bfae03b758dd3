// Two chips on one SPI controller: their transactions never overlap, and each has its frames.

import { afterEach, describe, expect, it } from "vitest";
import { lastComplaint } from "host/chips";
import { deviceTransmit } from "#codec";
import { COMES, SENT } from "../../src/device/device.ts";
import { envNumber } from "../support/env.ts";
import { closeRigs, HEARD, OWN, PEER, RECEIVED, Rig, SHORTEST, TO_SEND, WAYS, type RigOptions } from "./support/rig.ts";
import { exchange, same, Traffic, viewOf } from "./support/traffic.ts";

const SEED = envNumber("SEED", 20261201);

afterEach(() => {
	closeRigs();
	expect(lastComplaint() ?? "").not.toMatch(/selected at once/);
});

function pair(way: RigOptions): [Rig, Rig] {
	const second = { ...way, select: 18, reset: false, interrupt: false };
	return [new Rig("w5500", { ...way, seed: SEED }), new Rig("enc28j60", { ...second, seed: SEED ^ 1 })];
}

describe.each(WAYS.slice(0, 2).map(([, , way], i) => [i === 0 ? "at once" : "while others go on", way] as const))(
	`transfers pass %s, SEED=${SEED}`,
	(_name, way) => {
		it("in turns", () => {
			const rigs = pair(way);
			const traffic = new Traffic(SEED);
			for (let round = 0; round < 150; round++) {
				exchange(rigs[round & 1]!, traffic, 2, `SEED=${SEED}, round ${round}`);
				rigs[(round + 1) & 1]!.step();
			}
			for (const rig of rigs) {
				expect(rig.counted).toEqual({});
				rig.expectNoComplaint();
			}
		});

		it("with one chip asked in the middle of the other's transfer", () => {
			const [one, two] = pair(way);
			const traffic = new Traffic(SEED ^ 2);
			let waited = 0;
			for (let round = 0; round < 200; round++) {
				const frames = [traffic.any(traffic.length()), traffic.any(traffic.length())] as const;
				one.arrive(frames[0]);
				two.arrive(frames[1]);
				const left = new Set([one, two]);
				for (let turn = 0; left.size > 0; turn++) {
					if (turn === 50_000) expect.fail(`round ${round}, SEED=${SEED}: a frame never comes`);
					for (const [i, rig] of [one, two].entries()) {
						if (!left.has(rig)) continue;
						const length = rig.look();
						if (length === COMES) waited++;
						if (length <= 0) continue;
						expect(length, `round ${round}, SEED=${SEED}`).toBe(frames[i]!.length);
						expect(same(rig.view, RECEIVED, viewOf(frames[i]!), 0, length), `round ${round}, SEED=${SEED}`).toBe(true);
						left.delete(rig);
					}
					if (turn % 200 === 199) for (const rig of [one, two]) rig.step();
				}
			}
			if (way.overlaps) expect(waited).toBeGreaterThan(200);
			for (const rig of [one, two]) {
				expect(rig.counted).toEqual({});
				rig.expectNoComplaint();
			}
		});

		it("with a frame sent by a method, and groups joined, in the middle of the other's transfer", () => {
			const [one, two] = pair(way);
			const traffic = new Traffic(SEED ^ 3);
			for (let round = 0; round < 100; round++) {
				const [comes, goes] = [traffic.any(traffic.length()), traffic.any(traffic.length(), PEER, OWN)];
				const [reads, sends] = round & 1 ? [one, two] : [two, one];
				reads.arrive(comes);
				let length = reads.look();
				sends.bytes.set(goes, TO_SEND);
				if (round % 5 === 0) sends.device.multicast(round % 10 === 0);
				expect(sends.device.transmit(0, TO_SEND, TO_SEND + goes.length), `round ${round}, SEED=${SEED}`).toBe(SENT);
				sends.bytes.fill(0, TO_SEND, TO_SEND + goes.length);
				for (let i = 0; length === COMES || length === 0; i++) {
					if (i === 50_000) expect.fail(`round ${round}, SEED=${SEED}: a frame never comes`);
					length = reads.look();
				}
				expect(length, `round ${round}, SEED=${SEED}`).toBe(comes.length);
				expect(same(reads.view, RECEIVED, viewOf(comes), 0, length), `round ${round}, SEED=${SEED}`).toBe(true);
				let heard = sends.hear();
				for (let i = 0; heard === 0 && i < 500; i++) {
					sends.step();
					heard = sends.hear();
				}
				expect(heard, `round ${round}, SEED=${SEED}`).toBe(Math.max(goes.length, SHORTEST));
				expect(same(sends.view, HEARD, viewOf(goes), 0, goes.length), `round ${round}, SEED=${SEED}`).toBe(true);
			}
			for (const rig of [one, two]) rig.expectNoComplaint();
		});

		it("with a W5500's filter changed while a frame is written: it goes out as it is, or not at all", () => {
			const rig = new Rig("w5500", { ...way, seed: SEED });
			const traffic = new Traffic(SEED ^ 4);
			for (let round = 0; round < 60; round++) {
				const frame = traffic.any(traffic.length(), PEER, OWN);
				rig.bytes.set(frame, TO_SEND);
				deviceTransmit(rig.view, rig.device.native, 0, TO_SEND, TO_SEND + frame.length);
				rig.device.multicast(round % 2 === 0);
				rig.steps(5);
				for (let i = 0; i < 50 && deviceTransmit(rig.view, rig.device.native, 0, TO_SEND, TO_SEND + frame.length) !== SENT; i++)
					rig.pass(0.1);
				rig.steps(5);
				for (let heard; (heard = rig.hear()) > 0;)
					expect(
						heard === Math.max(frame.length, SHORTEST) && same(rig.view, HEARD, viewOf(frame), 0, frame.length),
						`round ${round}, SEED=${SEED}`,
					).toBe(true);
			}
			rig.expectNoComplaint();
		});
	},
);
