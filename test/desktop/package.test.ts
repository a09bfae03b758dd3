// The package as others get it: packed, installed by its path without a network, run on Node, and type-checked both ways that TypeScript finds modules in.

import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MODULES, OURS, closureOf, manifestPath, packageExports } from "../../build/modules.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "multihome-package-"));
const execute = promisify(execFile);
let files: string[];

interface Conditions {
	types?: string;
	moddable?: string;
	default?: string;
}

const description = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
	exports: Record<string, string | Conditions>;
};

/** Two stacks joined by a cable of arrays: one sends a datagram, and the other answers. */
const PROGRAM = `
import { BUSY, EthernetInterface, MEDIUM_ETHERNET, NOTIFIES, SENT, Stack, createIO, type Device, type DeviceHost, type UDPOptions } from "multihome";
declare const process: { exit(): never };

class End implements Device {
	readonly medium = MEDIUM_ETHERNET;
	readonly mtu = 1500;
	readonly abilities = NOTIFIES;
	readonly mac: Uint8Array;
	readonly linkUp = true;
	other: End | undefined;
	readonly frames: Uint8Array[] = [];
	host: DeviceHost | undefined;

	constructor(last: number) {
		this.mac = new Uint8Array([2, 0, 0, 0, 0, last]);
	}
	attach(host: DeviceHost): void {
		this.host = host;
	}
	receive(at: number, max: number): number {
		const frame = this.frames.shift();
		if (frame === undefined) return 0;
		if (frame.length > max) return -1;
		const { view } = this.host!;
		new Uint8Array(view.buffer, view.byteOffset).set(frame, at);
		return frame.length;
	}
	transmit(_packet: number, at: number, end: number): number {
		if (this.other === undefined) return BUSY;
		const { view } = this.host!;
		this.other.frames.push(new Uint8Array(view.buffer, view.byteOffset).slice(at, end));
		this.other.host?.notify();
		return SENT;
	}
	close(): void {}
}

function stackWith(end: End, address: string): Stack {
	const stack = new Stack();
	const link = stack.interfaces.add(new EthernetInterface("eth0", end));
	link.addAddress(address + "/24");
	return stack;
}

const ends = [new End(1), new End(2)] as const;
ends[0].other = ends[1];
ends[1].other = ends[0];
const one = stackWith(ends[0], "10.0.0.1");
const two = stackWith(ends[1], "10.0.0.2");
const server: UDPOptions = {
	port: 7,
	onReadable() {
		const datagram = this.read()!;
		this.write(datagram, datagram.address, datagram.port);
	},
};
new (createIO(two).UDP)(server);
let answer = "";
const client = new (createIO(one).UDP)({
	onReadable() {
		const datagram = this.read()!;
		answer = new TextDecoder().decode(datagram) + " from " + datagram.address + ":" + datagram.port;
	},
});
client.write(new TextEncoder().encode("hello"), "10.0.0.2", 7);
for (const end = Date.now() + 5000; Date.now() < end && answer === ""; ) await new Promise((resolve) => setTimeout(resolve, 1));
console.log(answer);
// The stacks' own timers would keep Node for as long as they remember their neighbours.
process.exit();
`;

beforeAll(async () => {
	await execute(process.execPath, ["build/package.mjs"], { cwd: root });
	const { stdout } = await execute("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], { cwd: root });
	const [packed] = Object.values(JSON.parse(stdout) as Record<string, { filename: string; files: { path: string }[] }>);
	files = packed!.files.map(({ path }) => path);
	const consumer = join(folder, "consumer");
	mkdirSync(consumer);
	writeFileSync(join(consumer, "package.json"), JSON.stringify({ private: true, type: "module" }));
	const flags = ["--offline", "--no-audit", "--no-fund", "--ignore-scripts"];
	await execute("npm", ["install", ...flags, join(folder, packed!.filename)], { cwd: consumer });
	writeFileSync(join(consumer, "program.ts"), PROGRAM);
}, 180_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What \`tsc\` says in the consumer's folder; "" when it is content. */
async function check(compilerOptions: object, more: string[] = [], first = ["program.ts"]): Promise<string> {
	const consumer = join(folder, "consumer");
	const options = { strict: true, target: "es2022", lib: ["es2022", "dom"], types: [], skipLibCheck: false, ...compilerOptions };
	writeFileSync(join(consumer, "tsconfig.json"), JSON.stringify({ compilerOptions: options, files: [...first, ...more] }));
	try {
		await execute(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "--pretty", "false", "-p", consumer]);
		return "";
	} catch (error) {
		return (error as { stdout: string }).stdout;
	}
}

describe("the package", () => {
	it("has what its entries name, and nothing of the workshop", () => {
		const named = Object.values(description.exports).flatMap((entry) =>
			typeof entry === "string" ? [entry] : (Object.values(entry) as string[]),
		);
		expect(named.length).toBeGreaterThan(20);
		for (const path of named) expect(files).toContain(path.replace("./", ""));
		for (const path of [
			"README.md",
			"LICENSE",
			"manifest.json",
			"src/manifest.json",
			"hosts/engine/manifest.json",
			"hosts/engine/sockets.c",
			"hosts/esp32/entropy.c",
			"hosts/pico/entropy.c",
			"src/wire/kernels/native/runs.h",
			"build/compile/runtime/flat.h",
			"build/out/flat/codec.c",
			"build/out/flat/manifest.json",
			"drivers/w5500/w5500.c",
		])
			expect(files).toContain(path);
		expect(
			files.filter((path) =>
				/^(test|hosts\/(desktop|firmware|(pico|esp32)(?!\/entropy\.)))\/|^build\/(?!compile\/runtime\/|out\/(flat|xs|node|types|manifests|mcpack)\/)|\.stamp$|simulate|desktop\.js|tsconfig/.test(
					path,
				),
			),
		).toEqual([]);
	});

	it("runs two stacks on Node", async () => {
		expect(await check({ module: "nodenext", outDir: "out", rootDir: "." })).toBe("");
		const { stdout } = await execute(process.execPath, ["out/program.js"], { cwd: join(folder, "consumer") });
		expect(stdout).toBe("hello from 10.0.0.2:7\n");
	});

	it("has its classes under their own names, too, and they are the same", async () => {
		const consumer = join(folder, "consumer");
		writeFileSync(
			join(consumer, "names.js"),
			`import * as all from "multihome"; import TCP from "multihome/io/tcp"; import UDP from "multihome/io/udp"; import Resolver, * as dns from "multihome/dns"; import Same from "multihome/io/dns";
			import { PppInterface } from "multihome/ppp"; import { Network } from "multihome/network"; import Ethernet from "multihome/io/ethernet"; import { Ping } from "multihome/ping"; import "multihome/mdns";
			console.log(TCP === all.TCP, UDP === all.UDP, Resolver === dns.Resolver, Resolver === Same, PppInterface.prototype instanceof all.Interface, [Network, Ethernet, Ping].every((one) => typeof one === "function"));`,
		);
		const { stdout } = await execute(process.execPath, ["names.js"], { cwd: consumer });
		expect(stdout).toBe("true true true true true true\n");
	});

	it("has types, also of the drivers and of the names of ECMA-419, which refuse what is wrong", async () => {
		const consumer = join(folder, "consumer");
		writeFileSync(
			join(consumer, "more.ts"),
			'/// <reference types="multihome/types/embedded" />\nimport { W5500 } from "multihome/drivers"; import TCP from "multihome/io/tcp"; import Same from "embedded:io/socket/tcp"; export const io: typeof Same = TCP; export { W5500 }; device.io.TCP;\n',
		);
		expect(await check({ module: "preserve", moduleResolution: "bundler", noEmit: true }, ["more.ts"])).toBe("");
		writeFileSync(
			join(consumer, "more.ts"),
			'import TCP from "multihome/io/tcp"; new TCP({ port: true }); import "multihome/stack";\n',
		);
		const wrong = await check({ module: "preserve", moduleResolution: "bundler", noEmit: true }, ["more.ts"]);
		expect(wrong).toMatch(/more\.ts\(1,\d+\): error TS2322/);
		expect(wrong).toMatch(/error TS2882: .* "?.multihome\/stack/);
	});

	it("names in package.json what the list of modules says, and no more", () => {
		const { ".": core, ...others } = packageExports();
		const named = Object.entries(description.exports).filter(([, entry]) => typeof entry !== "string" && entry.moddable);
		expect(Object.fromEntries(named)).toEqual({ ".": core, ...others });
	});

	it("tells mcpack which modules are in the manifest: its conditions are moddable and import, it knows no patterns, and it reads no natives", () => {
		const { modules } = JSON.parse(readFileSync(manifestPath("multihome/all"), "utf8")) as { modules: object };
		const names = [...Object.keys(modules), "multihome/drivers"];
		expect(names).toEqual(MODULES.map(({ name }) => name));
		for (const [name, entry] of Object.entries(description.exports)) {
			expect(name).not.toContain("*");
			if (typeof entry === "string" || entry.moddable === undefined) continue;
			const [, module] = /from "moddable:(.*)";$/m.exec(readFileSync(join(root, entry.moddable), "utf8"))!;
			expect(module).toBe(name.replace(".", "multihome"));
		}
	});

	it("declares the names of ECMA-419 and Moddable that modules have", () => {
		const text = readFileSync(join(root, "types/embedded.d.ts"), "utf8");
		const declared = [...text.matchAll(/^declare module "(embedded:[^"]*)"/gm)].map(([, name]) => name);
		expect(declared).toEqual(MODULES.flatMap(({ also }) => also ?? []));
	});

	it("has a manifest for each module, which brings those that it takes and no others", async () => {
		const taken: Record<string, string[]> = {};
		for (const { name } of OURS) {
			const closure = await closureOf([name]);
			taken[name] = closure.filter((other) => other !== name && other !== "multihome");
			const { include, modules } = JSON.parse(readFileSync(manifestPath(name), "utf8")) as { include: string[]; modules: object };
			expect(Object.keys(modules)).toEqual([name]);
			const brought = include.map((path) => resolve(dirname(manifestPath(name)), path));
			expect(brought).toContain(join(root, "hosts/engine/manifest.json"));
			expect(closure.map((each) => manifestPath(each))).toEqual(expect.arrayContaining(brought.slice(1)));
		}
		expect(taken).toEqual({
			multihome: [],
			"multihome/pipe": [],
			"multihome/status": [],
			"multihome/ppp": [],
			"multihome/slip": [],
			"multihome/tunnel": [],
			"multihome/vlan": [],
			"multihome/bridge": [],
			"multihome/queue": [],
			"multihome/router": [],
			"multihome/dhcp": [],
			"multihome/ipv6": [],
			"multihome/linklocal": [],
			"multihome/groups": [],
			"multihome/dns": [],
			"multihome/mdns": ["multihome/dns"],
			"multihome/responder": [],
			"multihome/network": [],
			"multihome/ping": ["multihome/dns"],
			"multihome/io/tcp": [],
			"multihome/io/listener": [],
			"multihome/io/udp": [],
			"multihome/io/dns": ["multihome/dns"],
			"multihome/sntp": ["multihome/dns"],
			"multihome/raw": [],
			"multihome/uplink": ["multihome/dns", "multihome/ping"],
			"multihome/dhcp-server": [],
			"multihome/domains": ["multihome/dns"],
			"multihome/dns-forwarder": ["multihome/dns"],
			"multihome/router-advertiser": [],
			"multihome/dhcp6": [],
			"multihome/io/ping": ["multihome/dns", "multihome/ping"],
			"multihome/io/ethernet": ["multihome/dhcp", "multihome/network"],
			"multihome/io/ppp": ["multihome/network"],
			"multihome/io/slip": ["multihome/network"],
		});
	});
});

/** What snippets take as given: a stack, sockets of a program, and what Node or a program has to print with. */
const GIVEN = `
/// <reference types="multihome/types/embedded" />
declare const stack: import("multihome").Stack;
declare const network: import("multihome/network").Network;
declare const inner: import("multihome").TCP;
declare function send(bytes: Uint8Array, end: number): void;
declare function print(text: string | undefined): void;
declare const udp: import("multihome").UDP;
declare const reply: ArrayBuffer;
`;

interface Snippet {
	place: string;
	text: string;
}

/** Every block of TypeScript or JavaScript in the documents, but those under a comment that says why they are none: `<!-- not compiled: … -->`. */
function snippets(): Snippet[] {
	const documents = execFileSync("git", ["ls-files", "*.md"], { cwd: root, encoding: "utf8" })
		.split("\n")
		.filter((path) => path !== "" && path !== "CHANGELOG.md" && path !== "docs/api.md" && existsSync(join(root, path)));
	return documents.flatMap((path) => {
		const lines = readFileSync(join(root, path), "utf8").split("\n");
		const found: Snippet[] = [];
		for (let i = 0; i < lines.length; i++) {
			if (!/^\s*```(ts|js|typescript|javascript)\s*$/.test(lines[i]!)) continue;
			const end = lines.findIndex((line, at) => at > i && /^\s*```\s*$/.test(line));
			const before = lines.slice(Math.max(0, i - 2), i).join("\n");
			if (!/<!-- not compiled: \S.* -->/.test(before))
				found.push({ place: `${path}:${i + 1}`, text: lines.slice(i + 1, end).join("\n") });
			i = end;
		}
		return found;
	});
}

/** As a module: what it uses of the modules of the list and of Moddable's without saying where it is from is imported. Programs that it names are those of hosts/examples. */
function moduleOf({ text }: Snippet, names: ReadonlyMap<string, string>): string {
	const bare = text.replace(/\/\/.*|\/\*[^]*?\*\//g, "").replace(/(["'])(?:(?!\1).)*\1/g, '""');
	const own = new Set(
		[...text.matchAll(/import\s+(?:type\s+)?([^;]*?)\s+from/g)].flatMap(([, list]) => list!.match(/\w+/g) ?? []),
	);
	for (const [, list] of bare.matchAll(/\b(?:const|let|var|class|function)\s+(\{[^}]*\}|\w+)/g))
		for (const name of list!.match(/\w+/g) ?? []) own.add(name);
	let module = "";
	for (const [name, from] of names)
		if (!own.has(name) && new RegExp(`(?<![.\\w])${name}\\b(?!\\s*[:(]\\s*\\{?$)`).test(bare))
			module += `import { ${name} } from ${JSON.stringify(from)};\n`;
	for (const name of ["Timer", "Time"])
		if (!own.has(name) && new RegExp(`\\b${name}\\.`).test(bare)) module += `import ${name} from "${name.toLowerCase()}";\n`;
	return `${module}${text.replace(/from "\.\/([\w-]+)\.ts"/g, 'from "./node_modules/multihome/hosts/examples/$1.ts"')}\nexport {};\n`;
}

describe("what the documents show", () => {
	it("compiles as it stands there, strict, in a project that has installed the package", async () => {
		const consumer = join(folder, "consumer");
		// The names that each module exports; those of the modules of one class have other names in it.
		const names = new Map<string, string>();
		for (const { name, source } of OURS)
			for (const [, list] of readFileSync(join(root, source), "utf8").matchAll(/^export \{([^}]*)\}/gm))
				for (const one of list!.split(",").map((each) => each.trim())) if (/^\w+$/.test(one)) names.set(one, name);
		const all = snippets();
		expect(all.length).toBeGreaterThan(12);
		const places = new Map<string, string>();
		for (const [i, snippet] of all.entries()) {
			const name = `snippet-${i + 1}.ts`;
			places.set(name, snippet.place);
			writeFileSync(join(consumer, name), moduleOf(snippet, names));
		}
		writeFileSync(join(consumer, "given.d.ts"), GIVEN);
		const options = {
			module: "preserve",
			moduleResolution: "bundler",
			noEmit: true,
			allowImportingTsExtensions: true,
			lib: ["es2022", "dom"],
		};
		const said = await check(options, [...places.keys()], ["given.d.ts"]);
		expect(said.replace(/^.*?(snippet-\d+\.ts)/gm, (_, name: string) => `${places.get(name)} as ${name}`)).toBe("");
	}, 120_000);

	it("is found to be wrong where it is", () => {
		const names = new Map(["Stack", "pipe", "TCP"].map((name) => [name, "multihome"]));
		expect(moduleOf({ place: "", text: "new Stack(); pipe(a, b); Timer.set(f);" }, names)).toBe(
			'import { Stack } from "multihome";\nimport { pipe } from "multihome";\nimport Timer from "timer";\nnew Stack(); pipe(a, b); Timer.set(f);\nexport {};\n',
		);
	});
});
