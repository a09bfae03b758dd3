// Reads manifests of the Moddable SDK, as much of mcconfig's format as its network modules need: include, build (variables), modules
// with wildcards, config, and platforms, of which "lin" is ours. C, preload, defines, resources and creation are left aside: nothing is compiled.

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

const PLATFORM = "lin";
/** Manifests for the platform below the network modules: what the desktop host is instead. */
const PLATFORM_OWN = /^(examples\/manifest_(base|net|typings)|modules\/(io|files\/resource)\/manifest)\.json$/;

/**
 * The ECMAScript modules of these manifests by the names that they are imported by, absolute paths below `sdk`; and what mcconfig would make
 * the module "mc/config" of. Throws Error for a file that is not there and a variable that is not known.
 * @param {string} sdk the SDK's folder
 * @param {string[]} manifests paths below it
 * @returns {{ modules: Map<string, string>, config: object }}
 */
export function readManifests(sdk, manifests) {
	const reader = new Reader(sdk);
	for (const manifest of manifests) reader.include(join(sdk, manifest));
	return { modules: reader.modules, config: reader.config };
}

class Reader {
	modules = new Map();
	config = {};
	#sdk;
	#seen = new Set();
	#variables;

	constructor(sdk) {
		this.#sdk = sdk;
		this.#variables = new Map([
			["MODDABLE", sdk],
			["MODULES", join(sdk, "modules")],
			["BUILD", join(sdk, "build")],
		]);
	}

	include(path) {
		if (this.#seen.has(path) || PLATFORM_OWN.test(path.slice(this.#sdk.length + 1))) return;
		this.#seen.add(path);
		if (!existsSync(path)) throw new Error(`manifest ${path}: no such file`);
		this.#read(JSON.parse(readFileSync(path, "utf8")), dirname(path));
	}

	#read(manifest, folder) {
		for (const [name, value] of Object.entries(manifest.build ?? {})) this.#variables.set(name, this.#expand(value));
		for (const each of [manifest.include ?? []].flat()) this.include(this.#path(each, folder));
		Object.assign(this.config, manifest.config);
		for (const [name, value] of Object.entries(manifest.modules ?? {}))
			for (const stem of [value].flat()) this.#add(name, this.#path(stem, folder));
		const platform = manifest.platforms?.[PLATFORM];
		if (platform !== undefined) this.#read(platform, folder);
	}

	/** Later entries of a name win, as in mcconfig. A stem that only names C is no module. */
	#add(name, stem) {
		if (!stem.includes("*")) {
			if (existsSync(`${stem}.js`)) this.modules.set(name.replace("*", basename(stem)), `${stem}.js`);
			else if (!existsSync(`${stem}.c`)) throw new Error(`module ${name}: there is no ${stem}.js`);
			return;
		}
		const [before, after] = basename(stem).split("*");
		for (const file of readdirSync(dirname(stem))) {
			if (!file.startsWith(before) || !file.endsWith(`${after}.js`)) continue;
			const part = file.slice(before.length, file.length - after.length - ".js".length);
			this.modules.set(name.replace("*", part), join(dirname(stem), file));
		}
	}

	#path(text, folder) {
		return resolve(folder, this.#expand(text));
	}

	#expand(text) {
		return text.replace(/\$\((\w+)\)/g, (_all, name) => {
			const value = this.#variables.get(name);
			if (value === undefined) throw new Error(`manifest: $(${name}) is not known`);
			return value;
		});
	}
}
