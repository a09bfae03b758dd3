// Routers and switches are told of groups. RFC 3376 and 3810, by section; both families by one table.

import { describe, expect, it } from "vitest";
import { createIO } from "../../../../src/io/io.ts";
import { GroupReports } from "../../../../src/service/groups/reports.ts";
import { statusOf } from "../../../../src/status/status.ts";
import { concat, ethernet, ip, ipText, ipv4, onesSum, read16, u16, u32, type Bytes } from "../../../support/frames.ts";
import { ETHERTYPE_IPV6, extension, full, groupMac, icmp6, ip6, ip6Text } from "../../../support/frames6.ts";
import { Prng } from "../../../support/prng.ts";
import { macOf, type QueueDevice } from "../../../support/wire.ts";
import { World, type Node } from "../../../support/world.ts";

const [IS_IN, IS_EX, TO_IN, TO_EX, ALLOW, BLOCK] = [1, 2, 3, 4, 5, 6] as const;

/** One group in a message that was sent: a record's type, or "report 1", "report 2" and "leave" of older versions. */
interface Said {
	at: number;
	type: number | string;
	group: string;
	sources: string[];
	from: string;
	to: string;
}

interface Family {
	name: string;
	address: string;
	group: string;
	other: string;
	sources: [string, string];
	reportsTo: string;
	routers: string;
	/** The version before the newest. */
	older: number;
	query(fields: QueryFields): Bytes;
	olderReport(group: string): Bytes;
}

interface QueryFields {
	version?: number;
	group?: string;
	sources?: string[];
	/** Code as it stands in the message. */
	code?: number;
	robustness?: number;
	interval?: number;
	alert?: boolean;
	source?: string;
	hopLimit?: number;
}

function igmp(body: number[], to: string, { alert = true, hopLimit = 1, source = "10.0.0.9" }: QueryFields): Bytes {
	const message = Uint8Array.from(body);
	const sum = ~onesSum(message) & 0xffff;
	message.set(u16(sum), 2);
	const packet = ipv4(
		{ source: ip(source), destination: ip(to), protocol: 2, ttl: hopLimit, ...(alert && { options: [0x94, 4, 0, 0] }) },
		message,
	);
	return ethernet(
		Uint8Array.from([1, 0, 0x5e, (ip(to) >> 16) & 0x7f, (ip(to) >> 8) & 255, ip(to) & 255]),
		macOf(9),
		0x0800,
		packet,
	);
}

function mld(
	type: number,
	body: ArrayLike<number>,
	to: string,
	{ alert = true, hopLimit = 1, source = "fe80::9" }: QueryFields,
): Bytes {
	const headers = extension(58, alert ? [5, 2, 0, 0] : []);
	return ethernet(
		groupMac(to),
		macOf(9),
		ETHERTYPE_IPV6,
		icmp6({ source, destination: to, hopLimit, type, first: 0, headers }, body),
	);
}

const IPV4: Family = {
	name: "IGMP",
	address: "10.0.0.1/24",
	group: "239.1.2.3",
	other: "232.1.1.1",
	sources: ["10.0.0.7", "10.9.9.9"],
	reportsTo: "224.0.0.22",
	routers: "224.0.0.2",
	older: 2,
	query(fields) {
		const { version = 3, group = "", sources = [], code = 10, robustness = 2, interval = 125 } = fields;
		const body = [0x11, version === 1 ? 0 : code, 0, 0, ...(group === "" ? [0, 0, 0, 0] : u32(ip(group)))];
		const tail = [robustness, interval, ...u16(sources.length), ...sources.flatMap((each) => u32(ip(each)))];
		return igmp(version === 3 ? [...body, ...tail] : body, group || "224.0.0.1", fields);
	},
	olderReport: (group) => igmp([0x16, 0, 0, 0, ...u32(ip(group))], group, {}),
};

const IPV6: Family = {
	name: "MLD",
	address: "fe80::1/64",
	group: "ff15::1234",
	other: "ff35::77",
	sources: ["2001:db8::7", "2001:db8::9"],
	reportsTo: "ff02::16",
	routers: "ff02::2",
	older: 1,
	query(fields) {
		const { version = 2, group = "", sources = [], code = 1000, robustness = 2, interval = 125 } = fields;
		const body = [...u16(code), 0, 0, ...ip6(group || "::")];
		const tail = [robustness, interval, ...u16(sources.length), ...sources.flatMap(ip6)];
		return mld(130, version === 2 ? [...body, ...tail] : body, group || "ff02::1", fields);
	},
	olderReport: (group) => mld(131, [0, 0, 0, 0, ...ip6(group)], group, {}),
};

class Scene {
	readonly world = new World(1);
	readonly node: Node;
	readonly device: QueueDevice;
	readonly said: Said[] = [];
	readonly UDP;
	readonly reports: GroupReports;

	/** Messages that were sent. */
	messages = 0;

	constructor(...addresses: string[]) {
		this.node = this.world.node("a", { sockets: { udp: 4 }, groups: 200 });
		this.device = this.world.device({ mac: macOf(1), numbered: true });
		this.device.onSend = (frame) => this.#sent(frame);
		this.UDP = createIO(this.node.stack).UDP;
		this.reports = new GroupReports(this.node.stack);
		this.node.ethernet("eth0", this.device, ...addresses);
		this.world.settle();
	}

	#sent(frame: Uint8Array): void {
		const type = read16(frame, 12);
		if (type === 0x0800 && frame[23] === 2) this.#igmp(frame.subarray(14), frame);
		if (type === ETHERTYPE_IPV6 && frame[20] === 0) this.#mld(frame.subarray(14), frame);
	}

	#igmp(packet: Uint8Array, frame: Uint8Array): void {
		expect([...packet.subarray(20, 24)], "Router Alert").toEqual([0x94, 4, 0, 0]);
		expect([packet[0], packet[1], packet[8], onesSum(packet.subarray(0, 24))]).toEqual([0x46, 0xc0, 1, 0xffff]);
		const body = packet.subarray(24, read16(packet, 2));
		expect(onesSum(body)).toBe(0xffff);
		const to = ipText(new DataView(packet.buffer, packet.byteOffset).getInt32(16));
		expect([...frame.subarray(0, 3)]).toEqual([1, 0, 0x5e]);
		const text = (at: number) => ipText(new DataView(body.buffer, body.byteOffset).getInt32(at));
		const from = ipText(new DataView(packet.buffer, packet.byteOffset).getInt32(12));
		this.#read(body, 0x22, { 0x12: "report 1", 0x16: "report 2", 0x17: "leave" }, 4, 4, text, from, to);
	}

	#mld(packet: Uint8Array, frame: Uint8Array): void {
		expect([...packet.subarray(40, 48)], "Router Alert").toEqual([58, 0, 5, 2, 0, 0, 1, 0]);
		expect(packet[7]).toBe(1);
		const body = packet.subarray(48, 40 + read16(packet, 4));
		expect(onesSum(concat(packet.subarray(8, 40), u32(body.length), u32(58), body))).toBe(0xffff);
		const to = ip6Text(packet, 24);
		expect([...frame.subarray(0, 6)]).toEqual([0x33, 0x33, ...packet.subarray(36, 40)]);
		this.#read(body, 143, { 131: "report 1", 132: "leave" }, 8, 16, (at) => ip6Text(body, at), ip6Text(packet, 8), to);
	}

	#read(
		body: Uint8Array,
		newest: number,
		older: Record<number, string>,
		groupAt: number,
		size: number,
		text: (at: number) => string,
		from: string,
		to: string,
	): void {
		const at = this.world.clock.now;
		this.messages++;
		if (body[0] !== newest) {
			expect(body.length).toBe(groupAt + size);
			this.said.push({ at, type: older[body[0]!]!, group: text(groupAt), sources: [], from, to });
			return;
		}
		let place = 8;
		for (let left = read16(body, 6); left > 0; left--) {
			const count = read16(body, place + 2);
			const sources = Array.from({ length: count }, (_, i) => text(place + 4 + size + i * size));
			this.said.push({ at, type: body[place]!, group: text(place + 4), sources, from, to });
			place += 4 + size + count * size;
		}
		expect(place).toBe(body.length);
	}

	inject(frame: Bytes): void {
		this.device.inject(frame);
		this.world.settle();
	}

	/** What was said of these groups since the last call, as "type group sources". */
	heard(...groups: string[]): (string | number)[][] {
		this.world.settle();
		const wanted = groups.map(canonical);
		return this.said
			.splice(0)
			.filter(({ group }) => wanted.includes(group))
			.map(({ type, group, sources }) => [type, group, ...sources]);
	}

	get drops(): Record<string, number> {
		return statusOf(this.node.stack).interfaces.find(({ name }) => name === "eth0")!.drops;
	}
}

const canonical = (text: string) => (text.includes(":") ? full(text) : text);

describe.each([IPV4, IPV6])("$name", (family) => {
	const { group, other, sources } = family;
	const [first, second] = sources;
	const G = canonical(group);
	const O = canonical(other);

	function joined() {
		const scene = new Scene(family.address);
		scene.world.run(3000);
		scene.said.length = 0;
		const socket = new scene.UDP({ port: 5000 });
		socket.add(group, "eth0");
		return { scene, socket };
	}

	function quiet() {
		const made = joined();
		made.scene.world.run(5000);
		made.scene.said.length = 0;
		return made;
	}

	it("tells of a group that is joined at once, and once more within a second: §5.1, §8.11", () => {
		const { scene } = joined();
		scene.world.settle();
		expect(scene.said.map(({ type, group: each, to }) => [type, each, to])).toEqual([[TO_EX, G, canonical(family.reportsTo)]]);
		scene.world.run(1001);
		expect(scene.heard(group)).toEqual([
			[TO_EX, G],
			[TO_EX, G],
		]);
		scene.world.run(200_000);
		expect(scene.heard(group)).toEqual([]);
	});

	it("tells of one that is left, by the last socket in it: §5.1", () => {
		const { scene, socket } = quiet();
		const beside = new scene.UDP({ port: 5001 });
		beside.add(group, "eth0");
		beside.close();
		scene.world.run(2000);
		expect(scene.heard(group)).toEqual([]);
		socket.close();
		scene.world.run(2000);
		expect(scene.heard(group)).toEqual([
			[TO_IN, G],
			[TO_IN, G],
		]);
		scene.inject(family.query({}));
		scene.world.run(20_000);
		expect(scene.heard(group)).toEqual([]);
	});

	it("answers a general query within the time that it gives: §5.2", () => {
		const { scene } = quiet();
		const at = scene.world.clock.now;
		scene.inject(family.query({}));
		scene.world.run(1000);
		expect(scene.said.filter((each) => each.group === G).map((each) => each.at - at <= 1000)).toEqual([true]);
		expect(scene.heard(group)).toEqual([[IS_EX, G]]);
	});

	it("answers a query of one group, and none of another's: §5.2", () => {
		const { scene } = quiet();
		scene.inject(family.query({ group: other }));
		scene.world.run(2000);
		expect(scene.heard(group, other)).toEqual([]);
		scene.inject(family.query({ group }));
		scene.inject(family.query({ group }));
		scene.world.run(2000);
		expect(scene.heard(group)).toEqual([[IS_EX, G]]);
	});

	it("joins with a source, and tells which ones came and went: §5.1", () => {
		const { scene } = quiet();
		const { groups } = scene.node.stack.udp;
		const link = scene.node.stack.interfaces.find("eth0")!;
		groups.join(link, other, first);
		scene.world.run(2000);
		const one = [ALLOW, O, canonical(first)];
		expect(scene.heard(other)).toEqual([one, one]);
		groups.join(link, other, second);
		scene.world.run(2000);
		const two = [ALLOW, O, canonical(second)];
		expect(scene.heard(other)).toEqual([two, two]);
		scene.inject(family.query({}));
		scene.world.run(2000);
		expect(scene.heard(other)).toEqual([[IS_IN, O, canonical(first), canonical(second)]]);
		scene.inject(family.query({ group: other, sources: [second, family.sources[1]] }));
		scene.world.run(2000);
		expect(scene.heard(other)).toEqual([[IS_IN, O, canonical(second)]]);
		groups.leave(link, other, first);
		scene.world.run(2000);
		expect(scene.heard(other)).toEqual([
			[BLOCK, O, canonical(first)],
			[BLOCK, O, canonical(first)],
		]);
		groups.join(link, other);
		scene.world.run(2000);
		expect(scene.heard(other)).toEqual([
			[TO_EX, O],
			[TO_EX, O],
		]);
		groups.leave(link, other);
		scene.world.run(2000);
		expect(scene.heard(other)[0]).toEqual([TO_IN, O, canonical(second)]);
	});

	it("speaks the version of an older querier, and the newest again when that is gone: §7.2.1, §8.2.1", () => {
		const { scene, socket } = quiet();
		scene.inject(family.query({ version: family.older }));
		scene.world.run(1100);
		expect(scene.said.filter((each) => each.group === G).map(({ type, to }) => [type, to])).toEqual([
			[`report ${family.older}`, G],
		]);
		scene.said.length = 0;
		socket.add(other, "eth0");
		scene.world.run(11_000);
		expect(scene.heard(other)).toEqual(Array.from({ length: 2 }, () => [`report ${family.older}`, O]));
		socket.remove(other, "eth0");
		scene.world.settle();
		expect(scene.said.map(({ type, group: each, to }) => [type, each, to])).toEqual([["leave", O, canonical(family.routers)]]);
		scene.said.length = 0;
		scene.world.run(280_000);
		socket.add(other, "eth0");
		scene.world.run(2000);
		expect(scene.heard(other)).toEqual([
			[TO_EX, O],
			[TO_EX, O],
		]);
	});

	it("leaves the answer to another station that was quicker, in an older version: RFC 2236 §3, RFC 2710 §4", () => {
		const { scene } = quiet();
		scene.inject(family.query({ version: family.older, code: family === IPV4 ? 100 : 10_000 }));
		scene.said.length = 0;
		scene.inject(family.olderReport(group));
		scene.world.run(20_000);
		expect(scene.heard(group)).toEqual([]);
	});

	it("says all again when the link comes back", () => {
		const { scene } = quiet();
		scene.device.linkUp = false;
		scene.device.host!.notify();
		scene.world.run(1000);
		scene.device.linkUp = true;
		scene.device.host!.notify();
		scene.world.run(3000);
		expect(scene.heard(group).length).toBeGreaterThanOrEqual(2);
	});

	it("ignores a query that routers were not alerted to, or that is cut off: §9.1, RFC 3810 §6.2", () => {
		const { scene } = quiet();
		scene.inject(family.query({ alert: false }));
		const whole = family.query({ group, sources });
		const bytes = Uint8Array.from(whole);
		scene.inject(bytes.subarray(0, bytes.length - 4) as Bytes);
		scene.world.run(20_000);
		expect(scene.heard(group)).toEqual([]);
	});

	it("sends more groups than one packet has room for in several", () => {
		const scene = new Scene(family.address);
		scene.world.run(3000);
		scene.said.length = 0;
		scene.messages = 0;
		const link = scene.node.stack.interfaces.find("eth0")!;
		const joined: string[] = [];
		for (let i = 1; i <= 190; i++) {
			joined.push(family === IPV4 ? `239.0.0.${i}` : `ff15::${i}`);
			scene.node.stack.udp.groups.join(link, joined[i - 1]!);
		}
		for (let k = 1; k <= 60; k++)
			scene.node.stack.udp.groups.join(link, other, family === IPV4 ? `10.0.1.${k}` : `2001:db8::${k}`);
		scene.world.run(3000);
		expect(scene.said.filter(({ sources: each }) => each.length === 60).length).toBe(2);
		expect(scene.heard(...joined).length).toBe(380);
		expect(scene.messages).toBe(2 * (family === IPV4 ? 2 : 4));
	});

	it("answers with the exceptions of a group, and of sources that are asked about with those that it wants: §5.2", () => {
		const { scene } = quiet();
		const { groups } = scene.node.stack.udp;
		const link = scene.node.stack.interfaces.find("eth0")!;
		const socket = scene.node.stack.udp.open("", 7000, 0);
		groups.join(link, other, "", socket);
		groups.join(link, other, first, socket, true);
		scene.world.run(2000);
		expect(scene.heard(other)).toEqual([
			[TO_EX, O, canonical(first)],
			[TO_EX, O, canonical(first)],
		]);
		scene.inject(family.query({}));
		scene.world.run(2000);
		expect(scene.heard(other)).toEqual([[IS_EX, O, canonical(first)]]);
		scene.inject(family.query({ group: other, sources }));
		scene.world.run(2000);
		expect(scene.heard(other)).toEqual([[IS_IN, O, canonical(second)]]);
		scene.inject(family.query({ group: other, sources: [first] }));
		scene.world.run(2000);
		expect(scene.heard(other)).toEqual([]);
	});

	it("answers for the whole group where more sources are asked about than programs can name: memory and packets are bounded", () => {
		const { scene } = quiet();
		const some = (from: number, count: number) =>
			Array.from({ length: count }, (_, i) => (family === IPV4 ? `10.1.${from}.${i + 1}` : `2001:db8:${from}::${i + 1}`));
		for (const [each, answer] of [
			[[some(1, 64)], 64],
			[[some(1, 64), some(1, 64)], 64],
			[[some(1, 65)], 0],
			[[some(1, 64), some(2, 1)], 0],
			[Array.from({ length: 20 }, (_, i) => some(i, 64)), 0],
		] as const) {
			for (const asked of each) scene.inject(family.query({ group, sources: asked }));
			scene.world.run(2000);
			const said = scene.heard(group);
			expect(said.map(([type, , ...told]) => [type, told.length])).toEqual([[answer === 0 ? IS_EX : IS_IN, answer]]);
		}
	});

	it("takes 20,000 hostile messages, and goes on", () => {
		const { scene } = quiet();
		const prng = new Prng(7);
		const frames = [
			family.query({}),
			family.query({ group }),
			family.query({ group, sources }),
			family.query({ version: family.older }),
			family.olderReport(group),
		];
		for (let i = 0; i < 20_000; i++) {
			const frame = Uint8Array.from(frames[prng.below(frames.length)]!);
			for (let k = prng.below(4); k >= 0; k--) frame[14 + prng.below(frame.length - 14)] = prng.below(256);
			scene.device.inject(frame.subarray(0, frame.length - prng.below(8)) as Bytes);
			if ((i & 63) === 0) scene.world.run(100);
		}
		scene.world.run(500_000_0);
		scene.said.length = 0;
		scene.inject(family.query({}));
		scene.world.run(2000);
		expect(scene.heard(group)).toEqual([[IS_EX, G]]);
	});
});

describe("IGMPv1", () => {
	it("has no leaving, and ten seconds for an answer: RFC 1112, RFC 3376 §7.2.1", () => {
		const scene = new Scene("10.0.0.1/24");
		const socket = new scene.UDP({ port: 5000 });
		socket.add("239.1.2.3", "eth0");
		scene.world.run(3000);
		scene.said.length = 0;
		scene.inject(IPV4.query({ version: 1, alert: false }));
		scene.world.run(10_000);
		expect(scene.heard("239.1.2.3")).toEqual([["report 1", "239.1.2.3"]]);
		socket.close();
		scene.world.run(20_000);
		expect(scene.heard("239.1.2.3")).toEqual([]);
	});

	it("is not spoken of 224.0.0.1, nor of anything where nothing was joined", () => {
		const scene = new Scene("10.0.0.1/24");
		const socket = new scene.UDP({ port: 5000 });
		socket.add("224.0.0.1", "eth0");
		scene.inject(IPV4.query({}));
		scene.world.run(20_000);
		expect(scene.said).toEqual([]);
	});
});

describe("MLD", () => {
	it("has the groups in which addresses are asked for, and neither that of all nodes nor what stays on the host: RFC 3810 §6", () => {
		const scene = new Scene("fe80::1/64", "2001:db8::12:3456/64");
		const socket = new scene.UDP({ port: 5000 });
		socket.add("ff02::1", "eth0");
		socket.add("ff01::7", "eth0");
		scene.world.run(3000);
		const groups = new Set(scene.said.map(({ group }) => group));
		expect([...groups].sort()).toEqual([full("ff02::1:ff00:1"), full("ff02::1:ff12:3456")]);
	});

	it("is told from nowhere while there is no address of the link, and again when there is one: RFC 3810 §5.2.13, RFC 3590", () => {
		const scene = new Scene("2001:db8::5/64");
		scene.world.run(3000);
		expect(new Set(scene.said.map(({ from }) => from))).toEqual(new Set([full("::")]));
		scene.said.length = 0;
		scene.node.stack.interfaces.find("eth0")!.addAddress("fe80::1/64");
		scene.world.run(3000);
		const told = scene.said.filter(({ group }) => group === full("ff02::1:ff00:5"));
		expect(told.map(({ from }) => from)).toEqual([full("fe80::1"), full("fe80::1")]);
	});

	it("is not believed from afar: RFC 3810 §6.2", () => {
		const scene = new Scene("fe80::1/64");
		scene.world.run(5000);
		scene.said.length = 0;
		scene.inject(IPV6.query({ hopLimit: 2 }));
		scene.inject(IPV6.query({ source: "2001:db8::1" }));
		scene.world.run(20_000);
		expect(scene.said).toEqual([]);
		expect(scene.drops).toMatchObject({ icmpUnhandled: 2 });
	});
});

describe("reports", () => {
	it("are made once for a stack, and by nobody after they are closed", () => {
		const scene = new Scene("10.0.0.1/24");
		expect(() => new GroupReports(scene.node.stack)).toThrow(/already/);
		scene.reports.close();
		scene.reports.close();
		const socket = new scene.UDP({ port: 5000 });
		socket.add("239.1.2.3", "eth0");
		scene.world.run(20_000);
		expect(scene.said).toEqual([]);
		expect(() => new GroupReports(scene.node.stack)).not.toThrow();
	});
});
