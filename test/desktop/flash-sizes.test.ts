// What JavaScript takes of a firmware's flash is read from the C that XS's linker writes.

import { expect, it } from "vitest";
import { flashOf, namesIn } from "../../build/flash-sizes.mjs";

/** As xsl writes it: the engine has an object and two names; "one" a function and a list, "two" a function in that list. */
const SOURCE = `/* XS GENERATED FILE; DO NOT EDIT! 80 */
#define mxStackCount 2
static const txSlot gxHeap[mxHeapCount];
static const xsHostBuilder gxBuilders[3] = {
static const xsHostBuilder gxBuilders0[2] = {
static const txU1 gxCode1[9] = {
static const txScript gxScripts[mxScriptsCount] = {
	{ xsHostModule0, NULL, 0, NULL, 0, NULL, 0, "one", { XS_MAJOR_VERSION, XS_MINOR_VERSION, XS_PATCH_VERSION, 0 } },
	{ NULL, NULL, 0, (txS1*)gxCode1, 9, NULL, 0, "two", { XS_MAJOR_VERSION, XS_MINOR_VERSION, XS_PATCH_VERSION, 0 } }
};
static const txSlot gxHeap[mxHeapCount] = {
/* 0 */	{ NULL, {.ID = XS_NO_ID, .flag = 0xd0, .kind = XS_INSTANCE_KIND}, .value = { .instance = { NULL, NULL } } },
/* 1 */	{ (txSlot*)&gxHeap[2], {.ID = XS_NO_ID, .flag = 0xd0, .kind = XS_INSTANCE_KIND}, .value = { .instance = { NULL, NULL } } },
/* 2 */	{ (txSlot*)&gxHeap[3], {.ID = 6, .flag = 0x81, .kind = XS_MODULE_KIND}, .value = { .module = { NULL, 2 } }},
/* 3 */	{ NULL, {.ID = 1, .flag = 0x8a, .kind = XS_REFERENCE_KIND}, .value = { .reference = (txSlot*)&gxHeap[6] } },
/* 4 */	{ (txSlot*)&gxHeap[5], {.ID = XS_NO_ID, .flag = 0xd0, .kind = XS_INSTANCE_KIND}, .value = { .instance = { NULL, NULL } } },
/* 5 */	{ NULL, {.ID = 6, .flag = 0x81, .kind = XS_MODULE_KIND}, .value = { .module = { NULL, 3 } }},
/* 6 */	{ (txSlot*)&gxHeap[7], {.ID = XS_NO_ID, .flag = 0xd0, .kind = XS_INSTANCE_KIND}, .value = { .instance = { NULL, (txSlot*)&gxHeap[0] } } },
/* 7 */	{ NULL, {.ID = 3, .flag = 0x8f, .kind = XS_ARRAY_KIND}, .value = { .array = { (txSlot*)&gxHeap[9], 2 } }},
/* 8 */	{ NULL, {.ID = XS_NO_ID, .flag = 0x80, .kind = XS_INTEGER_KIND}, .value = { .integer = 2 * sizeof(txSlot) } },
/* 9 */	{ (txSlot*)0, {.ID = XS_NO_ID, .flag = 0x80, .kind = XS_STRING_X_KIND}, .value = { .string = "four" } },
/* 10 */	{ (txSlot*)1, {.ID = XS_NO_ID, .flag = 0x80, .kind = XS_REFERENCE_KIND}, .value = { .reference = (txSlot*)&gxHeap[11] } },
/* 11 */	{ (txSlot*)&gxHeap[12], {.ID = XS_NO_ID, .flag = 0xd4, .kind = XS_INSTANCE_KIND}, .value = { .instance = { NULL, (txSlot*)&gxHeap[0] } } },
/* 12 */	{ (txSlot*)&gxHeap[13], {.ID = xsID_f, .flag = 0x8b, .kind = XS_CODE_X_KIND}, .value = { .code = { (txByte*)"\\x0c\\x00\\x44", NULL } } },
/* 13 */	{ NULL, {.ID = 0, .flag = 0x8b, .kind = XS_HOME_KIND}, .value = { .home = { NULL, (txSlot*)&gxHeap[4] } }},
/* 14 */	{ NULL, {.ID = XS_NO_ID, .flag = 0x0, .kind = XS_KEY_X_KIND}, .value = { .key = { "length", 0x1 } }},
/* 15 */	{ NULL, {.ID = XS_NO_ID, .flag = 0x0, .kind = XS_KEY_X_KIND}, .value = { .key = { "f", 0x2 } }},
/* 16 */	{ NULL, {.ID = XS_NO_ID, .flag = 0x0, .kind = XS_KEY_X_KIND}, .value = { .key = { "one", 0x3 } }},
/* 17 */	{ NULL, {.ID = XS_NO_ID, .flag = 0x0, .kind = XS_KEY_X_KIND}, .value = { .key = { "two", 0x4 } }},
};
static const txSlot gxStack[mxStackCount] = {
	{ NULL, {.ID = XS_NO_ID, .flag = 0x0, .kind = XS_REFERENCE_KIND}, .value = { .reference = (txSlot*)&gxHeap[0] } },
};
static const txSlot* const gxKeys[mxKeysCount] ICACHE_FLASH1_ATTR = {
	(txSlot*)&gxHeap[14],
	(txSlot*)&gxHeap[15],
	(txSlot*)&gxHeap[16],
	(txSlot*)&gxHeap[17]
};
`;

it("by module: bytecode, names and objects", () => {
	const names: Record<string, string[]> = { one: ["length", "f"], two: ["f"] };
	const found = flashOf(SOURCE, (module) => names[module]!, new Set(["length"]));
	expect(Object.fromEntries(found)).toEqual({
		// The name of a module is nobody's.
		"": { code: 0, names: 3 * 22 + 7 + 4 + 4, objects: 16 + 2 * 16 + 3 * 12 },
		// Three slots are the module, five its list, one text is in that; its record, two natives.
		one: { code: 0, names: 22 + 2, objects: 8 * 16 + 5 + 36 + 2 * 12 },
		two: { code: 4 + 9, names: 0, objects: 5 * 16 + 36 },
	});
});

it("names that bytecode begins with", () => {
	const atom = (tag: string, text: string) => {
		const head = Buffer.alloc(8);
		head.writeUInt32BE(8 + text.length);
		head.write(tag, 4, "latin1");
		return Buffer.concat([head, Buffer.from(text, "latin1")]);
	};
	const xsb = Buffer.concat([
		Buffer.from("\0\0\0\0XS_B", "latin1"),
		atom("VERS", "abcd"),
		atom("SYMB", "\x02\0one\0two\0"),
		atom("CODE", ""),
	]);
	expect(namesIn(xsb)).toEqual(["one", "two"]);
});
