// The filter: which packets pass. Those of sessions that stand pass without a look at the rules; others by the first rule that they match, or by what holds where none does. Flat TypeScript.

import { isV4, samePrefix } from "../../packet/address.ts";
import { add } from "../../packet/counters.ts";
import type { Address, Offset, Uint8 } from "../../packet/numbers.ts";
import {
	ANY_ADDRESS,
	type RouterBlock,
	RULE_ACCEPT,
	RULE_DROP,
	RULE_ESTABLISHED,
	RULE_NEW,
	RuleRow,
} from "../../packet/router-block.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import { isLinkLocal } from "../../wire/scope.ts";

/** Slot of the loopback interface, which in rules stands for the board itself. */
export const BOARD = 1;

/** Protocols of IPsec, and its port of UDP, which pass to hosts behind a router of IPv6 unless a rule says otherwise: RFC 6092 REC-21, 22, 24. */
const ESP = 50;
const AUTHENTICATION = 51;
const IKE = 500;

function addressFits(view: DataView, at: Address, prefix: Address, length: Uint8): boolean {
	if (length === ANY_ADDRESS) return true;
	return isV4(view, at) === isV4(view, prefix) && samePrefix(view, at, prefix, Math.min(length, 128));
}

function fits(view: DataView, router: RouterBlock, rule: RuleRow, arrival: number, leaving: number, state: number): boolean {
	if ((rule.states & state) === 0) return false;
	if (rule.arrival !== 0 && rule.arrival !== arrival) return false;
	if (rule.leaving !== 0 && rule.leaving !== leaving) return false;
	if (rule.protocol !== 0 && rule.protocol !== router.protocol) return false;
	const port = router.ports & 0xffff;
	if (port < rule.firstPort || port > rule.lastPort) return false;
	return (
		addressFits(view, router.source, rule.source, rule.sourceLength) &&
		addressFits(view, router.destination, rule.destination, rule.destinationLength)
	);
}

/** What the first rule says that the packet at hand matches, which came by the interface in slot `arrival` and leaves by that in `leaving`; -1: none does. */
function ruled(view: DataView, router: RouterBlock, arrival: number, leaving: number, state: number): number {
	for (let i = 0; i < router.ruleCount; i++) {
		const at: Offset = (router.rules + Math.imul(i, RuleRow.bytes)) | 0;
		const rule = RuleRow.of(view, at);
		if (!fits(view, router, rule, arrival, leaving, state)) continue;
		add(view, rule.packets, 1);
		return rule.action;
	}
	return -1;
}

/** Whether nothing comes in unasked by the interface in that slot. */
export function isOutside(router: RouterBlock, slot: number): boolean {
	const word = slot <= 32 ? router.outsideLow : router.outsideHigh;
	return (word & (1 << ((slot - 1) & 31))) !== 0;
}

/** What becomes of a packet of a session that stands: RULE_ACCEPT and its like. */
export function verdictKnown(view: DataView, router: RouterBlock, arrival: number, leaving: number): Uint8 {
	if (router.ruleEstablished === 0) return RULE_ACCEPT;
	const said = ruled(view, router, arrival, leaving, RULE_ESTABLISHED);
	return said < 0 ? RULE_ACCEPT : said & 3;
}

/** The same of one that would begin a session; `mapped`: it came to a mapping that is for everybody. */
export function verdictNew(view: DataView, router: RouterBlock, arrival: number, leaving: number, mapped: boolean): Uint8 {
	const said = ruled(view, router, arrival, leaving, RULE_NEW);
	if (said >= 0) return said & 3;
	if (mapped || !isOutside(router, arrival)) return RULE_ACCEPT;
	return leaving !== BOARD && isSecured(view, router) ? RULE_ACCEPT : RULE_DROP;
}

function isSecured(view: DataView, router: RouterBlock): boolean {
	if (isV4(view, router.destination) || isLinkLocal(view, router.source)) return false;
	const protocol = router.protocol;
	return protocol === ESP || protocol === AUTHENTICATION || (protocol === ipv4.UDP && (router.ports & 0xffff) === IKE);
}
