import { beforeEach, describe, expect, it } from "vitest";
import { HttpServer, type Exchange } from "../../../hosts/examples/http.ts";
import { Pattern } from "../../../hosts/examples/status/bytes.ts";
import { Sink } from "../../../hosts/examples/status/sink.ts";
import { Turns } from "../../../hosts/examples/turns.ts";
import { Prng } from "../../support/prng.ts";
import { FakeListener, FakeTCP, FakeTimer, ascii } from "./fake.ts";

interface Setup {
	server: HttpServer;
	listener: FakeListener;
}

function serve(
	options: {
		connections?: number;
		free?: () => number;
		isHost?: (host: string) => boolean;
		answer?: (exchange: Exchange) => void;
	} = {},
): Setup {
	const pattern = new Pattern();
	const server = new HttpServer({
		io: FakeListener,
		...(FakeTCP.timer && { turns: new Turns(FakeTCP.timer) }),
		connections: options.connections ?? 4,
		...(options.free && { free: options.free }),
		...(options.isHost && { isHost: options.isHost }),
		onRequest:
			options.answer ??
			((exchange) => {
				if (exchange.path === "/sink") exchange.receive(new Sink());
				else if (exchange.path === "/bytes") exchange.stream(200, "application/octet-stream", Number(exchange.query), pattern);
				else if (exchange.path === "/throw") throw new Error("mistake");
				else if (exchange.path === "/forget") return;
				else exchange.text(200, "text/plain", `${exchange.method} ${exchange.path} ${exchange.query}`);
			}),
	});
	return { server, listener: FakeListener.last };
}

function answersOf(text: string): { status: number; head: string; body: string }[] {
	const answers = [];
	while (text !== "") {
		const end = text.indexOf("\r\n\r\n");
		const head = text.slice(0, end);
		const match = /^HTTP\/1\.1 (\d\d\d) /.exec(head);
		if (end < 0 || !match) throw new Error(`no answer: ${text.slice(0, 200)}`);
		const length = Number(/Content-Length: (\d+)/.exec(head)?.[1] ?? 0);
		answers.push({ status: Number(match[1]), head, body: text.slice(end + 4, end + 4 + length) });
		text = text.slice(end + 4 + length);
	}
	return answers;
}

/** What one request is answered on a connection of its own. */
function ask(request: string, setup = serve()): { status: number; head: string; body: string; socket: FakeTCP } {
	const socket = setup.listener.connect();
	socket.deliver(ascii(request));
	const answers = answersOf(socket.take());
	expect(answers).toHaveLength(1);
	return { ...answers[0]!, socket };
}

const HOST = "Host: board\r\n";
const GET = `GET /a?b=c HTTP/1.1\r\n${HOST}User-Agent: test\r\n\r\n`;
const CHUNKED = `POST /sink HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n5;name=value\r\nhello\r\n00A\r\n, world ok\r\n0\r\nTrailer: x\r\n\r\n`;

/** RFC 1071 over text, the slow way. */
function checksumOf(text: string): number {
	let sum = 0;
	for (let i = 0; i < text.length; i++) sum += text.charCodeAt(i) << (i & 1 ? 0 : 8);
	while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 65_536);
	return ~sum & 0xffff;
}

describe.each([
	["that does all at once", undefined],
	["that does what takes long in turns", new FakeTimer()],
] as const)("an HTTP server %s", (_name, timer) => {
	beforeEach(() => {
		FakeTCP.timer = timer;
	});

	it("answers a request, and the next one on the same connection", () => {
		const { head, body, status, socket } = ask(GET);
		expect(status).toBe(200);
		expect(body).toBe("GET /a b=c");
		expect(head).toContain("Content-Type: text/plain");
		expect(head).not.toContain("Connection:");
		socket.deliver(ascii(GET));
		expect(answersOf(socket.take())[0]!.body).toBe("GET /a b=c");
		expect(socket.closed).toBe(false);
	});

	it.each([
		["get", GET],
		["post", `POST /sink HTTP/1.1\r\n${HOST}Content-Length: 11\r\n\r\nhello world`],
		["chunks", CHUNKED],
		["line feeds alone", GET.replace(/\r/g, "")],
		["empty lines before", "\r\n\r\n" + GET],
	])("understands %s, cut at any byte", (_name, request) => {
		const whole = ask(request);
		for (let cut = 1; cut < request.length; cut++) {
			const socket = serve().listener.connect();
			socket.deliver(ascii(request.slice(0, cut)));
			expect(socket.take()).toBe("");
			socket.deliver(ascii(request.slice(cut)));
			expect(answersOf(socket.take())).toMatchObject([{ status: 200, body: whole.body }]);
		}
		const socket = serve().listener.connect();
		for (const byte of ascii(request)) socket.deliver([byte]);
		expect(answersOf(socket.take())).toMatchObject([{ status: 200, body: whole.body }]);
	});

	it("answers pipelined requests in their order", () => {
		const socket = serve().listener.connect();
		let requests = "";
		for (let i = 0; i < 5; i++) requests += `GET /${i} HTTP/1.1\r\n${HOST}\r\n` + CHUNKED;
		socket.deliver(ascii(requests));
		const bodies = answersOf(socket.take()).map((answer) => answer.body);
		expect(bodies.filter((_body, i) => i % 2 === 0)).toEqual(["GET /0 ", "GET /1 ", "GET /2 ", "GET /3 ", "GET /4 "]);
		expect(bodies.filter((body, i) => i % 2 === 1 && body.includes('"count":15'))).toHaveLength(5);
	});

	it("answers pipelined requests through a send buffer of a few bytes", () => {
		const socket = serve().listener.connect(7);
		socket.deliver(ascii(`GET /bytes?1000 HTTP/1.1\r\n${HOST}\r\n${GET}GET /bytes?500 HTTP/1.1\r\n${HOST}\r\n`));
		for (let i = 0; i < 2000 && !socket.closed; i++) socket.drain(7);
		const answers = answersOf(socket.take());
		expect(answers.map((answer) => answer.body.length)).toEqual([1000, 10, 500]);
		for (let i = 0; i < 1000; i++) expect(answers[0]!.body.charCodeAt(i)).toBe(i % 251);
	});

	it("sends a head without body for HEAD", () => {
		const socket = serve().listener.connect();
		socket.deliver(ascii(`HEAD /bytes?2147483648 HTTP/1.1\r\n${HOST}\r\n`));
		const text = socket.take();
		expect(text).toContain("Content-Length: 2147483648\r\n");
		expect(text.endsWith("\r\n\r\n")).toBe(true);
		expect(socket.closed).toBe(false);
	});

	it("counts and sums what is posted, whatever the pieces", () => {
		const prng = new Prng(5);
		let text = "";
		for (let i = 0; i < 5000; i++) text += String.fromCharCode(prng.below(256));
		for (let round = 0; round < 20; round++) {
			const length = prng.below(text.length);
			const body = text.slice(0, length);
			const socket = serve().listener.connect();
			const request = `POST /sink HTTP/1.1\r\n${HOST}Content-Length: ${length}\r\n\r\n${body}`;
			for (let at = 0; at < request.length;) {
				const size = prng.between(1, 700);
				socket.deliver(ascii(request.slice(at, at + size)));
				at += size;
			}
			expect(JSON.parse(answersOf(socket.take())[0]!.body)).toEqual({ count: length, checksum: checksumOf(body) });
		}
	});

	it("asks for the body that a client holds back, and does not when it has come already", () => {
		const head = `POST /sink HTTP/1.1\r\n${HOST}Content-Length: 2\r\nExpect: 100-continue\r\n\r\n`;
		const socket = serve().listener.connect();
		socket.deliver(ascii(head));
		expect(socket.take()).toBe("HTTP/1.1 100 Continue\r\n\r\n");
		socket.deliver(ascii("hi"));
		expect(answersOf(socket.take())[0]!.body).toContain('"count":2');
		expect(ask(head + "hi").body).toContain('"count":2');
	});

	it.each([
		["a wrong line", "GET\r\n\r\n", 400],
		["no host", "GET / HTTP/1.1\r\n\r\n", 400],
		["two hosts", `GET / HTTP/1.1\r\n${HOST}${HOST}\r\n`, 400],
		["a space too many", `GET  / HTTP/1.1\r\n${HOST}\r\n`, 400],
		["a control character in the path", `GET /\x01 HTTP/1.1\r\n${HOST}\r\n`, 400],
		["a relative path", `GET a HTTP/1.1\r\n${HOST}\r\n`, 400],
		["no host", "GET / HTTP/1.1\r\n\r\n", 400],
		["an empty host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400],
		["two hosts", `GET / HTTP/1.1\r\n${HOST}${HOST}\r\n`, 400],
		["two hosts in HTTP/1.0", `GET / HTTP/1.0\r\n${HOST}${HOST}\r\n`, 400],
		["a host with a space", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400],
		["a host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400],
		["a host with a user", "GET / HTTP/1.1\r\nHost: me@a\r\n\r\n", 400],
		["a host with a wrong port", "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n", 400],
		["a host with a port that is none", "GET / HTTP/1.1\r\nHost: a:+80\r\n\r\n", 400],
		["a host with an open bracket", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400],
		["a host with a bracket and more", "GET / HTTP/1.1\r\nHost: [::1]a\r\n\r\n", 400],
		["a host with a zone", "GET / HTTP/1.1\r\nHost: [fe80::1%25eth0]\r\n\r\n", 400],
		["an absolute form without a host", `GET http:///a HTTP/1.1\r\n${HOST}\r\n`, 400],
		["an absolute form with a user", `GET http://me@board/ HTTP/1.1\r\n${HOST}\r\n`, 400],
		["an absolute form with no field Host", "GET http://board/ HTTP/1.1\r\n\r\n", 400],
		["an absolute form of another scheme", `GET ftp://board/ HTTP/1.1\r\n${HOST}\r\n`, 400],
		["a CR within a field", `GET / HTTP/1.1\r\n${HOST}X: a\rY: b\r\n\r\n`, 400],
		[
			"a CR within a field that is too long to be kept",
			`GET / HTTP/1.1\r\n${HOST}X: ${"a".repeat(600)}\rContent-Length: 5\r\n\r\n`,
			400,
		],
		["a CR within the request line", `GET /a\rb HTTP/1.1\r\n${HOST}\r\n`, 400],
		["a tab before the colon", `GET / HTTP/1.1\r\n${HOST}Content-Length\t: 5\r\n\r\n`, 400],
		["a length with a sign", `POST /sink HTTP/1.1\r\n${HOST}Content-Length: +5\r\n\r\nhello`, 400],
		["a hexadecimal length", `POST /sink HTTP/1.1\r\n${HOST}Content-Length: 0x5\r\n\r\nhello`, 400],
		["two lengths in one field", `POST /sink HTTP/1.1\r\n${HOST}Content-Length: 5, 6\r\n\r\nhello`, 400],
		["chunks twice", `POST /sink HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n`, 400],
		["chunks that are not the last coding", `POST /sink HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked, identity\r\n\r\n`, 501],
		["a coding that only begins so", `POST /sink HTTP/1.1\r\n${HOST}Transfer-Encoding: chunkedx\r\n\r\n`, 501],
		[
			"a chunk size that ends in LF alone",
			`POST /sink HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n`,
			400,
		],
		[
			"a chunk that ends in LF alone",
			`POST /sink HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\n0\r\n\r\n`,
			400,
		],
		["a last chunk that ends in LF alone", `POST /sink HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n0\n\r\n`, 400],
		["trailers that end in LF alone", `POST /sink HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n0\r\n\n`, 400],
		["a trailer without a colon", `POST /sink HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n0\r\nnothing\r\n\r\n`, 400],
		["a chunk size with a sign", `POST /sink HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n+5\r\nhello\r\n0\r\n\r\n`, 400],
		["a chunk size with 0x", `POST /sink HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n`, 400],
		[
			"a chunk size with a blank and nothing",
			`POST /sink HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n5 \r\nhello\r\n0\r\n\r\n`,
			400,
		],
		[
			"a chunk size with a blank before",
			`POST /sink HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n 5\r\nhello\r\n0\r\n\r\n`,
			400,
		],
		[
			"a chunk extension with a CR",
			`POST /sink HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n5;a\rb\r\nhello\r\n0\r\n\r\n`,
			400,
		],
		[
			"many chunks of which the extensions are longer than the content",
			`POST /sink HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n${`1;${"x".repeat(200)}\r\na\r\n`.repeat(30)}`,
			400,
		],
		["a proxy's request", `CONNECT host:80 HTTP/1.1\r\n${HOST}\r\n`, 400],
		["lower-case protocol", `GET / http/1.1\r\n${HOST}\r\n`, 400],
		["version 2", `GET / HTTP/2.0\r\n${HOST}\r\n`, 505],
		["a folded field", `GET / HTTP/1.1\r\n${HOST} folded\r\n\r\n`, 400],
		["a space before the colon", "GET / HTTP/1.1\r\nHost : board\r\n\r\n", 400],
		["a field without colon", `GET / HTTP/1.1\r\n${HOST}nothing\r\n\r\n`, 400],
		["a zero byte", `GET / HTTP/1.1\r\n${HOST}X: a\0b\r\n\r\n`, 400],
		["a length that is no number", `POST /sink HTTP/1.1\r\n${HOST}Content-Length: 5x\r\n\r\n`, 400],
		["a negative length", `POST /sink HTTP/1.1\r\n${HOST}Content-Length: -5\r\n\r\n`, 400],
		["two lengths", `POST /sink HTTP/1.1\r\n${HOST}Content-Length: 5\r\nContent-Length: 6\r\n\r\n`, 400],
		["a length beside chunks", `POST /sink HTTP/1.1\r\n${HOST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n`, 400],
		["chunks in HTTP/1.0", "POST /sink HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400],
		["another coding", `POST /sink HTTP/1.1\r\n${HOST}Transfer-Encoding: gzip, chunked\r\n\r\n`, 501],
		["a body beyond 2^31", `POST /sink HTTP/1.1\r\n${HOST}Content-Length: 2147483649\r\n\r\n`, 413],
		["a chunk beyond 2^31", `POST /sink HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n80000001\r\n`, 413],
		["a chunk of no size", `POST /sink HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n\r\n`, 400],
		["a chunk that is longer than it says", `POST /sink HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n`, 400],
		["an endless chunk line", `POST /sink HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n1;${"x".repeat(300)}`, 400],
		["an unknown expectation", `POST /sink HTTP/1.1\r\n${HOST}Expect: more\r\n\r\n`, 417],
		["a long path", `GET /${"x".repeat(600)} HTTP/1.1\r\n${HOST}\r\n`, 414],
		["a long head", `GET / HTTP/1.1\r\n${HOST}${"X-Field: some value\r\n".repeat(500)}\r\n`, 431],
		["a long field that matters", `GET / HTTP/1.1\r\nHost: ${"x".repeat(600)}\r\n\r\n`, 431],
	])("refuses %s, and closes", (_name, request, status) => {
		const result = ask(request);
		expect(result.status).toBe(status);
		expect(result.head).toContain("Connection: close");
		expect(result.socket.ended).toBe(true);
	});

	it("reads over a long field that does not matter, and takes the absolute form", () => {
		expect(ask(`GET / HTTP/1.1\r\n${HOST}Cookie: ${"x".repeat(3000)}\r\n\r\n`).status).toBe(200);
		expect(ask(`GET http://board/a?b HTTP/1.1\r\n${HOST}\r\n`).body).toBe("GET /a b");
		expect(ask(`GET http://board HTTP/1.1\r\n${HOST}\r\n`).body).toBe("GET / ");
	});

	it("tells the host in lower case and without port, and the one of an absolute form rather than that of the field", () => {
		const answer = (exchange: Exchange) =>
			exchange.text(200, "text/plain", `${exchange.host} ${exchange.path} ${exchange.query}`);
		for (const [target, host, body] of [
			["/", "Board.Example:8080", "board.example / "],
			["/a?b=c", "127.0.0.1:80", "127.0.0.1 /a b=c"],
			["/", "[::1]:8080", "[::1] / "],
			["/", "board:", "board / "],
			["http://Other:81/x?y", "board", "other /x y"],
			["HTTP://other", "board", "other / "],
			["http://other?y", "board", "other / y"],
		] as const)
			expect(ask(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`, serve({ answer })).body).toBe(body);
		expect(ask("GET /x HTTP/1.0\r\n\r\n", serve({ answer })).body).toBe(" /x ");
	});

	it("answers 421 for a host that is not its own", () => {
		const setup = serve({ isHost: (host) => host === "board" });
		expect(ask(GET, setup).status).toBe(200);
		expect(ask(GET.replace("board", "evil.example"), setup).status).toBe(421);
	});

	it("takes chunks with extensions that are no more than the content", () => {
		const chunk = `64;${"x".repeat(200)}\r\n${"a".repeat(100)}\r\n`;
		const { body } = ask(`POST /sink HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(60)}0 ;a=b\r\n\r\n`);
		expect(body).toContain('"count":6000');
	});

	it("keeps the connection as the client wishes", () => {
		expect(ask(`GET / HTTP/1.1\r\n${HOST}Connection: foo, Close\r\n\r\n`).head).toContain("Connection: close");
		expect(ask("GET / HTTP/1.0\r\n\r\n").head).toContain("Connection: close");
		const kept = ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
		expect(kept.head).toContain("Connection: keep-alive");
		expect(kept.socket.ended).toBe(false);
	});

	it("answers in full to a client that has closed its half, then closes", () => {
		const socket = serve().listener.connect(100);
		socket.deliver(ascii(`GET /bytes?1000 HTTP/1.1\r\n${HOST}\r\n`));
		socket.fail("closed");
		expect(socket.closed).toBe(false);
		for (let i = 0; i < 100 && !socket.closed; i++) socket.drain(100);
		expect(answersOf(socket.take())[0]!.body).toHaveLength(1000);
		expect(socket.closed).toBe(true);
	});

	it("lets what is left of a refused body run out before it closes", () => {
		const { server, listener } = serve();
		const { socket, status } = ask(`POST /other HTTP/1.1\r\n${HOST}Content-Length: 100000\r\n\r\nsome`, { server, listener });
		expect(status).toBe(200);
		expect(socket.ended).toBe(true);
		socket.deliver(new Uint8Array(5000));
		expect(socket.closed).toBe(false);
		socket.fail("closed");
		expect(socket.closed).toBe(true);
		expect(server.connections).toBe(0);
	});

	it("closes what lingers for long, or sends for long", () => {
		const { server, listener } = serve();
		const slow = ask(`GET / HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`, { server, listener }).socket;
		for (let i = 0; i < 4; i++) server.sweep();
		expect(slow.closed).toBe(true);
		const busy = ask(`GET / HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`, { server, listener }).socket;
		for (let i = 0; i < 70; i++) if (!busy.closed) busy.deliver(new Uint8Array(1000));
		expect(busy.closed).toBe(true);
	});

	it("closes idle connections, answers half a head with 408, and gives up a body that stops", () => {
		const { server, listener } = serve();
		const idle = listener.connect();
		const half = listener.connect();
		const body = listener.connect();
		half.deliver(ascii("GET / HT"));
		body.deliver(ascii(`POST /sink HTTP/1.1\r\n${HOST}Content-Length: 10\r\n\r\nabc`));
		for (let i = 0; i < 11; i++) {
			server.sweep();
			half.deliver(ascii("T"));
		}
		expect(answersOf(half.take())[0]!.status).toBe(408);
		for (let i = 0; i < 5; i++) server.sweep();
		expect(idle.closed).toBe(true);
		expect(body.closed).toBe(false);
		for (let i = 0; i < 16; i++) server.sweep();
		expect(body.closed).toBe(true);
		expect(server.connections).toBe(0);
		expect(server.counters.timeouts).toBeGreaterThanOrEqual(3);
	});

	it("lets newcomers in by closing the connection that has been idle longest", () => {
		const { server, listener } = serve({ connections: 3 });
		const first = ask(GET, { server, listener }).socket;
		server.sweep();
		const second = ask(GET, { server, listener }).socket;
		server.sweep();
		const third = listener.connect();
		const fourth = listener.connect();
		expect([first.closed, second.closed, third.closed, fourth.closed]).toEqual([true, false, false, false]);
		expect(server.connections).toBe(3);
		fourth.deliver(ascii(GET));
		expect(answersOf(fourth.take())[0]!.head).toContain("Connection: close");
	});

	it("does not close for a newcomer a connection whose first request is still on its way, but one that says nothing for two seconds", () => {
		for (const options of [{ connections: 1 }, { free: () => 0 }]) {
			const { listener } = serve(options);
			const first = listener.connect();
			listener.connect();
			first.deliver(ascii(GET));
			expect(answersOf(first.take())[0]!.status).toBe(200);
			const later = serve(options);
			const silent = later.listener.connect();
			later.server.sweep();
			later.listener.connect();
			expect(silent.closed).toBe(false);
			later.server.sweep();
			expect(silent.closed).toBe(true);
		}
	});

	it("answers 503 when all connections are busy, and makes room when sockets run out", () => {
		const busy = serve({ connections: 2 });
		for (let i = 0; i < 2; i++) busy.listener.connect(10).deliver(ascii(`GET /bytes?100 HTTP/1.1\r\n${HOST}\r\n`));
		const third = busy.listener.connect();
		expect(answersOf(third.take())[0]!.status).toBe(503);
		let free = 1;
		const scarce = serve({ free: () => free });
		const kept = ask(GET, scarce).socket;
		free = 0;
		const newcomer = scarce.listener.connect();
		expect([kept.closed, newcomer.closed]).toEqual([true, false]);
	});

	it("answers 500 for a handler that throws or forgets, and reports what was thrown", () => {
		const { server, listener } = serve();
		expect(ask(`GET /throw HTTP/1.1\r\n${HOST}\r\n`, { server, listener }).status).toBe(500);
		expect(() => server.sweep()).toThrow("mistake");
		server.sweep();
		expect(ask(`GET /forget HTTP/1.1\r\n${HOST}\r\n`, { server, listener }).status).toBe(500);
	});

	it("survives random and mutated bytes in random pieces", () => {
		const seed = 20_261;
		const prng = new Prng(seed);
		const seeds = [
			GET,
			CHUNKED,
			`POST /sink HTTP/1.1\r\n${HOST}Content-Length: 11\r\n\r\nhello world`,
			`HEAD /bytes?5000 HTTP/1.0\r\n\r\n`,
		];
		const tokens = [
			"\r\n",
			"\n",
			"\r",
			" ",
			":",
			"0\r\n\r\n",
			"Transfer-Encoding: chunked\r\n",
			"Content-Length: 3\r\n",
			"HTTP/1.1",
			"\0",
			"ffffffff",
			"Expect: 100-continue\r\n",
		];
		let answered = 0;
		for (let round = 0; round < 3000; round++) {
			let text = "";
			for (let i = prng.between(1, 3); i > 0; i--) text += prng.pick(seeds);
			for (let i = prng.below(6); i > 0; i--) {
				const at = prng.below(text.length + 1);
				const cut = prng.chance(0.3) ? prng.below(20) : 0;
				const insert = prng.chance(0.5) ? prng.pick(tokens) : String.fromCharCode(prng.below(256));
				text = text.slice(0, at) + insert + text.slice(at + cut);
			}
			const { server, listener } = serve();
			const socket = listener.connect(prng.pick([3, 100, 5840]));
			for (let at = 0; at < text.length && !socket.closed;) {
				const size = prng.between(1, 60);
				socket.deliver(ascii(text.slice(at, at + size)));
				for (let i = prng.below(50); i > 0 && !socket.closed; i--) socket.drain(socket.room + prng.below(200));
				at += size;
			}
			for (let i = 0; i < 3000 && socket.room < 5000 && !socket.closed && !socket.ended; i++) socket.drain(socket.room + 100);
			for (let i = 0; i < 60; i++) server.sweep();
			if (!socket.closed || server.connections !== 0)
				throw new Error(`seed ${seed}, round ${round}: not closed after ${JSON.stringify(text)}`);
			const out = socket.take();
			if (out !== "") {
				answered++;
				if (!out.startsWith("HTTP/1.1 ")) throw new Error(`seed ${seed}, round ${round}: answered ${JSON.stringify(out)}`);
			}
		}
		expect(answered).toBeGreaterThan(2000);
	});
});

describe("turns", () => {
	const STEP = new Uint8Array(100).fill(120);

	/** A server in turns, whose answers are ten pieces. */
	function pieces(): { listener: FakeListener; timer: FakeTimer; made: () => number } {
		const timer = new FakeTimer();
		FakeTCP.timer = undefined;
		let made = 0;
		new HttpServer({
			io: FakeListener,
			turns: new Turns(timer),
			onRequest(exchange) {
				let left = 10;
				exchange.pieces(200, "text/plain", {
					put(bytes, at) {
						if (left-- === 0) return at;
						made++;
						bytes.set(STEP, at);
						return at + STEP.length;
					},
				});
			},
		});
		return { listener: FakeListener.last, timer, made: () => made };
	}

	it("leave in the socket what is not read yet, so that the client waits and not this board's memory", () => {
		const { listener, timer } = pieces();
		const socket = listener.connect(5840, false);
		for (let i = 0; i < 3; i++) timer.run();
		socket.deliver(ascii(`GET / HTTP/1.1\r\n${"X: 1\r\n".repeat(200)}${HOST}\r\n`));
		const came = socket.incoming.length;
		expect(came).toBeGreaterThan(1200);
		timer.run();
		expect(socket.incoming.length).toBe(came - 32);
	});

	it("are one for each part: a connection, a line or 32 bytes of a head, the request, a piece; nothing of it happens in callbacks of the socket", () => {
		const { listener, timer, made } = pieces();
		const socket = listener.connect(5840, false);
		expect(socket.owner).toBeUndefined();
		for (let i = 0; i < 3; i++) timer.run(); // taken, begun, and nobody else is there
		socket.deliver(ascii(`GET /${"a".repeat(40)} HTTP/1.1\r\n${HOST}\r\n`));
		let runs = 0;
		while (made() === 0 && timer.run()) runs++;
		expect(runs).toBe(2 + 1 + 1 + 1 + 1);
		for (let i = 2; i <= 10; i++) {
			socket.turn();
			expect(made()).toBe(i - 1);
			expect(timer.run()).toBe(true);
			expect(made()).toBe(i);
		}
		expect(timer.run()).toBe(true);
		expect(timer.run()).toBe(true); // looks for the next request
		expect(timer.run()).toBe(false);
		expect(socket.take()).toMatch(/\r\n000\r\n\r\n$/);
	});

	it("go round: of two that are answered each gets a piece in its turn", () => {
		const { listener, timer } = pieces();
		const sockets = [listener.connect(5840, false), listener.connect(5840, false)];
		while (timer.run());
		for (const socket of sockets) socket.deliver(ascii(GET));
		for (let more = true; more;) {
			more = timer.run();
			const [one, two] = sockets.map(({ outgoing }) => outgoing.length);
			expect(Math.abs(one! - two!)).toBeLessThan(400);
		}
		for (const socket of sockets) expect(socket.take()).toMatch(/\r\n000\r\n\r\n$/);
	});

	it("that throw end what they were at, and the others go on", () => {
		const timer = new FakeTimer();
		const told: unknown[] = [];
		const turns = new Turns(timer, (error) => told.push(error));
		const did: string[] = [];
		const who = (name: string, act: () => void) => ({ turn: act, failed: () => void did.push(`${name} failed`) });
		turns.add(
			who("one", () => {
				throw new Error("mine");
			}),
		);
		turns.add(who("two", () => void did.push("two")));
		while (timer.run());
		expect(told).toEqual([new Error("mine")]);
		expect(did).toEqual(["one failed", "two"]);
	});
});
