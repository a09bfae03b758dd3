// How large segments may be that we are sent, and send: RFC 9293 §3.7.1. What the way there makes of it is path-mtu.ts.

import { linkMtu } from "../../ip/path-mtu.ts";
import { InterfaceBlock } from "../../packet/interface-block.ts";
import type { Uint16 } from "../../packet/numbers.ts";
import { PathBlock } from "../../packet/path-block.ts";
import { BIT_STAMPS, type TcbBlock } from "../../packet/tcb-block.ts";
import * as ipv6 from "../../wire/ipv6.ts";
import { DEFAULT_MSS, DEFAULT_MSS6, HEADER, STAMPS } from "../../wire/tcp.ts";

/** Bytes of headers before the data of a segment, with the options that all have. */
export function headersOf(view: DataView, tcb: TcbBlock): number {
	return (PathBlock.of(view, tcb.path).ipHeader + HEADER + optionsOf(tcb)) | 0;
}

/** The largest data in one segment that we can send by the interface. */
export function mostData(view: DataView, tcb: TcbBlock): number {
	return (receiveMss(view, tcb) - optionsOf(tcb)) | 0;
}

/** Bytes of options that all segments have, but the SYN. */
function optionsOf(tcb: TcbBlock): number {
	return (tcb.bits & BIT_STAMPS) !== 0 ? STAMPS : 0;
}

/** Least payload that we send in one segment, whatever a peer says: that of RFC 791's least MTU. */
export const LEAST_MSS = 28;

/** The largest payload that we can be sent in one segment: our MSS option. What is known of the way there says nothing of the way here. RFC 1191 §3.1. */
export function receiveMss(view: DataView, tcb: TcbBlock): Uint16 {
	const path = PathBlock.of(view, tcb.path);
	const mtu = path.out === 0 ? path.mtu : linkMtu(path, InterfaceBlock.of(view, path.out));
	return Math.max((mtu - path.ipHeader - HEADER) | 0, 0) & 0xffff;
}

/** The largest that we send, from the peer's MSS option (0: none). Two fit the send ring, so that acknowledgments need not wait for a timer. */
export function sendMss(view: DataView, tcb: TcbBlock, offer: number): Uint16 {
	const least = PathBlock.of(view, tcb.path).ipHeader === ipv6.HEADER ? DEFAULT_MSS6 : DEFAULT_MSS;
	const asked = offer === 0 ? least : Math.max(offer, LEAST_MSS);
	// RFC 6691: what both say is without options.
	const most = Math.max((Math.min(asked, receiveMss(view, tcb)) - optionsOf(tcb)) | 0, 1);
	return Math.min(most, tcb.sendSize >> 1) & 0xffff;
}
