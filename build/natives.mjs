// The door's functions as natives of XS: a C function each that fetches its arguments, and the module that declares them.

/** What a native is called. */
function symbolOf(name) {
	return `xs_multihome_${name}`;
}

function takes(type) {
	return { number: "int32_t", boolean: "int", memory: "FlatMemory", bytes: "FlatMemory", text: "FlatMemory" }[type];
}

/** C that fetches argument `index`. Buffers last: converting another argument, as one that is no text, may run JavaScript, which may move them. */
function fetched(parameter, index, { writes, kernel }) {
	if (parameter.type === "number") return `intArg(${index})`;
	if (parameter.type === "boolean") return `xsmcToBoolean(dataArg(${index}))`;
	if (parameter.type === "text") return `argText(${index})`;
	if (parameter.type === "bytes") return parameter.writable ? `argArena(${index})` : `argReadable(${index})`;
	if (kernel) return writes ? `argArena(${index})` : `argReadable(${index})`;
	return writes ? `argMemory(${index})` : `argReadableMemory(${index})`;
}

const ANSWERS = {
	number: (call) => `answerNumber(the, ${call});`,
	boolean: (call) => `answerBoolean(the, ${call});`,
	void: (call) => `${call};`,
};

const isPlain = ({ type }) => type === "number" || type === "boolean";
const isText = ({ type }) => type === "text";

/** Of the form that most have: memory, numbers and booleans. Their arguments are fetched by one function, doorOpen. */
function plainNativeOf({ name, c, parameters: [memory, ...plain], result, writes }) {
	const booleans = plain.reduce((bits, { type }, i) => bits | (type === "boolean" ? 1 << i : 0), 0);
	const given = [`&${memory.name}_`, ...plain.map((_each, i) => `values_[${i}]`)];
	return [
		`void ${symbolOf(name)}(xsMachine *the)`,
		"{",
		`\tFlatMemory ${memory.name}_;`,
		`\tint32_t values_[${Math.max(plain.length, 1)}];`,
		`\tdoorOpen(the, &${memory.name}_, values_, DOOR_KIND(${plain.length}, ${writes ? 1 : 0}, ${booleans}));`,
		`\t${ANSWERS[result](`${c}(${given.join(", ")})`)}`,
		"}",
		"",
	].join("\n");
}

function nativeOf(native) {
	const { name, c, parameters, result, writes, kernel } = native;
	if (!kernel && parameters[0]?.type === "memory" && parameters.slice(1).every(isPlain)) return plainNativeOf(native);
	const given = parameters.map((each, index) => ({ ...each, index }));
	const ordered = [...given.filter(isPlain), ...given.filter(isText), ...given.filter((each) => !isPlain(each) && !isText(each))];
	const argument = (each) => `${isPlain(each) ? "" : "&"}${each.name}_`;
	return [
		`void ${symbolOf(name)}(xsMachine *the)`,
		"{",
		...ordered.map((each) => `\t${takes(each.type)} ${each.name}_ = ${fetched(each, each.index, { writes, kernel })};`),
		`\t${ANSWERS[result](`${c}(${given.map(argument).join(", ")})`)}`,
		"}",
		"",
	].join("\n");
}

/** codec.c: all modules in one unit, and natives. `stamp` is of what they say. */
export function unitSource(sources, stamp) {
	return [
		`/* Made by build/natives.mjs: the compiled modules as one unit. ${stamp} */`,
		"",
		"#define FLAT static",
		'#include "arena.h"',
		'#include "kernels.h"',
		...sources.map((name) => `#include "${name}"`),
		"",
	].join("\n");
}

/** Natives of XS of all functions but those that are natives by hand already. */
export function nativesSource(functions) {
	const native = functions.filter(({ parameters }) => parameters !== undefined);
	return [
		"/* Made by build/natives.mjs: functions of the compiled modules as natives of XS. */",
		"",
		'#include "arena.h"',
		'#include "kernels.h"',
		"",
		...native.flatMap(({ prototype }) => (prototype === undefined ? [] : [`${prototype};`])),
		"",
		'#line 1 "codec.c"',
		...native.map(nativeOf),
	].join("\n");
}

/** codec.js: the module that a program imports them from. */
export function nativesModule(functions) {
	return [
		"// Made by build/natives.mjs: the natives' names. What each does is said in the TypeScript.",
		...functions.map(({ name, names }) => `export function ${name}(${names.join(", ")}) @ "${symbolOf(name)}";`),
		"",
	].join("\n");
}
