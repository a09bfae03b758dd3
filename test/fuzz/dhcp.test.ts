// A hostile DHCP server: random and mutated replies to whatever a client asks, with values that lie, between ARP that claims its address and a link
// that goes and comes. No exception, nothing lost, never a route without its lease, and a lease as soon as the server is honest. SEED and FRAMES set the run.

import { describe, expect, it } from "vitest";
import { DhcpClient } from "../../src/service/dhcp/client.ts";
import { DhcpServer, addresses, encode, reply, type Heard, type Options } from "../support/dhcp.ts";
import { envNumber } from "../support/env.ts";
import { ARP_REPLY, ARP_REQUEST, ip, u32 } from "../support/frames.ts";
import { macOf } from "../support/wire.ts";
import { World } from "../support/world.ts";

const SEED = envNumber("SEED", 20261124);
const FRAMES = envNumber("FRAMES", 8000);
const ROUND = 1000;

const CODES = [1, 3, 6, 12, 15, 26, 28, 42, 51, 52, 53, 54, 55, 57, 58, 59, 61, 121];
const ADDRESSES = [
	"192.168.1.100",
	"192.168.1.101",
	"10.0.0.5",
	"0.0.0.0",
	"127.0.0.1",
	"224.0.0.1",
	"240.0.0.1",
	"255.255.255.255",
	"192.168.1.255",
	"172.31.0.1",
	"1.2.3.4",
];
const WORDS = [0, 1, 2, 3, 5, 60, 3600, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];

class Attack {
	readonly world: World;
	readonly server: DhcpServer;
	readonly client: DhcpClient;
	readonly link;
	readonly stack;
	readonly free: number;
	readonly states = new Set<string>();
	readonly #prng;
	readonly #mac = macOf(1);

	constructor(seed: number) {
		this.world = new World(seed);
		this.#prng = this.world.prng.fork();
		const node = this.world.node("us", { packets: 16, routes: 12 });
		this.stack = node.stack;
		this.server = new DhcpServer(this.world, this.world.device({ mac: this.#mac }));
		this.link = node.ethernet("eth0", this.server.device);
		// One more, whose address a server may give us too.
		node.ethernet("eth1", this.world.device({ mac: macOf(2) }), "172.31.0.1/24");
		this.client = new DhcpClient(this.stack, "eth0", {
			probeIntervalMs: 20,
			probes: 1,
			onChanged() {
				void this.state;
			},
		});
		this.world.run(10);
		this.free = this.stack.core.pool.free;
	}

	/** The value of an option, often one that may be right. */
	#value(code: number): ArrayLike<number> {
		const prng = this.#prng;
		if (prng.chance(0.1)) return prng.bytes(prng.below(prng.chance(0.9) ? 12 : 255));
		if (code === 1) return prng.chance(0.5) ? [255, 255, 255, 0] : u32(prng.pick([-1 << prng.below(32), prng.next(), 0]));
		if (code === 53) return [prng.below(10)];
		if (code === 52) return [prng.below(5)];
		if (code === 26) return [prng.below(8), prng.below(256)];
		if (code === 121) {
			const routes: number[] = [];
			for (let n = prng.below(20); n > 0; n--) {
				const length = prng.below(prng.chance(0.95) ? 33 : 256);
				routes.push(length, ...prng.bytes((length + 7) >> 3).slice(0, 4), ...addresses(prng.pick(ADDRESSES)));
			}
			return routes.slice(0, 255);
		}
		if (code >= 51 && code <= 59 && code !== 54) return u32(prng.pick(WORDS));
		const list: number[] = [];
		for (let n = code === 54 ? 1 : prng.below(8); n >= 0; n--) list.push(...addresses(prng.pick(ADDRESSES)));
		return code === 54 ? (prng.chance(0.8) ? addresses(this.server.server) : list.slice(0, 4)) : list;
	}

	#options(): Options {
		const prng = this.#prng;
		const options: Options = [];
		if (prng.chance(0.9)) options.push([54, this.#value(54)]);
		if (prng.chance(0.9)) options.push([51, u32(prng.chance(0.5) ? prng.between(1, 30) : prng.pick(WORDS))]);
		for (let n = prng.below(8); n > 0; n--) {
			const code = prng.chance(0.9) ? prng.pick(CODES) : prng.below(255);
			options.push([code, this.#value(code)]);
		}
		return options;
	}

	/** A reply to what was heard, with lies; sometimes with bytes changed, cut or added. */
	#hostile(heard: Heard): Uint8Array {
		const prng = this.#prng;
		const type = prng.chance(0.8) ? (heard.name === "discover" ? 2 : prng.pick([5, 5, 5, 6])) : prng.below(10);
		const raw = prng.chance(0.05) ? prng.bytes(prng.below(300)) : undefined;
		let bytes = reply({
			type,
			xid: prng.chance(0.97) ? heard.xid : prng.next(),
			chaddr: this.#mac,
			yiaddr: prng.chance(0.6) ? this.server.address : prng.pick(ADDRESSES),
			options: this.#options(),
			sname: prng.chance(0.2) ? encode(this.#options()).slice(0, 64) : [],
			file: prng.chance(0.2) ? encode(this.#options()).slice(0, 128) : [],
			...(raw !== undefined && { raw }),
		});
		if (prng.chance(0.2))
			bytes = bytes.slice(0, prng.chance(0.5) ? prng.below(bytes.length + 1) : prng.between(236, bytes.length));
		if (prng.chance(0.3))
			for (let n = prng.below(4); n > 0 && bytes.length > 0; n--) bytes[prng.below(bytes.length)] = prng.below(256);
		return bytes.slice(0, 1400);
	}

	run(frames: number): void {
		const prng = this.#prng;
		this.server.silent = true;
		for (let done = 0; done < frames; done++) {
			const { server } = this;
			server.unicast = prng.chance(0.3);
			const heard = server.heard.at(-1);
			if (heard !== undefined) server.message(this.#hostile(heard), ip(prng.pick(ADDRESSES)), this.#mac);
			if (prng.chance(0.02)) {
				const claimed = prng.pick(ADDRESSES);
				server.arp(prng.pick([ARP_REPLY, ARP_REQUEST]), prng.chance(0.7) ? claimed : "0.0.0.0", claimed);
			}
			if (prng.chance(0.005)) server.device.setLink(false);
			this.world.run(prng.chance(0.5) ? prng.below(50) : prng.below(prng.chance(0.1) ? 20_000 : 1000));
			server.device.setLink(true);
			if (prng.chance(0.02)) this.client.renew();
			if (server.heard.length > 8) server.heard.splice(0, 4);
			server.arps.length = server.others.length = 0;
			this.states.add(this.client.state.state);
			this.#check(done);
		}
	}

	/** What must hold at every moment. */
	#check(done: number): void {
		const { link, client } = this;
		const wrong = (what: string) =>
			expect.fail(`${what} after ${done + 1} frames: ${JSON.stringify(client.state)}; SEED=${SEED}`);
		const address = client.lent;
		if (link.addresses.length !== (address === "" ? 0 : 1)) wrong(`${link.addresses.length} addresses`);
		if (address !== "" && link.addresses[0]!.address !== address) wrong("another address");
		const first = Number(address.split(".")[0]);
		if (address !== "" && (first === 0 || first === 127 || first >= 224)) wrong("an address that no host may have");
		const routes = this.stack.routes.list.filter((route) => route.link === link && !route.connected);
		if (routes.length > (address === "" ? 0 : 9)) wrong(`${routes.length} routes`);
		if (new Set(routes.map(String)).size !== routes.length) wrong("a route twice");
		if (link.nameServers.length > (address === "" ? 0 : 4)) wrong(`${link.nameServers.length} name servers`);
		if (link.mtu < 576 || link.mtu > 1500 || (address === "" && link.mtu !== 1500)) wrong(`an MTU of ${link.mtu}`);
	}

	/** The server is honest from now on. */
	honest(): string {
		const { server, client } = this;
		Object.assign(server, { silent: false, unicast: false });
		const good = () => client.state.state === "bound" && client.state.leaseSeconds === 3600;
		// A lease for good, from an attacker, stays for good: the application has it looked at anew, at last by everybody.
		for (let i = 0; i < 2; i++) {
			client.renew();
			this.world.run(1000);
		}
		if (!this.world.until(good, 3_600_000)) return `no lease: ${JSON.stringify(client.state)}`;
		this.world.run(10);
		client.close();
		this.world.run(10_000);
		const { free } = this.stack.core.pool;
		if (free !== this.free) return `${this.free - free} packets are gone`;
		if (this.link.addresses.length > 0 || this.stack.routes.list.some((route) => route.link === this.link))
			return "something stayed";
		return "";
	}
}

describe("a hostile DHCP server", () => {
	it(`does no harm with ${FRAMES} replies (SEED=${SEED})`, () => {
		const seen = new Set<string>();
		for (let left = FRAMES, round = 0; left > 0; left -= ROUND, round++) {
			const attack = new Attack(SEED + round);
			attack.run(Math.min(ROUND, left));
			const wrong = attack.honest();
			if (wrong !== "") expect.fail(`${wrong}; SEED=${SEED + round} FRAMES=${ROUND}`);
			for (const state of attack.states) seen.add(state);
		}
		// The attack reaches every state, or it would show nothing.
		if (FRAMES >= 5000)
			for (const state of ["init", "selecting", "requesting", "rebooting", "probing", "bound", "renewing", "rebinding"])
				if (!seen.has(state)) expect.fail(`never ${state}; SEED=${SEED}`);
	});
});
