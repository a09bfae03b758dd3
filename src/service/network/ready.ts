// Waiting for a network: programs start before links are up and addresses are there.

import { NETWORK_PATIENCE_MS } from "../../config.ts";
import { slotOf } from "../../io/common.ts";
import { addressOf, objectOption, show } from "../../io/options.ts";
import type { Interface } from "../../link/interface.ts";
import type { Stack } from "../../stack.ts";
import type { Service } from "../../transport/services.ts";
import { READABLE, type EventSocket, type SocketOwner } from "../../transport/events.ts";
import type { Watch } from "../../transport/watch.ts";

/** What `ready` may be told. */
export interface ReadyOptions {
	/** Only this interface will do, by name or instance; any but loopback unless told. */
	interface?: string | Interface | undefined;
	/** There must be a way to this address. */
	address?: string | undefined;
	/** How long to wait, ms; 10,000 unless told, Infinity for ever. */
	timeout?: number | undefined;
}

/** Why an interface is not ready, for people; undefined when it is. */
export function lacking(link: Interface): string | undefined {
	if (link.slot === 0) return "is gone";
	if (!link.enabled) return "is taken down";
	if (!link.up) return "has no link";
	return link.ip.serving === undefined ? "has no address" : undefined;
}

/** One call of `ready`. It looks when an interface changes, and when its time is over; it begins in the next poll, as there is no time before the first. */
export class Ready implements EventSocket, SocketOwner, Service {
	events = 0;
	queued = false;
	nextPosted: EventSocket | null = null;
	owner: SocketOwner | null = this;
	readonly #stack: Stack;
	readonly #slot: number;
	/** The interface by name, for messages, as it may go meanwhile. */
	readonly #link: Interface | undefined;
	/** The address that there must be a way to. */
	readonly #destination: string | undefined;
	readonly #address: string | undefined;
	readonly #timeout: number;
	readonly #found: (link: Interface) => void;
	readonly #failed: (error: Error) => void;
	#watch: Watch | undefined;
	#begun = false;
	#endsAt = 0;

	/** Calls one of the two back, once, after processing. Throws TypeError or RangeError for a wrong option. */
	constructor(stack: Stack, options: ReadyOptions, found: (link: Interface) => void, failed: (error: Error) => void) {
		objectOption(options);
		const { address, timeout = NETWORK_PATIENCE_MS } = options;
		if (typeof timeout !== "number") throw new TypeError(`timeout ${show(timeout)}: expected milliseconds`);
		if (!(timeout >= 0 && (timeout <= 0x7fff_ffff || timeout === Infinity)))
			throw new RangeError(`timeout ${timeout}: expected 0 to 2147483647 ms, or Infinity`);
		this.#stack = stack;
		this.#slot = slotOf(stack, options.interface);
		this.#link = this.#slot === 0 ? undefined : stack.interfaces.at(this.#slot);
		this.#address = address;
		this.#destination = address === undefined ? undefined : addressOf("address", address);
		this.#timeout = Math.floor(timeout);
		this.#found = found;
		this.#failed = failed;
		this.#watch = stack.watch(() => this.#look());
		stack.events.post(this, READABLE);
	}

	/** For SocketEvents: the first poll has come. */
	onEvents(): void {
		if (this.#begun || this.#watch === undefined) return;
		this.#begun = true;
		if (this.#look() || this.#timeout === Infinity) return;
		const { core, services } = this.#stack;
		this.#endsAt = (core.now + this.#timeout) | 0;
		services.add(this);
		core.deadline(this.#endsAt);
	}

	/** For the stack: something is due. */
	timers(now: number): void {
		if (((now - this.#endsAt) | 0) < 0) this.#stack.core.deadline(this.#endsAt);
		else {
			this.#close();
			this.#failed(new Error(this.#whyNot()));
		}
	}

	#look(): boolean {
		if (this.#watch === undefined) return true;
		const found = this.#ready();
		if (found === undefined) return false;
		this.#close();
		this.#found(found);
		return true;
	}

	#ready(): Interface | undefined {
		if (this.#destination !== undefined) return this.#stack.ip.wayTo(this.#destination, this.#slot).out;
		return this.#candidates().find((link) => lacking(link) === undefined);
	}

	#candidates(): Interface[] {
		return this.#link !== undefined ? [this.#link] : this.#stack.interfaces.list.slice(1);
	}

	#whyNot(): string {
		const all = this.#candidates();
		const what = all.map((link) => `${link.name} ${lacking(link) ?? "is ready"}`).join(", ") || "there is no interface";
		const wanted = this.#address === undefined ? "no network" : `no way to ${this.#address}`;
		return `${wanted} after ${this.#timeout} ms: ${what}`;
	}

	#close(): void {
		this.#watch?.close();
		this.#watch = undefined;
		this.owner = null;
		this.#stack.services.delete(this);
	}
}
