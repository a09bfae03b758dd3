// Files of C: one for each module, prototypes, and constants for C by hand.

import { basename, resolve } from "node:path";

/**
 * By name: a .c for each module, with its functions in the order of the TypeScript, and compiled.h for C by hand. A .c declares what it calls itself, so that a
 * function of another type changes the C of its callers alone.
 */
export function filesOf(used) {
	const files = new Map();
	// What was refused has no text.
	const translated = used.filter(({ text }) => text !== undefined);
	const functions = translated.toSorted((a, b) => a.module.file.localeCompare(b.module.file) || a.node.start - b.node.start);
	const texts = new Map();
	for (const { module, text } of functions) texts.set(module, `${texts.get(module) ?? ""}\n${text}`);
	for (const [module, text] of texts) {
		const words = new Set(text.match(/\w+/g));
		const head = `/* Made by build/compile from ${module.file}: change that. */\n\n#include "flat.h"\n`;
		const kernels = /\bkernel_/.test(text) ? '#include "kernels.h"\n' : "";
		files.set(`${module.prefix}.c`, `${head}${kernels}\n${prototypes(functions.filter(({ c }) => words.has(c)))}${text}`);
	}
	const head = '/* Made by build/compile: functions of flat TypeScript. */\n\n#pragma once\n\n#include "flat.h"\n\n';
	return files.set("compiled.h", head + prototypes(functions.filter(({ prototype }) => !prototype.startsWith("FLAT "))));
}

const prototypes = (functions) => functions.map(({ prototype }) => `${prototype};\n`).join("");

/** Exported constants of modules as enumerations: MODULE_NAME; and of records where their fields lie: KIND_FIELD, and KIND_BYTES. */
export function layoutOf(program, paths) {
	const lists = paths.map((path) => {
		const module = program.load(resolve(program.root, path));
		const stem = basename(path, ".ts").replaceAll("-", "_").toUpperCase();
		const entries = [...module.exports.keys()].flatMap((name) => {
			const found = program.exported(module, name);
			const value = program.valueOf(found);
			if (program.recordOf(found)) return placesOf(value, name);
			return value === (value | 0) ? [[name.startsWith(`${stem}_`) ? name : `${stem}_${name}`, value]] : [];
		});
		return `/* ${module.file} */\nenum {\n${entries.map(([name, value]) => `\t${name} = ${value},\n`).join("")}};\n`;
	});
	return ["/* Made by build/compile: numbers of the TypeScript for C by hand. */", "", "#pragma once", "", ...lists].join("\n");
}

function placesOf({ fields, bytes }, kind) {
	const shouted = (name) => name.replace(/(?<=.)[A-Z]/g, "_$&").toUpperCase();
	const places = [...fields].map(([name, { at }]) => [`${shouted(kind)}_${shouted(name)}`, at]);
	return [...places, [`${shouted(kind)}_BYTES`, bytes]];
}
