// What a DHCP client says. RFC 2131 §4.4.1, table 5.

import { DHCP_MESSAGE } from "../../config.ts";
import * as dhcp from "../../wire/dhcp.ts";
import type { Settings } from "./options.ts";

/** What we would like to be told. Option 121 stands before 3: RFC 3442. */
const WANTED: readonly number[] = Object.freeze([
	dhcp.SUBNET_MASK,
	dhcp.CLASSLESS_ROUTES,
	dhcp.ROUTER,
	dhcp.DNS,
	dhcp.HOST_NAME,
	dhcp.DOMAIN_NAME,
	dhcp.DOMAIN_SEARCH,
	dhcp.INTERFACE_MTU,
	dhcp.BROADCAST_ADDRESS,
	dhcp.NTP,
	dhcp.LEASE_TIME,
	dhcp.RENEWAL_TIME,
	dhcp.REBINDING_TIME,
]);

/** What differs from message to message. Addresses are 0 where a message has none. */
export interface Words {
	xid: number;
	/** How long we have been asking. */
	seconds: number;
	/** Our address, where we have one. */
	from: number;
	/** The address that it is about, option 50. */
	requested: number;
	/** Option 54. */
	server: number;
}

export class Messages {
	/** One message, sent or received. */
	readonly bytes = new Uint8Array(DHCP_MESSAGE);
	readonly view = new DataView(this.bytes.buffer);
	readonly #mac: Uint8Array;
	readonly #settings: Settings;
	readonly #clientId: ArrayLike<number>;

	constructor(mac: Uint8Array, settings: Settings) {
		this.#mac = mac;
		this.#settings = settings;
		this.#clientId = settings.clientId ?? [1, ...mac]; // RFC 2132 §9.14: the hardware's type and address
	}

	/** Writes a message; answers its length. */
	compose(type: number, { xid, seconds, from, requested, server }: Words): number {
		const { view } = this;
		let at = dhcp.begin(view, 0, dhcp.BOOTREQUEST, xid, this.#mac);
		view.setUint16(dhcp.SECS, Math.min(seconds, 0xffff));
		view.setInt32(dhcp.CIADDR, from);
		if (from === 0) view.setUint16(dhcp.FLAGS, dhcp.BROADCAST_FLAG);
		at = dhcp.addByte(view, at, dhcp.MESSAGE_TYPE, type);
		at = dhcp.addBytes(view, at, dhcp.CLIENT_ID, this.#clientId);
		if (requested !== 0) at = dhcp.addWord(view, at, dhcp.REQUESTED_ADDRESS, requested);
		if (server !== 0) at = dhcp.addWord(view, at, dhcp.SERVER_ID, server);
		if (type === dhcp.DISCOVER || type === dhcp.REQUEST) {
			at = dhcp.addShort(view, at, dhcp.MESSAGE_SIZE, DHCP_MESSAGE);
			const { hostname } = this.#settings;
			if (hostname !== "") at = dhcp.addBytes(view, at, dhcp.HOST_NAME, dhcp.bytesOf(hostname));
			at = dhcp.addBytes(view, at, dhcp.PARAMETERS, WANTED);
		}
		return dhcp.finish(view, 0, at);
	}
}
