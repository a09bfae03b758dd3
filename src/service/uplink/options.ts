// What a probe of an uplink may be told, checked.

import { canonicalAddress } from "../../address.ts";
import { callbackOf, objectOption, portOf, show, wholeOf } from "../../io/options.ts";

/** What is asked. */
export const ICMP = 0;
export const TCP = 1;
export const DNS = 2;

/** What a probe of an uplink may be told: one of `icmp`, `tcp` and `dns`, and how. */
export interface UplinkProbeOptions<T = unknown> {
	/** An address that answers pings. */
	icmp?: string;
	/** An address that connections are made to, by `port`: who refuses them answers as well. */
	tcp?: string;
	/** Of `tcp`, 1 to 65535. */
	port?: number;
	/** A name server, which is asked for the root's. */
	dns?: string;
	/** How often, ms, 100 to 3600000; 1000 unless told. */
	intervalMs?: number;
	/** After so many intervals without an answer the uplink is not used for what is new, 1 to 100; 3 unless told. */
	lost?: number;
	/** After so many answers in a row it is again, 1 to 100; 3 unless told. */
	back?: number;
	/** It went or came back: `reachable` says which. Called after processing. */
	onChanged?: (this: T) => void;
}

export interface Settings {
	readonly kind: number;
	readonly target: string;
	readonly port: number;
	readonly intervalMs: number;
	readonly lost: number;
	readonly back: number;
}

/** Throws TypeError or RangeError naming the option, its value and what was expected. */
export function settingsOf<T>(options: UplinkProbeOptions<T>): Settings {
	const { icmp, tcp, dns, port, intervalMs = 1000, lost = 3, back = 3 } = objectOption(options);
	callbackOf("onChanged", options.onChanged);
	const targets = [icmp, tcp, dns];
	const kind = targets.findIndex((target) => target !== undefined);
	if (kind < 0 || targets.filter((target) => target !== undefined).length > 1)
		throw new RangeError("icmp, tcp, dns: expected one of them, the address of whoever is to answer");
	const name = ["icmp", "tcp", "dns"][kind]!;
	const target: unknown = targets[kind];
	if (typeof target !== "string") throw new TypeError(`${name} ${show(target)}: expected an IP address as a string`);
	const address = canonicalAddress(target);
	if (address === undefined)
		throw new RangeError(`${name} "${target}": expected an IP address, as a name takes the network to be there`);
	if (kind === TCP && port === undefined) throw new RangeError("port undefined: expected that of tcp, 1 to 65535");
	if (kind !== TCP && port !== undefined) throw new RangeError(`port ${show(port)}: is for tcp alone`);
	return {
		kind,
		target: address,
		port: kind === TCP ? portOf(port, 1) : 53,
		intervalMs: wholeOf("intervalMs", intervalMs, 100, 3_600_000),
		lost: wholeOf("lost", lost, 1, 100),
		back: wholeOf("back", back, 1, 100),
	};
}
