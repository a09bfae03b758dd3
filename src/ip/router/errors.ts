// Errors of ICMP about packets of a session: they go to whom the packet came from, and say of it what that knows. RFC 5508 §4, RFC 4787 §9. Flat TypeScript.

import { isV4, setV4, v4Of } from "../../packet/address.ts";
import { check } from "../../packet/bounds.ts";
import type { Ipv4, Offset } from "../../packet/numbers.ts";
import { type RouterBlock, SESSION_TRANSLATED, SessionRow } from "../../packet/router-block.ts";
import { icmpChecksum } from "../../wire/build.ts";
import * as icmpv4 from "../../wire/icmpv4.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import * as ipv6 from "../../wire/ipv6.ts";
import { packetRead, PLAIN } from "./packet.ts";
import { keyOf, rowAt, sessionFind } from "./sessions.ts";
import { setAddress, translate } from "./translate.ts";

/** Finds the session of the packet that the error at `upper` quotes, up to `end`; what tells it is in the RouterBlock then, in place of what tells the error. Its side is the one that the error comes from. Answers whether there is one. */
export function errorFind(view: DataView, router: RouterBlock, upper: Offset, end: Offset): boolean {
	const quoted = upper + icmpv4.HEADER;
	const six = !isV4(view, router.source);
	if (end - quoted < (six ? ipv6.HEADER : ipv4.HEADER) + 8) return false;
	check(quoted, ipv4.HEADER, view.byteLength);
	if (view.getUint8(quoted) >> 4 !== (six ? 6 : 4)) return false;
	if (packetRead(view, router, quoted, end) !== PLAIN) return false;
	const source = keyOf(view, router, router.source);
	const destination = keyOf(view, router, router.destination);
	const back = (router.ports << 16) | (router.ports >>> 16);
	const link = sessionFind(view, router, destination, source, back, router.protocol);
	if (link === 0) return false;
	router.session = rowAt(router, (link - 1) >> 1);
	router.side = (link - 1) & 1;
	return true;
}

/** Whether the error's session is translated. */
export function errorTranslated(view: DataView, router: RouterBlock): boolean {
	return router.session !== 0 && (SessionRow.of(view, router.session).bits & SESSION_TRANSLATED) !== 0;
}

/**
 * Translates the error at `upper`, which ends at `end`, in the IPv4 packet at `at`, about a packet of the session that was found, and the packet in it: from outside its inside is written in place of the translator, from
 * inside the translator in place of that.
 */
export function errorTranslate(view: DataView, router: RouterBlock, at: Offset, upper: Offset, end: Offset): void {
	const row = SessionRow.of(view, router.session);
	const quoted = upper + icmpv4.HEADER;
	const inner: Offset = router.upper;
	const inside: Ipv4 = v4Of(view, row.inside);
	if (router.side !== 0) {
		translate(view, quoted, inner, end, ipv4.SOURCE, inside, row.ports >>> 16);
		setAddress(view, at, ipv4.DESTINATION, inside);
		setV4(view, router.destination, inside);
	} else {
		translate(view, quoted, inner, end, ipv4.DESTINATION, router.natAddress, row.outsidePort);
		setAddress(view, at, ipv4.SOURCE, router.natAddress);
	}
	check(upper, icmpv4.HEADER, view.byteLength);
	view.setUint16(upper + icmpv4.CHECKSUM, 0);
	icmpChecksum(view, at, upper, end);
}
