// Memberships in groups: IGMP (RFC 3376) and MLD (RFC 3810).

import * as igmpWire from "../../../src/wire/igmp.ts";
import * as membership from "../../../src/wire/membership.ts";
import * as mldWire from "../../../src/wire/mld.ts";
import { data } from "./data.ts";
import { checksum } from "../../../src/wire/kernels/checksum.ts";
import type { Cursor } from "./dissection.ts";
import { named } from "./dissection.ts";
import { verdict, type Carrier } from "./ip.ts";

const TYPES: Readonly<Record<number, string>> = {
	[igmpWire.QUERY]: "query",
	[igmpWire.REPORT_1]: "report, version 1",
	[igmpWire.REPORT_2]: "report, version 2",
	[igmpWire.LEAVE]: "leave",
	[igmpWire.REPORT_3]: "report, version 3",
};

const RECORDS: Readonly<Record<number, string>> = {
	[membership.IS_INCLUDE]: "has only",
	[membership.IS_EXCLUDE]: "has all but",
	[membership.TO_INCLUDE]: "wants only",
	[membership.TO_EXCLUDE]: "wants all but",
	[membership.ALLOW]: "allows",
	[membership.BLOCK]: "blocks",
};

/** The same without sources. RFC 3376 §4.2.12: all but none is all, only none is nothing. */
const ALONE: Readonly<Record<number, string>> = {
	[membership.IS_EXCLUDE]: "is in",
	[membership.TO_EXCLUDE]: "joins",
	[membership.TO_INCLUDE]: "leaves",
};

/** A record of a report: what is wanted of a group. */
type Read = (name: string, label: string) => string;

export function igmp(cursor: Cursor, { whole }: Carrier): void {
	const { dissection, at } = cursor;
	const layer = dissection.layer(cursor, "igmp", "IGMP");
	dissection.tell("IGMP", "");
	const type = cursor.hex(1, "igmp.type", "Type", named(TYPES));
	const what = TYPES[type] ?? `type ${type}`;
	layer.title = `IGMP, ${what}`;
	dissection.tell("IGMP", what);
	cursor.skip(1);
	cursor.hex(2, "igmp.checksum", "Checksum");
	if (whole) verdict(cursor, "igmp", at + igmpWire.CHECKSUM, checksum(cursor.view, at, cursor.end, 0) === 0xffff);
	if (type === igmpWire.REPORT_3) {
		cursor.skip(2);
		const count = cursor.number(2, "igmp.num_grp_recs", "Groups");
		const told: string[] = [];
		for (let i = 0; i < count; i++)
			told.push(
				record(cursor, "igmp", "igmp.record_type", "igmp.num_src", (name, label) => cursor.ipv4(`igmp.${name}`, label), 4),
			);
		dissection.tell("IGMP", `${what}: ${told.join(", ")}`);
	} else if (TYPES[type] !== undefined) {
		const group = cursor.ipv4("igmp.maddr", "Group");
		dissection.tell("IGMP", `${what}${group === "0.0.0.0" ? "" : ` ${group}`}`);
		// RFC 3376 §7.1: the version is known by the length.
		if (type === igmpWire.QUERY && cursor.left >= igmpWire.QUERY_HEADER - igmpWire.HEADER)
			sources(cursor, "igmp.num_src", (name, label) => cursor.ipv4(name, label), "igmp.saddr");
	}
	data(cursor);
}

function record(
	cursor: Cursor,
	protocol: "igmp" | "icmpv6.mldr.mar",
	typeName: string,
	countName: string,
	read: Read,
	bytes: number,
): string {
	const type = cursor.number(1, typeName, "Record", named(RECORDS));
	const more = cursor.number(1, protocol === "igmp" ? "igmp.aux_data_len" : `${protocol}.aux_data_len`, "Auxiliary data");
	const sources = cursor.number(2, countName, "Sources");
	const group = read(protocol === "igmp" ? "maddr" : "multicast_address", "Group");
	for (let i = 0; i < sources; i++) read(protocol === "igmp" ? "saddr" : "source_address", "Source");
	cursor.skip(more * bytes);
	if (sources === 0 && type in ALONE) return `${ALONE[type]} ${group}`;
	return `${group} ${RECORDS[type] ?? `record ${type}`} ${sources} sources`;
}

/** What a query of IGMPv3 or MLDv2 has behind its group: robustness, interval, sources. */
function sources(cursor: Cursor, countName: string, read: Read, name: string): void {
	cursor.skip(2);
	const count = cursor.number(2, countName, "Sources");
	for (let i = 0; i < count; i++) read(name, "Source");
}

/** MLD's message behind type, code and checksum. */
export function mld(cursor: Cursor, type: number): void {
	const { dissection } = cursor;
	if (type === mldWire.REPORT_2) {
		cursor.skip(2);
		const count = cursor.number(2, "icmpv6.mldr.nb_mcast_records", "Groups");
		const told: string[] = [];
		for (let i = 0; i < count; i++)
			told.push(
				record(
					cursor,
					"icmpv6.mldr.mar",
					"icmpv6.mldr.mar.record_type",
					"icmpv6.mldr.mar.nb_sources",
					(name, label) => cursor.ipv6(`icmpv6.mldr.mar.${name}`, label),
					4,
				),
			);
		dissection.tell("ICMPv6", `listener report: ${told.join(", ")}`);
	} else {
		cursor.skip(4);
		const group = cursor.ipv6("icmpv6.mld.multicast_address", "Group");
		const what = type === mldWire.QUERY ? "query" : type === mldWire.DONE ? "done" : "report";
		dissection.tell("ICMPv6", `listener ${what}${group === "::" ? "" : ` ${group}`}`);
		if (type === mldWire.QUERY && cursor.left >= mldWire.QUERY_HEADER - mldWire.HEADER)
			sources(cursor, "icmpv6.mld.nb_sources", (name, label) => cursor.ipv6(name, label), "icmpv6.mld.source_address");
	}
	data(cursor);
}
