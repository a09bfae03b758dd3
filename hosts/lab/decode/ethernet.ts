// Ethernet, its tags, and ARP.

import * as wire from "../../../src/wire/ethernet.ts";
import { TYPE_PROVIDER, TYPE_VLAN } from "../../../src/wire/vlan.ts";
import { REPLY, REQUEST } from "../../../src/wire/arp.ts";
import type { Cursor } from "./dissection.ts";
import { hex, named } from "./dissection.ts";
import { data } from "./data.ts";
import { ipv4, ipv6 } from "./ip.ts";

const TYPES: Readonly<Record<number, [string, (cursor: Cursor) => void]>> = {
	[wire.TYPE_IPV4]: ["IPv4", ipv4],
	[wire.TYPE_ARP]: ["ARP", arp],
	[wire.TYPE_IPV6]: ["IPv6", ipv6],
	[TYPE_VLAN]: ["802.1Q", vlan],
	[TYPE_PROVIDER]: ["802.1ad", vlan],
};

/** Smaller numbers than this are lengths. IEEE 802.3 §3.2.6. */
const LEAST_TYPE = 0x600;

const typeName = (type: number): string => TYPES[type]?.[0] ?? "";

export function ethernet(cursor: Cursor): void {
	const { dissection } = cursor;
	const layer = dissection.layer(cursor, "eth", "Ethernet");
	layer.length = wire.HEADER;
	dissection.destination = cursor.mac("eth.dst", "Destination");
	dissection.source = cursor.mac("eth.src", "Source");
	layer.title = `Ethernet, ${dissection.source} → ${dissection.destination}`;
	dissection.tell("Ethernet", `${cursor.left} bytes`);
	carried(cursor, "eth.type");
}

/** The EtherType, and what it says that follows. */
function carried(cursor: Cursor, name: string): void {
	if (cursor.left >= 2 && cursor.view.getUint16(cursor.at) < LEAST_TYPE) {
		const length = cursor.number(2, name === "eth.type" ? "eth.len" : "vlan.len", "Length");
		cursor.dissection.tell("LLC", `${length} bytes`);
		return data(cursor);
	}
	const type = cursor.hex(2, name, "Type", typeName);
	const known = TYPES[type];
	if (known !== undefined) return known[1](cursor);
	cursor.dissection.tell(hex(type, 2), `${cursor.left} bytes`);
	data(cursor);
}

function vlan(cursor: Cursor): void {
	const layer = cursor.dissection.layer(cursor, "vlan", "VLAN");
	layer.length = 4;
	const { at } = cursor;
	const tag = cursor.raw(2);
	cursor.bits(at, 2, tag >> 13, "vlan.priority", "Priority");
	cursor.bits(at, 2, (tag >> 12) & 1, "vlan.dei", "Drop eligible");
	const id = cursor.bits(at, 2, tag & 0xfff, "vlan.id", "VLAN");
	layer.title = `802.1Q, VLAN ${id}`;
	carried(cursor, "vlan.etype");
}

function arp(cursor: Cursor): void {
	const { dissection } = cursor;
	const layer = dissection.layer(cursor, "arp", "ARP");
	layer.length = 28;
	dissection.tell("ARP", "");
	const hardware = cursor.number(2, "arp.hw.type", "Hardware", named({ 1: "Ethernet" }));
	const protocol = cursor.hex(2, "arp.proto.type", "Protocol", typeName);
	const hardwareLength = cursor.number(1, "arp.hw.size", "Hardware address, bytes");
	const protocolLength = cursor.number(1, "arp.proto.size", "Protocol address, bytes");
	const operation = cursor.number(2, "arp.opcode", "Operation", named({ [REQUEST]: "request", [REPLY]: "reply" }));
	if (hardware !== 1 || protocol !== wire.TYPE_IPV4 || hardwareLength !== 6 || protocolLength !== 4) return;
	const mac = cursor.mac("arp.src.hw_mac", "Sender's MAC");
	const sender = cursor.ipv4("arp.src.proto_ipv4", "Sender");
	cursor.mac("arp.dst.hw_mac", "Target's MAC");
	const target = cursor.ipv4("arp.dst.proto_ipv4", "Target");
	const asked =
		sender === "0.0.0.0"
			? `Is ${target} free?`
			: sender === target
				? `${sender} is at ${mac}, announced`
				: `Who has ${target}? Tell ${sender}`;
	layer.title = operation === REPLY ? `ARP, ${sender} is at ${mac}` : `ARP, ${asked}`;
	dissection.tell("ARP", layer.title.slice(5));
}
