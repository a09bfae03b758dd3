// Files of C: one for each module, their functions' prototypes, and constants for C by hand.

import { resolve } from "node:path";

/** Prototypes of all functions, for each other and for C by hand. */
export function headerOf(functions) {
	const head = [
		"/* Made by build/compile: the functions of flat TypeScript. */",
		"",
		"#pragma once",
		"",
		'#include "flat.h"',
		"",
	];
	return [...head, ...functions.map(({ prototype }) => `${prototype};`), ""].join("\n");
}

/** The functions of a module, in the order of the TypeScript. */
export function sourceOf(module, functions) {
	const head = [`/* Made by build/compile from ${module.file}: change that. */`, "", '#include "compiled.h"', ""];
	return [...head, ...functions.toSorted((a, b) => a.found.node.start - b.found.node.start).map(({ text }) => text)].join("\n");
}

/** Exported constants of modules as enumerations: MODULE_NAME; and of records where their fields lie: KIND_FIELD, and KIND_BYTES. */
export function layoutOf(program, files) {
	const lists = files.map((file) => {
		const module = program.load(resolve(program.root, file));
		const stem = file
			.replace(/^.*\/|\.ts$/g, "")
			.replaceAll("-", "_")
			.toUpperCase();
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
	return ["/* Made by build/compile: numbers of the TypeScript for C by hand. */", "", "#pragma once", "", ...lists].join("\n");
}

/** Where the fields of a record lie, if it is one. */
function placesOf(record, kind) {
	if (record === undefined) return [];
	const shouted = (name) => name.replace(/(?<=.)[A-Z]/g, "_$&").toUpperCase();
	const fields = [...record.fields].map(([name, { at }]) => [`${shouted(kind)}_${shouted(name)}`, at]);
	return [...fields, [`${shouted(kind)}_BYTES`, record.bytes]];
}
