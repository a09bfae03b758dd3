// The last module of the bundle that runs on XS: by then every test file has declared its tests.
// Arguments: NAME=VALUE settings (support/env.ts); ONLY=text selects tests by file and name, PART=I/N every N-th file from file I on.

import { exit, now, print } from "host/system";
import { runAll } from "./vitest.ts";

/** The host writes its output before it waits. */
function flush(): Promise<void> {
	return new Promise((resolve) => {
		setTimeout(resolve, 1);
	});
}

try {
	const { ONLY = "", PART = "0/1" } = (globalThis as { testEnvironment?: Record<string, string> }).testEnvironment ?? {};
	const [first, of] = PART.split("/").map(Number);
	await runAll({ print, now, flush }, ONLY, { first: first!, of: of! });
	exit(0);
} catch (error) {
	print(`@broken ${JSON.stringify(String(error))}`);
	exit(1);
}
