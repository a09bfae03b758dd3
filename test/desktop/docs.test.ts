import { execFile } from "node:child_process";
import { expect, it } from "vitest";

it("the API reference in docs/ is what the docstrings say, none is missing, and typedoc has nothing to warn of", async () => {
	const said = await new Promise<string>((done) => {
		execFile(process.execPath, ["build/docs.mjs", "--check"], (error, out, err) => done(error === null ? "" : out + err));
	});
	expect(said).toBe("");
});
