// GRE, RFC 2784 and 2890.

import { TYPE_IPV4, TYPE_IPV6 } from "../../../src/wire/ethernet.ts";
import * as wire from "../../../src/wire/gre.ts";
import { data } from "./data.ts";
import type { Cursor } from "./dissection.ts";
import { hex, named } from "./dissection.ts";
import { ipv4, ipv6 } from "./ip.ts";

/** Version 1 is that of PPTP, RFC 2637. */
const VERSION = 7;

export function gre(cursor: Cursor): void {
	const { dissection } = cursor;
	const layer = dissection.layer(cursor, "gre", "GRE");
	dissection.tell("GRE", "");
	const { at } = cursor;
	const flags = cursor.hex(2, "gre.flags_and_version", "Flags");
	const type = cursor.hex(
		2,
		"gre.proto",
		"Type",
		named({ [TYPE_IPV4]: "IPv4", [TYPE_IPV6]: "IPv6", [wire.NOTHING]: "keepalive" }),
	);
	if ((flags & VERSION) !== 0) return data(cursor);
	if ((flags & wire.CHECKSUM) !== 0) {
		cursor.hex(2, "gre.checksum", "Checksum");
		cursor.skip(2);
	}
	if ((flags & wire.KEY) !== 0) layer.title = `GRE, key ${cursor.hex(4, "gre.key", "Key")}`;
	if ((flags & wire.SEQUENCE) !== 0) cursor.number(4, "gre.sequence_number", "Sequence number");
	layer.length = cursor.at - at;
	dissection.tell("GRE", type === wire.NOTHING ? "keepalive" : hex(type, 2));
	if (type === TYPE_IPV4) ipv4(cursor);
	else if (type === TYPE_IPV6) ipv6(cursor);
	else data(cursor);
}
