// The example programs on a simulated board, against peers that nobody here wrote: curl, Node's HTTP server, mosquitto, chronyd. All at once, in one run.

import { execFile, spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "multihome-test-"));
const children: ChildProcess[] = [];
const servers: Server[] = [];
const execute = promisify(execFile);

/** Debian's folders of daemons too, which are not in every PATH. */
const env = { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` };
const has = (...tools: string[]) => tools.every((tool) => spawnSync("which", [tool], { env }).status === 0);

const page = randomBytes(300_000);
let ports: number[];
let output = "";

function start(command: string, ...args: string[]): ChildProcess {
	const child = spawn(command, args, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
	children.push(child);
	return child;
}

async function until(pattern: RegExp, ms = 20_000): Promise<void> {
	const end = Date.now() + ms;
	while (!pattern.test(output)) {
		if (Date.now() > end) throw new Error(`no ${pattern} in:\n${output}`);
		await new Promise((done) => setTimeout(done, 20));
	}
}

async function listen(server: Server): Promise<number> {
	servers.push(server);
	await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
	return (server.address() as AddressInfo).port;
}

async function freePort(kind: "tcp" | "udp"): Promise<number> {
	if (kind === "udp") {
		const socket = createSocket("udp4");
		await new Promise<void>((done) => socket.bind(0, "127.0.0.1", done));
		const { port } = socket.address();
		await new Promise<void>((done) => socket.close(done));
		return port;
	}
	const server = createServer();
	const port = await listen(server);
	await new Promise((done) => server.close(done));
	return port;
}

/** Asks a time server until it answers. */
async function answering(port: number): Promise<void> {
	const socket = createSocket("udp4");
	let answered = false;
	socket.on("message", () => (answered = true)).on("error", () => {});
	for (let i = 0; i < 200 && !answered; i++) {
		socket.send(Buffer.from([0x23, ...Buffer.alloc(47)]), port, "127.0.0.1");
		await new Promise((done) => setTimeout(done, 50));
	}
	await new Promise<void>((done) => socket.close(done));
}

/** All the programs in one, each with the port of its peer. */
function program(http: number, broker: number, ntp: number, echo: number): string {
	const from = (name: string) => JSON.stringify(`./${relative(folder, join(root, "hosts/examples", name))}`);
	return `
		import Timer from "timer";
		import serve from ${from("http-server.ts")};
		import get from ${from("http-get.ts")};
		import publish from ${from("mqtt-publish.ts")};
		import time from ${from("udp-time.ts")};
		import ping from ${from("ping.ts")};
		import failover from ${from("failover.ts")};

		const host = "192.168.77.1";
		export default function (device) {
			serve(device);
			for (const path of ["/counted", "/chunked", "/moved"]) {
				let bytes = 0;
				let sum = 0;
				get(device, {
					host, port: ${http}, path,
					onBody(part, at, end) {
						bytes += end - at;
						for (; at < end; at++) sum = (Math.imul(sum, 31) + part[at]) | 0;
					},
					onDone: ({ status }) => trace(path + " " + status + " " + bytes + " " + sum + "\\n"),
				});
			}
			publish(device, { host, port: ${broker}, client: "desktop", everyMs: 200 });
			ping(device, { host, count: 2, interval: 200 });
			// What waits for the first neighbour to be found is bounded, and a datagram that has no room is not sent again before 15 s.
			Timer.set(() => time(device, { host, port: ${ntp} }), 200);
			const kept = failover(device, { host, port: ${echo}, beatMs: 300 });
			const pull = Timer.repeat(() => {
				if (kept.counters.answered < 3) return;
				Timer.clear(pull);
				device.stack.interfaces.find("eth0").enabled = false;
				Timer.set(() => (device.stack.interfaces.find("eth0").enabled = true), 1500);
			}, 100);
		}`;
}

function sumOf(bytes: Uint8Array): number {
	let sum = 0;
	for (const byte of bytes) sum = (Math.imul(sum, 31) + byte) | 0;
	return sum;
}

beforeAll(async () => {
	const http = await listen(
		createHttpServer((request, response) => {
			if (request.url === "/moved") response.writeHead(302, { Location: "/counted" }).end("gone\n");
			else if (request.url === "/counted") response.writeHead(200, { "Content-Length": page.length }).end(page);
			else {
				for (let at = 0; at < page.length; at += 7001) response.write(page.subarray(at, at + 7001));
				response.end();
			}
		}),
	);
	const echo = await listen(createServer((socket) => socket.on("error", () => {}).pipe(socket)));
	const [web, broker, ntp] = [await freePort("tcp"), await freePort("tcp"), await freePort("udp")];
	ports = [web, broker];
	if (has("mosquitto")) {
		const configuration = join(folder, "mosquitto.conf");
		writeFileSync(configuration, `listener ${broker} 127.0.0.1\nallow_anonymous true\npersistence false\n`);
		start("mosquitto", "-c", configuration);
	}
	if (has("chronyd")) {
		const configuration = join(folder, "chrony.conf");
		writeFileSync(
			configuration,
			`local stratum 8\nallow 127.0.0.1\nbindaddress 127.0.0.1\nport ${ntp}\ncmdport 0\npidfile ${join(folder, "chronyd.pid")}\n`,
		);
		start("chronyd", "-d", "-x", "-U", "-f", configuration);
		await answering(ntp);
	}
	const board = join(folder, "board.json");
	const wired = { wire: "gateway", gateway: "192.168.77.1" };
	writeFileSync(
		board,
		JSON.stringify({
			interfaces: [
				{ name: "eth0", addresses: ["192.168.77.2/24"], metric: 10, forward: { [web]: 80 }, ...wired },
				{ name: "eth1", addresses: ["192.168.77.3/24"], metric: 20, ...wired },
			],
			limits: { sockets: { tcp: 12, udp: 6, receiveBuffer: 5840, sendBuffer: 5840 } },
		}),
	);
	const app = join(folder, "app.ts");
	writeFileSync(app, program(http, broker, ntp, echo));
	const child = start(process.execPath, "build/simulate.mjs", "--board", board, "--app", app);
	for (const stream of [child.stdout!, child.stderr!]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
	await until(/^eth0 /m, 100_000);
}, 120_000);

afterAll(() => {
	for (const child of children) child.kill("SIGTERM");
	for (const server of servers) server.close();
	rmSync(folder, { recursive: true, force: true });
});

describe("the example programs on a simulated board", () => {
	it.skipIf(!has("chronyd"))("udp-time has the time from chronyd", async () => {
		await until(/^\d{4}-\S+Z ± \d+ ms$/m);
		const told = /^(\d{4}-\S+Z) ± (\d+) ms$/m.exec(output)!;
		expect(Math.abs(Date.parse(told[1]!) - Date.now())).toBeLessThan(20_000);
		expect(Number(told[2])).toBeLessThan(1000);
	});

	it("ping is answered by the gateway", async () => {
		await until(/^2 sent, 2 received, 0 % lost$/m);
		expect(output).toMatch(/^56 bytes from 192\.168\.77\.1: sequence 2, ttl 64, \d+ ms$/m);
	});

	it("failover leaves the first way when it fails, and returns to it", async () => {
		await until(/by eth0\n[^]*by eth0: the way is gone\n[^]*by eth1\n[^]*eth0 is better\n[^]*by eth0\n/);
	});

	it("http-get takes pages from Node, by length and in chunks, byte for byte, and follows no redirect", async () => {
		await until(/^\/counted 200 300000 .*$/m);
		await until(/^\/chunked 200 300000 .*$/m);
		await until(/^\/moved 302 5 .*$/m);
		expect(output).toContain(`/counted 200 300000 ${sumOf(page)}\n`);
		expect(output).toContain(`/chunked 200 300000 ${sumOf(page)}\n`);
		expect(output).toMatch(/^302 {2}→ \/counted$/m);
	});

	it.skipIf(!has("curl"))("http-server serves curl, which stays on one connection", async () => {
		const base = `http://127.0.0.1:${ports[0]}`;
		const { stdout } = await execute("curl", [
			"-sS",
			"-m",
			"10",
			"-d",
			"good morning",
			`${base}/note`,
			"--next",
			"-sS",
			`${base}/note`,
			"-w",
			" %{num_connects}",
		]);
		expect(stdout).toBe("200 OK\ngood morning 0");
	});

	it.skipIf(!has("mosquitto", "mosquitto_sub", "mosquitto_pub"))("mqtt-publish talks with mosquitto, both ways", async () => {
		await until(/^connected to 192\.168\.77\.1$/m);
		const at = ["-p", String(ports[1]), "-h", "127.0.0.1"];
		const { stdout } = await execute("mosquitto_sub", [...at, "-t", "boards/#", "-q", "1", "-C", "3", "-v"], { env });
		expect(stdout).toMatch(/^(boards\/desktop line \d+\n){3}$/);
		await execute("mosquitto_pub", [...at, "-t", "boards/desktop/say", "-q", "1", "-m", "good morning"], { env });
		await until(/^boards\/desktop\/say: good morning$/m);
	});
});
