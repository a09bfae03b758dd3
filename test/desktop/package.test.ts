// The package as others get it: packed, installed by its path without a network, run on Node, and type-checked both ways that TypeScript finds modules in.

import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

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
	const stack = new Stack({ random32: () => (Math.random() * 2 ** 32) | 0, onWake() {} });
	const link = stack.interfaces.add(new EthernetInterface("eth0", end));
	const [a, b, c, d] = address.split(".").map(Number) as [number, number, number, number];
	link.addAddress((a << 24) | (b << 16) | (c << 8) | d, 24);
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
for (let now = 0; now < 5000 && answer === ""; now += 10) {
	one.poll(now);
	two.poll(now);
}
console.log(answer);
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
async function check(compilerOptions: object, more: string[] = []): Promise<string> {
	const consumer = join(folder, "consumer");
	const options = { strict: true, target: "es2022", lib: ["es2022", "dom"], types: [], skipLibCheck: false, ...compilerOptions };
	writeFileSync(join(consumer, "tsconfig.json"), JSON.stringify({ compilerOptions: options, files: ["program.ts", ...more] }));
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
			"src/wire/native/codec.c",
			"drivers/w5500/w5500.c",
		])
			expect(files).toContain(path);
		expect(
			files.filter((path) =>
				/^(test|hosts\/(desktop|firmware|pico|esp32))\/|^build\/(?!out\/(xs|node|types)\/)|simulate|desktop\.js|tsconfig/.test(
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
			'import * as all from "multihome"; import TCP from "multihome/io/tcp"; import UDP from "multihome/io/udp"; console.log(TCP === all.TCP, UDP === all.UDP);',
		);
		const { stdout } = await execute(process.execPath, ["names.js"], { cwd: consumer });
		expect(stdout).toBe("true true\n");
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

	it("tells mcpack which modules are in the manifest: its conditions are moddable and import, it knows no patterns, and it reads no natives", () => {
		const { modules } = JSON.parse(readFileSync(join(root, "src/manifest_modules.json"), "utf8")) as { modules: object };
		const names = [...Object.keys(modules), "multihome/drivers"];
		for (const [name, entry] of Object.entries(description.exports)) {
			expect(name).not.toContain("*");
			if (typeof entry === "string" || entry.moddable === undefined) continue;
			const [, module] = /from "moddable:(.*)";$/m.exec(readFileSync(join(root, entry.moddable), "utf8"))!;
			expect(module).toBe(name.replace(".", "multihome"));
			expect(names).toContain(module);
		}
	});
});
