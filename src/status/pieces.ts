// JSON in pieces, for whoever has little memory and much to tell: a description of the whole lies in flash, and each call fills a small buffer with what
// comes next. What is told is read when its turn comes: rows that come or go meanwhile may be left out, and the text stays JSON.

import { BRACE, BRACE_END, BRACKET, BRACKET_END, JsonWriter } from "./json.ts";

/** How the value of a member is told. `Subject` is what is told of: a stack, or one interface of it. */
export type Member<Subject> =
	/** One value, at most some 400 bytes of it at a time. */
	| { readonly write: (out: JsonWriter, subject: Subject) => void; readonly has?: (subject: Subject) => boolean }
	/** An object. `of`: what it tells of; asked once. `inline`: its members become those of the object around it. */
	| {
			readonly members: readonly [string, Member<never>][];
			readonly of?: (subject: Subject) => unknown;
			readonly has?: (subject: Subject) => boolean;
			readonly inline?: boolean;
	  }
	/** An array of objects. `next`: the first index from `index` on that has a row, or -1; `row`: what that tells of. */
	| {
			readonly rows: { readonly members: readonly [string, Member<never>][] };
			readonly next: (subject: Subject, index: number) => number;
			readonly row: (subject: Subject, index: number) => unknown;
			readonly has?: (subject: Subject) => boolean;
	  }
	/** An object whose members are not known before. Writes the first one from `index` on, and answers the index to go on from, or -1 when there was none. */
	| {
			readonly each: (out: JsonWriter, subject: never, index: number) => number;
			readonly of?: (subject: Subject) => unknown;
			readonly has?: (subject: Subject) => boolean;
	  };

/** The members of an object in their order, by name. */
export type Members = readonly [string, Member<never>][];

/** Of what a Member may have, all. */
interface Any {
	readonly write?: (out: JsonWriter, subject: unknown) => void;
	readonly has?: (subject: unknown) => boolean;
	readonly of?: (subject: unknown) => unknown;
	readonly members?: Members;
	readonly inline?: boolean;
	readonly rows?: Any;
	readonly next?: (subject: unknown, index: number) => number;
	readonly row?: (subject: unknown, index: number) => unknown;
	readonly each?: (out: JsonWriter, subject: unknown, index: number) => number;
}

/** Makes a description of `members`, frozen to the bottom: made when a module is preloaded, it lies in flash. Each name of T is asked for: what `T` tells and the text are the same. */
export function membersOf<T, Subject>(members: { readonly [Name in keyof Required<T>]: Member<Subject> }): Members {
	const list = Object.entries(members) as [string, Any][];
	for (const entry of list) {
		Object.freeze(entry);
		Object.freeze(entry[1]);
		if (entry[1].rows !== undefined) Object.freeze(entry[1].rows);
	}
	return Object.freeze(list) as Members;
}

/** How deep descriptions go: a report, the stack in it, its interfaces, one of them, its conflicts, one of them. */
const DEPTH = 6;

const FRAME = 3;
const SUBJECT = 1;
const INDEX = 2;

/** Room that each call of `put` must find, bytes: for the longest value and its name. */
export const PIECE_BYTES = 448;

/**
 * Tells a description of something, such as STATUS of a stack, as JSON: a piece at each call of `put`.
 *
 * @example
 * ```ts
 * const pieces = new JsonPieces(STATUS, stack);
 * const bytes = new Uint8Array(PIECE_BYTES);
 * for (let end; (end = pieces.put(bytes, 0, bytes.length)) > 0; ) send(bytes, end);
 * ```
 */
export class JsonPieces {
	readonly #out = new JsonWriter();
	/** What is open, from the outermost inwards, FRAME elements each: what describes it, what it tells of, how far it is. */
	readonly #open: unknown[];
	/** Index there of the innermost, negative when nothing is open. */
	#top = -FRAME;
	#begun = false;

	/** An object with these members, told of `subject`. */
	constructor(members: Members, subject: unknown) {
		this.#open = Array.from({ length: DEPTH * FRAME });
		this.#open[0] = { members };
		this.#open[SUBJECT] = subject;
	}

	/** Begins anew. */
	reset(): void {
		this.#begun = this.#out.comma = false;
		this.#top = -FRAME;
		this.#open.fill(undefined, FRAME);
	}

	/** Puts the next piece into bytes `at` to `end`, PIECE_BYTES at least, and answers where it ends: `at` when all is told. Throws RangeError when there is less room. */
	put(bytes: Uint8Array, at: number, end: number): number {
		if (end - at < PIECE_BYTES) throw new RangeError(`bytes ${at} to ${end}: expected room for ${PIECE_BYTES}`);
		const out = this.#out;
		out.begin(bytes, at, end);
		if (!this.#begun) {
			this.#begun = true;
			out.open(BRACE);
			this.#open[INDEX] = this.#top = 0;
		}
		while (this.#top >= 0) {
			const mark = out.at;
			const comma = out.comma;
			this.#step();
			if (!out.full) continue;
			out.at = mark;
			out.comma = comma;
			break;
		}
		return out.at;
	}

	/** Writes the next value, bracket or row's beginning, and goes on when it did fit. */
	#step(): void {
		const open = this.#open[this.#top] as Any;
		if (open.each !== undefined) this.#each(open);
		else if (open.rows !== undefined) this.#row(open);
		else this.#member(open);
	}

	#member(open: Any): void {
		const out = this.#out;
		const top = this.#top;
		const subject = this.#open[top + SUBJECT];
		const index = this.#open[top + INDEX] as number;
		const entry = open.members![index];
		if (entry === undefined) return this.#close(BRACE_END, open.inline === true);
		const member = entry[1] as Any;
		if (member.has === undefined || member.has(subject)) {
			if (member.write !== undefined) {
				out.key(entry[0]);
				member.write(out, subject);
				if (out.full) return;
			} else {
				if (member.inline !== true) {
					out.key(entry[0]);
					out.open(member.rows === undefined ? BRACE : BRACKET);
					if (out.full) return;
				}
				this.#push(member, member.of === undefined ? subject : member.of(subject));
			}
		}
		this.#open[top + INDEX] = index + 1;
	}

	#row(open: Any): void {
		const top = this.#top;
		const subject = this.#open[top + SUBJECT];
		const index = open.next!(subject, this.#open[top + INDEX] as number);
		if (index < 0) return this.#close(BRACKET_END, false);
		this.#out.open(BRACE);
		if (this.#out.full) return;
		this.#open[top + INDEX] = index + 1;
		this.#push(open.rows!, open.row!(subject, index));
	}

	#each(open: Any): void {
		const top = this.#top;
		const next = open.each!(this.#out, this.#open[top + SUBJECT], this.#open[top + INDEX] as number);
		if (this.#out.full) return;
		if (next < 0) this.#close(BRACE_END, false);
		else this.#open[top + INDEX] = next;
	}

	#push(member: Any, subject: unknown): void {
		const top = (this.#top += FRAME);
		this.#open[top] = member;
		this.#open[top + SUBJECT] = subject;
		this.#open[top + INDEX] = 0;
	}

	#close(bracket: number, inline: boolean): void {
		if (!inline) {
			this.#out.close(bracket);
			if (this.#out.full) return;
		}
		if (this.#top > 0) this.#open[this.#top + SUBJECT] = undefined;
		this.#top -= FRAME;
	}
}
