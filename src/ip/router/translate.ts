// Addresses and ports are written anew, and the checksums mended by what has changed: RFC 1624. Flat TypeScript.

import { check } from "../../packet/bounds.ts";
import type { Ipv4, Offset, Uint16 } from "../../packet/numbers.ts";
import { fold } from "../../wire/checksum.ts";
import * as icmpv4 from "../../wire/icmpv4.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import * as tcp from "../../wire/tcp.ts";
import * as udp from "../../wire/udp.ts";

/** What a sum grows by when one address takes another's place: below 2^18. */
function addressChange(before: Ipv4, after: Ipv4): number {
	return (~before & 0xffff) + (~before >>> 16) + (after & 0xffff) + (after >>> 16);
}

/** The same of 16 bits. */
function portChange(before: Uint16, after: Uint16): number {
	return (~before & 0xffff) + after;
}

/** The checksum at `at` of something that has grown so. RFC 1624 §3, equation 3. */
export function mend(view: DataView, at: Offset, change: number): void {
	view.setUint16(at, ~fold(((~view.getUint16(at) & 0xffff) + change) | 0));
}

/**
 * Writes an address and a port, or the identifier of a query, into the IPv4 packet at `at`, whose payload is in bytes `upper` to `end`, perhaps cut off: `field` is ipv4.SOURCE or ipv4.DESTINATION,
 * the port that of the same end.
 */
export function translate(
	view: DataView,
	at: Offset,
	upper: Offset,
	end: Offset,
	field: number,
	address: Ipv4,
	port: Uint16,
): void {
	const change = setAddress(view, at, field, address);
	check(at, ipv4.HEADER, view.byteLength);
	const protocol = ipv4.protocol(view, at);
	if (end - upper < udp.HEADER) return;
	check(upper, udp.HEADER, view.byteLength);
	if (protocol === ipv4.ICMP) {
		const sum = portChange(view.getUint16(upper + icmpv4.REST), port);
		view.setUint16(upper + icmpv4.REST, port);
		mend(view, upper + icmpv4.CHECKSUM, sum);
		return;
	}
	if (protocol !== ipv4.TCP && protocol !== ipv4.UDP) return;
	const portAt: Offset = field === ipv4.SOURCE ? upper : upper + 2;
	const sum = (change + portChange(view.getUint16(portAt), port)) | 0;
	view.setUint16(portAt, port);
	if (protocol === ipv4.TCP) {
		if (end - upper >= tcp.CHECKSUM + 2) {
			check(upper, tcp.CHECKSUM + 2, view.byteLength);
			mend(view, upper + tcp.CHECKSUM, sum);
		}
		return;
	}
	// RFC 768: zero says that there is none.
	const summed = upper + udp.CHECKSUM;
	if (view.getUint16(summed) === 0) return;
	mend(view, summed, sum);
	if (view.getUint16(summed) === 0) view.setUint16(summed, 0xffff);
}

/** A SYN says no larger segments than fit packets of `mtu` bytes with `headers` of IP: what is translated or comes from a line with a small MTU cannot rely on errors of routers. */
export function clampMss(view: DataView, upper: Offset, end: Offset, mtu: number, headers: number): void {
	if (end - upper < tcp.HEADER) return;
	check(upper, tcp.HEADER, view.byteLength);
	if ((view.getUint8(upper + tcp.FLAGS) & tcp.SYN) === 0 || !tcp.valid(view, upper, end)) return;
	const most = (mtu - headers - tcp.HEADER) | 0;
	const option = tcp.mssAt(view, upper);
	if (option === 0 || most < 0 || most > 0xffff) return;
	check(option, 4, view.byteLength);
	const said = view.getUint16(option + 2);
	if (said <= most) return;
	// An option may stand at an odd place: then its octets count in the sum the other way round.
	const odd = ((option - upper) & 1) !== 0;
	const before: Uint16 = odd ? ((said & 0xff) << 8) | (said >> 8) : said;
	const after: Uint16 = odd ? ((most & 0xff) << 8) | (most >> 8) : most & 0xffff;
	view.setUint16(option + 2, most & 0xffff);
	mend(view, upper + tcp.CHECKSUM, portChange(before, after));
}

/** Writes an address into the header of the IPv4 packet at `at` alone. Answers what sums over it grow by. */
export function setAddress(view: DataView, at: Offset, field: number, address: Ipv4): number {
	check(at, ipv4.HEADER, view.byteLength);
	const place: Offset = (at + field) | 0;
	const change = addressChange(view.getInt32(place), address);
	view.setInt32(place, address);
	mend(view, at + ipv4.CHECKSUM, change);
	return change;
}
