// What is known at a place of a function: ranges of its variables, and which bytes of memory are within bounds.

import { common, hull, INT32, INT_MAX, INT_MIN, range } from "./ranges.mjs";

export class State {
	/** Range by variable. */
	ranges;
	/** Bytes that are known to lie within bounds, [low, high), by memory and base: "view at". Third the base's remainder by 4, where it is known. */
	inside;

	constructor(ranges = new Map(), inside = new Map()) {
		this.ranges = ranges;
		this.inside = inside;
	}

	copy() {
		return new State(new Map(this.ranges), new Map(this.inside));
	}

	rangeOf(variable) {
		return this.ranges.get(variable) ?? variable.range;
	}

	/** What was covered elsewhere is covered here too. */
	coverAll(inside) {
		for (const [key, [low, high, rest]] of inside) {
			const known = this.inside.get(key);
			this.inside.set(
				key,
				known === undefined ? [low, high, rest] : [Math.min(known[0], low), Math.max(known[1], high), known[2] ?? rest],
			);
		}
	}

	/** `variable` has a new value. */
	assign(variable, value) {
		this.ranges.set(variable, variable.promised ? common(variable.promised, value) : value);
		this.forget(variable.id);
	}

	/** The variable of that id has changed: what is known of bytes from there on is void. */
	forget(id) {
		for (const key of this.inside.keys()) if (key.endsWith(` ${id}`)) this.inside.delete(key);
	}

	covers(memory, at, bytes) {
		const known = this.inside.get(`${memory} ${at.base}`);
		return known !== undefined && at.offset >= known[0] && at.offset + bytes <= known[1];
	}

	/** Those bytes have been looked at: they, and all between them and others from the same base, lie within bounds. */
	cover(memory, at, bytes) {
		const key = `${memory} ${at.base}`;
		const known = this.inside.get(key);
		const low = known === undefined ? at.offset : Math.min(known[0], at.offset);
		this.inside.set(key, [low, Math.max(known?.[1] ?? -Infinity, at.offset + bytes), known?.[2]]);
	}

	/** Whether words from there on are known to lie at multiples of four. */
	isAligned(memory, { base, offset }) {
		return this.inside.get(`${memory} ${base}`)?.[2] === (-offset & 3);
	}

	/** It was looked at. */
	align(memory, { base, offset }) {
		const key = `${memory} ${base}`;
		const known = this.inside.get(key);
		if (known !== undefined) this.inside.set(key, [known[0], known[1], -offset & 3]);
	}

	/** Where two ways meet. */
	static join(a, b) {
		if (a === undefined || b === undefined) return a ?? b;
		const joined = new State();
		for (const [variable, value] of a.ranges) joined.ranges.set(variable, hull(value, b.rangeOf(variable)));
		for (const [variable, value] of b.ranges)
			if (!a.ranges.has(variable)) joined.ranges.set(variable, hull(value, a.rangeOf(variable)));
		for (const [key, [low, high, rest]] of a.inside) {
			const other = b.inside.get(key);
			if (other === undefined) continue;
			const both = [Math.max(low, other[0]), Math.min(high, other[1]), rest === other[2] ? rest : undefined];
			if (both[0] < both[1]) joined.inside.set(key, both);
		}
		return joined;
	}

	/** At the head of a loop: what its body assigns is known no more, but that it only grows or only falls. `assigned`: variable to "up", "down" or "any". */
	widen(assigned) {
		for (const [variable, way] of assigned) {
			const now = this.rangeOf(variable);
			this.forget(variable.id);
			if (variable.type === "boolean") continue;
			if (variable.promised) this.ranges.set(variable, variable.promised);
			else if (way === "up") this.ranges.set(variable, range(now.low, INT_MAX, now.sure));
			else if (way === "down") this.ranges.set(variable, range(INT_MIN, now.high, now.sure));
			else this.ranges.set(variable, INT32);
		}
	}
}
