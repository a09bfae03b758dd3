// What applications see of the resolver.

import type { Interface } from "../../link/interface.ts";
import type { ResolveError } from "./errors.ts";

/** What a Resolver may be told. */
export interface ResolverOptions {
	/** Addresses of the name servers to ask; link-local ones with their interface: "fe80::53%eth0". Without any: those of the interfaces and of the board, hosts/desktop/README.md. */
	servers?: readonly string[] | undefined;
	/** Restricts it to one interface, by name or instance: its servers, and questions by it alone. */
	interface?: string | Interface | undefined;
	/** Moddable's programs say here by which class questions are to be sent. Only its `interface` matters. */
	socket?: { readonly interface?: string | Interface | undefined } | undefined;
	/** Milliseconds for one name altogether, 100 to 60,000. 15,000 unless told. */
	timeout?: number | undefined;
	/** Letters of a question in random case, which the answer must repeat: harder to forge, and not all servers do it. Off unless told. */
	mixedCase?: boolean | undefined;
	/** Becomes the property `target` of the instance. */
	target?: unknown;
}

/** What is looked up. */
export interface ResolveOptions {
	/** A name, or an address literal, which is answered as it is. */
	host: string;
	/** 4: an IPv4 address; 6: an IPv6 address. Unless told, the best one by RFC 6724 §6: of both families where the stack has addresses of IPv6 beyond its links', else of IPv4. */
	family?: 4 | 6 | undefined;
}

/** ECMA-419's: `error` is null when there is an address. */
export type ResolveCallback = (
	this: Resolver,
	error: ResolveError | null,
	address: string | undefined,
	host: string | undefined,
) => void;

/** Moddable's, with `error` added. */
export interface ResolveCallbacks {
	/** There is an address. */
	onResolved?: ((this: Resolver, host: string, address: string) => void) | undefined;
	/** There is none. */
	onError?: ((this: Resolver, host: string, error: ResolveError) => void) | undefined;
}

export interface Resolver {
	/** Looks a name up. The callback is called once, later, never within; not after `close`. */
	resolve(options: ResolveOptions, callback: ResolveCallback): void;
	resolve(options: ResolveOptions & ResolveCallbacks): void;
	/** Ends it, and what it was asked for: nothing more is called. May be repeated; `resolve` throws afterwards. */
	close(): void;
	target?: unknown;
}
