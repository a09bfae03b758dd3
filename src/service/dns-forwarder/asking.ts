// What a question by UDP and one by TCP have in common: whom they ask, and which answers leave the others to be asked.

import type { Stack } from "../../stack.ts";
import * as dns from "../../wire/dns.ts";
import type { Server } from "../dns/servers.ts";
import { isDenial, type Query } from "./message.ts";

/** What either needs of the forwarder. */
export interface Asking {
	readonly stack: Stack;
	/** Whom to ask, best first. */
	serversFor(name: string): Server[];
	/** Whether a name belongs to other interfaces than that server's, so that it may not say that there is none. */
	isElsewhere(name: string, server: Server): boolean;
	/** A server has not answered, or has. */
	judged(server: Server, answers: boolean): void;
	deadline(ms: number): void;
}

/** Two servers are one by the same way. */
export function keyOf({ address, link }: Server): string {
	return `${address} ${link?.id ?? 0}`;
}

export function isSame(one: Server, other: Server): boolean {
	return keyOf(one) === keyOf(other);
}

/** Whether a server answers that it does not know, or that there is nothing where that is not its to say. */
export function isRefusal(asking: Asking, view: DataView, { name }: Query, server: Server): boolean {
	const code = dns.responseCode(view, 0);
	return code === dns.SERVER_FAILURE || code === dns.REFUSED || (isDenial(view) && asking.isElsewhere(name, server));
}
