// What a DHCP server says: RFC 2131 §4.3.1, table 3.

import { DHCP_MESSAGE } from "../../config.ts";
import * as dhcp from "../../wire/dhcp.ts";

/** The most of a client identifier that is kept, bytes; RFC 2132 §9.14 has no bound. */
const CLIENT_ID_MOST = 64;

/** What a client has said, as far as an answer to it takes that. */
export interface Question {
	xid: number;
	flags: number;
	ciaddr: number;
	readonly mac: Uint8Array;
	/** Its option 61, which is said back (RFC 6842 §3), undefined for none. */
	id: Uint8Array | undefined;
}

/** What is lent with an address; addresses as int32, 0 for none. */
export interface Loan {
	readonly own: number;
	readonly mask: number;
	readonly router: number;
	readonly nameServers: readonly number[];
	readonly timeServers: readonly number[];
	readonly domain: string;
	/** 0: it is said to one that has its address from elsewhere. */
	readonly seconds: number;
}

/** Of the valid message at the start of `view`. */
export function questionOf(view: DataView, options: ReadonlyMap<number, Uint8Array>): Question {
	const mac = new Uint8Array(6);
	for (let i = 0; i < 6; i++) mac[i] = view.getUint8(dhcp.CHADDR + i);
	const id = options.get(dhcp.CLIENT_ID);
	return {
		xid: dhcp.xid(view, 0),
		flags: view.getUint16(dhcp.FLAGS),
		ciaddr: view.getInt32(dhcp.CIADDR),
		mac,
		id: id !== undefined && id.length >= 2 && id.length <= CLIENT_ID_MOST ? id.slice() : undefined,
	};
}

function addWords(view: DataView, at: number, code: number, words: readonly number[]): number {
	if (words.length === 0) return at;
	view.setUint16(at, (code << 8) | (4 * words.length));
	for (let i = 0; i < words.length; i++) view.setInt32(at + 2 + 4 * i, words[i]!);
	return at + 2 + 4 * words.length;
}

export class Replies {
	readonly bytes = new Uint8Array(DHCP_MESSAGE);
	readonly view = new DataView(this.bytes.buffer);

	/** Writes an answer of that type that gives `address` (0: none); answers its length. A NAK says nothing but who says it. */
	compose(type: number, { xid, flags, ciaddr, mac, id }: Question, address: number, loan: Loan): number {
		const { view } = this;
		let at = dhcp.begin(view, 0, dhcp.BOOTREPLY, xid, mac);
		view.setUint16(dhcp.FLAGS, flags);
		if (type === dhcp.ACK) view.setInt32(dhcp.CIADDR, ciaddr);
		view.setInt32(dhcp.YIADDR, address);
		at = dhcp.addByte(view, at, dhcp.MESSAGE_TYPE, type);
		at = dhcp.addWord(view, at, dhcp.SERVER_ID, loan.own);
		if (id !== undefined) at = dhcp.addBytes(view, at, dhcp.CLIENT_ID, id);
		if (type === dhcp.NAK) return dhcp.finish(view, 0, at);
		if (loan.seconds > 0) {
			at = dhcp.addWord(view, at, dhcp.LEASE_TIME, loan.seconds);
			at = dhcp.addWord(view, at, dhcp.RENEWAL_TIME, Math.floor(loan.seconds / 2));
			at = dhcp.addWord(view, at, dhcp.REBINDING_TIME, Math.floor((loan.seconds * 7) / 8));
		}
		at = dhcp.addWord(view, at, dhcp.SUBNET_MASK, loan.mask);
		at = dhcp.addWord(view, at, dhcp.BROADCAST_ADDRESS, loan.own | ~loan.mask);
		if (loan.router !== 0) at = dhcp.addWord(view, at, dhcp.ROUTER, loan.router);
		at = addWords(view, at, dhcp.DNS, loan.nameServers);
		at = addWords(view, at, dhcp.NTP, loan.timeServers);
		if (loan.domain !== "") at = dhcp.addBytes(view, at, dhcp.DOMAIN_NAME, dhcp.bytesOf(loan.domain));
		return dhcp.finish(view, 0, at);
	}
}
