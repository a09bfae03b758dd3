// Which modules a firmware carries: those that its board file needs, that its program imports, and that it uses by `device.network`.

import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "multihome-carried-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** As build/firmware.mjs has it made, with a board that has these parts of hosts/links. */
async function carried(program: string, parts: string[] = [], others = false): Promise<string[]> {
	const path = join(folder, "program.ts");
	writeFileSync(path, program);
	const script = `
		import { bundle, bundleFirmware } from ${JSON.stringify(join(root, "build/bundle.mjs"))};
		await bundle();
		const parts = ${JSON.stringify(parts)};
		const board = (pathOf) => parts.map((part) => \`import \${part} from "\${pathOf(\`hosts/links/\${part}.ts\`)}";\`).join("\\n")
			+ \`\\nexport const board = 0, settings = 0, providers = 0; export const parts = [\${parts}];\`;
		const { carried } = await bundleFirmware({ folder: ${JSON.stringify(folder)}, board, program: ${JSON.stringify(path)}, others: ${others} });
		console.log(JSON.stringify(carried));
	`;
	const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], { cwd: root });
	return JSON.parse(stdout) as string[];
}

describe("a firmware", () => {
	it("carries the core, and nothing else for a program that uses its sockets", async () => {
		expect(await carried("export default ({ io }) => new io.UDP({ port: 7 });")).toEqual(["multihome"]);
	});

	it("carries what its board file needs", async () => {
		expect(await carried("export default () => {};", ["ethernet", "ppp", "dhcp"])).toEqual([
			"multihome",
			"multihome/ppp",
			"multihome/dhcp",
		]);
		expect(await carried("export default () => {};", ["ethernet", "linklocal", "mdns"])).toEqual([
			"multihome",
			"multihome/linklocal",
			"multihome/responder",
		]);
		expect(await carried("export default () => {};", ["slip", "dns"])).toEqual(["multihome", "multihome/slip", "multihome/dns"]);
	});

	it("carries what its program imports, by any of its names, with what that takes", async () => {
		expect(
			await carried('import Resolver from "embedded:network/dns/resolver/udp"; export default () => new Resolver();'),
		).toEqual(["multihome", "multihome/dns", "multihome/io/dns"]);
		expect(await carried('import "multihome/mdns"; export default () => {};')).toEqual([
			"multihome",
			"multihome/dns",
			"multihome/mdns",
		]);
	});

	it("carries what its program uses by device.network", async () => {
		expect(await carried("export default ({ network }) => network.interfaces.list;")).toEqual(["multihome", "multihome/network"]);
		expect(await carried("export default (device) => device.network.http.io;")).toEqual(["multihome", "multihome/dns"]);
		expect(await carried('export default () => System.resolve("example.com", () => {});')).toEqual([
			"multihome",
			"multihome/dns",
		]);
		// A property of that name is not enough.
		expect(await carried("export default ({ stack }) => stack.interfaces.list;")).toEqual(["multihome"]);
	});

	it("carries all modules where a manifest brings what cannot be looked through", async () => {
		const all = await carried("export default () => {};", [], true);
		expect(all).toContain("multihome/ping");
		expect(all).toContain("multihome/io/slip");
	});
});
