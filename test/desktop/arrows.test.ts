// Functions of modules become arrow functions where a bundle is made for XS.

import { expect, it } from "vitest";
import { toArrows } from "../../build/arrows.mjs";

it.each([
	["function f(a, { b } = g(1)) {\n\treturn a + b;\n}", "const f = (a, { b } = g(1)) => {\n\treturn a + b;\n};"],
	["async function f() {\n\tawait g();\n}", "const f = async () => {\n\tawait g();\n};"],
	["function f(...all) { return () => all; }\nexport { f };", "const f = (...all) => { return () => all; };\nexport { f };"],
	["function f() { return class { a() { return this; } }; }", "const f = () => { return class { a() { return this; } }; };"],
])("%s", (code, expected) => {
	expect(toArrows(code)).toBe(expected);
});

it.each([
	"function f() { return this; }",
	"function f() { return arguments.length; }",
	"function f() { return new.target; }",
	"function f(a = this) {}",
	"function* f() {}",
	"{ function f() {} }",
	"const a = { f() { function g() {} } };",
])("leaves %s", (code) => {
	expect(toArrows(code)).toBe(code);
});

it("leaves a function that is called before the module comes to it, by others too", () => {
	const rest = "function f() { g(); }\nfunction g() {}";
	for (const early of [
		"f();",
		"const a = f();",
		"class A { static a = f(); }",
		"class A extends f {}",
		"const b = h(), h = () => f;",
	])
		expect(toArrows(`${early}\n${rest}`)).toBe(`${early}\n${rest}`);
	for (const late of ["const a = () => f();", "class A { a() { f(); } }", "const a = { b() { f(); } };"])
		expect(toArrows(`${late}\n${rest}`)).toBe(`${late}\nconst f = () => { g(); };\nconst g = () => {};`);
});
