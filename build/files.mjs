// Files that tools of others have made, wherever below a folder they have put them.

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** Paths of the files below a folder whose names match, in their order; none where there is no such folder. */
export function filesBelow(folder, pattern) {
	if (!existsSync(folder)) return [];
	return readdirSync(folder, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile() && pattern.test(entry.name))
		.map((entry) => join(entry.parentPath, entry.name))
		.sort();
}
