// What the JavaScript of a firmware takes of its flash, module by module: from mc.xs.c, the C that XS's linker has made of all modules. They have run already:
// what a module does when it is loaded is not in it, but what has come of that: functions with their bytecode, classes, tables, and one table of names.

import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { filesBelow } from "./files.mjs";

const SLOT = 16;
/** Of a name, beside its text: a slot, its place in the table of names, its column in the table of objects. */
const NAME = SLOT + 4 + 2;
/** A native that a module declares; a module in the list of all. */
const BUILDER = 12;
const SCRIPT = 36;

const PLACE = /gxHeap\[(\d+)\]/g;

/** Bytes of a text of C with the zero at its end. */
const lengthOf = (text) => text.replace(/\\x[\da-f]{2}(?:"")?|\\./gi, "?").length + 1;

function tableOf(source, name) {
	const from = source.lastIndexOf(` ${name}[`);
	return from < 0 ? "" : source.slice(from, source.indexOf("\n}", from));
}

/** Slots by their number: `{ kind, text, next, to, bytes, code }`, where `to` are those that it leads to, the `next` of its list among them, and `code` whether its bytes are bytecode. */
function slotsOf(source) {
	const slots = new Map();
	for (const [, number, text] of tableOf(source, "gxHeap").matchAll(/^\/\* (\d+) \*\/\t(.*)$/gm)) {
		const [, kind = ""] = /\.kind = XS_(\w+?)(?:_X)?_KIND ?\}/.exec(text) ?? [];
		const to = [...text.matchAll(PLACE)].map(([, place]) => Number(place));
		const [, first, count] = /\.array = \{ \(txSlot\*\)&gxHeap\[(\d+)\], (\d+)/.exec(text) ?? [];
		if (first !== undefined) for (let i = -1; i < Number(count); i++) to.push(Number(first) + i); // its size lies before it
		const [, bytes] = /"((?:[^"\\]|\\.|"")*)"/.exec(text) ?? [];
		const next = text.startsWith("{ NULL") ? undefined : to[0];
		slots.set(Number(number), { kind, text, next, to, bytes: bytes === undefined ? 0 : lengthOf(bytes) });
	}
	return slots;
}

/** The module that each slot belongs to: of a function that which it was written in, of all else the first that leads to it, modules before those that import them. */
function ownersOf(slots, names, modules, roots) {
	const owners = new Map(names.map((place) => [place, ""]));
	const heads = new Map(); // of each module by its name
	for (const [place, { kind, next }] of slots) {
		const module = kind === "INSTANCE" ? slots.get(next) : undefined;
		if (module?.kind !== "MODULE") continue;
		const [, name] = /\.module = \{ [^,]*, (\d+)/.exec(module.text);
		heads.set(/"(.*?)"/.exec(slots.get(names[name]).text)[1], place);
	}
	const nameOf = new Map([...heads].map(([name, place]) => [place, name]));
	const written = new Map();
	for (const [place, { kind, next }] of slots) {
		const home = kind === "CODE" ? slots.get(next) : undefined;
		const [, , module] = /\.home = \{ (\S+), \(txSlot\*\)&gxHeap\[(\d+)\]/.exec(home?.text ?? "") ?? [];
		if (nameOf.has(Number(module))) written.set(place, nameOf.get(Number(module)));
	}
	for (const [place, { kind, next }] of slots)
		if (kind === "INSTANCE" && written.has(next)) written.set(place, written.get(next));
	const walk = (from, owner) => {
		const left = [...from];
		while (left.length > 0) {
			const place = left.pop();
			const other = written.get(place) ?? nameOf.get(place) ?? owner;
			if (owners.has(place) || !slots.has(place) || other !== owner) continue;
			owners.set(place, owner);
			left.push(...slots.get(place).to);
		}
	};
	walk(roots, "");
	for (const name of modules.filter((each) => heads.has(each)))
		walk([heads.get(name), ...[...written].flatMap(([place, of]) => (of === name ? [place] : []))], name);
	return owners;
}

/**
 * `{ code, names, objects }` in bytes by module, in the order in which they are linked, and under "" what is the engine's. A name belongs to the first that has it, and costs nothing where the engine has it.
 * `source`: mc.xs.c; `namesOf(module)`: the names in its bytecode; `known`: those of the engine.
 */
export function flashOf(source, namesOf, known) {
	const slots = slotsOf(source);
	const names = [...tableOf(source, "gxKeys").matchAll(PLACE)].map(([, place]) => Number(place));
	const scripts = [...tableOf(source, "gxScripts").matchAll(/"([^"]+)", \{ XS_MAJOR_VERSION/g)].map(([, name]) => name);
	const roots = [...tableOf(source, "gxStack").matchAll(PLACE)].map(([, place]) => Number(place));
	const bytes = new Map(["", ...scripts].map((name) => [name, { code: 0, names: 0, objects: 0 }]));
	const owners = ownersOf(slots, names, scripts, roots);
	const texts = new Set();
	for (const [place, { kind, text, bytes: length }] of slots) {
		const of = bytes.get(owners.get(place) ?? "");
		if (owners.get(place) === "" && kind === "KEY") continue;
		of.objects += SLOT;
		if (kind === "CODE") of.code += length;
		else if (length > 0 && !texts.has(/".*"/.exec(text)[0])) of.objects += length; // the linker has equal texts once
		texts.add(/".*"/.exec(text)?.[0]);
	}
	const first = new Map([...known].map((name) => [name, ""]));
	for (const script of scripts) for (const name of namesOf(script)) if (!first.has(name)) first.set(name, script);
	for (const place of names) {
		const { text, bytes: length } = slots.get(place);
		bytes.get(first.get(/"(.*?)"/.exec(text)?.[1]) ?? "").names += NAME + length;
	}
	for (const [i, name] of scripts.entries()) {
		const of = bytes.get(name);
		of.objects += SCRIPT + BUILDER * Number(new RegExp(`gxBuilders${i}\\[(\\d+)\\]`).exec(source)?.[1] ?? 0);
		of.code += Number(new RegExp(`gxCode${i}\\[(\\d+)\\]`).exec(source)?.[1] ?? 0);
	}
	const engine = bytes.get("");
	const count = (what) => Number(new RegExp(`${what} (\\d+)`).exec(source)?.[1] ?? 0);
	engine.objects += SLOT * count("#define mxStackCount") + BUILDER * Number(/gxBuilders\[(\d+)\]/.exec(source)?.[1] ?? 0);
	return bytes;
}

/** The names that bytecode of a module, an .xsb, begins with. */
export function namesIn(xsb) {
	for (let at = 8; at < xsb.length; at += xsb.readUInt32BE(at))
		if (xsb.toString("latin1", at + 4, at + 8) === "SYMB")
			return xsb
				.subarray(at + 10, at + xsb.readUInt32BE(at))
				.toString("utf8")
				.split("\0")
				.slice(0, -1);
	return [];
}

/** Those that XS has anyway. */
function namesOfEngine(moddable) {
	const source = readFileSync(join(moddable, "xs/sources/xsCommon.c"), "utf8");
	return new Set([...tableOf(source, "gxIDStrings").matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, name]) => name));
}

/** A table of it for the modules given; nothing where XS's linker has left nothing below `out`. */
export function flashLines(out, modules, moddable) {
	const [path] = filesBelow(out, /^mc\.xs\.c$/);
	if (path === undefined) return [];
	const read = (module) => {
		const file = join(dirname(path), "modules", `${module}.xsb`);
		return existsSync(file) ? namesIn(readFileSync(file)) : [];
	};
	const all = flashOf(readFileSync(path, "utf8"), read, namesOfEngine(moddable));
	const sum = (list) =>
		list.reduce((a, b) => ({ code: a.code + b.code, names: a.names + b.names, objects: a.objects + b.objects }), {
			code: 0,
			names: 0,
			objects: 0,
		});
	const others = [...all].filter(([name]) => name !== "" && !modules.includes(name)).map(([, bytes]) => bytes);
	const rows = [
		...modules.filter((name) => all.has(name)).map((name) => [name, all.get(name)]),
		["natives, SDK", sum(others)],
		["the engine's own", all.get("")],
		["all of these", sum([...all.values()])],
	];
	const wide = Math.max(...rows.map(([name]) => name.length));
	const column = (value) => (typeof value === "number" ? value.toLocaleString("en") : value).padStart(10);
	const line = (name, ...values) => `${name.padEnd(wide)}${values.map(column).join("")}`;
	return [
		line(basename(path), "bytecode", "names", "objects", "bytes"),
		...rows.map(([name, { code, names, objects }]) => line(name, code, names, objects, code + names + objects)),
	];
}
