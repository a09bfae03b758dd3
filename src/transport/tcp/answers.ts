// Answers to segments that are not acceptable. RFC 9293 §3.10.7.4 asks for an acknowledgment each time; RFC 5961 §7 for a limit, as such segments cost
// whoever sends them nothing, and as two hosts that disagree would answer each other forever. Each connection has limits of its own, and there is
// none for all together: a limit that is shared can be read by anybody with a connection of his own, and tells him whether what he guesses about
// another connection is right (CVE-2016-5696). All together are bounded by the number of sockets.

import { CHALLENGE_INTERVAL_MS, REPEAT_BURST, REPEAT_INTERVAL_MS } from "../../config.ts";
import type { Interface } from "../../link/interface.ts";
import { TcbBlock } from "../../packet/tcb-block.ts";
import { DROP } from "../../packet/drops.ts";
import { RST } from "../../wire/tcp.ts";
import { acknowledgeNow, mark } from "./send.ts";
import type { Tcp } from "./tcp.ts";
import * as tcbs from "./tcb.ts";
import type { Tcb } from "./tcb.ts";

/** Where this lies in a connection's block. */
const { answerAt: ANSWER_AT } = TcbBlock.offsets;

/** What lies outside of the window and is no repetition either. */
export function unacceptable(tcp: Tcp, tcb: Tcb, iface: Interface, flags: number): void {
	if (flags & RST) return tcp.core.count(iface.block, DROP.tcpUnacceptable);
	challenge(tcp, tcb, iface);
}

/** An acknowledgment that tells a true peer where we are, and an attacker nothing: RFC 5961. */
export function challenge(tcp: Tcp, tcb: Tcb, iface: Interface): void {
	tcp.core.count(iface.block, DROP.tcpUnacceptable);
	const now = tcp.core.now;
	const since = (now - tcb.challengeAt) | 0;
	if (tcb.challenged && since >= 0 && since < CHALLENGE_INTERVAL_MS) return;
	tcb.challenged = true;
	tcb.challengeAt = now;
	acknowledgeNow(tcp, tcb);
}

/**
 * Whether something that was here before is answered: REPEAT_BURST times at once, then every REPEAT_INTERVAL_MS. Its sender has missed our answer, and
 * no sender's timer is faster than that. The block has the time at which everything answered so far would have come at that pace.
 */
export function mayAnswer(tcp: Tcp, tcb: Tcb): boolean {
	const at = tcb.block + ANSWER_AT;
	const now = tcp.core.now;
	let paced = tcp.view.getInt32(at, true);
	const early = (paced - now) | 0;
	// Longer ahead than can be: the clock has wrapped since.
	if (early < 0 || early > REPEAT_BURST * REPEAT_INTERVAL_MS) paced = now;
	else if (early > (REPEAT_BURST - 1) * REPEAT_INTERVAL_MS) return false;
	tcp.view.setInt32(at, (paced + REPEAT_INTERVAL_MS) | 0, true);
	return true;
}

/** Acknowledges what was here before when the turn ends, several at once. */
export function acknowledgeAgain(tcp: Tcp, tcb: Tcb): void {
	if (mayAnswer(tcp, tcb)) mark(tcp, tcb, tcbs.ACK_NOW);
}

/** The peer's SYN again: it has missed ours. */
export function resendSyn(tcp: Tcp, tcb: Tcb, iface: Interface): void {
	if (!mayAnswer(tcp, tcb)) return tcp.core.count(iface.block, DROP.tcpUnacceptable);
	tcb.sndNxt = tcb.iss;
	mark(tcp, tcb, tcbs.SEND);
}
