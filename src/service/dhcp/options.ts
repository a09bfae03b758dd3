// What an application may say to a DHCP client, checked.

import { callbackOf, flagOf, hostnameOf, objectOption, show, wholeOf } from "../../io/options.ts";
import { bytesOf } from "../../wire/dhcp.ts";
import { ANNOUNCE_MS, PROBES } from "./times.ts";

/** What a DHCP client may be told. */
export interface DhcpOptions<T = unknown> {
	/** What the server is to call us, 1 to 63 letters, digits, "-" or "."; many put it into their DNS. Option 12. */
	hostname?: string | undefined;
	/** Who we are to the server, 2 to 64 bytes, or a text of so many ASCII characters; the hardware address when absent. Option 61. */
	clientId?: string | Uint8Array;
	/** Added to the interface's metric for the routes of the lease, 0 to 65535. */
	metric?: number;
	/** Whether to take the server's default route; true when absent. */
	defaultRoute?: boolean;
	/** Whether to take the routes of option 121, which may draw away other interfaces' traffic; true when absent. */
	classlessRoutes?: boolean;
	/** How often it is asked, before an address is used, whether somebody has it, 0 to 10; 3 when absent. RFC 5227's PROBE_NUM. */
	probes?: number;
	/** RFC 5227's PROBE_MIN, ms, 1 to 10000; 1000 when absent. Its other times change with it: the first use of an address waits 4 to 7 times that. */
	probeIntervalMs?: number;
	/** State, addresses or the rest of `state` changed. Called after processing. */
	onChanged?: (this: T) => void;
}

export interface Settings {
	/** "" for none. */
	hostname: string;
	clientId: Uint8Array | undefined;
	metric: number;
	defaultRoute: boolean;
	classlessRoutes: boolean;
	probes: number;
	probeIntervalMs: number;
}

function clientIdOf(value: unknown): Uint8Array | undefined {
	if (value === undefined) return undefined;
	if (typeof value !== "string" && !(value instanceof Uint8Array))
		throw new TypeError(`clientId ${show(value)}: expected a text or a Uint8Array`);
	if (value.length < 2 || value.length > 64) throw new RangeError(`clientId of ${value.length} bytes: expected 2 to 64`);
	if (typeof value !== "string") return value.slice();
	if (!/^[\x20-\x7e]*$/.test(value)) throw new RangeError(`clientId ${show(value)}: expected ASCII characters`);
	return bytesOf(value);
}

/** Throws TypeError or RangeError naming the option, its value and what was expected. */
export function settingsOf<T>(options: DhcpOptions<T>): Settings {
	objectOption(options);
	callbackOf("onChanged", options.onChanged);
	const { hostname, clientId, metric = 0, defaultRoute = true, classlessRoutes = true } = options;
	const { probes = PROBES, probeIntervalMs = ANNOUNCE_MS / 2 } = options;
	return {
		hostname: hostname === undefined ? "" : hostnameOf(hostname),
		clientId: clientIdOf(clientId),
		metric: wholeOf("metric", metric, 0, 65_535),
		defaultRoute: flagOf("defaultRoute", defaultRoute),
		classlessRoutes: flagOf("classlessRoutes", classlessRoutes),
		probes: wholeOf("probes", probes, 0, 10),
		probeIntervalMs: wholeOf("probeIntervalMs", probeIntervalMs, 1, 10_000),
	};
}
