// DHCP for IPv4, RFC 2131 and 2132.

import * as wire from "../../../src/wire/dhcp.ts";
import { data } from "./data.ts";
import type { Cursor } from "./dissection.ts";
import { named } from "./dissection.ts";

const MESSAGES: Readonly<Record<number, string>> = {
	[wire.DISCOVER]: "discover",
	[wire.OFFER]: "offer",
	[wire.REQUEST]: "request",
	[wire.DECLINE]: "decline",
	[wire.ACK]: "ack",
	[wire.NAK]: "nak",
	[wire.RELEASE]: "release",
	[wire.INFORM]: "inform",
};

/** Options that have addresses of IPv4, one or many. */
const ADDRESSES: Readonly<Record<number, [string, string]>> = {
	[wire.SUBNET_MASK]: ["dhcp.option.subnet_mask", "Subnet mask"],
	[wire.ROUTER]: ["dhcp.option.router", "Router"],
	[wire.DNS]: ["dhcp.option.domain_name_server", "Name server"],
	[wire.NTP]: ["dhcp.option.ntp_server", "Time server"],
	[wire.REQUESTED_ADDRESS]: ["dhcp.option.requested_ip_address", "Requested address"],
	[wire.SERVER_ID]: ["dhcp.option.dhcp_server_id", "Server"],
};

/** Options that have a number of four bytes, of two. */
const SECONDS: Readonly<Record<number, [string, string]>> = {
	[wire.LEASE_TIME]: ["dhcp.option.ip_address_lease_time", "Lease"],
	[wire.RENEWAL_TIME]: ["dhcp.option.renewal_time_value", "Renewed after"],
	[wire.REBINDING_TIME]: ["dhcp.option.rebinding_time_value", "Asked of others after"],
};

const TEXTS: Readonly<Record<number, [string, string]>> = {
	[wire.HOST_NAME]: ["dhcp.option.hostname", "Host name"],
	[wire.DOMAIN_NAME]: ["dhcp.option.domain_name", "Domain"],
	[wire.MESSAGE]: ["dhcp.option.message", "Message"],
};

const NAMES = named({
	...Object.fromEntries(
		[ADDRESSES, SECONDS, TEXTS].flatMap((all) => Object.entries(all).map(([kind, [, label]]) => [kind, label])),
	),
	[wire.MESSAGE_TYPE]: "Message",
	[wire.PARAMETERS]: "Parameters wanted",
	[wire.MESSAGE_SIZE]: "Largest message",
	[wire.CLIENT_ID]: "Client",
	[wire.CLASSLESS_ROUTES]: "Routes",
	[wire.INTERFACE_MTU]: "MTU",
	[wire.BROADCAST_ADDRESS]: "Broadcast address",
});

const PAD = 0;

export function dhcp(cursor: Cursor): void {
	const { dissection, at } = cursor;
	const layer = dissection.layer(cursor, "dhcp", "DHCP");
	dissection.tell("DHCP", "");
	cursor.number(1, "dhcp.type", "Kind", named({ [wire.BOOTREQUEST]: "request", [wire.BOOTREPLY]: "reply" }));
	cursor.hex(1, "dhcp.hw.type", "Hardware");
	cursor.number(1, "dhcp.hw.len", "Hardware address, bytes");
	cursor.skip(1);
	const id = cursor.hex(4, "dhcp.id", "Transaction");
	cursor.skip(4);
	const client = cursor.ipv4("dhcp.ip.client", "Client has");
	const yours = cursor.ipv4("dhcp.ip.your", "Client gets");
	cursor.ipv4("dhcp.ip.server", "Next server");
	cursor.ipv4("dhcp.ip.relay", "Relay");
	const mac = cursor.mac("dhcp.hw.mac_addr", "Client's MAC");
	cursor.skip(at + wire.HEADER - cursor.at);
	let message = 0;
	while (cursor.left > 0) {
		if (cursor.view.getUint8(cursor.at) === wire.END) {
			cursor.number(1, "dhcp.option.end", "End of options");
			break;
		}
		const kind = cursor.number(1, "dhcp.option.type", "Option", NAMES);
		if (kind === PAD) continue;
		const body = cursor.part(cursor.number(1, "dhcp.option.length", "Its length"));
		const address = ADDRESSES[kind];
		const seconds = SECONDS[kind];
		const text = TEXTS[kind];
		if (kind === wire.MESSAGE_TYPE && body.left === 1) message = body.number(1, "dhcp.option.dhcp", "Message", named(MESSAGES));
		else if (address !== undefined) while (body.left >= 4) body.ipv4(...address);
		else if (seconds !== undefined && body.left === 4) body.number(4, ...seconds, "seconds");
		else if (kind === wire.MESSAGE_SIZE && body.left === 2) body.number(2, "dhcp.option.dhcp_max_message_size", "Bytes");
		else if (kind === wire.PARAMETERS) while (body.left > 0) body.number(1, "dhcp.option.request_list_item", "Wanted", NAMES);
		else if (text !== undefined) body.ascii(body.left, ...text);
	}
	const what = MESSAGES[message] ?? "message";
	const address = [yours, client].find((each) => each !== "0.0.0.0");
	layer.title = `DHCP ${what}`;
	dissection.tell("DHCP", `${what} of ${mac}${address === undefined ? "" : `, ${address}`}, transaction ${id.toString(16)}`);
	data(cursor);
}
