// What is tried at the edges: bodies of functions of a view and two numbers, or their results.

export interface Row {
	body: string;
	result?: "number" | "boolean" | "void";
}

const numbers = (...texts: string[]): Row[] => texts.map((body) => ({ body }));
const booleans = (...texts: string[]): Row[] => texts.map((body) => ({ body, result: "boolean" as const }));

const BIT = ["&", "|", "^", "<<", ">>", ">>>"];
const COUNTS = [0, 1, 31, 32, 33, -1];
const COMPARED = ["<", "<=", ">", ">=", "===", "!=="];
/** Numbers past int32, from two that are not: what takes them modulo 2^32 may have them. */
const WIDE = ["(a + b)", "(a - b)", "-a", "(a >>> 0)", "(b >>> 0)", "((a & 0xffff) * b)", "(a + 0xffffffff)", "(a * 0x100000)"];
const LIMITS = ["0", "-1", "0x7fffffff", "-0x80000000", "WIDE >> 1"];

export const ARITHMETIC: Row[] = [
	...BIT.map((operator) => ({ body: `(a ${operator} b) | 0` })),
	...BIT.flatMap((operator) => COUNTS.map((count) => ({ body: `(a ${operator} ${count}) | 0` }))),
	...COUNTS.map((count) => ({ body: `(${count} << a) | (${count} >> b) | (${count} >>> a)` })),
	...COMPARED.map((operator) => ({ body: `a ${operator} b`, result: "boolean" as const })),
	...WIDE.map((text) => ({ body: `${text} | 0` })),
	...WIDE.flatMap((text) =>
		COMPARED.flatMap((operator) =>
			LIMITS.map((limit) => ({ body: `(${text} | 0) ${operator} ${limit}`, result: "boolean" as const })),
		),
	),
	...WIDE.flatMap((text) => COMPARED.map((operator) => ({ body: `~~${text} ${operator} a`, result: "boolean" as const }))),
	...WIDE.flatMap((text) => BIT.map((operator) => ({ body: `(${text} ${operator} b) | (b ${operator} ${text})` }))),
	...WIDE.flatMap((text) => WIDE.map((other) => ({ body: `(${text} - ${other}) | 0` }))),
	...WIDE.flatMap((text) => numbers(`~${text}`, `Math.imul(${text}, b)`, `Math.clz32(${text})`, `-(${text}) | 0`)),
	...WIDE.map((text) => ({ body: `const some = ${text} >>> 1; return some > 0 ? some : ~some;` })),
	...numbers(
		"Math.imul(a, b)",
		"Math.min(a, b)",
		"Math.max(a, b)",
		"Math.clz32(a)",
		"~a",
		"~~a",
		"- -a | 0",
		"-(-a) | 0",
		"~-a",
		"-~a | 0",
		"((a & 0xff) - (b & 0xff)) * ((a & 0xff) + (b & 0xff))",
		"(a & 0xff) * 0x800000",
		"(a >> 16) * (b >> 16)",
		"((a >> 16) * (b >>> 16) - 1) | 0",
		"(SUM - WIDE) | 0",
		"SUM & a",
		"(a >>> 1) + (b >>> 31) - 1",
		"a > b ? a : b",
		"a !== 0 ? 1 : b !== 0 ? 2 : 3",
		"(a > b ? b : a) !== 0 ? 1 : 2",
		"((a > 2 ? a > 5 : b > 1) ? a < 9 : b > 3) ? 1 : 0",
		"a !== 0 && b !== 0 ? 1 : 2",
		"a !== 0 || b !== 0 ? 1 : 2",
		"a === 0 || (b !== 0 && a > 3) ? 1 : 2",
		"!(a !== 0 && b === 0) ? 1 : 2",
		"TABLE.most & a",
		"(TABLE.least - a) | 0",
		"twice(a)",
		"twice(twice(a) ^ b)",
		"low(a) * low(b) + low(a)",
		"low(a) - low(b)",
		"1_000 + 0x10 + 0b11 + 0o17",
	),
	...booleans(
		"!(a > b)",
		"!!(a > b)",
		"(a > 0) < (b > 0)",
		"a > b === b > a",
		"a > b !== b >= a",
		"a > 0 && b > 0",
		"a > 0 || b > 0",
		"(a > 0 && b > 0) || (a < 0 && b < 0)",
		"a > 0 && (b > 0 || a < b)",
		"a > 0 ? b > 0 : b < 0",
		"(a > 0 ? b > 0 : b < 0) ? a > b : a < b",
		"true",
		"!true",
		"a === -0x80000000",
		"((a - b) | 0) === 0",
		"((a + b) | 0) > 0 === a > (-b | 0)",
	),
];

export const STATEMENTS: Row[] = [
	...numbers(
		...BIT.slice(0, 5).map((operator) => `let n = a; n ${operator}= b; return n;`),
		...COUNTS.flatMap((count) => [`let n = a; n <<= ${count}; return n;`, `let n = a; n >>= ${count}; return n;`]),
		...[1, 31, 33, -1].map((count) => `let n = a; n >>>= ${count}; return n;`),
		"let n = a >> 1; n += b >> 1; return n;",
		"let n = a >> 1; n -= b >> 1; return n;",
		"let n = a >> 16; n *= b >> 17; return n;",
		"let n = a; n = (n + b) | 0; n ^= n >>> 1; return n;",
		"let n = a; if (n < 0x7fffffff) n++; return n;",
		"let n = a; if (n > -0x80000000) n--; return n;",
		"let n = a; if (n < 0x7fffffff) ++n; return n;",
		"let n = a; if (n >= 0x7fffffff) return b; ++n; return n;",
		"if (a < 0x7fffffff - 100) a += 100; return a;",
		"if (a > 5 && a <= 10) return a * 200000000; return a;",
		"a = b; b = 3; return (a + b) | 0;",
		"let x = 1; const y = x + 1; let z = y * 2; x = y; z |= x; return z;",
		"const one = a; if (b !== 0) { const one = b; if (one > 0) return one; } return one;",
		"if (a > 0) { if (b > 0) return 1; else return 2; } else if (b > 0) return 3; return 4;",
		"if (a > b) {} else return 1; return 2;",
		"let sum = 0; for (let i = 0; i < (a & 15); i++) sum = (sum * 31 + i) | 0; return sum;",
		"let sum = 0; for (let i = a & 15; i > 0; i--) sum = (sum * 31 + i) | 0; return sum;",
		"let sum = 0; for (let i = a & 15; i >= 0; i -= 3) sum = (sum * 31 + i) | 0; return sum;",
		"let sum = 0; for (let i = 0x7ffffffe; i < 0x7fffffff; i++) sum = (sum + i) | 0; return sum;",
		"let sum = 0; for (let i = -0x7fffffff; i > -0x80000000; i--) sum = (sum + i) | 0; return sum;",
		"let n = a & 31; while (n > 3) n -= 3; return n;",
		"let n = 0; while (true) { n = (n + 3) | 0; if (n >= (a & 31)) break; } return n;",
		"let n = 0; while (true) { if (n >= (a & 7)) break; n++; if (n === (b & 7)) return -n; } return n;",
		"let n = 0; while (true) { n = (n + 1) | 0; if (n > (a & 7)) break; if ((n & 1) !== 0) continue; if (n === (b & 7)) return 99; } return n;",
		"let n = 0; for (let i = 0; i < 5; i++) { for (let j = 0; j < 5; j++) { if (j === (a & 3)) break; n = (n * 3 + i + j) | 0; } if (i === (b & 3)) break; } return n;",
		"let n = 0; let i = 0; while (i < 9) { i++; if ((i & 3) === 0) continue; else if ((i & 3) === 1) n = (n + a) | 0; else n ^= b; n = (n * 2) | 0; } return n;",
		"let n = 0; let i = 0; while (i < 4) { i++; if (i === (a & 3)) continue; n = (n * 3 + i) | 0; } return n;",
		"if (a === 0) return 10; else if (a === 1 || a === -1) return 20; else if (a === 0x7fffffff || a === -0x80000000) return 30; return 40;",
		"if (a > 0 && a < 100) { if (a > 200) return a - 0x7fffffff; return 0x7fffffff - a; } return b;",
		"let n = 7; if (n > 9) n += 3; else n += 2; return n > 9 ? n * 0x1000 : n;",
		"const n = a & 7; if (n < 0) { let m = b & 7; for (let i = 0; i < 9; i++) m = (m + n) | 0; return m; } return n;",
		"const some = (a + b) | 0; for (let i = 0; i < 2; i++) { let some = 1; some = 2; view.setUint8(0, some); } return Math.min(some, 3);",
		"const some = a >>> 1; let i = 0; while (i < 2) { i++; let some = i; some = 2; view.setUint8(0, some); } return some > -1 ? 1 : 0;",
		"if (a < 0) throw new RangeError(`misuse: less than 0`); return a;",
		"if (a < 0 || b > 100) throw new RangeError(`misuse ${a}, ${b}: expected 0 to ${TABLE.most}, 100 %`); return a;",
		'if (a < 0) throw new RangeError(`misuse: 100 %, %d of "them"`); return a;',
		"demand(view, a); return b;",
		// A local name hides the constant of a module.
		"let ON = a > 0; while (ON) { b ^= 5; ON = false; } return b;",
		"let OFF = true; while (OFF) { b ^= 5; OFF = false; } return b;",
		"let i = 0; while (ON) { i = (i + 1) | 0; if (i > (a & 7)) break; b ^= i; } return b;",
		"let i = a & 7; for (let ON = i > 2; ON; ON = i > 0) { i = (i - 1) | 0; b ^= i; } return b;",
		"const n = put(view, 4, a); return n ^ view.getInt32(4);",
		"const first = put(view, 4, a); const n = first | put(view, 8, b); return (n + view.getInt32(8)) | 0;",
		"let last = 0; for (let i = 0; i < 4; i++) last = put(view, i * 4, (a + i) | 0); return last;",
	),
	...["put(view, 0, a);", "if (a > 0) return; put(view, 0, b);", "demand(view, a); put(view, a, b);", "twice(a);"].map(
		(body) => ({
			body,
			result: "void" as const,
		}),
	),
];

const KINDS = ["Uint8", "Uint16", "Int32"];
const orders = (kind: string) => (kind.endsWith("8") ? [""] : ["", ", true"]);

export const MEMORY: Row[] = KINDS.flatMap((kind) =>
	orders(kind).flatMap((order) => {
		// Words lie at multiples of 4.
		const aligned = order === ", true" && kind.endsWith("32");
		const places = [
			"4",
			"a & 60",
			"(a & 15) * 4 + 8",
			...(aligned ? ["a & -4", "(a & -4) + 4"] : ["a", "(a & 63) - 1", "(a + b) | 0", "a - 1", "a >>> 0", "a + 0x40000000", "5"]),
		];
		return places.flatMap((at) => [
			{ body: `return view.get${kind}(${at}${order}) | 0;` },
			{ body: `view.set${kind}(${at}, b${order}); return view.get${kind}(${at}${order}) | 0;` },
			{ body: `view.set${kind}(${at}, b - a${order}); return 1;` },
			{ body: `view.set${kind}(${at}, a >>> 0${order}); return 1;` },
		]);
	}),
).concat(
	[
		"check(a, b, view.byteLength); return 1;",
		"check(a, 4, view.byteLength); return view.getInt32(a) ^ view.getUint8(a + 3) ^ view.getUint16(a + 1);",
		"check(a, 4, view.byteLength); return view.getUint8(a + 4);",
		"check(a, 4, view.byteLength); return view.getUint8(a - 1);",
		"check(a, 4, view.byteLength); a = b; return view.getUint8(a);",
		"a &= 0xff; check(a, 4, view.byteLength); const at = a + 2; return view.getUint16(at) ^ view.getUint16(at - 2);",
		"if (b > 0) check(a, 4, view.byteLength); return view.getUint8(a + 3);",
		"let at = a & 31; check(at, 8, view.byteLength); let sum = 0; for (let i = 0; i < 3; i++) { sum = (sum + view.getUint8(at + 7)) | 0; at = (at + 20) | 0; } return sum;",
		"view.setInt32(a, b); view.setUint8(a + 3, 1); view.setUint8(a - 1, 2); view.setUint8(a + 4, 3); return 1;",
		"return view.getUint8(a) + view.getUint8(a);",
		"return ((view.getUint8(a + 3) * view.getInt32(a)) | 0) !== 0 ? view.getUint8(a + 4) : 1;",
		"return a > 0 && view.getUint8(a) > 3 ? 1 : view.getUint8(b);",
		"return (a > 0 ? view.getUint8(a) : 0) + view.getUint8(a);",
		"return (a > 0 || view.getUint8(b) > 3 ? 1 : 0) + view.getUint8(b);",
		"const at = (a & 31) - 1; view.setUint16(at + 1, 1); view.setUint16(1 + at, 2, true); return view.getUint8(at + 2);",
		"view.setUint8(a & 63, view.getUint8(b & 63) + 1); return view.getUint8(a & 63);",
		"view.setInt32(put(view, 8, 11), 5); return view.getInt32(12);",
		// What stands in the place of a call is looked at anew when memory or a variable in it has changed.
		"view.setInt32(0, 5); const x = byteAt(view, view.getInt32(0)); view.setInt32(0, a); return (x + byteAt(view, view.getInt32(0))) | 0;",
		"const x = byteAt(view, (a + b) | 0); a = 0x7fffff00; return (x + byteAt(view, (a + b) | 0)) | 0;",
		"const x = sizeOf(Row.of(view, view.getInt32(4, true))); view.setInt32(4, a, true); return (x + sizeOf(Row.of(view, view.getInt32(4, true)))) | 0;",
		"view.setInt32(0, 5); const x = byteAt(view, (view.getInt32(0) + 1) | 0); view.setInt32(0, a); return (x + byteAt(view, (view.getInt32(0) + 1) | 0)) | 0;",
		"const x = asked(view.getUint8(a), b > 5); return (x + view.getUint8(a)) | 0;",
		"const x = asked(view.getUint8(a), view.getUint8(b) > 5); return (x + view.getUint8(a) + view.getUint8(b)) | 0;",
		"return bothAsked(view.getUint8(a) > 3, view.getUint8(b) > 3) ? 1 : view.getUint8(b);",
		"return onceDoubled(view.getUint8(a));",
		"const x = low(view.getUint8(0)); return (x + put(view, 4, x)) | 0;",
		// The third part of a loop that may never run.
		"for (let i = 0; i < (b & 3); view.setUint8(a, 1)) i++; return view.getUint8(a);",
		"for (let i = 0; i < (b & 3); put(view, a, view.getUint8(a + 1))) i++; return view.getUint8(a + 1);",
		"for (let i = 3; i > 0; check(a, 4, view.byteLength)) { if (b > i) break; i--; } return view.getInt32(a) | 0;",
		"let n = 0; for (let i = 0; i < (b & 3); n = view.getUint8(a)) { i++; if (n > 100) continue; n = i; } return (n + view.getUint8(a)) | 0;",
		// Broken promises about offsets 2^31 apart.
		"const n: Range<0, 0x3fffffff> = a; return view.getUint8(n - 0x7fffffff) + view.getUint8(n + 0x80000000) + view.getUint8(n);",
		"const n: Range<0, 0x3fffffff> = a; if (n < 0) b = 0x7fffffff; else view.setUint8(b, 1); return view.getUint8(b);",
		"const n: Range<0, 0x3fffffff> = a; if (n >= 0) view.setUint8(b, 1); return view.getUint8(b);",
		"const n: Range<0, 0x3fffffff> = a; const x = view.getUint8(n + 0x80000000); const y = view.getUint8(n - 0x7fffffff); return x + y + view.getUint8(n + 1);",
	].map((body) => ({ body })),
);
