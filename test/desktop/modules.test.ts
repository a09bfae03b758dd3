// The names under which programs find the socket classes, and what becomes of a program whose callback throws.

import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "multihome-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const board = join(folder, "board.json");
writeFileSync(board, JSON.stringify({ interfaces: [{ name: "lo1", link: "loopback", addresses: ["10.0.0.1/32"] }] }));

/** Runs a program on a board that has only loopback interfaces; answers its lines. */
function run(program: string): Promise<{ status: number; out: string; err: string }> {
	const app = join(folder, "app.js");
	writeFileSync(app, program);
	const args = ["build/simulate.mjs", "--board", board, "--app", app, "--for", "20"];
	return new Promise((done) => {
		execFile(process.execPath, args, { timeout: 60_000 }, (error, out, err) => {
			done({
				status: error === null ? 0 : Number(error.code),
				out: out.replace(/^lo1 .*\n/m, ""),
				err: err.replace(/^(bundling|compiling|building|  \S).*\n/gm, ""),
			});
		});
	});
}

describe("the socket classes", () => {
	it("are the same by each of their names, and on device.io", async () => {
		const { out, err, status } = await run(`
			import * as multihome from "multihome";
			import TCP from "embedded:io/socket/tcp";
			import Listener from "embedded:io/socket/listener";
			import UDP from "embedded:io/socket/udp";
			import OurTCP from "multihome/io/tcp";
			import OurListener from "multihome/io/listener";
			import OurUDP from "multihome/io/udp";
			import { exit, print } from "host/system";
			const each = {
				TCP: [TCP, OurTCP, device.io.TCP, multihome.TCP],
				Listener: [Listener, OurListener, device.io.Listener, multihome.Listener],
				UDP: [UDP, OurUDP, device.io.UDP, multihome.UDP],
			};
			for (const [name, all] of Object.entries(each)) print(name + " " + all.every((one) => typeof one === "function" && one === all[0]));
			const listener = new Listener({ port: 7, onReadable() {
				print("accepted " + (this.read() instanceof TCP));
				exit(0);
			} });
			new TCP({ address: "127.0.0.1", port: listener.port });
		`);
		expect(err).toBe("");
		expect(out).toBe("TCP true\nListener true\nUDP true\naccepted true\n");
		expect(status).toBe(0);
	});
});

describe("an open socket", () => {
	it("lives without a reference to it, through garbage collection", async () => {
		const { out, status } = await run(`
			import Timer from "timer";
			import { exit, print } from "host/system";
			const { Listener, TCP, UDP } = device.io;
			const churn = () => { for (let i = 0; i < 20000; i++) ({ i }); device.heap.collect(); };
			let left = 3;
			const one = (what) => { print(what); if (--left === 0) exit(0); };
			new Listener({ port: 7, onReadable() {
				new TCP({ from: this.read(), onReadable(count) { this.read(count); one("server"); this.write(new Uint8Array(1)); } });
				churn();
			} });
			new UDP({ port: 9, onReadable() { one("datagram"); } });
			new TCP({ address: "127.0.0.1", port: 7, onWritable() {
				if (this.sent) return;
				this.sent = true;
				churn();
				Timer.set(() => { churn(); this.write(new Uint8Array(5)); new UDP({}).write(new Uint8Array(1), "127.0.0.1", 9); churn(); }, 20);
			}, onReadable() { one("client"); } });
			churn();
		`);
		expect(out.trim().split("\n").sort()).toEqual(["client", "datagram", "server"]);
		expect(status).toBe(0);
	});
});

describe("a callback that throws", () => {
	it.each([
		["onWritable of TCP", `new TCP({ address: "127.0.0.1", port: 80, onWritable: mistake })`],
		["onError of TCP", `new TCP({ address: "127.0.0.1", port: 81, onError: mistake })`],
		["onReadable of a Listener", `new Listener({ port: 81, onReadable: mistake }); new TCP({ address: "127.0.0.1", port: 81 })`],
	])("%s: the program goes on", async (_name, action) => {
		const { out, err, status } = await run(`
			import Timer from "timer";
			import { exit, print } from "host/system";
			const { Listener, TCP, UDP } = device.io;
			function mistake() { throw new TypeError("mistake"); }
			new Listener({ port: 80 });
			${action};
			Timer.set(() => { print("goes on"); exit(0); }, 100);
		`);
		expect(err).toMatch(/^a socket's callback threw: TypeError: mistake\n at mistake \(/);
		expect(err.match(/threw/g)).toHaveLength(1);
		expect([out, status]).toEqual(["goes on\n", 0]);
	});

	it("is reported with its place, and the program goes on", async () => {
		const { out, err, status } = await run(`
			import { exit, print } from "host/system";
			const { Listener, TCP, UDP } = device.io;
			new Listener({ port: 7, onReadable() {
				new TCP({ from: this.read(), onReadable() { throw new Error("of readable"); } });
			} });
			new TCP({ address: "127.0.0.1", port: 7, onWritable() { this.write(new Uint8Array(1)); }, onError() {
				print("the other end: " + this.error);
				other.write(new Uint8Array(2), "127.0.0.1", 9);
			} });
			const other = new UDP({ port: 8, onReadable() { print("UDP goes on"); exit(0); } });
			new UDP({ port: 9, onReadable() {
				const { address, port } = this.read();
				this.write(new Uint8Array(2), address, port);
				throw "no Error at all";
			} });
		`);
		expect(out).toBe("the other end: reset\nUDP goes on\n");
		expect(err).toMatch(/^a socket's callback threw: Error: of readable/m);
		expect(err).toMatch(/^ at onReadable \(\S*app\.js:5\)/m);
		expect(err).toMatch(/^a socket's callback threw: no Error at all$/m);
		expect(status).toBe(0);
	});
});
