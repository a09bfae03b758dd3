// `expect` as the tests that run on XS use it: the part of vitest's that they need, under the same names.

import { contains, equal, show } from "./equal.ts";

export class AssertionError extends Error {
	override name = "AssertionError";
}

type Thrown = string | RegExp | Error | (abstract new (...args: never[]) => unknown) | undefined;

function throwsAs(error: unknown, expected: Thrown): boolean {
	if (expected === undefined) return true;
	const message = error instanceof Error ? error.message : String(error);
	if (typeof expected === "string") return message.includes(expected);
	if (expected instanceof RegExp) return expected.test(message);
	if (expected instanceof Error) return message === expected.message;
	return error instanceof expected;
}

class Expectation {
	readonly #value: unknown;
	readonly #negated: boolean;
	readonly #label: string;

	constructor(value: unknown, negated: boolean, label: string) {
		this.#value = value;
		this.#negated = negated;
		this.#label = label;
	}

	get not(): Expectation {
		return new Expectation(this.#value, !this.#negated, this.#label);
	}

	#check(holds: boolean, what: string, expected?: unknown): void {
		if (holds !== this.#negated) return;
		const tail = arguments.length > 2 ? ` ${show(expected)}` : "";
		throw new AssertionError(
			`${this.#label ? this.#label + ": " : ""}expected ${show(this.#value)} ${this.#negated ? "not " : ""}${what}${tail}`,
		);
	}

	#number(): number {
		const value = this.#value;
		if (typeof value !== "number")
			throw new AssertionError(`${this.#label ? this.#label + ": " : ""}expected a number, got ${show(value)}`);
		return value;
	}

	toBe(expected: unknown): void {
		this.#check(Object.is(this.#value, expected), "to be", expected);
	}
	toEqual(expected: unknown): void {
		this.#check(equal(this.#value, expected), "to equal", expected);
	}
	toStrictEqual(expected: unknown): void {
		this.#check(equal(this.#value, expected, true), "to equal strictly", expected);
	}
	toMatchObject(expected: unknown): void {
		this.#check(contains(this.#value, expected), "to match", expected);
	}
	toBeUndefined(): void {
		this.#check(this.#value === undefined, "to be undefined");
	}
	toBeDefined(): void {
		this.#check(this.#value !== undefined, "to be defined");
	}
	toBeNull(): void {
		this.#check(this.#value === null, "to be null");
	}
	toBeTruthy(): void {
		this.#check(Boolean(this.#value), "to be truthy");
	}
	toBeFalsy(): void {
		this.#check(!this.#value, "to be falsy");
	}
	toBeGreaterThan(limit: number): void {
		this.#check(this.#number() > limit, "to be greater than", limit);
	}
	toBeGreaterThanOrEqual(limit: number): void {
		this.#check(this.#number() >= limit, "to be at least", limit);
	}
	toBeLessThan(limit: number): void {
		this.#check(this.#number() < limit, "to be less than", limit);
	}
	toBeLessThanOrEqual(limit: number): void {
		this.#check(this.#number() <= limit, "to be at most", limit);
	}
	toBeCloseTo(expected: number, digits = 2): void {
		this.#check(Math.abs(this.#number() - expected) < 10 ** -digits / 2, "to be close to", expected);
	}
	toBeInstanceOf(expected: abstract new (...args: never[]) => unknown): void {
		this.#check(this.#value instanceof expected, "to be an instance of", expected);
	}
	toHaveLength(length: number): void {
		this.#check((this.#value as { length?: number } | undefined)?.length === length, "to have length", length);
	}
	toHaveProperty(name: string, ...expected: unknown[]): void {
		let value = this.#value;
		for (const part of name.split(".")) {
			if (typeof value !== "object" || value === null || !(part in value)) return this.#check(false, "to have property", name);
			value = (value as Record<string, unknown>)[part];
		}
		this.#check(expected.length === 0 || equal(value, expected[0]), `to have property ${name}`, expected[0]);
	}
	toContain(part: unknown): void {
		const value = this.#value;
		if (typeof value === "string") this.#check(value.includes(String(part)), "to contain", part);
		else this.#check([...(value as Iterable<unknown>)].includes(part), "to contain", part);
	}
	toContainEqual(part: unknown): void {
		this.#check(
			[...(this.#value as Iterable<unknown>)].some((entry) => equal(entry, part)),
			"to contain",
			part,
		);
	}
	toMatch(expected: string | RegExp): void {
		const value = String(this.#value);
		this.#check(typeof expected === "string" ? value.includes(expected) : expected.test(value), "to match", expected);
	}
	toThrow(expected?: Thrown): void {
		if (typeof this.#value !== "function") throw new AssertionError("toThrow: expected a function");
		let error: unknown;
		let thrown = false;
		try {
			(this.#value as () => unknown)();
		} catch (caught) {
			error = caught;
			thrown = true;
		}
		if (thrown && !throwsAs(error, expected)) {
			if (this.#negated) return;
			throw new AssertionError(`expected to throw ${show(expected)}, threw ${show(error)}`);
		}
		this.#check(thrown, "to throw", expected);
	}
}

interface Expect {
	(value: unknown, label?: string): Expectation;
	fail(message: string): never;
}

export const expect: Expect = Object.assign((value: unknown, label = "") => new Expectation(value, false, label), {
	fail: (message: string): never => {
		throw new AssertionError(message);
	},
});
