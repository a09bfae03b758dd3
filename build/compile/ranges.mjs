// Between which numbers a value lies, which decides how C may hold it. A range is { low, high, sure }: `sure` unless it rests on the promise of a
// range type (src/packet/numbers.ts), where C must not make undefined behaviour of a broken promise.

export const INT_MIN = -0x80000000;
export const INT_MAX = 0x7fffffff;
export const UINT_MAX = 0xffffffff;

export const INT32 = range(INT_MIN, INT_MAX);
export const BOOLEAN = range(0, 1);

export function range(low, high, sure = true) {
	return { low, high, sure };
}

export function fitsInt32({ low, high }) {
	return low >= INT_MIN && high <= INT_MAX;
}

function fitsUint32({ low, high }) {
	return low >= 0 && high <= UINT_MAX;
}

/** Whether JavaScript's numbers hold it exactly. */
export function exact({ low, high }) {
	return low >= -(2 ** 53) && high <= 2 ** 53;
}

/** How C holds it: "i32", "u32" or "i64". */
export function holderOf(each) {
	return fitsInt32(each) ? "i32" : fitsUint32(each) ? "u32" : "i64";
}

/** What holds both. */
export function hull(a, b) {
	return range(Math.min(a.low, b.low), Math.max(a.high, b.high), a.sure && b.sure);
}

/** What is in both, or undefined. */
function meeting(a, b) {
	const low = Math.max(a.low, b.low);
	const high = Math.min(a.high, b.high);
	return low > high ? undefined : range(low, high, a.sure && b.sure);
}

/** What is in both; `a` where that is nothing: a promise that is broken promises nothing. */
export function common(a, b) {
	return meeting(a, b) ?? a;
}

function corners(a, b, f) {
	const all = [f(a.low, b.low), f(a.low, b.high), f(a.high, b.low), f(a.high, b.high)];
	return range(Math.min(...all) + 0, Math.max(...all) + 0, a.sure && b.sure);
}

/** The smallest number of all ones that is at least `value`. */
function ones(value) {
	return value === 0 ? 0 : 2 ** (Math.floor(Math.log2(value)) + 1) - 1;
}

/** A range that 32-bit operators see: what is no int32 wraps to anything. */
function wrapped(a) {
	return fitsInt32(a) ? a : INT32;
}

function and(a, b) {
	const sure = a.sure && b.sure;
	if (a.low >= 0 && b.low >= 0) return range(0, Math.min(a.high, b.high), sure);
	if (a.low >= 0) return range(0, a.high, sure);
	if (b.low >= 0) return range(0, b.high, sure);
	return INT32;
}

function or(a, b, low) {
	if (a.low < 0 || b.low < 0) return INT32;
	return range(low, ones(Math.max(a.high, b.high)), a.sure && b.sure);
}

function shiftLeft(a, by) {
	if (by === undefined) return INT32;
	const result = range(a.low * 2 ** by, a.high * 2 ** by, a.sure);
	return fitsInt32(result) ? result : INT32;
}

function shiftRight(a, by) {
	if (by !== undefined) return range(a.low >> by, a.high >> by, a.sure);
	return range(Math.min(a.low, 0), Math.max(a.high, a.low < 0 ? -1 : 0, 0), a.sure);
}

function shiftRightZero(a, by) {
	if (a.low >= 0) return shiftRight(a, by);
	return range(0, by === undefined ? UINT_MAX : UINT_MAX >>> by);
}

/** The range of a result. `by` is the count of a shift where it is constant. */
export function rangeOf(operator, a, b, by) {
	const [l, r] = [wrapped(a), wrapped(b)];
	switch (operator) {
		case "+":
			return range(a.low + b.low, a.high + b.high, a.sure && b.sure);
		case "-":
			return range(a.low - b.high, a.high - b.low, a.sure && b.sure);
		case "*":
			return corners(a, b, (x, y) => x * y);
		case "%": {
			const most = Math.max(Math.abs(b.low), Math.abs(b.high)) - 1;
			return range(a.low < 0 ? Math.max(a.low, -most) : 0, a.high > 0 ? Math.min(a.high, most) : 0, a.sure && b.sure);
		}
		case "&":
			return and(l, r);
		case "|":
			return or(l, r, Math.max(l.low, r.low));
		case "^":
			return or(l, r, 0);
		case "<<":
			return shiftLeft(l, by);
		case ">>":
			return shiftRight(l, by);
		case ">>>":
			return shiftRightZero(l, by);
		default:
			throw new Error(`no range for ${operator}`);
	}
}

/** The range of `a` where `a operator b` holds. */
export function narrowed(a, operator, b) {
	const result = cut(a, operator, b);
	// What never holds leads to where nothing runs, which must not be refused for its ranges.
	return result === undefined ? range(0, 0, false) : result;
}

function cut(a, operator, b) {
	switch (operator) {
		case "<":
			return meeting(a, range(-Infinity, b.high - 1, b.sure));
		case "<=":
			return meeting(a, range(-Infinity, b.high, b.sure));
		case ">":
			return meeting(a, range(b.low + 1, Infinity, b.sure));
		case ">=":
			return meeting(a, range(b.low, Infinity, b.sure));
		case "===":
			return meeting(a, b);
		case "!==":
			// Only an end can be taken off.
			if (b.low !== b.high) return a;
			if (a.low === b.low && a.high > a.low) return range(a.low + 1, a.high, a.sure);
			return a.high === b.low && a.high > a.low ? range(a.low, a.high - 1, a.sure) : a;
		default:
			return a;
	}
}

export const OPPOSITE = { "<": ">=", "<=": ">", ">": "<=", ">=": "<", "===": "!==", "!==": "===" };
export const MIRRORED = { "<": ">", "<=": ">=", ">": "<", ">=": "<=", "===": "===", "!==": "!==" };
