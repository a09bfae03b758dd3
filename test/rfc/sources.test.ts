// Source-specific multicast as programs ask for it: what is heard, and what routers are told. RFC 3376, RFC 3810, RFC 4607, of both families.

import { describe, expect, it } from "vitest";
import { createIO } from "../../src/io/io.ts";
import type { Sources, UDP } from "../../src/io/types.ts";
import { PacketSocket } from "../../src/io/raw.ts";
import { GroupReports } from "../../src/service/groups/reports.ts";
import { ipText, read16 } from "../support/frames.ts";
import { full, ip6Text } from "../support/frames6.ts";
import { World } from "../support/world.ts";

const [TO_IN, TO_EX, ALLOW, BLOCK] = [3, 4, 5, 6] as const;

const FAMILIES = [
	{ name: "IGMPv3", group: "232.1.1.1", here: "10.0.0.1/24", hosts: ["10.0.0.2", "10.0.0.3"], zone: "", near: "" },
	{ name: "MLDv2", group: "ff3e::1234", here: "fe80::1/64", hosts: ["fe80::2", "fe80::3"], zone: "%eth0", near: "ff12::77" },
] as const;

const canonical = (text: string) => (text.includes(":") ? full(text) : text);

describe.each(FAMILIES)("$name", ({ group, here, hosts, zone, near }) => {
	const [first, second] = hosts;
	const six = group.includes(":");

	function scene() {
		const world = new World(1);
		const segment = world.segment({});
		const us = world.node("us", { sockets: { udp: 4, raw: 1 } });
		const device = segment.port({ mac: 1 });
		us.ethernet("eth0", device, here);
		const reports = new GroupReports(us.stack);
		const length = here.split("/")[1]!;
		const senders = hosts.map((host, i) => {
			const node = world.node(`host${i}`);
			node.ethernet("eth0", segment.port({ mac: 2 + i }), `${host}/${length}`);
			return new (createIO(node.stack).UDP)({ interface: "eth0" });
		});
		const { UDP } = createIO(us.stack);
		world.run(5000);
		/** What each host sends to the group is heard by the sockets, by number of the host. */
		const heard = (...sockets: UDP[]): number[][] => {
			for (const [i, sender] of senders.entries()) sender.write(Uint8Array.of(i), group, 5000);
			world.run(20);
			return sockets.map((socket) => {
				const from: number[] = [];
				for (let data = socket.read(); data !== undefined; data = socket.read()) from.push(new Uint8Array(data)[0]!);
				return from.sort();
			});
		};
		return { world, us, UDP, reports, heard, said: said(us.stack, world) };
	}

	/** Records of reports of the group that left since the last call. */
	function said(stack: ReturnType<World["node"]>["stack"], world: World): () => (string | number)[][] {
		const records: (string | number)[][] = [];
		const size = six ? 16 : 4;
		const hear = (frame: Uint8Array): void => {
			const type = read16(frame, 12);
			const at = six ? 14 + 48 : 14 + 24;
			if (type !== (six ? 0x86dd : 0x0800) || frame[at] !== (six ? 143 : 0x22)) return;
			const text = (place: number) =>
				six ? ip6Text(frame, place) : ipText(new DataView(frame.buffer, frame.byteOffset).getInt32(place));
			let place = at + 8;
			for (let left = read16(frame, at + 6); left > 0; left--) {
				const count = read16(frame, place + 2);
				const sources = Array.from({ length: count }, (_, i) => text(place + 4 + size + i * size));
				if (text(place + 4) === canonical(group)) records.push([frame[place]!, ...sources]);
				place += 4 + size + count * size;
			}
		};
		const capture = new PacketSocket(stack, { interface: "eth0", onReadable: drain });
		function drain(): void {
			for (let frame = capture.read(); frame !== undefined; frame = capture.read())
				if (frame.outgoing) hear(new Uint8Array(frame));
		}
		return () => {
			world.run(3000);
			return records.splice(0);
		};
	}

	it("is told the sources of a group that is joined, each change, and that it is left: RFC 3376 §5.1, RFC 3810 §6.1", () => {
		const { UDP, said: told } = scene();
		const socket = new UDP({ port: 5000, multicast: group, interface: "eth0", sources: first });
		const a = canonical(first);
		const b = canonical(second);
		expect(told()).toEqual([
			[ALLOW, a],
			[ALLOW, a],
		]);
		socket.add(group, "eth0", [first, second]);
		expect(told()).toEqual([
			[ALLOW, b],
			[ALLOW, b],
		]);
		socket.remove(group, "eth0", first);
		expect(told()).toEqual([
			[BLOCK, a],
			[BLOCK, a],
		]);
		const all = new UDP({ port: 5001, multicast: group, interface: "eth0" });
		expect(told()[0]).toEqual([TO_EX]);
		all.close();
		expect(told()[0]).toEqual([TO_IN, b]);
		socket.close();
		expect(told()).toEqual([
			[BLOCK, b],
			[BLOCK, b],
		]);
	});

	it("has each socket hear its own sources alone: RFC 3376 §3.2, RFC 4607 §4.2", () => {
		const { UDP, heard, us } = scene();
		const free = us.stack.core.pool.free;
		const one = new UDP({ port: 5000, shared: true, interface: "eth0", multicast: group, sources: first });
		const other = new UDP({ port: 5000, shared: true, interface: "eth0", multicast: group, sources: [second] });
		const any = new UDP({ port: 5000, shared: true, interface: "eth0", multicast: group });
		const everywhere = new UDP({ port: 5000, shared: true });
		everywhere.add(group, undefined, `${first}${zone}`);
		expect(heard(one, other, any, everywhere)).toEqual([[0], [1], [0, 1], [0]]);
		one.add(group, undefined, second);
		any.close();
		other.remove(group);
		expect(heard(one, other, everywhere)).toEqual([[0, 1], [], [0]]);
		for (const socket of [one, other, everywhere]) socket.close();
		expect(us.stack.core.pool.free).toBe(free);
	});

	it("has a socket hear all but some sources, and routers know of those that no socket wants: RFC 3376 §3, §5.1", () => {
		const { UDP, heard, said: told, us } = scene();
		const free = us.stack.core.pool.free;
		const a = canonical(first);
		const b = canonical(second);
		const open = (sources: Sources) => new UDP({ port: 5000, shared: true, interface: "eth0", multicast: group, sources });
		const one = open({ except: first });
		expect(told()).toEqual([
			[TO_EX, a],
			[TO_EX, a],
		]);
		const other = open({ except: [first, second] });
		expect(told()).toEqual([]);
		expect(heard(one, other)).toEqual([[1], []]);
		one.add(group, "eth0", { except: second });
		expect(told()).toEqual([
			[BLOCK, b],
			[BLOCK, b],
		]);
		expect(heard(one, other)).toEqual([[], []]);
		const some = open(second);
		expect(told()).toEqual([
			[ALLOW, b],
			[ALLOW, b],
		]);
		expect(heard(one, other, some)).toEqual([[], [], [1]]);
		one.remove(group, "eth0", { except: first });
		expect(told()).toEqual([
			[ALLOW, a],
			[ALLOW, a],
		]);
		expect(heard(one, other, some)).toEqual([[0], [], [1]]);
		one.close();
		expect(told()[0]).toEqual([BLOCK, a]);
		other.remove(group);
		expect(told()[0]).toEqual([TO_IN, b]);
		some.remove(group, "eth0");
		expect(told()[0]).toEqual([BLOCK, b]);
		for (const socket of [other, some]) socket.close();
		expect(us.stack.core.pool.free).toBe(free);
	});

	it("has exceptions of a group that is joined already, on that interface alone; joining again leaves them", () => {
		const { UDP, heard } = scene();
		const socket = new UDP({ port: 5000, multicast: group });
		socket.add(group, undefined, { except: `${first}${zone}` });
		expect(heard(socket)).toEqual([[1]]);
		socket.add(group);
		expect(heard(socket)).toEqual([[1]]);
		socket.add(group, "eth0", { except: second });
		expect(heard(socket)).toEqual([[0, 1]]);
		socket.remove(group);
		expect(heard(socket)).toEqual([[0]]);
		socket.remove(group, "eth0", { except: second });
		expect(heard(socket)).toEqual([[0, 1]]);
		socket.remove(group, "eth0");
		expect(heard(socket)).toEqual([[]]);
	});

	it("refuses what makes no sense, and counts the sources", () => {
		const { UDP } = scene();
		const socket = new UDP({ port: 5000, interface: "eth0" });
		socket.add(group);
		expect(() => socket.add(group, "eth0", first)).toThrow(`group "${group}": is joined for all sources; remove it first`);
		socket.remove(group);
		socket.add(group, "eth0", first);
		expect(() => socket.add(group)).toThrow("is joined for some sources; remove it first");
		expect(() => socket.remove(group, "eth0", second)).toThrow(`source "${second}": expected one that ${group} was joined for`);
		expect(() => socket.add(group, "eth0", { except: second })).toThrow("is joined for some sources; remove it first");
		expect(() => socket.remove(group, "eth0", { except: first })).toThrow(
			`source "${first}": expected one that ${group} was joined without`,
		);
		expect(() => socket.add(group, "eth0", { except: [] })).toThrow("sources: expected one at least");
		expect(() => socket.add(group, "eth0", {} as never)).toThrow("source undefined");
		expect(() => socket.add(group, "eth0", { except: group })).toThrow(`source "${group}": expected the address of a host`);
		for (const source of [group, six ? "::" : "0.0.0.0", six ? "10.0.0.1" : "2001:db8::1"])
			expect(() => socket.add(group, "eth0", source)).toThrow(
				`source "${source}": expected the address of a host, of the family`,
			);
		expect(() => socket.add(group, "eth0", [])).toThrow("sources: expected one at least");
		expect(() => socket.add(group, "eth0", 7 as never)).toThrow(TypeError);
		expect(() => new UDP({ sources: first })).toThrow('sources: expected the option "multicast"');
		const many = Array.from({ length: 64 }, (_, i) => (six ? `2001:db8::${i + 1}` : `10.1.0.${i + 1}`));
		expect(() => socket.add(group, "eth0", many)).toThrow("groups are joined for 64 sources");
		expect(() => socket.add(group, "eth0", many.slice(1))).not.toThrow();
	});

	if (near !== "")
		it("takes groups within a link with the zone of an interface: RFC 4007 §11", () => {
			const { UDP, world, us } = scene();
			const socket = new UDP({ port: 5000, multicast: `${near}%eth0` });
			expect([...us.stack.interfaces.find("eth0")!.ip.groups.keys()]).toEqual([near]);
			const sender = new UDP({ port: 5001 });
			sender.write(Uint8Array.of(9), `${near}%eth0`, 5000);
			world.run(20);
			expect(socket.read()).toMatchObject({ port: 5001, interface: "eth0", localAddress: near });
			expect(() => socket.add(`${near}%eth7`)).toThrow('there is no interface "eth7"');
			expect(() => socket.add(`${near}%eth0`, "lo")).toThrow("expected one behind lo");
			expect(() => socket.add("ff15::1%eth0")).toThrow("expected a zone only behind an address of one link");
			socket.remove(`${near}%eth0`);
			expect(us.stack.interfaces.find("eth0")!.ip.groups.size).toBe(0);
		});
});
