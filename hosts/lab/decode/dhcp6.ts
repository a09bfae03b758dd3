// DHCPv6, RFC 8415.

import * as wire from "../../../src/service/dhcp6/messages.ts";
import type { Cursor } from "./dissection.ts";
import { named } from "./dissection.ts";

const MESSAGES: Readonly<Record<number, string>> = {
	[wire.SOLICIT]: "solicit",
	[wire.ADVERTISE]: "advertise",
	[wire.REQUEST]: "request",
	4: "confirm",
	[wire.RENEW]: "renew",
	[wire.REBIND]: "rebind",
	[wire.REPLY]: "reply",
	[wire.RELEASE]: "release",
	[wire.DECLINE]: "decline",
	10: "reconfigure",
	[wire.INFORMATION]: "information request",
};

const IA_NA = 3;
const IA_ADDRESS = 5;
const STATUS = 13;
const DNS = 23;
const IA_PD = 25;
const IA_PREFIX = 26;

const OPTIONS = named({
	1: "client",
	2: "server",
	[IA_NA]: "addresses",
	[IA_ADDRESS]: "address",
	6: "options wanted",
	7: "preference",
	8: "elapsed time",
	[STATUS]: "status",
	14: "rapid commit",
	[DNS]: "name servers",
	24: "search list",
	[IA_PD]: "prefixes",
	[IA_PREFIX]: "prefix",
	32: "refresh after",
});

export function dhcp6(cursor: Cursor): void {
	const { dissection } = cursor;
	const layer = dissection.layer(cursor, "dhcpv6", "DHCPv6");
	dissection.tell("DHCPv6", "");
	const message = cursor.number(1, "dhcpv6.msgtype", "Message", named(MESSAGES));
	const place = cursor.at;
	const id = ((cursor.raw(1) << 16) | cursor.raw(2)).toString(16).padStart(6, "0");
	cursor.add("dhcpv6.xid", "Transaction", `0x${id}`, place, 3);
	const told: string[] = [];
	while (cursor.left > 0) option(cursor, told);
	const what = MESSAGES[message] ?? `message ${message}`;
	layer.title = `DHCPv6 ${what}`;
	dissection.tell("DHCPv6", `${what}${told.map((each) => ` ${each}`).join("")}, transaction ${id}`);
}

function option(cursor: Cursor, told: string[]): void {
	const type = cursor.number(2, "dhcpv6.option.type", "Option", OPTIONS);
	const body = cursor.part(cursor.number(2, "dhcpv6.option.length", "Its length"));
	if (type === IA_NA || type === IA_PD) {
		body.bytes(4, "dhcpv6.iaid", "Association");
		body.number(4, "dhcpv6.iaid.t1", "Renewed after", "seconds");
		body.number(4, "dhcpv6.iaid.t2", "Asked of others after", "seconds");
		while (body.left > 0) option(body, told);
	} else if (type === IA_ADDRESS) {
		told.push(body.ipv6("dhcpv6.iaaddr.ip", "Address"));
		body.number(4, "dhcpv6.iaaddr.pref_lifetime", "Preferred for", "seconds");
		body.number(4, "dhcpv6.iaaddr.valid_lifetime", "Valid for", "seconds");
		while (body.left > 0) option(body, told);
	} else if (type === IA_PREFIX) {
		body.number(4, "dhcpv6.iaprefix.pref_lifetime", "Preferred for", "seconds");
		body.number(4, "dhcpv6.iaprefix.valid_lifetime", "Valid for", "seconds");
		const length = body.number(1, "dhcpv6.iaprefix.pref_len", "Prefix length");
		told.push(`${body.ipv6("dhcpv6.iaprefix.pref_addr", "Prefix")}/${length}`);
		while (body.left > 0) option(body, told);
	} else if (type === DNS) while (body.left >= 16) body.ipv6("dhcpv6.dns_server", "Name server");
	else if (type === STATUS) {
		body.number(2, "dhcpv6.status_code", "Status");
		if (body.left > 0) told.push(body.ascii(body.left, "dhcpv6.status_msg", "Says"));
	}
}
