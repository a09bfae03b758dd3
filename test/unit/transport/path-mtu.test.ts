// What routers say of how large packets may be is kept for the path, for all sockets, and is forgotten ten minutes later. RFC 1191, RFC 8201.

import { describe, expect, it } from "vitest";
import { PATH_MTUS } from "../../../src/config.ts";
import { createIO, type DatagramError } from "../../../src/io/io.ts";
import { CORE, CoreBlock } from "../../../src/packet/core-block.ts";
import { concat, icmp, ip, ipText, ipv4, onesSum, read16, tcp, udp, u32, type Bytes } from "../../support/frames.ts";
import { FRAGMENT, icmp6, ipv6, udp6 } from "../../support/frames6.ts";
import { Station } from "../../support/station.ts";
import { Station6 } from "../../support/station6.ts";

const MINUTE = 60_000;
const FAR = "192.0.2.1";
const FAR6 = "2001:db8:9::1";
const OWN6 = "2001:db8::1";
const ROUTER6 = "2001:db8::fe";

/** A host behind a router that says what its next link carries; of either family. */
class Host {
	readonly errors: (DatagramError | undefined)[] = [];
	readonly station4: Station | undefined;
	readonly station6: Station6 | undefined;
	readonly stack;
	readonly io;
	readonly socket;
	readonly far: string;

	constructor(readonly six: boolean) {
		if (six) {
			this.station6 = new Station6([`${OWN6}/64`]);
			this.stack = this.station6.node.stack;
			this.stack.routes.add({ prefix: "::/0", gateway: ROUTER6, interface: this.station6.link });
		} else {
			this.station4 = new Station([["10.0.0.1/24"]]);
			this.stack = this.station4.stack;
			this.stack.routes.add({ prefix: "0.0.0.0/0", gateway: "10.0.0.254", interface: this.station4.ports[0]!.link });
		}
		this.far = six ? FAR6 : FAR;
		this.io = createIO(this.stack);
		this.socket = new this.io.UDP({ port: 1234, onError: (error) => void this.errors.push(error) });
	}

	run(ms: number): void {
		(this.station4 ?? this.station6)!.world.run(ms);
	}

	/** Sends a datagram with so many bytes of payload. Answers the IP packets' bytes, "+" behind those of fragments. */
	send(bytes: number, to = this.far): string[] {
		this.socket.write(new Uint8Array(bytes), to, 9);
		return this.sent();
	}

	sent(): string[] {
		if (this.six)
			return this.station6!.packets().map(({ payload, next }) => `${payload.length + 40}${next === FRAGMENT ? "+" : ""}`);
		return this.station4!.ports[0]!.packets().map(
			({ ipv4 }) => `${ipv4!.payload.length + 20}${(ipv4!.fragment & 0x4000) === 0 ? "+" : ""}`,
		);
	}

	/** A datagram of the socket with so many bytes of payload, as it left. */
	datagram(
		bytes: number,
		{ to = this.far, sourcePort = 1234, from }: { to?: string; sourcePort?: number; from?: string } = {},
	): Bytes {
		const fields = { source: from ?? (this.six ? OWN6 : "10.0.0.1"), destination: to, sourcePort, destinationPort: 9 };
		return (this.six ? udp6 : udp)(fields, new Uint8Array(bytes));
	}

	/** The router says that a packet was too big. */
	tooBig(packet: Bytes, mtu: number): void {
		const quoted = packet.subarray(0, 500);
		if (this.six) this.station6!.ip(icmp6({ source: ROUTER6, destination: OWN6, type: 2 }, concat(u32(mtu), quoted)));
		else
			this.station4!.ports[0]!.ip(icmp({ source: "10.0.0.254", destination: "10.0.0.1", type: 3, code: 4, rest: mtu }, quoted));
		this.run(5);
		this.sent();
	}

	get known(): number {
		return CoreBlock.of(this.stack.core.view, CORE).pathMtus;
	}
}

describe.each([
	["IPv4", false],
	["IPv6", true],
])("a UDP socket by %s", (_family, six) => {
	const headers = six ? 48 : 28;

	it("hears what the path carries, and larger datagrams go in fragments then", () => {
		const host = new Host(six);
		expect(host.send(1400)).toEqual([`${1400 + headers}`]);
		host.tooBig(host.datagram(1400), 1300);
		expect(host.errors).toEqual([
			{
				kind: "too large for the way there",
				address: host.far,
				port: 9,
				from: six ? ROUTER6 : "10.0.0.254",
				type: 3,
				code: 4,
				mtu: 1300,
			},
		]);
		expect(host.send(1300 - headers)).toEqual(["1300"]);
		expect(host.send(1400)).toEqual(six ? ["1296+", "208+"] : ["1300+", "148+"]);
		// Other destinations are other paths.
		expect(host.send(1400, six ? "2001:db8:9::2" : "192.0.2.2")).toEqual([`${1400 + headers}`]);
		expect(host.send(1400)).toEqual(six ? ["1296+", "208+"] : ["1300+", "148+"]);
	});

	it("needs no onError for that, and a socket that is opened later knows too", () => {
		const host = new Host(six);
		const deaf = new host.io.UDP({ port: 77 });
		deaf.write(new Uint8Array(1400), host.far, 9);
		host.sent();
		host.tooBig(host.datagram(1400, { sourcePort: 77 }), 1300);
		expect(host.errors).toEqual([]);
		for (const socket of [deaf, new host.io.UDP({})]) {
			socket.write(new Uint8Array(1400), host.far, 9);
			expect(host.sent().length).toBe(2);
		}
	});

	it("tries larger ones again ten minutes later", () => {
		const host = new Host(six);
		host.send(1400);
		host.tooBig(host.datagram(1400), 1300);
		host.run(10 * MINUTE - 1000);
		expect(host.send(1400).length).toBe(2);
		host.run(1000);
		expect(host.known).toBe(0);
		expect(host.send(1400)).toEqual([`${1400 + headers}`]);
		host.tooBig(host.datagram(1400), 1300);
		expect(host.send(1400).length).toBe(2);
	});

	it("takes a smaller MTU from the next router, and none that is larger", () => {
		const host = new Host(six);
		host.send(1400);
		host.tooBig(host.datagram(1400), 1350);
		host.tooBig(host.datagram(1400), 1290);
		host.tooBig(host.datagram(1400), 1400);
		expect(host.send(1400)[0]).toBe(six ? "1288+" : "1284+");
		// Ten minutes count from the first.
		host.run(10 * MINUTE);
		expect(host.send(1400).length).toBe(1);
	});

	it("does not believe what cannot be: nobody's port or address, an MTU that is not less than what was sent", () => {
		const host = new Host(six);
		host.send(1400);
		host.tooBig(host.datagram(1400, { sourcePort: 1235 }), 1300);
		host.tooBig(host.datagram(1400, { from: six ? "2001:db8::3" : "10.0.0.3" }), 1300);
		host.tooBig(host.datagram(1400), 1400 + headers);
		host.tooBig(host.datagram(1200), 1290);
		expect(host.known).toBe(0);
		expect(host.errors).toEqual([]);
		expect(host.send(1400)).toEqual([`${1400 + headers}`]);
	});

	it("knows of PATH_MTUS destinations; what was said first gives way", () => {
		const host = new Host(six);
		const to = (i: number) => (six ? `2001:db8:9::${i}` : `192.0.2.${i}`);
		for (let i = 1; i <= PATH_MTUS + 2; i++) {
			host.run(1000);
			host.tooBig(host.datagram(1400, { to: to(i) }), 1300);
		}
		expect(host.known).toBe(PATH_MTUS);
		const pieces = Array.from({ length: PATH_MTUS + 2 }, (_, i) => host.send(1400, to(i + 1)).length);
		expect(pieces).toEqual([1, 1, ...Array.from({ length: PATH_MTUS }, () => 2)]);
		host.run(10 * MINUTE - 1000 * (PATH_MTUS - 2));
		expect(host.known).toBe(PATH_MTUS - 2);
		host.run(PATH_MTUS * 1000);
		expect(host.known).toBe(0);
	});

	it("what is said of other protocols' packets counts where they come from an address of ours", () => {
		const host = new Host(six);
		host.send(1400);
		const packet = (source: string) =>
			six
				? ipv6({ source, destination: FAR6, next: 89 }, new Uint8Array(1400))
				: ipv4({ source, destination: FAR, protocol: 89 }, new Uint8Array(1400));
		host.tooBig(packet(six ? "2001:db8::3" : "10.0.0.3"), 1300);
		expect(host.known).toBe(0);
		host.tooBig(packet(six ? OWN6 : "10.0.0.1"), 1300);
		expect(host.send(1400).length).toBe(2);
	});
});

describe("IPv6", () => {
	it("ignores an MTU below 1280, RFC 8201 §4", () => {
		const host = new Host(true);
		host.send(1400);
		for (const mtu of [0, 68, 1279, -1]) host.tooBig(host.datagram(1400), mtu);
		expect(host.errors).toEqual([]);
		expect(host.send(1400)).toEqual(["1448"]);
	});

	it("counts what is said of the first fragment of a datagram", () => {
		const host = new Host(true);
		expect(host.send(2000)).toEqual(["1496+", "608+"]);
		const [first] = (host.socket.write(new Uint8Array(2000), FAR6, 9), host.station6!.packets());
		host.tooBig(ipv6({ source: OWN6, destination: FAR6, next: FRAGMENT }, first!.payload), 1280);
		expect(host.errors[0]).toMatchObject({ port: 9, mtu: 1280 });
		expect(host.send(2000)).toEqual(["1280+", "824+"]);
	});
});

describe("IPv4", () => {
	it("of a router that does not say its MTU the next plateau is taken, RFC 1191 §7", () => {
		const host = new Host(false);
		host.send(1400);
		host.tooBig(host.datagram(1400), 0);
		expect(host.errors[0]!.mtu).toBe(1006);
		expect(host.send(1400)).toEqual(["1004+", "444+"]);
	});

	it("where less than 552 bytes pass, fragments are not shorter than that, and routers may cut them", () => {
		const host = new Host(false);
		host.send(1000);
		host.tooBig(host.datagram(1000), 100);
		expect(host.send(1000)).toEqual(["548+", "500+"]);
		// What passes is sent as ever; what may not pass, in one fragment.
		expect(host.send(72)).toEqual(["100"]);
		expect(host.send(73)).toEqual(["101+"]);
		const [one] = (host.socket.write(new Uint8Array(73), FAR, 9), host.station4!.ports[0]!.packets());
		expect(one!.ipv4!.fragment).toBe(0);
		expect(ipText(one!.ipv4!.destination)).toBe(FAR);
	});

	it("a datagram in fragments has the right checksum, whatever its addresses are", () => {
		for (const [own, to] of [
			["10.0.0.1", "10.0.0.2"],
			["192.168.77.2", "192.168.77.254"],
			["223.255.255.1", "223.255.255.254"],
		] as const) {
			const station = new Station([[`${own}/24`]]);
			const payload = Uint8Array.from({ length: 2001 }, (_, i) => (i * 37) & 255);
			new (createIO(station.stack).UDP)({ port: 1234 }).write(payload, to, 9);
			const pieces = station.ports[0]!.packets().map(({ ipv4 }) => ipv4!.payload);
			expect(pieces.length).toBe(2);
			const datagram = concat(...pieces);
			const pseudo = concat(u32(ip(own)), u32(ip(to)), [0, 17], [datagram.length >> 8, datagram.length & 255]);
			expect(onesSum(concat(pseudo, datagram)) & 0xffff).toBe(0xffff);
			expect(datagram.slice(8)).toEqual(payload);
		}
	});

	it("does not count for packets that are forwarded", () => {
		const station = new Station([["10.0.0.1/24"], ["10.1.0.1/24"]], { forwarding: true });
		const [left, right] = station.ports as [(typeof station.ports)[0], (typeof station.ports)[0]];
		new (createIO(station.stack).UDP)({ port: 1234 }).write(new Uint8Array(1400), "10.1.0.7", 9);
		const fields = { source: "10.1.0.1", destination: "10.1.0.7", sourcePort: 1234, destinationPort: 9 };
		const quoted = udp(fields, new Uint8Array(1400)).subarray(0, 28);
		right.ip(icmp({ source: "10.1.0.7", destination: "10.1.0.1", type: 3, code: 4, rest: 1300 }, quoted));
		expect(CoreBlock.of(station.stack.core.view, CORE).pathMtus).toBe(1);
		right.packets();
		left.ip(udp({ ...fields, source: "10.0.0.5" }, new Uint8Array(1400)));
		expect(right.packets().map(({ udp }) => udp!.payload.length)).toEqual([1400]);
		expect(left.packets()).toEqual([]);
	});

	it("what a datagram's error says does not make TCP's segments smaller: who sees no segment cannot forge it, RFC 5927", () => {
		const host = new Host(false);
		host.send(1400);
		host.tooBig(host.datagram(1400), 600);
		const port = host.station4!.ports[0]!;
		const connection = new host.io.TCP({ address: FAR, port: 80, noDelay: true });
		host.run(5);
		const syn = port.packets().find((packet) => packet.tcp)!.tcp!;
		expect(read16(syn.options, 2)).toBe(1460);
		const back = { source: FAR, destination: "10.0.0.1", sourcePort: 80, destinationPort: syn.sourcePort };
		port.ip(tcp({ ...back, seq: 1, ack: (syn.seq + 1) | 0, flags: 0x12, tcpOptions: [2, 4, 5, 0xb4] }));
		connection.write(new Uint8Array(3000));
		host.run(5);
		const segments = port.packets().filter((packet) => packet.tcp!.payload.length > 0);
		expect(segments[0]!.tcp!.payload.length).toBe(1460);
		expect(segments[0]!.ipv4!.destination).toBe(ip(FAR));
	});
});
