// Lends the one address that a gateway's wire has for a board: RFC 2131 as far as that needs.

import * as dhcp from "../../../src/wire/dhcp.ts";

const LEASE_SECONDS = 3600;
/** Longer messages are not for us: RFC 2131 §2. */
const LONGEST = 576;

export interface Lent {
	/** The board's address. */
	address: number;
	prefixLength: number;
	/** Server, router and name server. */
	gateway: number;
	/** 3600 when missing. */
	leaseSeconds?: number;
}

export interface Answer {
	bytes: Uint8Array;
	/** 0: everybody, since the board has no address yet. */
	to: number;
}

function word(bytes: Uint8Array | undefined): number | undefined {
	return bytes?.length === 4 ? new DataView(bytes.buffer, bytes.byteOffset).getInt32(0) : undefined;
}

/** What to answer to a client's message; undefined when nothing. */
export function answer(
	message: Uint8Array,
	{ address, prefixLength, gateway, leaseSeconds = LEASE_SECONDS }: Lent,
): Answer | undefined {
	const request = new DataView(message.buffer, message.byteOffset, message.byteLength);
	const { byteLength } = request;
	if (!dhcp.valid(request, 0, byteLength) || dhcp.op(request, 0) !== dhcp.BOOTREQUEST) return undefined;
	const options = dhcp.options(request, 0, byteLength);
	const type = options.get(dhcp.MESSAGE_TYPE)?.[0];
	if (type !== dhcp.DISCOVER && type !== dhcp.REQUEST) return undefined;
	const chosen = word(options.get(dhcp.SERVER_ID));
	if (type === dhcp.REQUEST && chosen !== undefined && chosen !== gateway) return undefined;
	const has = request.getInt32(dhcp.CIADDR);
	const wanted = has !== 0 ? has : word(options.get(dhcp.REQUESTED_ADDRESS));
	const kind = type === dhcp.DISCOVER ? dhcp.OFFER : wanted === address ? dhcp.ACK : dhcp.NAK;
	const mac = message.subarray(dhcp.CHADDR, dhcp.CHADDR + 6);
	const bytes = new Uint8Array(LONGEST);
	const view = new DataView(bytes.buffer);
	let at = dhcp.begin(view, 0, dhcp.BOOTREPLY, dhcp.xid(request, 0), mac);
	at = dhcp.addByte(view, at, dhcp.MESSAGE_TYPE, kind);
	at = dhcp.addWord(view, at, dhcp.SERVER_ID, gateway);
	if (kind === dhcp.NAK) return { bytes: bytes.subarray(0, dhcp.finish(view, 0, at)), to: 0 };
	view.setInt32(dhcp.CIADDR, kind === dhcp.ACK ? has : 0);
	view.setInt32(dhcp.YIADDR, address);
	at = dhcp.addWord(view, at, dhcp.LEASE_TIME, leaseSeconds);
	at = dhcp.addWord(view, at, dhcp.SUBNET_MASK, prefixLength === 0 ? 0 : -1 << (32 - prefixLength));
	at = dhcp.addWord(view, at, dhcp.ROUTER, gateway);
	at = dhcp.addWord(view, at, dhcp.DNS, gateway);
	return { bytes: bytes.subarray(0, dhcp.finish(view, 0, at)), to: has };
}
