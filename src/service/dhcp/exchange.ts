// One exchange of messages: its transaction, since when we have been asking, and what is sent from where.

import { formatIpv4, ipv4Text } from "../../address4.ts";
import type { EthernetInterface } from "../../link/ethernet.ts";
import type { Stack } from "../../stack.ts";
import type { UdpSocket } from "../../transport/udp/udp.ts";
import * as dhcp from "../../wire/dhcp.ts";
import type { Clock } from "../../transport/services.ts";
import { Messages } from "./messages.ts";
import type { Settings } from "./options.ts";

export class Exchange {
	readonly messages: Messages;
	readonly #stack: Stack;
	readonly #link: EthernetInterface;
	readonly #socket: UdpSocket;
	readonly #clock: Clock;
	#xid = 0;
	/** When the message that is answered now was sent first. */
	sentAt = 0;
	/** When we began to ask, and how many seconds ago that was when we last did: `secs`. */
	#begunAt = 0;
	#secs = 0;

	constructor(stack: Stack, link: EthernetInterface, socket: UdpSocket, settings: Settings, clock: Clock) {
		this.messages = new Messages(link.mac, settings);
		this.#stack = stack;
		this.#link = link;
		this.#socket = socket;
		this.#clock = clock;
	}

	/** `more`: as before, for its transaction; `asking`: for how long we have been asking. */
	begin(more: boolean, asking: boolean): void {
		if (!more) this.#xid = this.#stack.core.random32();
		this.sentAt = this.#clock.now;
		if (!asking) this.#begunAt = this.sentAt;
	}

	/** A REQUEST for an offer says the same as the DISCOVER before it, for relays (RFC 2131 §4.4.1); what else asks says how long we have been asking. */
	passed(): void {
		this.#secs = Math.floor((this.#clock.now - this.#begunAt) / 1000);
	}

	/** Whether the message of so many bytes that was received belongs to it. */
	isOurs(length: number): boolean {
		const { view } = this.messages;
		return (
			dhcp.valid(view, 0, length) &&
			dhcp.op(view, 0) === dhcp.BOOTREPLY &&
			dhcp.xid(view, 0) === this.#xid &&
			dhcp.isFor(view, 0, this.#link.mac)
		);
	}

	/** One that cannot be sent is as one that was lost. `from`: our address, where we have one; `source`: that of the IP header. */
	send(type: number, to: number, from: number, requested: number, server: number, source = from): void {
		const { messages } = this;
		const length = messages.compose(type, { xid: this.#xid, seconds: this.#secs, from, requested, server });
		try {
			const { udp } = this.#stack;
			const { bytes } = messages;
			udp.sendFrom(this.#socket, formatIpv4(to), dhcp.SERVER_PORT, bytes, 0, length, ipv4Text(source), dhcp.CLIENT_PORT);
		} catch {
			// No way to the server, or no link: the timer tries again.
		}
	}
}
