// How runs of the desktop host end when something is wrong: memory that is full, programs that never return, interfaces that are gone, terminals that are closed.

import { execFile, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "multihome-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string | object): string {
	const path = join(folder, name);
	writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
	return path;
}

function simulate(...args: string[]): Promise<{ status: number; out: string; err: string }> {
	return new Promise((done) => {
		execFile(process.execPath, ["build/simulate.mjs", ...args], { timeout: 100_000 }, (error, out, err) => {
			const said = err.replace(/^(bundling|compiling|building|  \S).*\n/gm, "");
			done({ status: error === null ? 0 : Number(error.code ?? 128), out, err: said });
		});
	});
}

const lonely = { interfaces: [{ name: "lo1", link: "loopback", addresses: ["10.0.0.1/32"] }] };

describe("a board's heap", () => {
	const leak = `import Timer from "timer";
		const all = [];
		export default () => { Timer.repeat(() => { for (let i = 0; i < 100; i++) all.push({ i }); }, 1); };`;

	it("has a board's size: a program that goes on taking is ended, told what to raise, with a status of its own", async () => {
		const { status, err } = await simulate("--board", file("leak.json", lonely), "--app", file("leak.js", leak), "--for", "60");
		expect(status).toBe(71);
		expect(err).toMatch(
			/memory full: the program holds \d{5,6} bytes, and the board's heap has \d{5} left for it; give it more by limits\.heap of the board file, or hold less\n/,
		);
		expect(err).toContain("because its memory is exhausted (status 71)");
	});

	it("is full also for a program that takes all at once, before any turn of the event loop", async () => {
		const app = file("hog.js", "export default () => { const all = []; for (;;) all.push(`${all.length} and more`); };");
		const { status, err } = await simulate("--board", file("hog.json", lonely), "--app", app, "--for", "60");
		expect(status).toBe(71);
		expect(err).toMatch(/memory full: [^]*hog\.js:1/);
	});

	it("is as large as limits.heap says, and 0 is no limit", async () => {
		const app = file(
			"much.js",
			'import { exit, print } from "host/system"; export default () => { const all = new Uint8Array(1e6); print(`has ${all.length}`); exit(0); };',
		);
		const run = (heap: number) =>
			simulate("--board", file(`heap-${heap}.json`, { ...lonely, limits: { heap } }), "--app", app, "--for", "20");
		expect(await run(2_000_000)).toMatchObject({ status: 0, out: expect.stringContaining("has 1000000") });
		expect(await run(0)).toMatchObject({ status: 0, out: expect.stringContaining("has 1000000") });
		const { status, err } = await run(8192);
		expect(status).toBe(1);
		expect(err).toMatch(
			/limits\.heap 8192: the stack alone takes \d+ bytes of it; expected more, or fewer sockets and interfaces\n$/,
		);
	});
});

describe("a program that never returns", () => {
	it.each([
		["at its start", "for (;;);"],
		["later", 'import Timer from "timer"; Timer.set(() => { for (;;); }, 100);'],
	])("%s: is ended with a message and a status when the time is up", async (_when, text) => {
		const started = Date.now();
		const args = ["--board", file("spin.json", lonely), "--app", file("spin.js", text), "--for", "4"];
		const { status, err } = await simulate(...args);
		expect(status).toBe(72);
		expect(err).toMatch(
			/^board spin did not end within 3 s of being asked, and was killed \(status 72\): .*spin\.js keeps the processor, as an endless loop does; return to the event loop\n$/,
		);
		expect(Date.now() - started).toBeLessThan(60_000);
	});
});

describe("interfaces that the program removed", () => {
	it("are no trouble at the end, whatever their link, driver and address", async () => {
		const interfaces = [
			{ name: "chip0", driver: "w5500", wire: "segment:a", dhcp: true },
			{ name: "chip1", driver: "enc28j60", wire: "segment:b", addresses: ["10.1.0.1/24"] },
			{ name: "bare0", wire: "segment:c", addresses: ["10.2.0.1/24"], faults: { loss: 0.1 } },
			{ name: "ppp0", link: "ppp", wire: "pty" },
			{ name: "slip0", link: "slip", wire: "null:x", addresses: ["10.3.0.1/24"] },
			{ name: "slip1", link: "slip", wire: "null:x", addresses: ["10.3.0.2/24"] },
			{ name: "lo1", link: "loopback", addresses: ["10.4.0.1/32"] },
		];
		for (const [i, each] of interfaces.entries()) if (each.link === "slip") Object.assign(each, { pins: { port: i } });
		const app = file(
			"remove.js",
			`import Timer from "timer"; import { print } from "host/system";
			export default ({ stack }) => Timer.set(() => {
				for (const link of [...stack.interfaces.list].slice(1)) stack.interfaces.remove(link);
				print("left: " + stack.interfaces.list.map((link) => link.name).join());
			}, 100);`,
		);
		const captures = join(folder, "captures");
		const args = ["--board", file("remove.json", { interfaces }), "--app", app, "--pcap", captures, "--for", "3"];
		const { status, out, err } = await simulate(...args);
		expect({ status, err }).toEqual({ status: 0, err: "" });
		expect(out).toContain("left: lo\n");
		expect(readdirSync(captures)).toHaveLength(7);
	});
});

describe("nothing is left behind", () => {
	const gone = (path: string) => readdirSync(path).length === 0;
	/** A board that runs, with a folder of its own for temporary files, sent `signal`. */
	async function ended(signal: NodeJS.Signals): Promise<{ status: number | null; temporary: string; link: string }> {
		const temporary = mkdtempSync(join(folder, "temporary-"));
		const link = join(folder, `pty-${signal}`);
		const board = file(`${signal}.json`, { interfaces: [{ name: "ppp0", link: "ppp", wire: `pty:${link}` }] });
		const app = file("wait.js", 'import { print } from "host/system"; print("runs");');
		const child = spawn(process.execPath, ["build/simulate.mjs", "--board", board, "--app", app], {
			stdio: ["ignore", "pipe", "ignore"],
			env: { ...process.env, TMPDIR: temporary },
		});
		const status = new Promise<number | null>((done) => child.on("close", done));
		await new Promise<void>((done) => child.stdout.on("data", (text: Buffer) => text.includes("runs") && done()));
		expect(existsSync(link)).toBe(true);
		child.kill(signal);
		return { status: await status, temporary, link };
	}

	it.each(["SIGHUP", "SIGTERM", "SIGINT"] as const)("after %s, which ends the run in good order", async (signal) => {
		const { status, temporary, link } = await ended(signal);
		expect({ status, empty: gone(temporary), link: existsSync(link) }).toEqual({ status: 0, empty: true, link: false });
	});

	it("even when the command line was killed", async () => {
		const { status, temporary, link } = await ended("SIGKILL");
		expect(status).toBe(null);
		for (let i = 0; i < 500 && !(gone(temporary) && !existsSync(link)); i++) await new Promise((done) => setTimeout(done, 20));
		expect({ empty: gone(temporary), link: existsSync(link) }).toEqual({ empty: true, link: false });
	});

	it("when whoever read the output is gone", async () => {
		const temporary = mkdtempSync(join(folder, "temporary-"));
		const app = file(
			"chat.js",
			'import { print } from "host/system"; import Timer from "timer"; Timer.repeat(() => print("and on"), 20);',
		);
		const child = spawn(process.execPath, ["build/simulate.mjs", "--board", file("chat.json", lonely), "--app", app], {
			stdio: ["ignore", "pipe", "pipe"],
			env: { ...process.env, TMPDIR: temporary },
		});
		let err = "";
		child.stderr.on("data", (text: Buffer) => (err += text.toString()));
		const status = new Promise<number | null>((done) => child.on("exit", done));
		await new Promise<void>((done) => child.stdout.once("data", () => done()));
		child.stdout.destroy();
		expect(await status).toBe(0);
		expect(err).not.toContain("EPIPE");
		expect(gone(temporary)).toBe(true);
	});
});
