// UDP, and what is known by its ports.

import { CLIENT_PORT as DHCP_CLIENT, SERVER_PORT as DHCP_SERVER } from "../../../src/wire/dhcp.ts";
import { MDNS_PORT, PORT } from "../../../src/wire/dns.ts";
import { UDP } from "../../../src/wire/ipv4.ts";
import { PORT as NTP } from "../../../src/wire/ntp.ts";
import * as wire from "../../../src/wire/udp.ts";
import { CLIENT_PORT as DHCP6_CLIENT, SERVER_PORT as DHCP6_SERVER } from "../../../src/service/dhcp6/messages.ts";
import { data, firstLine } from "./data.ts";
import { dhcp } from "./dhcp.ts";
import { dhcp6 } from "./dhcp6.ts";
import { checksum } from "../../../src/wire/kernels/checksum.ts";
import type { Cursor } from "./dissection.ts";
import { dns } from "./dns.ts";
import { verdict, type Carrier } from "./ip.ts";
import { ntp } from "./ntp.ts";

const PORTS: Readonly<Record<number, (cursor: Cursor) => void>> = {
	[PORT]: (cursor) => dns(cursor, "DNS"),
	[MDNS_PORT]: (cursor) => dns(cursor, "mDNS"),
	[DHCP_CLIENT]: dhcp,
	[DHCP_SERVER]: dhcp,
	[NTP]: ntp,
	[DHCP6_CLIENT]: dhcp6,
	[DHCP6_SERVER]: dhcp6,
};

export function udp(cursor: Cursor, { sum, whole }: Carrier): void {
	const { dissection, at } = cursor;
	const layer = dissection.layer(cursor, "udp", "UDP");
	layer.length = wire.HEADER;
	dissection.tell("UDP", "");
	const source = cursor.number(2, "udp.srcport", "Source port");
	const destination = cursor.number(2, "udp.dstport", "Destination port");
	layer.title = `UDP, port ${source} → ${destination}`;
	const length = cursor.number(2, "udp.length", "Length");
	const sent = cursor.hex(2, "udp.checksum", "Checksum");
	const end = at + length;
	if (length < wire.HEADER || (end > cursor.end && !dissection.quoted))
		return dissection.tell("UDP", `length ${length} in ${cursor.end - at} bytes`);
	if (sent === 0) verdict(cursor, "udp", at + wire.CHECKSUM, "absent");
	else if (whole && end <= cursor.end)
		verdict(cursor, "udp", at + wire.CHECKSUM, checksum(cursor.view, at, end, sum + UDP + length) === 0xffff);
	const body = cursor.part(Math.min(end, cursor.end) - cursor.at);
	const known = PORTS[destination] ?? PORTS[source];
	const text = firstLine(body.view, body.at, body.end);
	dissection.tell("UDP", `${source} → ${destination} len ${length - wire.HEADER}${text === "" ? "" : `: ${text}`}`);
	if (known === undefined || end > cursor.end || body.left === 0) data(body);
	else known(body);
}
