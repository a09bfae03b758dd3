// A translated expression: { type, c, effects }, and for numbers
//   range     where it lies; what does not fit int32 has no `c`
//   bits      the same modulo 2^32, as C text of type uint32_t, where that needs less than `c`
//   at        { base, offset }: the variable and the constant that it is the sum of, for what is known of memory
//   constant  its value, where that is known
// C text is such that it can stand in any place but as the left of a suffix.

import { fitsInt32, INT_MIN, range } from "./ranges.mjs";

// What evaluating something does, as a set of bits. C leaves the order of operands and arguments open where JavaScript has it from left to right, so an
// expression in which that would tell is refused.

/** Looks at memory, which may fail. */
export const READS = 1;
/** Changes memory, or may be misuse: which of two errors it comes to shows, too. */
export const WRITES = 2;

/** Whether the order of two parts shows. */
export function collide(a, b) {
	return ((a & WRITES) !== 0 && b !== 0) || ((b & WRITES) !== 0 && a !== 0);
}

export function number(c, itsRange, effects, more) {
	return { type: "number", c, range: itsRange, effects, ...more };
}

export function boolean(c, effects) {
	return { type: "boolean", c, effects };
}

/** A number of which the C text gives what it is modulo 2^32. */
export function modular(text, itsRange, effects, more) {
	return number(fitsInt32(itsRange) ? `(int32_t)${text}` : undefined, itsRange, effects, { bits: text, ...more });
}

/** A constant; `name`: what it is called. */
export function literal(value, name) {
	const spelled = (text) => (name === undefined ? text : `(${text} /* ${name} */)`);
	const text = value === INT_MIN ? "INT32_MIN" : `${value}`;
	return number(spelled(value < 0 && name === undefined ? `(${text})` : text), range(value, value), 0, {
		bits: spelled(`${value >>> 0}u`),
		at: { base: "", offset: value },
		constant: value,
	});
}

/** As uint32_t, modulo 2^32. */
export function bits(value) {
	return value.bits ?? `(uint32_t)${value.c}`;
}

/** As int32_t, modulo 2^32. */
export function modulo(value) {
	return fitsInt32(value.range) ? value.c : `(int32_t)${bits(value)}`;
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
