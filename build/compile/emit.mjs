// Files of C: one .c and one .h for each module, and constants for C by hand.

import { resolve } from "node:path";

const BY = "/* Made by build/compile from SOURCE: change that. */";

function guard(module) {
	return `FLAT_${module.prefix.toUpperCase()}_H`;
}

/** Prototypes of a module's functions. */
export function headerOf(module, functions) {
	return [
		BY.replace("SOURCE", module.file),
		"",
		`#ifndef ${guard(module)}`,
		`#define ${guard(module)}`,
		"",
		'#include "flat.h"',
		"",
		...functions.map(({ prototype }) => `${prototype};`),
		"",
		"#endif",
		"",
	].join("\n");
}

/** The functions themselves, in the order of the TypeScript. */
export function sourceOf(module, functions, modules) {
	const text = functions.toSorted((a, b) => a.found.node.start - b.found.node.start).map(({ text: body }) => body);
	const called = modules.filter((each) => each === module || text.some((body) => new RegExp(`\\b${each.prefix}_`).test(body)));
	return [
		BY.replace("SOURCE", module.file),
		"",
		...called.map((each) => `#include "${each.prefix}.h"`),
		...(text.some((body) => body.includes("kernel_")) ? ['#include "kernels.h"'] : []),
		"",
		...text,
	].join("\n");
}

/** Exported constants of modules as enumerations: MODULE_NAME; and of records where their fields lie: KIND_FIELD, and KIND_BYTES. */
export function layoutOf(program, files) {
	const lists = files.map((file) => {
		const module = program.load(resolve(program.root, file));
		const stem = file.replace(/^.*\/|\.ts$/g, "").toUpperCase();
		const values = [...program.exportsOf(module)].map((name) => [name, program.valueOf(program.exported(module, name))]);
		const entries = values.filter(([, value]) => typeof value === "number" && value === (value | 0));
		const records = [...program.exportsOf(module)].flatMap((name) =>
			placesOf(program.recordOf(program.exported(module, name)), name),
		);
		return [
			`/* ${module.file} */`,
			"enum {",
			...entries.map(([name, value]) => `\t${name.startsWith(`${stem}_`) ? "" : `${stem}_`}${name} = ${value},`),
			...records.map(([name, value]) => `\t${name} = ${value},`),
			"};",
			"",
		].join("\n");
	});
	return [
		"/* Made by build/compile: numbers of the TypeScript for C by hand. */",
		"",
		"#ifndef MULTIHOME_LAYOUT_H",
		"#define MULTIHOME_LAYOUT_H",
		"",
		...lists,
		"#endif",
		"",
	].join("\n");
}

/** Where the fields of a record lie, if it is one. */
function placesOf(record, kind) {
	if (record === undefined) return [];
	const shouted = (name) => name.replace(/(?<=.)[A-Z]/g, "_$&").toUpperCase();
	const fields = [...record.fields].map(([name, { at }]) => [`${shouted(kind)}_${shouted(name)}`, at]);
	return [...fields, [`${shouted(kind)}_BYTES`, record.bytes]];
}
