// Reads an answer: RFC 1034 §4.3.2 and RFC 1035 §7.3. Only records of the name that was asked for count, and of the names that its
// aliases lead to: whatever else a server says is not believed (RFC 2181 §5.4.1, RFC 5452 §6).

import { DNS_ADDRESSES, DNS_ALIASES, DNS_RECORDS } from "../../config.ts";
import { formatIpv4 } from "../../address4.ts";
import { formatIpv6 } from "../../address6.ts";
import { hasIpv6 } from "../../packet/kernels/parts.ts";
import * as dns from "../../wire/dns.ts";

/** What an answer says. */
export type Kind =
	| "addresses"
	| "alias" // another name, which is to be asked for
	| "none" // the name has no such address
	| "referral" // ask somebody else: a server that does not recurse
	| "cut" // more than we look at, or than came
	| "bad";

export class Answer {
	kind: Kind = "bad";
	/** The addresses as int32, one of an A record, four of an AAAA record. */
	readonly words: number[] = [];
	/** Seconds that all of it holds; of "none" as RFC 2308 §5 has it, 0 when that is not said. */
	ttl = 0x7fffffff;
	/** The name asked for, and those that it is an alias of: the last one has the addresses. */
	readonly names: string[];
	/** Why it is bad. */
	reason = "";

	constructor(names: readonly string[]) {
		this.names = names.slice();
	}

	/** As texts. Allocates. */
	addresses(type: number): string[] {
		const { words } = this;
		if (!hasIpv6() || type === dns.TYPE_A) return words.map(formatIpv4);
		const texts: string[] = [];
		for (let i = 0; i < words.length; i += 4) texts.push(formatIpv6([words[i]!, words[i + 1]!, words[i + 2]!, words[i + 3]!]));
		return texts;
	}

	get name(): string {
		return this.names[this.names.length - 1]!;
	}

	bad(reason: string): this {
		this.kind = "bad";
		this.reason = reason;
		return this;
	}
}

/**
 * Reads the answer in bytes 0 to `end`, whose header and question are right. `whole`: nothing of it is missing. `names`: the name asked for
 * originally and the aliases that led to the one asked for now.
 */
export function readAnswer(view: DataView, end: number, whole: boolean, names: readonly string[], type: number): Answer {
	const answer = new Answer(names);
	const asked = names.length;
	let place = dns.HEADER;
	for (let i = dns.questions(view, 0); i > 0; i--) {
		place = dns.nameEnd(view, end, place);
		if (place < 0 || place + 4 > end) return whole ? answer.bad("its question is cut") : cut(answer);
		place += 4;
	}
	let left = DNS_RECORDS;
	for (let i = dns.answers(view, 0); i > 0; i--) {
		const next = left-- > 0 ? dns.recordEnd(view, end, place) : -2;
		if (next < 0) return broken(answer, whole && next === -1);
		const fault = take(answer, view, end, place, next, type);
		if (fault !== "") return answer.bad(fault);
		place = next;
	}
	if (answer.words.length > 0) {
		answer.kind = "addresses";
		return answer;
	}
	// An alias whose target this server knew nothing of must be asked for, unless it says that there is nothing: RFC 2308 §2.1, §2.2.
	return authority(answer, view, end, place, left, whole, answer.names.length > asked);
}

/** The records end too early. What came before them counts, unless the server said that they are there. */
function broken(answer: Answer, lied: boolean): Answer {
	if (lied) return answer.bad("it has fewer records than it says, or broken ones");
	return answer.words.length > 0 ? ((answer.kind = "addresses"), answer) : cut(answer);
}

function cut(answer: Answer): Answer {
	answer.kind = "cut";
	return answer;
}

/** One record of the answer section, in bytes `place` to `next`. Answers what is wrong with it, "" when nothing is. */
function take(answer: Answer, view: DataView, end: number, place: number, next: number, type: number): string {
	const head = dns.nameEnd(view, end, place);
	const kind = dns.recordType(view, head);
	if ((kind !== type && kind !== dns.TYPE_CNAME) || dns.recordClass(view, head) !== dns.CLASS_IN) return "";
	if (!dns.nameIs(view, 0, end, place, answer.name)) return "";
	const data = dns.recordData(head);
	answer.ttl = Math.min(answer.ttl, dns.recordTtl(view, head));
	if (kind === dns.TYPE_CNAME) {
		const target = dns.readName(view, 0, next, data);
		if (target === undefined || dns.nameEnd(view, next, data) !== next) return "an alias is broken";
		if (answer.names.includes(target)) return `the alias ${target} leads back to itself`;
		if (answer.names.length > DNS_ALIASES) return `more than ${DNS_ALIASES} aliases`;
		answer.names.push(target);
		return "";
	}
	if (next - data !== (kind === dns.TYPE_A ? 4 : 16)) return `an address of ${next - data} bytes`;
	const words = (next - data) >> 2;
	if (answer.words.length < DNS_ADDRESSES * words) for (let at = data; at < next; at += 4) answer.words.push(view.getInt32(at));
	return "";
}

/** There is no address: what the authority section says about it. RFC 2308 §2, §5. */
function authority(
	answer: Answer,
	view: DataView,
	end: number,
	place: number,
	left: number,
	whole: boolean,
	alias: boolean,
): Answer {
	let referral = false;
	let ttl = -1;
	for (let i = dns.authorities(view, 0); i > 0 && left-- > 0; i--) {
		const next = dns.recordEnd(view, end, place);
		if (next < 0) {
			if (whole) return answer.bad("it has fewer records than it says, or broken ones");
			break;
		}
		const head = dns.nameEnd(view, end, place);
		const type = dns.recordType(view, head);
		if (type === dns.TYPE_NS) referral = true;
		// Only who has the name above may say for how long there is nothing below it.
		if (type === dns.TYPE_SOA && next - dns.recordData(head) >= 22 && isAbove(dns.readName(view, 0, end, place), answer.name)) {
			const minimum = view.getInt32(next - 4);
			ttl = Math.min(dns.recordTtl(view, head), minimum < 0 ? 0 : minimum);
		}
		place = next;
	}
	const denied = dns.responseCode(view, 0) === dns.NAME_ERROR;
	if (ttl >= 0 || denied) {
		answer.kind = "none";
		answer.ttl = Math.min(answer.ttl, Math.max(ttl, 0));
	} else if (alias) answer.kind = "alias";
	else {
		answer.kind = referral ? "referral" : "none";
		answer.ttl = 0;
	}
	return answer;
}

function isAbove(zone: string | undefined, name: string): boolean {
	return zone !== undefined && (zone === "" || zone === name || name.endsWith(`.${zone}`));
}
