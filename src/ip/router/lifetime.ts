// How long sessions last without packets: RFC 4787 §4.3, RFC 5382 §5, RFC 5508 §3.2, RFC 6092 §3.2, §3.3.

import { SEEN_ANSWER, SEEN_FIN, SEEN_RESET, SEEN_SYN, type SessionRow } from "../../packet/router-block.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import * as ipv6 from "../../wire/ipv6.ts";
import * as tcp from "../../wire/tcp.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** RFC 4787 REQ-5: two minutes at least, five unless told; what nobody has answered the least. To well-known ports it may be less: who asks for a name does so once. */
const UDP_MS = 5 * MINUTE;
const UDP_UNANSWERED_MS = 2 * MINUTE;
const DNS_MS = 30 * SECOND;
const DNS = 53;
/** RFC 5382 REQ-5: established, 2 hours and 4 minutes; half open, or closing, 4 minutes. */
const ESTABLISHED_MS = 124 * MINUTE;
const TRANSITORY_MS = 4 * MINUTE;
/** RFC 5508 REQ-2: a minute at least. */
const QUERY_MS = MINUTE;

/** Notes that a packet passes from that side, for TCP with these flags. Answers how long the session lasts from then on, ms. */
export function lifetime(row: SessionRow, side: number, flags: number): number {
	const protocol = row.protocol;
	if (side !== 0) row.seen = row.seen | SEEN_ANSWER;
	if (protocol === ipv4.TCP) return tcpLifetime(row, side, flags);
	if (protocol === ipv4.ICMP || protocol === ipv6.ICMP) return QUERY_MS;
	if (protocol === ipv4.UDP && (row.ports & 0xffff) === DNS) return DNS_MS;
	return (row.seen & SEEN_ANSWER) !== 0 ? UDP_MS : UDP_UNANSWERED_MS;
}

/** Whether both sides of a connection have ended it, or one has reset it: its ports may be used again. */
export function isEnded(row: SessionRow): boolean {
	return (row.seen & SEEN_RESET) !== 0 || (row.seen & (SEEN_FIN * 3)) === SEEN_FIN * 3;
}

function tcpLifetime(row: SessionRow, side: number, flags: number): number {
	let seen = row.seen;
	if ((flags & tcp.SYN) !== 0) {
		if (isEnded(row)) seen = seen & SEEN_ANSWER;
		seen = seen | (SEEN_SYN << side);
	}
	if ((flags & tcp.FIN) !== 0) seen = seen | (SEEN_FIN << side);
	// RFC 7857 §2.2: a reset may be forged; what follows it shows that.
	if ((flags & tcp.RST) !== 0) seen = seen | SEEN_RESET;
	else seen = seen & ~SEEN_RESET;
	row.seen = seen & 255;
	const open = (seen & (SEEN_SYN * 3)) === SEEN_SYN * 3;
	return open && !isEnded(row) ? ESTABLISHED_MS : TRANSITORY_MS;
}
