// Makes the C of the data path: what the door, src/door.ts, exports and reaches, by build/compile. Files that stay the same are not written again, so
// that nothing is compiled anew for them.   node build/flat.mjs

import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { compileFlat, tell } from "./compile/compile.mjs";
import { hash, hashFiles, root } from "./compile.mjs";
import { nativesModule, nativesSource, unitSource } from "./natives.mjs";
import { wrongOffers } from "./tcp-options.mjs";
import { wrongFormats } from "./wire-offsets.mjs";

/** What the interpreter may call: the second exports all of the first. */
const DOORS = ["src/wire/codec.ts", "src/door.ts"];

/** Whose constants C by hand has, as ETHERNET_HEADER, and places, as FRAMING_BLOCK_RESULT: formats of packets, blocks, and what the turn asks for. */
const LAYOUT = [
	...["ethernet", "ipv4", "tcp", "udp", "icmpv4", "vj"].map((name) => `src/wire/${name}.ts`),
	"src/device/device.ts",
	"src/device/kernels/devices.ts",
	"src/packet/chance-block.ts",
	"src/packet/framing-block.ts",
	"src/packet/news.ts",
	"src/packet/udp-block.ts",
	"src/transport/tcp/data.ts",
	"src/transport/udp/deliver.ts",
	"src/transport/answers.ts",
	"src/turn/requests.ts",
	"src/wire/hdlc.ts",
];

/** What C by hand calls: the sockets and the poll of hosts/engine, and drivers of serial lines. */
const SOCKETS = ["streamByte", "tcpRead", "tcpWrite", "udpRead", "udpSend"];
const POLL = ["turn", "turnBegin", "turnRoom", "turnWaiting"];
const FRAMING = ["framingReset", "framingSpoil", "hdlcDecode", "hdlcEncode", "slipDecode", "slipEncode"];

/** What calls the door and is in no firmware: twins of C, and devices for tests and for the desktop. */
const ELSEWHERE = ["src/device/faults.ts", "src/device/serial-line.ts", "src/io/sockets.ts", "src/turn/poll.ts"];

const headers = ["src", "build/compile/runtime", "hosts/engine"]
	.flatMap((folder) => readdirSync(join(root, folder), { recursive: true }).map((name) => join(root, folder, name)))
	.filter((name) => name.endsWith(".h"))
	.sort();

/** Folders with headers of C by hand, which drivers and the C made here include. */
export const headerFolders = [...new Set(headers.map(dirname))];

/** What a firmware may do without: its functions are C that is made here. */
const PARTS = "src/packet/kernels/parts.ts";

/** Where the C goes, with a manifest that names it. */
export const flatFolder = join(root, "build/out/flat");

/** Tells what was read for what is there now, and what it was. */
const stamp = join(root, "build/out/flat.stamp");

const MODULES = "modules";
const inModules = (name) => `${MODULES}/${name}`;

/** Where each module's C lies, and natives.c. Each file is a unit, too, for who has no use for one of all. */
export const modulesFolder = join(flatFolder, MODULES);

let made;

/** Brings the C up to date, once in a process, and returns its folder. Throws Error with a line for each place that is outside the subset. */
export function makeFlat() {
	if (made) return flatFolder;
	// Of interpreted formats too, which are not among what the stamp knows.
	const wrong = [...wrongFormats(root), ...wrongOffers(root)];
	if (wrong.length > 0) throw new Error(tell(wrong));
	const called = natives();
	if (isSame(called)) {
		made = true;
		return flatFolder;
	}
	const texts = new Map();
	const { files, functions, errors } = compileFlat({
		root,
		door: DOORS,
		layout: LAYOUT,
		external: [...SOCKETS, ...POLL, ...FRAMING],
		read(path) {
			const text = readFileSync(path, "utf8");
			texts.set(relative(root, path), text);
			return text;
		},
	});
	if (errors.length > 0) throw new Error(tell(errors));
	// All in one unit, so that the C compiler sees what it may put in the place of a call, and kernels stand once. The modules' C lies in a folder of its
	// own, as mcconfig compiles a .c that lies beside a header of the manifest.
	files.set("natives.c", nativesSource(functions));
	const sources = [...files.keys()].filter((name) => name.endsWith(".c"));
	const unit = unitSource(sources.map(inModules), hash(...sources.map((name) => files.get(name))));
	const all = new Map([...files].map(([name, text]) => [name.endsWith(".c") ? inModules(name) : name, text]));
	all.set("codec.c", unit).set("codec.js", nativesModule(functions.filter(({ name }) => called.has(name))));
	all.set("codec-all.c", unit).set("codec-all.js", nativesModule(functions));
	all.set("kernels.h", kernels());
	all.set("manifest.json", manifest([...all.keys()]));
	mkdirSync(modulesFolder, { recursive: true });
	for (const [name, text] of all) put(join(flatFolder, name), text);
	for (const name of readdirSync(flatFolder, { recursive: true }))
		if (name !== MODULES && !all.has(name) && !isNew(name)) rmSync(join(flatFolder, name), { recursive: true, force: true });
	put(stamp, stampOf(texts, called, all));
	made = true;
	return flatFolder;
}

/** Whether what was read for the C that is there is as it was. To compile takes most of a second, which every start of the simulation would wait for. */
function isSame(called) {
	if (!existsSync(stamp)) return false;
	const last = readFileSync(stamp, "utf8");
	const textsOf = (folder, names) =>
		new Map(names.map((name) => [name, existsSync(join(folder, name)) ? readFileSync(join(folder, name), "utf8") : "none"]));
	const there = existsSync(flatFolder) ? readdirSync(flatFolder, { recursive: true }) : [];
	const files = there.filter((name) => /\.(c|h|js|json)$/.test(name));
	return last === stampOf(textsOf(root, JSON.parse(last).names), called, textsOf(flatFolder, files));
}

/** What the stamp says when these files were made of these texts, by their paths from the root, and firmware calls these natives. */
function stampOf(texts, called, files) {
	const tools = ["build/flat.mjs", "build/natives.mjs", "package.json", "node_modules/oxc-parser/package.json"];
	const compiler = readdirSync(join(root, "build/compile")).filter((name) => name.endsWith(".mjs"));
	const madeBy = [...tools, ...compiler.map((name) => `build/compile/${name}`)].map((path) => join(root, path));
	const inOrder = (all) => [...all].sort(([a], [b]) => (a < b ? -1 : 1)).flat();
	const sum = hash(hashFiles(madeBy), kernels(), ...called, ...inOrder(texts), ...inOrder(files));
	return JSON.stringify({ names: [...texts.keys()].sort(), hash: sum });
}

/** The functions of the door that a firmware's modules may call, which are its natives. The desktop host, on which tests run, has all. */
function natives() {
	const names = new Set();
	for (const path of ["src", "hosts"].flatMap((folder) =>
		readdirSync(join(root, folder), { recursive: true }).map((name) => join(folder, name)),
	)) {
		if (!path.endsWith(".ts") || path.startsWith("hosts/desktop/") || ELSEWHERE.includes(path)) continue;
		const code = readFileSync(join(root, path), "utf8");
		for (const [, list, all] of code.matchAll(/^import (?:\{([^}]*)\}|\* as (\w+)) from "#codec";/gm))
			for (const [, name] of list === undefined ? code.matchAll(new RegExp(`\\b${all}\\.(\\w+)`, "g")) : list.matchAll(/(\w+)/g))
				names.add(name);
	}
	return names;
}

/** The kernels of all folders named so: what their C declares in headers such as wire-kernels.h; and the parts that a firmware may do without. */
function kernels() {
	const found = headers.map((path) => basename(path)).filter((name) => name.endsWith("-kernels.h"));
	const includes = found.map((name) => `#include "${name}"`);
	return `${["/* Made by build/flat.mjs: the kernels of all folders. */", "#pragma once", ...parts(), ...includes].join("\n")}\n`;
}

/** The functions of src/packet/kernels/parts.ts in C, hasFastOpen by MULTIHOME_FAST_OPEN: a firmware has a header that says which there are, made by build/firmware.mjs; without one all are there. */
function parts() {
	const names = [...readFileSync(join(root, PARTS), "utf8").matchAll(/^export function has(\w+)\(/gm)].map(([, name]) => name);
	const macro = (name) => `MULTIHOME_${name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, "_").toUpperCase()}`;
	return [
		'#if __has_include("multihome-parts.h")',
		'#include "multihome-parts.h"',
		"#else",
		`enum { ${names.map((name) => `${macro(name)} = 1`).join(", ")} };`,
		"#endif",
		...names.map((name) => `static inline int kernel_has${name}(void) { return ${macro(name)}; }`),
	];
}

/** For mcconfig and the desktop host: one native module. The headers are for C by hand. */
function manifest(names) {
	const stems = names.filter((name) => name.endsWith(".h")).map((name) => `./${name.slice(0, -2)}`);
	return JSON.stringify({ modules: { "multihome/codec": "./codec", "multihome/flat": stems } }, null, "\t");
}

/** Whether another process is writing it just now: those of processes that are gone are old. */
function isNew(name) {
	return name.endsWith(".new") && Date.now() - statSync(join(flatFolder, name)).mtimeMs < 60_000;
}

function put(path, text) {
	if (existsSync(path) && readFileSync(path, "utf8") === text) return;
	// Whole at once: another process may be reading it.
	writeFileSync(`${path}.${process.pid}.new`, text);
	renameSync(`${path}.${process.pid}.new`, path);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	try {
		console.log(relative(process.cwd(), makeFlat()));
	} catch (error) {
		console.error(error.message);
		process.exit(1);
	}
}
