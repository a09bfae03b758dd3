// What a PPP interface may be told, in pppd's words, and what holds when it is not told.

import { ipv4Option, parseIpv4 } from "../../address4.ts";
import { LEAST_MTU } from "../../wire/ipv6.ts";
import type { InterfaceOptions } from "../interface.ts";
import { Dial } from "./dial.ts";
import { AUTHS, type Auth } from "./lcp.ts";

/** What a PPP interface may be told, in pppd's words. */
export interface PppOptions extends InterfaceOptions {
	/** Our IPv4 address; absent: the one that the peer gives us. */
	local?: string;
	/** The peer's address, which it is given when it has none; absent: the one that it says. */
	remote?: string;
	/** Take another address than `local` or `remote` when the peer insists. */
	acceptLocal?: boolean;
	/** The same for `remote`. */
	acceptRemote?: boolean;
	/** Largest packet that we receive, bytes: 128 to 1,500, which is also the default. */
	mru?: number;
	/** Control characters that the peer must escape, bit n for character n; 0 when absent, -1 for all. */
	asyncmap?: number;
	/** Protocol-Field- and Address-and-Control-Field-Compression; true when absent. */
	pfc?: boolean;
	/** Address-and-Control-Field-Compression; true when absent. */
	acfc?: boolean;
	/** Who we are, when the peer asks. */
	user?: string;
	/** What we prove that with. */
	password?: string;
	/** Ways in which we do not tell. */
	refuse?: readonly Auth[];
	/** How the peer must say who it is; absent: it need not. */
	auth?: Auth;
	/** Who may come in: names and passwords. */
	accounts?: Readonly<Record<string, string>>;
	/** Our name in challenges; `user`, or "multihome", when absent. */
	name?: string;
	/** Seconds between challenges to a peer that is known already (CHAP); 0, none, when absent. */
	chapInterval?: number;
	/** Seconds between Echo-Requests (20), 0 for none; and after how many, with nothing at all from the peer, the link ends (3). */
	lcpEchoInterval?: number;
	/** Echo-Requests without anything from the peer after which the link ends, 3 when absent. */
	lcpEchoFailure?: number;
	/** Ask the peer for name servers. */
	usePeerDns?: boolean;
	/** One or two name servers for the peer. */
	msDns?: readonly string[];
	/** Van Jacobson's header compression. */
	vj?: boolean;
	/** Negotiate interface identifiers for IPv6, which is there as soon as both ends have (RFC 5072); true when absent and `mru` has room for 1,280 bytes. */
	ipv6?: boolean;
	/** Route what has no other route to the peer, while the link is up, at the interface's metric. */
	defaultRoute?: boolean;
	/** What is said to the modem first: a script of chat(8). */
	dial?: readonly string[];
	/** Try again when the link ends; true when absent. */
	persist?: boolean;
	/** Seconds before that (5); doubled with every try in a row that fails, up to 16 times. */
	holdoff?: number;
	/** Failed tries in a row before giving up; 0, never, when absent. */
	maxfail?: number;
	/** Seconds without IP packets until the link is closed, to be opened again by `connect`; 0, never, when absent. */
	idle?: number;
	/** Called from `poll` when phase, reason or addresses have changed. */
	onChanged?: () => void;
}

/** The options with every default filled in. */
export interface Settings {
	local: number;
	remote: number;
	acceptLocal: boolean;
	acceptRemote: boolean;
	mru: number;
	asyncmap: number;
	pfc: boolean;
	acfc: boolean;
	user: string;
	password: string;
	/** How we can say who we are, the best way first. */
	offer: readonly Auth[];
	demand: Auth | undefined;
	accounts: Readonly<Record<string, string>>;
	name: string;
	chapIntervalMs: number;
	echoIntervalMs: number;
	echoFailure: number;
	usePeerDns: boolean;
	msDns: readonly number[];
	vj: boolean;
	ipv6: boolean;
	defaultRoute: boolean;
	dial: readonly string[] | undefined;
	persist: boolean;
	holdoffMs: number;
	maxfail: number;
	idleMs: number;
	onChanged: (() => void) | undefined;
}

/** Checks the options. Throws RangeError or TypeError naming the interface, the option and its value. */
export function settingsOf(interfaceName: string, options: PppOptions): Settings {
	const whole = (name: string, value: number | undefined, low: number, high: number, standard: number): number => {
		if (value === undefined) return standard;
		if (typeof value !== "number" || value !== Math.floor(value) || value < low || value > high)
			throw new RangeError(`${name} ${String(value)} of ${interfaceName}: expected a whole number from ${low} to ${high}`);
		return value;
	};
	const flag = (name: string, value: boolean | undefined, standard: boolean): boolean => {
		if (value === undefined) return standard;
		if (typeof value !== "boolean") throw new TypeError(`${name} ${String(value)} of ${interfaceName}: expected true or false`);
		return value;
	};
	// PAP and the lengths of CHAP have one octet for the number of octets.
	const text = (name: string, value: string | undefined, standard: string): string => {
		if (value === undefined) return standard;
		if (typeof value !== "string" || value.length > 80)
			throw new RangeError(`${name} of ${interfaceName}: expected a text of 80 characters at most`);
		return value;
	};
	const address = (name: string, value: string | undefined): number =>
		value === undefined ? 0 : parseIpv4(ipv4Option(`${interfaceName}: ${name}`, value))!;
	const auth = (name: string, value: Auth): Auth => {
		if (!AUTHS.includes(value))
			throw new RangeError(`${name} ${String(value)} of ${interfaceName}: expected ${AUTHS.join(", ")}`);
		return value;
	};
	const refused = (options.refuse ?? []).map((each) => auth("refuse", each));
	const accounts = options.accounts ?? {};
	for (const account of Object.keys(accounts)) text(`accounts["${account}"]`, accounts[account], "");
	if (options.auth !== undefined && Object.keys(accounts).length === 0)
		throw new TypeError(`auth ${options.auth} of ${interfaceName}: nobody could come in; expected accounts`);
	if ((options.user === undefined) !== (options.password === undefined))
		throw new TypeError(`${interfaceName}: expected both user and password, or none`);
	const msDns = options.msDns ?? [];
	if (msDns.length > 2) throw new RangeError(`msDns of ${interfaceName}: expected two name servers at most, not ${msDns.length}`);
	if (options.dial !== undefined) Dial.check(options.dial);
	const mru = whole("mru", options.mru, 128, 1500, 1500);
	return {
		local: address("local", options.local),
		remote: address("remote", options.remote),
		acceptLocal: flag("acceptLocal", options.acceptLocal, false),
		acceptRemote: flag("acceptRemote", options.acceptRemote, false),
		mru,
		asyncmap: whole("asyncmap", options.asyncmap, -0x80000000, 0xffffffff, 0) | 0,
		pfc: flag("pfc", options.pfc, true),
		acfc: flag("acfc", options.acfc, true),
		user: text("user", options.user, ""),
		password: text("password", options.password, ""),
		offer: options.user === undefined ? [] : AUTHS.filter((each) => !refused.includes(each)),
		demand: options.auth === undefined ? undefined : auth("auth", options.auth),
		accounts,
		name: text("name", options.name, options.user ?? "multihome"),
		chapIntervalMs: whole("chapInterval", options.chapInterval, 0, 86_400, 0) * 1000,
		echoIntervalMs: whole("lcpEchoInterval", options.lcpEchoInterval, 0, 86_400, 20) * 1000,
		echoFailure: whole("lcpEchoFailure", options.lcpEchoFailure, 1, 100, 3),
		usePeerDns: flag("usePeerDns", options.usePeerDns, false),
		msDns: msDns.map((each) => address("msDns", each)),
		vj: flag("vj", options.vj, false),
		ipv6: flag("ipv6", options.ipv6, mru >= LEAST_MTU),
		defaultRoute: flag("defaultRoute", options.defaultRoute, false),
		dial: options.dial,
		persist: flag("persist", options.persist, true),
		holdoffMs: whole("holdoff", options.holdoff, 0, 86_400, 5) * 1000,
		maxfail: whole("maxfail", options.maxfail, 0, 1_000_000, 0),
		idleMs: whole("idle", options.idle, 0, 86_400, 0) * 1000,
		onChanged: options.onChanged,
	};
}
