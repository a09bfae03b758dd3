// What the board of starts.test.ts runs: a program with a mistake at its start.

export default function throwing(): void {
	throw new RangeError("a mistake at the start");
}
