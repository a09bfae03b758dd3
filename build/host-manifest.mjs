// Reads the manifests that mcconfig reads too, and lists the native modules in them.

import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

/**
 * A module of the manifests that has C in it.
 * @typedef {{ specifier: string, c: string, js: string | undefined }} NativeModule
 */

/**
 * The native modules of a manifest and of those it includes, by specifier. An entry names a file without its extension; it is
 * native when there is a `.c`. The others are plain ECMAScript, which the bundler takes care of.
 * @returns {NativeModule[]}
 */
export function nativeModules(manifestPath) {
	const modules = new Map();
	collect(resolve(manifestPath), modules, new Set());
	return [...modules.values()].sort((a, b) => (a.specifier < b.specifier ? -1 : 1));
}

function collect(manifestPath, modules, seen) {
	if (seen.has(manifestPath)) return;
	seen.add(manifestPath);
	const folder = dirname(manifestPath);
	const manifest = JSON.parse(readFileSync(manifestPath, "utf8"));
	for (const include of [manifest.include ?? []].flat()) {
		// `$(MODDABLE)/…` is the SDK's own, as are modules from there; the desktop host has no part of it.
		if (include.startsWith("$(")) continue;
		const path = resolve(folder, include);
		if (!existsSync(path)) throw new Error(`${manifestPath} includes ${include}, which is not there: run \`npm run bundle\``);
		collect(path, modules, seen);
	}
	for (const [key, value] of Object.entries(manifest.modules ?? {})) {
		for (const entry of [value].flat()) {
			if (typeof entry === "object") {
				for (const [name, stem] of Object.entries(entry)) add(modules, name, resolve(folder, stem));
			} else if (!entry.includes("*") && !entry.startsWith("$(")) {
				const stem = resolve(folder, entry);
				add(modules, key === "*" ? basename(stem) : key.replace(/\*$/, basename(stem)), stem);
			}
		}
	}
}

function add(modules, specifier, stem) {
	const path = join(dirname(stem), basename(stem));
	// Headers stand in a manifest for mcconfig, which compiles anew what may include them.
	const extensions = [".c", ".js", ".ts", ".mjs", ".h"].filter((extension) => existsSync(path + extension));
	if (extensions.length === 0) throw new Error(`module ${specifier} of the manifests: there is no ${path}.js, .ts or .c`);
	if (extensions.includes(".c")) {
		modules.set(specifier, { specifier, c: `${path}.c`, js: extensions.includes(".js") ? `${path}.js` : undefined });
	}
}
