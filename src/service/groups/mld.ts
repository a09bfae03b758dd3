// MLD as groups are reported by it: RFC 3810, 2710, 3590.

import { checksum } from "#codec";
import { addressPut, addressText, familyBits, isNear } from "../../address.ts";
import { formatIpv6, parseIpv6 } from "../../address6.ts";
import { isV4 } from "../../packet/address.ts";
import { OWN_TENTATIVE } from "../../packet/interface-block.ts";
import * as ipv6 from "../../wire/ipv6.ts";
import { decoded } from "../../wire/membership.ts";
import * as mld from "../../wire/mld.ts";
import { putRecords, type Format, type Query, type Record } from "./format.ts";

const IP_HEADER = ipv6.HEADER + mld.ALERT_HEADER;
const NONE = "::";
const ALL_ROUTERS = "ff02::2";
const REPORTS_TO = "ff02::16";

/** RFC 3810 §6.2: from the link, not forwarded, and routers were alerted to it. */
function believed(view: DataView, ip: number): boolean {
	if (ipv6.hopLimit(view, ip) !== 1 || ipv6.nextHeader(view, ip) !== ipv6.HOP_BY_HOP) return false;
	const options = ip + ipv6.HEADER;
	const end = options + ipv6.extensionLength(view, options);
	let option = options + 2;
	while (option < end) {
		const type = view.getUint8(option);
		if (type === ipv6.ROUTER_ALERT) return true;
		option += type === ipv6.PAD1 ? 1 : view.getUint8(option + 1) + 2;
	}
	return false;
}

function isFromLink(view: DataView, ip: number): boolean {
	return view.getUint16(ip + ipv6.SOURCE) >> 6 === 0xfe80 >> 6;
}

function query(view: DataView, at: number, end: number): Query | undefined {
	const bytes = end - at;
	// RFC 3810 §8.1: what lies between is neither version's.
	if (bytes !== mld.HEADER && bytes < mld.QUERY_HEADER) return undefined;
	const place = at + mld.GROUP;
	const group = addressText(view, place);
	if (isV4(view, place) || (group !== "" && view.getUint8(place) !== 0xff)) return undefined;
	const code = view.getUint16(at + mld.DELAY);
	if (bytes === mld.HEADER) return { version: 1, group, sources: [], delayMs: code, robustness: 0, intervalMs: 0 };
	const count = view.getUint16(at + mld.SOURCE_COUNT);
	if (mld.QUERY_HEADER + 16 * count > bytes || (group === "" && count > 0)) return undefined;
	return {
		version: 2,
		group,
		sources: Array.from({ length: count }, (_, i) => addressText(view, at + mld.QUERY_HEADER + 16 * i)),
		delayMs: decoded(code, 16),
		robustness: view.getUint8(at + mld.ROBUSTNESS) & 7,
		intervalMs: decoded(view.getUint8(at + mld.INTERVAL), 8) * 1000,
	};
}

/** Writes the IP header with its hop-by-hop options, and the checksum of the message that ends at `end`. */
function finish(view: DataView, at: number, source: string, to: string, end: number): number {
	const message = at + IP_HEADER;
	const length = end - message;
	view.setInt32(at, ipv6.VERSION);
	view.setInt32(at + ipv6.PAYLOAD_LENGTH, ((length + mld.ALERT_HEADER) << 16) | (ipv6.HOP_BY_HOP << 8) | 1);
	addressPut(view, at + ipv6.SOURCE, source || NONE);
	addressPut(view, at + ipv6.DESTINATION, to);
	view.setInt32(at + ipv6.HEADER, mld.ALERT_FIRST);
	view.setInt32(at + ipv6.HEADER + 4, mld.ALERT_SECOND);
	const pseudo = checksum(view, at + ipv6.SOURCE, at + ipv6.HEADER, ipv6.ICMP + length);
	view.setUint16(message + mld.CHECKSUM, ~checksum(view, message, end, pseudo));
	return end;
}

function older(view: DataView, at: number, source: string, _version: number, group: string, left: boolean): number {
	const message = at + IP_HEADER;
	view.setInt32(message, (left ? mld.DONE : mld.REPORT_1) << 24);
	view.setInt32(message + mld.DELAY, 0);
	addressPut(view, message + mld.GROUP, group);
	return finish(view, at, source, left ? ALL_ROUTERS : group, message + mld.HEADER);
}

function report(view: DataView, at: number, source: string, records: readonly Record[]): number {
	const message = at + IP_HEADER;
	view.setInt32(message, mld.REPORT_2 << 24);
	view.setInt32(message + 4, records.length);
	return finish(view, at, source, REPORTS_TO, putRecords(view, message + mld.RECORDS, records, addressPut, 16));
}

export const MLD: Format = {
	bits: 128,
	newest: 2,
	reportBytes: IP_HEADER + mld.RECORDS,
	recordBytes: 20,
	sourceBytes: 16,
	// RFC 3810 §6: all nodes, and scopes below the link's.
	reported(group) {
		const scope = parseIpv6(group)![0] >>> 16;
		return group !== "ff02::1" && (scope & 15) > 1;
	},
	/** Those in which its addresses are asked for: RFC 4291 §2.7.1. */
	ownGroups: (link) =>
		link.addresses
			.filter(({ address }) => familyBits(address) === 128)
			.map(({ address }) => formatIpv6([0xff020000 | 0, 0, 1, 0xff000000 | (parseIpv6(address)![3] & 0xffffff)])),
	// RFC 3590: none while the address of the link is being tried, which switches hear.
	source: (link) => link.addresses.find(({ address, bits }) => isNear(address) && (bits & OWN_TENTATIVE) === 0)?.address ?? "",
	read(view, ip, at, end) {
		if (!believed(view, ip) || end - at < mld.HEADER) return undefined;
		const type = view.getUint8(at);
		if (type === mld.QUERY) return isFromLink(view, ip) ? query(view, at, end) : undefined;
		return type === mld.REPORT_1 ? addressText(view, at + mld.GROUP) : undefined;
	},
	report,
	reportsTo: REPORTS_TO,
	older,
	olderTo: (_version, group, left) => (left ? ALL_ROUTERS : group),
};
