// A translator under random traffic of many hosts, against a naive one, which remembers everything: the same packets pass, each host's port is one port outside for all that it speaks to, no two share one,
// and nothing is left when time has passed.

import { describe, expect, it } from "vitest";
import { icmp, onesSum, RST, SYN, TCP_ACK, u16 } from "../../support/frames.ts";
import { envNumber } from "../../support/env.ts";
import { Prng } from "../../support/prng.ts";
import { datagram, OUTSIDE, ping, segment, sent, testRouter } from "../../support/router.ts";

const SEED = envNumber("SEED", 1);
const STEPS = envNumber("STEPS", 600);

/** What the naive translator knows: ports outside by who has them, and who has spoken to whom. */
class Model {
	readonly anybody: boolean;
	readonly outside = new Map<string, number>();
	readonly owner = new Map<string, string>();
	readonly spoken = new Set<string>();
	constructor(anybody: boolean) {
		this.anybody = anybody;
	}

	/** A packet left from that port of a host: it must have the port that it has already, or one that nobody has. */
	left(protocol: string, inside: string, port: number, remote: string): void {
		const key = `${protocol} ${inside}`;
		const before = this.outside.get(key);
		if (before === undefined) expect(this.owner.has(`${protocol} ${port}`), `${key} has ${port}, which is another's`).toBe(false);
		else expect(port, `${key} has had another port`).toBe(before);
		this.outside.set(key, port);
		this.owner.set(`${protocol} ${port}`, inside);
		this.spoken.add(`${key} ${remote}`);
	}

	/** Who gets a packet to that port, undefined for nobody. */
	gets(protocol: string, port: number, remote: string): string | undefined {
		const inside = this.owner.get(`${protocol} ${port}`);
		if (inside === undefined) return undefined;
		const known = this.spoken.has(`${protocol} ${inside} ${remote}`);
		if (known) return inside;
		if (!this.anybody) return undefined;
		this.spoken.add(`${protocol} ${inside} ${remote}`);
		return inside;
	}
}

describe.each([false, true])("a translator beside a naive one; from anybody: %s", (anybody) => {
	it(`translates and lets in the same: ${STEPS} steps with seed ${SEED}`, () => {
		const prng = new Prng(SEED);
		const { station, lan, wan, used } = testRouter(
			{ nat: { out: "eth2", anybody } },
			{ router: { entries: 2048 }, neighbors: 64 },
		);
		const model = new Model(anybody);
		const host = () => `10.0.0.${10 + prng.below(6)}`;
		const server = () => `198.51.100.${10 + prng.below(6)}`;
		// Few ports, so that hosts want the same.
		const port = () => 4000 + prng.below(4);
		for (let step = 0; step < STEPS; step++) {
			const protocol = ["udp", "tcp", "icmp"][prng.below(3)]!;
			const where = `step ${step} of seed ${SEED}`;
			if (prng.below(2) === 0) {
				const inside = host();
				const from = port();
				const to = server();
				const far = 7 + prng.below(2);
				if (protocol === "udp") lan.ip(datagram(`${inside}:${from}`, `${to}:${far}`));
				else if (protocol === "tcp") lan.ip(segment(`${inside}:${from}`, `${to}:${far}`, SYN));
				else lan.ip(ping(inside, to, from));
				const [line, ...rest] = sent(wan);
				expect([rest, sent(lan)], where).toEqual([[], []]);
				const outside = Number(protocol === "icmp" ? line!.split(" ").at(-1) : /:(\d+) >/.exec(line!)![1]);
				expect(line, where).toBe(
					protocol === "icmp" ? `icmp 8 ${OUTSIDE} > ${to} ${outside}` : `${protocol} ${OUTSIDE}:${outside} > ${to}:${far}`,
				);
				model.left(protocol, `${inside}:${from}`, outside, protocol === "icmp" ? to : `${to}:${far}`);
			} else {
				const from = server();
				const far = 7 + prng.below(2);
				const known = [...model.owner.keys()].filter((key) => key.startsWith(`${protocol} `));
				const outside = known.length > 0 && prng.below(4) > 0 ? Number(known[prng.below(known.length)]!.split(" ")[1]) : port();
				if (protocol === "udp") wan.ip(datagram(`${from}:${far}`, `${OUTSIDE}:${outside}`));
				else if (protocol === "tcp")
					wan.ip(segment(`${from}:${far}`, `${OUTSIDE}:${outside}`, prng.below(2) === 0 ? SYN | TCP_ACK : TCP_ACK));
				else wan.ip(ping(from, OUTSIDE, outside, 0));
				const gets = model.gets(protocol, outside, protocol === "icmp" ? from : `${from}:${far}`);
				const [inside, inner] = (gets ?? "").split(":");
				const line = protocol === "icmp" ? `icmp 0 ${from} > ${inside} ${inner}` : `${protocol} ${from}:${far} > ${gets}`;
				expect([sent(lan), sent(wan)], where).toEqual([gets === undefined ? [] : [line], []]);
			}
		}
		expect(used()).toBe(model.outside.size + model.spoken.size);
		// What stands is ended, and time passes.
		for (const key of model.spoken) {
			const [protocol, inside, remote] = key.split(" ");
			if (protocol === "tcp") lan.ip(segment(inside as "a:1", remote as "a:1", RST));
		}
		station.world.run(5 * 60_000 + 70_000);
		expect(used()).toBe(0);
	});
});

describe("a router among packets that make no sense", () => {
	it(`goes on, and its table is as large as it was: ${STEPS} of them with seed ${SEED}`, () => {
		const prng = new Prng(SEED ^ 0x5eed);
		const { station, lan, wan, used } = testRouter(
			{ nat: { out: "eth2", anybody: true }, filter: [{ protocol: "tcp", ports: 7, action: "reject" }] },
			{ router: { entries: 24, rules: 1 } },
		);
		// What is forwarded may be as wrong as it came.
		for (const port of [lan, wan]) {
			const answer = port.device.onSend!;
			port.device.onSend = (frame) => {
				if (frame[12] === 0x08 && frame[13] === 0x06) answer(frame);
			};
		}
		const end = () => [`10.0.0.${1 + prng.below(6)}`, OUTSIDE, `198.51.100.${1 + prng.below(6)}`][prng.below(3)]!;
		const port = () => prng.below(10);
		for (let step = 0; step < STEPS; step++) {
			const made = [
				() => datagram(`${end()}:${port()}`, `${end()}:${port()}`),
				() => segment(`${end()}:${port()}`, `${end()}:${port()}`, prng.below(64)),
				() => ping(end(), end(), port(), [0, 3, 8, 11, 12, 13, 14][prng.below(7)]),
			][prng.below(3)]!();
			// An error quotes what was made before.
			const packet =
				prng.below(3) > 0
					? made
					: icmp(
							{ source: end(), destination: end(), type: [3, 11, 12][prng.below(3)]!, code: prng.below(16) },
							made.subarray(0, prng.below(made.length)),
						);
			if (prng.below(2) === 0) packet[prng.below(packet.length)] = prng.below(256);
			// The header's checksum is right more often than not: what lies behind is to be read.
			packet.set([0, 0], 10);
			packet.set(u16(~onesSum(packet.subarray(0, Math.min(packet.length, (packet[0]! & 15) * 4))) & 0xffff), 10);
			(prng.below(2) === 0 ? lan : wan).ip(packet.subarray(0, packet.length - (prng.below(4) === 0 ? prng.below(20) : 0)));
			if (prng.below(50) === 0) station.world.run(prng.below(100_000));
			expect(used(), `step ${step} of seed ${SEED}`).toBeLessThanOrEqual(24);
		}
		station.world.run(2 * 124 * 60_000);
		expect(used()).toBe(0);
	});
});
