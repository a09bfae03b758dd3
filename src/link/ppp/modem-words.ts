// What a modem says while the link runs, "NO CARRIER": octets that are no frame, and are looked at when nothing followed for a while.

import type { SerialDevice } from "../../device/serial.ts";
import type { Core } from "../../packet/core.ts";
import type { LineState } from "../line-state.ts";
import type { Dial } from "./dial.ts";
import type { Outbox } from "./outbox.ts";

/** Octets without a whole frame are looked at so long after they came, ms. */
const SUSPICION_MS = 300;
/** Octets of an unfinished frame that are looked at. */
const UNFINISHED = 64;

export class ModemWords {
	/** Octets have come, and are looked at when that is due. */
	timing = false;
	due = 0;
	#core: Core;
	#line: LineState;
	#serial: SerialDevice;
	#outbox: Outbox;
	#dial: Dial | undefined;

	constructor(core: Core, line: LineState, serial: SerialDevice, outbox: Outbox, dial: Dial | undefined) {
		this.#core = core;
		this.#line = line;
		this.#serial = serial;
		this.#outbox = outbox;
		this.#dial = dial;
	}

	/** A call begins, by a modem that was dialled with, or is over. */
	expect(on: boolean): void {
		this.timing = false;
		this.#line.suspects = on && this.#dial !== undefined && this.#serial.unfinished !== undefined;
	}

	/** Octets came that are no frame yet. Should they be the modem's words, it is found out soon. */
	suspect(): void {
		this.timing = true;
		this.#line.suspects = false;
		this.due = (this.#core.now + SUSPICION_MS) | 0;
		this.#core.deadline(this.due);
	}

	/** It is due. Answers which of the words that end a call has come, or "". */
	heard(): string {
		this.expect(true);
		const at = this.#outbox.room(UNFINISHED);
		if (at < 0) return "";
		const length = this.#serial.unfinished!(at, UNFINISHED);
		let text = "";
		for (let i = 0; i < length; i++) text += String.fromCharCode(this.#core.view.getUint8(at + i));
		return this.#dial!.aborts.find((abort) => text.includes(abort)) ?? "";
	}
}
