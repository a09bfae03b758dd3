// What a host is that a program asks for: an address, a name that has one without asking, a name to ask for, or a mistake.

import { parseIpv4 } from "../../address4.ts";
import { formatIpv6, NO_IPV6, parseIpv6 } from "../../address6.ts";
import { hasIpv6 } from "../../packet/kernels/parts.ts";
import { MAX_LABEL } from "../../wire/dns.ts";
import { failure, type Outcome, type ResolveErrorCode } from "./errors.ts";

/** Longest name as text, without a dot at its end: RFC 1035 §2.3.4 without the lengths. */
const MAX_TEXT = 253;

export interface Question {
	/** In lower case, without a dot at its end. */
	readonly name: string;
	/** To be asked of the neighbours: RFC 6762 §3. */
	readonly multicast: boolean;
}

/** Answers a question to ask, or the outcome. `family` 0: addresses of either will do. */
export function questionOf(host: string, family: number): Question | Outcome {
	const address = literal(host, family);
	if (address !== undefined) return address;
	const name = (host.endsWith(".") ? host.slice(0, -1) : host).toLowerCase();
	const fault = faultOf(name);
	if (fault !== "") return failure("EBADNAME", fault);
	const last = name.slice(name.lastIndexOf(".") + 1);
	// RFC 6761 §6.3, §6.4.
	if (last === "localhost") return found(family === 6 ? "::1" : "127.0.0.1");
	if (last === "invalid") return failure("ENOTFOUND", "there are no names below .invalid");
	return { name, multicast: last === "local" && name.length > last.length };
}

function found(address: string): Outcome {
	return { addresses: [address], ttl: 0, code: "", reason: "" };
}

/** The outcome for an address literal; undefined for anything else. */
function literal(host: string, family: number): Outcome | undefined {
	if (parseIpv4(host) !== undefined)
		return family !== 6 ? found(host) : failure("ENODATA", "is an IPv4 address, not one of family 6");
	if (!host.includes(":")) return undefined;
	if (!hasIpv6()) return failure("ENODATA", `is no IPv4 address, and ${NO_IPV6}`);
	const address = parseIpv6(host);
	if (address === undefined) return failure("EBADNAME", "is not an IPv6 address, and a host name has no ':'");
	const text = formatIpv6(address);
	return family !== 4 ? found(text) : failure("ENODATA", "is an IPv6 address, not one of family 4");
}

/** Why `name` is no host name, RFC 952, RFC 1123 §2.1; "" when it is one. "_" is taken too, as names of machines on small networks have it. */
function faultOf(name: string): string {
	if (name === "") return "expected a host name";
	if (name.length > MAX_TEXT) return `has ${name.length} characters: expected at most ${MAX_TEXT}`;
	const labels = name.split(".");
	for (const label of labels) {
		if (label === "") return "expected something between two dots, and no dot at the beginning";
		if (label.length > MAX_LABEL) return `a part has ${label.length} characters: expected at most ${MAX_LABEL} between two dots`;
		if (!isLabel(label)) return 'expected letters, digits, "-" and "." (a name in another script in its form with "xn--")';
		if (label.startsWith("-") || label.endsWith("-")) return 'expected no "-" at the beginning or end of a part';
	}
	// RFC 1123 §2.1: the last part of a name is not a number; "1.2.3" and "300.1.1.1" were meant to be addresses.
	if (isNumber(labels[labels.length - 1]!)) return "is not an IPv4 address, and no name ends in a number";
	return "";
}

// Without regular expressions: on XS each use of one compiles it, which takes long.

function isLabel(text: string): boolean {
	for (let i = 0; i < text.length; i++) {
		const code = text.charCodeAt(i);
		const plain = (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39) || code === 0x2d || code === 0x5f;
		if (!plain) return false;
	}
	return true;
}

function isNumber(text: string): boolean {
	for (let i = 0; i < text.length; i++) {
		const code = text.charCodeAt(i);
		if (code < 0x30 || code > 0x39) return false;
	}
	return true;
}

/** What is wrong with a name that an alias gave. */
export function isHostName(name: string): boolean {
	return faultOf(name) === "";
}

export function isOutcome(value: Question | Outcome): value is Outcome {
	return "addresses" in value;
}

const code = (name: ResolveErrorCode, what: string): readonly [ResolveErrorCode, string] => Object.freeze([name, what] as const);

/** For messages: what servers answer when they do not answer. */
export const RESPONSE_CODES: readonly (readonly [ResolveErrorCode, string])[] = Object.freeze([
	code("EBADRESP", "no error"),
	code("EFORMERR", "says that it does not understand the question"),
	code("ESERVFAIL", "failed to find out"),
	code("ENOTFOUND", "there is no such name"),
	code("ENOTIMP", "does not do that"),
	code("EREFUSED", "refuses to answer"),
]);
