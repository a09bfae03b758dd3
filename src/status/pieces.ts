// JSON in pieces, for whoever has little memory and much to tell: a description of the whole lies in flash, and each call fills a small buffer with what
// comes next. What is told is read when its turn comes: rows that come or go meanwhile may be left out, and the text stays JSON.

import { BRACE, BRACE_END, BRACKET, BRACKET_END, JsonWriter } from "./json.ts";

/** How the value of a member is told. `Subject` is what is told of: a stack, or one interface of it. */
export type Member<Subject> =
	/** One value, at most some 400 bytes of it at a time. */
	| { readonly write: (out: JsonWriter, subject: Subject) => void; readonly has?: (subject: Subject) => boolean }
	/** An object. `of`: what it tells of; asked once. `inline`: its members become those of the object around it. */
	| {
			readonly members: Members;
			readonly of?: (subject: Subject) => unknown;
			readonly has?: (subject: Subject) => boolean;
			readonly inline?: boolean;
	  }
	/** An array of objects. `next`: the first index from `index` on that has a row, or -1; `row`: what that tells of. */
	| {
			readonly rows: { readonly members: Members };
			readonly next: (subject: Subject, index: number) => number;
			readonly row: (subject: Subject, index: number) => unknown;
			readonly has?: (subject: Subject) => boolean;
	  }
	/**
	 * An object whose members are not known before. Writes the first one from `index` on, and answers the index to go on from, or -1 when there was none. Where it takes long to find
	 * one it may answer an index without having written.
	 */
	| {
			readonly each: (out: JsonWriter, subject: never, index: number) => number;
			readonly of?: (subject: Subject) => unknown;
			readonly has?: (subject: Subject) => boolean;
	  };

/** The members of an object in their order, as `membersOf` makes them. */
export interface Members {
	/** How many there are. */
	readonly length: number;
}

/** What a member is, in the lowest bits of its kind. */
const WRITE = 0;
const OBJECT = 1;
const ROWS = 2;
const EACH = 3;
const WHAT = 3;
/** What else it has: `has`, `of`; and that it is inline. */
const IF = 4;
const OF = 8;
const INLINE = 16;

/**
 * A member as it is walked through. Its kind says which of the properties it has: on XS to find that one is not there takes looking through all that an object has and inherits, which
 * was most of what a value's way took.
 */
interface Entry {
	readonly kind: number;
	/** Its name as JSON has it, with the colon. */
	readonly key: string;
	readonly write: (out: JsonWriter, subject: unknown) => void;
	readonly has: (subject: unknown) => boolean;
	readonly of: (subject: unknown) => unknown;
	readonly members: readonly Entry[];
	readonly rows: Entry;
	readonly next: (subject: unknown, index: number) => number;
	readonly row: (subject: unknown, index: number) => unknown;
	readonly each: (out: JsonWriter, subject: unknown, index: number) => number;
}

/** As Member, any of them. */
type Any = Partial<Omit<Entry, "rows" | "kind" | "key">> & {
	readonly rows?: { readonly members: Members };
	readonly inline?: boolean;
};

function entryOf(name: string, member: Any): Entry {
	if (!/^[ !#-[\]-~]*$/.test(name)) throw new RangeError(`name ${JSON.stringify(name)}: expected ASCII that JSON has as it is`);
	const { inline, rows, ...rest } = member;
	const what = rest.write !== undefined ? WRITE : rest.members !== undefined ? OBJECT : rows !== undefined ? ROWS : EACH;
	const kind = what | (rest.has !== undefined ? IF : 0) | (rest.of !== undefined ? OF : 0) | (inline === true ? INLINE : 0);
	const first = { kind, key: `"${name}":` };
	return Object.freeze(rows === undefined ? { ...first, ...rest } : { ...first, ...rest, rows: objectOf(rows.members) }) as Entry;
}

function objectOf(members: Members): Entry {
	return Object.freeze({ kind: OBJECT, members }) as unknown as Entry;
}

/**
 * Makes a description of `members`, frozen to the bottom: made when a module is preloaded, it lies in flash. Each name of T is asked for: what `T` tells and the text are the same. Throws RangeError
 * for a name that JSON would have to escape.
 */
export function membersOf<T, Subject>(members: { readonly [Name in keyof Required<T>]: Member<Subject> }): Members {
	return Object.freeze(Object.entries(members).map(([name, member]) => entryOf(name, member as Any)));
}

/** How deep descriptions go: a report, the stack in it, its interfaces, one of them, its IPv6, the addresses of that, one of them. */
const DEPTH = 7;

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
	/** The innermost object that is open, its members where it has some, what it tells of, and how far it is. */
	#entry: Entry;
	#members: readonly Entry[];
	#subject: unknown;
	#index = 0;
	readonly #out = new JsonWriter();
	/** Those around it, from the outermost inwards, FRAME elements each: entry, subject, index. */
	readonly #around: unknown[];
	/** How many elements of that are in use; negative when nothing is open. */
	#depth = -1;
	#begun = false;
	readonly #root: Entry;
	readonly #whole: unknown;

	/** An object with these members, told of `subject`. */
	constructor(members: Members, subject: unknown) {
		this.#around = Array.from({ length: (DEPTH - 1) * FRAME });
		this.#root = objectOf(members);
		this.#whole = subject;
		this.#entry = this.#root;
		this.#members = this.#root.members;
	}

	/** Begins anew. */
	reset(): void {
		this.#begun = this.#out.comma = false;
		this.#depth = -1;
		this.#subject = undefined;
		this.#around.fill(undefined);
	}

	/**
	 * Puts the next piece into bytes `at` to `end`, PIECE_BYTES at least, and answers where it ends: `at` when all is told. Throws RangeError when there is less room. `steps`: so many values
	 * and brackets at the most, for callers that have little time.
	 */
	put(bytes: Uint8Array, at: number, end: number, steps = Infinity): number {
		if (end - at < PIECE_BYTES) throw new RangeError(`bytes ${at} to ${end}: expected room for ${PIECE_BYTES}`);
		return this.append(bytes, at, end, steps);
	}

	/** The same with whatever room there is behind what others have put before: answers `at` also when what comes next does not fit. */
	append(bytes: Uint8Array, at: number, end: number, steps = Infinity): number {
		const out = this.#out;
		out.begin(bytes, at, end);
		if (!this.#begun) {
			this.#begun = true;
			out.open(BRACE);
			this.#depth = 0;
			this.#enter(this.#root, this.#whole);
		}
		for (; this.#depth >= 0 && steps > 0; steps--) {
			const mark = out.at;
			const comma = out.comma;
			const what = this.#entry.kind & WHAT;
			if (what === OBJECT) this.#member(out);
			else if (what === EACH) this.#each(out);
			else this.#row(out);
			if (!out.full) continue;
			out.at = mark;
			out.comma = comma;
			return mark;
		}
		// Steps that wrote nothing, as for drops that never came up: without a byte it would seem to be the end, and JSON may have a space here.
		if (this.#depth >= 0 && out.at === at) out.space();
		return out.at;
	}

	/** Writes the next member, or the beginning of what it has, and goes on when it did fit. */
	#member(out: JsonWriter): void {
		const index = this.#index;
		const members = this.#members;
		if (index === members.length) return this.#close(out, BRACE_END);
		const entry = members[index]!;
		const kind = entry.kind;
		const subject = this.#subject;
		if (kind & IF && !entry.has(subject)) {
			this.#index = index + 1;
			return;
		}
		if ((kind & WHAT) === WRITE) {
			out.member(entry.key);
			entry.write(out, subject);
			if (!out.full) this.#index = index + 1;
			return;
		}
		if (!(kind & INLINE)) {
			out.member(entry.key);
			out.open((kind & WHAT) === ROWS ? BRACKET : BRACE);
			if (out.full) return;
		}
		this.#index = index + 1;
		this.#push(entry, kind & OF ? entry.of(subject) : subject);
	}

	#row(out: JsonWriter): void {
		const entry = this.#entry;
		const subject = this.#subject;
		const index = entry.next(subject, this.#index);
		if (index < 0) return this.#close(out, BRACKET_END);
		out.open(BRACE);
		if (out.full) return;
		this.#index = index + 1;
		this.#push(entry.rows, entry.row(subject, index));
	}

	#each(out: JsonWriter): void {
		const next = this.#entry.each(out, this.#subject, this.#index);
		if (out.full) return;
		if (next < 0) this.#close(out, BRACE_END);
		else this.#index = next;
	}

	#enter(entry: Entry, subject: unknown): void {
		this.#entry = entry;
		if ((entry.kind & WHAT) === OBJECT) this.#members = entry.members;
		this.#subject = subject;
		this.#index = 0;
	}

	#push(entry: Entry, subject: unknown): void {
		const around = this.#around;
		const depth = this.#depth;
		around[depth] = this.#entry;
		around[depth + SUBJECT] = this.#subject;
		around[depth + INDEX] = this.#index;
		this.#depth = depth + FRAME;
		this.#enter(entry, subject);
	}

	#close(out: JsonWriter, bracket: number): void {
		if (!(this.#entry.kind & INLINE)) {
			out.close(bracket);
			if (out.full) return;
		}
		const around = this.#around;
		const depth = (this.#depth -= FRAME);
		this.#subject = undefined;
		if (depth < 0) return;
		this.#enter(around[depth] as Entry, around[depth + SUBJECT]);
		this.#index = around[depth + INDEX] as number;
		around[depth + SUBJECT] = undefined;
	}
}
