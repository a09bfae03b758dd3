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

/** A field: its bytes, and how it is read. `bytes(n)` is read as the offset of its first byte. */
export interface Column<Writable extends boolean = boolean> {
	readonly bytes: number;
	readonly kind: "word" | "half" | "byte" | "bytes";
	readonly writable: Writable;
}

/** A signed number of 32 bits. */
export const int32: Column<true> = { bytes: 4, kind: "word", writable: true };
/** An offset in the arena, 0 to 2^30 - 1. */
export const offset: Column<true> = int32;
/** 0 to 65,535. */
export const uint16: Column<true> = { bytes: 2, kind: "half", writable: true };
/** 0 to 255. */
export const uint8: Column<true> = { bytes: 1, kind: "byte", writable: true };

/** So many bytes. */
export function bytes(count: number): Column<false> {
	return { bytes: count, kind: "bytes", writable: false };
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

/** Reads and writes, by kind of column. */
const READ = {
	word: (view: DataView, at: number): number => view.getInt32(at, true),
	half: (view: DataView, at: number): number => view.getUint16(at, true),
	byte: (view: DataView, at: number): number => view.getUint8(at),
	bytes: (_view: DataView, at: number): number => at,
};
const WRITE = {
	word: (view: DataView, at: number, value: number): void => view.setInt32(at, value, true),
	half: (view: DataView, at: number, value: number): void => view.setUint16(at, value, true),
	byte: (view: DataView, at: number, value: number): void => view.setUint8(at, value),
};

/** A kind of records with these fields, one behind the other in this order. Words must come to lie at multiples of four, halves of two, and none is called `at` or `view`: RangeError. */
export function record<C extends Columns>(columns: C): RecordKind<C> {
	const offsets: Record<string, number> = {};
	let size = 0;
	for (const [name, { bytes: wide, kind }] of Object.entries(columns)) {
		if (name === "at" || name === "view") throw new RangeError(`field ${name}: every row has that already`);
		if (kind !== "bytes" && size % wide !== 0) throw new RangeError(`field ${name} at ${size}: expected a multiple of ${wide}`);
		offsets[name] = size;
		size += wide;
	}
	// Made for the first row: where flat TypeScript is compiled there is none, and a firmware need not carry its accessors.
	let Row: RowClass | undefined;
	return {
		bytes: size,
		offsets: Object.freeze(offsets) as RecordKind<C>["offsets"],
		of(view, at) {
			check(at, size, view.byteLength);
			Row ??= rowClass(columns, offsets);
			return new Row(view, at) as Fields<C>;
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
	for (const [name, { kind }] of Object.entries(columns)) {
		const place = offsets[name]!;
		const read = READ[kind];
		const write = kind === "bytes" ? undefined : WRITE[kind];
		Object.defineProperty(Row.prototype, name, {
			get(this: Row) {
				return read(this.view, this.at + place);
			},
			...(write && {
				set(this: Row, value: number) {
					write(this.view, this.at + place, value);
				},
			}),
		});
	}
	return Row;
}
