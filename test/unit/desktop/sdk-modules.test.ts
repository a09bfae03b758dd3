// Node only. What test/sdk makes of a Moddable SDK's manifests and of its declarations of C, on an SDK of a few files.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { bound, hasDeclarations } from "../../sdk/modules/declarations.mjs";
import { readManifests } from "../../sdk/modules/manifests.mjs";

const folder = mkdtempSync(join(tmpdir(), "multihome-sdk-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** An SDK of these files; a manifest is given as an object. */
function sdk(name: string, files: Record<string, string | object>): string {
	for (const [path, content] of Object.entries(files)) {
		const target = join(folder, name, path);
		mkdirSync(dirname(target), { recursive: true });
		writeFileSync(target, typeof content === "string" ? content : JSON.stringify(content));
	}
	return join(folder, name);
}

describe("manifests of a Moddable SDK", () => {
	it("give modules by name: of included manifests, with variables and wildcards, for Linux", () => {
		const path = sdk("whole", {
			"examples/a/manifest.json": {
				build: { PARTS: "$(MODULES)/parts" },
				include: ["./more.json", "$(MODDABLE)/examples/manifest_base.json"],
				modules: { "*": ["./main", "$(PARTS)/*"], "ssl/*": "$(PARTS)/ssl_*", named: "../b/other" },
				config: { tls: true },
				platforms: { lin: { modules: { here: "./lin" } }, mac: { modules: { there: "./nowhere" } } },
			},
			"examples/a/more.json": { include: "./manifest.json", modules: { "embedded:x/y": "./main", named: "./main" } },
			"examples/a/main.js": "",
			"examples/a/lin.js": "",
			"examples/b/other.js": "",
			"modules/parts/one.js": "",
			"modules/parts/one.c": "",
			"modules/parts/ssl_two.js": "",
		});
		const { modules, config } = readManifests(path, ["examples/a/manifest.json"]);
		expect(Object.fromEntries([...modules].map(([name, file]) => [name, file.slice(path.length + 1)]))).toEqual({
			main: "examples/a/main.js",
			one: "modules/parts/one.js",
			ssl_two: "modules/parts/ssl_two.js",
			"ssl/two": "modules/parts/ssl_two.js",
			named: "examples/b/other.js",
			"embedded:x/y": "examples/a/main.js",
			here: "examples/a/lin.js",
		});
		expect(config).toEqual({ tls: true });
	});

	it("name what is missing", () => {
		const path = sdk("torn", {
			"a.json": { modules: { gone: "./gone" } },
			"b.json": { include: "$(NOBODY)/x.json" },
			"c.json": { modules: { native: "./native" } },
			"native.c": "",
		});
		expect(() => readManifests(path, ["a.json"])).toThrow(/^module gone: there is no .*gone\.js$/);
		expect(() => readManifests(path, ["b.json"])).toThrow("manifest: $(NOBODY) is not known");
		expect(() => readManifests(path, ["d.json"])).toThrow(/^manifest .*d\.json: no such file$/);
		expect(readManifests(path, ["c.json"]).modules.size).toBe(0);
	});
});

describe("declarations of C", () => {
	it("become calls with all arguments, in classes, objects and functions, and nothing else changes", () => {
		const source = [
			'export class Thing @ "xs_gone" {',
			'\tconstructor(type) @ "xs_make";',
			'\tget size() @ "xs_size";',
			'\tset size() @ "xs_resize";',
			'\tadd(a, b) { return native("xs_add").call(this, a, b); }',
			'\tplain() { return "@ home"; }',
			"}",
			'export const object = { go(n) @ "xs_go", other: 1 };',
			'export function free(a) @ "xs_free";',
		].join("\n");
		expect(hasDeclarations(source)).toBe(true);
		expect(hasDeclarations('// @ "xs_comment"\nclass A { write(a) { mail("x@y"); } }')).toBe(false);
		const calls: unknown[] = [];
		const native = (name: string) =>
			function (this: unknown, ...args: unknown[]) {
				calls.push([name, ...args]);
				return args.length;
			};
		const body = bound(source).replaceAll("export ", "");
		const made = new Function("native", `${body}; return { Thing, object, free };`)(native);
		const thing = new made.Thing("kind");
		expect([thing.size, thing.add(1, 2, 3), thing.plain(), made.object.go(), made.free("a")]).toEqual([0, 3, "@ home", 0, 1]);
		thing.size = 7;
		expect(calls).toEqual([["xs_make", "kind"], ["xs_size"], ["xs_add", 1, 2, 3], ["xs_go"], ["xs_free", "a"], ["xs_resize", 7]]);
	});
});
