// The C of the firmware that needs no SDK compiles for every board's processor without a warning.

import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { compilePortable, missing, portableFiles, TOOLCHAINS } from "./toolchains.ts";

for (const toolchain of TOOLCHAINS) {
	const problem = missing(toolchain);
	if (problem !== undefined) console.log(`skipped: ${problem}`);

	describe.skipIf(problem !== undefined)(toolchain.name, { concurrent: true }, () => {
		test.each(portableFiles)("%s compiles without a warning", async (file) => {
			expect(await compilePortable(toolchain, file)).toBe("");
		});

		test("a function that nobody declared is an error", async () => {
			const folder = await mkdtemp(join(tmpdir(), "multihome-cross-"));
			const file = join(folder, "undeclared.c");
			writeFileSync(file, "int f(void);\nint f(void)\n{\n\treturn spiForgotten(1);\n}\n");
			const messages = await compilePortable(toolchain, file);
			await rm(folder, { recursive: true });
			expect(messages).toContain("implicit declaration of function 'spiForgotten'");
		});
	});
}
