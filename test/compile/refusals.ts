// What flat TypeScript has not. «⟦» stands where the compiler points to; `says` is what it says to write instead.

export interface Rule {
	name: string;
	/** Statements of a function of (view: DataView, a: number, b: number, on: boolean): number; with `function` in it, whole modules. */
	refused: [text: string, says: RegExp][];
	/** Neighbours that are in the subset. */
	accepted: string[];
}

const BOUNDS = `import { check } from "../../../src/packet/bounds.ts";`;
const OUTSIDE = /belongs in interpreted code|not part of flat TypeScript/;
const NARROWER = /no int32: write \(…\) \| 0, or give its parts a narrower type/;
const NAMED = /give one of them a name before \(const\)/;

export const RULES: Rule[] = [
	{
		name: "what a variable holds fits int32",
		refused: [
			["let n = ⟦a + b; return n;", NARROWER],
			["let n = ⟦-a; return n;", NARROWER],
			["let n = ⟦a >>> 0; return n;", NARROWER],
			["let n = ⟦Math.imul(a, b) + 1; return n;", NARROWER],
			["let n = a; ⟦n += b; return n;", NARROWER],
			["let n = a; ⟦n++; return n;", NARROWER],
			["let n = a; ⟦--n; return n;", NARROWER],
			["let n = a; ⟦n >>>= 0; return n;", NARROWER],
			["let n = a; if (n < 10 && b > 3) n = b; ⟦n++; return n;", NARROWER],
			["let n = 0; while (a > 0) { ⟦n++; a = (a - 1) | 0; } return n;", NARROWER],
			["return ⟦a - b;", NARROWER],
			["return ⟦0x80000000;", NARROWER],
			["const wide = ⟦a + b; return wide > 5 ? 1 : 0;", NARROWER],
			["return ⟦a + b > 5 ? 1 : 0;", NARROWER],
			["return a > ⟦0x80000000 ? 1 : 0;", NARROWER],
			["if (⟦a + b !== 0) return 1; return 0;", NARROWER],
			["return (on ? ⟦a + 1 : b) | 0;", NARROWER],
			["return Math.min(⟦a + 1, b);", NARROWER],
			["if (a < 5) { if (a > 9) { a = 0; } ⟦a -= 5; } return a;", NARROWER],
			["check(⟦a - b, 4, view.byteLength); return a;", NARROWER],
			["return view.getUint8(⟦a + b + a);", NARROWER],
			["return f(view, ⟦a + b, b, on);", NARROWER],
			["const less = a < 100; if (less) { ⟦a += 100; } return a;", NARROWER],
			["if (a !== 0x7fffffff) ⟦a++; return a;", NARROWER],
			["let n = 9; while (n > b) n--; return ⟦n + 1;", NARROWER],
			["let n = a & 7; n |= 8; return ⟦n + 1;", NARROWER],
		],
		accepted: [
			"let n = (a + b) | 0; return n;",
			"let n = -(a | 0) | 0; return n;",
			"let n = a >>> 1; return n;",
			"return ((a + b) | 0) > 5 ? 1 : 0;",
			"return view.getUint8(a + 5)",
			"let n = a; if (n < 0x7fffffff) n++; return n;",
			"let n = 0; while (n < a) n++; return n;",
			"for (let i = 0; i < a; i++) b ^= i; return b;",
			"for (let i = a; i > b; i--) view.setUint8(0, i); return b;",
			"return view.getUint16(0) + view.getUint8(2) * 256;",
			"return (a & 0xffff) * 32767;",
			"if (a >= 0 && a <= 100) return a * 1000; return 0;",
			"if (!(a >= 0 && a <= 100)) return 0; return a * 1000;",
			"if (a < 0 || a > 100) return 0; return a * 1000;",
			"return Math.min(a, 100) < 0 ? 0 : 1;",
			"return Math.max(0, Math.min(a, 100)) * 1000;",
			"let n = a; n = n > 5 ? 5 : n < 0 ? 0 : n; return n * 1000;",
			"a &= 0xff; a += 100; return a;",
			"if (a > 0 && a < 100) { if (a > 200) { const n = 0x7fffffff - a; return n; } } return b;",
			"const n = a & 7; if (n < 0) return n - 1000; return n > 9 ? n + 0x7ffffff0 : n;",
			"for (let i = 0; i < 0; i++) b ^= i; return b;",
			"if (a > 0x7fffffff) return a - 1; return a < -0x80000000 ? a + 1 : b;",
			// Where nothing runs anything fits.
			"const two = 2; return -1 < two ? a : -2147483649 + two;",
		],
	},
	{
		name: "range types are promises",
		refused: [
			[`type R = ⟦Range<5, 1>; export function f(n: R): number { return n; }`, /the smaller first/],
			[`type R = ⟦Range<0, 0x80000000>; export function f(n: R): number { return n; }`, /32 bits/],
			[`export function f(n: ⟦Range<0>): number { return n; }`, /two numbers/],
		],
		accepted: [
			`type R = Range<0, 100>; export function f(n: R, m: R): number { return n * m + n; }`,
			`type R = Range<-5, -1>; export function f(n: R): R { return n; }`,
			`export type R = Range<0, 0x3fffffff>; export function f(view: DataView, n: R): number { let m: R = n; m += 5; return m + n; }`,
		],
	},
	{
		name: "numbers stay exact",
		refused: [
			["return (⟦a * b) | 0;", /write Math\.imul\(a, b\)/],
			["return (⟦(a * 0x200000) * 4) | 0;", /Math\.imul/],
			["return (⟦0x1fffffffffffff + a) | 0;", /write \| 0 earlier/],
			["return (a + ⟦0x20000000000000) | 0;", /whole numbers up to 2\^53/],
			["return a > ⟦1.5 ? 1 : 0;", /whole numbers/],
		],
		accepted: [
			"return Math.imul(a, b);",
			"return (a * 0x100000) | 0;",
			"return (a & 0xffff) * (b & 0x7fff);",
			"return (a + 0x1fffffffffff) | 0;",
			// What is never reached takes nothing away from what is known behind it.
			"const two = 2; if (9 < a && two === a) a = b; return a + (two - two);",
			"let far = -2000000000; if (far > -1000 && far < 1000) far *= 95; return far;",
		],
	},
	{
		name: "no division",
		refused: [
			["return ⟦a / 2;", /a shift, or Math\.imul/],
			["return ⟦a % b;", /a comparison, or & where/],
			["return ⟦a % 7;", /a comparison, or & where/],
			["⟦a /= 2; return a;", /a shift, or Math\.imul/],
			["⟦a %= 2; return a;", /a comparison, or & where/],
			["return ⟦a ** 2;", /shifts/],
		],
		accepted: ["return a >> 1;", "return a & 7;", "return a >= 7 ? a - 7 : a;"],
	},
	{
		name: "variables change in statements of their own",
		refused: [
			["return (⟦a = 5) + 1;", /a statement of its own/],
			["return ⟦a++ & 7;", /a statement of its own/],
			["return ⟦--a & 7;", /a statement of its own/],
			["if ((⟦a = b) > 0) return 1; return 2;", /a statement of its own/],
			["let n = 0; n = ⟦a += 1; return n;", /a statement of its own/],
			["for (let i = 0; i < 3; ⟦i++, a++) b = 1; return b;", OUTSIDE],
			["const n = a; ⟦n = 5; return n;", /n is a const: write let/],
			["const n = a & 7; ⟦n += 5; return n;", /a const/],
			["const n = a & 7; ⟦n++; return n;", /a const/],
			["for (const i = 0; i < 3; ⟦i++) b = 1; return b;", /a const/],
			["let n = a; if (on) { const n = b; ⟦n = a; } return n;", /a const/],
		],
		accepted: ["a = 5; return a;", "let n = a & 7; n++; --n; n += 2; return n;", "for (let i = 0; i < 3; ++i) b = i; return b;"],
	},
	{
		name: "types do not mix",
		refused: [
			["⟦return on;", /gives a number, not a boolean/],
			["let n = 1; ⟦n = on; return n;", /boolean cannot be put into it/],
			["let set = on; ⟦set = 1; return a;", /number cannot be put into it/],
			["let set: boolean = ⟦a; return a;", /number cannot be put into it/],
			["return (⟦on | 1) | 0;", /write a comparison, or \? 1 : 0/],
			["return ⟦on + a;", /write a comparison, or \? 1 : 0/],
			["return ⟦on === a ? 1 : 0;", /compare numbers with numbers/],
			["return ⟦view === view ? 1 : 0;", /compare numbers with numbers/],
			["return on ? a : ⟦on ? 1 : on;", /both must be of one type/],
			["return put(⟦on ? view : view, 1);", /gives numbers or booleans, not memory/],
			["return f(view, ⟦on, b, on);", /where a is a number/],
			["return f(view, a, b, ⟦a);", /where on is a boolean/],
			["return f(⟦a, a, b, on);", /where view is a memory/],
			["const set = a > 0 || ⟦b; return set ? 1 : 0;", /write !== 0/],
			["if (⟦view) return 1; return 0;", /where a boolean is needed/],
			["if (⟦a) return 1; return 0;", /write !== 0/],
			["while (⟦a & 7) a++; return 0;", /write !== 0/],
			["return ⟦a ? 1 : 0;", /write !== 0/],
			["return !⟦a ? 1 : 0;", /write !== 0/],
			["return a > 0 && ⟦b ? 1 : 0;", /write !== 0/],
		],
		accepted: [
			"return on ? 1 : 0;",
			"let set = on; set = a > 0; return set ? 1 : 0;",
			"return on === (a > b) ? 1 : 0;",
			"if (a !== 0) return 1; return !on && b > a ? 2 : 0;",
			"const set = a > 0 && !(b === 0); return set ? 1 : 0;",
			"return on < (a > b) ? 1 : 0;",
			"const set = on || a > 0; return f(view, a, b, set);",
		],
	},
	{
		name: "equality is strict",
		refused: [
			["return ⟦a == b ? 1 : 0;", /write ===/],
			["return ⟦a != b ? 1 : 0;", /write !==/],
			["return ⟦a ?? b;", /nothing is undefined/],
		],
		accepted: ["return a === b ? 1 : 0;", "return a !== b ? 1 : 0;"],
	},
	{
		name: "one part of an expression changes something, and no other looks",
		refused: [
			["return (⟦put(view, 1) + view.getUint8(0)) | 0;", NAMED],
			["return (⟦view.getUint8(0) + put(view, 1)) | 0;", NAMED],
			["return (⟦put(view, 1) + put(view, 2)) | 0;", NAMED],
			["return (⟦put(view, 1) + demand(view, a)) | 0;", NAMED],
			["return (⟦demand(view, a) + demand(view, b)) | 0;", NAMED],
			["return (⟦demand(view, a) + view.getUint8(b)) | 0;", NAMED],
			["return put(view, ⟦put(view, 1) + view.getUint8(0));", NAMED],
			["⟦view.setUint8(view.getUint8(0), put(view, 1)); return 1;", NAMED],
			["return ⟦Math.min(put(view, 1), view.getUint8(0));", NAMED],
			["return ⟦f(view, put(view, 1), view.getUint8(0), on);", NAMED],
			// What memory says stands in the place of a call as it stood in its caller.
			["return (⟦small(view.getUint8(0)) + put(view, 2)) | 0;", NAMED],
			["return ⟦two(small(view.getUint8(0)), put(view, 2));", NAMED],
			["return ⟦Math.max(small(view.getUint8(0)) << 2, put(view, 2));", NAMED],
			["⟦view.setUint8(small(view.getUint8(0)), put(view, 2)); return 1;", NAMED],
			["return ⟦small(view.getUint8(a)) < put(view, 2) ? 1 : 0;", NAMED],
			["return (⟦small(small(view.getUint8(0))) + put(view, 2)) | 0;", NAMED],
			["return (⟦sizeOf(view, Kind.of(view, a)) + put(view, 2)) | 0;", NAMED],
		],
		accepted: [
			"const n = put(view, 1); return (n + view.getUint8(0)) | 0;",
			"return (put(view, a) + b) | 0;",
			"return (view.getUint8(0) + view.getUint8(1)) | 0;",
			"view.setUint8(0, view.getUint8(1) + view.getUint8(2)); return 1;",
			"if (a > 0 && put(view, 1) > 0) return 1; return 0;",
			"return put(view, view.getUint8(0));",
			"function write(view: DataView): number { view.setUint8(0, 1); return 1; } function more(view: DataView, n: number): number { return (write(view) + n) | 0; } export function f(view: DataView): number { return more(view, view.getUint8(0)); }",
			"a = put(view, a); return a;",
			"const n = demand(view, a); return (n + demand(view, b)) | 0;",
		],
	},
	{
		name: "statements of the subset",
		refused: [
			["⟦var n = a; return n;", /write let or const/],
			["let ⟦n; return a;", /needs a value to begin with/],
			["let n = a, ⟦m = n; return m;", /one name at a time/],
			["for (let i = 0, ⟦j = 5; i < j; i++) b ^= i; return b;", /one name at a time/],
			["⟦for (;;) { if (a > b) break; a = (a + 1) | 1; } return a;", /all three parts; else write while/],
			["⟦for (let i = 0; i < 5; ) { i++; } return a;", /all three parts/],
			["let i = 0; ⟦for (; i < 5; i++) b ^= i; return b;", /all three parts/],
			["let i = 5; ⟦for (i = 0; i < 5; i++) b ^= i; return b;", /all three parts/],
			["⟦; return a;", OUTSIDE],
			["const ⟦[n] = [a]; return n;", /one name at a time/],
			["⟦try { return a; } catch { return b; }", OUTSIDE],
			["⟦for (const n of [a]) return n; return b;", OUTSIDE],
			["⟦out: while (true) { break out; } return a;", OUTSIDE],
			["⟦function g(): void {} return a;", OUTSIDE],
			["⟦class C {} return a;", OUTSIDE],
			["⟦switch (a) { case 1: return 1; default: return b; }", OUTSIDE],
			["⟦{ a = b; } return a;", OUTSIDE],
			["⟦do { a >>= 1; } while (a > 0); return a;", OUTSIDE],
			["const other = ⟦view; return other.getUint8(a);", /a variable holds a number or a boolean, not memory/],
			["⟦a; return b;", /does nothing/],
			["⟦a + b; return b;", /does nothing/],
			["return a; ⟦b = 1;", /never reached/],
			["while (true) { break; ⟦b = 1; } return a;", /never reached/],
		],
		accepted: [
			"let m = a; m &= 3; return m;",
			"while (true) { a >>= 1; if (a <= 0) break; } return a;",
			"while (true) { if (a > b) return 1; a |= 1; if (on) break; } return 0;",
			"if (a > b) return 1; else return 2;",
			"if (a > b) return 1; else if (a < 5) return 2; else b = 3; return b;",
			"for (let i = 0; i < 5; i++) { if (i === a) continue; b ^= i; } return b;",
		],
	},
	{
		name: "functions have types and end with their result",
		refused: [
			["if (a > 0) return 1;", /return one on every way/],
			["⟦return;", /has a result: return it/],
			["while (a > 0) { return 1; }", /return one on every way/],
			["export function f(⟦a): number { return a; }", /names with a type/],
			["export function f(⟦a?: number): number { return 1; }", /all of them always given/],
			["export function f(⟦a = 5): number { return a; }", /all of them always given/],
			["export function f(⟦...a: number[]): number { return 1; }", /all of them always given/],
			["export function f(⟦{ a }: { a: number }): number { return a; }", /all of them always given/],
			["export ⟦function f(a: number) { return a; }", /needs the type of its result/],
			["export ⟦async function f(a: number): Promise<number> { return a; }", /plain function/],
			["export ⟦function* f(a: number): Generator<number> { yield a; }", /plain function/],
			["export ⟦function f<T>(a: number): number { return a; }", /plain function/],
			["export function f(a: ⟦string): number { return 1; }", /number, boolean, DataView/],
			["export function f(a: ⟦number[]): number { return 1; }", /number, boolean, DataView/],
			["export function f(a: ⟦number | undefined): number { return 1; }", /number, boolean, DataView/],
			["export function f(a: number): ⟦string { return 1; }", /results|number, boolean, DataView/],
			[
				"export function f(view: DataView): void { return ⟦g(view); } function g(view: DataView): void { view.setUint8(0, 1); }",
				/statement of its own/,
			],
			["export function f(view: DataView)⟦: DataView { return view; }", /results are number, boolean or void/],
		],
		accepted: [
			"if (a > 0) return 1; return 2;",
			"export function f(a: number, on: boolean, view: DataView): void { if (on) view.setUint8(0, a); }",
			"export function f(): boolean { return true; }",
			"export function f(view: DataView): void { g(view); } function g(view: DataView): void { view.setUint8(0, 1); }",
			"export function f(n: number): number { return n > 0 ? f(n - 1) : 0; }",
			"function g(): number { return 1; } export { g as h };",
		],
	},
	{
		name: "calls",
		refused: [
			["return ⟦f(view, a, b);", /3 arguments: it takes 4, all of them/],
			["return ⟦f(view, a, b, on, a);", /5 arguments: it takes 4/],
			["return ⟦missing(a);", /only functions of modules/],
			["return ⟦parseInt(a);", /only functions of modules/],
			["return ⟦Math.floor(a);", /Math\.imul, clz32, min, max/],
			["return ⟦Math.min(a, b, 1);", /it takes 2/],
			["return ⟦Math.random();", /Math\.imul, clz32, min, max/],
			["return ⟦f(view, a, ...[b, on]);", /3 arguments: it takes 4/],
			["return f(view, a, b, ⟦...[on]);", OUTSIDE],
			["return ⟦view.getFloat32(0);", /Uint8, Uint16 and Int32/],
			["return ⟦view.getInt8(0);", /Uint8, Uint16 and Int32/],
			["return ⟦view.getUint32(0) | 0;", /Uint8, Uint16 and Int32/],
			["⟦view.setInt16(0, a); return a;", /Uint8, Uint16 and Int32/],
			["return ⟦Math.abs(a);", /Math\.imul, clz32, min, max/],
			["return ⟦view.getUint8();", /0 arguments: it takes 1/],
			["⟦view.setUint8(0); return a;", /1 arguments: it takes 2/],
			["return ⟦view.getUint16(0, on);", /2 arguments: it takes 1/],
			["return ⟦view.getUint16(0, false);", /2 arguments: it takes 1/],
			["return ⟦view?.getUint8(0);", OUTSIDE],
			["return ⟦view.byteOffset;", /not a constant, nor a field/],
			["return ⟦view.byteLength;", /not a constant, nor a field/],
			["const g = ⟦f; return g(view, a, b, on);", /not a variable|holds a number/],
			["return ⟦((n: number) => n)(a);", /only functions of modules/],
		],
		accepted: [
			"return f(view, a, b, on);",
			"return Math.min(a, Math.max(b, 1));",
			"return (Math.clz32(a) + Math.imul(a, b)) | 0;",
			"return view.getUint16(0) + view.getUint16(0, true);",
			"put(view, 1); return a;",
		],
	},
	{
		name: "names",
		refused: [
			["return ⟦missing;", /not a variable, parameter or constant/],
			["⟦K = 5; return a;", /only numbers and booleans/],
			["⟦T.x = 5; return a;", /only variables/],
			["return ⟦undefined;", /not a variable/],
			["⟦view = view; return a;", /only numbers and booleans/],
			["export let count = 0; export function f(): number { return ⟦count; }", /not a variable|constant/],
			["const LIST = [1, 2]; export function f(a: number): number { return ⟦LIST[a]; }", /not a constant/],
			["const NAME = Math.random(); export function f(): number { return ⟦NAME; }", /not a variable|constant/],
			["const HALF = 1 / 2; export function f(): number { return ⟦HALF; }", /not a variable|constant|whole/],
			["const SELF = SELF + 1; export function f(): number { return ⟦SELF; }", /not a variable|constant/],
			[`⟦import { readFileSync } from "node:fs"; export function f(): number { return readFileSync(1); }`, /relative paths only/],
		],
		accepted: [
			"return K + T.x;",
			"const K = 7; return K;",
			"let T = 3; T = 4; return T;",
			"const A = 1; const B = A << 4; const C = { x: B | 1, y: -A } as const; export function f(): number { return C.x + C.y; }",
			"export const A = ~0 >>> 1; export function f(): number { return A; }",
			"const T = Object.freeze({ x: 1 }); export function f(): number { return T.x; }",
		],
	},
	{
		name: "expressions of the subset",
		refused: [
			['return ⟦"text".length;', /not a constant, nor a field/],
			["return ⟦[a][0];", /not a constant/],
			["const o = ⟦{ a }; return a;", OUTSIDE],
			["return ⟦typeof a === 1 ? 1 : 0;", OUTSIDE],
			["return ⟦void a;", OUTSIDE],
			["return (⟦a, b);", OUTSIDE],
			["return a > ⟦1n ? 1 : 0;", /whole numbers|not part/],
			["return ⟦null;", /whole numbers|not part/],
			["return ⟦new Date();", OUTSIDE],
			["return ⟦this.a;", /./],
			["const g = ⟦() => a; return a;", OUTSIDE],
			["return ⟦`${a}`;", OUTSIDE],
			["⟦a &&= b; return a;", OUTSIDE],
			["return a +⟦;", /./],
			["return ⟦+a;", OUTSIDE],
			["return ⟦a!;", OUTSIDE],
		],
		accepted: ["return ~a ^ -(b & 7);", "return (((a)));"],
	},
	{
		name: "records",
		refused: [
			["const k = ⟦Kind; return a;", /./],
			["let ⟦r = Kind.of(view, 0); return r.size;", /const, as a name for it does not change/],
			["const r = Kind.of(view, 0); return r.⟦missing;", /the record has size, kind, tail/],
			["const r = Kind.of(view, 0); ⟦r.tail = 5; return a;", /fields of records are assigned to/],
			["const r = Kind.of(view, 0); ⟦r.at = 5; return a;", /fields of records are assigned to/],
			["const r = Kind.of(view, 0); r.size = ⟦on; return a;", /number is needed/],
			["const r = Kind.of(view, 0); ⟦return r;", /not a row/],
			["const r = Kind.of(view, 0); return ⟦r + 1;", /number is needed/],
			["return ⟦Kind.make(view, 0);", /only functions of modules/],
			["const r = ⟦Kind.of(view); return r.size;", /1 arguments: it takes 2/],
			["const r = Kind.of(view, 0); ⟦r.size = put(view, 1); return a;", /give it a name before \(const\)|name before/],
			["const r = Other.of(view, 0); return sizeOf(view, ⟦r);", /record of another kind/],
			["return sizeOf(view, ⟦a);", /where r is a row/],
			[
				"export function f(one: DataView, two: DataView): number { const r = Kind.of(two, 0); return sizeOf(one, ⟦r); }",
				/looks for records in its first one only/,
			],
			[
				"const Bad = record({ one: uint8, ⟦two: int32 }); export function f(view: DataView): number { const r = Bad.of(view, 0); return r.two; }",
				/multiple of 4/,
			],
			[
				"const Bad = record({ one: ⟦float }); export function f(view: DataView): number { const r = Bad.of(view, 0); return r.one; }",
				/a field is int32/,
			],
			[
				"const Bad = record({ one: ⟦toString }); export function f(view: DataView): number { const r = Bad.of(view, 0); return r.one; }",
				/a field is int32/,
			],
			[
				"const Bad = record({ ⟦at: int32 }); export function f(view: DataView): number { const r = Bad.of(view, 0); return r.at; }",
				/cannot be called at/,
			],
			[
				"const Bad = record({ one: int32, ⟦one: uint8 }); export function f(view: DataView): number { return Bad.of(view, 0).one; }",
				/a field cannot be called one: the row has that already/,
			],
			// What follows a field that is wrong, and what uses it, is not refused for that.
			[
				"const Bad = record({ one: uint8, ⟦two: int32, three: int32 }); type Bad = RowOf<typeof Bad>; function g(r: Bad): number { return r.three; } export function f(view: DataView): number { return g(Bad.of(view, 0)); }",
				/field two at 1: expected a multiple of 4; put bytes\(3\) before it/,
			],
			[
				"const Bad = record({ one: ⟦float, two: int32 }); type Bad = RowOf<typeof Bad>; function g(r: Bad): number { return (r.one + r.two) | 0; } export function f(view: DataView): number { return g(Bad.of(view, 0)); }",
				/a field is int32/,
			],
			// Places of fields as constants: drops, registers.
			[
				"const Bad = record({ one: uint8, ⟦two: uint16 }); const PLACE = Bad.offsets; export function f(view: DataView): number { return view.getUint16(PLACE.two); }",
				/field two at 1: expected a multiple of 2; put bytes\(1\) before it/,
			],
			[
				"const AT = Kind.offsets; export function f(view: DataView): number { return view.getUint8(⟦AT.missing); }",
				/not a constant/,
			],
			["const r = ⟦Kind.of(a, 0); return r.size;", /has memory and an offset/],
			[
				"export function f(view: DataView, r: ⟦RowOf<typeof bytes>): number { return r.size; }",
				/a constant that record\(…\) made/,
			],
			...["record()", "record(Kind)", "record({ ...T, one: int32 })", 'record({ "one": int32 })', "record({ [one]: int32 })"].map(
				(kind): Rule["refused"][number] => [
					`const Bad = ⟦${kind}; export function f(view: DataView): number { const r = Bad.of(view, 0); return r.one; }`,
					/fields as an object, each by its name/,
				],
			),
			["export ⟦function f(r: Kind): number { return r.size; }", /knows no records/],
		],
		accepted: [
			"const r = Kind.of(view, 8); return r.size;",
			"const AT = Kind.offsets; export function f(view: DataView): number { return view.getUint8(AT.tail); }",
			"const r = Kind.of(view, a & 0xff); r.size = a - b; r.kind += 3; r.kind++; return r.kind;",
			"const r = Kind.of(view, a); view.setUint8(r.tail + 1, 5); return r.at;",
			"return Kind.bytes + Kind.offsets.tail;",
			"function sum(r: Kind): number { return (r.size + r.kind) | 0; } export function f(view: DataView, a: number): number { return sum(Kind.of(view, a)); }",
			"const r = Kind.of(view, 0); return sizeOf(view, r);",
			"const one = Kind.of(view, 0); const other = Other.of(view, one.tail); return (other.size - one.kind) | 0;",
		],
	},
	{
		name: "errors are misuse",
		refused: [
			["⟦throw new Error(`no`);", /throw new RangeError/],
			["⟦throw a;", /throw new RangeError/],
			["⟦throw new RangeError();", /throw new RangeError/],
			["⟦throw new RangeError(a);", /a template of numbers/],
			['⟦throw new RangeError("never");', /a template of numbers/],
			["throw new RangeError(`${⟦on}`);", /number is needed/],
			["export function f(a: number): number { if (a < 0) ⟦throw new RangeError(`no ${a}`); return a; }", /have memory/],
			["⟦check(a, 1); return a;", /2 arguments: it takes 3/],
		],
		accepted: [
			"if (a < 0) throw new RangeError(`port ${a}: expected 0 to ${b} or ${K}`); return a;",
			"throw new RangeError(`never`);",
			"check(a, 4, view.byteLength); return view.getInt32(a);",
			"check(0, a, 100); return a;",
		],
	},
];

/** The module that a text stands for. */
export function moduleOf(text: string): string {
	const head = `import { bytes, int32, record, uint8, uint16, type RowOf } from "../../../src/packet/record.ts"; import type { Range } from "../../../src/packet/numbers.ts"; ${BOUNDS}
const Kind = record({ size: int32, kind: uint16, tail: bytes(6) }); type Kind = RowOf<typeof Kind>;
const Other = record({ size: int32 });
function sizeOf(view: DataView, r: Kind): number { view.getUint8(0); return r.size; }`;
	if (/\bfunction [f-h*]|function\* f/.test(text.replaceAll("⟦", "")) && /export/.test(text)) return `${head}\n${text}\n`;
	return `${head}
const K = 3; const T = { x: 4 } as const;
function put(view: DataView, n: number): number { view.setUint8(0, n); return n; }
function small(n: number): number { return n & 7; }
function two(n: number, m: number): number { const ten = (n * 10) | 0; return (ten + m) | 0; }
function demand(view: DataView, n: number): number { if (n < 0) throw new RangeError(\`no \${n}\`); return n; }
export function f(view: DataView, a: number, b: number, on: boolean): number {
${text}
}
`;
}
