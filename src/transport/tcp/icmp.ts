// What ICMP errors do to a connection. RFC 5927: no error ends one that is established, and none is believed whose quotation
// could have been guessed.

import * as fields from "../../packet/fields.ts";
import * as icmpv4 from "../../wire/icmpv4.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import { HEADER } from "../../wire/tcp.ts";
import { end } from "./life.ts";
import { mark } from "./send.ts";
import type { Tcp } from "./tcp.ts";
import * as tcbs from "./tcb.ts";
import type { Tcb } from "./tcb.ts";

/** Least MTU of an IPv4 link. RFC 791. */
const LEAST_MTU = 68;
/** MTUs to try when a router does not say its own. RFC 1191 §7. */
const PLATEAUS = Object.freeze([1492, 1006, 508, 296, LEAST_MTU]);

/** An ICMP error quotes a segment of ours, whose sequence number is in the registers. `mtu`: that of the next hop, or 0. */
export function icmpError(tcp: Tcp, tcb: Tcb, type: number, code: number, mtu: number): void {
	if (tcb.state < tcbs.SYN_SENT) return;
	const mine = tcbs.load(tcp.view, tcb);
	believe(tcp, tcb, type, code, mtu);
	if (mine) tcbs.store(tcp.view, tcb);
}

function believe(tcp: Tcp, tcb: Tcb, type: number, code: number, mtu: number): void {
	// RFC 5927 §4.1: it must be in flight.
	const into = (tcp.core.fields[fields.SEQ]! - tcb.sndUna) | 0;
	if (into < 0 || into >= ((tcb.sndMax - tcb.sndUna) | 0)) return;
	if (type !== icmpv4.UNREACHABLE) {
		tcb.softError = true;
		return;
	}
	if (code === icmpv4.FRAGMENTATION_NEEDED) return tooBig(tcp, tcb, mtu);
	// RFC 5927 §5.2, RFC 9293 MUST-56: hard ones end what has not begun.
	if (tcb.state === tcbs.SYN_SENT && (code === icmpv4.PORT_UNREACHABLE || code === icmpv4.PROTOCOL_UNREACHABLE)) {
		end(tcp, tcb, code === icmpv4.PORT_UNREACHABLE ? tcbs.REFUSED : tcbs.UNREACHABLE);
		return;
	}
	tcb.softError = true;
}

/** RFC 1191: smaller segments from now on, and what was too big again. */
function tooBig(tcp: Tcp, tcb: Tcb, mtu: number): void {
	const headers = ipv4.HEADER + HEADER;
	let next = mtu;
	if (next < LEAST_MTU) for (let i = 0; i < PLATEAUS.length && (next = PLATEAUS[i]!) >= tcb.sndMss + headers; i++);
	const mss = next - headers;
	if (mss >= tcb.sndMss || tcb.state < tcbs.ESTABLISHED) return;
	tcb.sndMss = mss;
	// No sign of congestion: cwnd stays, RFC 1191 §6.5. Duplicates of what goes again prove nothing.
	tcb.sndNxt = tcb.sndUna;
	tcb.recover = tcb.sndMax;
	tcb.timedOut = true;
	tcb.recovering = tcb.timing = false;
	tcb.dupAcks = 0;
	mark(tcp, tcb, tcbs.SEND);
}
