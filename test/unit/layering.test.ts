// The house rules that a machine can check: a layer imports the layers below it and never one above (architecture.md, "The
// packet path"), src/ needs neither npm nor Node, and every folder of the house says what it is. Node only: reads the sources.

import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { MODULES } from "../../build/modules.mjs";
import { DROPS } from "../../src/packet/drops.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Lowest first; those of one row may import each other. The driver contract, the kernels that reach devices in C, and what looks at their answers are below the codec, whose door hands them on. */
const LAYERS: readonly (readonly string[])[] = [
	["host"],
	["config", "packet", "address", "address4", "address6", "device/device"],
	["wire", "device/kernels", "device/receive"],
	["device"],
	["link"],
	["ip"],
	["transport"],
	["turn"],
	["door", "stack"],
	["io", "status"],
	["service"],
	["index"],
	["modules"],
];

/** What the natives' names stand for on Node. */
const ALIASES: Readonly<Record<string, string>> = {
	"#codec": "src/door.ts",
	"#host": "src/host/host.ts",
	"#memory": "src/packet/memory.ts",
	"#poll": "src/turn/poll.ts",
	"#sockets": "src/io/sockets.ts",
	...Object.fromEntries(MODULES.map(({ name, source }) => [name, source])),
};

interface Import {
	file: string;
	specifier: string;
}

function sources(folder: string, pattern = /\.ts$/): string[] {
	if (!existsSync(join(root, folder))) return [];
	return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
		.filter((path) => pattern.test(path) && !path.endsWith(".d.ts") && !/(^|\/)(out|node_modules)\//.test(path))
		.map((path) => join(folder, path))
		.sort();
}

function importsOf(file: string): Import[] {
	const code = readFileSync(join(root, file), "utf8").replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
	const pattern =
		/^\s*(?:import|export)\b[^"';]*\bfrom\s*["']([^"']+)["']|^\s*import\s*["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/gm;
	return [...code.matchAll(pattern)].map((match) => ({ file, specifier: (match[1] ?? match[2] ?? match[3])! }));
}

/** Rank of the layer a file of src/ belongs to, or -1. What stands in src/modules gives names to what others export. */
function rank(path: string): number {
	const [part, inner] = path
		.split("/")
		.slice(1, 3)
		.map((name) => name.replace(/\.ts$/, ""));
	const names = path.includes("/modules/") ? ["modules"] : [`${part}/${inner}`, part!];
	const found = names.map((name) => LAYERS.findIndex((row) => row.includes(name)));
	return found.find((row) => row >= 0) ?? -1;
}

function target({ file, specifier }: Import): string {
	return ALIASES[specifier] ?? (specifier.startsWith(".") ? relative(root, resolve(root, dirname(file), specifier)) : specifier);
}

describe("the layers of src/", () => {
	const files = sources("src");

	it("has sources to look at", () => {
		expect(files.length).toBeGreaterThan(10);
	});

	it("knows the layer of every file", () => {
		expect(files.filter((file) => rank(file) < 0)).toEqual([]);
	});

	it("imports only the layers below, types included", () => {
		const wrong: string[] = [];
		for (const one of files.flatMap(importsOf)) {
			const to = target(one);
			// What is compiled lies in every layer, and all of it is behind one door.
			if (one.specifier !== "#codec" && to.startsWith("src/") && rank(to) > rank(one.file))
				wrong.push(`${one.file} imports ${to}`);
		}
		expect(wrong).toEqual([]);
	});

	it("imports nothing from npm, Node or outside src/", () => {
		const wrong = files.flatMap(importsOf).filter((one) => !target(one).startsWith("src/"));
		expect(wrong.map((one) => `${one.file} imports ${one.specifier}`)).toEqual([]);
	});

	it("imports by relative paths that end in .ts", () => {
		const wrong = files.flatMap(importsOf).filter((one) => one.specifier.startsWith(".") && !one.specifier.endsWith(".ts"));
		expect(wrong.map((one) => `${one.file} imports ${one.specifier}`)).toEqual([]);
	});

	it("finds every file that is imported", () => {
		const wrong = files.flatMap(importsOf).filter((one) => !existsSync(join(root, target(one))));
		expect(wrong.map((one) => `${one.file} imports ${one.specifier}`)).toEqual([]);
	});
});

describe("the drivers", () => {
	it("import only the driver contract, what drivers share, and their natives", () => {
		const wrong: string[] = [];
		for (const one of sources("drivers").flatMap(importsOf)) {
			const to = target(one);
			const [, own] = one.file.split("/");
			const allowed =
				own === "index.ts" ? ["drivers/"] : [`drivers/${own}/`, "drivers/ethernet/", "drivers/nic/", `multihome/${own}/`];
			if (to !== "src/device/device.ts" && to !== "src/device/serial.ts" && !allowed.some((start) => to.startsWith(start)))
				wrong.push(`${one.file} imports ${to}`);
		}
		expect(wrong).toEqual([]);
	});
});

describe("the folders", () => {
	/** Folders directly below `parent` that hold files of ours. */
	function folders(parent: string): string[] {
		if (!existsSync(join(root, parent))) return [];
		return readdirSync(join(root, parent))
			.map((name) => join(parent, name))
			.filter((path) => statSync(join(root, path)).isDirectory())
			.filter((path) =>
				readdirSync(join(root, path), { recursive: true, encoding: "utf8" }).some((name) => /\.(ts|c|h|mjs|json)$/.test(name)),
			);
	}

	it("each have a README that says what is there", () => {
		const wanted = ["hosts", "test", ...folders("src"), ...folders("drivers"), ...folders("hosts")];
		const missing = wanted.filter((path) => !existsSync(join(root, path, "README.md")));
		expect(missing).toEqual([]);
	});
});

describe("the table of C by hand in docs/architecture.md", () => {
	const text = readFileSync(join(root, "docs/architecture.md"), "utf8");
	const rows = [...text.matchAll(/^\| \[(?:src|hosts|build|drivers)\b.*$/gm)]
		.map(([line]) => line.split("|").map((cell) => cell.trim()))
		.filter(([, , lines]) => /^[\d,]+$/.test(lines!));

	it("has its rows", () => {
		expect(rows.length).toBe(6);
	});

	it.each(rows.map(([, folders, lines]) => [folders!, Number(lines!.replace(",", ""))] as const))("%s: %i", (names, told) => {
		// hosts/pico, and `esp32` and `firmware` beside it.
		const folders = names
			.split(", ")
			.map((name, i) => (i === 0 ? /\[(.+?)\]/.exec(name)![1]! : `hosts/${name.replaceAll("`", "")}`));
		const files = folders.flatMap((folder) => sources(folder, /\.(c|h)$/));
		const lines = files.reduce((sum, file) => sum + readFileSync(join(root, file), "utf8").split("\n").length - 1, 0);
		expect(Math.abs(lines - told), `there are ${lines}`).toBeLessThanOrEqual(lines / 10);
	});
});

describe("the reasons for which packets are dropped", () => {
	it("are each given somewhere", () => {
		const texts = sources("src")
			.map((file) => readFileSync(join(root, file), "utf8"))
			.join("");
		expect(DROPS.filter((name) => !texts.includes(`DROP.${name}`))).toEqual([]);
	});
});

describe("the compiler of flat TypeScript", () => {
	it("has at most 1,500 lines: a subset that takes more is too large", () => {
		const texts = sources("build/compile", /\.mjs$/).map((file) => readFileSync(join(root, file), "utf8"));
		expect(texts.join("").split("\n").length - 1).toBeLessThanOrEqual(1500);
	});
});

describe("the files of src/", () => {
	it("have at most about 400 lines", () => {
		const long = sources("src", /\.(ts|c|h)$/).map(
			(file) => [file, readFileSync(join(root, file), "utf8").split("\n").length] as const,
		);
		expect(long.filter(([, lines]) => lines > 450)).toEqual([]);
	});

	it("have fewer than 400 lines of C in all, and no engine in it", () => {
		const texts = sources("src", /\.(c|h)$/).map((file) => readFileSync(join(root, file), "utf8"));
		expect(texts.join("").split("\n").length - 1).toBeLessThan(400);
		expect(texts.filter((text) => /#include\s+["<](xs|mc\.xs|arena\.h)/.test(text))).toEqual([]);
	});
});
