// What programs written for the Moddable SDK find on the desktop host: globals, modules, and a `device` that they may replace and freeze.

import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "multihome-moddable-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const board = join(folder, "board.json");
writeFileSync(board, JSON.stringify({ interfaces: [{ name: "lo2", link: "loopback", addresses: ["10.9.0.1/24"] }] }));

/** Runs a program for a second; answers what the board printed. */
function run(name: string, program: string): Promise<string> {
	const app = join(folder, `${name}.js`);
	writeFileSync(app, program);
	return new Promise((done, failed) => {
		execFile(
			process.execPath,
			["build/simulate.mjs", "--board", board, "--app", app, "--for", "1"],
			{ timeout: 100_000 },
			(error, out, err) => (error === null ? done(out) : failed(new Error(`${err}${out}`))),
		);
	});
}

describe("a program for the Moddable SDK", () => {
	it("traces parts of lines, and the rest when the board ends", async () => {
		const out = await run("trace", 'trace("one", 2, "\\n", "three\\nfo"); trace("ur\\n", "five");');
		expect(out).toMatch(/^one2\nthree\nfour\n/m);
		expect(out).toMatch(/^five$/m);
	});

	it("finds System, which resolves literals, and the modules system and time", async () => {
		const out = await run(
			"system",
			`import "system";
import Time from "time";
const start = Time.ticks;
System.resolve("10.1.2.3", (name, address) => trace(name, " is ", address, "\\n"));
const never = System.setTimeout(() => trace("too much\\n"), 10);
System.clearTimeout(never);
let ticks = 0;
const interval = System.setInterval(() => {
	if (++ticks < 3) return;
	System.clearInterval(interval);
	const ms = Time.delta(start);
	trace("three ticks ", ms >= 60 && ms < 900, " ", Time.delta(5, 12), "\\n");
}, 20);`,
		);
		expect(out).toMatch(/^10\.1\.2\.3 is 10\.1\.2\.3$/m);
		expect(out).toMatch(/^three ticks true 7$/m);
		expect(out).not.toContain("too much");
	});

	it("puts a device of its own in the place of device and freezes all of it, and the stack goes on", async () => {
		const out = await run(
			"freeze",
			`const { TCP, Listener } = device.io;
globalThis.device = Object.freeze({ ...device, network: { ...device.network, http: { socket: { io: TCP } } } }, true);
new Listener({ port: 80, onReadable() { new TCP({ from: this.read(), onReadable() { this.write(this.read()); } }); } });
new TCP({
	address: "10.9.0.1",
	port: 80,
	onReadable() { trace("echo ", String.fromArrayBuffer(this.read()), " ", Object.isFrozen(device.network.http.socket), "\\n"); this.close(); },
	onWritable() { if (!this.said) this.write(ArrayBuffer.fromString("hello")); this.said = true; },
});`,
		);
		expect(out).toMatch(/^echo hello true$/m);
	});

	it("has its timer of 0 ms run before a socket calls it again, when it left something unread", async () => {
		const out = await run(
			"timers",
			`import Timer from "timer";
let waiting = 0;
let calls = 0;
let raced = 0;
new device.io.Listener({ port: 80, onReadable() {
	new device.io.TCP({ from: this.read(), onReadable(count) {
		calls++;
		if (waiting > 0) raced++;
		this.read(count - 1);
		waiting++;
		Timer.set(() => waiting--);
	} });
} });
let left = 200_000;
new device.io.TCP({ address: "10.9.0.1", port: 80, onWritable(count) {
	const part = Math.min(left, count);
	left -= part;
	if (part > 0) this.write(new Uint8Array(part));
	else Timer.set(() => trace("many calls ", calls > 30, ", raced ", raced, "\\n"), 200);
} });`,
		);
		expect(out).toMatch(/^many calls true, raced 0$/m);
	});

	it("draws whole numbers as newer engines do", async () => {
		const out = await run(
			"irandom",
			`const drawn = (...bounds) => [...new Set(Array.from({ length: 200 }, () => Math.irandom(...bounds)))].sort((a, b) => a - b).join();
trace(drawn(4), " ", drawn(-1, 2), " ", Number.isInteger(Math.irandom()) && Math.irandom() >= 0, "\\n");`,
		);
		expect(out).toMatch(/^0,1,2,3 -1,0,1 true$/m);
	});

	it("encodes and decodes base64 as newer engines do", async () => {
		const out = await run(
			"base64",
			`for (const text of ["", "f", "fo", "foo", "foob", "fooba", "foobar"]) {
	const base64 = new Uint8Array(ArrayBuffer.fromString(text)).toBase64();
	trace(base64, " ", String.fromArrayBuffer(Uint8Array.fromBase64(base64).buffer), "\\n");
}
trace(Uint8Array.fromBase64(" /+8\\n").join(), "\\n");
for (const wrong of ["Zg-=", "Z", "Z==="]) try { Uint8Array.fromBase64(wrong); trace("taken\\n"); } catch (error) { trace(error.name, "\\n"); }`,
		);
		// RFC 4648 §10
		expect(out).toContain(" \nZg== f\nZm8= fo\nZm9v foo\nZm9vYg== foob\nZm9vYmE= fooba\nZm9vYmFy foobar\n255,239\n");
		expect(out.match(/SyntaxError/g)).toHaveLength(3);
		expect(out).not.toContain("taken");
	});
});
