// The DHCPv6 client against a server that the test plays on another stack of the same wire; and its reading of messages, from any bytes.

import { describe, expect, it } from "vitest";
import { Autoconfiguration } from "../../../../src/service/ipv6/autoconfiguration.ts";
import { Dhcp6Client, type Dhcp6Options } from "../../../../src/service/dhcp6/client.ts";
import { answerIn } from "../../../../src/service/dhcp6/messages.ts";
import type { EthernetInterface } from "../../../../src/link/ethernet.ts";
import type { QueueDevice } from "../../../support/wire.ts";
import { concat, u16, u32 } from "../../../support/frames.ts";
import { createIO, type IO } from "../../../../src/io/io.ts";
import { RawSocket } from "../../../../src/io/raw.ts";
import { pair } from "../../io/pair.ts";
import { pair as pppPair } from "../../link/ppp/pair.ts";

const option = (code: number, ...parts: ArrayLike<number>[]) => concat(u16(code), u16(concat(...parts).length), ...parts);
/** 2001:db8:0:aa00:: + that. */
const address = (last: number) => [0x20, 1, 0x0d, 0xb8, 0, 0, 0xaa, 0, 0, 0, 0, 0, 0, 0, 0, last];
const SERVER = option(2, [0, 3, 0, 1, 9, 9, 9, 9, 9, 9]);

/** Of the first association that is asked for. */
function identifierIn(bytes: Uint8Array): Uint8Array {
	for (let at = 4; at < bytes.length; at += 4 + ((bytes[at + 2]! << 8) | bytes[at + 3]!))
		if (bytes[at + 1] === 3 || bytes[at + 1] === 25) return bytes.slice(at + 4, at + 8);
	return new Uint8Array(4);
}

/** A server at the other end. */
function serve(io: IO) {
	const asked: number[] = [];
	let silent = false;
	let lifetime = 100;
	let last = 7;
	const server = new io.UDP({
		port: 547,
		multicast: "ff02::1:2",
		onReadable() {
			for (let message = server.read(); message !== undefined; message = server.read()) {
				const bytes = new Uint8Array(message);
				asked.push(bytes[0]!);
				// What is declined is not lent again.
				if (bytes[0] === 9) last++;
				if (silent) continue;
				const sizes = (bytes[6]! << 8) | bytes[7]!;
				const client = bytes.slice(4, 8 + sizes);
				const id = identifierIn(bytes);
				const lives = concat(u32(lifetime), u32(2 * lifetime));
				const times = concat(u32(0), u32(0));
				const stateful = [
					option(3, id, times, option(5, address(last), lives)),
					option(25, id, times, option(26, lives, [56], address(0))),
				];
				const reply = concat(
					[bytes[0] === 1 ? 2 : 7, ...bytes.slice(1, 4)],
					client,
					SERVER,
					option(23, address(53)),
					option(24, [3, 108, 97, 110, 0]),
					...(bytes[0] === 11 ? [] : stateful),
				);
				server.write(reply, message.address, message.port);
			}
		},
	});
	return {
		asked,
		be: (isSilent: boolean, seconds = lifetime) => {
			silent = isSilent;
			lifetime = seconds;
		},
	};
}

function scene(options: Dhcp6Options = {}) {
	const p = pair({ sockets: { raw: 1 } });
	// A link-local address for the server's interface.
	p.two.stack.interfaces.find("eth0")!.addAddress("fe80::99/64");
	const server = serve(p.b);
	new Autoconfiguration(p.one.stack, "eth0");
	let changes = 0;
	const client = new Dhcp6Client(p.one.stack, "eth0", { onChanged: () => void changes++, ...options });
	return { ...p, ...server, client, changes: () => changes };
}

describe("a DHCPv6 client", () => {
	it("asks for an address and a prefix, renews, rebinds, and loses both when nobody answers; then begins anew", () => {
		const s = scene({ mode: "address", delegate: ["eth0"] });
		const own = () => s.one.stack.interfaces.find("eth0")!.addresses.map(({ address: text, length }) => `${text}/${length}`);
		s.world.run(12_000);
		expect(s.asked).toEqual([1, 3]);
		expect(s.client.state).toMatchObject({
			state: "bound",
			address: "2001:db8:0:aa00::7",
			prefix: "2001:db8:0:aa00::/56",
			dns: ["2001:db8:0:aa00::35"],
			domains: ["lan"],
		});
		for (const text of ["2001:db8:0:aa00::7/128", "2001:db8:0:aa00::1/64"]) expect(own()).toContain(text);
		s.world.run(50_000);
		expect(s.asked).toEqual([1, 3, 5]);
		s.be(true);
		s.world.run(60_000);
		expect(s.client.state.state).toBe("renewing");
		s.world.run(40_000);
		expect(s.client.state.state).toBe("rebinding");
		s.world.run(130_000);
		expect(s.client.state).toMatchObject({ state: "soliciting", address: "", prefix: "" });
		expect(own().filter((text) => text.startsWith("2001:"))).toEqual([]);
		s.be(false);
		s.world.run(1_000_000);
		expect(s.client.state).toMatchObject({ address: "2001:db8:0:aa00::7" });
		s.client.close();
		s.world.run(100);
		expect(s.asked[s.asked.length - 1]).toBe(8);
		expect(own().filter((text) => text.startsWith("2001:"))).toEqual([]);
	});

	it("declines an address that somebody else has, and asks for another", () => {
		const s = scene({ mode: "address" });
		s.two.stack.interfaces.find("eth0")!.addAddress("2001:db8:0:aa00::7/64");
		s.world.run(20_000);
		expect(s.asked).toEqual([1, 3, 9, 1, 3]);
		expect(s.client.state).toMatchObject({ state: "bound", address: "2001:db8:0:aa00::8" });
		const own = s.one.stack.interfaces.find("eth0")!.addresses.map(({ address: text }) => text);
		expect(own.filter((text) => text.startsWith("2001:"))).toEqual(["2001:db8:0:aa00::8"]);
		s.client.close();
	});

	it("has resolvers ask the name servers, until it is closed or the link goes to another network", () => {
		const s = scene({ mode: "stateless" });
		const { ip, device } = s.one.stack.interfaces.find("eth0") as EthernetInterface;
		const wire = device as QueueDevice;
		s.world.run(10_000);
		expect(ip.servers).toEqual(["2001:db8:0:aa00::35"]);
		s.be(true);
		wire.setLink(false);
		s.world.run(100);
		wire.setLink(true);
		s.world.run(10_000);
		expect([ip.servers, s.client.state.dns]).toEqual([[], []]);
		s.be(false);
		s.world.run(20_000);
		expect(ip.servers).toEqual(["2001:db8:0:aa00::35"]);
		s.client.close();
		expect(ip.servers).toEqual([]);
	});

	it("asks whether what it was lent still holds when the link was away: §18.2.12; what no server knows is over in its time", () => {
		const s = scene({ mode: "address", delegate: ["eth0"] });
		const wire = (s.one.stack.interfaces.find("eth0") as EthernetInterface).device as QueueDevice;
		const flap = () => {
			wire.setLink(false);
			s.world.run(100);
			wire.setLink(true);
			s.world.run(6000);
		};
		s.world.run(12_000);
		expect(s.asked).toEqual([1, 3]);
		flap();
		expect(s.asked).toEqual([1, 3, 6]);
		expect(s.client.state).toMatchObject({ state: "bound", address: "2001:db8:0:aa00::7", prefix: "2001:db8:0:aa00::/56" });
		s.be(true);
		flap();
		expect(s.client.state).toMatchObject({ state: "rebinding", address: "2001:db8:0:aa00::7" });
		s.world.run(210_000);
		expect(s.client.state).toMatchObject({ state: "soliciting", address: "", prefix: "" });
	});

	it("asks for nothing while routers say nothing, and for the rest alone in mode stateless", () => {
		const silent = scene();
		silent.world.run(20_000);
		expect([silent.asked, silent.client.state.state]).toEqual([[], "idle"]);
		const s = scene({ mode: "stateless" });
		s.world.run(20_000);
		expect(s.asked).toEqual([11]);
		expect(s.client.state).toMatchObject({ state: "informed", address: "", dns: ["2001:db8:0:aa00::35"] });
		expect(s.changes()).toBe(1);
	});

	it("repeats what is not answered ever more slowly", () => {
		const s = scene({ mode: "stateless" });
		s.be(true);
		s.world.run(40_000);
		expect(s.asked.length).toBeGreaterThanOrEqual(4);
		expect(s.asked.length).toBeLessThanOrEqual(7);
	});

	it("is one on PPP, too, whose addresses need not be tried", () => {
		const p = pppPair({ ipv6: true, local: "10.0.0.1" }, { ipv6: true, local: "10.0.0.2" });
		const { stack } = p.a.node;
		const s = serve(createIO(p.b.node.stack));
		new Autoconfiguration(stack, "ppp0");
		const client = new Dhcp6Client(stack, "ppp0", { mode: "address" });
		expect(p.up()).toBe(true);
		p.world.run(10_000);
		expect(s.asked).toEqual([1, 3]);
		expect(client.state).toMatchObject({ state: "bound", address: "2001:db8:0:aa00::7" });
		expect(p.a.link.addresses.map(String)).toContain("2001:db8:0:aa00::7/128");
		expect(p.a.link.ip.servers).toContain("2001:db8:0:aa00::35");
		p.a.link.disconnect();
		p.world.run(1000);
		p.a.link.connect();
		p.world.run(20_000);
		expect(s.asked).toEqual([1, 3, 6]);
		client.close();
		p.world.run(1000);
		expect(s.asked).toEqual([1, 3, 6, 8]);
	});

	it("goes with routers' flags by itself, where the interface hears routers", () => {
		const s = scene();
		const two = s.two.stack;
		s.world.run(5000);
		const advertise = (flags: number) => {
			const body = [64, flags, ...u16(1800), ...u32(0), ...u32(0)];
			const raw = new RawSocket(two, { protocol: 58, family: 6, interface: "eth0" });
			raw.write(Uint8Array.from([134, 0, 0, 0, ...body]), "ff02::1", { ttl: 255 });
			raw.close();
		};
		advertise(0x40); // O
		s.world.run(10_000);
		expect([s.asked, s.client.state.state]).toEqual([[11], "informed"]);
		advertise(0xc0); // M
		s.world.run(10_000);
		expect([s.asked, s.client.state]).toMatchObject([[11, 1, 3], { state: "bound", address: "2001:db8:0:aa00::7" }]);
		s.client.close();
	});

	it("names what is wrong", () => {
		const p = pair();
		expect(() => new Dhcp6Client(p.one.stack, "eth9")).toThrow('interface "eth9"');
		expect(() => new Dhcp6Client(p.one.stack, "eth0", { mode: "address" })).toThrow("expected the interface's Autoconfiguration");
		expect(() => new Dhcp6Client(p.one.stack, "eth0", { mode: "x" as "auto" })).toThrow('mode "x": expected "auto"');
	});
});

describe("messages of DHCPv6", () => {
	it("are read from any bytes without a throw, and are none with an option that does not fit", () => {
		const duid = Uint8Array.of(0, 3, 0, 1, 2, 3, 4, 5, 6, 7);
		const good = concat(
			[7, 1, 2, 3],
			option(1, duid),
			SERVER,
			option(3, u32(5), u32(1), u32(2), option(5, address(7), u32(1), u32(2))),
		);
		const view = new DataView(new ArrayBuffer(512));
		const read = (bytes: ArrayLike<number>) => {
			for (let i = 0; i < bytes.length; i++) view.setUint8(i, bytes[i]!);
			return answerIn(view, bytes.length, duid, 5);
		};
		expect(read(good)!.address!.lent!.address).toBe("2001:db8:0:aa00::7");
		for (let cut = 1; cut < 20; cut++) expect(read(good.slice(0, good.length - cut))).toBe(undefined);
		let seed = 7;
		const random = () => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) >>> 8;
		for (let round = 0; round < 5000; round++) {
			const bytes = Uint8Array.from(good);
			for (let k = 0; k < 3; k++) bytes[random() % bytes.length] = random() & 255;
			read(bytes);
			read(Uint8Array.from({ length: random() % 200 }, () => random() & 255));
		}
	});
});
