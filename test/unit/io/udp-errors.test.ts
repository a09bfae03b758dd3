// What ICMP errors say of datagrams: RFC 1122 §4.1.3.3. The socket that sent them hears it, and nobody else does.

import { describe, expect, it } from "vitest";
import { createIO, type DatagramError } from "../../../src/io/io.ts";
import { ethernet, ETHERTYPE_IPV4, icmp, ipv4, udp } from "../../support/frames.ts";
import { Port, Station } from "../../support/station.ts";
import { ascii, pair, type Pair } from "./pair.ts";

const TWO = "2001:db8::2";

function both(): Pair {
	const p = pair();
	p.one.stack.interfaces.find("eth0")!.addAddress("2001:db8::1/64");
	p.two.stack.interfaces.find("eth0")!.addAddress(`${TWO}/64`);
	return p;
}

describe("a UDP socket hears", () => {
	it.each(["10.0.0.2", TWO])("that nobody has the port at %s, once for each datagram, and works on", (address) => {
		const p = both();
		const errors: (DatagramError | undefined)[] = [];
		const client = new p.a.UDP({ port: 1234, onError: (error) => void errors.push(error) });
		const other = new p.a.UDP({ port: 1235, onError: () => expect.fail("it has sent nothing") });
		client.write(ascii("one"), address, 9);
		p.world.run(2000);
		expect(errors).toEqual([{ kind: "port unreachable", address, port: 9, from: address, type: 3, code: 3 }]);
		client.write(ascii("two"), address, 10);
		p.world.run(2000);
		expect(errors.length).toBe(2);
		expect(errors[1]).toMatchObject({ port: 10 });
		const server = new p.b.UDP({ port: 9 });
		client.write(ascii("three"), address, 9);
		p.world.run(100);
		expect(server.read()!.byteLength).toBe(5);
		client.close();
		other.close();
	});

	it.each(["10.0.0.77", "2001:db8::77"])("that the neighbour %s does not answer", (address) => {
		const p = both();
		const errors: (DatagramError | undefined)[] = [];
		new p.a.UDP({ onError: (error) => void errors.push(error) }).write(ascii("one"), address, 9);
		p.world.run(10_000);
		const from = address.includes(":") ? "2001:db8::1" : "10.0.0.1";
		expect(errors).toEqual([{ kind: "host unreachable", address, port: 9, from, type: 3, code: 1 }]);
	});

	it("nothing without onError, nor when it was closed by then, and no packet buffer stays taken", () => {
		const p = both();
		const { pool } = p.one.stack.core;
		p.world.run(10);
		const free = pool.free;
		const deaf = new p.a.UDP({});
		const closing = new p.a.UDP({ onError: () => expect.fail("closed") });
		deaf.write(ascii("one"), "10.0.0.2", 9);
		closing.write(ascii("one"), "10.0.0.2", 9);
		closing.close();
		p.world.run(2000);
		expect(pool.free).toBe(free);
	});
});

describe("an ICMP error", () => {
	function scene() {
		const station = new Station([["10.0.0.1/24"]]);
		station.stack.routes.add({ prefix: "0.0.0.0/0", gateway: "10.0.0.254", interface: station.ports[0]!.link });
		const errors: (DatagramError | undefined)[] = [];
		const io = createIO(station.stack);
		const socket = new io.UDP({ port: 1234, onError: (error) => void errors.push(error) });
		/** An error of a router that quotes a datagram, or the beginning of one. */
		function tell(quoted: ArrayLike<number>, type = 11, code = 0): void {
			station.ports[0]!.ip(icmp({ source: "10.0.0.254", destination: "10.0.0.1", type, code }, quoted));
			station.world.run(5);
		}
		return { station, socket, errors, tell };
	}
	const quoted = { source: "10.0.0.1", destination: "192.0.2.1", sourcePort: 1234, destinationPort: 33434 };

	it("of a router names the router", () => {
		const { errors, tell } = scene();
		tell(udp(quoted, [1, 2, 3]));
		expect(errors).toEqual([
			{ kind: "time to live exceeded", address: "192.0.2.1", port: 33434, from: "10.0.0.254", type: 11, code: 0 },
		]);
		tell(udp(quoted), 3, 13);
		expect(errors[1]).toMatchObject({ kind: "prohibited", code: 13 });
	});

	it("counts only with our address, the socket's port and a destination that is one host's", () => {
		const { errors, tell, station } = scene();
		tell(udp({ ...quoted, source: "10.0.0.3" }));
		tell(udp({ ...quoted, sourcePort: 1235 }));
		tell(udp({ ...quoted, destination: "224.0.0.251" }));
		tell(udp({ ...quoted, destination: "10.0.0.255" }));
		tell(udp({ ...quoted, destination: "255.255.255.255" }));
		tell(udp(quoted).subarray(0, 27));
		tell(ipv4({ ...quoted, protocol: 99 }, new Uint8Array(8)));
		expect(errors).toEqual([]);
		expect(station.drops("eth1").icmpUnhandled).toBe(7);
	});

	it("more than DATAGRAM_ERRORS in one go are counted, and the socket hears the first", () => {
		const { errors, station } = scene();
		const { device } = station.ports[0]!;
		for (let i = 0; i < 12; i++)
			device.inject(
				ethernet(
					device.mac,
					Port.macOf(254),
					ETHERTYPE_IPV4,
					icmp({ source: "10.0.0.254", destination: "10.0.0.1", type: 11 }, udp({ ...quoted, destinationPort: 33434 + i })),
				),
			);
		station.world.run(50);
		expect(errors.length).toBeGreaterThanOrEqual(8);
		expect(errors.slice(0, 8).map((error) => error!.port)).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((i) => 33434 + i));
	});

	it("may have its socket closed by who hears of it", () => {
		const { station, socket, tell } = scene();
		void socket;
		const io = createIO(station.stack);
		let heard = 0;
		const closing = new io.UDP({
			port: 2000,
			onError() {
				heard++;
				this.close();
			},
		});
		void closing;
		tell(udp({ ...quoted, sourcePort: 2000 }));
		tell(udp({ ...quoted, sourcePort: 2000 }));
		expect(heard).toBe(1);
	});
});
