// What becomes of a frame, once more, from its bytes alone: see model.ts. What the protocols make of it is left out but for what TCP and UDP do as predicted.

import { REGISTER } from "../../../src/packet/fields.ts";
import { InterfaceBlock } from "../../../src/packet/interface-block.ts";
import { TcbBlock } from "../../../src/packet/tcb-block.ts";
import { UdpBlock } from "../../../src/packet/udp-block.ts";
import { DROPS, type DropName } from "../../../src/packet/drops.ts";
import { onesSum, read16, read32 } from "../frames.ts";
import { parsePacket } from "../parse.ts";
import { addCounter, flowFind, icmpEchoReply, ownAddresses, setWord, take, word } from "./model.ts";
import { deliver, streamIn } from "./model-sockets.ts";

/** What `arrives` answers: 0 for what was dropped, else one of these, for all or many or for us alone, and a value. */
export const KINDS = {
	arp: 1,
	tcp: 2,
	udp: 3,
	icmp: 4,
	other: 5,
	fragment: 6,
	datagram: 8,
	echo: 9,
	stray: 10,
	segment: 11,
	badOption: 12,
};
export const GROUP = 16;
/** It was for an address that the interface has not, but another one. */
export const WEAK = 32;
export const VALUE_SHIFT = 8;
export const NOBODY = 0x7fff;

const INTERFACE = InterfaceBlock.offsets;

function set(view: DataView, register: keyof typeof REGISTER, value: number): void {
	setWord(view, REGISTER[register], value);
}

function drop(view: DataView, block: number, name: DropName): number {
	const at = block + INTERFACE.drops + DROPS.indexOf(name) * 4;
	setWord(view, at, (word(view, at) + 1) | 0);
	return 0;
}

function answer(view: DataView, kind: number, group: boolean, payload: number, length: number, value: number): number {
	set(view, "payloadAt", payload);
	set(view, "payloadLength", length);
	return kind | (group ? GROUP : 0) | (value << VALUE_SHIFT);
}

interface InterfaceModel {
	readonly mac: number[];
	readonly slot: number;
	readonly ethernet: boolean;
	readonly checked: boolean;
	readonly loopback: boolean;
	readonly any: boolean;
}

function readInterface(view: DataView, block: number): InterfaceModel {
	const flags = word(view, block + INTERFACE.flags);
	return {
		mac: take(view, block + INTERFACE.mac, 6),
		slot: word(view, block + INTERFACE.slot) & 0xffff,
		ethernet: (flags & 1) !== 0,
		checked: (flags & 2) !== 0,
		loopback: (flags & 4) !== 0,
		any: (flags & 8) !== 0,
	};
}

const WHOSE = { local: 0, group: 1, elsewhere: 2 };

const highest = (address: number) => address >>> 24;

/** Whether the address is this interface's, everybody's, or somebody else's. */
function whose(view: DataView, iface: InterfaceModel, address: number): "local" | "group" | "elsewhere" {
	const own = ownAddresses(view).filter((entry) => entry.address === address && entry.slot === iface.slot);
	const ours = own.some(({ group }) => !group);
	if (!ours && own.length > 0) return "group";
	if (address === -1 || (highest(address) >= 224 && highest(address) < 240)) return "group";
	set(view, "knownDestination", address);
	set(view, "knownSlot", iface.slot);
	set(view, "knownOurs", ours ? 1 : 0);
	if (ours) return "local";
	if (iface.loopback && highest(address) === 127) return "local";
	return iface.any ? "local" : "elsewhere";
}

/** No station outside can have it: groups, 0/8 but for 0.0.0.0, 127/8, any address of ours, any broadcast address of our subnets. */
function sourceIsBad(view: DataView, iface: InterfaceModel, source: number): boolean {
	if (highest(source) >= 224 || (highest(source) === 0 && source !== 0)) return true;
	if (iface.loopback) return false;
	if (highest(source) === 127) return true;
	if (ownAddresses(view).some(({ address }) => address === source)) return true;
	set(view, "knownSource", source);
	return false;
}

export function arrives(view: DataView, at: number, end: number, block: number): number {
	const frame = take(view, at, end - at);
	take(view, block, InterfaceBlock.bytes);
	const iface = readInterface(view, block);
	addCounter(view, block + INTERFACE.rxPackets, 1);
	addCounter(view, block + INTERFACE.rxBytes, end - at);
	set(view, "arrival", block);
	set(view, "frameGroup", 0);
	set(view, "payloadAt", at);
	if (!iface.ethernet) return frame[0]! >> 4 === 6 ? malformed6(view, block) : ipArrives(view, iface, block, frame, at, false);
	if (frame.length < 14) return drop(view, block, "truncated");
	const group = (frame[0]! & 1) !== 0;
	if (group) set(view, "frameGroup", 1);
	else if (iface.mac.some((byte, i) => frame[i] !== byte)) return drop(view, block, "notForUs");
	set(view, "payloadAt", at + 14);
	const type = read16(frame, 12);
	if (type !== 0x8100) return carried(view, iface, block, type, frame.slice(14), at + 14, group);
	// A tag of 802.1Q: there is no VLAN, and no device looks behind it.
	if (frame.length < 18) return drop(view, block, "vlanMalformed");
	const [vid, inner] = [read16(frame, 14) & 0xfff, read16(frame, 16)];
	if (vid === 0xfff || inner === 0x8100 || inner === 0x88a8) return drop(view, block, "vlanMalformed");
	set(view, "payloadAt", at + 18);
	if (vid !== 0) return drop(view, block, "unknownVlan");
	return carried(view, { ...iface, checked: false }, block, inner, frame.slice(18), at + 18, group);
}

/** What a frame carries, by its EtherType. */
function carried(
	view: DataView,
	iface: InterfaceModel,
	block: number,
	type: number,
	payload: number[],
	at: number,
	group: boolean,
): number {
	if (type === 0x0800) return ipArrives(view, iface, block, payload, at, group);
	if (type === 0x86dd) return malformed6(view, block);
	if (type !== 0x0806) return drop(view, block, "unknownEtherType");
	const arp = payload;
	const known = arp.length >= 28 && read32(arp, 0) === 0x00010800 && read16(arp, 4) === 0x0604;
	if (!known || (read16(arp, 6) !== 1 && read16(arp, 6) !== 2)) return drop(view, block, "arpMalformed");
	return KINDS.arp | (group ? GROUP : 0);
}

/** Of IPv6 the model knows what cannot be one: `isIpv6` says what it can do nothing with. Afterwards the registers are ready for IPv4. */
function malformed6(view: DataView, block: number): number {
	for (const address of [REGISTER.source, REGISTER.destination]) view.setInt32(address + 12, 0);
	return drop(view, block, "ipMalformed");
}

/** Whether a frame has an IPv6 packet with all of its payload. */
export function isIpv6(frame: ArrayLike<number>, ethernet: boolean): boolean {
	const bytes = Array.from(frame);
	const tagged = ethernet && frame.length >= 18 && read16(bytes, 12) === 0x8100 && (read16(bytes, 14) & 0xfff) === 0;
	const at = tagged ? 18 : ethernet ? 14 : 0;
	if (ethernet && (frame.length < at || read16(bytes, at - 2) !== 0x86dd)) return false;
	if (frame.length < at + 40 || frame[at]! >> 4 !== 6) return false;
	return read16(Array.from(frame), at + 4) <= frame.length - at - 40;
}

function ipArrives(
	view: DataView,
	iface: InterfaceModel,
	block: number,
	packet: number[],
	start: number,
	linkGroup: boolean,
): number {
	const parsed = parsePacket(new Uint8Array(packet));
	const header = ((packet[0] ?? 0) & 15) * 4;
	if (!parsed.ipv4) {
		// A device that checked the checksum is believed.
		if (parsed.error !== "IPv4 header checksum") return drop(view, block, "ipMalformed");
		if (!iface.checked) return drop(view, block, "ipv4Checksum");
	}
	const total = read16(packet, 2);
	const source = read32(packet, 12);
	const destination = read32(packet, 16);
	view.setInt32(REGISTER.source + 12, source);
	view.setInt32(REGISTER.destination + 12, destination);
	const where = whose(view, iface, destination);
	set(view, "whose", WHOSE[where]);
	set(view, "ipAt", start);
	set(view, "ipEnd", start + total);
	set(view, "transportAt", start + header);
	set(view, "ttlProtocol", read16(packet, 8));
	if (sourceIsBad(view, iface, source)) return drop(view, block, "ipBadSource");
	if (linkGroup && where === "local") return drop(view, block, "ipLinkBroadcast");
	const pointer = badOption(packet.slice(20, header));
	if (pointer === SOURCE_ROUTED) return drop(view, block, "ipSourceRoute");
	if (pointer >= 0) return KINDS.badOption | (linkGroup || where === "group" ? GROUP : 0) | ((20 + pointer) << VALUE_SHIFT);
	if (where === "elsewhere") {
		// The stack of the test does not forward, and lets each interface have the addresses of all.
		const loopback = highest(destination) === 127;
		if (!loopback && !ownAddresses(view).some((entry) => entry.address === destination && !entry.group))
			return drop(view, block, "ipNotLocal");
		if (linkGroup) return drop(view, block, "ipLinkBroadcast");
		if (loopback) return drop(view, block, "ipStrongHost");
		set(view, "whose", WHOSE.local);
		const said = transport(view, iface, block, packet.slice(0, total), start, false);
		return said === 0 ? 0 : WEAK | said;
	}
	return transport(view, iface, block, packet.slice(0, total), start, linkGroup || where === "group");
}

const SOURCE_ROUTED = 99;

/** Where the options stop making sense, or -1; SOURCE_ROUTED when a source route stands before that. */
function badOption(options: number[]): number {
	for (let i = 0; i < options.length && options[i] !== 0;) {
		if (options[i] === 131 || options[i] === 137) return SOURCE_ROUTED;
		const length = options[i] === 1 ? 1 : options[i + 1];
		if (length === undefined) return i;
		if (i + length > options.length || (options[i] !== 1 && length < 2)) return i + 1;
		i += length;
	}
	return -1;
}

function socketFor(view: DataView, iface: InterfaceModel, protocol: number): number {
	const found = flowFind(view, word(view, REGISTER.flowsAt), protocol | (iface.slot << 8));
	return found < 0 ? NOBODY : found & NOBODY;
}

/** `packet` begins at arena offset `start`. */
function transport(
	view: DataView,
	iface: InterfaceModel,
	block: number,
	packet: number[],
	start: number,
	group: boolean,
): number {
	const header = (packet[0]! & 15) * 4;
	const body = packet.slice(header);
	const at = start + header;
	const protocol = packet[9]!;
	if ((read16(packet, 6) & 0x3fff) !== 0) return KINDS.fragment | (group ? GROUP : 0);
	const pseudo = (length: number) => [...packet.slice(12, 20), 0, protocol, length >> 8, length & 255];
	if (protocol === 6) {
		const offset = body.length >= 20 ? (body[12]! >> 4) * 4 : 0;
		if (offset < 20 || offset > body.length) return drop(view, block, "tcpMalformed");
		if (!iface.checked && onesSum([...pseudo(body.length), ...body]) !== 0xffff) return drop(view, block, "tcpChecksum");
		set(view, "ports", read32(body, 0));
		set(view, "seq", read32(body, 4));
		set(view, "ack", read32(body, 8));
		set(view, "flagsWindow", (body[13]! << 16) | read16(body, 14));
		const socket = socketFor(view, iface, protocol);
		const unexpected = answer(
			view,
			socket === NOBODY ? KINDS.stray : KINDS.tcp,
			group,
			at + offset,
			body.length - offset,
			socket,
		);
		const what = group || socket === NOBODY ? 4 : streamIn(view, word(view, REGISTER.tcbsAt) + socket * TcbBlock.bytes);
		if (what & 4) return unexpected;
		return KINDS.segment | (socket << VALUE_SHIFT);
	}
	if (protocol === 17) {
		const length = body.length >= 8 ? read16(body, 4) : 0;
		if (length < 8 || length > body.length) return drop(view, block, "udpMalformed");
		if (!iface.checked && read16(body, 6) !== 0 && onesSum([...pseudo(length), ...body.slice(0, length)]) !== 0xffff)
			return drop(view, block, "udpChecksum");
		set(view, "ports", read32(body, 0));
		const socket = socketFor(view, iface, protocol);
		const delivered =
			!group &&
			socket !== NOBODY &&
			deliver(view, word(view, REGISTER.udpsAt) + socket * UdpBlock.bytes, iface.slot, at + 8, length - 8);
		const undelivered = answer(view, KINDS.udp, group, at + 8, length - 8, socket);
		return delivered ? KINDS.datagram | (socket << VALUE_SHIFT) : undelivered;
	}
	if (protocol === 1) {
		if (body.length < 8) return drop(view, block, "icmpMalformed");
		if (!iface.checked && onesSum(body) !== 0xffff) return drop(view, block, "icmpChecksum");
		if (body[0] === 8 && !group) {
			icmpEchoReply(view, start);
			return KINDS.echo;
		}
		set(view, "ports", read32(body, 4));
		return answer(view, KINDS.icmp, group, at, body.length, 0);
	}
	return KINDS.other | (group ? GROUP : 0);
}
