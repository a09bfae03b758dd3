// ARP for IPv4 over Ethernet, RFC 826. `at` is the arena offset of the ARP packet.

import type { Offset, Uint16 } from "../packet/numbers.ts";

export const LENGTH = 28;
export const OPERATION = 6;
export const SENDER_MAC = 8;
export const SENDER_IP = 14;
export const TARGET_MAC = 18;
export const TARGET_IP = 24;

export const REQUEST = 1;
export const REPLY = 2;

/** Hardware type Ethernet, protocol type IPv4, address lengths 6 and 4, all at once. */
const ETHERNET_IPV4_HIGH = 0x00010800;
const ETHERNET_IPV4_LOW = 0x0604;

/** Whether a whole ARP packet for IPv4 over Ethernet, a request or a reply, lies there. */
export function valid(view: DataView, at: Offset, end: Offset): boolean {
	if (end - at < LENGTH) return false;
	if (view.getInt32(at) !== ETHERNET_IPV4_HIGH || view.getUint16(at + 4) !== ETHERNET_IPV4_LOW) return false;
	const operation = view.getUint16(at + OPERATION);
	return operation === REQUEST || operation === REPLY;
}

export function operation(view: DataView, at: Offset): Uint16 {
	return view.getUint16(at + OPERATION);
}

export function senderIp(view: DataView, at: Offset): number {
	return view.getInt32(at + SENDER_IP);
}

export function targetIp(view: DataView, at: Offset): number {
	return view.getInt32(at + TARGET_IP);
}

/** Whether its sender has that hardware address, of six bytes. */
export function isFrom(view: DataView, at: Offset, mac: Uint8Array): boolean {
	for (let i = 0; i < 6; i++) if (view.getUint8(at + SENDER_MAC + i) !== mac[i]) return false;
	return true;
}

/** Writes the packet but for its two hardware addresses. */
export function write(view: DataView, at: Offset, operation: number, senderIp: number, targetIp: number): void {
	view.setInt32(at, ETHERNET_IPV4_HIGH);
	view.setUint16(at + 4, ETHERNET_IPV4_LOW);
	view.setUint16(at + OPERATION, operation);
	view.setInt32(at + SENDER_IP, senderIp);
	view.setInt32(at + TARGET_IP, targetIp);
}
