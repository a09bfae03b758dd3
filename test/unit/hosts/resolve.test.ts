// System.resolve: this stack's resolver first, the platform's where there is one, and always an answer, later.

import { afterEach, expect, it } from "vitest";
import { giveSystem } from "../../../hosts/resolve.ts";

const global = globalThis as {
	System?: { resolve(name: string, callback: (name: string, address?: string) => void): void };
	device?: unknown;
};
const before = { System: global.System, device: global.device };
afterEach(() => Object.assign(global, before));

type Question = { host: string; onResolved(host: string, address: string): void; onError(): void };

/** Options of a resolver that knows one address, or nobody's; and whom it was asked about. */
function resolver(address: string | undefined, asked: string[]) {
	class Resolver {
		resolve({ host, onResolved, onError }: Question): void {
			asked.push(host);
			if (address === undefined) onError();
			else onResolved(host, address);
		}
	}
	return { io: Resolver };
}

/** What is called back with when timers have run, after what was called back with at once. */
function answers(network: object | undefined): [number, unknown[][]] {
	const due: (() => void)[] = [];
	const timers = { set: (callback: () => void) => due.push(callback), repeat: () => 0, clear: () => {} };
	const got: unknown[][] = [];
	global.device = network === undefined ? undefined : { network };
	giveSystem(timers);
	global.System!.resolve("example.com", (...all) => got.push(all));
	const early = got.length;
	for (const callback of due) callback();
	return [early, got];
}

it("asks this stack's resolver, and nobody else when that knows", () => {
	const asked: string[] = [];
	const others: string[] = [];
	const network = { dns: resolver("192.0.2.1", asked), platform: { dns: resolver("192.0.2.2", others) } };
	expect(answers(network)[1]).toEqual([["example.com", "192.0.2.1"]]);
	expect([asked, others]).toEqual([["example.com"], []]);
});

it("asks the platform's where this one knows nothing", () => {
	const asked: string[] = [];
	const network = { dns: resolver(undefined, asked), platform: { dns: resolver("192.0.2.2", asked) } };
	expect(answers(network)[1]).toEqual([["example.com", "192.0.2.2"]]);
	expect(asked).toEqual(["example.com", "example.com"]);
});

it("answers without an address, later, where nobody knows, or where there is no resolver", () => {
	expect(answers({ dns: resolver(undefined, []) })[1]).toEqual([["example.com", undefined]]);
	expect(answers(undefined)).toEqual([0, [["example.com", undefined]]]);
	const without = {
		dns: {
			get io(): never {
				throw new Error('this build is without the module "multihome/dns"');
			},
		},
	};
	expect(answers(without)).toEqual([0, [["example.com", undefined]]]);
});

it("leaves what Moddable's System has", () => {
	const restart = (): string => "restarted";
	(global as { System: unknown }).System = Object.freeze({ restart, resolve: () => undefined });
	const network = { dns: resolver("192.0.2.1", []) };
	expect(answers(network)[1]).toEqual([["example.com", "192.0.2.1"]]);
	expect((global.System as unknown as { restart(): string }).restart()).toBe("restarted");
});
