// Records in memory whose fields read like fields: `socket.used`, not an offset and a load. Compiled, a row is its offset and a field one load or store
// (build/compile); here fields are accessors.
//
//	export const Ring = record({
//		/** Where the bytes are. */
//		start: offset,
//		size: int32,
//	});
//	export type Ring = RowOf<typeof Ring>;
//	const ring = Ring.of(view, at);
//	ring.size = 1024;

import { check } from "./bounds.ts";

/** A field: its bytes, of which number it lies at a multiple, and how it is read. `address` and `bytes(n)` are read as the offset of their first byte. */
export interface Column<Writable extends boolean = boolean> {
	readonly bytes: number;
	readonly multiple: number;
	readonly kind: "word" | "half" | "byte" | "bytes";
	readonly writable: Writable;
}

/** A signed number of 32 bits. */
export const int32: Column<true> = { bytes: 4, multiple: 4, kind: "word", writable: true };
/** An offset in the arena, 0 to 2^30 - 1. */
export const offset: Column<true> = int32;
/** 0 to 65,535. */
export const uint16: Column<true> = { bytes: 2, multiple: 2, kind: "half", writable: true };
/** 0 to 255. */
export const uint8: Column<true> = { bytes: 1, multiple: 1, kind: "byte", writable: true };

/** An IP address of either family: packet/address.ts. */
export const address: Column<false> = { bytes: 16, multiple: 4, kind: "bytes", writable: false };

/** So many bytes. */
export function bytes(count: number): Column<false> {
	return { bytes: count, multiple: 1, kind: "bytes", writable: false };
}

type Columns = Record<string, Column>;
type Written<C extends Columns> = { [Name in keyof C as C[Name]["writable"] extends true ? Name : never]: number };
type Placed<C extends Columns> = { readonly [Name in keyof C as C[Name]["writable"] extends true ? never : Name]: number };

/** A record of a kind: `at` is its offset, the rest its fields. */
export type Fields<C extends Columns> = { readonly at: number } & Written<C> & Placed<C>;

/** What `record` makes. */
export interface RecordKind<C extends Columns> {
	/** Of one record. */
	readonly bytes: number;
	/** Where each field begins, from the record's start. */
	readonly offsets: { readonly [Name in keyof C]: number };
	/** The record at that offset. Throws RangeError when it is not all within the view. */
	of(view: DataView, at: number): Fields<C>;
}

/** The type of the records of a kind. */
export type RowOf<Kind> = Kind extends RecordKind<infer C> ? Fields<C> : never;

interface Place {
	readonly view: DataView;
	readonly at: number;
}

/** Properties by kind of column, for a field that begins so many bytes behind the record. */
const ACCESSORS: Readonly<Record<Column["kind"], (place: number) => PropertyDescriptor & ThisType<Place>>> = {
	word: (place) => ({
		get() {
			return this.view.getInt32(this.at + place, true);
		},
		set(value: number) {
			this.view.setInt32(this.at + place, value, true);
		},
	}),
	half: (place) => ({
		get() {
			return this.view.getUint16(this.at + place, true);
		},
		set(value: number) {
			this.view.setUint16(this.at + place, value, true);
		},
	}),
	byte: (place) => ({
		get() {
			return this.view.getUint8(this.at + place);
		},
		set(value: number) {
			this.view.setUint8(this.at + place, value);
		},
	}),
	bytes: (place) => ({
		get() {
			return this.at + place;
		},
	}),
};

/** A kind of records with these fields, one behind the other in this order. Words and addresses must come to lie at multiples of four, halves of two, and none is called `at` or `view`: RangeError. */
export function record<C extends Columns>(columns: C): RecordKind<C> {
	const offsets: Record<string, number> = {};
	let size = 0;
	for (const [name, { bytes: wide, multiple }] of Object.entries(columns)) {
		if (name === "at" || name === "view") throw new RangeError(`field ${name}: every row has that already`);
		if (size % multiple !== 0) throw new RangeError(`field ${name} at ${size}: expected a multiple of ${multiple}`);
		offsets[name] = size;
		size += wide;
	}
	// Made for the first row: where flat TypeScript is compiled there is none, and a firmware need not carry its accessors.
	let Row: RowClass | undefined;
	// Most rows are asked for again and again.
	let last: { readonly view: DataView; readonly at: number } | undefined;
	return {
		bytes: size,
		offsets: Object.freeze(offsets) as RecordKind<C>["offsets"],
		of(view, at) {
			if (last !== undefined && last.view === view && last.at === at) return last as unknown as Fields<C>;
			check(at, size, view.byteLength);
			Row ??= rowClass(columns, offsets);
			return (last = new Row(view, at) as typeof last) as unknown as Fields<C>;
		},
	};
}

type RowClass = new (view: DataView, at: number) => unknown;

/** The class of rows with accessors for these fields. */
function rowClass(columns: Columns, offsets: Readonly<Record<string, number>>): RowClass {
	class Row {
		readonly view: DataView;
		readonly at: number;
		constructor(view: DataView, at: number) {
			this.view = view;
			this.at = at;
		}
	}
	for (const [name, { kind }] of Object.entries(columns))
		Object.defineProperty(Row.prototype, name, ACCESSORS[kind](offsets[name]!));
	return Row;
}
