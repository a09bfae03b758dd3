// What the generator knows of the numbers that an expression can give. It must never know less than is true, and must not know more than the compiler
// finds out: where it is not sure, it writes `| 0`.

export interface Range {
	low: number;
	high: number;
}

export const INT32: Range = { low: -0x80000000, high: 0x7fffffff };
export const BYTE: Range = { low: 0, high: 0xff };

export function span(low: number, high: number): Range {
	return { low: low + 0, high: high + 0 };
}

export function within(inner: Range, outer: Range): boolean {
	return inner.low >= outer.low && inner.high <= outer.high;
}

export function fitsInt32(range: Range): boolean {
	return within(range, INT32);
}

/** Whether numbers hold it exactly. */
export function exact(range: Range): boolean {
	return range.low >= -(2 ** 53) + 1 && range.high <= 2 ** 53 - 1;
}

export function hull(a: Range, b: Range): Range {
	return span(Math.min(a.low, b.low), Math.max(a.high, b.high));
}

/** What 32-bit operators see of it. */
function wrapped(range: Range): Range {
	return fitsInt32(range) ? range : INT32;
}

function and(a: Range, b: Range): Range {
	if (a.low >= 0 && b.low >= 0) return span(0, Math.min(a.high, b.high));
	if (a.low >= 0) return span(0, a.high);
	return b.low >= 0 ? span(0, b.high) : INT32;
}

function product(a: Range, b: Range): Range {
	const corners = [a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high];
	return span(Math.min(...corners), Math.max(...corners));
}

/** What a binary operator of numbers gives. */
export function rangeOf(operator: string, a: Range, b: Range): Range {
	switch (operator) {
		case "+":
			return span(a.low + b.low, a.high + b.high);
		case "-":
			return span(a.low - b.high, a.high - b.low);
		case "*":
			return product(a, b);
		case "&":
			return and(wrapped(a), wrapped(b));
		case ">>>": {
			const by = b.low & 31;
			return b.low === b.high && by > 0 ? span(0, 0xffffffff >>> by) : span(0, 0xffffffff);
		}
		default:
			return INT32;
	}
}
