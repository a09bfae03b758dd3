// Hostile peers of a PPP link: random and mutated packets of LCP, PAP, CHAP, IPCP, IPV6CP and VJ, between answers that keep the link
// going. No exception, no buffer lost, and a link as soon as the peer is honest. SEED and FRAMES set the run.

import { describe, expect, it } from "vitest";
import { BUSY, SENT, type DeviceHost } from "../../src/device/device.ts";
import { HDLC, LOST, type SerialDevice } from "../../src/device/serial.ts";
import { AUTHS } from "../../src/link/ppp/lcp.ts";
import type { PppOptions } from "../../src/link/ppp/options.ts";
import { PppInterface } from "../../src/link/ppp/ppp.ts";
import { envNumber } from "../support/env.ts";
import type { Prng } from "../support/prng.ts";
import { World } from "../support/world.ts";

const SEED = envNumber("SEED", 20261124);
const FRAMES = envNumber("FRAMES", 40_000);
const ROUND = 500;

const LCP = 0xc021;
const PAP = 0xc023;
const CHAP = 0xc223;
const IPCP = 0x8021;
const IPV6CP = 0x8057;
const PROTOCOLS = [LCP, LCP, LCP, PAP, CHAP, CHAP, IPCP, IPCP, IPV6CP, 0x21, 0x2d, 0x2f, 0x57, 0x80fd];
const ADDRESS = "10.0.0.1";

interface Frame {
	protocol: number;
	bytes: Uint8Array;
}

/** A serial line whose frames the test puts in and takes out whole. */
class FrameLine implements SerialDevice {
	linkUp = true;
	readonly counters = {};
	readonly incoming: (Frame | undefined)[] = [];
	readonly sent: Frame[] = [];
	/** One frame in so many finds no room. */
	busyOneIn = 0;
	#prng: Prng;
	#framing = 0;
	#host!: DeviceHost;
	#arena!: Uint8Array;

	constructor(prng: Prng) {
		this.#prng = prng;
	}

	attach(host: DeviceHost): void {
		this.#host = host;
		this.#arena = new Uint8Array(host.view.buffer, host.view.byteOffset, host.view.byteLength);
	}

	setFraming(framing: number): void {
		this.#framing = framing;
	}

	inject(frame: Frame | undefined): void {
		this.incoming.push(frame);
		this.#host.notify();
	}

	receive(at: number, max: number): number {
		if (this.incoming.length === 0) return 0;
		const frame = this.incoming.shift();
		if (frame === undefined || frame.bytes.length > max || this.#framing !== HDLC) return LOST;
		this.#arena.set(frame.bytes, at);
		return (frame.protocol << 16) | frame.bytes.length;
	}

	transmit(at: number, end: number, protocol: number): number {
		if (this.busyOneIn > 0 && this.#prng.below(this.busyOneIn) === 0) {
			this.#host.notify();
			return BUSY;
		}
		if (this.sent.length < 64) this.sent.push({ protocol, bytes: this.#arena.slice(at, end) });
		return SENT;
	}

	close(): void {}
}

function packet(code: number, id: number, data: ArrayLike<number>): Uint8Array {
	const bytes = new Uint8Array(4 + data.length);
	bytes[0] = code;
	bytes[1] = id;
	bytes[2] = bytes.length >> 8;
	bytes[3] = bytes.length;
	bytes.set(data, 4);
	return bytes;
}

/** Options that may well be right. */
function options(prng: Prng, protocol: number): number[] {
	const all: number[] = [];
	for (let n = prng.below(5); n > 0; n--) {
		const type = protocol === LCP ? prng.between(0, 19) : prng.pick([1, 2, 3, 3, 129, 131, prng.below(256)]);
		const length = prng.chance(0.8) ? prng.pick([0, 1, 2, 4, 4, 4, 8]) : prng.below(40);
		all.push(type, prng.chance(0.95) ? length + 2 : prng.below(256));
		for (let i = 0; i < length; i++)
			all.push(prng.chance(0.3) ? prng.pick([0, 0xc0, 0x23, 0xc2, 5, 0x81, 0x2d, 255]) : prng.below(256));
	}
	return all;
}

class Attack {
	readonly world: World;
	readonly line: FrameLine;
	readonly link: PppInterface;
	readonly free: number;
	readonly stack;
	readonly phases = new Set<string>();
	#prng: Prng;
	#seen: Frame[] = [];
	#asked = new Map<number, number>();

	constructor(seed: number, settings: PppOptions) {
		this.world = new World(seed);
		this.#prng = this.world.prng.fork();
		this.line = new FrameLine(this.world.prng.fork());
		const node = this.world.node("us", { packets: 16 });
		this.stack = node.stack;
		this.link = new PppInterface("ppp0", this.line, {
			...settings,
			holdoff: 1,
			onChanged: () => this.phases.add(this.link.state.phase),
		});
		node.stack.interfaces.add(this.link);
		this.world.run(10);
		this.free = node.stack.core.pool.free;
	}

	/** A packet made up, or one that was seen with a few bytes changed. */
	#hostile(): Frame {
		const prng = this.#prng;
		if (this.#seen.length > 0 && prng.chance(0.5)) {
			const { protocol, bytes } = prng.pick(this.#seen);
			const copy = bytes.slice(0, prng.chance(0.9) ? bytes.length : prng.below(bytes.length + 1));
			for (let n = prng.below(3); n > 0 && copy.length > 0; n--) copy[prng.below(copy.length)] = prng.below(256);
			return { protocol: prng.chance(0.95) ? protocol : prng.pick(PROTOCOLS), bytes: copy };
		}
		const protocol = prng.chance(0.97) ? prng.pick(PROTOCOLS) : ((prng.below(256) << 8) & 0xfe00) | prng.below(256) | 1;
		if (prng.chance(0.2)) return { protocol, bytes: prng.bytes(prng.below(prng.chance(0.9) ? 60 : 1500)) };
		const code = prng.chance(0.9) ? prng.between(1, 13) : prng.below(256);
		const data = prng.chance(0.7) ? options(prng, protocol) : prng.bytes(prng.below(60));
		return { protocol, bytes: packet(code, prng.below(256), data) };
	}

	/** What an honest peer says to what came. */
	answer(): void {
		for (const frame of this.line.sent.splice(0)) {
			const { protocol, bytes } = frame;
			if (this.#seen.push(frame) > 32) this.#seen.shift();
			const code = bytes[0]!;
			const id = bytes[1]!;
			const data = bytes.slice(4);
			const ask = (options: number[]) => {
				if (this.world.clock.now - (this.#asked.get(protocol) ?? -Infinity) < 2000) return;
				this.#asked.set(protocol, this.world.clock.now);
				this.line.inject({ protocol, bytes: packet(1, 9, options) });
			};
			if (protocol === PAP && code === 1) this.line.inject({ protocol, bytes: packet(2, id, [0]) });
			if (protocol === LCP && code === 5) this.line.inject({ protocol, bytes: packet(6, id, []) });
			if (protocol === LCP && code === 9) this.line.inject({ protocol, bytes: packet(10, id, [0, 0, 0, 0]) });
			if (code !== 1 || (protocol !== LCP && protocol !== IPCP && protocol !== IPV6CP)) continue;
			// Authentication is not for this peer: it is refused, as is whatever follows from it.
			this.line.inject({ protocol, bytes: packet(2, id, data) });
			if (protocol === IPV6CP) ask([1, 10, 1, 2, 3, 4, 5, 6, 7, 8]);
			else ask(protocol === IPCP ? [3, 6, 10, 0, 0, 2] : []);
		}
	}

	run(frames: number): void {
		const prng = this.#prng;
		for (let done = 0; done < frames;) {
			this.line.busyOneIn = prng.pick([0, 0, 2, 10]);
			for (let i = 0; i < ROUND && done < frames; i++, done++) {
				this.line.inject(prng.chance(0.02) ? undefined : this.#hostile());
				if (prng.chance(0.3)) this.world.run(prng.chance(0.1) ? prng.below(4000) : 1);
				if (prng.chance(0.5)) this.answer();
				// There is little to be found where nobody listens.
				if (this.link.state.phase === "dead" && prng.chance(0.2)) this.link.connect();
			}
			const { phase } = this.link.state;
			if (this.link.up !== (phase === "running")) expect.fail(`phase ${phase}, but up is ${this.link.up}; SEED=${SEED}`);
		}
	}

	/** The peer is honest from now on: whether the link comes up, and nothing is lost. */
	honest(): string {
		this.line.busyOneIn = 0;
		const up = () => {
			this.answer();
			return this.link.up;
		};
		for (let i = 0; i < 6000 && !up(); i++) this.world.run(50);
		const { free } = this.stack.core.pool;
		if (free !== this.free) return `${this.free - free} packets are gone`;
		return this.link.up ? "" : `still down: ${JSON.stringify(this.link.state)}`;
	}
}

describe(`hostile peers, SEED=${SEED}`, () => {
	const cases: [string, PppOptions][] = [
		["a client", { local: ADDRESS, usePeerDns: true, user: "anna", password: "x" }],
		[
			"a server with everything",
			{ local: ADDRESS, remote: "10.0.0.2", msDns: [ADDRESS], vj: true, ipv6: true, user: "u", password: "p" },
		],
	];
	const share = Math.ceil(FRAMES / (cases.length + AUTHS.length));

	it.each(cases)(`%s survives ${share} of their packets, and comes up when they are honest`, (_what, settings) => {
		const attack = new Attack(SEED, settings);
		for (let round = 0; round < 4; round++) {
			attack.run(Math.ceil(share / 4));
			expect(attack.honest(), `SEED=${SEED}`).toBe("");
		}
		expect(attack.phases.size).toBeGreaterThan(4);
	});

	it.each(AUTHS)(`one who demands %s lets none of ${share} in`, (auth) => {
		const attack = new Attack(SEED + 1, { local: ADDRESS, auth, accounts: { anna: "a long secret" } });
		attack.run(share);
		expect(attack.phases.has("authenticate")).toBe(true);
		expect(attack.phases.has("running")).toBe(false);
		attack.world.run(100_000);
		expect(attack.stack.core.pool.free).toBe(attack.free);
	});
});
