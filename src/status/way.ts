// What is told of a connection's way.

import { TcbBlock } from "../packet/tcb-block.ts";
import { deliveredOf, inFlightOf, receivedOf, reorderingOf, rttOf } from "../transport/tcp/info.ts";
import type { Tcb } from "../transport/tcp/tcb.ts";
import type { JsonWriter as Out } from "./json.ts";
import { membersOf, type Members } from "./pieces.ts";

/** What a connection knows of its way. */
export interface WayStatus {
	/** Smoothed round-trip time, ms; null before the first. */
	rtt: number | null;
	/** RFC 5681's cwnd, bytes. */
	congestionWindow: number;
	/** Bytes on their way. */
	inFlight: number;
	/** Bytes that are lost and were not sent again yet. */
	lost: number;
	/** Segments sent again. */
	retransmissions: number;
	/** Bytes that the peer has acknowledged, modulo 2^32. */
	delivered: number;
	/** Bytes that came in order, modulo 2^32. */
	received: number;
	/** Segments have come in another order than they went. */
	reordering: boolean;
}

const { cwnd: CWND, lostBytes: LOST, resent: RESENT } = TcbBlock.offsets;

function writeRtt(out: Out, tcb: Tcb): void {
	const rtt = rttOf(tcb);
	if (rtt === undefined) out.null();
	else out.number(rtt);
}

export const WAY: Members = membersOf<WayStatus, Tcb>({
	rtt: { write: writeRtt },
	congestionWindow: { write: (out: Out, { view, block }) => out.number(view.getInt32(block + CWND, true)) },
	inFlight: { write: (out: Out, tcb) => out.number(inFlightOf(tcb)) },
	lost: { write: (out: Out, { view, block }) => out.number(view.getInt32(block + LOST, true)) },
	retransmissions: { write: (out: Out, { view, block }) => out.number(view.getInt32(block + RESENT, true)) },
	delivered: { write: (out: Out, tcb) => out.number(deliveredOf(tcb)) },
	received: { write: (out: Out, tcb) => out.number(receivedOf(tcb)) },
	reordering: { write: (out: Out, tcb) => out.flag(reorderingOf(tcb)) },
});
