// Dialling: what chat(8) does, in its words. The script is expect, send, expect, send, …; ABORT and TIMEOUT may stand for an expect.

import { NONE } from "../../packet/pool.ts";
import type { Core } from "../../packet/core.ts";
import type { Outbox } from "./outbox.ts";

/** What chat waits for a string, s. */
const TIMEOUT_S = 45;
/** Characters that came last, to look for strings in. */
const TAIL = 128;
/** \d and \p of chat(8), ms. */
const DELAY_MS = 1000;
const PAUSE_MS = 100;

const WAIT = 0;
const SEND = 1;

interface Step {
	/** WAIT for `text`, or SEND it. */
	what: number;
	text: string;
	timeoutMs: number;
}

/** Parses a script once. Throws RangeError naming the word that is wrong. */
function parse(script: readonly string[]): { steps: Step[]; aborts: string[] } {
	const steps: Step[] = [];
	const aborts: string[] = [];
	let timeoutMs = TIMEOUT_S * 1000;
	for (let i = 0; i < script.length; i += 2) {
		const word = script[i];
		const next = script[i + 1];
		if (typeof word !== "string" || (next !== undefined && typeof next !== "string"))
			throw new TypeError(`dial script, word ${i + 1}: expected strings`);
		if ((word === "ABORT" || word === "TIMEOUT") && next === undefined)
			throw new RangeError(`dial script: expected ${word === "ABORT" ? "a string" : "seconds"} after ${word}`);
		if (word === "ABORT") {
			const text = unescape(next!, false);
			if (text === "" || text.length > TAIL)
				throw new RangeError(`dial script, ABORT "${next}": expected 1 to ${TAIL} characters`);
			aborts.push(text);
		} else if (word === "TIMEOUT") {
			const seconds = Number(next);
			if (!(seconds > 0 && seconds <= 3600)) throw new RangeError(`dial script, TIMEOUT ${next}: expected seconds, 1 to 3600`);
			timeoutMs = seconds * 1000;
		} else {
			const text = unescape(word, false);
			if (text.length > TAIL) throw new RangeError(`dial script, "${word}": expected ${TAIL} characters at most`);
			if (text !== "") steps.push({ what: WAIT, text, timeoutMs });
			if (next !== undefined) steps.push({ what: SEND, text: unescape(next, true), timeoutMs });
		}
	}
	return { steps, aborts };
}

/** Where a delay and a pause stand in the text that is sent. No 8-bit character has these codes. */
const DELAY = "\u0100";
const PAUSE = "\u0101";

/** Resolves the escapes of chat(8). What is sent ends with a carriage return, unless \c says otherwise. */
function unescape(word: string, sent: boolean): string {
	let text = "";
	let end = sent ? "\r" : "";
	for (let i = 0; i < word.length; i++) {
		const character = word[i]!;
		if (character !== "\\") {
			text += character;
			continue;
		}
		const code = word[++i];
		if (code === "r") text += "\r";
		else if (code === "n") text += "\n";
		else if (code === "t") text += "\t";
		else if (code === "s") text += " ";
		else if (code === "N") text += "\0";
		else if (code === "\\") text += "\\";
		else if (code === "d" && sent) text += DELAY;
		else if (code === "p" && sent) text += PAUSE;
		else if (code === "c" && sent) end = "";
		else
			throw new RangeError(
				`dial script, "${word}": "\\${code ?? ""}" is not one of \\r \\n \\t \\s \\N \\\\${sent ? " \\d \\p \\c" : ""}`,
			);
	}
	return text + end;
}

export class Dial {
	/** Strings that end it all, also when they come later on. */
	readonly aborts: readonly string[];
	/** Whether it goes on; when it wants to be ticked. */
	timing = false;
	due = 0;
	#steps: readonly Step[];
	#core: Core;
	#outbox: Outbox;
	/** Told once how it ended: "" is well. */
	#ended: (reason: string) => void;
	#index = 0;
	/** Of a text that is being sent, the next character. */
	#at = 0;
	#tail = "";

	constructor(script: readonly string[], core: Core, outbox: Outbox, ended: (reason: string) => void) {
		const { steps, aborts } = parse(script);
		this.#steps = steps;
		this.aborts = aborts;
		this.#core = core;
		this.#outbox = outbox;
		this.#ended = ended;
	}

	/** Throws as the constructor would. */
	static check(script: readonly string[]): void {
		parse(script);
	}

	start(): void {
		this.#index = -1;
		this.#next();
	}

	stop(): void {
		this.timing = false;
		this.#tail = "";
	}

	#end(reason: string): void {
		this.stop();
		this.#ended(reason);
	}

	#wait(ms: number): void {
		this.timing = true;
		this.due = (this.#core.now + ms) | 0;
	}

	#next(): void {
		this.#index++;
		this.#at = 0;
		const step = this.#steps[this.#index];
		if (step === undefined) this.#end("");
		else if (step.what === WAIT) {
			this.#tail = "";
			this.#wait(step.timeoutMs);
		} else this.#send(step.text);
	}

	/** Sends up to the next delay. */
	#send(text: string): void {
		const view = this.#core.view;
		while (this.#at < text.length) {
			const character = text[this.#at]!;
			if (character === DELAY || character === PAUSE) {
				this.#at++;
				return this.#wait(character === DELAY ? DELAY_MS : PAUSE_MS);
			}
			let end = this.#at;
			while (end < text.length && text[end] !== DELAY && text[end] !== PAUSE) end++;
			const to = this.#outbox.room(end - this.#at);
			if (to === NONE) return this.#end("dial: the line takes nothing");
			for (let i = this.#at; i < end; i++) view.setUint8(to + i - this.#at, text.charCodeAt(i));
			this.#outbox.send(0, to + end - this.#at);
			this.#at = end;
		}
		this.#next();
	}

	/** Bytes came, `at` to `end` of the arena. */
	receive(at: number, end: number): void {
		const view = this.#core.view;
		for (; at < end && this.timing; at++) {
			this.#tail = (this.#tail + String.fromCharCode(view.getUint8(at))).slice(-TAIL);
			const abort = this.aborts.find((text) => this.#tail.endsWith(text));
			if (abort !== undefined) return this.#end(`dial: ${abort}`);
			const step = this.#steps[this.#index]!;
			if (step.what === WAIT && this.#tail.endsWith(step.text)) return this.#next();
		}
	}

	/** What came last, without the echo of what was sent: that may have a PIN or a password in it, and reasons are shown. */
	#seen(): string {
		const before = this.#steps[this.#index - 1];
		let seen = this.#tail;
		if (before === undefined || before.what !== SEND) return seen;
		for (const part of before.text.split(/[^ -~]+/)) if (part !== "") seen = seen.split(part).join("");
		return seen;
	}

	tick(now: number): void {
		if (!this.timing || ((now - this.due) | 0) < 0) return;
		const step = this.#steps[this.#index]!;
		if (step.what === SEND) return this.#send(step.text);
		const seen = this.#seen()
			.replace(/[^ -~]+/g, " ")
			.trim();
		this.#end(
			`dial: no ${JSON.stringify(step.text.trim())} in ${step.timeoutMs / 1000} s${seen === "" ? "" : `, but "${seen.slice(-40)}"`}`,
		);
	}
}
