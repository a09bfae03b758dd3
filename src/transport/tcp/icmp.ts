// What ICMP errors do to a connection. RFC 5927: no error ends one that is established, and none is believed whose quotation
// could have been guessed.

import { REGISTER } from "../../packet/fields.ts";
import type { Offset } from "../../packet/numbers.ts";
import { TcbBlock } from "../../packet/tcb-block.ts";
import * as icmpv4 from "../../wire/icmpv4.ts";
import { end } from "./life.ts";
import { tooBig } from "./path-mtu.ts";
import { REFUSED, SYN_SENT } from "./states.ts";
import { predict } from "./block.ts";

/** An ICMP error quotes a segment of ours, whose sequence number is in the registers. `mtu`: that of the next hop, or 0. */
export function tcpIcmpError(view: DataView, at: Offset, type: number, code: number, mtu: number): void {
	const tcb = TcbBlock.of(view, at);
	if (tcb.state < SYN_SENT) return;
	// RFC 5927 §4.1: it must be in flight.
	const into = (view.getInt32(REGISTER.seq, true) - tcb.sndUna) | 0;
	if (into < 0 || into >= ((tcb.sndMax - tcb.sndUna) | 0)) return;
	if (type === icmpv4.UNREACHABLE && code === icmpv4.FRAGMENTATION_NEEDED) {
		tooBig(view, tcb, mtu);
		predict(tcb);
	} else if (type === icmpv4.UNREACHABLE && tcb.state === SYN_SENT && isHard(code)) {
		end(view, tcb, REFUSED);
	} else tcb.softError = 1;
}

/** The host is there and has nobody for it, or no TCP: RFC 5927 §5.2, RFC 9293 MUST-56: such errors end what has not begun. */
function isHard(code: number): boolean {
	return code === icmpv4.PORT_UNREACHABLE || code === icmpv4.PROTOCOL_UNREACHABLE;
}
