// Between which numbers a value lies, { low, high }, which decides whether it fits 32 bits.

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

/** What is in both, or undefined. */
function meeting(a, b) {
	const both = range(Math.max(a.low, b.low), Math.min(a.high, b.high));
	return both.low > both.high ? undefined : both;
}

/** What is in both; `a` where that is nothing: a promise that is broken promises nothing. */
export function common(a, b) {
	return meeting(a, b) ?? a;
}

/** The smallest number of all ones that is at least `value`. */
function ones(value) {
	return value === 0 ? 0 : 2 ** (Math.floor(Math.log2(value)) + 1) - 1;
}

/** What 32-bit operators see: what is no int32 wraps to anything. */
function wrapped(a) {
	return fitsInt32(a) ? a : INT32;
}

function and(a, b) {
	const most = Math.min(a.low >= 0 ? a.high : INT_MAX, b.low >= 0 ? b.high : INT_MAX);
	return a.low >= 0 || b.low >= 0 ? range(0, most) : INT32;
}

function or(a, b, low) {
	return a.low < 0 || b.low < 0 ? INT32 : range(low, ones(Math.max(a.high, b.high)));
}

/** The least and the most that a shift may count. */
function counts({ low, high }) {
	return low === high ? [low & 31] : [0, 31];
}

function shiftLeft(a, b) {
	return wrapped(around(...counts(b).flatMap((by) => [a.low * 2 ** by, a.high * 2 ** by])));
}

function shiftRight(a, b) {
	return around(...counts(b).flatMap((by) => [a.low >> by, a.high >> by]));
}

const RESULTS = {
	"+": (a, b) => range(a.low + b.low, a.high + b.high),
	"-": (a, b) => range(a.low - b.high, a.high - b.low),
	"*": (a, b) => around(a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high),
	"&": (a, b) => and(wrapped(a), wrapped(b)),
	"|": (a, b) => or(wrapped(a), wrapped(b), Math.max(wrapped(a).low, wrapped(b).low)),
	"^": (a, b) => or(wrapped(a), wrapped(b), 0),
	"<<": (a, b) => shiftLeft(wrapped(a), b),
	">>": (a, b) => shiftRight(wrapped(a), b),
	">>>": (a, b) => (wrapped(a).low >= 0 ? shiftRight(a, b) : range(0, UINT_MAX >>> counts(b)[0])),
};

/** The range of a result. */
export function rangeOf(operator, a, b) {
	return RESULTS[operator](a, b);
}

/** Of `!==` only an end can be taken off. */
function without(a, b) {
	if (b.low !== b.high || a.low === a.high) return a;
	return range(a.low === b.low ? a.low + 1 : a.low, a.high === b.high ? a.high - 1 : a.high);
}

const NARROWED = {
	"<": (a, b) => meeting(a, range(-Infinity, b.high - 1)),
	"<=": (a, b) => meeting(a, range(-Infinity, b.high)),
	">": (a, b) => meeting(a, range(b.low + 1, Infinity)),
	">=": (a, b) => meeting(a, range(b.low, Infinity)),
	"===": meeting,
	"!==": without,
};

/** The range of `a` where `a operator b` holds; undefined where that never does. */
export function narrowed(a, operator, b) {
	return NARROWED[operator](a, b);
}

export const OPPOSITE = { "<": ">=", "<=": ">", ">": "<=", ">=": "<", "===": "!==", "!==": "===" };
export const MIRRORED = { "<": ">", "<=": ">=", ">": "<", ">=": "<=", "===": "===", "!==": "!==" };
