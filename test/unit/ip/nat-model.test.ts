// A translator under random traffic of many hosts, against a naive one, which remembers everything: the same packets pass, each host's port is one port outside for all that it speaks to, no two share one,
// and nothing is left when time has passed.

import { describe, expect, it } from "vitest";
import { RST, SYN, TCP_ACK } from "../../support/frames.ts";
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
