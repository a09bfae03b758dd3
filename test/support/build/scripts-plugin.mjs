// The module "virtual:scripts": every test/rfc/scripts/*.pkt as text, by file name, for vitest and for the XS bundle alike
// (XS has no file system of its own).
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const NAME = "virtual:scripts";
const folder = new URL("../../rfc/scripts/", import.meta.url);

/** A plugin for rollup and for Vite. */
export function scripts() {
	return {
		name: "multihome-scripts",
		resolveId(id) {
			return id === NAME ? "\0" + NAME : null;
		},
		load(id) {
			if (id !== "\0" + NAME) return null;
			const all = {};
			for (const name of readdirSync(folder).sort()) {
				if (!name.endsWith(".pkt")) continue;
				const path = fileURLToPath(new URL(name, folder));
				this.addWatchFile?.(path);
				all[name] = readFileSync(path, "utf8");
			}
			return `export default ${JSON.stringify(all)};`;
		},
	};
}
