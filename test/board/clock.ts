// The board's time: nanoseconds since power came, and alarms. rp2040js's peripherals and ours take their alarms here.

import type { RP2040 } from "rp2040js";

type IClock = RP2040["clock"];
type IAlarm = ReturnType<IClock["createAlarm"]>;

export class Alarm implements IAlarm {
	readonly #clock: BoardClock;
	readonly callback: () => void;
	at = 0;
	armed = false;

	constructor(clock: BoardClock, callback: () => void) {
		this.#clock = clock;
		this.callback = callback;
	}

	/** Calls back in so many nanoseconds, instead of when it was to. */
	schedule(deltaNanos: number): void {
		this.scheduleAt(this.#clock.nanos + deltaNanos);
	}

	/** Calls back at a time; one that is past is now. */
	scheduleAt(nanos: number): void {
		if (this.armed) {
			if (this.at === nanos) return;
			this.#clock.remove(this);
		}
		this.at = Math.max(nanos, this.#clock.nanos);
		this.#clock.insert(this);
	}

	cancel(): void {
		if (this.armed) this.#clock.remove(this);
	}
}

export class BoardClock implements IClock {
	nanos = 0;
	/** When the next alarm is due; Infinity for never. */
	next = Number.POSITIVE_INFINITY;
	/** By time, the soonest last. */
	readonly #alarms: Alarm[] = [];

	createAlarm(callback: () => void): Alarm {
		return new Alarm(this, callback);
	}

	insert(alarm: Alarm): void {
		const alarms = this.#alarms;
		let i = alarms.length;
		alarms.push(alarm);
		// Of alarms for the same time, the one that was set first comes first.
		for (; i > 0 && alarms[i - 1]!.at <= alarm.at; i--) alarms[i] = alarms[i - 1]!;
		alarms[i] = alarm;
		alarm.armed = true;
		this.next = alarms[alarms.length - 1]!.at;
	}

	remove(alarm: Alarm): void {
		const alarms = this.#alarms;
		alarms.splice(alarms.indexOf(alarm), 1);
		alarm.armed = false;
		this.next = alarms[alarms.length - 1]?.at ?? Number.POSITIVE_INFINITY;
	}

	/** It is now so late; what was to happen until then happens, in order. */
	advanceTo(nanos: number): void {
		while (this.next <= nanos) {
			const alarm = this.#alarms[this.#alarms.length - 1]!;
			this.remove(alarm);
			this.nanos = alarm.at;
			alarm.callback();
		}
		this.nanos = nanos;
	}
}
