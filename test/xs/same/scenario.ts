// A stack under random frames, clock steps and calls of an application, all from one seed, and a digest of everything that comes of it: frames sent, events, answers, counters. The same
// on Node, where TypeScript runs as it is, as on XS, where it is compiled: same.test.ts.

import { createIO } from "../../../src/io/io.ts";
import { EthernetInterface } from "../../../src/link/ethernet.ts";
import { TcbBlock } from "../../../src/packet/tcb-block.ts";
import { Stack } from "../../../src/stack.ts";
import { statusOf } from "../../../src/status/status.ts";
import { ESTABLISHED, LISTEN } from "../../../src/transport/tcp/tcb.ts";
import {
	arp,
	ARP_REPLY,
	ARP_REQUEST,
	ethernet,
	ETHERTYPE_ARP,
	ETHERTYPE_IPV4,
	icmp,
	ip,
	read16,
	read32,
	tcp,
	TCP_ACK,
	udp,
	type Bytes,
	ipText,
} from "../../support/frames.ts";
import { FIN, SYN } from "../../../src/wire/tcp.ts";
import { ETHERTYPE_IPV6, ICMP6, echo6, ip6Text, linkOption, na, NS, ra, tcp6, udp6 } from "../../support/frames6.ts";
import { FrameGenerator, type Tuple } from "../../support/mutate.ts";
import type { Tuple6 } from "../../support/mutate6.ts";
import { Prng } from "../../support/prng.ts";
import { macOf, QueueDevice } from "../../support/wire.ts";

const LOCALS = [ip("10.0.0.2"), ip("10.0.1.2"), ip("10.0.0.255"), -1];
const PEERS = [ip("10.0.0.9"), ip("10.0.0.10"), ip("10.0.1.9"), ip("192.0.2.1")];
const LOCALS6 = ["2001:db8::2", "2001:db8:1::2", "fe80::2", "ff02::1", "ff02::1:ff00:2"];
const PEERS6 = ["2001:db8::9", "2001:db8::10", "2001:db8:1::9", "fe80::9", "2001:db8:9::1"];
const PREFIXES = ["2001:db8::", "2001:db8:77::"];
const PORTS = [7, 9, 80, 5000];
const PEER_MAC = macOf(0x19);
/** Steps between two looks at all counters. */
const STEPS = 500;

/** FNV-1a over bytes and words. */
class Digest {
	value = 0x811c9dc5 | 0;

	byte(byte: number): void {
		this.value = Math.imul(this.value ^ (byte & 0xff), 0x01000193);
	}

	word(word: number): void {
		for (let shift = 0; shift < 32; shift += 8) this.byte(word >> shift);
	}

	text(text: string): void {
		for (let i = 0; i < text.length; i++) this.byte(text.charCodeAt(i));
	}
}

/** The stack, its devices, and an application at its sockets. */
class Station {
	readonly stack: Stack;
	readonly devices: QueueDevice[] = [];
	readonly digest = new Digest();
	/** Frames put in, clock steps and the application's own calls so far; those of its callbacks come besides. */
	done = 0;
	readonly #prng: Prng;

	constructor(prng: Prng, shared: boolean) {
		this.#prng = prng;
		this.stack = new Stack({
			random32: () => prng.next(),
			onWake: () => {},
			forwarding: true,
			packets: 24,
			sockets: { tcp: 8, receiveBuffer: 3000, sendBuffer: 3000, ...(shared ? { buffers: 30_720 } : {}) },
		});
		const addresses = [
			["10.0.0.2/24", "fe80::2/64", "2001:db8::2/64"],
			["10.0.1.2/24", "fe80::3/64", "2001:db8:1::2/64"],
		];
		for (const [i, own] of addresses.entries()) {
			const device = new QueueDevice({ mac: macOf(i + 1) });
			device.onSend = (frame) => this.#sent(i, frame);
			const link = this.stack.interfaces.add(new EthernetInterface(`eth${i}`, device));
			for (const address of own) link.addAddress(address);
			this.devices.push(device);
		}
		this.#listen();
	}

	#sent(index: number, frame: Uint8Array): void {
		this.digest.byte(index);
		for (const byte of frame) this.digest.byte(byte);
		if (read16(frame, 12) === ETHERTYPE_IPV6) return this.#sent6(index, frame.subarray(14));
		if (read16(frame, 12) !== ETHERTYPE_ARP || read16(frame, 20) !== ARP_REQUEST || this.#prng.chance(0.1)) return;
		const [sender, target] = [read32(frame, 28), read32(frame, 38)];
		if (sender !== target)
			this.#inject(
				index,
				ETHERTYPE_ARP,
				arp({ operation: ARP_REPLY, senderMac: PEER_MAC, sender: target, target: sender, targetMac: macOf(index + 1) }),
			);
	}

	/** Most who are asked for answer. */
	#sent6(index: number, packet: Uint8Array): void {
		if (packet[6] !== ICMP6 || packet[40] !== NS || this.#prng.chance(0.1)) return;
		const [source, target] = [ip6Text(packet, 8), ip6Text(packet, 48)];
		if (source === ip6Text(new Uint8Array(16))) return;
		const answer = na({ source: target, destination: source, target, solicited: true, override: true }, linkOption(2, PEER_MAC));
		this.#inject(index, ETHERTYPE_IPV6, answer);
	}

	#inject(index: number, type: number, packet: Bytes): void {
		this.hear(index, ethernet(macOf(index + 1), PEER_MAC, type, packet));
	}

	hear(index: number, frame: Bytes): void {
		this.done++;
		this.devices[index]!.inject(frame);
	}

	poll(now: number): void {
		this.done++;
		this.digest.word(this.stack.poll(now));
	}

	/** What peers say that mean well: connections that are asked for, the next segment of one, a datagram, a ping. */
	converse(tuples: readonly Tuple[], tuples6: readonly Tuple6[]): void {
		this.#converse4(tuples);
		this.#converse6(tuples6);
	}

	#converse6(tuples: readonly Tuple6[]): void {
		const prng = this.#prng;
		const index = prng.below(2);
		const net = index === 0 ? "2001:db8::" : "2001:db8:1::";
		const ends = { source: `${net}9`, destination: `${net}2` };
		const inject = (packet: Bytes, to = index) => this.#inject(to, ETHERTYPE_IPV6, packet);
		if (prng.chance(0.05)) {
			const ports = { sourcePort: prng.between(1024, 65_535), destinationPort: 80 };
			inject(tcp6({ ...ends, ...ports, flags: SYN, seq: prng.next(), window: 8000 }));
		}
		if (prng.chance(0.2)) inject(udp6({ ...ends, sourcePort: 7000, destinationPort: 7 }, prng.bytes(prng.below(1400))));
		if (prng.chance(0.1)) inject(echo6({ ...ends, id: prng.below(65_536) }, prng.bytes(prng.below(200))));
		if (prng.chance(0.01)) inject(ra({ source: "fe80::9", destination: "ff02::1", lifetime: 1800 }, linkOption(1, PEER_MAC)));
		for (const { peer, peerPort, local, localPort, seq, ack } of tuples) {
			if (prng.chance(0.4)) continue;
			const payload = prng.bytes(prng.chance(0.5) ? prng.below(1400) : 0);
			const flags = prng.chance(0.003) ? TCP_ACK | FIN : TCP_ACK;
			const window = prng.pick([0, 500, 8000, 65_535, 65_535]);
			const fields = {
				source: peer,
				destination: local,
				sourcePort: peerPort,
				destinationPort: localPort,
				seq,
				ack,
				flags,
				window,
			};
			inject(tcp6(fields, payload), local.startsWith("2001:db8:1:") ? 1 : 0);
		}
	}

	#converse4(tuples: readonly Tuple[]): void {
		const prng = this.#prng;
		const index = prng.below(2);
		const ends = { source: ip(`10.0.${index}.9`), destination: ip(`10.0.${index}.2`) };
		if (prng.chance(0.05))
			this.#inject(
				index,
				ETHERTYPE_IPV4,
				tcp({ ...ends, sourcePort: prng.between(1024, 65_535), destinationPort: 80, flags: SYN, seq: prng.next(), window: 8000 }),
			);
		if (prng.chance(0.2))
			this.#inject(index, ETHERTYPE_IPV4, udp({ ...ends, sourcePort: 7000, destinationPort: 7 }, prng.bytes(prng.below(1400))));
		if (prng.chance(0.1))
			this.#inject(index, ETHERTYPE_IPV4, icmp({ ...ends, type: 8, rest: prng.next() }, prng.bytes(prng.below(200))));
		for (const { peer, peerPort, local, localPort, seq, ack } of tuples) {
			if (prng.chance(0.4)) continue;
			const payload = prng.bytes(prng.chance(0.5) ? prng.below(1400) : 0);
			const flags = prng.chance(0.003) ? TCP_ACK | FIN : TCP_ACK;
			const fields = {
				source: peer,
				destination: local,
				sourcePort: peerPort,
				destinationPort: localPort,
				seq,
				ack,
				flags,
				window: prng.pick([0, 500, 8000, 65_535, 65_535]),
			};
			this.#inject((local >> 8) & 1, ETHERTYPE_IPV4, tcp(fields, payload));
		}
	}

	/** An echo over UDP, and one over TCP that reads and writes pieces as large as chance has them. */
	#listen(): void {
		const { TCP, UDP, Listener } = createIO(this.stack);
		const { digest } = this;
		const prng = this.#prng;
		const into = new Uint8Array(1500);
		new UDP({
			port: 7,
			onReadable(count: number) {
				digest.word(count);
				for (let from = this.read(); from !== undefined; from = this.read())
					if (prng.chance(0.7)) this.write(from, from.address, from.port);
			},
		});
		new Listener({
			port: 80,
			onReadable() {
				for (let from = this.read(); from !== undefined; from = this.read())
					new TCP({
						from,
						onReadable(count: number) {
							digest.word(count);
							const got = this.read(into.subarray(0, prng.between(1, 1500))) as number | undefined;
							digest.word(got ?? -1);
							if (prng.chance(0.02)) this.close();
						},
						onWritable(room: number) {
							digest.word(room);
							if (prng.chance(0.8)) digest.word(this.write(new Uint8Array(prng.between(1, Math.min(room, 1400)))) as number);
						},
						onError() {
							digest.text(String(this.error));
							this.close();
						},
					});
			},
		});
	}

	/** The next numbers of every connection, as its peer would have them: of IPv4, and of IPv6. */
	tuples(): [Tuple[], Tuple6[]] {
		const { tcp, core } = this.stack;
		const at = TcbBlock.offsets;
		const four: Tuple[] = [];
		const six: Tuple6[] = [];
		for (const tcb of tcp.inUse()) {
			if (tcb.state <= LISTEN) continue;
			const { remoteAddress: peer, remotePort: peerPort, localAddress: local, localPort } = tcb;
			const seq = core.view.getInt32(tcb.block + at.rcvNxt, true);
			const ack = core.view.getInt32(tcb.block + at.sndNxt, true);
			if (peer.includes(":")) six.push({ peer, peerPort, local, localPort, seq, ack });
			else four.push({ peer: ip(peer), peerPort, local: ip(local), localPort, seq, ack });
		}
		return [four, six];
	}

	/** What an application does of its own. */
	act(): void {
		const { tcp } = this.stack;
		const prng = this.#prng;
		const tcb = tcp.inUse().find(({ state }) => state >= ESTABLISHED);
		this.done++;
		if (prng.chance(0.1) && tcp.available > 3) {
			try {
				this.digest.word(tcp.connect(prng.pick([...PEERS.map(ipText), ...PEERS6]), 80, { networkTimeout: 0 }).index);
			} catch (error) {
				this.digest.text((error as Error).message);
			}
		} else if (tcb !== undefined && prng.chance(0.02)) tcp.abort(tcb);
		else if (tcb !== undefined && prng.chance(0.3))
			this.digest.word(tcp.write(tcb, new Uint8Array(2000), 0, prng.between(1, 2000)));
	}
}

/** Digests after every STEPS steps, of which there are so many; and how many frames, clock steps and calls it were. */
export function scenario(seed: number, steps: number): string {
	const prng = new Prng(seed);
	// In every second one sockets share a pool that is smaller than all of their buffers.
	const station = new Station(prng, (seed & 1) !== 0);
	const { stack, devices, digest } = station;
	const target = {
		macs: [macOf(1), macOf(1), macOf(2), macOf(9)],
		peerMac: PEER_MAC,
		locals: LOCALS,
		peers: PEERS,
		ports: PORTS,
		tuples: [] as Tuple[],
		six: { locals: LOCALS6, peers: PEERS6, prefixes: PREFIXES, tuples: [] as Tuple6[] },
	};
	const generator = new FrameGenerator(prng, target);
	const digests: number[] = [];
	let now = prng.next(); // near where it wraps, now and then
	for (let step = 1; step <= steps; step++) {
		[target.tuples, target.six.tuples] = station.tuples();
		station.converse(target.tuples, target.six.tuples);
		if (prng.chance(0.3)) station.hear(prng.below(2), generator.next());
		if (prng.chance(0.1)) station.act();
		if (prng.chance(0.02)) prng.pick(devices).setBusy(prng.chance(0.3));
		if (prng.chance(0.002)) prng.pick(devices).setLink(prng.chance(0.9));
		now = (now + (prng.chance(0.05) ? prng.below(3000) : prng.below(20))) | 0;
		station.poll(now);
		if (step % STEPS !== 0) continue;
		digest.text(JSON.stringify(statusOf(stack)));
		digests.push(digest.value);
	}
	return `${digests.join(" ")}, ${station.done}`;
}
