// Frames as an attacker, a broken peer or a bad cable would send them: valid ones of every kind, with fields that lie, and then
// flipped, cut and extended. Everything comes from one seed.

import {
	TCP_ACK,
	BROADCAST_MAC,
	ETHERTYPE_ARP,
	ETHERTYPE_IPV4,
	arp,
	concat,
	ethernet,
	icmp,
	ipv4,
	tcp,
	udp,
	type Bytes,
	type Ipv4Fields,
} from "./frames.ts";
import { ETHERTYPE_IPV6, groupMac, ip6Text } from "./frames6.ts";
import { PacketGenerator6, type Target6 } from "./mutate6.ts";
import type { Prng } from "./prng.ts";
import { tagged } from "./vlan.ts";

/** A live connection as its peer sees it: what it would send next. */
export interface Tuple {
	readonly peer: number;
	readonly peerPort: number;
	readonly local: number;
	readonly localPort: number;
	/** Next sequence number of the peer, and of the stack. */
	seq: number;
	ack: number;
}

export interface Target {
	/** Hardware addresses frames are sent to: the stack's, others'. */
	readonly macs: readonly ArrayLike<number>[];
	readonly peerMac: ArrayLike<number>;
	/** Addresses of the stack, and of others. */
	readonly locals: readonly number[];
	readonly peers: readonly number[];
	readonly ports: readonly number[];
	/** Connections to aim at. */
	readonly tuples: readonly Tuple[];
	/** The same of IPv6: there is none when missing. */
	readonly six?: Target6;
}

/** Numbers at the edges of fields. */
const EDGES = [
	0, 1, 2, 7, 8, 19, 20, 21, 27, 28, 59, 60, 127, 128, 255, 256, 535, 536, 1459, 1460, 1480, 1499, 1500, 1501, 32767, 32768,
	65535,
];
const ODD_ADDRESSES = [0, -1, 0x7f000001, 0xe0000001 | 0, 0xf0000001 | 0, 0x0a0000ff, 0x0a000000, 0xc0a800ff | 0];
const VIDS = [5, 5, 5, 0, 0, 1, 4094, 4095];
const ETHERTYPES = [0x86dd, 0x8100, 0x88cc, 0x8863, 46, 0, 0xffff];

export class FrameGenerator {
	readonly #prng: Prng;
	readonly #target: Target;
	readonly #six: PacketGenerator6 | undefined;

	constructor(prng: Prng, target: Target) {
		this.#prng = prng;
		this.#target = target;
		this.#six = target.six && new PacketGenerator6(prng, target.six, target.ports, target.peerMac);
	}

	/** The next frame, valid or not. */
	next(): Bytes {
		const prng = this.#prng;
		if (prng.chance(0.02)) return prng.bytes(prng.below(200));
		const valid = this.#valid();
		const frame = prng.chance(0.2) ? tagged(valid, { vid: prng.pick(VIDS), priority: prng.below(8) }) : valid;
		return prng.chance(0.5) ? frame : this.mutate(frame);
	}

	/** Damages a frame in one to four places. */
	mutate(frame: Bytes): Bytes {
		const prng = this.#prng;
		let result: Bytes = frame.slice();
		for (let i = prng.between(1, 4); i > 0; i--) {
			if (result.length === 0) return result;
			const at = prng.below(Math.min(result.length, prng.chance(0.8) ? 80 : result.length));
			switch (prng.below(7)) {
				case 0:
					result[at] = result[at]! ^ (1 << prng.below(8));
					break;
				case 1:
					result[at] = prng.next();
					break;
				case 2:
					result[at] = prng.pick([0, 1, 0x7f, 0x80, 0xff]);
					break;
				case 3:
					result = result.slice(0, prng.chance(0.5) ? at : prng.below(result.length + 1));
					break;
				case 4:
					result = concat(result, prng.bytes(prng.pick(EDGES) % 100));
					break;
				case 5: {
					const value = prng.pick(EDGES);
					result[at] = value >> 8;
					if (at + 1 < result.length) result[at + 1] = value;
					break;
				}
				default: {
					const from = prng.below(result.length);
					result.copyWithin(at, from, from + prng.below(16));
				}
			}
		}
		return result;
	}

	#valid(): Bytes {
		const prng = this.#prng;
		const target = this.#target;
		if (this.#six && prng.chance(0.5)) return this.#frame6(this.#six.next());
		const pick = prng.below(20);
		if (pick < 3) return this.#arp();
		if (pick === 3) return this.#frame(prng.pick(ETHERTYPES), prng.bytes(prng.below(100)));
		const packet =
			pick < 8
				? this.#udp()
				: pick < 10
					? this.#icmp()
					: pick === 10
						? this.#other()
						: pick < 16 && target.tuples.length > 0
							? this.#aimed()
							: this.#tcp();
		return this.#frame(
			ETHERTYPE_IPV4,
			prng.chance(0.3) && packet.length < 46 ? concat(packet, prng.bytes(46 - packet.length)) : packet,
		);
	}

	#frame(type: number, payload: ArrayLike<number>): Bytes {
		const prng = this.#prng;
		const destination = prng.chance(0.9)
			? this.#target.macs[0]!
			: prng.chance(0.5)
				? BROADCAST_MAC
				: prng.pick(this.#target.macs);
		return ethernet(destination, this.#target.peerMac, type, payload);
	}

	/** A packet to a group goes to the group's hardware address, most of the time. */
	#frame6(packet: Bytes): Bytes {
		if (packet[24] !== 0xff || this.#prng.chance(0.1)) return this.#frame(ETHERTYPE_IPV6, packet);
		return ethernet(groupMac(ip6Text(packet, 24)), this.#target.peerMac, ETHERTYPE_IPV6, packet);
	}

	#address(usual: readonly number[]): number {
		const prng = this.#prng;
		if (prng.chance(0.9)) return prng.pick(usual);
		return prng.chance(0.5) ? prng.pick(ODD_ADDRESSES) : prng.next();
	}

	#port(): number {
		const prng = this.#prng;
		return prng.chance(0.8) ? prng.pick(this.#target.ports) : prng.below(65536);
	}

	#arp(): Bytes {
		const prng = this.#prng;
		const operation = prng.chance(0.9) ? prng.between(1, 2) : prng.below(65536);
		const packet = arp({
			operation,
			senderMac: prng.chance(0.8) ? this.#target.peerMac : prng.bytes(6),
			sender: this.#address(this.#target.peers),
			targetMac: prng.chance(0.5) ? this.#target.macs[0]! : new Uint8Array(6),
			target: this.#address(this.#target.locals),
		});
		const padded = prng.chance(0.5) ? concat(packet, new Uint8Array(18)) : packet;
		return prng.chance(0.5)
			? ethernet(BROADCAST_MAC, this.#target.peerMac, ETHERTYPE_ARP, padded)
			: this.#frame(ETHERTYPE_ARP, padded);
	}

	/** An IPv4 header for the stack, now and then one that lies. */
	#ip(): Ipv4Fields {
		const prng = this.#prng;
		const fields: Ipv4Fields = {
			source: this.#address(this.#target.peers),
			destination: this.#address(this.#target.locals),
			ttl: prng.chance(0.9) ? 64 : prng.below(3),
			tos: prng.chance(0.9) ? 0 : prng.below(256),
			id: prng.below(65536),
			fragment: prng.chance(0.95) ? 0x4000 : prng.below(65536),
		};
		if (prng.chance(0.1))
			fields.options = prng.pick([
				prng.bytes(prng.below(41)),
				[1, 1, 1, 0],
				[7, 11, 4, 0, 0, 0, 0, 0, 0, 0, 0],
				[1, prng.pick([131, 137]), 7, 4, 10, 0, 0, 9],
			]);
		if (prng.chance(0.03)) fields.version = prng.below(16);
		if (prng.chance(0.03)) fields.headerLength = prng.below(16);
		if (prng.chance(0.05)) fields.totalLength = prng.pick(EDGES);
		if (prng.chance(0.03)) fields.checksum = prng.below(65536);
		return fields;
	}

	#payload(): Bytes {
		const prng = this.#prng;
		const length = prng.chance(0.5) ? prng.below(64) : prng.chance(0.9) ? Math.min(1460, prng.pick(EDGES)) : prng.below(1461);
		return prng.bytes(length);
	}

	#udp(): Bytes {
		const prng = this.#prng;
		const payload = this.#payload();
		const fields = { ...this.#ip(), sourcePort: this.#port(), destinationPort: this.#port() };
		const lies = prng.chance(0.05) ? { length: prng.pick(EDGES) } : {};
		return udp(
			{ ...fields, ...lies, ...(prng.chance(0.1) ? { udpChecksum: prng.chance(0.5) ? 0 : prng.below(65536) } : {}) },
			payload,
		);
	}

	#icmp(): Bytes {
		const prng = this.#prng;
		const tuple = this.#target.tuples.length > 0 ? prng.pick(this.#target.tuples) : undefined;
		let payload = this.#payload();
		let type = prng.chance(0.5) ? 8 : prng.pick([0, 3, 4, 5, 11, 12, 13, 17, 255]);
		if (tuple && prng.chance(0.5)) {
			type = prng.pick([3, 3, 11, 12, 4]);
			const quoted = tcp({
				source: tuple.local,
				destination: tuple.peer,
				sourcePort: tuple.localPort,
				destinationPort: tuple.peerPort,
				seq: prng.chance(0.5) ? tuple.ack : prng.next(),
			});
			payload = quoted.slice(0, prng.chance(0.7) ? 28 : prng.below(40));
		}
		const code = prng.chance(0.8) ? prng.below(6) : prng.below(256);
		const rest = prng.chance(0.5) ? prng.pick(EDGES) : prng.next();
		return icmp({ ...this.#ip(), type, code, rest, ...(prng.chance(0.05) ? { icmpChecksum: prng.below(65536) } : {}) }, payload);
	}

	#other(): Bytes {
		const prng = this.#prng;
		return ipv4({ ...this.#ip(), protocol: prng.pick([0, 2, 4, 41, 47, 50, 89, 132, 255]) }, this.#payload());
	}

	#tcpOptions(): ArrayLike<number> {
		const prng = this.#prng;
		if (prng.chance(0.6)) return [];
		if (prng.chance(0.3)) return prng.bytes(prng.below(41));
		const options: number[] = [];
		while (options.length < 30 && prng.chance(0.7)) {
			options.push(
				...prng.pick([
					[1],
					[0],
					[2, 4, prng.below(256), prng.below(256)],
					[3, 3, prng.below(16)],
					[4, 2],
					[8, 10, 0, 0, 0, 1, 0, 0, 0, 0],
					[2, 3, 0],
					[2, 0],
					[2],
					[5, 255],
					[254, 4, 1, 2],
				]),
			);
		}
		return options;
	}

	#flags(): number {
		const prng = this.#prng;
		return prng.chance(0.8) ? prng.pick([0x02, 0x10, 0x10, 0x18, 0x11, 0x04, 0x14, 0x12, 0x19, 0x38]) : prng.below(256);
	}

	#tcp(): Bytes {
		const prng = this.#prng;
		const fields = {
			...this.#ip(),
			sourcePort: this.#port(),
			destinationPort: this.#port(),
			seq: prng.next(),
			ack: prng.chance(0.2) ? 0 : prng.next(),
			flags: this.#flags(),
			window: prng.chance(0.5) ? 65535 : prng.below(65536),
			urgent: prng.chance(0.9) ? 0 : prng.below(65536),
			tcpOptions: this.#tcpOptions(),
		};
		const lies = {
			...(prng.chance(0.03) ? { dataOffset: prng.below(16) } : {}),
			...(prng.chance(0.03) ? { tcpChecksum: prng.below(65536) } : {}),
		};
		const payload = fields.flags & 2 && prng.chance(0.9) ? new Uint8Array(0) : this.#payload();
		return tcp({ ...fields, ...lies }, payload);
	}

	/** Aimed at a live connection: the right addresses and ports, numbers near the right ones. */
	#aimed(): Bytes {
		const prng = this.#prng;
		const tuple = prng.pick(this.#target.tuples);
		const near = () =>
			prng.chance(0.5) ? 0 : prng.chance(0.5) ? prng.between(-3000, 3000) : prng.chance(0.5) ? prng.next() : prng.pick(EDGES);
		return tcp(
			{
				source: tuple.peer,
				destination: tuple.local,
				sourcePort: tuple.peerPort,
				destinationPort: tuple.localPort,
				seq: tuple.seq + near(),
				ack: tuple.ack + near(),
				flags: prng.chance(0.7) ? TCP_ACK | (prng.chance(0.3) ? 8 : 0) : this.#flags(),
				window: prng.chance(0.5) ? 65535 : prng.pick(EDGES),
				tcpOptions: this.#tcpOptions(),
			},
			prng.chance(0.4) ? new Uint8Array(0) : this.#payload(),
		);
	}
}
