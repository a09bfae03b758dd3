// Hostile time servers: made up and mutated answers from the right address and port. No exception, a time only where the question was repeated, and the right one as soon as the server is honest. SEED and FRAMES set the run.

import { describe, expect, it } from "vitest";
import { createIO } from "../../src/io/io.ts";
import { SntpClient } from "../../src/service/sntp/client.ts";
import { envNumber } from "../support/env.ts";
import { Prng } from "../support/prng.ts";
import { World } from "../support/world.ts";

const SEED = envNumber("SEED", 20261130);
const ANSWERS = Math.ceil(envNumber("FRAMES", 20_000) / 10);

describe(`hostile time servers, SEED=${SEED}`, () => {
	it(`${ANSWERS} answers`, () => {
		const prng = new Prng(SEED);
		const world = new World(SEED);
		const segment = world.segment();
		const us = world.node("us");
		us.ethernet("eth0", segment.port({ mac: 1 }), "10.0.0.1/24");
		const server = world.node("server");
		server.ethernet("eth0", segment.port({ mac: 2 }), "10.0.0.2/24");
		let answers = 0;
		let honest = false;
		let repeated = false;
		void new (createIO(server.stack).UDP)({
			port: 123,
			onReadable() {
				for (let datagram = this.read(); datagram !== undefined; datagram = this.read()) {
					const question = new Uint8Array(datagram);
					for (let n = honest ? 1 : 1 + prng.below(4); n > 0; n--) {
						answers++;
						const answer = honest ? new Uint8Array(48) : prng.bytes(prng.chance(0.9) ? 48 : prng.below(100));
						const valid = honest || prng.chance(0.7);
						if (valid && answer.length >= 48) {
							answer.set([0x24, honest ? 1 : prng.pick([0, 1, 2, 15, 16, 255])]);
							if (honest || prng.chance(0.8)) answer.set(question.subarray(40, 48), 24);
							if (honest || prng.chance(0.5)) answer.fill(0, 4, 12);
							// 2026 or so; all of one moment.
							answer.set([0xee, 0, 0, 0, 0, 0, 0, 0], 32);
							answer.set(answer.subarray(32, 40), 40);
							if (!honest && prng.chance(0.3)) answer[prng.below(48)] = prng.below(256);
						}
						repeated ||= answer.length >= 48 && question.subarray(40, 48).every((byte, i) => byte === answer[24 + i]);
						this.write(answer, datagram.address, datagram.port);
					}
				}
			},
		});
		let times = 0;
		let others = 0;
		while (answers < ANSWERS) {
			repeated = false;
			const client = new SntpClient(us.stack, { host: "10.0.0.2" }, (message, value) => {
				if (message === SntpClient.time) {
					times++;
					expect(repeated, `SEED=${SEED}: ${value}`).toBe(true);
					expect(Number.isFinite(value)).toBe(true);
				} else {
					others++;
					expect(value).toMatch(/^10\.0\.0\.2 (does not|says) /);
				}
			});
			world.run(3500);
			client.close();
		}
		expect(times).toBeGreaterThan(ANSWERS / 100);
		expect(others).toBeGreaterThan(ANSWERS / 100);
		honest = true;
		let date = 0;
		void new SntpClient(us.stack, { host: "10.0.0.2" }, (_message, _value, time) => {
			date = time?.date.getUTCFullYear() ?? 0;
		});
		world.run(1000);
		expect(date).toBe(2026);
		expect(us.stack.udp.used(1)).toBe(0);
	});
});
