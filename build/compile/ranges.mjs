// Between which numbers a value lies, { low, high }, which decides whether it fits 32 bits; and what is known at a place of a function.

export const INT_MIN = -0x80000000;
const INT_MAX = 0x7fffffff;
const UINT_MAX = 0xffffffff;

export const INT32 = range(INT_MIN, INT_MAX);

export function range(low, high) {
	return { low, high };
}

export function fitsInt32({ low, high }) {
	return low >= INT_MIN && high <= INT_MAX;
}

/** Whether JavaScript's numbers hold it exactly. */
export function exact({ low, high }) {
	return low >= -(2 ** 53) && high <= 2 ** 53;
}

/** What holds all of these numbers. */
function around(...values) {
	return range(Math.min(...values) + 0, Math.max(...values) + 0);
}

/** What holds both. */
export function hull(a, b) {
	return around(a.low, a.high, b.low, b.high);
}

/** What is in both. Where that is nothing it is `a`, as a promise that is broken promises nothing, unless told. */
export function common(a, b, otherwise = a) {
	const both = range(Math.max(a.low, b.low), Math.min(a.high, b.high));
	return both.low > both.high ? otherwise : both;
}

/** What 32-bit operators see: what is no int32 wraps to anything. */
function wrapped(a) {
	return fitsInt32(a) ? a : INT32;
}

function and(a, b) {
	const most = Math.min(a.low >= 0 ? a.high : INT_MAX, b.low >= 0 ? b.high : INT_MAX);
	return a.low >= 0 || b.low >= 0 ? range(0, most) : INT32;
}

/** What a shift makes of both ends, by the least and the most that it may count. */
function shifted(a, { low, high }, shift) {
	const counts = low === high ? [low & 31] : [0, 31];
	return around(...counts.flatMap((by) => [shift(a.low, by), shift(a.high, by)]));
}

/** The range of a result, by the operator. */
export const RESULTS = {
	"+": (a, b) => range(a.low + b.low, a.high + b.high),
	"-": (a, b) => range(a.low - b.high, a.high - b.low),
	"*": (a, b) => around(a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high),
	"&": (a, b) => and(wrapped(a), wrapped(b)),
	"|": () => INT32,
	"^": () => INT32,
	"<<": (a, b) => wrapped(shifted(wrapped(a), b, (value, by) => value * 2 ** by)),
	">>": (a, b) => shifted(wrapped(a), b, (value, by) => value >> by),
	">>>": (a, b) => shifted(wrapped(a).low >= 0 ? a : range(0, UINT_MAX), b, (value, by) => value >>> by),
};

/** What holds every `a` of which `a operator b` holds. */
const HOLDS = {
	"<": (b) => range(INT_MIN, b.high - 1),
	"<=": (b) => range(INT_MIN, b.high),
	">": (b) => range(b.low + 1, INT_MAX),
	">=": (b) => range(b.low, INT_MAX),
	"===": (b) => b,
	"!==": () => INT32,
};

export const OPPOSITE = { "<": ">=", "<=": ">", ">": "<=", ">=": "<", "===": "!==", "!==": "===" };
export const MIRRORED = { "<": ">", "<=": ">=", ">": "<", ">=": "<=", "===": "===", "!==": "!==" };

/** What is known at a place of a function: ranges of its variables, and which bytes of memory are within bounds. */
export class State {
	/** Range by variable. */
	ranges;
	/** Bytes that are known to lie within bounds, [low, high) from a base on: by "memory base". */
	inside;
	/** Nothing runs here: a condition was found to hold never. */
	never;

	constructor(ranges = new Map(), inside = new Map(), never = false) {
		Object.assign(this, { ranges, inside, never });
	}

	copy() {
		return new State(new Map(this.ranges), new Map(this.inside), this.never);
	}

	rangeOf(variable) {
		return this.ranges.get(variable) ?? variable.range;
	}

	/** `variable` has a new value: what is known of bytes from there on is void. */
	assign(variable, value) {
		if (variable.type === "number") this.ranges.set(variable, variable.promised ? common(variable.promised, value) : value);
		for (const key of this.inside.keys()) if (key.endsWith(` ${variable.c}`)) this.inside.delete(key);
	}

	/** `variable operator other` holds from here on, or nothing runs. */
	narrow(variable, operator, other) {
		const holds = common(this.rangeOf(variable), HOLDS[operator](other), null);
		this.never ||= holds === null;
		if (holds) this.ranges.set(variable, holds);
	}

	covers(memory, { base, offset }, bytes) {
		const [low, high] = this.inside.get(`${memory} ${base}`) ?? [0, 0];
		return offset >= low && offset + bytes <= high;
	}

	/** Those bytes have been looked at: they, and all between them and others from the same base, lie within bounds. Not where they are 2^30 apart: modulo 2^32 both may lie within bounds, and none between. */
	cover(memory, { base, offset }, bytes) {
		const key = `${memory} ${base}`;
		const own = [offset, offset + bytes];
		const [low, high] = this.inside.get(key) ?? own;
		const all = [Math.min(low, own[0]), Math.max(high, own[1])];
		this.inside.set(key, all[1] - all[0] < 2 ** 30 ? all : own);
	}

	/** Where two ways meet: each is undefined where nothing comes that way. Numbers of a way that never runs do not count; what it has not looked at does, as it runs when a promise is broken. */
	static join(a, b) {
		if (a === undefined || b === undefined) return a ?? b;
		const joined = new State(new Map(), new Map(), a.never && b.never);
		for (const variable of [...a.ranges.keys(), ...b.ranges.keys()]) {
			const [one, other] = [a.rangeOf(variable), b.rangeOf(variable)];
			joined.ranges.set(variable, a.never ? other : b.never ? one : hull(one, other));
		}
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
