// Checksums on the way through the drivers (drivers/ethernet/sums.c): what is wrong is dropped and counted, what is missing is filled in, what
// is there is left alone. RFC 1071, 791, 768, 792, 9293.

import { afterEach, describe, expect, it } from "vitest";
import { fold, pseudoHeader } from "../../src/wire/checksum.ts";
import { checksum } from "../../src/wire/kernels/checksum.ts";
import { envNumber } from "../support/env.ts";
import {
	arp,
	type Bytes,
	ethernet,
	ETHERTYPE_ARP,
	ETHERTYPE_IPV4,
	ICMP,
	icmp,
	type Ipv4Fields,
	ipv4,
	TCP,
	tcp,
	UDP,
	udp,
} from "../support/frames.ts";
import { closeRigs, WAYS, LONGEST, OWN, PEER, Rig, SHORTEST } from "./support/rig.ts";
import { CHECKSUM_AT, ETHERNET, exchange, type PacketShape, Traffic, viewOf } from "./support/traffic.ts";

const SEED = envNumber("SEED", 20261126);
const PACKETS = envNumber("PACKETS", 2000);

const ADDRESSES = { source: "10.0.0.1", destination: "10.0.0.2" };
const PORTS = { ...ADDRESSES, sourcePort: 5000, destinationPort: 7 };

afterEach(closeRigs);

/** A packet as a frame for the board, padded to Ethernet's shortest with bytes that are not 0. */
function frameOf(packet: Bytes, padding = 0): Bytes {
	const frame = new Uint8Array(Math.max(SHORTEST, ETHERNET + packet.length + padding)).fill(0xee);
	frame.set(ethernet(OWN, PEER, ETHERTYPE_IPV4, packet));
	return frame;
}

function flipped(frame: Bytes, bit: number): Bytes {
	const wrong = frame.slice();
	wrong[bit >> 3]! ^= 128 >> (bit & 7);
	return wrong;
}

const data = (length: number) => Uint8Array.from({ length }, (_, i) => i * 29 + 7);

describe.each(WAYS)(`%s, SEED=${SEED}`, (_name, kind, way) => {
	function expectPasses(rig: Rig, frame: Bytes, label: string): void {
		expect(rig.deliver(frame), label).toBe(frame.length);
		expect(rig.received(frame.length), label).toEqual(frame);
	}

	const rightOnes: [string, Bytes][] = [
		["UDP without a checksum", frameOf(udp({ ...PORTS, udpChecksum: 0 }, data(33)))],
		["UDP with checksum 0xffff for 0", frameOf(udp(PORTS, [0, 0].concat(zeroing())))],
		["UDP without data", frameOf(udp(PORTS))],
		["UDP with an odd length", frameOf(udp(PORTS, data(101)))],
		["UDP with bytes behind the packet", frameOf(udp(PORTS, data(60)), 17)],
		["UDP that is shorter than its packet", frameOf(ipv4({ ...ADDRESSES, protocol: UDP }, longer(data(50), 13)))],
		["UDP with IPv4 options", frameOf(udp({ ...PORTS, options: [7, 7, 4, 0, 0, 0, 0, 0] }, data(50)))],
		["TCP with options and an odd length", frameOf(tcp({ ...PORTS, tcpOptions: [2, 4, 5, 180] }, data(99)))],
		["TCP without data", frameOf(tcp(PORTS))],
		["an ICMP echo request", frameOf(icmp({ ...ADDRESSES, type: 8 }, data(57)))],
		["the longest TCP", frameOf(tcp(PORTS, data(1460)))],
		["the longest UDP", frameOf(udp(PORTS, data(1472)))],
		["a first fragment, whose checksum is over what is to come", frameOf(fragment(udp(PORTS, data(80)), 0x2000))],
		["a last fragment", frameOf(fragment(tcp(PORTS, data(80)), 4))],
		["another transport", frameOf(ipv4({ ...ADDRESSES, protocol: 47 }, data(60)))],
		["ARP", ethernet(OWN, PEER, ETHERTYPE_ARP, longArp())],
		["IPv6", ethernet(OWN, PEER, 0x86dd, data(80))],
		["a VLAN tag", ethernet(OWN, PEER, 0x8100, data(80))],
		["a length in the place of the type", ethernet(OWN, PEER, 46, data(46))],
	];
	it.each(rightOnes)("passes %s", (name, frame) => {
		const rig = new Rig(kind, { ...way, options: { multicast: true } }); // without it the W5500 refuses IPv6
		for (let i = 0; i < 3; i++) expectPasses(rig, frame, name);
		expect(rig.counted).toEqual({});
		rig.expectNoComplaint();
	});

	/* What the codec refuses as malformed has no checksum that could be looked for. */
	it.each([
		["an IPv4 header that is too short", { headerLength: 4 }],
		["an IPv4 header that is longer than the packet", { headerLength: 15, totalLength: 40 }],
		["a packet that is longer than the frame", { totalLength: 1000 }],
		["a packet that is shorter than a header", { totalLength: 19 }],
		["another version", { version: 6 }],
	])("leaves %s to the stack", (name, fields) => {
		const rig = new Rig(kind, way);
		const frame = frameOf(ipv4({ ...ADDRESSES, protocol: TCP, ...(fields as Partial<Ipv4Fields>) }, data(40)));
		expectPasses(rig, frame, name);
		expect(rig.counted).toEqual({});
	});

	const covered: [string, Bytes][] = [
		["UDP", frameOf(udp(PORTS, data(31)))],
		["TCP", frameOf(tcp({ ...PORTS, tcpOptions: [1, 1, 1, 0] }, data(30)))],
		["ICMP", frameOf(icmp({ ...ADDRESSES, type: 8, rest: 0x12340001 }, data(29)))],
	];
	it.each(covered)("drops and counts %s with one wrong bit, wherever it is", (_name, frame) => {
		const rig = new Rig(kind, way);
		const view = viewOf(frame);
		const end = ETHERNET + view.getUint16(ETHERNET + 2);
		let dropped = 0;
		for (let bit = ETHERNET * 8; bit < end * 8; bit++) {
			const wrong = flipped(frame, bit);
			const length = rig.deliver(wrong);
			if (length < 0) dropped++;
			else expect(leftToTheStack(wrong, frame), `bit ${bit & 7} of byte ${bit >> 3}`).toBe(true);
		}
		const bits = (end - ETHERNET) * 8;
		expect(dropped).toBeGreaterThan(bits - 60);
		expect(rig.counted).toEqual({ badChecksums: dropped });
		expect(rig.lost).toBe(dropped);
		exchange(rig, new Traffic(SEED), 20);
		rig.expectNoComplaint();
	});

	it("drops and counts damage behind the first transfers of a long frame, up to its last byte", () => {
		const rig = new Rig(kind, way);
		for (const length of [1000, 1001, 1459, 1460]) {
			const frame = frameOf(tcp(PORTS, data(length)));
			for (const at of [ETHERNET + 20, 64, 127, 128, 500, frame.length - 2, frame.length - 1])
				expect(rig.deliver(flipped(frame, at * 8)), `${length}, ${at}`).toBe(-1);
			expect(rig.deliver(frame)).toBe(frame.length);
		}
		expect(rig.counted).toEqual({ badChecksums: 28 });
	});

	it(`says of ${PACKETS} random packets, right and wrong, what the stack's own checksum says`, () => {
		const rig = new Rig(kind, { ...way, seed: SEED });
		const traffic = new Traffic(SEED);
		const { random } = traffic;
		let bad = 0;
		for (let i = 0; i < PACKETS; i++) {
			const frame = traffic.packet(random.pick([TCP, UDP, ICMP]), random.between(80, random.chance(0.1) ? LONGEST : 200), {
				options: random.chance(0.2) ? 8 : 0,
				padding: random.chance(0.2) ? random.between(1, 9) : 0,
			});
			// Any two bytes of it take any values, often those that they have, or the other 0 of ones' complement.
			const view = viewOf(frame);
			const start = ETHERNET + (frame[ETHERNET]! & 15) * 4;
			const at = random.between(start, ETHERNET + view.getUint16(ETHERNET + 2) - 2);
			if (random.chance(0.5))
				view.setUint16(at, random.pick([random.below(65536), view.getUint16(at), ~view.getUint16(at) & 0xffff]));
			const right = isRight(view);
			rig.offset = i & 3;
			if (!right) bad++;
			expect(rig.deliver(frame), `packet ${i}, SEED=${SEED}`).toBe(right ? frame.length : -1);
		}
		expect(bad).toBeGreaterThan(PACKETS / 10);
		expect(rig.counted).toEqual({ badChecksums: bad });
	});

	it(`fills in what is left 0 in ${PACKETS} random packets, as the stack's own checksum would`, () => {
		const rig = new Rig(kind, { ...way, seed: SEED });
		const traffic = new Traffic(SEED ^ 1);
		const { random } = traffic;
		for (let i = 0; i < PACKETS; i++) {
			const protocol = random.pick([TCP, UDP, ICMP]);
			const shape: PacketShape = { options: random.chance(0.2) ? 12 : 0, padding: random.chance(0.2) ? random.between(1, 9) : 0 };
			const length = random.between(80, random.chance(0.1) ? LONGEST : 200);
			const frame = traffic.packet(protocol, length, { ...shape, unchecked: true }, PEER, OWN);
			rig.offset = i & 3;
			const left = rig.through(frame);
			expect(left.length).toBe(frame.length);
			const view = viewOf(left);
			expect(isRight(view), `packet ${i}, SEED=${SEED}`).toBe(true);
			const start = ETHERNET + (left[ETHERNET]! & 15) * 4;
			const field = start + CHECKSUM_AT[protocol]!;
			if (protocol === UDP) expect(view.getUint16(field)).toBeGreaterThan(0);
			// Nothing else has changed.
			view.setUint16(ETHERNET + 10, 0);
			view.setUint16(field, 0);
			expect(left, `packet ${i}, SEED=${SEED}`).toEqual(frame);
		}
		expect(rig.counted).toEqual({});
		rig.expectNoComplaint();
	});

	it("sends 0xffff for a UDP checksum of 0", () => {
		const rig = new Rig(kind, way);
		const right = frameOf(udp(PORTS, [0, 0].concat(zeroing())));
		expect(viewOf(right).getUint16(ETHERNET + 26)).toBe(0xffff);
		const frame = right.slice();
		viewOf(frame).setUint16(ETHERNET + 26, 0);
		expect(rig.through(frame)).toEqual(right);
	});

	it("leaves a checksum alone that is there: a router must not hide damage", () => {
		const rig = new Rig(kind, way);
		const packets = [udp(PORTS, data(40)), tcp(PORTS, data(40)), icmp({ ...ADDRESSES, type: 8 }, data(40))];
		for (const packet of packets) {
			const wrong = flipped(frameOf(packet), (ETHERNET + 45) * 8);
			expect(rig.through(wrong)).toEqual(wrong);
			const header = flipped(frameOf(packet), (ETHERNET + 8) * 8); // TTL
			expect(rig.through(header)).toEqual(header);
		}
	});

	it("sends as they are fragments, other transports, and what is no IPv4", () => {
		const rig = new Rig(kind, way);
		const zero = new Uint8Array(60);
		for (const packet of [
			fragment(udp({ ...PORTS, udpChecksum: 0 }, data(80)), 0x2000),
			fragment(udp({ ...PORTS, udpChecksum: 0 }, data(80)), 9),
			ipv4({ ...ADDRESSES, protocol: 47 }, zero),
			ipv4({ ...ADDRESSES, protocol: 0xff }, zero),
			ipv4({ ...ADDRESSES, protocol: UDP }, zero.subarray(0, 6)),
			ipv4({ ...ADDRESSES, protocol: UDP, headerLength: 4, checksum: 0 }, zero),
			ipv4({ ...ADDRESSES, protocol: UDP, totalLength: 500, checksum: 0 }, zero),
			ipv4({ ...ADDRESSES, protocol: UDP, version: 5, checksum: 0 }, zero),
		]) {
			const frame = frameOf(packet);
			expect(rig.through(frame)).toEqual(frame);
		}
		for (const frame of [
			ethernet(PEER, OWN, ETHERTYPE_ARP, zero),
			ethernet(PEER, OWN, 0x86dd, zero),
			ethernet(PEER, OWN, 60, zero),
		])
			expect(rig.through(frame)).toEqual(frame);
	});

	it("fills in the header checksum of a fragment", () => {
		const rig = new Rig(kind, way);
		const right = frameOf(fragment(udp({ ...PORTS, udpChecksum: 0 }, data(80)), 0x2000));
		const frame = right.slice();
		viewOf(frame).setUint16(ETHERNET + 10, 0);
		expect(rig.through(frame)).toEqual(right);
	});

	/** The stack refuses it whatever its checksums are: version, header length, lengths, an ICMP or TCP too short; or it is a UDP with a wrong length. */
	function leftToTheStack(frame: Bytes, original: Bytes): boolean {
		const view = viewOf(frame);
		const header = (frame[ETHERNET]! & 15) * 4;
		const total = view.getUint16(ETHERNET + 2);
		if (frame[ETHERNET]! >> 4 !== 4 || header < 20 || header > total || total < 20 || ETHERNET + total > frame.length)
			return true;
		const length = view.getUint16(ETHERNET + header + 4);
		return original[ETHERNET + 9] === UDP && (length < 8 || length > total - header);
	}
});

/** Whether the checksums of the frame's packet are right, by src/wire/kernels/checksum.ts. */
function isRight(view: DataView): boolean {
	const ip = ETHERNET;
	const start = ip + (view.getUint8(ip) & 15) * 4;
	const end = ip + view.getUint16(ip + 2);
	const protocol = view.getUint8(ip + 9);
	if (checksum(view, ip, start, 0) !== 0xffff) return false;
	let last = end;
	if (protocol === UDP) {
		const length = view.getUint16(start + 4);
		if (view.getUint16(start + 6) === 0 || length < 8 || length > end - start) return true;
		last = start + length;
	}
	const pseudo = pseudoHeader(view.getInt32(ip + 12), view.getInt32(ip + 16), protocol, last - start);
	return checksum(view, start, last, protocol === ICMP ? 0 : fold(pseudo)) === 0xffff;
}

/** The two bytes that make the checksum of a UDP datagram with the data [0, 0, a, b] 0. */
function zeroing(): number[] {
	const view = viewOf(udp(PORTS, [0, 0, 0, 0]));
	const sum = view.getUint16(26); // of the others, inverted; the complement of it makes 0xffff
	return [sum >> 8, sum & 255];
}

/** A datagram with `more` bytes behind it in its packet. */
function longer(payload: Uint8Array, more: number): Bytes {
	const datagram = udp(PORTS, payload).subarray(20);
	const result = new Uint8Array(datagram.length + more).fill(0x55);
	result.set(datagram);
	return result;
}

/** The packet with these bits in its fragment field. */
function fragment(packet: Bytes, bits: number): Bytes {
	return ipv4({ ...ADDRESSES, protocol: packet[9]!, fragment: bits }, packet.subarray(20));
}

function longArp(): Bytes {
	const packet = new Uint8Array(46).fill(0xee);
	packet.set(arp({ operation: 1, senderMac: PEER, sender: "10.0.0.1", target: "10.0.0.2" }));
	return packet;
}
