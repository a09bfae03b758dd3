// Slow peers hold every socket of a board that runs the default program. Honest clients get in all the same, within 16 s: at the fourth of TCP's own tries at
// the latest, as those who were thrown out try, too.

import { describe, expect, it } from "vitest";
import Timer from "timer";
import { HttpServer, Whole, isOwnHost } from "../../../hosts/examples/http.ts";
import { Report } from "../../../hosts/examples/status/report.ts";
import { Routes } from "../../../hosts/examples/status/routes.ts";
import { ECHO_PORT, Services } from "../../../hosts/examples/status/services.ts";
import { Turns } from "../../../hosts/examples/turns.ts";
import type { TCP } from "../../../src/io/types.ts";
import { createIO } from "../../../src/io/io.ts";
import { useClock } from "../../support/timer.ts";
import { World } from "../../support/world.ts";
import { ascii, text, type Pair } from "../io/pair.ts";

const SLOW = 20;
const HONEST = 20;
const WITHIN_MS = 16_000;
/** A slow peer that was thrown out comes again after so long. */
const AGAIN_MS = 30_000;

/** As hosts/examples/status.ts, with a board's sockets. */
function serve(): Pair {
	const world = new World(1);
	const segment = world.segment();
	const one = world.node("one", { sockets: { tcp: 64 }, packets: 64 });
	const two = world.node("two", { sockets: { tcp: 8 } });
	one.ethernet("eth0", segment.port({ mac: 1 }), "10.0.0.1/24");
	two.ethernet("eth0", segment.port({ mac: 2 }), "10.0.0.2/24");
	const p: Pair = { world, one, two, a: createIO(one.stack), b: createIO(two.stack) };
	const { stack } = p.two;

	const report = new Report(stack, undefined);
	const routes = new Routes(report);
	useClock(world.clock);
	const turns = new Turns(Timer);
	const server = new HttpServer({
		io: p.b.Listener,
		turns,
		isHost: (host) => isOwnHost(stack, host),
		onRequest: (exchange) => routes.answer(exchange),
		connections: 4,
		free: () => stack.tcp.available,
	});
	const services = new Services(p.b, server.buffer, turns);
	const sweep = () => {
		turns.add({
			turn() {
				report.uptimeMs();
				stack.tcp.keepOneFree();
				services.sweep();
				server.sweep();
			},
			failed() {},
		});
		p.world.clock.after(1000, sweep);
	};
	p.world.clock.after(1000, sweep);
	return p;
}

/** A peer that connects again whenever it is thrown out. */
type Peer = (p: Pair) => TCP;

function again(p: Pair, peer: Peer, ms = 500): void {
	let socket: TCP;
	try {
		socket = peer(p);
	} catch {
		p.world.clock.after(ms, () => again(p, peer, ms));
		return;
	}
	const watch = () => {
		if (socket.error === undefined) return void p.world.clock.after(ms, watch);
		socket.close();
		again(p, peer, ms);
	};
	p.world.clock.after(ms, watch);
}

/** Connects, says `request` if there is one, and takes a `step` after `firstMs` and then every `everyMs`, until it is closed. */
function slow(p: Pair, port: number, request: string, firstMs: number, everyMs: number, step: (socket: TCP) => void): TCP {
	const socket = new p.a.TCP({
		address: "10.0.0.2",
		port,
		onWritable() {
			if (this.target || request === "") return;
			this.target = true;
			this.write(ascii(request));
		},
	});
	const next = () => {
		try {
			step(socket);
		} catch {
			return;
		}
		p.world.clock.after(everyMs, next);
	};
	p.world.clock.after(firstMs, next);
	return socket;
}

const BUFFER = new Uint8Array(1460);
const POST = "POST /sink HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n";
const GET = "GET /bytes/100000000 HTTP/1.1\r\nHost: localhost\r\n\r\n";

const peers: [string, Peer][] = [
	["POST a byte in 25 s", (p) => slow(p, 80, POST, 5000, 25_000, (socket) => socket.write(Uint8Array.of(1)))],
	["GET a segment in 8 s", (p) => slow(p, 80, GET, 8000, 8000, (socket) => socket.read(BUFFER))],
	[
		"echo a byte in 9 s",
		(p) =>
			slow(p, ECHO_PORT, "", 100, 9000, (socket) => {
				socket.read();
				socket.write(Uint8Array.of(1));
			}),
	],
];

/** Asks for /status until there is an answer of 200; how long that took, ms. */
function honest(p: Pair): number {
	const begun = p.world.clock.now;
	let answer = "";
	for (;;) {
		let over = false;
		answer = "";
		const socket = new p.a.TCP({
			address: "10.0.0.2",
			port: 80,
			onWritable() {
				if (this.target) return;
				this.target = true;
				this.write(ascii("GET /status HTTP/1.1\r\nHost: 10.0.0.2\r\nConnection: close\r\n\r\n"));
			},
			onReadable() {
				answer += text(this.read());
			},
			onError: () => (over = true),
		});
		p.world.until(() => over, 60_000);
		socket.close();
		if (answer.startsWith("HTTP/1.1 200") && answer.endsWith("\r\n000\r\n\r\n")) return p.world.clock.now - begun;
		if (p.world.clock.now - begun > 120_000) throw new Error(`no answer in 120 s, but ${answer.slice(0, 100)}`);
		p.world.run(1000);
	}
}

describe("20 slow peers do not keep honest clients out", () => {
	it.each(peers)("%s", (_name, peer) => {
		const p = serve();
		for (let i = 0; i < SLOW; i++) p.world.clock.after(1 + i * 100, () => again(p, peer, AGAIN_MS));
		p.world.run(30_000);
		const times: number[] = [];
		for (let i = 0; i < HONEST; i++) {
			times.push(honest(p));
			p.world.run(5000);
		}
		expect(Math.max(...times)).toBeLessThan(WITHIN_MS);
	});
});

describe("slow connections of the only user", () => {
	/** Four downloads, each of which takes 240 bytes a second; `late`: another client comes after ten seconds. */
	function download(late: boolean) {
		const world = new World(2);
		const segment = world.segment();
		const one = world.node("one", { sockets: { tcp: 8, receiveBuffer: 1460 } });
		const two = world.node("two", { sockets: { tcp: 8 } });
		one.ethernet("eth0", segment.port({ mac: 1 }), "10.0.0.1/24");
		two.ethernet("eth0", segment.port({ mac: 2 }), "10.0.0.2/24");
		const p: Pair = { world, one, two, a: createIO(one.stack), b: createIO(two.stack) };
		const page = new Uint8Array(20_000).buffer;
		useClock(world.clock);
		const server = new HttpServer({
			io: p.b.Listener,
			turns: new Turns(Timer),
			connections: 4,
			onRequest: (exchange) => exchange.stream(200, "text/plain", page.byteLength, new Whole(page)),
		});
		world.clock.after(1000, function sweep() {
			server.sweep();
			world.clock.after(1000, sweep);
		});
		const buffer = new Uint8Array(240);
		const request = "GET / HTTP/1.1\r\nHost: board\r\nConnection: close\r\n\r\n";
		const got = [0, 0, 0, 0];
		for (let i = 0; i < got.length; i++) slow(p, 80, request, 1000, 1000, (socket) => (got[i]! += socket.read(buffer) ?? 0));
		world.run(10_000);
		if (late) slow(p, 80, request, 1000, 1000, (socket) => socket.read(buffer));
		world.run(150_000);
		return { whole: got.filter((bytes) => bytes > page.byteLength).length, slow: server.counters.slow };
	}

	it("are left in peace while nobody else comes", () => {
		expect(download(false)).toEqual({ whole: 4, slow: 0 });
	});

	it("give one place to who comes", () => {
		expect(download(true)).toEqual({ whole: 3, slow: 1 });
	});
});
