// What ICMP errors do to a connection. RFC 5927: no error ends one that is established, and none is believed whose quotation
// could have been guessed.

import * as fields from "../../packet/fields.ts";
import * as icmpv4 from "../../wire/icmpv4.ts";
import { end } from "./life.ts";
import { tooBig } from "./path-mtu.ts";
import type { Tcp } from "./tcp.ts";
import * as tcbs from "./tcb.ts";
import type { Tcb } from "./tcb.ts";

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
