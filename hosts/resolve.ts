// `System.resolve` of Moddable's programs, on every host: asks this stack's resolver, and where there is a platform's network beside it, then that one's.

/** Called with the name, and with its address where it has one. */
export type Resolved = (name: string, address?: string) => void;

/** Options of a resolver: `device.network.dns`, `device.network.platform.dns`. */
interface ResolverOptions {
	io: new (options: object) => {
		resolve(options: { host: string; onResolved(host: string, address: string): void; onError(): void }): void;
	};
}

interface Network {
	dns?: ResolverOptions;
	platform?: { dns?: ResolverOptions };
}

/** Moddable's module "timer". */
interface Timers {
	set(callback: () => void, ms?: number): unknown;
}

function ask(dns: ResolverOptions | undefined, host: string, found: (address: string | undefined) => void, timers: Timers): void {
	try {
		if (dns !== undefined) {
			const Resolver = dns.io;
			new Resolver(dns).resolve({ host, onResolved: (_host, address) => found(address), onError: () => found(undefined) });
			return;
		}
	} catch {
		// A build without a resolver, or a name that is none: nobody knows it.
	}
	timers.set(() => found(undefined), 0);
}

/** Calls back later with the name and its address, or without an address when nobody knows it. */
export function resolveWith(timers: Timers, name: string, callback: Resolved): void {
	const { dns, platform } = (globalThis as { device?: { network?: Network } }).device?.network ?? {};
	const others = platform?.dns;
	ask(
		dns,
		name,
		(address) => {
			if (address !== undefined || others === undefined) callback(name, address);
			else ask(others, name, (second) => callback(name, second), timers);
		},
		timers,
	);
}

/**
 * Gives a board's programs `System.resolve`: Moddable's own asks lwIP alone, and where that is not in the firmware it never calls back. What else Moddable's `System` has stays;
 * without one it has timers, as that has.
 */
export function giveSystem(
	timers: Timers & { repeat(callback: () => void, ms: number): unknown; clear(timer: unknown): void },
): void {
	const global = globalThis as { System?: object };
	const system = {
		resolve: (name: string, callback: Resolved) => resolveWith(timers, name, callback),
		setTimeout: (callback: () => void, ms?: number) => timers.set(callback, ms),
		clearTimeout: (timer: unknown) => timers.clear(timer),
		setInterval: (callback: () => void, ms: number) => timers.repeat(callback, ms),
		clearInterval: (timer: unknown) => timers.clear(timer),
	};
	const before = global.System;
	// Its own may be frozen, in flash.
	const resolve = { value: system.resolve, enumerable: true };
	global.System = before === undefined ? system : (Object.create(before, { resolve }) as object);
}
