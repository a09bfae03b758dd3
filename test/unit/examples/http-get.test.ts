import { describe, expect, it } from "vitest";
import get, { HttpGet, type HttpGetOptions } from "../../../hosts/examples/http-get.ts";
import { Response } from "../../../hosts/examples/http/response.ts";
import { textOf } from "../../../hosts/examples/http/text.ts";
import { Prng } from "../../support/prng.ts";
import { ascii, pair } from "../io/pair.ts";
import { LEAST, Server, stage, type Stage } from "./program.ts";
import { statusOf } from "../../../src/status/status.ts";

interface Result {
	/** Everything that was told, in order. */
	told: string[];
	body: string;
}

function client(s: Stage, options: Partial<HttpGetOptions> = {}): Result {
	const result: Result = { told: [], body: "" };
	new HttpGet(s.device, {
		host: "server",
		onHead: ({ status, contentLength, type }) => result.told.push(`${status} ${contentLength} ${type}`),
		onBody(bytes, at, end) {
			result.body += textOf(bytes, at, end);
		},
		onDone: () => result.told.push("done"),
		onError: (error) => result.told.push(error.message),
		...options,
	});
	return result;
}

/** A server that answers each request with `answer` and closes. Gathers requests. */
function serve(s: Stage, answer: string, end = true, port = 80): string[] {
	s.names["server"] = "10.0.0.2";
	const requests: string[] = [];
	new Server(s.b, port, (connection) => {
		if (connection.received.length < 4 || !String.fromCharCode(...connection.received).endsWith("\r\n\r\n")) return;
		requests.push(connection.take());
		connection.send(ascii(answer));
		if (end) connection.end();
	});
	return requests;
}

function exchange(answer: string, end = true): Result {
	const s = stage();
	serve(s, answer, end);
	const result = client(s);
	s.world.until(() => result.told.length > 1 || (result.told.length > 0 && !/^\d/.test(result.told[0]!)), 60_000);
	s.world.run(120_000);
	expect(statusOf(s.one.stack).sockets).toEqual([]);
	return result;
}

const OK = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n";

describe("an HTTP client", () => {
	it("finds the name's address, asks for the path, and is told head and body", () => {
		const s = stage();
		const requests = serve(s, `${OK}Content-Length: 5\r\n\r\nhello`, false);
		const result = client(s, { path: "/a?b=c" });
		expect(s.world.until(() => result.told.length === 2, 5000)).toBe(true);
		expect(requests).toEqual(["GET /a?b=c HTTP/1.1\r\nHost: server\r\nConnection: close\r\n\r\n"]);
		expect(result).toEqual({ told: ["200 5 text/plain", "done"], body: "hello" });
	});

	it("sends a request that is longer than the room there ever is, where TCP's pool is exhausted", () => {
		const s = stage(pair(LEAST));
		const requests = serve(s, `${OK}Content-Length: 5\r\n\r\nhello`);
		const path = `/${"a".repeat(2000)}`;
		const result = client(s, { path });
		expect(s.world.until(() => result.told.length === 2, 5000)).toBe(true);
		expect(requests).toEqual([`GET ${path} HTTP/1.1\r\nHost: server\r\nConnection: close\r\n\r\n`]);
	});

	it("takes addresses, and names a port that is not the usual one", () => {
		const s = stage();
		const requests = serve(s, `${OK}Content-Length: 0\r\n\r\n`, true, 8080);
		const result = client(s, { host: "10.0.0.2", port: 8080 });
		expect(s.world.until(() => result.told.length === 2, 5000)).toBe(true);
		expect(requests[0]).toContain("\r\nHost: 10.0.0.2:8080\r\n");
	});

	it.each([
		[
			"chunks",
			`${OK}Transfer-Encoding: chunked\r\n\r\n4;x=y\r\nWiki\r\n00a\r\npedia in\r\n\r\n0\r\nTrailer: x\r\n\r\n`,
			-1,
			"Wikipedia in\r\n",
		],
		["a body that ends with the connection", `${OK}\r\nall of this`, -1, "all of this"],
		[
			"an interim response before the final one",
			`HTTP/1.1 103 Early Hints\r\nContent-Length: 9\r\n\r\n${OK}Content-Length: 2\r\n\r\nok`,
			2,
			"ok",
		],
		[
			"chunks rather than a length beside them",
			`${OK}Content-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n`,
			-1,
			"x",
		],
	])("takes %s", (_name, answer, length, body) => {
		expect(exchange(answer)).toEqual({ told: [`200 ${length} text/plain`, "done"], body });
	});

	it.each([204, 304])("expects no body after %d", (status) => {
		expect(exchange(`HTTP/1.1 ${status} \r\n\r\n`, false).told).toEqual([`${status} -1 `, "done"]);
	});

	it.each([
		["cut short", `${OK}Content-Length: 10\r\n\r\nhello`, "server: closed before all had come"],
		["cut short within chunks", `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhel`, "server: closed before all had come"],
		["no HTTP", "220 mail.example ESMTP\r\n", 'response "220 mail.example ESMTP": expected HTTP/1.1 and a status'],
		["two lengths", `${OK}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`, 'response: content length "2": expected one number'],
		[
			"a bad chunk size",
			`${OK}Transfer-Encoding: chunked\r\n\r\n-5\r\n`,
			'response: chunk size "-5": expected hexadecimal digits',
		],
		[
			"a chunk that is too long",
			`${OK}Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n`,
			"response: a chunk is longer than it says",
		],
		["a head without end", `${OK}${"X: y\r\n".repeat(2000)}`, "response: its head or trailers are longer than 8192 bytes"],
	])("says what is wrong: %s", (_name, answer, message) => {
		const { told } = exchange(answer);
		expect(told[told.length - 1]).toBe(message);
		expect(told).not.toContain("done");
	});

	it("says that there is no such name, that nobody listens, and that nothing comes", () => {
		const s = stage();
		const nameless = client(s, { host: "nowhere" });
		const refused = client(s, { host: "10.0.0.2", port: 81 });
		new Server(s.b, 80);
		const silent = client(s, { host: "10.0.0.2" });
		s.world.run(16_000);
		expect(nameless.told).toEqual(["nowhere: no such name"]);
		expect(refused.told).toEqual(["10.0.0.2: refused"]);
		expect(silent.told).toEqual(["10.0.0.2: silent for 15 s"]);
	});

	it("tells nothing after it was closed, whatever was under way", () => {
		for (const ms of [0, 10, 30, 50, 100]) {
			const s = stage();
			serve(s, `${OK}\r\n${"x".repeat(50_000)}`);
			const told: string[] = [];
			let open = true;
			const note = (what: string) => void (open || told.push(what));
			const http = new HttpGet(s.device, {
				host: "server",
				onHead: () => note("head"),
				onBody: () => note("body"),
				onDone: () => note("done"),
				onError: () => note("error"),
			});
			s.world.run(ms);
			http.close();
			open = false;
			s.world.run(200_000);
			expect(told).toEqual([]);
			expect(statusOf(s.one.stack).sockets).toEqual([]);
		}
	});

	it.each(["onHead", "onBody", "onDone"])("that throws in %s ends; the stack reports it, and no onError comes of it", (name) => {
		const s = stage();
		const reported: unknown[] = [];
		s.one.stack.events.onError = (error) => reported.push(error);
		serve(s, `${OK}Content-Length: 5\r\n\r\nhello`);
		const mistake = new Error("mine");
		const result = client(s, {
			[name]() {
				throw mistake;
			},
		});
		s.world.run(120_000);
		expect(reported).toEqual([mistake]);
		expect(result.told).toEqual(name === "onHead" ? [] : ["200 5 text/plain"]);
		expect(statusOf(s.one.stack).sockets).toEqual([]);
	});

	it("refuses a path that would end the request line", () => {
		const s = stage();
		expect(() => client(s, { path: "/a HTTP/1.1\r\nX: y" })).toThrow(/^path "\/a HTTP\/1\.1/);
		expect(() => client(s, { path: "a" })).toThrow('path "a": expected / and ASCII without blanks');
	});

	it("streams 50,000 bytes through a lossy wire", () => {
		const s = stage(pair({}, { loss: 0.02 }, 5));
		const body = Array.from(new Prng(7).bytes(50_000), (byte) => String.fromCharCode(byte)).join("");
		serve(s, `${OK}Transfer-Encoding: chunked\r\n\r\n${chunked(body, new Prng(8))}`);
		const result = client(s);
		expect(s.world.until(() => result.told.length === 2, 600_000)).toBe(true);
		expect(result.told[1]).toBe("done");
		expect(result.body === body).toBe(true);
	});

	it("as a program prints the status and how much has come, and where a redirect points to", () => {
		const s = stage();
		serve(s, "HTTP/1.1 301 Moved\r\nLocation: http://else.where/\r\nContent-Length: 3\r\n\r\nbye");
		get(s.device, { host: "server" });
		s.world.run(5000);
		expect(s.lines).toEqual(["301  → http://else.where/", "3 bytes"]);
	});
});

function chunked(body: string, prng: Prng): string {
	let text = "";
	for (let at = 0; at < body.length;) {
		const size = Math.min(body.length - at, 1 + prng.below(5000));
		text += `${size.toString(16)}\r\n${body.slice(at, at + size)}\r\n`;
		at += size;
	}
	return `${text}0\r\n\r\n`;
}

describe("a response", () => {
	it("is the same however it is cut", () => {
		const seed = 11;
		const prng = new Prng(seed);
		const body = "0123456789".repeat(30);
		const bytes = ascii(
			`HTTP/1.1 100 Continue\r\n\r\n${OK}X-Long: ${"y".repeat(600)}\r\nTransfer-Encoding: chunked\r\n\r\n${chunked(body, prng)}`,
		);
		for (let round = 0; round < 200; round++) {
			const response = new Response();
			let got = "";
			for (let from = 0; from < bytes.length;) {
				const to = Math.min(bytes.length, from + 1 + prng.below(40));
				for (let at = from; at < to;) {
					at = response.take(bytes, at, to);
					got += textOf(bytes, response.dataAt, response.dataEnd);
				}
				from = to;
			}
			expect([seed, round, response.done, response.status, response.type, got]).toEqual([
				seed,
				round,
				true,
				200,
				"text/plain",
				body,
			]);
		}
	});
});
