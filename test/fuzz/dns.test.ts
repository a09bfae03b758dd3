// Hostile name servers: made up and mutated answers, by UDP and TCP, from the right place. No exception, an end in time, no socket lost, an
// address that came from an answer, and the right one as soon as the server is honest. SEED and FRAMES set the run.

import { describe, expect, it } from "vitest";
import * as wire from "../../src/wire/dns.ts";
import { Scene, always, type Asked, type Result } from "../unit/service/dns/scene.ts";
import * as dns from "../support/dns.ts";
import { envNumber } from "../support/env.ts";
import { concat } from "../support/frames.ts";
import { Prng } from "../support/prng.ts";

const SEED = envNumber("SEED", 20261124);
const FRAMES = envNumber("FRAMES", 20_000);
/** An answer costs a look-up, or several. */
const NAMES = Math.ceil(FRAMES / 5);
const ANSWERS = Math.ceil(FRAMES / 10);
/** All addresses that a hostile server writes begin so; a mutated byte may change one. */
const RIGHT = "192.0.2.1";

const LABELS = ["a", "b", "test", "x".repeat(63), "", "evil"];

function someName(prng: Prng, length: number): number[] {
	const bytes: number[] = [];
	for (let n = prng.below(4); n > 0; n--) {
		const label = prng.pick(LABELS);
		if (label !== "") bytes.push(...dns.name(label).slice(0, -1));
	}
	if (prng.chance(0.5)) return [...bytes, ...dns.pointer(prng.chance(0.8) ? 12 + prng.below(length) : prng.below(0x4000))];
	return prng.chance(0.95) ? [...bytes, 0] : [...bytes, prng.below(256)];
}

function someRecord(prng: Prng, length: number): number[] {
	const owner = prng.chance(0.6) ? dns.QUESTION : someName(prng, length);
	const type = prng.pick([dns.A, dns.A, dns.CNAME, dns.CNAME, dns.NS, dns.SOA, dns.TXT, dns.AAAA, prng.below(65_536)]);
	const data =
		type === dns.A
			? [198, 51, 100, prng.below(256)]
			: type === dns.CNAME || type === dns.NS
				? someName(prng, length)
				: prng.bytes(prng.below(40));
	const more: Partial<dns.Record> = prng.chance(0.05) ? { length: prng.below(65_536) } : {};
	const ttl = prng.pick([0, 1, 60, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1]);
	return dns.record({ owner, type, class: prng.chance(0.95) ? 1 : prng.below(65_536), ttl, data, ...more });
}

/** An answer that may well be right, or nearly so. */
function someAnswer(prng: Prng, query: Asked): Uint8Array<ArrayBuffer> {
	if (prng.chance(0.03)) return prng.bytes(prng.below(prng.chance(0.9) ? 60 : 1000));
	const records = (most: number) => Array.from({ length: prng.below(most + 1) }, () => someRecord(prng, 200));
	const answer = dns.message({
		id: prng.chance(0.9) ? query.id : prng.below(65_536),
		question: query.question,
		truncated: prng.chance(query.tcp ? 0.02 : 0.1),
		code: prng.chance(0.9) ? prng.pick([0, 0, 0, dns.NXDOMAIN]) : prng.below(16),
		answers: records(prng.chance(0.9) ? 4 : 30),
		authorities: records(2),
		...(prng.chance(0.05) ? { counts: [prng.below(3), prng.below(65_536), prng.below(65_536), prng.below(65_536)] } : {}),
	});
	if (prng.chance(0.3)) for (let n = prng.below(4); n >= 0; n--) answer[prng.below(answer.length)] = prng.below(256);
	if (!query.tcp && answer.length > 1400) return answer.slice(0, 1400);
	return prng.chance(0.1) ? answer.slice(0, prng.below(answer.length + 1)) : concat(answer, prng.bytes(prng.below(3)));
}

/** What the plainest reader makes of a name: by recursion, with a count of jumps. Undefined when it is none. */
function plainName(bytes: Uint8Array, at: number, start: number, jumps = 0): number[] | undefined {
	const octets: number[] = [];
	for (;;) {
		if (at >= bytes.length) return undefined;
		const length = bytes[at]!;
		if (length === 0) return [...octets, 0];
		if (length >= 192) {
			const to = ((length & 63) << 8) | bytes[at + 1]!;
			if (at + 1 >= bytes.length || to >= start || to < 12 || jumps > 200) return undefined;
			const rest = plainName(bytes, to, to, jumps + 1);
			return rest === undefined ? undefined : [...octets, ...rest];
		}
		if (length > 63 || at + 1 + length > bytes.length) return undefined;
		octets.push(...bytes.subarray(at, at + 1 + length));
		at += 1 + length;
	}
}

function plainText(octets: number[]): string {
	const labels: string[] = [];
	for (let at = 0; octets[at] !== 0; at += 1 + octets[at]!) {
		let label = "";
		for (const octet of octets.slice(at + 1, at + 1 + octets[at]!)) {
			const character = String.fromCharCode(octet).toLowerCase();
			label += octet < 128 && /[a-z0-9_-]/.test(character) ? character : `\\${String(octet).padStart(3, "0")}`;
		}
		labels.push(label);
	}
	return labels.join(".");
}

describe(`hostile name servers, SEED=${SEED}`, () => {
	it(`names are read as the plainest reader does, in ${NAMES} messages`, () => {
		const prng = new Prng(SEED);
		let good = 0;
		for (let i = 0; i < NAMES; i++) {
			const bytes: number[] = Array.from({ length: 12 }, () => prng.below(256));
			const starts = [12];
			while (bytes.length < 60 + prng.below(60)) {
				starts.push(bytes.length);
				bytes.push(...someName(prng, bytes.length));
				// Most pointers lead to a name, as they should.
				if (bytes[bytes.length - 2]! >= 0xc0 && prng.chance(0.7)) bytes.splice(-2, 2, ...dns.pointer(prng.pick(starts)));
			}
			const message = Uint8Array.from(bytes);
			const end = prng.chance(0.9) ? message.length : 12 + prng.below(message.length - 12);
			const view = new DataView(message.buffer);
			const from = prng.chance(0.8) ? prng.pick(starts) : 12 + prng.below(message.length - 12);
			const octets = plainName(message.subarray(0, end), from, from);
			const expected = octets === undefined || octets.length > 255 ? undefined : plainText(octets);
			const read = wire.readName(view, 0, end, from);
			if (read !== expected) expect.fail(`SEED=${SEED} message ${i}: read ${read}, expected ${expected}`);
			if (expected === undefined) continue;
			good++;
			// What has an escaped octet is no host name, and is never asked about.
			if (wire.nameIs(view, 0, end, from, expected) !== !expected.includes("\\"))
				expect.fail(`SEED=${SEED} message ${i}: ${expected} is not known again`);
			if (wire.nameEnd(view, end, from) < 0) expect.fail(`SEED=${SEED} message ${i}: no end`);
		}
		expect(good).toBeGreaterThan(NAMES / 10);
	});

	it(`${ANSWERS} answers come to an end, each in its time, and no more than was said`, () => {
		const prng = new Prng(SEED + 1);
		let honest = false;
		let sent = 0;
		const hostile = (query: Asked) => {
			if (honest) return always(RIGHT, 0)(query);
			const answers = Array.from({ length: prng.chance(0.9) ? 1 : prng.below(5) }, () => someAnswer(prng, query));
			sent += answers.length;
			return answers;
		};
		const scene = new Scene(hostile, hostile, {}, SEED);
		scene.eth1.ip.servers = ["10.1.0.53"];
		scene.server0.tcp({ pieces: 100 });
		scene.server1.tcp({ close: false });
		const codes = new Map<string, number>();
		const wrong = (results: Result[]) =>
			results.find(({ ms, address, code }) => ms > 15_000 || (address === "") === (code === "") || /[^0-9.]/.test(address));
		while (sent < ANSWERS) {
			if (prng.chance(0.9)) scene.engine.cache.clear(); // or a day's TTL leaves nothing to be asked
			for (let n = prng.below(4); n >= 0; n--) scene.ask(prng.pick(["a.test", "b.test", "a", "test", "evil.a.test"]));
			scene.world.run(prng.chance(0.8) ? 50 : prng.below(20_000));
			scene.server0.asked.length = scene.server1.asked.length = 0;
			const results = scene.results.splice(0);
			if (wrong(results) !== undefined) expect.fail(`SEED=${SEED}: ${JSON.stringify(wrong(results))}`);
			for (const { code } of results) codes.set(code, (codes.get(code) ?? 0) + 1);
		}
		honest = true;
		scene.world.run(16_000);
		scene.results.length = 0;
		scene.engine.cache.clear();
		expect(scene.lookUp("a.test").address).toBe(RIGHT);
		scene.world.run(400_000); // TCP connections of the server's that were left open
		expect([scene.sockets, scene.engine.busy]).toEqual([0, 0]);
		// It is of no use when all of it is refused at first sight.
		for (const code of ["", "ENOTFOUND", "ENODATA", "EBADRESP"])
			expect(codes.get(code) ?? 0, code).toBeGreaterThan(ANSWERS / 200);
	});
});
