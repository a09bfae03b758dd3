// Makes the C of the data path: what the door, src/door.ts, exports and reaches, by build/compile. Files that stay the same are not written again, so
// that nothing is compiled anew for them.   node build/flat.mjs

import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { compileFlat, tell } from "./compile/compile.mjs";
import { hash, hashFiles, root } from "./compile.mjs";
import { nativesModule, nativesSource } from "./natives.mjs";

/** What the interpreter may call: the second exports all of the first. */
const DOORS = ["src/wire/codec.ts", "src/door.ts"];

/** Whose constants C by hand has, as ETHERNET_HEADER, and places, as FRAMING_BLOCK_RESULT: formats of packets, blocks, and what the turn asks for. */
const LAYOUT = [
	...["ethernet", "ipv4", "tcp", "udp", "icmpv4", "vj"].map((name) => `src/wire/${name}.ts`),
	"src/device/device.ts",
	"src/device/kernels/devices.ts",
	"src/packet/framing-block.ts",
	"src/packet/news.ts",
	"src/packet/udp-block.ts",
	"src/transport/tcp/data.ts",
	"src/transport/udp/deliver.ts",
	"src/transport/udp/send.ts",
	"src/turn/requests.ts",
	"src/wire/hdlc.ts",
];

/** What C by hand calls: the sockets and the poll of hosts/engine, and drivers of serial lines. */
const SOCKETS = ["streamByte", "tcpRead", "tcpWrite", "udpRead", "udpSend"];
const POLL = ["turn", "turnBegin", "turnWaiting"];
const FRAMING = ["framingReset", "framingSpoil", "hdlcDecode", "hdlcEncode", "slipDecode", "slipEncode"];

/** What calls the door and is in no firmware: twins of C, and devices for tests and for the desktop. */
const ELSEWHERE = ["src/device/faults.ts", "src/device/serial-line.ts", "src/io/sockets.ts", "src/turn/poll.ts"];

const headers = ["src", "build/compile/runtime", "hosts/engine"]
	.flatMap((folder) => readdirSync(join(root, folder), { recursive: true }).map((name) => join(root, folder, name)))
	.filter((name) => name.endsWith(".h"))
	.sort();

/** Folders with headers of C by hand, which drivers and the C made here include. */
export const headerFolders = [...new Set(headers.map(dirname))];

/** Where the C goes, with a manifest that names it. */
export const flatFolder = join(root, "build/out/flat");

/** Tells what is there now, and what it was made of. */
const stamp = join(root, "build/out/flat.sha256");

const MODULES = "modules";
const inModules = (name) => `${MODULES}/${name}`;

let made;

/** Brings the C up to date, once in a process, and returns its folder. Throws Error with a line for each place that is outside the subset. */
export function makeFlat() {
	if (made) return flatFolder;
	const inputs = inputsHash();
	if (existsSync(stamp) && readFileSync(stamp, "utf8") === stampOf(inputs)) {
		made = true;
		return flatFolder;
	}
	const { files, functions, errors } = compileFlat({
		root,
		door: DOORS,
		layout: LAYOUT,
		external: [...SOCKETS, ...POLL, ...FRAMING],
	});
	if (errors.length > 0) throw new Error(tell(errors));
	// All in one unit, so that the C compiler sees what it may put in the place of a call, and kernels stand once. The modules' C lies in a folder of its
	// own, as mcconfig compiles a .c that lies beside a header of the manifest.
	const sources = [...files.keys()].filter((name) => name.endsWith(".c"));
	const unit = nativesSource(functions, sources.map(inModules), hash(...sources.map((name) => files.get(name))));
	const all = new Map([...files].map(([name, text]) => [name.endsWith(".c") ? inModules(name) : name, text]));
	const called = natives();
	all.set("codec.c", unit).set("codec.js", nativesModule(functions.filter(({ name }) => called.has(name))));
	all.set("codec-all.c", unit).set("codec-all.js", nativesModule(functions));
	all.set("kernels.h", kernels());
	all.set("manifest.json", manifest([...all.keys()]));
	mkdirSync(join(flatFolder, MODULES), { recursive: true });
	for (const [name, text] of all) put(join(flatFolder, name), text);
	for (const name of readdirSync(flatFolder, { recursive: true }))
		if (name !== MODULES && !all.has(name) && !isNew(name)) rmSync(join(flatFolder, name), { recursive: true, force: true });
	// What changed meanwhile may be in it or not: the next process makes it anew.
	if (inputsHash() === inputs) put(stamp, stampOf(inputs));
	made = true;
	return flatFolder;
}

/** Of all that the C is made of, and of what makes it. To compile takes most of a second, which every start of the simulation would wait for. */
function inputsHash() {
	const under = ["src", "hosts", "build/compile"].flatMap((folder) =>
		readdirSync(join(root, folder), { recursive: true }).map((name) => join(root, folder, name)),
	);
	const tools = ["build/flat.mjs", "build/natives.mjs", "package.json", "node_modules/oxc-parser/package.json"];
	return hashFiles([...under.filter((path) => /\.(ts|h|mjs)$/.test(path)), ...tools.map((path) => join(root, path))]);
}

/** What the stamp says when the C that is there was made of these inputs. */
function stampOf(inputs) {
	const names = existsSync(flatFolder) ? readdirSync(flatFolder, { recursive: true }) : [];
	const files = names.map((name) => join(flatFolder, name)).filter((path) => /\.(c|h|js|json)$/.test(path));
	return hash(inputs, hashFiles(files));
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

/** The kernels of all folders named so: what their C declares in headers such as wire-kernels.h. */
function kernels() {
	const found = headers.map((path) => basename(path)).filter((name) => name.endsWith("-kernels.h"));
	return `${["/* Made by build/flat.mjs: the kernels of all folders. */", ...found.map((name) => `#include "${name}"`)].join("\n")}\n`;
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
