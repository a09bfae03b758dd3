// The modules of the project, all of them from one list, src/modules.json: what programs import and a firmware carries or does without. Bundles, manifests,
// the package's entries, mcpack's and the declarations come from it.
//   name     what programs import
//   source   whose exports those are
//   also     the name of ECMA-419 or Moddable, for a module with a default export alone
//   device   names on `device.network` behind which it stands (hosts/network.ts): a program that uses one of them has the module in its firmware
//   options  names of options of sockets, likewise
//   what     for people

import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { IMPORT, put } from "./join.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const out = join(root, "build/out");

/** Where the bundles for XS are, and their manifests. */
export const XS = { bundles: join(out, "xs"), manifests: join(out, "manifests") };
/** Those for firmware that has these parts of the data path, src/packet/kernels/parts.ts, or lacks them. */
export function xsOf({ ipv6, fastOpen }) {
	const lacks = [...(ipv6 ? [] : ["ipv6"]), ...(fastOpen ? [] : ["fastopen"])];
	if (lacks.length === 0) return XS;
	const folder = join(out, `without-${lacks.join("-")}`);
	return { bundles: join(folder, "xs"), manifests: join(folder, "manifests"), lacks };
}

/** @type {readonly { name: string, source: string, also?: string, device?: string[], options?: string[], what?: string }[]} */
export const MODULES = JSON.parse(readFileSync(join(root, "src/modules.json"), "utf8"));

/** The drivers are for boards and the desktop host, and joined by themselves. */
export const DRIVERS = "multihome/drivers";

/** Those of src. */
export const OURS = MODULES.filter(({ name }) => name !== DRIVERS);

/** Both names of those that have two. */
export const NAMES = OURS.flatMap(({ name, also }) => (also === undefined ? [name] : [name, also]));

/** Where a module's file lies in a folder of bundles, without an extension: "ppp", "io/tcp", "embedded/io/socket/tcp". */
export function fileOf(name) {
	return name === "multihome" ? name : name.replace(/^multihome\//, "").replace(":", "/");
}

/** `exports` of package.json, as far as modules are concerned. A test compares. */
export function packageExports() {
	const entry = ({ name, source }) => [
		name.replace(/^multihome/, "."),
		{
			types: `./build/out/types/${source.replace(/\.ts$/, ".d.ts")}`,
			moddable: `./build/out/mcpack/${fileOf(name)}.js`,
			...(name === DRIVERS ? {} : { default: `./build/out/node/${fileOf(name)}.js` }),
		},
	];
	return Object.fromEntries(MODULES.map(entry));
}

/** Whether a module has a default export. */
export function hasDefault({ source }) {
	return /\bas default\b/.test(readFileSync(join(root, source), "utf8"));
}

/** What mcpack follows for a module: it cannot read natives, so it is told that the module is in the manifest. */
export function mcpackEntry(module) {
	const from = JSON.stringify(`moddable:${module.name}`);
	// Those of one class have nothing else.
	return `${!module.name.startsWith("multihome/io/") ? `export * from ${from};\n` : ""}${hasDefault(module) ? `export { default } from ${from};\n` : ""}`;
}

/** A manifest for Moddable's build. `names` of modules, the files of which lie in `folder`, as seen from the manifest. All are preloaded: they lie in flash, and cost no RAM. */
function manifestOf(names, folder) {
	return {
		modules: Object.fromEntries(names.map((name) => [name, `${folder}/${fileOf(name)}`])),
		preload: [...names],
	};
}

/** Where a module's bundle for XS is. */
export const pathOf = (name, { bundles } = XS) => join(bundles, `${fileOf(name)}.js`);

/** The modules of the list that a bundle for XS imports: each in the file it was joined to. */
export async function importsOf(path) {
	const code = await readFile(path, "utf8");
	const names = [...code.matchAll(IMPORT)].map(([, name]) => name);
	return [...new Set(names)].filter((name) => NAMES.includes(name));
}

/** The natives of "multihome/codec" that bundles for XS, by their paths, import. */
export async function nativesOf(paths) {
	const found = new Set();
	for (const path of paths) {
		const code = await readFile(path, "utf8");
		for (const [, list, all] of code.matchAll(/^import (?:\{([^}]*)\}|\* as (\w+)) from "multihome\/codec";/gm))
			for (const [word] of list?.matchAll(/\w+/g) ?? code.matchAll(new RegExp(`(?<=\\b${all}\\.)\\w+`, "g"))) found.add(word);
	}
	return found;
}

/** The modules given, which may go by their other names, and all that they import, in the order of the list. */
export async function closureOf(names) {
	const found = new Set();
	const next = [...names];
	while (next.length > 0) {
		const name = next.pop();
		if (found.has(name)) continue;
		found.add(name);
		next.push(...(await importsOf(pathOf(name))));
	}
	return MODULES.filter(({ name }) => found.has(name)).map(({ name }) => name);
}

/** Where a module's manifest is. */
export const manifestPath = (name, { manifests } = XS) => join(manifests, `${fileOf(name)}.json`);

/** The other names of modules, as a manifest in `folder` has them. */
export function standardNames(names, folder, { bundles } = XS) {
	const also = OURS.filter(({ name }) => names.includes(name)).flatMap((each) => each.also ?? []);
	return manifestOf(also, relative(folder, bundles));
}

/** A manifest for each module, which includes those that it takes; one for all of them, and one for their other names. */
export async function makeManifests(build = XS) {
	const make = async (file, manifest) => {
		const path = manifestPath(file, build);
		const include = [join(root, "hosts/engine/manifest.json"), ...manifest.include].map((found) =>
			relative(dirname(path), found).replace(/^(?!\.)/, "./"),
		);
		await put(
			path,
			`${JSON.stringify({ include, ...manifestOf(manifest.names, relative(dirname(path), build.bundles)) }, null, "\t")}\n`,
		);
	};
	for (const { name } of OURS)
		await make(name, {
			names: [name],
			include: (await importsOf(pathOf(name, build))).map((each) => manifestPath(each, build)),
		});
	await make("multihome/all", { names: OURS.map(({ name }) => name), include: [] });
	await make("multihome/sockets", { names: OURS.flatMap(({ also }) => also ?? []), include: [] });
}
