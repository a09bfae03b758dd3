// A board that answers for its name and announces its services: RFC 6762 and 6763, by section.

import { describe, expect, it } from "vitest";
import { createIO } from "../../../../src/io/io.ts";
import type { EthernetInterface } from "../../../../src/link/ethernet.ts";
import { Responder, type ResponderOptions } from "../../../../src/service/responder/responder.ts";
import type { UDP } from "../../../../src/io/types.ts";
import { a, A, AAAA, ANY, ptr, PTR, readMdns, srv, SRV, writeMdns, type Heard, type Said } from "../../../support/mdns.ts";
import type { QueueDevice } from "../../../support/wire.ts";
import { World, type Node } from "../../../support/world.ts";

const GROUP = { 4: "224.0.0.251", 6: "ff02::fb" } as const;
const QU = 0x8001;
const FLUSH = { class: 0x8001 };

interface Told extends Heard {
	at: number;
	alone: boolean;
	address: string;
}

interface Options extends Partial<ResponderOptions> {
	family?: 4 | 6;
	seed?: number;
	run?: number;
}

/** Our responder, 10.0.0.1 and fe80::1, and a station on its network that hears and says what a test wants. */
class Scene {
	readonly world: World;
	readonly us: Node;
	readonly link: EthernetInterface;
	readonly cable: QueueDevice;
	readonly responder: Responder;
	readonly family: 4 | 6;
	readonly #peer: UDP;
	/** Datagrams at port 5353 of the station. */
	told: Told[] = [];

	constructor({ family = 4, seed = 1, run = 3000, ...options }: Options = {}) {
		const world = (this.world = new World(seed));
		this.family = family;
		const segment = world.segment();
		this.us = world.node("us");
		this.cable = segment.port({ mac: 1 });
		const addresses = family === 4 ? ["10.0.0.1/24"] : ["fe80::1/64"];
		this.link = this.us.ethernet("eth0", this.cable, ...addresses);
		const peer = world.node("peer");
		const link = peer.ethernet("eth0", segment.port({ mac: 2 }), "10.0.0.9/24", "fe80::9/64");
		peer.stack.udp.groups.join(link, GROUP[4]);
		peer.stack.udp.groups.join(link, GROUP[6]);
		this.#peer = this.listen(peer, 5353);
		this.peer = peer;
		world.run(10);
		this.responder = new Responder(this.us.stack, { hostname: "board", ...options });
		world.run(run);
	}

	readonly peer: Node;

	/** A socket of the station, of which all is noted. */
	listen(node: Node, port: number, told = this.told): UDP {
		const { world } = this;
		return new (createIO(node.stack).UDP)({
			port,
			multicastLoop: false,
			interface: "eth0",
			onReadable() {
				for (let datagram = this.read(); datagram !== undefined; datagram = this.read()) {
					const alone = !Object.values(GROUP).includes(datagram.localAddress.replace(/%.*/, "") as "ff02::fb");
					const heard = readMdns(new Uint8Array(datagram));
					told.push({ ...heard, at: world.clock.now, alone, address: datagram.address });
				}
			},
		});
	}

	say(said: Said, from = this.#peer, to: string = GROUP[this.family]): void {
		this.told.length = 0;
		from.write(writeMdns(said), to.startsWith("fe80") ? `${to}%eth0` : to, 5353);
	}

	/** Asks, and answers what was told within `ms`. */
	ask(said: Said["questions"], more: Said = {}, ms = 600): Told[] {
		this.say({ questions: said!, ...more });
		this.world.run(ms);
		return this.told;
	}

	answer(...answers: number[][]): void {
		this.say({ flags: 0x8400, answers });
		this.world.run(1);
	}
}

const HTTP = { type: "_http._tcp", port: 80, name: "My Board", txt: { path: "/", on: true } };

describe("a name", () => {
	it("is probed for three times, 250 ms apart, and announced twice: §8.1, §8.3", () => {
		const { told } = new Scene();
		const probe = {
			questions: ["ANY board.local QU"],
			answers: [],
			authorities: ["A board.local 10.0.0.1 120"],
		};
		expect(told.slice(0, 3)).toMatchObject([probe, probe, probe]);
		const answers = ["!A board.local 10.0.0.1 120", "!PTR 1.0.0.10.in-addr.arpa board.local 120"];
		const announcement = { id: 0, flags: 0x8400, questions: [], answers, alone: false };
		expect(told.slice(3)).toMatchObject([announcement, announcement]);
		const at = told.map((each) => each.at - told[0]!.at);
		expect(at).toEqual([0, 250, 500, 750, 1750]);
	});

	it("is said with a time to live of 255: §11", () => {
		const scene = new Scene({ run: 0 });
		const ttls = new Set<number>();
		scene.world.segments[0]!.tap = (frame) => {
			if (frame[12] === 8 && frame[13] === 0 && frame[14 + 20 + 2] === 5353 >> 8) ttls.add(frame[14 + 8]!);
		};
		scene.world.run(3000);
		expect([...ttls]).toEqual([255]);
	});

	it("is not answered for before it is announced", () => {
		const scene = new Scene({ run: 500 });
		expect(scene.ask([[A, "board.local"]], {}, 100).flatMap(({ answers }) => answers)).toEqual([]);
	});

	it("has the addresses of the interface, and NSEC for the family that it has not: §6, §6.1", () => {
		const scene = new Scene();
		expect(scene.ask([[A, "BOARD.local"]])).toMatchObject([
			{ answers: ["!A board.local 10.0.0.1 120"], additionals: ["!NSEC board.local board.local A 120"], alone: false },
		]);
		scene.world.run(1000);
		expect(scene.ask([[AAAA, "board.local"]])).toMatchObject([{ answers: ["!NSEC board.local board.local A 120"] }]);
		scene.world.run(1000);
		expect(scene.ask([[ANY, "board.local"]])).toMatchObject([{ answers: ["!A board.local 10.0.0.1 120"] }]);
		scene.world.run(1000);
		expect(scene.ask([[PTR, "1.0.0.10.in-addr.arpa"]])[0]!.answers).toEqual(["!PTR 1.0.0.10.in-addr.arpa board.local 120"]);
		expect(scene.ask([[A, "other.local"]])).toEqual([]);
		expect(scene.ask([[A, "board.local", 3]])).toEqual([]);
	});

	it("is asked for by IPv6 too", () => {
		const scene = new Scene({ family: 6 });
		const [heard] = scene.ask([[AAAA, "board.local"]]);
		expect(heard).toMatchObject({ answers: ["!AAAA board.local fe80:0:0:0:0:0:0:1 120"], address: "fe80::1%eth0", alone: false });
	});

	it("is answered alone for who asks so, or from another port: §5.4, §5.5, §6.7", () => {
		const scene = new Scene();
		scene.world.run(1000);
		expect(scene.ask([[A, "board.local", QU]])).toMatchObject([{ alone: true, answers: ["!A board.local 10.0.0.1 120"] }]);
		scene.say({ questions: [[A, "board.local"]] }, undefined, "10.0.0.1");
		scene.world.run(10);
		expect(scene.told).toMatchObject([{ alone: true }]);
		const told: Told[] = [];
		scene.say({ id: 77, questions: [[A, "board.local"]] }, scene.listen(scene.peer, 4000, told));
		scene.world.run(10);
		expect(told).toMatchObject([
			{
				id: 77,
				alone: true,
				questions: ["A board.local"],
				answers: ["A board.local 10.0.0.1 10"],
				additionals: ["NSEC board.local board.local A 10"],
			},
		]);
		expect(scene.told).toEqual([]);
		// §5.4: after a quarter of its time it is multicast, as others' caches want it.
		scene.world.run(31_000);
		expect(scene.ask([[A, "board.local", QU]])).toMatchObject([{ alone: false }]);
	});

	it("is not answered for who has it already, for half of its time: §7.1", () => {
		const scene = new Scene();
		expect(scene.ask([[A, "board.local"]], { answers: [a("board.local", "10.0.0.1", { ttl: 60 })] })).toEqual([]);
		expect(scene.ask([[A, "board.local"]], { answers: [a("board.local", "10.0.0.1", { ttl: 59 })] })).toHaveLength(1);
		scene.world.run(1000);
		expect(scene.ask([[A, "board.local"]], { answers: [a("board.local", "10.0.0.2")] })).toHaveLength(1);
	});

	it("is multicast once a second at most, and to who probes for it after 250 ms: §6", () => {
		const scene = new Scene();
		scene.world.run(2000);
		const begun = scene.world.clock.now;
		const times: number[] = [];
		for (let i = 0; i < 20; i++) {
			scene.ask([[A, "board.local"]], {}, 90);
			times.push(...scene.told.map(({ at }) => Math.round((at - begun) / 100)));
		}
		expect(times).toEqual([0, 10]);
		scene.world.run(2000);
		scene.ask([[A, "board.local"]], {}, 10);
		const first = scene.told[0]!.at;
		scene.ask([[ANY, "board.local"]], { authorities: [a("board.local", "10.0.0.9")] });
		expect(scene.told.map(({ at }) => at - first)).toEqual([250]);
	});

	it("is another one where somebody has it already, and the next if that is taken, too: §9", () => {
		const names: string[] = [];
		const scene = new Scene({
			run: 300,
			onChanged() {
				names.push(this.hostname);
			},
		});
		scene.answer(a("Board.local", "10.0.0.7", FLUSH));
		expect(scene.responder.hostname).toBe("board-2");
		scene.world.run(300);
		scene.answer(a("board-2.local", "10.0.0.7", FLUSH));
		scene.world.run(3000);
		expect([scene.responder.hostname, names.at(-1)]).toEqual(["board-3", "board-3"]);
		expect(scene.responder.interfaces).toEqual(["eth0"]);
		expect(scene.ask([[A, "board-3.local"]])).toHaveLength(1);
		expect(scene.ask([[A, "board.local"]])).toEqual([]);
	});

	it("is asked for again when somebody else claims it later, and kept if nobody answers: §9", () => {
		const scene = new Scene();
		scene.answer(a("board.local", "10.0.0.7", FLUSH));
		scene.world.run(3000);
		expect(scene.responder.hostname).toBe("board");
		expect(scene.told.map(({ questions, answers }) => questions[0] ?? answers[0])).toEqual([
			...Array<string>(3).fill("ANY board.local QU"),
			...Array<string>(2).fill("!A board.local 10.0.0.1 120"),
		]);
	});

	it.each([
		["10.0.0.7", "board-2"],
		["9.255.255.255", "board"],
		["10.0.0.1", "board"],
	])("that another probes for at the same time with %s is %s: §8.2", (address, hostname) => {
		const scene = new Scene({ run: 300 });
		scene.say({ questions: [[ANY, "board.local", QU]], authorities: [a("board.local", address)] });
		scene.world.run(500);
		// The other one goes on; we have waited a second if it comes later in the order.
		if (hostname === "board-2") scene.answer(a("board.local", address, FLUSH));
		scene.world.run(3000);
		expect(scene.responder.hostname).toBe(hostname);
	});

	it("that comes back to us by a bridge is no conflict", () => {
		const scene = new Scene();
		scene.answer(a("board.local", "10.0.0.1", FLUSH));
		scene.us.ethernet("eth1", scene.world.segment().port({ mac: 7 }), "10.1.0.1/24");
		scene.answer(a("board.local", "10.1.0.1", FLUSH));
		scene.world.run(3000);
		expect(scene.told.filter(({ questions }) => questions.length > 0)).toEqual([]);
	});

	it("is over when the responder is closed: §10.1", () => {
		const scene = new Scene({ services: [HTTP] });
		scene.told.length = 0;
		scene.responder.close();
		scene.responder.close();
		scene.world.run(10);
		expect(scene.told.flatMap(({ answers }) => answers).map((each) => each.replace(/ (\S+) .* (\d+)$/, " $1 $2"))).toEqual([
			"A board.local 0",
			"PTR 1.0.0.10.in-addr.arpa 0",
			"PTR _services._dns-sd._udp.local 0",
			"PTR _http._tcp.local 0",
			"SRV My 0",
			"TXT My 0",
		]);
		expect(scene.us.stack.udp.used(0)).toBe(0);
		expect(scene.us.stack.interfaces.groups.size).toBe(0);
		expect(scene.ask([[A, "board.local"]])).toEqual([]);
	});

	it("has its new addresses announced, and the old ones said to be over: §8.4", () => {
		const scene = new Scene();
		scene.told.length = 0;
		const second = scene.link.addAddress("10.0.0.2/24");
		scene.world.run(3000);
		const both = ["!A board.local 10.0.0.1 120", "!A board.local 10.0.0.2 120"];
		expect(scene.told.map(({ answers }) => answers.filter((each) => each.startsWith("!A")))).toEqual([both, both]);
		scene.told.length = 0;
		scene.link.removeAddress(second);
		scene.world.run(3000);
		expect(scene.told[0]!.answers).toEqual(["A board.local 10.0.0.2 0", "PTR 2.0.0.10.in-addr.arpa board.local 0"]);
	});

	it("is probed for anew when the link was away: §8", () => {
		const scene = new Scene();
		scene.cable.setLink(false);
		scene.world.run(100);
		expect(scene.responder.interfaces).toEqual([]);
		scene.told.length = 0;
		scene.cable.setLink(true);
		scene.world.run(3000);
		expect(scene.told.slice(0, 4).map(({ questions }) => questions.length)).toEqual([1, 1, 1, 0]);
		expect(scene.responder.interfaces).toEqual(["eth0"]);
	});

	it("is defended against an answer that gives it less time: §6.6", () => {
		const scene = new Scene();
		scene.world.run(1000);
		scene.answer(a("board.local", "10.0.0.1", { ttl: 0 }));
		scene.world.run(10);
		expect(scene.told.map(({ answers }) => answers)).toEqual([["!A board.local 10.0.0.1 120"]]);
	});
});

describe("a service", () => {
	it("is found by its type, with all that there is to say of it: RFC 6763 §4, §12", () => {
		const scene = new Scene({ services: [HTTP] });
		scene.world.run(1000);
		const [heard] = scene.ask([[PTR, "_http._tcp.local"]]);
		expect(heard!.answers).toEqual(["PTR _http._tcp.local My Board._http._tcp.local 4500"]);
		expect(heard!.additionals).toEqual([
			"!A board.local 10.0.0.1 120",
			"!NSEC board.local board.local A 120",
			"!SRV My Board._http._tcp.local 0 0 80 board.local 120",
			'!TXT My Board._http._tcp.local ["path=/","on"] 4500',
		]);
		// §6: others may have it, too.
		expect(heard!.at - (scene.world.clock.now - 600)).toBeGreaterThanOrEqual(20);
		expect(heard!.at - (scene.world.clock.now - 600)).toBeLessThanOrEqual(120);
		scene.world.run(1000);
		expect(scene.ask([[PTR, "_services._dns-sd._udp.local"]])[0]!.answers).toEqual([
			"PTR _services._dns-sd._udp.local _http._tcp.local 4500",
		]);
		expect(scene.ask([[SRV, "My Board|_http._tcp.local"]])[0]).toMatchObject({
			answers: ["!SRV My Board._http._tcp.local 0 0 80 board.local 120"],
		});
		scene.world.run(1000);
		expect(scene.ask([[A, "My Board|_http._tcp.local"]])[0]!.answers).toEqual([
			"!NSEC My Board._http._tcp.local My Board._http._tcp.local TXT+SRV 120",
		]);
	});

	it("is not told to who knows it, also where that stands in a second message: §7.1, §7.2", () => {
		const scene = new Scene({ services: [HTTP] });
		const known = ptr("_http._tcp.local", "My Board|_http._tcp.local");
		expect(scene.ask([[PTR, "_http._tcp.local"]], { answers: [known] })).toEqual([]);
		scene.world.run(1000);
		scene.say({ flags: 0x0200, questions: [[PTR, "_http._tcp.local"]] });
		scene.world.run(200);
		scene.say({ answers: [known] });
		scene.world.run(1000);
		expect(scene.told).toEqual([]);
		scene.say({ flags: 0x0200, questions: [[PTR, "_http._tcp.local"]] });
		scene.world.run(1000);
		expect(scene.told).toHaveLength(1);
	});

	it("has its name with a number where that is another's: RFC 6763 appendix D", () => {
		const scene = new Scene({ services: [HTTP], run: 300 });
		scene.answer(srv("My Board|_http._tcp.local", 80, "other.local", FLUSH));
		scene.world.run(3000);
		expect(scene.responder.services).toEqual([{ name: "My Board (2)", type: "_http._tcp", port: 80 }]);
		expect(scene.responder.hostname).toBe("board");
		const [heard] = scene.ask([[PTR, "_http._tcp.local"]]);
		expect(heard!.answers).toEqual(["PTR _http._tcp.local My Board (2)._http._tcp.local 4500"]);
	});

	it("comes and goes while the board runs, has subtypes, and its host's name", () => {
		const scene = new Scene();
		scene.responder.add({ type: "_ipp._tcp", port: 631, subtypes: ["_universal"] });
		scene.world.run(3000);
		const [heard] = scene.ask([[PTR, "_universal._sub._ipp._tcp.local"]]);
		expect(heard!.answers).toEqual(["PTR _universal._sub._ipp._tcp.local board._ipp._tcp.local 4500"]);
		scene.told.length = 0;
		scene.responder.remove({ type: "_ipp._tcp", port: 631 });
		scene.world.run(100);
		expect(scene.told.flatMap(({ answers }) => answers)).toContain("PTR _ipp._tcp.local board._ipp._tcp.local 0");
		expect(scene.ask([[PTR, "_ipp._tcp.local"]])).toEqual([]);
		expect(() => scene.responder.remove({ type: "_ipp._tcp", port: 631 })).toThrow(
			'service "_ipp._tcp" of port 631: is not announced',
		);
	});

	it("of many, in as many messages as it takes", () => {
		const services = Array.from({ length: 40 }, (_, i) => ({ ...HTTP, name: `number ${i} ${"x".repeat(40)}` }));
		const scene = new Scene({ services });
		scene.world.run(1000);
		const told = scene.ask([[PTR, "_http._tcp.local"]]);
		expect(told.length).toBeGreaterThan(1);
		expect(new Set(told.flatMap(({ answers }) => answers)).size).toBe(40);
	});
});

describe("what is wrong", () => {
	it.each([
		[{ hostname: "" }, 'hostname "": has 0 bytes; expected a name such as "board" of 1 to 63'],
		[{ hostname: "a.local" }, 'hostname "a.local": expected letters, digits, and "-" between them; ".local" comes by itself'],
		[{ hostname: 7 }, 'hostname 7: expected a name such as "board" as a string'],
		[{ hostname: "a", services: [{ type: "http", port: 80 }] }, 'services[0].type "http": expected "_" and 1 to 15 letters'],
		[{ hostname: "a", services: [{ type: "_http._tcp", port: 0 }] }, "services[0].port 0: expected"],
		[{ hostname: "a", services: [{ type: "_http._tcp", port: 1, txt: { "a=b": 1 } }] }, "services[0].txt.a=b: expected"],
		[
			{ hostname: "a", services: [{ type: "_http._tcp", port: 1, txt: { a: "x".repeat(300) } }] },
			"services[0].txt.a: has 302 bytes",
		],
		[
			{ hostname: "a", services: [{ type: "_http._tcp", port: 1, name: "ä".repeat(32) }] },
			"has 64 bytes; expected a name of 1 to 63",
		],
	])("%j", (options, message) => {
		const { us } = new Scene({ run: 0 });
		expect(() => new Responder(us.stack, options as unknown as ResponderOptions)).toThrow(message);
	});

	it("two responders of one stack", () => {
		const { us } = new Scene({ run: 0 });
		expect(() => new Responder(us.stack, { hostname: "a" })).toThrow("UDP port 5353 is in use");
	});

	it("is ignored when it comes from beyond the link, from another port, or is no query: §11, §18.3", () => {
		const scene = new Scene();
		scene.world.run(1000);
		const other = scene.listen(scene.peer, 4000, []);
		scene.say({ flags: 0x8400, answers: [a("board.local", "10.0.0.7")] }, other);
		expect(scene.ask([[A, "board.local"]], { flags: 0x0800 })).toEqual([]);
		expect(scene.ask([[A, "board.local"]], { flags: 0x0001 })).toEqual([]);
		expect(scene.responder.interfaces).toEqual(["eth0"]);
	});
});
