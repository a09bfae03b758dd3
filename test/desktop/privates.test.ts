// Private members become ordinary ones where a bundle is made for XS.

import { expect, it } from "vitest";
import { openPrivates } from "../../build/privates.mjs";

it("gives them names that sources do not have", () => {
	expect(
		openPrivates('class A { #x = 1; static #n = 0; get #y() { return this.#x; } f(a) { return a?.#y + A.#n + "#x"; } }'),
	).toBe('class A { $x = 1; static $n = 0; get $y() { return this.$x; } f(a) { return a?.$y + A.$n + "#x"; } }');
});

it("names the class where it extends another", () => {
	expect(openPrivates("class A { #x; } class B extends A { #x; f() { return this.#x; } }")).toBe(
		"class A { $x; } class B extends A { $B_x; f() { return this.$B_x; } }",
	);
});

it("finds the class that declares a name from within another", () => {
	expect(openPrivates("class A extends E { #x; f() { return class B { #y; g(a) { return a.#x + this.#y; } }; } }")).toBe(
		"class A extends E { $A_x; f() { return class B { $y; g(a) { return a.$A_x + this.$y; } }; } }",
	);
});

it("leaves a class alone that asks whether something is one of its own", () => {
	const code = "class A { #x; static is(a) { return #x in a; } f() { return this.#x; } }";
	expect(openPrivates(code)).toBe(code);
});

it("refuses a name that nobody declares", () => {
	expect(() => openPrivates("class A { f() { return this.#x; } }")).toThrow();
});
