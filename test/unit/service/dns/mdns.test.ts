// Names of the neighbours: one-shot multicast DNS, RFC 6762 §5.1, §6.7.

import { describe, expect, it } from "vitest";
import "../../../../src/modules/mdns.ts";
import { createIO } from "../../../../src/io/io.ts";
import * as dns from "../../../support/dns.ts";
import { ip, ipText } from "../../../support/frames.ts";
import type { Node } from "../../../support/world.ts";
import { Scene, always, silence, type Asked, type Script } from "./scene.ts";

const GROUP = ip("224.0.0.251");
const PORT = 5353;

/** Answers what is asked of the group on a node's first Ethernet, as the script says, by unicast from port `from`. */
class Responder {
	readonly asked: Asked[] = [];

	constructor(scene: Scene, node: Node, script: Script, from = PORT, address = "0.0.0.0") {
		const { UDP } = createIO(node.stack);
		const link = node.stack.interfaces.find("eth0")!;
		node.stack.udp.groups.join(link, ipText(GROUP));
		const sender = from === PORT && address === "0.0.0.0" ? undefined : new UDP({ port: from, address });
		const { asked } = this;
		void new UDP({
			port: PORT,
			onReadable() {
				for (let datagram = this.read(); datagram !== undefined; datagram = this.read()) {
					const { address, port } = datagram;
					const query = { ...dns.readQuery(new Uint8Array(datagram)), address, port, at: scene.world.clock.now, tcp: false };
					asked.push(query);
					const answer = script(query) as Uint8Array<ArrayBuffer> | undefined;
					if (answer !== undefined) (sender ?? this).write(answer, address, port);
				}
			},
		});
	}
}

/** As RFC 6762 §6.7 has it. */
const printer =
	(address: string, ttl = 10): Script =>
	({ id, question, name }) =>
		name === "printer.local"
			? dns.message({ id, flags: 0x8400, question, answers: [dns.a(address, { owner: "Printer.local", ttl })] })
			: undefined;

describe("a name that ends in .local", () => {
	it("is asked of the neighbours on every Ethernet, and of no server", () => {
		const scene = new Scene(always("192.0.2.66"));
		const near = new Responder(scene, scene.near, silence);
		const far = new Responder(scene, scene.far, printer("10.1.0.77"));
		const { address, ms } = scene.lookUp("Printer.local");
		expect(address).toBe("10.1.0.77");
		expect(ms).toBeLessThan(100);
		expect([near.asked.length, far.asked.length, scene.server0.asked.length]).toEqual([1, 1, 0]);
		expect([near.asked[0]!.address, far.asked[0]!.address]).toEqual(["10.0.0.1", "10.1.0.1"]);
		// From another port than 5353, and without recursion being of any matter, the answer comes to us alone.
		expect(far.asked[0]!.port).toBeGreaterThanOrEqual(32_768);
		expect(scene.sockets).toBe(0);
		expect(scene.eth0.ip.groups.size).toBe(0);
	});

	it("is asked for three times and given up after five seconds", () => {
		const scene = new Scene(silence);
		const { asked } = new Responder(scene, scene.near, silence);
		const { code, message, ms } = scene.lookUp("printer.local");
		expect([code, message, ms]).toEqual(["ENOTFOUND", "printer.local: nobody on this network has the name", 5000]);
		expect(asked.map(({ at }) => at - asked[0]!.at)).toEqual([0, 1000, 3000]);
		expect(scene.sockets).toBe(0);
	});

	it("is asked for by the one interface that a resolver may use", () => {
		const scene = new Scene(silence);
		const near = new Responder(scene, scene.near, printer("10.0.0.77"));
		const far = new Responder(scene, scene.far, printer("10.1.0.77"));
		expect(scene.lookUp("printer.local", 4, new scene.Resolver({ interface: "eth1" })).address).toBe("10.1.0.77");
		expect([near.asked.length, far.asked.length]).toEqual([0, 1]);
	});

	it("is remembered for as long as the neighbour says, two minutes at most", () => {
		for (const [ttl, seconds, times] of [
			[10, 9, 1],
			[10, 11, 2],
			[4500, 119, 1],
			[4500, 121, 2],
		] as const) {
			const scene = new Scene(silence);
			const { asked } = new Responder(scene, scene.near, printer("10.0.0.77", ttl));
			scene.lookUp("printer.local");
			scene.world.run(seconds * 1000);
			scene.lookUp("printer.local");
			expect(asked.length).toBe(times);
		}
	});

	it("is asked for by an interface that comes up meanwhile", () => {
		const scene = new Scene(silence);
		new Responder(scene, scene.near, printer("10.0.0.77"));
		scene.cable0.setLink(false);
		scene.ask("printer.local");
		scene.world.run(500);
		scene.cable0.setLink(true);
		scene.world.run(1000);
		expect(scene.results.map(({ address }) => address)).toEqual(["10.0.0.77"]);
	});

	it("is given up where no interface carries multicast", () => {
		const scene = new Scene(always("192.0.2.66"));
		scene.us.stack.interfaces.remove(scene.eth1);
		scene.cable0.setLink(false);
		scene.world.run(10);
		const { code, message, ms } = scene.lookUp("printer.local");
		expect([code, message, ms]).toEqual([
			"ENOSERVER",
			"printer.local: no interface that carries multicast is up and has an address",
			10_000,
		]);
	});

	it("waits for an interface as long as a lease may take, and then asks as often as ever", () => {
		const scene = new Scene(silence);
		scene.us.stack.interfaces.remove(scene.eth1);
		scene.cable0.setLink(false);
		scene.world.run(10);
		scene.ask("printer.local");
		scene.world.run(8000);
		scene.cable0.setLink(true);
		scene.world.run(4000);
		expect(scene.results).toEqual([]);
		scene.world.run(1500);
		expect(scene.results[0]).toMatchObject({ host: "printer.local", code: "ENOTFOUND" });
	});

	it("and is .local alone is a name like another", () => {
		const scene = new Scene(always("192.0.2.7"));
		expect(scene.lookUp("local").address).toBe("192.0.2.7");
	});
});

describe("a neighbour that is not believed", () => {
	const right = printer("10.0.0.66");
	const change = (more: Partial<dns.Message>) => (query: Asked) =>
		dns.message({ id: query.id, question: query.question, answers: [dns.a("10.0.0.66", { owner: "printer.local" })], ...more });

	it.each([
		["sends from another port", right, 5354, "0.0.0.0"],
		["sends from an address of another network", right, PORT, "198.51.100.9"],
		["has another id", (query: Asked) => change({ id: query.id ^ 1 })(query), PORT, "0.0.0.0"],
		[
			"answers another question",
			(query: Asked) => change({ question: query.question.map((x, i) => (i === 1 ? 0x71 : x)) })(query),
			PORT,
			"0.0.0.0",
		],
		["says another name", change({ answers: [dns.a("10.0.0.66", { owner: "print.local" })] }), PORT, "0.0.0.0"],
		["asks", change({ flags: 0 }), PORT, "0.0.0.0"],
		["says an error", change({ code: dns.NXDOMAIN }), PORT, "0.0.0.0"],
		["says nonsense", change({ counts: [1, 9, 9, 9] }), PORT, "0.0.0.0"],
	] as [string, Script, number, string][])("%s", (_what, script, from, address) => {
		const scene = new Scene(silence);
		if (address !== "0.0.0.0") scene.near.stack.interfaces.find("eth0")!.ip.insertAddress(address, 24);
		const { asked } = new Responder(scene, scene.near, script, from, address);
		expect(scene.lookUp("printer.local").code).toBe("ENOTFOUND");
		expect(asked.length).toBe(3);
		expect(scene.sockets).toBe(0);
	});

	it("may leave the question out, and set the bit for the cache", () => {
		const scene = new Scene(silence);
		new Responder(
			scene,
			scene.near,
			change({ question: [], answers: [dns.a("10.0.0.66", { owner: "printer.local", class: 0x8001 })] }),
		);
		expect(scene.lookUp("printer.local").address).toBe("10.0.0.66");
	});
});
