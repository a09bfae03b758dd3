import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

it("the API reference can be made: every export has a docstring, every class an example, and typedoc has nothing to warn of", async () => {
	const said = await new Promise<string>((done) => {
		execFile(process.execPath, ["build/docs.mjs"], (error, out, err) => done(error === null ? err : out + err));
	});
	expect(said).toBe("");
	const text = readFileSync("build/out/docs/api.md", "utf8");
	for (const name of ["TCP", "Listener", "UDP", "Resolver", "Network", "Ping", "Stack", "DhcpClient"])
		expect(text, `${name} is missing`).toContain(`### ${name}\n`);
	expect(text).toContain('"multihome/io/tcp"');
	expect(text).not.toContain("TCPSocket");
});
