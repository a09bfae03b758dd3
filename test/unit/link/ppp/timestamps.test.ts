// Where headers are compressed, connections do without timestamps, which would keep every header from being compressed: RFC 1144 §3.2.2, RFC 7323 §3.2.

import { describe, expect, it } from "vitest";
import { SlipInterface } from "../../../../src/link/slip.ts";
import { SerialLine } from "../../../../src/device/serial-line.ts";
import { tcpInfo } from "../../../../src/transport/tcp/info.ts";
import { SYN, TCP_ACK, tcp } from "../../../support/frames.ts";
import { NullModem } from "../../../support/null-modem.ts";
import { parsePacket, type ParsedTcp } from "../../../support/parse.ts";
import { World, type Node } from "../../../support/world.ts";
import { IPCP, LCP, pair, Peer } from "./pair.ts";

const LOCAL = "10.0.0.1";
const REMOTE = "10.0.0.2";
const ALL = ["windowScale", "sack", "timestamps"];
const ALL_BUT = ["windowScale", "sack"];
/** Of TCP's options. */
const STAMPS = 8;
/** What Linux asks with: MSS, SACK, timestamps, window scale. */
const ASKING = [2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 9, 0, 0, 0, 0, 1, 3, 3, 7];
const IP = 0x21;
const COMPRESSION = [2, 6, 0, 0x2d, 15, 1];

/** What the connection of a client of `a` to `b` has agreed on, as each end tells it. */
function agreedBy(world: World, a: Node, b: Node, address: string, interfaceSlot = 0): (readonly string[])[] {
	const listener = b.stack.tcp.listen("", 7, 4, 0);
	const client = a.stack.tcp.connect(address, 7, { interfaceSlot });
	expect(world.until(() => b.stack.tcp.acceptable(listener) > 0, 10_000)).toBe(true);
	return [client, b.stack.tcp.accept(listener)!].map((tcb) => tcpInfo(tcb).options);
}

describe("a connection by PPP", () => {
	it.each([
		["header compression both ways", true, true, ALL_BUT],
		["none", false, false, ALL],
		["none, as one end does not want it", true, false, ALL],
	])("with %s", (_what, ours, theirs, expected) => {
		const p = pair({ local: LOCAL, remote: REMOTE, vj: ours }, { vj: theirs });
		expect(p.up()).toBe(true);
		expect(agreedBy(p.world, p.a.node, p.b.node, REMOTE)).toEqual([expected, expected]);
	});

	it("with header compression has timestamps when it is of IPv6, which is not compressed", () => {
		const p = pair({ local: LOCAL, remote: REMOTE, vj: true, ipv6: true }, { vj: true, ipv6: true });
		expect(p.up()).toBe(true);
		p.world.run(1000);
		const { address } = p.b.link.addresses.find((each) => each.address.startsWith("fe80"))!;
		expect(agreedBy(p.world, p.a.node, p.b.node, address, p.a.link.slot)).toEqual([ALL, ALL]);
	});
});

it("a connection by SLIP with header compression has no timestamps, and without it has them", () => {
	for (const vj of [true, false]) {
		const world = new World(1);
		const modem = new NullModem(world.clock, world.prng.fork());
		const [a, b] = [modem.a, modem.b].map((port, i) => {
			const node = world.node(`${i}`, { packets: 32, sockets: { tcp: 4 } });
			const link = new SlipInterface("sl0", new SerialLine(port), { peer: i === 0 ? REMOTE : LOCAL, vj });
			node.stack.interfaces.add(link);
			link.addAddress(`${i === 0 ? LOCAL : REMOTE}/32`);
			return node;
		});
		const expected = vj ? ALL_BUT : ALL;
		expect(agreedBy(world, a!, b!, REMOTE)).toEqual([expected, expected]);
	}
});

describe("to a peer that is played, who compresses", () => {
	/** `asks`: what the peer's IPCP asks for; what ours is agreed to or not. */
	function played(asks: number[], agrees: boolean): Peer {
		const peer = new Peer({ local: LOCAL, vj: true });
		peer.agree(LCP, []);
		let request = peer.next(IPCP, 1);
		if (!agrees) {
			peer.send(IPCP, 4, request.id, COMPRESSION.slice(0, 2).concat(request.data.slice(2, 6)));
			request = peer.next(IPCP, 1);
		}
		peer.send(IPCP, 2, request.id, request.data);
		peer.send(IPCP, 1, 77, [...asks, 3, 6, 10, 0, 0, 2]);
		peer.next(IPCP, 2);
		expect(peer.world.until(() => peer.us.link.up, 1000)).toBe(true);
		return peer;
	}

	const inject = (peer: Peer, flags: number, options: number[], ack = 0) =>
		peer.raws(IP, [
			...tcp({
				source: REMOTE,
				destination: LOCAL,
				sourcePort: 9000,
				destinationPort: 80,
				seq: 1000,
				ack,
				flags,
				tcpOptions: options,
			}),
		]);
	const segment = (peer: Peer): ParsedTcp => {
		expect(peer.world.until(() => peer.frames.some(({ protocol }) => protocol === IP), 5000)).toBe(true);
		const at = peer.frames.findIndex(({ protocol }) => protocol === IP);
		const [frame] = peer.frames.splice(at, 1);
		return parsePacket(Uint8Array.from(frame!.packet)).tcp!;
	};
	const kinds = ({ options }: ParsedTcp): number[] => {
		const found: number[] = [];
		for (let at = 0; at < options.length; at += options[at]! < 2 ? 1 : options[at + 1]!) found.push(options[at]!);
		return found;
	};

	it.each([
		["both ways", COMPRESSION, true, false],
		["what it sends", [], true, false],
		["what it receives", COMPRESSION, false, false],
		["nothing", [], false, true],
	])("%s: our SYN, our answer to its SYN, and that without a socket", (_what, asks, agrees, stamped) => {
		const peer = played(asks, agrees);
		const { tcp: ours } = peer.us.node.stack;
		ours.connect(REMOTE, 4000);
		const asking = segment(peer);
		expect(asking.flags).toBe(SYN);
		expect(kinds(asking).includes(STAMPS)).toBe(stamped);
		expect(kinds(asking)).toContain(4);

		ours.listen("", 80, 1, 0);
		inject(peer, SYN, ASKING);
		const answer = segment(peer);
		expect(answer.flags).toBe(SYN | TCP_ACK);
		expect(kinds(answer).includes(STAMPS)).toBe(stamped);
		expect(kinds(answer)).toContain(4);

		// The backlog is full: what a cookie cannot tell the timestamp would have to.
		peer.raws(IP, [
			...tcp({
				source: REMOTE,
				destination: LOCAL,
				sourcePort: 9001,
				destinationPort: 80,
				seq: 1000,
				flags: SYN,
				tcpOptions: ASKING,
			}),
		]);
		const cookie = segment(peer);
		expect(cookie.flags).toBe(SYN | TCP_ACK);
		expect(kinds(cookie).includes(STAMPS)).toBe(stamped);
		expect(kinds(cookie).includes(4)).toBe(stamped);
	});

	it("both ask at once: what its SYN offers is not taken up, as ours has not offered it", () => {
		const peer = played(COMPRESSION, true);
		const tcb = peer.us.node.stack.tcp.connect(REMOTE, 9000, { localPort: 80 });
		expect(segment(peer).flags).toBe(SYN);
		inject(peer, SYN, ASKING);
		const answer = segment(peer);
		expect(answer.flags).toBe(SYN | TCP_ACK);
		expect(kinds(answer)).not.toContain(STAMPS);
		expect(tcpInfo(tcb).options).toEqual(ALL_BUT);
	});
});
