// IPv6 packets as an attacker, a broken peer or a bad cable would send them: valid ones of every kind, with fields that lie. Everything comes from one seed; mutate.ts puts them into
// frames and damages them further.

import { concat, tcp, u16, u32, type Bytes } from "./frames.ts";
import {
	DESTINATION_OPTIONS,
	extension,
	FRAGMENT,
	fragmentHeader,
	HOP_BY_HOP,
	ICMP6,
	icmp6,
	ip6,
	ipv6,
	linkOption,
	na,
	NO_NEXT_HEADER,
	ns,
	RA,
	REDIRECT,
	ROUTING,
	RS,
	tcp6,
	udp6,
	ip6Text,
} from "./frames6.ts";
import type { Prng } from "./prng.ts";

/** A live connection as its peer sees it: what it would send next. */
export interface Tuple6 {
	readonly peer: string;
	readonly peerPort: number;
	readonly local: string;
	readonly localPort: number;
	seq: number;
	ack: number;
}

export interface Target6 {
	/** Addresses of the stack and groups it is in, and of others. */
	readonly locals: readonly string[];
	readonly peers: readonly string[];
	/** Those that routers tell of. */
	readonly prefixes: readonly string[];
	readonly tuples: readonly Tuple6[];
}

const ODD_ADDRESSES = ["::", "::1", "ff02::1", "ff0e::1", "::ffff:a00:2", "fe80::", "2001:db8::", "ff01::2", "64:ff9b::a00:2"];
const EDGES = [
	0, 1, 7, 8, 39, 40, 41, 47, 48, 255, 256, 1231, 1232, 1279, 1280, 1281, 1459, 1460, 1500, 1501, 32_767, 32_768, 65_535,
];

/** What all packets have of the IPv6 header and the headers behind it. */
interface Head {
	source: string;
	destination: string;
	hopLimit?: number;
	trafficClass?: number;
	label?: number;
	version?: number;
	payloadLength?: number;
	checksum?: number;
	headers?: number[];
	first?: number;
}

export class PacketGenerator6 {
	readonly #prng: Prng;
	readonly #target: Target6;
	readonly #ports: readonly number[];
	readonly #peerMac: ArrayLike<number>;

	constructor(prng: Prng, target: Target6, ports: readonly number[], peerMac: ArrayLike<number>) {
		this.#prng = prng;
		this.#target = target;
		this.#ports = ports;
		this.#peerMac = peerMac;
	}

	next(): Bytes {
		const pick = this.#prng.below(20);
		if (pick < 3) return this.#udp();
		if (pick < 5) return this.#echo();
		if (pick < 7) return this.#error();
		if (pick < 12) return this.#neighbor();
		if (pick === 12) return this.#other();
		return pick < 17 && this.#target.tuples.length > 0 ? this.#aimed() : this.#tcp();
	}

	#address(usual: readonly string[]): string {
		const prng = this.#prng;
		if (prng.chance(0.9)) return prng.pick(usual);
		return prng.chance(0.5) ? prng.pick(ODD_ADDRESSES) : ip6Text(prng.bytes(16));
	}

	#port(): number {
		const prng = this.#prng;
		return prng.chance(0.8) ? prng.pick(this.#ports) : prng.below(65_536);
	}

	#payload(): Bytes {
		const prng = this.#prng;
		return prng.bytes(prng.chance(0.5) ? prng.below(64) : prng.chance(0.9) ? Math.min(1440, prng.pick(EDGES)) : prng.below(1441));
	}

	/** An IPv6 header for the stack, and what may stand before `protocol`; now and then one that lies. */
	#head(protocol: number, source = this.#address(this.#target.peers)): Head {
		const prng = this.#prng;
		const head: Head = { source, destination: this.#address(this.#target.locals) };
		if (prng.chance(0.1)) head.hopLimit = prng.below(3);
		if (prng.chance(0.1)) head.trafficClass = prng.below(256);
		if (prng.chance(0.1)) head.label = prng.below(1 << 20);
		if (prng.chance(0.03)) head.version = prng.below(16);
		if (prng.chance(0.05)) head.payloadLength = prng.pick(EDGES);
		if (prng.chance(0.05)) head.checksum = prng.below(65_536);
		if (prng.chance(0.2)) Object.assign(head, this.#extensions(protocol));
		return head;
	}

	#extensions(protocol: number): { headers: number[]; first: number } {
		const prng = this.#prng;
		let next = protocol;
		let headers: number[] = [];
		for (let count = prng.between(1, prng.chance(0.9) ? 3 : 12); count > 0; count--) {
			const type = prng.pick([HOP_BY_HOP, DESTINATION_OPTIONS, ROUTING, FRAGMENT, 51, 135]);
			headers = [...this.#extension(type, next), ...headers];
			next = type;
		}
		return { headers, first: next };
	}

	#extension(type: number, next: number): number[] {
		const prng = this.#prng;
		if (type === FRAGMENT) {
			const whole = prng.chance(0.3);
			const offset = whole ? 0 : prng.pick([0, 8, 16, 1448, 65_528]);
			return fragmentHeader(next, offset, !whole && prng.chance(0.5), prng.below(4));
		}
		const length = prng.chance(0.9) ? undefined : prng.below(256);
		if (type === ROUTING) return extension(next, [prng.pick([0, 2, 3, 4, 200]), prng.below(3), 0, 0, 0, 0], length);
		const options = prng.pick([
			[],
			[1, 0],
			[5, 2, 0, 0],
			[0x3e, 1, 7],
			[0x7e, 0],
			[0xbe, 2, 1, 1],
			[0xc2, 4, 0, 1, 0, 0],
			[0xfe, 3, 1, 2, 3],
			[1, 200],
		]);
		return extension(next, prng.chance(0.8) ? options : Array.from(prng.bytes(prng.below(30))), length);
	}

	#udp(): Bytes {
		return udp6({ ...this.#head(17), sourcePort: this.#port(), destinationPort: this.#port() }, this.#payload());
	}

	#echo(): Bytes {
		const prng = this.#prng;
		const type = prng.chance(0.7) ? 128 : prng.pick([129, 130, 131, 132, 138, 143, 151, 255]);
		return icmp6({ ...this.#head(ICMP6), type, code: prng.chance(0.9) ? 0 : prng.below(256) }, this.#payload());
	}

	/** An error, of a connection where there is one. */
	#error(): Bytes {
		const prng = this.#prng;
		const tuple = this.#target.tuples.length > 0 ? prng.pick(this.#target.tuples) : undefined;
		const quoted =
			tuple && prng.chance(0.7)
				? tcp6({
						source: tuple.local,
						destination: tuple.peer,
						sourcePort: tuple.localPort,
						destinationPort: tuple.peerPort,
						seq: prng.chance(0.5) ? tuple.ack : prng.next(),
						flags: 16,
					})
				: prng.chance(0.5)
					? udp6({
							source: prng.pick(this.#target.locals),
							destination: prng.pick(this.#target.peers),
							sourcePort: 7,
							destinationPort: 7000,
						})
					: tcp({ source: 0x0a000002, destination: 0x0a000009, sourcePort: 80, destinationPort: 80 });
		const type = prng.pick([1, 1, 2, 2, 3, 4, 0, 100, 127]);
		const rest = type === 2 ? prng.pick([...EDGES, 1300, 1400]) : prng.pick(EDGES);
		const part = prng.chance(0.7) ? quoted : quoted.slice(0, prng.below(quoted.length + 1));
		return icmp6({ ...this.#head(ICMP6), type, code: prng.below(prng.chance(0.9) ? 7 : 256) }, concat(u32(rest), part));
	}

	/** Neighbour discovery, most of it as the rules have it. */
	#neighbor(): Bytes {
		const prng = this.#prng;
		const source = prng.chance(0.1) ? "::" : this.#address(this.#target.peers);
		const head = { ...this.#head(ICMP6, source), ...(prng.chance(0.9) ? { hopLimit: 255 } : {}) };
		if (prng.chance(0.9)) {
			delete head.headers;
			delete head.first;
		}
		const code = prng.chance(0.95) ? 0 : prng.below(256);
		const options = this.#options();
		const target = this.#address(prng.chance(0.5) ? this.#target.locals : this.#target.peers);
		switch (prng.below(6)) {
			case 0:
			case 1:
				return ns({ ...head, target, code }, options);
			case 2: {
				const flags = { router: prng.chance(0.5), solicited: prng.chance(0.5), override: prng.chance(0.5) };
				return na({ ...head, target, code, ...flags }, options);
			}
			case 3:
				return icmp6({ ...head, type: RS, code }, concat(u32(0), options));
			case 4: {
				const said = [prng.below(256), prng.below(256), ...u16(prng.pick([0, 1, 30, 1800, 9000, 65_535]))];
				return icmp6({ ...head, type: RA, code }, concat(said, u32(prng.pick([0, 1000, 30_000])), u32(0), options));
			}
			default:
				return icmp6(
					{ ...head, type: REDIRECT, code },
					concat(u32(0), ip6(target), ip6(this.#address(this.#target.peers)), options),
				);
		}
	}

	#options(): number[] {
		const prng = this.#prng;
		const options: number[] = [];
		while (options.length < 200 && prng.chance(0.7)) {
			const lifetime = () => [...u32(prng.pick([0, 1, 600, 7200, 7201, 86_400, -1]))];
			const prefix = ip6(prng.pick(this.#target.prefixes));
			switch (prng.below(8)) {
				case 0:
				case 1:
					options.push(...linkOption(1, prng.chance(0.8) ? this.#peerMac : prng.bytes(6)));
					break;
				case 2:
					options.push(...linkOption(2, prng.chance(0.8) ? this.#peerMac : prng.bytes(6)));
					break;
				case 3:
					options.push(
						3,
						4,
						prng.chance(0.8) ? 64 : prng.below(256),
						prng.pick([0xc0, 0x40, 0x80, 0]),
						...lifetime(),
						...lifetime(),
						0,
						0,
						0,
						0,
						...prefix,
					);
					break;
				case 4:
					options.push(5, 1, 0, 0, ...u32(prng.pick(EDGES)));
					break;
				case 5:
					options.push(24, 3, prng.pick([0, 48, 64, 65, 128, 129]), prng.pick([0, 8, 16, 24]), ...lifetime(), ...prefix);
					break;
				case 6:
					options.push(25, 3, 0, 0, ...lifetime(), ...ip6(this.#address(this.#target.peers)));
					break;
				default:
					options.push(prng.below(256), prng.below(4), ...prng.bytes(prng.below(40)));
			}
		}
		return options;
	}

	#other(): Bytes {
		const prng = this.#prng;
		const next = prng.pick([NO_NEXT_HEADER, 0, 1, 2, 4, 41, 47, 89, 132, 255, FRAGMENT, HOP_BY_HOP]);
		const head = this.#head(next);
		const { headers = [], first = next, ...fields } = head;
		return ipv6({ ...fields, next: first }, concat(headers, this.#payload()));
	}

	#tcp(): Bytes {
		const prng = this.#prng;
		const flags = prng.chance(0.8) ? prng.pick([0x02, 0x02, 0x10, 0x18, 0x11, 0x04, 0x14, 0x12]) : prng.below(256);
		const fields = { ...this.#head(6), sourcePort: this.#port(), destinationPort: this.#port() };
		const payload = flags & 2 && prng.chance(0.9) ? new Uint8Array(0) : this.#payload();
		return tcp6({ ...fields, seq: prng.next(), ack: prng.next(), flags, window: prng.below(65_536) }, payload);
	}

	/** Aimed at a live connection: the right addresses and ports, numbers near the right ones. */
	#aimed(): Bytes {
		const prng = this.#prng;
		const { peer, local, peerPort, localPort, seq, ack } = prng.pick(this.#target.tuples);
		const near = () => (prng.chance(0.5) ? 0 : prng.chance(0.5) ? prng.between(-3000, 3000) : prng.next());
		const extensions = prng.chance(0.1) ? this.#extensions(6) : {};
		return tcp6(
			{
				source: peer,
				destination: local,
				sourcePort: peerPort,
				destinationPort: localPort,
				seq: seq + near(),
				ack: ack + near(),
				flags: prng.chance(0.7) ? 0x10 | (prng.chance(0.3) ? 8 : 0) : prng.below(256),
				window: prng.chance(0.5) ? 65_535 : prng.pick(EDGES),
				...extensions,
			},
			prng.chance(0.4) ? new Uint8Array(0) : this.#payload(),
		);
	}
}
