// A DNS forwarder and EDNS: RFC 6891, RFC 5625 §4.4.2.

import { describe, expect, it } from "vitest";
import * as dns from "../../../support/dns.ts";
import { read16, u16 } from "../../../support/frames.ts";
import { silence } from "../dns/scene.ts";
import { ForwardScene, opt, query } from "./scene.ts";

/** A server at 10.0.0.54 that is asked anything, and says what `answer` makes of it. */
function rawServer(scene: ForwardScene, answer: (bytes: Uint8Array) => Uint8Array<ArrayBuffer>): Uint8Array[] {
	const asked: Uint8Array[] = [];
	void new scene.server0.io.UDP({
		address: "10.0.0.54",
		port: 53,
		onReadable() {
			for (let datagram = this.read(); datagram !== undefined; datagram = this.read()) {
				const bytes = new Uint8Array(datagram);
				asked.push(bytes);
				this.write(answer(bytes), datagram.address, datagram.port);
			}
		},
	});
	scene.eth0.nameServers = ["10.0.0.54"];
	scene.world.run(100);
	return asked;
}

/** An answer to it with an OPT record of the server's, whose flags and upper bits of the response code are `more`. */
function answered(bytes: Uint8Array, answers: number[][], more = 0): Uint8Array<ArrayBuffer> {
	const end = dns.name("x.example").length + 16;
	return dns.message({
		id: read16(bytes, 0),
		question: bytes.slice(12, end),
		answers,
		counts: [1, answers.length, 0, 1],
		rest: [...opt(4096).slice(0, 5), more, ...opt(4096).slice(6)],
	});
}

describe("EDNS", () => {
	const COOKIE = [0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8];
	const a = [dns.a("192.0.2.1")];

	it("goes on as it is, options too, but for a size that would not pass here whole", () => {
		const scene = new ForwardScene(silence);
		const asked = rawServer(scene, (bytes) => answered(bytes, a));
		for (const [size, sent] of [
			[4096, 1232],
			[1232, 1232],
			[1231, 1231],
			[512, 512],
		]) {
			const bytes = query("x.example", { type: 500 + size!, more: [opt(size!, 0x8000, COOKIE)] });
			expect(scene.query(bytes)).toMatchObject({ opt: true, addresses: ["192.0.2.1"] });
			const expected = bytes.slice(2);
			expected.set(u16(sent!), expected.length - COOKIE.length - 8);
			expect([...asked.pop()!.subarray(2)]).toEqual([...expected]);
		}
	});

	it("of a message that is signed is left alone: TSIG", () => {
		const scene = new ForwardScene(silence);
		const asked = rawServer(scene, (bytes) => answered(bytes, a));
		const bytes = query("x.example", {
			more: [opt(4096), dns.record({ owner: "key", type: 250, class: 255, ttl: 0, data: [1, 2, 3] })],
		});
		for (let i = 1; i < 3; i++) {
			expect(scene.query(bytes)).toMatchObject({ addresses: ["192.0.2.1"] });
			expect(asked.length).toBe(i);
			expect([...asked[0]!.subarray(2)]).toEqual([...bytes.subarray(2)]);
		}
	});

	it("is each one's own: who has none gets none from memory, who has gets ours", () => {
		const scene = new ForwardScene(silence);
		const asked = rawServer(scene, (bytes) => answered(bytes, a));
		expect(scene.query(query("x.example", { more: [opt(4096)] }))).toMatchObject({ opt: true });
		expect(scene.query(query("x.example"))).toMatchObject({ opt: false, counts: [1, 1, 0, 0] });
		expect(scene.query(query("x.example", { more: [opt(4096, 0, COOKIE)] }))).toMatchObject({ opt: true, counts: [1, 1, 0, 1] });
		expect(asked.length).toBe(1);
		// Who wants signatures asks another question.
		scene.query(query("x.example", { more: [opt(4096, 0x8000)] }));
		expect(asked.length).toBe(2);
	});

	it.each([
		["options that may make another answer", [opt(1232, 0, [0, 8, 0, 4, 0, 1, 0, 0])], 0],
		["options that are broken", [opt(1232, 0, [0, 10, 0, 8, 1])], 0],
		["another version", [[...opt(1232).slice(0, 6), 1, ...opt(1232).slice(7)]], 0],
		["two OPT records", [opt(1232), opt(1232)], 0],
		["a server's code that is longer", [opt(1232)], 1],
	])("with %s is not answered from memory", (_what, more, code) => {
		const scene = new ForwardScene(silence);
		const asked = rawServer(scene, (bytes) => answered(bytes, a, code));
		for (let i = 1; i < 3; i++) {
			scene.query(query("x.example", { more }));
			expect(asked.length).toBe(i);
		}
	});

	it("says how much fits: what is longer is truncated, from memory too, and to be had by TCP", () => {
		const many = Array.from({ length: 40 }, (_, i) => dns.a(`192.0.2.${i}`));
		const scene = new ForwardScene(silence);
		const asked = rawServer(scene, (bytes) => answered(bytes, many));
		expect(scene.query(query("x.example", { more: [opt(1232)] }))!.counts).toEqual([1, 40, 0, 1]);
		const short = scene.query(query("x.example"))!;
		expect(short.counts).toEqual([1, 0, 0, 0]);
		expect(short.flags & 0x0200).not.toBe(0);
		expect(scene.byTcp([query("x.example")])[0]!.counts).toEqual([1, 40, 0, 0]);
		expect(asked.length).toBe(1);
		// A server that says more than fits.
		const other = scene.query(query("x.example", { type: dns.TXT }))!;
		expect(other.counts).toEqual([1, 0, 0, 0]);
	});

	it("of a server that says more than there is room for at all", () => {
		const scene = new ForwardScene(silence);
		rawServer(scene, (bytes) =>
			answered(
				bytes,
				Array.from({ length: 85 }, (_, i) => dns.a(`192.0.2.${i}`)),
			),
		);
		const answer = scene.query(query("x.example", { more: [opt(4096)] }))!;
		expect(answer).toMatchObject({ counts: [1, 0, 0, 1], opt: true });
		expect(answer.flags & 0x0200).not.toBe(0);
	});
});
