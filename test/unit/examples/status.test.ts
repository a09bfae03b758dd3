import { describe, expect, it } from "vitest";
import Timer from "timer";
import { HttpServer, isOwnHost } from "../../../hosts/examples/http.ts";
import { PAGE } from "../../../hosts/examples/status/page.ts";
import { Report } from "../../../hosts/examples/status/report.ts";
import { Routes } from "../../../hosts/examples/status/routes.ts";
import { Turns } from "../../../hosts/examples/turns.ts";
import type { StackOptions } from "../../../src/config.ts";
import { useClock } from "../../support/timer.ts";
import { ascii, pair, text } from "../io/pair.ts";

/** `microseconds`: the board's clock. */
function serve(options: StackOptions = {}, connections = 4, microseconds?: () => number) {
	const p = pair(options);
	const stack = p.two.stack;
	const report = new Report(stack, undefined, microseconds);
	report.uptimeMs();
	const routes = new Routes(report);
	useClock(p.world.clock);
	const server = new HttpServer({
		io: p.b.Listener,
		turns: new Turns(Timer),
		isHost: (host) => isOwnHost(stack, host, ["Cellar"]),
		onRequest: (exchange) => routes.answer(exchange),
		connections,
		free: () => stack.tcp.available,
	});
	/** What comes back for a request on a connection of its own, until the server closes or `ms` have passed. */
	const ask = (request: string, ms = 60_000): string => {
		let answer = "";
		let over = false;
		let sent = 0;
		const bytes = ascii(request);
		new p.a.TCP({
			address: "10.0.0.2",
			port: 80,
			onWritable(room) {
				const size = Math.min(room, bytes.length - sent);
				if (size > 0) this.write(bytes, sent, size);
				sent += size;
			},
			onReadable() {
				answer += text(this.read());
			},
			onError() {
				over = true;
				this.close();
			},
		});
		p.world.until(() => over, ms);
		return answer;
	};
	const get = (path: string, method = "GET"): string =>
		ask(`${method} ${path} HTTP/1.1\r\nHost: 10.0.0.2\r\nConnection: close\r\n\r\n`);
	return { p, server, ask, get };
}

const bodyOf = (answer: string): string => answer.slice(answer.indexOf("\r\n\r\n") + 4);
/** The content of a body in chunks. */
function contentOf(answer: string): string {
	let rest = bodyOf(answer);
	let content = "";
	for (;;) {
		const line = /^([0-9a-f]+)\r\n/.exec(rest);
		if (line === null) throw new Error(`no chunk: ${rest.slice(0, 100)}`);
		const size = Number.parseInt(line[1]!, 16);
		const at = line[0].length;
		content += rest.slice(at, at + size);
		if (rest.slice(at + size, at + size + 2) !== "\r\n") throw new Error("a chunk is longer than it says");
		rest = rest.slice(at + size + 2);
		if (size === 0) return content;
	}
}

const statusOf = (answer: string): number => Number(answer.slice(9, 12));

describe("status program", () => {
	it("serves the page, which is ASCII and asks nobody else for anything", () => {
		const { get } = serve();
		const answer = get("/");
		expect(statusOf(answer)).toBe(200);
		expect(answer).toContain("Content-Security-Policy: default-src 'none'");
		const page = text(PAGE);
		expect(bodyOf(answer)).toBe(page);
		expect(/^[\n\x20-\x7e]*$/.test(page)).toBe(true);
		expect(/(src|href)="(?!\/status|data:)/.test(page)).toBe(false);
	});

	it("tells its status as JSON", () => {
		const { get, p } = serve();
		p.world.run(5000);
		const status = JSON.parse(contentOf(get("/status")));
		expect(status.uptimeMs).toBeGreaterThanOrEqual(5000);
		expect(status.interfaces.map((link: { name: string }) => link.name)).toEqual(["lo", "eth0"]);
		expect(status.sockets[0]).toMatchObject({ protocol: "tcp", state: "listen" });
		expect(status.neighbors[0].address).toBe("10.0.0.1");
		expect(status.memory.tcp).toBe(8);
	});

	it("tells as much in a turn as there is time for, and sends pieces that are small together", () => {
		let now = 0x7fff_ff00; // it wraps soon
		const slow = serve({}, 4, () => (now = (now + 700) | 0)).get("/status");
		const fast = serve({}, 4, () => 0).get("/status");
		const steps = serve().get("/status");
		for (const answer of [slow, fast, steps]) {
			const content = contentOf(answer);
			expect(JSON.parse(content).interfaces).toHaveLength(2);
			// Each chunk but the last takes what there is room for: a value and its name at most are left to the next one.
			expect(answer.split(/\r\n[0-9a-f]{3}\r\n/).length - 1).toBeLessThanOrEqual(content.length / 400 + 2);
		}
	});

	it("tells nothing to a page of a stranger's that has led its own name here (DNS rebinding)", () => {
		const { ask } = serve();
		const asked = (host: string) => statusOf(ask(`GET /status HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`));
		for (const own of [
			"10.0.0.2",
			"10.0.0.2:80",
			"192.168.1.5:8080",
			"localhost:8080",
			"[::1]",
			"cellar",
			"CELLAR.local",
			"cellar.local.",
		])
			expect(`${own} ${asked(own)}`).toBe(`${own} 200`);
		for (const strange of [
			"evil.example",
			"10.0.0.2.evil.example",
			"cellar.evil.example",
			"local",
			"xcellar.local",
			"localhost.evil.example",
		])
			expect(`${strange} ${asked(strange)}`).toBe(`${strange} 421`);
	});

	it("tells two at a time, others are asked to come again", () => {
		const { p, get } = serve();
		// Two that read nothing: what fits their windows is not all of it.
		for (let i = 0; i < 2; i++) {
			const slow = new p.a.TCP({
				address: "10.0.0.2",
				port: 80,
				onWritable() {
					if (this.target) return;
					this.target = true;
					this.write(ascii("GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(20)));
				},
			});
			void slow;
		}
		p.world.run(3000);
		const answer = get("/status");
		expect(statusOf(answer)).toBe(503);
		expect(answer).toContain("Retry-After: 1");
		expect(statusOf(get("/"))).toBe(200);
	});

	it("sends as many bytes as it is asked for, byte i being i modulo 251", () => {
		const { get } = serve();
		for (const length of [0, 1, 250, 251, 252, 5840, 100_003]) {
			const body = bodyOf(get(`/bytes/${length}`));
			expect(body.length).toBe(length);
			for (let i = 0; i < length; i++)
				if (body.charCodeAt(i) !== i % 251) throw new Error(`/bytes/${length}: byte ${i} is ${body.charCodeAt(i)}`);
		}
	});

	it("counts and sums what is posted", () => {
		const { ask } = serve();
		const body = "abc".repeat(10_001);
		let sum = 0;
		for (let i = 0; i < body.length; i++) sum += body.charCodeAt(i) << (i & 1 ? 0 : 8);
		while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
		const answer = ask(
			`POST /sink HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
		);
		expect(JSON.parse(bodyOf(answer))).toEqual({ count: 30_003, checksum: ~sum & 0xffff });
	});

	it.each([
		["GET", "/nothing", 404],
		["DELETE", "/", 405],
		["GET", "/sink", 405],
		["POST", "/status", 405],
		["BREW", "/", 501],
		["GET", "/bytes/", 400],
		["GET", "/bytes/-1", 400],
		["GET", "/bytes/1e3", 400],
		["GET", "/bytes/2147483649", 400],
		["HEAD", "/bytes/2147483648", 200],
		["HEAD", "/", 200],
	])("answers %s %s with %d", (method, path, status) => {
		const { get } = serve();
		const answer = get(path, method);
		expect(statusOf(answer)).toBe(status);
		if (status === 405) expect(answer).toContain("Allow: ");
		if (method === "HEAD") expect(bodyOf(answer)).toBe("");
	});

	it("lets newcomers in while idle connections hold all the sockets", () => {
		const { p, get } = serve({ sockets: { tcp: 4 } }, 3);
		let closed = 0;
		for (let i = 0; i < 3; i++) {
			new p.a.TCP({
				address: "10.0.0.2",
				port: 80,
				onError() {
					closed++;
					this.close();
				},
			});
		}
		p.world.run(3000);
		for (let i = 0; i < 5; i++) expect(statusOf(get("/status"))).toBe(200);
		expect(closed).toBeGreaterThan(0);
	});

	it("answers half-closed clients in full", () => {
		const { p } = serve();
		let answer = "";
		let over = false;
		new p.a.TCP({
			address: "10.0.0.2",
			port: 80,
			onWritable() {
				if (this.target) return;
				this.target = true;
				this.write(ascii("GET /bytes/50000 HTTP/1.1\r\nHost: localhost\r\n\r\n"));
				this.shutdown();
			},
			onReadable() {
				answer += text(this.read());
			},
			onError: () => (over = true),
		});
		expect(p.world.until(() => over, 60_000)).toBe(true);
		expect(bodyOf(answer).length).toBe(50_000);
	});
});
