// Builds an addon of Node from C files, when anything that goes into it has changed.

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { compile, filesIn, hash, hashFiles, makeOnce, objectOf, root, run } from "./compile.mjs";

const headers = join(root, "node_modules/node-api-headers/include");
const flags = ["-std=gnu11", "-O2", "-g", "-Wall", "-Wextra", "-Werror", "-fPIC"];

/** Returns the path of build/out/NAME/NAME.node. `label`: said before it is built, and with the time it took. */
export async function buildAddon(name, sources, label) {
	if (!existsSync(headers)) throw new Error("the headers of Node's API are missing: run `npm install`");
	const folder = join(root, "build/out", name);
	const addon = join(folder, `${name}.node`);
	const ourHeaders = [...new Set(sources.map((path) => dirname(path)))].flatMap((path) => filesIn(path, ".h"));
	const headersHash = hashFiles([...ourHeaders, ...filesIn(headers, ".h")]);
	const objects = sources.map((path) => objectOf(path, readFileSync(path), flags, headersHash, join(folder, "objects")));
	await makeOnce(folder, addon, hash(...objects.map((item) => item.object)), label, async (unfinished, progress) => {
		await compile(objects, [`-I${headers}`], progress);
		await run("gcc", ["-shared", ...objects.map((item) => item.object), "-o", unfinished]);
	});
	return addon;
}
