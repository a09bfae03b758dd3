// Answers as they came, in memory of one size that is taken once: RFC 1035 §7.4, RFC 2308. They lie one behind the other in a ring, where the oldest gives way; a table says by question where one lies.

import { HEADER, folded } from "../../wire/dns.ts";
import { age, type Keepable, type Query } from "./message.ts";

// Of an entry: its bytes, its place in the table, when it came and for how long it holds (s), what flags it answers, and how long the message behind it is.
const BYTES = 0;
const INDEX = 2;
const BORN = 4;
const SECONDS = 8;
const FLAGS = 12;
const LENGTH = 14;
const ENTRY = 16;

/** A place in the table for so many bytes. */
const BYTES_EACH = 64;
const NONE = -1;

export class Cache {
	readonly #bytes: Uint8Array;
	readonly #view: DataView;
	readonly #table: Int32Array;
	/** Where the next one goes, where the oldest lies, and where those before the last turn round the ring end. */
	#head = 0;
	#tail = 0;
	#end = NONE;
	#count = 0;

	constructor(bytes: number) {
		this.#bytes = new Uint8Array(bytes & ~3);
		this.#view = new DataView(this.#bytes.buffer);
		let places = 1;
		while (places * BYTES_EACH < bytes) places *= 2;
		this.#table = new Int32Array(places).fill(NONE);
	}

	/** Answers that it has. */
	get size(): number {
		return this.#count;
	}

	/** Copies what answers that query to `out`, with what is left of its TTLs. Answers where it ends, 0: there is nothing. `now`: s. */
	find(asked: DataView, query: Query, now: number, out: Uint8Array, outView: DataView): number {
		const at = this.#table[this.#indexOf(asked, query)]!;
		if (at < 0 || !this.#isFor(at, asked, query)) return 0;
		const passed = now - this.#view.getInt32(at + BORN);
		if (passed >= this.#view.getInt32(at + SECONDS)) return 0;
		const length = this.#view.getUint16(at + LENGTH);
		out.set(this.#bytes.subarray(at + ENTRY, at + ENTRY + length));
		age(outView, length, query.question, passed);
		return length;
	}

	/** Remembers the answer to a query. */
	add(message: Uint8Array, query: Query, { seconds, end }: Keepable, now: number, asked: DataView): void {
		const bytes = (ENTRY + end + 3) & ~3;
		const size = this.#bytes.length;
		if (bytes > size) return;
		if (this.#head + bytes > size) {
			while (this.#count > 0 && this.#tail >= this.#head) this.#evict();
			this.#end = this.#head;
			this.#head = 0;
		}
		const at = this.#head;
		while (this.#count > 0 && this.#tail >= at && this.#tail < at + bytes) this.#evict();
		if (this.#count === 0) {
			this.#tail = at;
			this.#end = NONE;
		}
		const view = this.#view;
		const index = this.#indexOf(asked, query);
		view.setUint16(at + BYTES, bytes);
		view.setUint16(at + INDEX, index);
		view.setInt32(at + BORN, now);
		view.setInt32(at + SECONDS, seconds);
		view.setUint16(at + FLAGS, query.flags);
		view.setUint16(at + LENGTH, end);
		this.#bytes.set(message.subarray(0, end), at + ENTRY);
		// The OPT record that was behind it is not remembered.
		if (message.length > end) view.setUint16(at + ENTRY + HEADER - 2, view.getUint16(at + ENTRY + HEADER - 2) - 1);
		this.#table[index] = at;
		this.#head = at + bytes;
		this.#count++;
	}

	/** The oldest one gives way. */
	#evict(): void {
		const at = this.#tail;
		const index = this.#view.getUint16(at + INDEX);
		if (this.#table[index] === at) this.#table[index] = NONE;
		this.#tail = at + this.#view.getUint16(at + BYTES);
		if (this.#tail === this.#end) {
			this.#tail = 0;
			this.#end = NONE;
		}
		this.#count--;
	}

	/** Where in the table the answer to a query has its place, which it loses to another one's that has the same: FNV-1a over name, type and flags. */
	#indexOf(asked: DataView, { question, flags }: Query): number {
		let hash = 0x811c_9dc5 ^ flags;
		for (let i = HEADER; i < question; i++) hash = Math.imul(hash ^ folded(asked.getUint8(i)), 0x0100_0193);
		return (hash ^ (hash >>> 15)) & (this.#table.length - 1);
	}

	/** Whether the entry at `at` is of that name, type and class, for the same flags. */
	#isFor(at: number, asked: DataView, { question, flags }: Query): boolean {
		if (this.#view.getUint16(at + FLAGS) !== flags) return false;
		const bytes = this.#bytes;
		const from = at + ENTRY;
		// A name ends where the other does, as lengths are compared with it; only letters may differ in case, and types are none.
		for (let i = HEADER; i < question; i++) {
			const one = bytes[from + i]!;
			const other = asked.getUint8(i);
			if (one !== other && (i >= question - 4 || folded(one) !== folded(other))) return false;
		}
		return true;
	}

	clear(): void {
		this.#table.fill(NONE);
		this.#head = this.#tail = this.#count = 0;
		this.#end = NONE;
	}
}
