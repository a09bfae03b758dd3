// Answers that no honest server gives: the right address or a clear error, in bounded time, and nothing left behind.

import { afterEach, describe, expect, it } from "vitest";
import { createIO } from "../../../../src/io/io.ts";
import * as dns from "../../../support/dns.ts";
import { concat } from "../../../support/frames.ts";
import { Scene, always, silence, type Asked, type Script } from "./scene.ts";

const RIGHT = "192.0.2.1";
const WRONG = "192.0.2.66";

let scene: Scene;

/** A scene whose server sends `bad` before the right answer, when that is to follow. */
function serving(bad: Script, right = true): Scene {
	scene = new Scene((query) => {
		const first = bad(query);
		const all = first === undefined ? [] : Array.isArray(first) ? first : [first];
		return right ? [...all, always(RIGHT)(query) as Uint8Array] : all;
	});
	return scene;
}

describe("an answer", () => {
	afterEach(() => {
		expect(scene.sockets).toBe(0);
		expect(scene.engine.busy).toBe(0);
	});

	const wrong = (query: Asked, more: Partial<dns.Message> = {}) =>
		dns.message({ id: query.id, question: query.question, answers: [dns.a(WRONG)], ...more });

	/** Another name of the same length. */
	const otherName = ({ question }: Asked) => question.map((octet, i) => (i === 1 ? octet ^ 1 : octet));

	describe("what is not an answer to the question is as if it had not come", () => {
		const cases: [string, Script][] = [
			["a wrong id", (query) => wrong(query, { id: query.id ^ 1 })],
			["another question", (query) => wrong(query, { question: otherName(query) })],
			[
				"another type in the question",
				(query) => wrong(query, { question: query.question.map((octet, i) => (i === query.question.length - 3 ? 28 : octet)) }),
			],
			[
				"another class in the question",
				(query) => wrong(query, { question: query.question.map((octet, i) => (i === query.question.length - 1 ? 3 : octet)) }),
			],
			["no question", (query) => wrong(query, { question: [] })],
			["the question twice", (query) => wrong(query, { question: concat(query.question, query.question), counts: [2, 1, 0, 0] })],
			["a question that says it is two", (query) => wrong(query, { counts: [2, 1, 0, 0] })],
			["a query in place of an answer", (query) => wrong(query, { flags: 0x0100 })],
			["another opcode", (query) => wrong(query, { flags: 0x8980 })],
			["nothing at all", () => new Uint8Array(0)],
			["half a header", (query) => wrong(query).subarray(0, 7)],
			["half a question", (query) => wrong(query).subarray(0, 15)],
			["a refusal with a wrong id", (query) => dns.message({ id: query.id ^ 1, question: query.question, code: dns.REFUSED })],
			[
				"its name behind a pointer",
				({ id }) => dns.message({ id, question: [...dns.pointer(18), 0, 1, 0, 1, ...dns.name("a.test")], counts: [1, 0, 0, 0] }),
			],
		];

		it.each(cases)("%s", (_what, script) => {
			const { address, ms } = serving(script).lookUp("a.test");
			expect(address).toBe(RIGHT);
			expect(ms).toBeLessThan(100);
			expect(scene.server0.asked.length).toBe(1);
		});

		it.each(cases)("%s, and nothing else: the time is up", (_what, script) => {
			const { code, ms } = serving(script, false).lookUp("a.test");
			expect([code, ms]).toEqual(["ETIMEOUT", 7000]);
		});

		it("letters that differ in case only are the same question", () => {
			const upper = ({ question }: Asked) => question.map((octet) => (octet > 96 && octet < 123 ? octet - 32 : octet));
			serving(
				(query) => dns.message({ id: query.id, question: upper(query), answers: [dns.a(RIGHT, { owner: "A.tEsT" })] }),
				false,
			);
			expect(scene.lookUp("a.test").address).toBe(RIGHT);
		});

		it("unless they were mixed on purpose", () => {
			serving((query) =>
				wrong(query, { question: query.question.map((octet) => (octet > 64 && octet < 91 ? octet + 32 : octet)) }),
			);
			const resolver = new scene.Resolver({ mixedCase: true });
			expect(scene.lookUp("a-rather-long-name-for-many-letters.test", 4, resolver).address).toBe(RIGHT);
			expect(scene.server0.names[0]).not.toBe("a-rather-long-name-for-many-letters.test");
			expect(scene.server0.names[0]!.toLowerCase()).toBe("a-rather-long-name-for-many-letters.test");
		});
	});

	describe("what comes from elsewhere is as if it had not come", () => {
		it.each([
			["another port", {}],
			["another address", { address: "10.0.0.54", port: 53 }],
		])("%s", (_what, options) => {
			scene = new Scene((query) => {
				const other = new scene.server0.io.UDP(options);
				other.write(wrong(query), query.address, query.port);
				other.close();
				return always(RIGHT)(query);
			});
			expect(scene.lookUp("a.test").address).toBe(RIGHT);
		});

		it("the right server's address by another interface", () => {
			scene = new Scene(silence);
			scene.far.stack.interfaces.find("eth0")!.ip.insertAddress("10.0.0.53", 32);
			const spoofer = new (createIO(scene.far.stack).UDP)({ address: "10.0.0.53", port: 53 });
			// As right as can be, but for the way that it comes.
			scene.server0.script = (query) => {
				spoofer.write(wrong(query), "10.1.0.1", query.port);
				return undefined;
			};
			expect(scene.lookUp("a.test").code).toBe("ETIMEOUT");
			// Where routes decide, the answer is to come by the same way.
			expect(scene.lookUp("b.test", 4, new scene.Resolver({ servers: ["10.0.0.53"] })).code).toBe("ETIMEOUT");
		});

		it("a flood of guesses has the question put by TCP, where nothing can be guessed: RFC 5452 §9.3", () => {
			let guesses = 0;
			scene = new Scene((query) => {
				if (query.tcp) return always(RIGHT)(query);
				guesses++;
				// Not one of them right, and the server itself silent.
				return Array.from({ length: 16 }, (_, i) => wrong(query, { id: query.id ^ (i + 1) }));
			});
			scene.server0.tcp();
			expect(scene.lookUp("a.test").address).toBe(RIGHT);
			expect(guesses).toBe(1);
		});

		it("a few thousand datagrams from elsewhere, which fill every buffer, cost a try", () => {
			scene = new Scene(
				(query) => {
					if (scene.server0.asked.length > 1) return always(RIGHT)(query);
					const other = new scene.server0.io.UDP({});
					const flood = () => {
						for (let i = 0; i < 20; i++) other.write(concat(wrong(query), new Uint8Array(400)), query.address, query.port);
					};
					for (let ms = 0; ms < 100; ms++) scene.world.clock.after(ms, flood);
					return undefined;
				},
				silence,
				{ packets: 24 },
			);
			const { address, ms } = scene.lookUp("a.test");
			expect(address).toBe(RIGHT);
			expect(ms).toBeLessThan(1100);
		});
	});

	describe("nonsense from the right server is told, at once", () => {
		const loop = (owner: number[]) => (query: Asked) => wrong(query, { answers: [dns.a(WRONG, { owner })] });
		/** Where the first record begins, for the question a.test. */
		const FIRST = 12 + 8 + 4;
		const alias = (data: number[]) => (query: Asked) => wrong(query, { answers: [dns.cname("a.test", data), dns.a(WRONG)] });
		const cases: [string, Script][] = [
			["a record without an end", (query) => wrong(query, { answers: [dns.a(WRONG).slice(0, -1)] })],
			["a record that says it is longer", (query) => wrong(query, { answers: [dns.a(WRONG, { length: 5 })] })],
			["an address of three bytes", (query) => wrong(query, { answers: [dns.record({ type: dns.A, data: [1, 2, 3] })] })],
			[
				"an address of sixteen bytes",
				(query) => wrong(query, { answers: [dns.record({ type: dns.A, data: new Uint8Array(16) })] }),
			],
			["more records than there are", (query) => wrong(query, { counts: [1, 2, 0, 0] })],
			["65,535 records of each kind", (query) => wrong(query, { answers: [], counts: [1, 65_535, 65_535, 65_535] })],
			["65,535 authorities", (query) => wrong(query, { answers: [], counts: [1, 0, 65_535, 0] })],
			["an alias to a pointer to itself", alias(dns.pointer(FIRST + 8 + 10))],
			["an alias to a pointer forward", alias([...dns.pointer(FIRST + 8 + 12), 0])],
			["an alias to a pointer outside", alias(dns.pointer(0x3fff))],
			["an alias to a pointer into the header", alias(dns.pointer(3))],
			["an alias with something behind it", alias([...dns.name("b.test"), 0])],
			["an alias that is cut", alias(dns.name("b.test").slice(0, -1))],
			["an alias to itself", (query) => wrong(query, { answers: [dns.cname("a.test", "a.test")] })],
			["a record whose name has a reserved label", loop([0x80, 0])],
			["a record whose name has no end", (query) => wrong(query, { answers: [[63]] })],
			["an alias that is no host name", (query) => wrong(query, { answers: [dns.cname("a.test", [3, 0x61, 0x2e, 0x62, 0])] })],
			["an alias to the root", (query) => wrong(query, { answers: [dns.cname("a.test", "")] })],
		];

		it.each(cases)("%s", (_what, script) => {
			const { code, message, ms } = serving(script, false).lookUp("a.test");
			expect(code).toBe("EBADRESP");
			expect(message).toContain("a.test: the name server 10.0.0.53 ");
			expect(ms).toBeLessThan(100);
			expect(scene.server0.asked.length).toBe(1);
		});

		it.each(cases)("%s: and the next server is asked", (_what, script) => {
			serving(script, false);
			scene.eth1.nameServers = ["10.1.0.53"];
			scene.server1.script = always(RIGHT);
			expect(scene.lookUp("a.test").address).toBe(RIGHT);
		});

		it.each([
			["itself", dns.pointer(FIRST)],
			["what follows", dns.pointer(FIRST + 12)],
			["the outside", dns.pointer(0x3fff)],
		])("a record whose name points to %s is nobody's", (_what, owner) => {
			const { code } = serving(loop(owner), false).lookUp("a.test");
			expect(code).toBe("ENODATA");
		});
	});

	it("is waited for by one question of a name at a time, whoever asks and for how long", () => {
		serving(silence, false);
		const { Resolver } = scene;
		const patient = new Resolver({ timeout: 20_000 });
		for (const resolver of [patient, new Resolver({ timeout: 9000, mixedCase: true }), new Resolver()])
			scene.ask("a.test", 4, resolver);
		scene.world.run(500);
		expect(scene.server0.asked.length).toBe(1);
		expect(scene.sockets).toBe(1);
		scene.server0.script = always(RIGHT);
		scene.world.run(2000);
		expect(scene.results.map(({ address }) => address)).toEqual([RIGHT, RIGHT, RIGHT]);
		expect(scene.server0.asked.length).toBe(2);
	});

	it.each([
		[5, RIGHT],
		[126, RIGHT],
		[127, ""],
		[600, ""],
	])("a name behind a chain of %i pointers to pointers: %j", (count, address) => {
		// They are the data of a record before it, behind the question; the first one leads to the question's name.
		const base = 12 + 8 + 4 + 12;
		const chain = Array.from({ length: count }, (_, i) => dns.pointer(i === 0 ? 12 : base + 2 * (i - 1))).flat();
		const answers = [
			dns.record({ owner: dns.pointer(12), type: 16, data: Uint8Array.from(chain) }),
			dns.a(RIGHT, { owner: dns.pointer(base + 2 * (count - 1)) }),
		];
		const { server0 } = serving(({ id, question }) => dns.message({ id, question, answers }), false);
		server0.tcp();
		expect(scene.lookUp("a.test").address).toBe(address);
	});

	describe("records of other names", () => {
		it.each([
			["another name", [dns.a(WRONG, { owner: "b.test" })]],
			["a name that begins alike", [dns.a(WRONG, { owner: "a.test.evil" })]],
			["a name that ends alike", [dns.a(WRONG, { owner: "xa.test" })]],
			["a label with a dot in it", [dns.a(WRONG, { owner: [6, 0x61, 0x2e, 0x74, 0x65, 0x73, 0x74, 0] })]],
			["another class", [dns.a(WRONG, { class: 3 })]],
			["the alias of another name", [dns.cname("b.test", "c.test"), dns.a(WRONG, { owner: "c.test" })]],
			["the target of an alias that comes later", [dns.a(WRONG, { owner: "a.tes" })]],
		])("are not used: %s", (_what, answers) => {
			const both = [...answers, dns.a(RIGHT)];
			serving((query) => dns.message({ id: query.id, question: query.question, answers: both }), false);
			expect(scene.lookUp("a.test").address).toBe(RIGHT);
			serving((query) => dns.message({ id: query.id, question: query.question, answers }), false);
			expect(scene.lookUp("a.test").code).toBe("ENODATA");
		});

		it("are not remembered either", () => {
			serving(
				(query) =>
					dns.message({
						id: query.id,
						question: query.question,
						answers: query.name === "a.test" ? [dns.a(RIGHT), dns.a(WRONG, { owner: "bank.test" })] : [dns.a(RIGHT)],
						authorities: [dns.a(WRONG, { owner: "bank.test" })],
					}),
				false,
			);
			scene.lookUp("a.test");
			expect(scene.lookUp("bank.test").address).toBe(RIGHT);
		});
	});

	describe("aliases", () => {
		it("are followed within the answer", () => {
			const answers = [dns.cname("a.test", "b.test"), dns.cname("b.test", "c.test"), dns.a(RIGHT, { owner: "c.test" })];
			serving((query) => dns.message({ id: query.id, question: query.question, answers }), false);
			expect(scene.lookUp("a.test").address).toBe(RIGHT);
			expect(scene.server0.names).toEqual(["a.test"]);
		});

		it("are asked for when the answer does not say, or says it in another order", () => {
			serving((query) => {
				const { id, question, name } = query;
				if (name === "a.test") return dns.message({ id, question, answers: [dns.cname("a.test", "b.test")] });
				if (name === "b.test")
					return dns.message({ id, question, answers: [dns.a(WRONG, { owner: "c.test" }), dns.cname("b.test", "c.test")] });
				return always(RIGHT)(query);
			}, false);
			expect(scene.lookUp("a.test").address).toBe(RIGHT);
			expect(scene.server0.names).toEqual(["a.test", "b.test", "c.test"]);
		});

		it("may lead to what another interface's server knows", () => {
			scene = new Scene(({ id, question, name }) =>
				name === "a.test"
					? dns.message({ id, question, answers: [dns.cname("a.test", "b.example")] })
					: dns.message({ id, question, code: dns.REFUSED }),
			);
			scene.eth1.nameServers = ["10.1.0.53"];
			scene.server1.script = (query) =>
				query.name === "b.example"
					? always(RIGHT)(query)
					: dns.message({ ...query, question: query.question, flags: 0x8180, code: dns.REFUSED });
			expect(scene.lookUp("a.test").address).toBe(RIGHT);
		});

		it("may lead to what only a server knows that refused before", () => {
			const only =
				(name: string, answers: number[][]): Script =>
				({ id, question, name: asked }) =>
					asked === name ? dns.message({ id, question, answers }) : dns.message({ id, question, code: dns.REFUSED });
			scene = new Scene(only("b.example", [dns.a(RIGHT)]), only("a.test", [dns.cname("a.test", "b.example")]));
			scene.eth1.nameServers = ["10.1.0.53"];
			expect(scene.lookUp("a.test").address).toBe(RIGHT);
			expect([scene.server0.names, scene.server1.names]).toEqual([
				["a.test", "b.example"],
				["a.test", "b.example"],
			]);
		});

		it.each([8, 9])("%i are followed, or are too many", (aliases) => {
			const answer = (query: Asked, from: number) =>
				dns.message({
					id: query.id,
					question: query.question,
					answers: Array.from({ length: aliases - from }, (_, i) =>
						dns.cname(`n${from + i}.test`, `n${from + i + 1}.test`),
					).concat([dns.a(RIGHT, { owner: `n${aliases}.test` })]),
				});
			serving((query) => answer(query, 0), false);
			const { address, code, message } = scene.lookUp("n0.test");
			expect(address || code).toBe(aliases === 8 ? RIGHT : "EBADRESP");
			if (aliases > 8) expect(message).toContain("more than 8 aliases");
		});

		it.each([8, 9])("%i are followed one question at a time, or are too many", (aliases) => {
			serving((query) => {
				const n = Number(query.name.slice(1, 2));
				const answers = n === aliases ? [dns.a(RIGHT)] : [dns.cname(`n${n}.test`, `n${n + 1}.test`)];
				return dns.message({ id: query.id, question: query.question, answers });
			}, false);
			const { address, code, ms } = scene.lookUp("n0.test");
			expect(address || code).toBe(aliases === 8 ? RIGHT : "EBADRESP");
			expect(ms).toBeLessThan(100);
		});

		it("in a circle end, in one answer or in many", () => {
			const circle = [dns.cname("a.test", "b.test"), dns.cname("b.test", "a.test")];
			serving((query) => dns.message({ id: query.id, question: query.question, answers: circle }), false);
			expect(scene.lookUp("a.test").message).toContain("the alias a.test leads back to itself");
			serving(
				({ id, question, name }) =>
					dns.message({ id, question, answers: [dns.cname(name, name === "a.test" ? "b.test" : "a.test")] }),
				false,
			);
			const { code, message, ms } = scene.lookUp("a.test");
			expect(code).toBe("EBADRESP");
			expect(message).toContain("the alias a.test leads back to itself");
			expect(ms).toBeLessThan(100);
			expect(scene.server0.asked.length).toBe(2);
		});

		it("to a name that does not exist end there", () => {
			const answers = [dns.cname("a.test", "b.test")];
			serving(
				({ id, question }) => dns.message({ id, question, answers, code: dns.NXDOMAIN, authorities: [dns.soa("test", 30)] }),
				false,
			);
			expect(scene.lookUp("a.test").code).toBe("ENOTFOUND");
			expect(scene.server0.asked.length).toBe(1);
		});
	});
});
