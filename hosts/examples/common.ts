// What the programs here have in common: saying something, and turning names into addresses.

import { Resolver } from "multihome/dns";
import type { Device } from "./device.ts";

/** Moddable's: to xsbug or the serial console on boards, to standard output on the desktop. */
declare function trace(text: string): void;

/** A line for whoever watches. */
export function print(line: string): void {
	trace(`${line}\n`);
}

/** Whether a route is a default one by which a host may be reached: of its address's family, or of either when that is not known. */
export function leadsOut(prefix: string, host = ""): boolean {
	if (!prefix.endsWith("/0")) return false;
	return prefix.includes(":") ? !/^[0-9.]+$/.test(host) : !host.includes(":");
}

/** Finds an address of `host`, which may be one already. One of the callbacks is called, once, and never before this returns. */
export function addressOf(
	{ network }: Device,
	host: string,
	found: (address: string) => void,
	failed: (error: Error) => void,
): void {
	const { dns } = network;
	// The device's choice, as Moddable's modules take it, or this stack's own.
	const resolver = dns?.io === undefined ? new Resolver({}) : new dns.io(dns);
	resolver.resolve({ host }, (error: unknown, address: string | undefined) => {
		resolver.close();
		if (address !== undefined) found(address);
		else failed(error instanceof Error ? error : new Error(`host ${host}: no address`));
	});
}
