// What the three classes share.

import type { EthernetInterface } from "../link/ethernet.ts";
import type { Interface } from "../link/interface.ts";
import type { Stack } from "../stack.ts";
import type { SocketEvents } from "../transport/events.ts";
import { hasIpv6 } from "../packet/kernels/parts.ts";
import { show } from "./options.ts";

/** What a program is told of an address that is not there. */
export const ANY_ADDRESS = "0.0.0.0";

/** What a program is told of the address of a socket that has none: any of that family will do, 0: of every one that there is. */
export function anyAddress(family: number): string {
	return hasIpv6() && family !== 4 ? "::" : ANY_ADDRESS;
}

/** SyntaxError, as Moddable's sockets throw for a closed instance, and as its tests want it. */
export function closed(): SyntaxError {
	return new SyntaxError("socket: it is closed");
}

/** For a method or getter that is called on something else than an instance of its class: SyntaxError, as of Moddable's. */
export function foreign(name: string): SyntaxError {
	return new SyntaxError(`the receiver is no ${name}`);
}

/** Gives an instance an own property that enumeration does not show. */
export function hidden(instance: object, key: string): void {
	Object.defineProperty(instance, key, { writable: true });
}

// Made by a call, so that the build does not put the literal where it is used: on XS each use of one allocates, and this is on the data path.
const OBJECT = String("object");

/** What a private field may be looked for in. */
export function isObject(value: unknown): value is object {
	return typeof value === OBJECT && value !== null;
}

/** The interface in an option, undefined for any. */
export function linkOf(stack: Stack, value: unknown): Interface | undefined {
	if (value === undefined) return undefined;
	const link = typeof value === "string" ? stack.interfaces.find(value) : stack.interfaces.list.find((each) => each === value);
	if (link === undefined)
		throw new RangeError(`interface ${show(value)}: expected the name of an interface of the stack, or one itself`);
	return link;
}

/** The Ethernet interface that somebody who serves one is made for. `what` it is stands in errors: RangeError for none, and for what is no Ethernet. */
export function stationOf(stack: Stack, what: string, value: unknown): EthernetInterface {
	if (value === undefined) throw new RangeError(`interface ${show(value)}: expected one of the stack, or its name`);
	const { station, name, kind } = linkOf(stack, value)!;
	if (station === undefined) throw new RangeError(`${what} on ${name}: is ${kind}; expected an Ethernet interface`);
	return station;
}

/** Its slot; 0 for any. */
export function slotOf(stack: Stack, value: unknown): number {
	return linkOf(stack, value)?.slot ?? 0;
}

/** Tells the owner of the stack what a callback threw. Where nobody listens it goes on its way, out of `poll`. */
export function report(events: SocketEvents, error: unknown): void {
	const listener = events.onError;
	if (listener === undefined) throw error;
	listener(error);
}
