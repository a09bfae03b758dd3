// What transfers of goodput carry: the same bytes as test/interop/support/goodput-peer.c sends and expects.

/** A prime, so that no other place of a segment looks right. */
export const PERIOD = 65_521;

let made: Uint8Array | undefined;

/** Two periods: whatever begins in the first lies in one piece. */
export function pattern(): Uint8Array {
	if (made !== undefined) return made;
	made = new Uint8Array(2 * PERIOD);
	let state = 1;
	for (let i = 0; i < PERIOD; i++) {
		state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
		made[i] = made[i + PERIOD] = state >>> 24;
	}
	return made;
}

/** Whether `length` bytes of `data` are those of the stream from `at` on. */
export function isPattern(data: Uint8Array, length: number, at: number): boolean {
	const expected = pattern();
	const from = at % PERIOD;
	for (let i = 0; i < length; i++) if (data[i] !== expected[from + i]) return false;
	return true;
}
