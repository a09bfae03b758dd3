import { expect, it } from "vitest";
import serve from "../../../hosts/examples/http-server.ts";
import { ascii, pair } from "../io/pair.ts";
import { Connection, stage } from "./program.ts";

/** Sends requests on one connection, one after the other; answers statuses and bodies. */
function ask(requests: string[]): { answers: string[]; connections: number } {
	// The program is the peer's: our side plays the client.
	const p = pair();
	const s = stage({ ...p, one: p.two, two: p.one, a: p.b, b: p.a });
	const server = serve(s.device);
	const answers: string[] = [];
	const connection = new Connection(s.b, new s.b.TCP({ address: "10.0.0.2", port: 80 }), () => {});
	for (const request of requests) {
		connection.send(ascii(request));
		s.world.run(500);
		const text = connection.take();
		answers.push(`${/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]} ${text.slice(text.indexOf("\r\n\r\n") + 4)}`);
	}
	return { answers, connections: server.counters.connections };
}

const request = (line: string, body = "") =>
	`${line} HTTP/1.1\r\nHost: localhost\r\n${body === "" ? "" : `Content-Length: ${body.length}\r\n`}\r\n${body}`;

it("the example server answers its routes on one connection", () => {
	const { answers, connections } = ask([
		request("GET /"),
		request("GET /note"),
		request("POST /note", "good morning"),
		request("GET /note"),
		request("GET /interfaces"),
		request("HEAD /"),
	]);
	expect(answers.slice(0, 4)).toEqual(["200 hello 10.0.0.1\n", "200 ", "200 200 OK\n", "200 good morning"]);
	expect(JSON.parse(answers[4]!.slice(4))).toEqual([
		{ name: "lo", up: true, addresses: ["127.0.0.1/8"] },
		{ name: "eth0", up: true, addresses: ["10.0.0.2/24"] },
	]);
	expect(answers[5]).toBe("200 ");
	expect(connections).toBe(1);
});

it("the example server refuses what it does not have, methods that a path does not take, and a note that is too long", () => {
	const { answers } = ask([
		request("GET /nothing"),
		request("DELETE /"),
		request("POST /note", "x".repeat(257)),
		request("POST /note", "x".repeat(256)),
		request("GET /note"),
	]);
	expect(answers.map((answer) => answer.slice(0, 3))).toEqual(["404", "405", "413", "200", "200"]);
	expect(answers[4]).toBe(`200 ${"x".repeat(256)}`);
});
