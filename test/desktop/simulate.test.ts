// The command line as a user runs it: `npm run simulate` with the XS host and its processes.

import { execFile, spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Status } from "../../src/status/status.ts";
import { endSimulations, freePorts, Simulation } from "./support/simulation.ts";

const folder = mkdtempSync(join(tmpdir(), "multihome-test-"));
/** Where the runs of this file have their temporary folders: others may be at work beside them. */
const temporary = mkdtempSync(join(folder, "temporary-"));
const children = new Set<ChildProcess>();

afterAll(() => {
	endSimulations();
	for (const child of children) child.kill("SIGKILL");
	rmSync(folder, { recursive: true, force: true });
});

interface Result {
	status: number | null;
	out: string;
	err: string;
}

function simulate(...args: string[]): Promise<Result> {
	return new Promise((done) => {
		execFile(process.execPath, ["build/simulate.mjs", ...args], { timeout: 100_000 }, (error, out, err) => {
			const status = error === null ? 0 : typeof error.code === "number" ? error.code : null;
			done({ status, out, err: err.replace(/^(bundling|compiling|building|  \S).*\n/gm, "") });
		});
	});
}

/** A run that goes on, with a place for its temporary folders. */
class Run extends Simulation {
	constructor(...args: string[]) {
		super(args, { env: { TMPDIR: temporary } });
	}
}

/** Types of the blocks of a pcapng, of which each says twice how long it is. */
function blocksOf(bytes: Buffer): number[] {
	const types: number[] = [];
	for (let at = 0; at < bytes.length;) {
		const length = bytes.readUInt32LE(at + 4);
		expect(bytes.readUInt32LE(at + length - 4)).toBe(length);
		types.push(bytes.readUInt32LE(at));
		at += length;
	}
	return types;
}

function file(name: string, content: string | object): string {
	const path = join(folder, name);
	writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
	return path;
}

/** A board with one interface on the gateway, port `port` of this machine leading to its port 80. */
function oneInterface(port: number, more: object = {}): { interfaces: object[] } {
	return {
		interfaces: [
			{
				name: "eth0",
				wire: "gateway",
				addresses: ["192.168.77.2/24"],
				gateway: "192.168.77.1",
				forward: { [port]: 80 },
				...more,
			},
		],
	};
}

beforeAll(() => {
	// The first run builds the bundles and the host, which takes a while.
	const { status, stderr } = spawnSync(process.execPath, [
		"build/simulate.mjs",
		"--for",
		"0.1",
		"--board",
		file("none.json", { interfaces: [{ name: "lo1", link: "loopback" }] }),
	]);
	if (status !== 0) throw new Error(stderr.toString());
}, 120_000);

describe("the command line", () => {
	it("explains itself", async () => {
		const { status, out, err } = await simulate("--help");
		expect(status).toBe(0);
		expect(err).toBe("");
		for (const option of ["--board", "--app", "--packets", "--pcap", "--seed", "--for", "--32", "--help"])
			expect(out).toContain(option);
	});

	it.each([
		[
			["--bord", "x"],
			"--bord: unknown option; expected --board, --app, --set, --packets, --pcap, --control, --seed, --for, --32 or --help",
		],
		[
			["board.json"],
			"board.json: unknown option; expected --board, --app, --set, --packets, --pcap, --control, --seed, --for, --32 or --help",
		],
		[["--board"], "--board: expected a board file after it"],
		[["--board", "--for"], "--board: expected a board file after it"],
		[["--board", "nowhere.json"], "--board nowhere.json: no such file; expected a board file (JSON)"],
		[["--board", "hosts"], "--board hosts: is not a file; expected a board file (JSON)"],
		[["--app", "nowhere.ts"], "--app nowhere.ts: no such file; expected a program (.ts, .js or .mjs)"],
		[["--app", "LICENSE"], "--app LICENSE: expected a program (.ts, .js or .mjs)"],
		[["--pcap", "/proc/nowhere/captures"], "--pcap /proc/nowhere/captures: cannot be written to (ENOENT); expected a folder"],
		[["--pcap", "package.json/captures"], "--pcap package.json/captures: is a file; expected a folder"],
		[["--pcap", "package.json"], "--pcap package.json: is a file; expected a folder"],
		[["--seed", "-1"], "--seed -1: expected a whole number from 0 to 4294967295"],
		[["--seed", "1.5"], "--seed 1.5: expected a whole number from 0 to 4294967295"],
		[["--seed=x"], "--seed x: expected a whole number from 0 to 4294967295"],
		[["--for", "0"], "--for 0: expected seconds, more than 0 and at most 2000000"],
		[["--for", "soon"], "--for soon: expected seconds, more than 0 and at most 2000000"],
		[["--help=yes"], "--help=yes: expected --help without a value"],
	])("refuses %j", async (args, message) => {
		const { status, out, err } = await simulate(...args);
		expect(err).toBe(`${message}\n`);
		expect(out).toBe("");
		expect(status).toBe(2);
	});

	it("refuses a wrong board file in one line", async () => {
		const path = file("wrong.json", { interfaces: [{ name: "eth0", wire: "gateway", mtu: 99_999 }] });
		expect(await simulate("--board", path)).toEqual({
			status: 2,
			out: "",
			err: `${path}: interfaces[0].mtu 99999: expected 68 to 1500\n`,
		});
	});

	it("refuses a program that cannot be read as one", async () => {
		const path = file("syntax.ts", "export default function (\n");
		const { status, err } = await simulate("--app", path);
		expect(status).toBe(2);
		expect(err.trim().split("\n")).toHaveLength(1);
		expect(err).toMatch(/^--app .*syntax\.ts: .*syntax\.ts\(2,1\): /);
	});

	it("says in one line what to change when a wire cannot be opened", async () => {
		const stream = file("stream.json", { interfaces: [{ name: "eth0", wire: "stream:nobody.socket" }] });
		const first = await simulate("--board", stream);
		expect(first.status).toBe(1);
		expect(first.err).toMatch(
			/stream\.json: interfaces\[0\]\.wire "stream:nobody\.socket": no socket .*; start the program that listens there first.*\n$/,
		);
		expect(first.err.trim().split("\n")).toHaveLength(1);
		const tap = file("tap.json", { interfaces: [{ name: "eth0", wire: "tap:bad/name" }] });
		expect((await simulate("--board", tap)).status).toBe(2);
	});

	it("says in one line which port is in use", async () => {
		const server = createServer();
		await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
		const { port } = server.address() as AddressInfo;
		const path = file("taken.json", oneInterface(port));
		expect(await simulate("--board", path)).toEqual({
			status: 1,
			out: "",
			err: `${path}: interfaces[0].forward.${port}: port ${port} of 127.0.0.1 is in use; put a free port in its place, or end the program that has it\n`,
		});
		server.close();
	});

	it("says in one line where a program threw at its start, with a status of its own", async () => {
		const [port] = await freePorts(1);
		const app = file(
			"throws.ts",
			"interface Unused {\n\ta: number;\n}\n\nfunction fail(): never {\n\tthrow new TypeError(`so it goes`);\n}\nfail();\n",
		);
		const { status, err } = await simulate("--board", file("one.json", oneInterface(port!)), "--app", app);
		expect(status).toBe(70);
		expect(err.trim().split("\n")).toHaveLength(1);
		expect(err).toMatch(
			/throws\.ts: the program threw at its start: TypeError: so it goes \(.*throws\.ts:6\); mend it, or run another with --app\n$/,
		);
	});

	it("ends with the board's status when the program throws later, and shows where", async () => {
		const [port] = await freePorts(1);
		const app = file("later.js", 'import Timer from "timer";\nTimer.set(() => {\n\tthrow new Error("too late");\n}, 50);\n');
		const { status, err } = await simulate("--board", file("two.json", oneInterface(port!)), "--app", app);
		expect(status).toBe(70);
		expect(err).toMatch(/Error: too late\n[^]*later\.js:3/);
		expect(err).toContain("board two ended by an exception that the program did not catch (status 70)");
	});
});

describe("a run", () => {
	it("serves its page at both addresses of the default board, and ends on Ctrl-C, leaving nothing behind", async () => {
		const run = new Run("--seed", "1");
		await run.until(
			/eth0 .*http:\/\/127\.0\.0\.1:8080\/ .*\(192\.168\.77\.2\)[^]*eth1 .*http:\/\/127\.0\.0\.1:8081\/ .*\(192\.168\.78\.2\)/,
		);
		for (const port of [8080, 8081]) {
			const page = await fetch(`http://127.0.0.1:${port}/`);
			expect(page.status).toBe(200);
			expect(await page.text()).toContain("<html");
			const status = (await (await fetch(`http://127.0.0.1:${port}/status`)).json()) as { interfaces: { name: string }[] };
			expect(status.interfaces.map((each) => each.name)).toEqual(["lo", "eth0", "eth1"]);
		}
		const bytes = randomBytes(300_000);
		const sink = await fetch("http://127.0.0.1:8081/sink", { method: "POST", body: bytes });
		expect(await sink.text()).toContain("300000");
		const second = await simulate();
		expect(second.status).toBe(1);
		expect(second.err).toMatch(/default\.json: interfaces\[0\]\.forward\.8007: port 8007 of 127\.0\.0\.1 is in use; /);
		expect(await run.stop()).toBe(0);
		expect(readdirSync(temporary)).toEqual([]);
	});

	it("has addresses by DHCP from its gateways, says so, and is reached there", async () => {
		const ports = await freePorts(2);
		const dhcp = { hostname: "board", probeIntervalMs: 50 };
		const interfaces = ports.map((port, i) => ({
			name: `eth${i}`,
			driver: ["w5500", "enc28j60"][i],
			wire: "gateway",
			dhcp,
			metric: 10 - i,
			forward: { [port]: 80 },
		}));
		const run = new Run("--board", file("dhcp.json", { limits: { sockets: { tcp: 24, udp: 5 } }, interfaces }));
		await run.until(/eth0 .*\(dhcp\)\neth1 .*\(dhcp\)\n/);
		await run.until(/^eth0 192\.168\.77\.2\/24 \(dhcp\)$/m);
		await run.until(/^eth1 192\.168\.78\.2\/24 \(dhcp\)$/m);
		for (const port of ports) {
			const status = (await (await fetch(`http://127.0.0.1:${port}/status`)).json()) as Status;
			expect(status.interfaces.map((each) => each.dhcp?.state)).toEqual([undefined, "bound", "bound"]);
			const ways = status.routes.filter(({ prefix }) => prefix === "0.0.0.0/0");
			expect(ways.map((way) => `${way.interface} ${way.gateway} ${way.metric}`).sort()).toEqual([
				"eth0 192.168.77.1 10",
				"eth1 192.168.78.1 9",
			]);
		}
		expect(await run.stop()).toBe(0);
	});

	it("ends by itself after --for, with status 0", async () => {
		const [port] = await freePorts(1);
		const started = Date.now();
		const { status, out, err } = await simulate("--board", file("brief.json", oneInterface(port!)), "--for", "0.5");
		expect({ status, err }).toEqual({ status: 0, err: "" });
		expect(out).toContain(`http://127.0.0.1:${port}/`);
		expect(Date.now() - started).toBeGreaterThan(500);
	});

	it("runs a program in JavaScript that exports a function, with what it imports", async () => {
		const [port] = await freePorts(1);
		file("word.js", 'export const word = "hello";\n');
		const app = file(
			"function.js",
			'import { print } from "host/system";\nimport { word } from "./word.js";\nexport default ({ io }) => print(`${word} ${typeof io.TCP}`);\n',
		);
		const { status, out } = await simulate("--board", file("js.json", oneInterface(port!)), "--app", app, "--for", "0.2");
		expect(status).toBe(0);
		expect(out).toContain("hello function\n");
	});

	it("records what each interface sees", async () => {
		const [port] = await freePorts(1);
		const captures = join(folder, "captures");
		const run = new Run("--board", file("recorded.json", oneInterface(port!)), "--pcap", captures);
		await run.until(/http:/);
		await (await fetch(`http://127.0.0.1:${port}/bytes/100000`)).arrayBuffer();
		expect(await run.stop()).toBe(0);
		const path = join(captures, "recorded-eth0.pcapng");
		expect(readFileSync(path).readUInt32LE(0)).toBe(0x0a0d0d0a);
		if (spawnSync("tshark", ["--version"]).error) {
			console.log("skipped: tshark is not installed");
			return;
		}
		const fields = ["frame.interface_name", "frame.time_epoch", "frame.packet_flags_direction", "tcp.len"].flatMap((name) => [
			"-e",
			name,
		]);
		const lines = spawnSync("tshark", ["-n", "-r", path, "-T", "fields", ...fields])
			.stdout.toString()
			.trim()
			.split("\n")
			.map((line) => line.split("\t"));
		expect(lines.every(([name]) => name === "eth0")).toBe(true);
		expect(lines.every(([, time]) => Math.abs(Number(time) - Date.now() / 1000) < 60 && /\.\d{9}$/.test(time!))).toBe(true);
		expect(new Set(lines.map(([, , direction]) => Number(direction)))).toEqual(new Set([1, 2]));
		const sent = lines.reduce((sum, [, , direction, length]) => sum + (Number(direction) === 2 ? Number(length ?? 0) : 0), 0);
		expect(sent).toBeGreaterThanOrEqual(100_000);
	});

	it("lists packets while they pass", async () => {
		const [port] = await freePorts(1);
		const run = new Run("--board", file("listed.json", oneInterface(port!)), "--packets");
		await run.until(/http:/);
		await (await fetch(`http://127.0.0.1:${port}/bytes/1000`)).arrayBuffer();
		await run.until(/eth0 {2}out 192\.168\.77\.2 → 192\.168\.77\.1 .*TCP .*80 → \d+ .*HTTP\/1\.1 200 OK/);
		expect(run.text).toMatch(/ 0\.\d{6} eth0 .* ARP .*192\.168\.77\.2 is at 02:6d:68:00:00:01, announced/);
		expect(await run.stop()).toBe(0);
	});

	it("sends captures of all interfaces to the standard output or a pipe, and words elsewhere", async () => {
		const [port] = await freePorts(1);
		const board = file("live.json", { interfaces: [...oneInterface(port!).interfaces, { name: "eth1", wire: "segment:other" }] });
		const pipe = join(folder, "pipe");
		spawnSync("mkfifo", [pipe]);
		const read = new Promise<string>((done) => execFile("cat", [pipe], { encoding: "latin1" }, (_error, out) => done(out)));
		const [direct, piped] = await Promise.all([
			new Promise<{ out: string; err: string }>((done) =>
				execFile(
					process.execPath,
					["build/simulate.mjs", "--board", board, "--pcap", "-", "--for", "1"],
					{ encoding: "latin1" },
					(_error, out, err) => done({ out, err }),
				),
			).then(async (first) => [first, await simulate("--board", board, "--pcap", pipe, "--for", "1")] as const),
			read,
		]);
		expect(direct[0].err).toContain("http://127.0.0.1:");
		expect(direct[1].out).toContain("http://127.0.0.1:");
		for (const capture of [direct[0].out, piped]) {
			const blocks = blocksOf(Buffer.from(capture, "latin1"));
			expect(blocks.filter((type) => type === 0x0a0d0d0a)).toHaveLength(1);
			expect(blocks.filter((type) => type === 1)).toHaveLength(2);
			expect(blocks.filter((type) => type === 6).length).toBeGreaterThan(3);
		}
	});

	it("joins two boards by a segment", async () => {
		const run = new Run(
			"--board",
			"hosts/desktop/boards/segment-a.json",
			"--board",
			"hosts/desktop/boards/segment-b.json",
			"--app",
			file(
				"meet.ts",
				`import { statusOf } from "multihome/status";
import { print } from "host/system";
interface Device { io: { UDP: new (options: object) => any }; stack: any }
const { io, stack } = (globalThis as unknown as { device: Device }).device;
const first = statusOf(stack).interfaces.some((each: { addresses: string[] }) => each.addresses[0] === "10.1.0.1/24");
const socket = new io.UDP({
	port: 4000,
	onReadable(count: number) {
		for (; count > 0; count--) {
			const message = socket.read();
			print((first ? "first" : "second") + " heard " + message.byteLength + " bytes from " + message.address);
			if (!first) socket.write(new Uint8Array(20), message.address, message.port);
		}
	},
});
import Timer from "timer";
if (first) Timer.repeat(() => socket.write(new Uint8Array(10), "10.1.0.2", 4000), 200);
`,
			),
		);
		await run.until(/\[b\] second heard 10 bytes from 10\.1\.0\.1/);
		await run.until(/\[a\] first heard 20 bytes from 10\.1\.0\.2/);
		expect(run.text).toMatch(/board a\neth0 .*10\.1\.0\.1 .*segment:lan/);
		expect(await run.stop()).toBe(0);
	});

	it("is the same again with the same seed", async () => {
		const app = file(
			"draw.ts",
			`import { print } from "host/system";
const { stack } = (globalThis as unknown as { device: { stack: any } }).device;
print("drew " + [1, 2, 3, 4].map(() => stack.core.random32()).join(" "));
`,
		);
		const board = file("seeded.json", {
			interfaces: [{ name: "eth0", wire: "segment:x", addresses: ["10.0.0.1/8"], faults: { loss: 0.5 } }],
		});
		const draw = async (...args: string[]) =>
			/drew .*/.exec((await simulate("--board", board, "--app", app, "--for", "0.1", ...args)).out)![0];
		const once = await draw("--seed", "7");
		expect(await draw("--seed", "7")).toBe(once);
		expect(await draw("--seed", "8")).not.toBe(once);
		expect(await draw()).not.toBe(await draw());
	});

	it("passes every byte over a bad line", async () => {
		const [port] = await freePorts(1);
		const board = file(
			"bad-line.json",
			oneInterface(port!, { faults: { loss: 0.02, duplicate: 0.01, reorder: 0.02, corrupt: 0.001, delayMs: 1, jitterMs: 2 } }),
		);
		const run = new Run("--board", board, "--seed", "3");
		await run.until(/http:/);
		const hash = async (): Promise<string> => {
			const body = await (await fetch(`http://127.0.0.1:${port}/bytes/200000`)).arrayBuffer();
			expect(body.byteLength).toBe(200_000);
			return createHash("sha256").update(Buffer.from(body)).digest("hex");
		};
		expect(await hash()).toBe(await hash());
		const status = (await (await fetch(`http://127.0.0.1:${port}/status`)).json()) as {
			interfaces: { name: string; device: Record<string, number> }[];
		};
		const { device } = status.interfaces.find((each) => each.name === "eth0")!;
		expect(device["lost"]).toBeGreaterThan(0);
		expect(await run.stop()).toBe(0);
	});

	it("plugs into passt", async () => {
		if (spawnSync("passt", ["--version"]).error) {
			console.log("skipped: passt is not installed");
			return;
		}
		const socket = join(folder, "passt.socket");
		// As root passt becomes "nobody" unless told otherwise, and could not make its socket here.
		const passt = spawn(
			"passt",
			[
				"-f",
				"-s",
				socket,
				"-a",
				"192.168.77.2",
				"-n",
				"24",
				"-g",
				"192.168.77.1",
				...(process.getuid?.() === 0 ? ["--runas", "0"] : []),
			],
			{ stdio: "ignore" },
		);
		children.add(passt);
		for (let i = 0; i < 200 && !existsSync(socket); i++) await new Promise((done) => setTimeout(done, 20));
		const board = file("passt.json", {
			interfaces: [{ name: "eth0", wire: `stream:${socket}`, addresses: ["192.168.77.2/24"], gateway: "192.168.77.1" }],
		});
		const [port] = await freePorts(1);
		const heard: string[] = [];
		const server = createServer((client) => client.on("data", (chunk) => heard.push(chunk.toString())));
		await new Promise<void>((done) => server.listen(port, "127.0.0.1", done));
		const app = file(
			"call.ts",
			`const { io } = (globalThis as unknown as { device: { io: { TCP: new (options: object) => any } } }).device;
const socket = new io.TCP({ address: "192.168.77.1", port: ${port}, onWritable() { socket.write(new Uint8Array([104, 105, 33])); } });
`,
		);
		const run = new Run("--board", board, "--app", app);
		await run.until(/eth0/);
		for (let i = 0; i < 500 && heard.length === 0; i++) await new Promise((done) => setTimeout(done, 20));
		expect(heard.join("")).toContain("hi!");
		await run.stop();
		passt.kill();
		server.close();
	});
});
