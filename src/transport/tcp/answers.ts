// Answers to segments that are not acceptable. RFC 9293 §3.10.7.4 asks for an acknowledgment each time; RFC 5961 §7 for a limit, as such segments cost
// whoever sends them nothing, and as two hosts that disagree would answer each other forever. Each connection has limits of its own, and there is
// none for all together: a limit that is shared can be read by anybody with a connection of his own, and tells him whether what he guesses about
// another connection is right (CVE-2016-5696). All together are bounded by the number of sockets.

import { CHALLENGE_INTERVAL_MS, REPEAT_BURST, REPEAT_INTERVAL_MS } from "../../config.ts";
import { CORE, CoreBlock } from "../../packet/core-block.ts";
import { DROP, drop } from "../../packet/drops.ts";
import type { InterfaceBlock } from "../../packet/interface-block.ts";
import { hasFastOpen } from "../../packet/kernels/parts.ts";
import { BIT_SYN_DUE, BIT_UNPROVEN, type TcbBlock } from "../../packet/tcb-block.ts";
import { RST } from "../../wire/tcp.ts";
import { tcpMark } from "./pending.ts";
import { acknowledgeNow, oweAck } from "./send.ts";

/** What lies outside of the window and is no repetition either. */
export function unacceptable(view: DataView, tcb: TcbBlock, link: InterfaceBlock, flags: number): void {
	if ((flags & RST) !== 0) drop(view, link, DROP.tcpUnacceptable);
	else challenge(view, tcb, link);
}

/** An acknowledgment that tells a true peer where we are, and an attacker nothing: RFC 5961. */
export function challenge(view: DataView, tcb: TcbBlock, link: InterfaceBlock): void {
	drop(view, link, DROP.tcpUnacceptable);
	const now = CoreBlock.of(view, CORE).now;
	const since = (now - tcb.challengeAt) | 0;
	if (tcb.challenged !== 0 && since >= 0 && since < CHALLENGE_INTERVAL_MS) return;
	tcb.challenged = 1;
	tcb.challengeAt = now;
	acknowledgeNow(view, tcb);
}

/**
 * Whether a segment that we have already is answered: REPEAT_BURST of them at once, then one every REPEAT_INTERVAL_MS, as no peer that has missed our answer sends again
 * faster. `answerAt` is when the answers so far would be over if one went every REPEAT_INTERVAL_MS; how far that lies ahead tells how many came at once.
 */
function mayAnswer(view: DataView, tcb: TcbBlock): boolean {
	const now = CoreBlock.of(view, CORE).now;
	let paced = tcb.answerAt;
	const early = (paced - now) | 0;
	// Longer ahead than can be: the clock has wrapped since.
	if (early < 0 || early > REPEAT_BURST * REPEAT_INTERVAL_MS) paced = now;
	else if (early > (REPEAT_BURST - 1) * REPEAT_INTERVAL_MS) return false;
	tcb.answerAt = (paced + REPEAT_INTERVAL_MS) | 0;
	return true;
}

/** Acknowledges a segment that we have already as the turn ends, with one acknowledgment for all that came in it. */
export function acknowledgeAgain(view: DataView, tcb: TcbBlock): void {
	if (mayAnswer(view, tcb)) oweAck(view, tcb);
}

/** The peer's SYN again: it has missed ours. */
export function resendSyn(view: DataView, tcb: TcbBlock, link: InterfaceBlock): void {
	if (!mayAnswer(view, tcb)) {
		drop(view, link, DROP.tcpUnacceptable);
		return;
	}
	if (hasFastOpen() && (tcb.bits & BIT_UNPROVEN) !== 0) tcb.bits = tcb.bits | BIT_SYN_DUE;
	else tcb.sndNxt = tcb.iss;
	tcpMark(view, tcb.at);
}
