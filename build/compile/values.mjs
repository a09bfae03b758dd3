// A translated expression: { type, c, range, effects }, and for numbers
//   bits   the same modulo 2^32, as C text of type uint32_t, where that needs less than `c`
//   at     { base, offset }: the variable and the constant that it is the sum of, for what is known of memory
// C text is such that it can stand in any place but as the left of a suffix.

import { fitsInt32, holderOf, range, INT_MIN } from "./ranges.mjs";
import { NONE, union } from "./effects.mjs";

export function number(c, itsRange, effects, more) {
	return { type: "number", c, range: itsRange, effects, ...more };
}

export function boolean(c, effects) {
	return { type: "boolean", c, effects };
}

export function literal(value, name) {
	const note = name === undefined ? "" : ` /* ${name} */`;
	const text =
		value === INT_MIN
			? "INT32_MIN"
			: fitsInt32(range(value, value))
				? `${value}`
				: value >= 0 && value <= 0xffffffff
					? `${value}u`
					: `${value}LL`;
	return number(value < 0 || note !== "" ? `(${text}${note})` : text, range(value, value), NONE, {
		at: { base: "", offset: value },
		constant: value,
	});
}

export function holder(value) {
	return holderOf(value.range);
}

/** As uint32_t, modulo 2^32. */
export function bits(value) {
	if (value.bits !== undefined) return value.bits;
	if (value.constant !== undefined)
		return value.c.replace(
			/^\(?(-?\d+|INT32_MIN)[uL]*/,
			(whole) => `${whole.startsWith("(") ? "(" : ""}${value.constant >>> 0}u`,
		);
	return holder(value) === "u32" ? value.c : `(uint32_t)${value.c}`;
}

/** As int32_t, modulo 2^32. */
export function int32(value) {
	return holder(value) === "i32" ? value.c : `(int32_t)${bits(value)}`;
}

/** As int64_t. */
export function wide(value) {
	return holder(value) === "i64" ? value.c : `(int64_t)${value.c}`;
}

/** Both in what holds all of their values. */
export function alike(a, b) {
	const holders = [holder(a), holder(b)];
	if (holders[0] === holders[1]) return [a.c, b.c];
	// A constant goes with the other.
	for (const [one, other] of [
		[a, b],
		[b, a],
	])
		if (holder(other) === "u32" && one.constant >= 0 && holder(one) === "i32") return [bits(a), bits(b)];
	return [wide(a), wide(b)];
}

export function effectsOf(...values) {
	return union(...values.map(({ effects }) => effects));
}

/** Without parentheses around all of it. */
export function bare(c) {
	if (!c.startsWith("(") || !c.endsWith(")")) return c;
	let depth = 0;
	for (let i = 0; i < c.length - 1; i++) {
		if (c[i] === "(") depth++;
		else if (c[i] === ")") depth--;
		if (depth === 0) return c;
	}
	return c.slice(1, -1);
}
