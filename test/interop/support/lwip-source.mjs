// Where lwIP's source is: Debian's, which is not part of this repository.

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const fetched = fileURLToPath(new URL("../../../build/out/lwip", import.meta.url));

/** What brings it to where it is looked for; Debian's sources have to be among apt's. */
export const FETCH = "mkdir -p build/out/lwip && (cd build/out/lwip && apt-get source lwip)";

/** lwIP's src folder, or undefined: it was not fetched. */
export function lwipSource() {
	const names = existsSync(fetched) ? readdirSync(fetched) : [];
	return names.map((name) => join(fetched, name, "src")).find((source) => existsSync(join(source, "netif", "ppp", "pppos.c")));
}

/** The C files of some folders below it. */
export function lwipFiles(source, folders) {
	return folders.flatMap((folder) =>
		readdirSync(join(source, folder))
			.filter((name) => name.endsWith(".c"))
			.map((name) => join(source, folder, name)),
	);
}
