// TypeScript to JavaScript modules: `tsc` removes the types, rollup joins the files (join.mjs).
//   build/out/xs/multihome.js …    the modules of src/modules.json, for XS; their natives stay imports ("multihome/codec" and so on)
//   build/out/xs/embedded/**/*.js  "embedded:io/socket/tcp" and so on: the same by the names of ECMA-419 and Moddable
//   build/out/without-…    both without IPv6, or Fast Open, for firmware that has none (bundleWithout)
//   build/out/manifests/**/*.json  what Moddable's build wants to know of each module, and of those that it takes
//   build/out/desktop/desktop.js   what the desktop host runs first
//   build/out/desktop/timer.js …   Moddable's modules "timer", "time" and "system", for programs
//   build/out/desktop/simulate.js  the command line and the gateway, for Node, with the natives' TypeScript twins
//   build/out/desktop/board.js     likewise the board emulator, on its own (bundleBoard)
// Nothing is done when no source has changed. `node build/bundle.mjs` does it alone.

import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { makeFlat } from "./flat.mjs";
import { unlessSame, upToDate } from "./inputs.mjs";
import { joinModules, joinTogether, put } from "./join.mjs";
import { DRIVERS, NAMES, OURS, XS, closureOf, fileOf, makeManifests, pathOf, xsOf } from "./modules.mjs";

export { joinModules };

const root = fileURLToPath(new URL("..", import.meta.url));
const out = join(root, "build/out");
const require = createRequire(import.meta.url);

/** What the XS host brings, or finds by a `-m` mapping. */
const XS_EXTERNAL = /^(multihome|program|system|time|timer)$|^(multihome|host|bench|sdk|test)\/|^embedded:/;

/** Any module by name: where a manifest brings more. */
const BARE = /^[^./]/;

/** What the natives' names stand for on XS. */
const NATIVES = {
	"#codec": "multihome/codec",
	"#memory": "multihome/memory",
	"#poll": "multihome/poll",
	"#host": "multihome/host",
	"#sockets": "multihome/sockets",
};

/** And on Node, where `js` has what the compiler made. */
export const twinsIn = (js) => ({
	"#codec": join(js, "src/door.js"),
	"#memory": join(js, "src/packet/memory.js"),
	"#host": join(js, "src/host/host.js"),
	"#poll": join(js, "src/turn/poll.js"),
	"#sockets": join(js, "src/io/sockets.js"),
});

/** Files without state, most of them formats and constants: each module that needs one has its own copy of what it uses of it. What such a one imports for all but its types must be one, too, or of the core. */
const COPIED =
	/\/src\/(config|wire\/[\w-]+|packet\/(drops|fields|record|bounds|[\w-]+-(block|table))|device\/(device|serial)|link\/(ppp\/packets|state-table|vj|line-device|line-state))\.js$/;

/** How the project's own modules are joined for XS; a program keeps its names, for who looks for its faults. */
const OURS_FOR_XS = { inline: true, short: true };

const desktop = join(out, "desktop");

/** Where the bundles are. */
export const paths = {
	multihome: pathOf("multihome"),
	drivers: pathOf(DRIVERS),
	desktop: join(desktop, "desktop.js"),
	timer: join(desktop, "timer.js"),
	time: join(desktop, "time.js"),
	system: join(desktop, "system.js"),
	simulate: join(desktop, "simulate.js"),
};

/** What programs on the desktop host may import, by name: for the host's option -m. */
export const modules = {
	timer: paths.timer,
	time: paths.time,
	system: paths.system,
	...Object.fromEntries(NAMES.map((name) => [name, pathOf(name)])),
};

/** Brings the bundles up to date, and the C that natives are made of: what mcconfig needs of us. */
export async function bundle() {
	const targets = [...Object.values(paths), ...Object.values(modules)];
	const about = {
		name: "bundle",
		folders: ["src", "drivers", "hosts"],
		targets,
		label: "bundling the stack and the desktop host",
	};
	await upToDate(about, makeBundles);
	makeFlat();
	return paths;
}

async function makeBundles(js, progress) {
	// The C is made while tsc, a process of its own, is busy.
	const compiling = compileProjects(["hosts/tsconfig.json", "hosts/desktop/tsconfig.json"], js);
	const all = await Promise.allSettled([compiling, (async () => makeFlat())()]);
	for (const { reason } of all) if (reason !== undefined) throw reason;
	progress.step("joining the modules");
	const make = (outputs, join) => unlessSame(js, outputs, join);
	const forXS = (source, path) => make([path], () => joinModules(join(js, source), path, NATIVES, XS_EXTERNAL, OURS_FOR_XS));
	await Promise.all([
		make(
			NAMES.map((name) => pathOf(name)),
			() => joinForXS(js, XS, {}),
		),
		forXS("drivers/index.js", paths.drivers),
		forXS("hosts/desktop/main.js", paths.desktop),
		forXS("hosts/desktop/timer.js", paths.timer),
		forXS("hosts/desktop/time.js", paths.time),
		forXS("hosts/desktop/system-module.js", paths.system),
		make([paths.simulate], () =>
			joinModules(join(js, "hosts/desktop/simulate.js"), paths.simulate, twinsIn(js), /^(node:|ajv|ws$)/, { treeshake: false }),
		),
	]);
}

/** Joins the modules for XS, with those parts of the data path that `parts` does not deny, and makes their manifests. `js` is the folder that they were compiled into. Answers what joinTogether does. */
async function joinForXS(js, build, parts) {
	const options = { copied: COPIED, importAs: (name) => name, inline: true, parts };
	const joined = await joinTogether(entriesOf(js), build.bundles, NATIVES, XS_EXTERNAL, options);
	for (const { name, also } of OURS)
		if (also !== undefined) await put(pathOf(also, build), `export { default } from ${JSON.stringify(name)};\n`);
	await makeManifests(build);
	return joined;
}

/** Brings the bundles for firmware that lacks IPv6 or Fast Open up to date: only who builds such a one waits for them. Answers where they are. */
export async function bundleWithout(parts) {
	const build = xsOf(parts);
	if (build === XS) return XS;
	const targets = OURS.map(({ name }) => pathOf(name, build));
	const label = `bundling the stack without ${build.lacks.join(" and ")}`;
	await upToDate({ name: `without-${build.lacks.join("-")}`, folders: ["src"], targets, label }, async (js) => {
		await compileProjects(["hosts/tsconfig.json"], js);
		await joinForXS(js, build, { hasIpv6: parts.ipv6, hasFastOpen: parts.fastOpen });
	});
	return build;
}

const entriesOf = (js) =>
	OURS.map(({ name, source }) => ({ name, input: join(js, source.replace(/\.ts$/, ".js")), file: fileOf(name) }));

/** Joins the modules for Node, with the natives' twins. `js` is the folder that they were compiled into. */
export async function joinForNode(js) {
	const twins = twinsIn(js);
	await joinTogether(entriesOf(js), join(out, "node"), twins, /^$/, { copied: COPIED, importAs: (_name, path) => path });
}

/** Compiles projects of this repository to JavaScript in `folder`, as the first of them says. */
export async function compileProjects(projects, folder) {
	const path = join(folder, "tsconfig.json");
	const include = projects.flatMap((project) =>
		JSON.parse(readFileSync(join(root, project), "utf8")).include.map((each) => join(root, dirname(project), each)),
	);
	const compilerOptions = {
		noCheck: true,
		declaration: false,
		sourceMap: true,
		resolveJsonModule: true,
		rootDir: root,
		outDir: folder,
	};
	await writeFile(path, JSON.stringify({ extends: join(root, projects[0]), compilerOptions, include }));
	await tsc("-p", path);
}

/** Brings the board emulator's bundle up to date, and returns its path. */
export async function bundleBoard() {
	const target = join(desktop, "board.js");
	const about = {
		name: "board",
		folders: ["src", "hosts", "test/board"],
		targets: [target],
		label: "bundling the board emulator",
	};
	await upToDate(about, async (js) => {
		const project = join(root, "test/board/tsconfig.json");
		await tsc("-p", project, "--noCheck", "--noEmit", "false", "--sourceMap", "--rootDir", root, "--outDir", js);
		await joinModules(join(js, "test/board/main.js"), target, twinsIn(js), /^(node:|ajv|rp2040js$)/);
	});
	return target;
}

/**
 * Makes one module of an application, TypeScript or JavaScript, with everything that it imports by a relative path, and writes
 * it with its source map into `folder`. `inline` as for the stack. Throws Error with one line that says what is wrong and where.
 */
export async function bundleApp(file, folder, { inline = false } = {}) {
	const target = join(folder, "app.js");
	// A program is taken as it is: what looks unused may be there for what it does.
	await compiled(folder, [file], (js) =>
		joinModules(js(file), target, NATIVES, XS_EXTERNAL, { treeshake: false, inline, opens: ours(js) }),
	);
	return target;
}

/**
 * Makes a board's two modules in `folder`: main.js, with the drivers and links it takes, and program.js; those of the stack are `bundle()`'s. `board(path, needed)` is the source of the module "board", given
 * how it may import a file of the project, and which modules of the list the program needs; `others`: the program takes more than can be seen here. Answers whether the program may be preloaded, which is
 * when it is a function and does nothing before it is called, and which modules of the list the two need.
 */
export async function bundleFirmware({ folder, board, program, others = false }) {
	const main = join(root, "hosts/firmware/main.ts");
	const addresses = join(root, "hosts/firmware/hardware-address.ts");
	const drivers = ["w5500", "enc28j60", "wifi", "emac", "uart"].map((name) => join(root, `drivers/${name}/device.ts`));
	const links = (await readdir(join(root, "hosts/links")))
		.filter((name) => name.endsWith(".ts"))
		.map((name) => join(root, "hosts/links", name));
	return await compiled(folder, [main, addresses, program, ...drivers, ...links], async (js, work) => {
		const needed = ({ imports }, more) =>
			others ? OURS.map(({ name }) => name) : closureOf([...imports.filter((name) => NAMES.includes(name)), ...more]);
		const path = join(folder, "program.js");
		const external = others ? BARE : XS_EXTERNAL;
		const second = await joinModules(js(program), path, NATIVES, external, { treeshake: false, inline: true, opens: ours(js) });
		const ofProgram = await needed(second, usedByName(await readFile(path, "utf8")));
		const made = join(work, "board.js");
		await writeFile(
			made,
			board((path) => `./${relative(work, js(join(root, path)))}`, ofProgram),
		);
		const aliases = { ...NATIVES, board: made };
		const first = await joinModules(js(main), join(folder, "main.js"), aliases, XS_EXTERNAL, OURS_FOR_XS);
		return { preloaded: second.exports.includes("default"), carried: await needed(first, ofProgram) };
	});
}

/** Of the project's own files, examples among them: what a program keeps private stays so. */
const ours = (js) => (path) => path.startsWith(`${js(root)}/`);

/** The modules that a program comes to by `device.network`, by `System.resolve`, which asks its resolver, or by options of its sockets: whoever uses one of these has written its name. */
function usedByName(code) {
	const written = (name) => new RegExp(`\\b${name}\\b`).test(code);
	const resolves = written("System") && written("resolve");
	return OURS.filter(
		({ name, device = [], options = [] }) =>
			(resolves && name === "multihome/dns") || (written("network") && device.some(written)) || options.some(written),
	).map(({ name }) => name);
}

/** Has the files and what they import compiled into a folder that is there while `use` runs, which is told where a file's JavaScript is. */
async function compiled(folder, files, use) {
	const work = await mkdtemp(join(folder, "js-"));
	const project = join(work, "tsconfig.json");
	const compilerOptions = {
		target: "ES2022",
		module: "preserve",
		moduleResolution: "bundler",
		allowJs: true,
		noCheck: true,
		rewriteRelativeImportExtensions: true,
		sourceMap: true,
		types: [],
		rootDir: "/",
		outDir: work,
	};
	try {
		await writeFile(project, JSON.stringify({ compilerOptions, files: files.map((file) => resolve(file)) }));
		await tsc("-p", project);
		return await use((file) => join(work, resolve(file).replace(/\.([cm]?)tsx?$/, ".$1js")), work);
	} finally {
		await rm(work, { recursive: true, force: true });
	}
}

/** Runs the compiler. TypeScript 7 has no programming interface; its command line is all there is. */
export function tsc(...args) {
	const command = join(dirname(require.resolve("typescript/package.json")), "bin/tsc");
	return new Promise((done, failed) => {
		execFile(process.execPath, [command, "--pretty", "false", ...args], { cwd: root }, (error, stdout) => {
			if (error === null) done();
			else failed(new Error(stdout.trim().split("\n")[0] || error.message));
		});
	});
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
	const more = process.argv.slice(2);
	if (more.length === 0) await bundle();
	else {
		process.stderr.write(`${more.join(" ")}: expected nothing, bundling has no options\n`);
		process.exitCode = 2;
	}
}
