// IGMP as groups are reported by it: RFC 3376, 2236, 1112.

import { checksum } from "#codec";
import { formatIpv4, parseIpv4 } from "../../address4.ts";
import { familyBits } from "../../address.ts";
import * as igmp from "../../wire/igmp.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import { decoded } from "../../wire/membership.ts";
import { putRecords, type Format, type Query, type Record } from "./format.ts";

/** The IPv4 header with its one option. */
const IP_HEADER = ipv4.HEADER + 4;
/** Internetwork control, RFC 3376 §4. */
const TOS = 0xc0;
/** How long answers to version 1 may take, and a unit of the others', ms. RFC 3376 §4.1.1, §7.2.1. */
const VERSION_1_MS = 10_000;
const UNIT_MS = 100;

function hasAlert(view: DataView, ip: number): boolean {
	const header = ipv4.headerLength(view, ip);
	let option = ipv4.HEADER;
	while (option < header) {
		const type = view.getUint8(ip + option);
		if (type === igmp.ROUTER_ALERT) return true;
		if (type === ipv4.END_OF_OPTIONS) return false;
		option += type === ipv4.NO_OPERATION ? 1 : Math.max(view.getUint8(ip + option + 1), 2);
	}
	return false;
}

function textAt(view: DataView, at: number): string {
	return formatIpv4(view.getInt32(at));
}

function putAt(view: DataView, at: number, address: string): void {
	view.setInt32(at, parseIpv4(address)!);
}

/** RFC 3376 §7.1, §4.1; a query that routers were not alerted to is not believed but of version 1: §9.1. */
function query(view: DataView, ip: number, at: number, end: number): Query | undefined {
	const bytes = end - at;
	const code = view.getUint8(at + igmp.CODE);
	const version = bytes === igmp.HEADER ? (code === 0 ? 1 : 2) : 3;
	if (version === 3 && bytes < igmp.QUERY_HEADER) return undefined;
	if (version > 1 && !hasAlert(view, ip)) return undefined;
	const v4 = view.getInt32(at + igmp.GROUP);
	if (v4 !== 0 && !ipv4.isMulticast(v4)) return undefined;
	const group = v4 === 0 || version === 1 ? "" : formatIpv4(v4);
	if (version < 3)
		return { version, group, sources: [], delayMs: version === 1 ? VERSION_1_MS : code * UNIT_MS, robustness: 0, intervalMs: 0 };
	const count = view.getUint16(at + igmp.SOURCE_COUNT);
	if (igmp.QUERY_HEADER + 4 * count > bytes || (group === "" && count > 0)) return undefined;
	return {
		version,
		group,
		sources: Array.from({ length: count }, (_, i) => textAt(view, at + igmp.QUERY_HEADER + 4 * i)),
		delayMs: decoded(code, 8) * UNIT_MS,
		robustness: view.getUint8(at + igmp.ROBUSTNESS) & 7,
		intervalMs: decoded(view.getUint8(at + igmp.INTERVAL), 8) * 1000,
	};
}

/** Writes the IP header, and the checksum of the message that ends at `end`. */
function finish(view: DataView, at: number, source: string, to: number, end: number): number {
	view.setInt32(at, 0x46000000 | (TOS << 16) | (end - at));
	view.setInt32(at + ipv4.IDENTIFICATION, ipv4.DONT_FRAGMENT);
	view.setInt32(at + ipv4.TTL, 0x01000000 | (ipv4.IGMP << 16));
	view.setInt32(at + ipv4.SOURCE, parseIpv4(source) ?? 0);
	view.setInt32(at + ipv4.DESTINATION, to);
	view.setInt32(at + ipv4.HEADER, igmp.ROUTER_ALERT_WORD);
	view.setUint16(at + ipv4.CHECKSUM, ~checksum(view, at, at + IP_HEADER, 0));
	view.setUint16(at + IP_HEADER + igmp.CHECKSUM, ~checksum(view, at + IP_HEADER, end, 0));
	return end;
}

function older(view: DataView, at: number, source: string, version: number, group: string, left: boolean): number {
	const v4 = parseIpv4(group)!;
	const type = left ? igmp.LEAVE : version === 1 ? igmp.REPORT_1 : igmp.REPORT_2;
	view.setInt32(at + IP_HEADER, type << 24);
	view.setInt32(at + IP_HEADER + igmp.GROUP, v4);
	return finish(view, at, source, left ? igmp.ALL_ROUTERS : v4, at + IP_HEADER + igmp.HEADER);
}

function report(view: DataView, at: number, source: string, records: readonly Record[]): number {
	const message = at + IP_HEADER;
	view.setInt32(message, igmp.REPORT_3 << 24);
	view.setInt32(message + 4, records.length);
	return finish(view, at, source, igmp.REPORTS_TO, putRecords(view, message + igmp.HEADER, records, putAt, 4));
}

export const IGMP: Format = {
	bits: 32,
	newest: 3,
	reportBytes: IP_HEADER + igmp.HEADER,
	recordBytes: 8,
	sourceBytes: 4,
	reported: (group) => group !== "224.0.0.1",
	ownGroups: () => [],
	source: (link) => link.addresses.find(({ address, serves }) => serves && familyBits(address) === 32)?.address ?? "",
	read(view, ip, at, end) {
		const type = view.getUint8(at);
		if (type === igmp.QUERY) return query(view, ip, at, end);
		return type === igmp.REPORT_1 || type === igmp.REPORT_2 ? textAt(view, at + igmp.GROUP) : undefined;
	},
	report,
	reportsTo: formatIpv4(igmp.REPORTS_TO),
	older,
	olderTo(version, group, left) {
		if (!left) return group;
		return version === 1 ? "" : formatIpv4(igmp.ALL_ROUTERS);
	},
};
