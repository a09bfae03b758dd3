// What all kinds of interfaces may be told, and the checks of it.

import { MAX_MTU } from "../config.ts";

/** What all kinds of interfaces may be told. */
export interface InterfaceOptions {
	/** Largest IP packet, bytes: 68 (RFC 791) to what the device carries. */
	mtu?: number;
	/** Added to the metric of its routes: the lower one wins. */
	metric?: number;
}

/** Throws RangeError for what is no name of an interface. */
export function checkName(name: unknown): void {
	if (typeof name !== "string" || !/^[A-Za-z0-9._-]{1,15}$/.test(name))
		throw new RangeError(`interface name "${String(name)}": expected 1 to 15 letters, digits, ".", "_" or "-"`);
}

/** Checks a whole number; `what` names the option and its value. Throws RangeError. */
export function whole(what: string, value: unknown, low: number, high: number): number {
	if (typeof value !== "number" || value !== Math.floor(value) || value < low || value > high)
		throw new RangeError(`${what}: expected ${low} to ${high}`);
	return value;
}

/** The MTU that the options say, or as much as the device carries. Throws RangeError. */
export function mtuOf(name: string, { mtu }: InterfaceOptions, carried: number): number {
	const most = Math.min(carried, MAX_MTU);
	return mtu === undefined ? most : whole(`mtu ${String(mtu)} of ${name}`, mtu, 68, most);
}

/** The metric that the options say, or 0. Throws RangeError. */
export function metricOf(name: string, { metric }: InterfaceOptions): number {
	return metric === undefined ? 0 : whole(`metric ${String(metric)} of ${name}`, metric, 0, 65_535);
}
