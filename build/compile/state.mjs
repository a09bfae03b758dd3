// What is known at a place of a function: ranges of its variables, and which bytes of memory are within bounds.

import { common, hull, INT32, range } from "./ranges.mjs";

export class State {
	/** Range by variable. */
	ranges;
	/** Bytes that are known to lie within bounds, [low, high) from a base on: by "memory base". */
	inside;

	constructor(ranges = new Map(), inside = new Map()) {
		Object.assign(this, { ranges, inside });
	}

	copy() {
		return new State(new Map(this.ranges), new Map(this.inside));
	}

	rangeOf(variable) {
		return this.ranges.get(variable) ?? variable.range;
	}

	/** `variable` has a new value: what is known of bytes from there on is void. */
	assign(variable, value) {
		if (variable.type === "number") this.ranges.set(variable, variable.promised ? common(variable.promised, value) : value);
		for (const key of this.inside.keys()) if (key.endsWith(` ${variable.c}`)) this.inside.delete(key);
	}

	covers(memory, { base, offset }, bytes) {
		const [low, high] = this.inside.get(`${memory} ${base}`) ?? [0, 0];
		return offset >= low && offset + bytes <= high;
	}

	/** Those bytes have been looked at: they, and all between them and others from the same base, lie within bounds. */
	cover(memory, { base, offset }, bytes) {
		const key = `${memory} ${base}`;
		const [low, high] = this.inside.get(key) ?? [offset, offset];
		this.inside.set(key, [Math.min(low, offset), Math.max(high, offset + bytes)]);
	}

	/** Where two ways meet: each is undefined where nothing comes that way. */
	static join(a, b) {
		if (a === undefined || b === undefined) return a ?? b;
		const joined = new State();
		for (const variable of [...a.ranges.keys(), ...b.ranges.keys()])
			joined.ranges.set(variable, hull(a.rangeOf(variable), b.rangeOf(variable)));
		for (const [key, [low, high]] of a.inside) {
			const [otherLow, otherHigh] = b.inside.get(key) ?? [0, 0];
			const both = [Math.max(low, otherLow), Math.min(high, otherHigh)];
			if (both[0] < both[1]) joined.inside.set(key, both);
		}
		return joined;
	}

	/** At the head of a loop: what its body assigns is known no more, but that it only grows. `assigned`: variable to whether it does. */
	widen(assigned) {
		for (const [variable, grows] of assigned)
			this.assign(variable, grows && variable.type === "number" ? range(this.rangeOf(variable).low, INT32.high) : INT32);
	}
}
