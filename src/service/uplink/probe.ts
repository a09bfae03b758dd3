// An uplink whose link is up and that leads nowhere: a modem without a cell, a switch without its router. It is asked, and while nobody answers what is new goes by others.

import { linkOf, report } from "../../io/common.ts";
import { show } from "../../io/options.ts";
import { LINK, REMOVED, ROUTES, type Interface } from "../../link/interface.ts";
import type { Stack } from "../../stack.ts";
import { READABLE, type EventSocket, type SocketOwner } from "../../transport/events.ts";
import { Clock, type Service } from "../../transport/services.ts";
import type { Watch } from "../../transport/watch.ts";
import { askBy, type Ask } from "./ask.ts";
import { settingsOf, type Settings, type UplinkProbeOptions } from "./options.ts";

/** How much later than `intervalMs` × `lost` after the last answer it is judged: the last question has that time, too. */
const GRACE_MS = 90;

/** What there is to see of a probe. */
export interface UplinkProbeState {
	/** Whether it has answered lately. */
	reachable: boolean;
	/** "up", "no answer for 3000 ms" and so on. */
	reason: string;
	/** Questions since the start. */
	asked: number;
	/** Answers since the start. */
	heard: number;
	/** How often it went. */
	losses: number;
}

/**
 * Asks by an interface, again and again, whether the network behind it answers. After `lost` intervals without an answer routes by other interfaces to the same prefix come first, whatever their metric, for whatever
 * begins then, name servers among it; what is connected goes on until its own timeouts. After `back` answers in a row all is as before. Where there is no other route it is used all the same. From the last answer to the change it takes
 * `intervalMs` × `lost`, and 100 ms at most; so an answer has the time of all but one of these intervals, and 90 ms. One for each interface.
 *
 * @example
 * ```ts
 * new UplinkProbe(stack, "ppp0", { icmp: "9.9.9.9", intervalMs: 2000 });
 * ```
 */
export class UplinkProbe implements Service, EventSocket, SocketOwner {
	/** For SocketEvents, as the next three. */
	events = 0;
	/** Whether it stands in the list of those with news. */
	queued = false;
	/** The next one with news. */
	nextPosted: EventSocket | null = null;
	/** Who is told: itself, until it is closed. */
	owner: SocketOwner | null = this;
	readonly #stack: Stack;
	readonly #link: Interface;
	readonly #settings: Settings;
	readonly #clock: Clock;
	readonly #watch: Watch;
	readonly #onChanged: ((this: UplinkProbe) => void) | undefined;
	readonly #ask: Ask;
	/** When it is asked next, and when the last answer came, or the link. Undefined until the first poll, where the clock is right. */
	#nextAt: number | undefined = undefined;
	#heardAt = 0;
	/** Answers in a row, one for each question at most; and whether there was one to the last. */
	#streak = 0;
	#answered = false;
	#tell = false;
	#closed = false;
	#asked = 0;
	#heard = 0;
	#losses = 0;

	/** Begins in the next poll. Throws TypeError or RangeError naming the option that is wrong, RangeError for an interface that is not the stack's or has a probe, Error when no socket is free. */
	constructor(stack: Stack, link: Interface | string, options: UplinkProbeOptions<UplinkProbe>) {
		this.#settings = settingsOf(options);
		this.#onChanged = options.onChanged;
		if (link === undefined) throw new RangeError(`interface ${show(link)}: expected one of the stack, or its name`);
		const found = linkOf(stack, link)!;
		for (const service of stack.services.list)
			if (service instanceof UplinkProbe && service.#link === found)
				throw new RangeError(`probe of ${found.name}: there is one already; close that first`);
		this.#ask = askBy(stack, found.slot, this.#settings, () => this.#hears());
		this.#stack = stack;
		this.#link = found;
		this.#clock = new Clock(stack.core);
		stack.services.add(this);
		this.#watch = stack.watch((changed, what) => {
			if (changed !== found) return;
			if (what & REMOVED) this.close();
			else if (what & LINK) {
				this.#heardAt = this.#clock.now; // it is judged from when there is a link on
				this.#clock.soon();
			}
		});
		this.#clock.soon();
	}

	/** Whether it has answered lately, or has not been asked for long enough to tell. */
	get reachable(): boolean {
		return !this.#link.ip.doubted;
	}

	/** What there is to see. Allocates. */
	get state(): UplinkProbeState {
		const { reachable } = this;
		const silence = this.#clock.now - this.#heardAt;
		return {
			reachable,
			reason: reachable ? "up" : `no answer for ${silence} ms`,
			asked: this.#asked,
			heard: this.#heard,
			losses: this.#losses,
		};
	}

	/** Asks no more; the uplink is used as if it answered. May be repeated. */
	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.owner = null;
		this.#ask.close();
		this.#watch.close();
		this.#stack.services.delete(this);
		this.#doubt(false);
	}

	#doubt(on: boolean): void {
		if (this.#link.ip.doubted === on) return;
		this.#link.ip.doubted = on;
		if (on) this.#losses++;
		if (this.#link.slot !== 0) {
			this.#stack.routes.changed();
			this.#stack.changed(this.#link, ROUTES);
		}
		this.#tell = true;
		this.#stack.events.post(this, READABLE);
	}

	/** An answer. */
	#hears(): void {
		this.#heard++;
		this.#heardAt = this.#clock.now;
		if (this.#answered) return;
		this.#answered = true;
		this.#streak++;
		if (this.#streak >= this.#settings.back) this.#doubt(false);
	}

	/** When it is doubted unless somebody answers. */
	get #lostAt(): number {
		const { intervalMs, lost } = this.#settings;
		return this.#heardAt + intervalMs * lost + GRACE_MS;
	}

	/** For the stack. */
	timers(): void {
		const now = this.#clock.now;
		if (this.#nextAt === undefined) this.#heardAt = this.#nextAt = now;
		const lostAt = this.#lostAt;
		if (now >= this.#nextAt || now >= lostAt) this.#stack.events.post(this, READABLE);
		this.#clock.deadline(this.reachable && now < lostAt ? Math.min(this.#nextAt, lostAt) : this.#nextAt);
	}

	/** For SocketEvents: what was due. */
	onEvents(): void {
		const now = this.#clock.now;
		if (this.#nextAt === undefined) return;
		if (this.#tell) {
			this.#tell = false;
			if (now >= this.#nextAt) this.#stack.events.post(this, READABLE);
			return this.#onChanged?.call(this);
		}
		if (this.#link.up && now >= this.#lostAt) this.#doubt(true);
		if (now < this.#nextAt) return;
		this.#nextAt = Math.max(this.#nextAt + this.#settings.intervalMs, now);
		this.#clock.deadline(this.#nextAt);
		if (!this.#link.up) return;
		if (!this.#answered) this.#streak = 0;
		this.#answered = false;
		this.#asked++;
		this.#ask.next();
	}

	/** For SocketEvents: `onChanged` threw. It goes on. */
	onFailure(error: unknown): void {
		report(this.#stack.events, error);
	}
}
