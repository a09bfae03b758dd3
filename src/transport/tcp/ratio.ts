// Quotients: flat TypeScript has no `/`.

/** The whole part of n / d, both from 0 on, d above. */
export function quotient(n: number, d: number): number {
	let left = n;
	let result = 0;
	for (let shift = Math.max(Math.clz32(d) - Math.clz32(n), 0); shift >= 0; shift = (shift - 1) | 0) {
		const part = d << shift;
		if (part <= 0 || part > left) continue;
		left = (left - part) | 0;
		result = (result + (1 << shift)) | 0;
	}
	return result;
}

/** About a * b / c, from 0 on: exact while a and c are below 32,768 and b below 65,536; else to one part in 16,384. */
export function ratio(a: number, b: number, c: number): number {
	let first = a;
	let by = c;
	while (first > 0x7fff || by > 0x7fff) {
		first = first >> 1;
		by = by >> 1;
	}
	let second = b;
	let shift = 0;
	while (second > 0xffff) {
		second = second >> 1;
		shift = (shift + 1) | 0;
	}
	return quotient(Math.imul(first, second), Math.max(by, 1)) << shift;
}
