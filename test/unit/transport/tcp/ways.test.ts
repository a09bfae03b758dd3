// By which interface connections go, and from which address: RFC 1122 §3.2.1.3, §3.3.4.2 and §4.2.3.7.
import { describe, expect, test } from "vitest";
import type { StackOptions } from "../../../../src/config.ts";
import { ACK as TCP_ACK, RST as TCP_RST, SYN as TCP_SYN } from "../../../../src/wire/tcp.ts";
import { ipText, tcp } from "../../../support/frames.ts";
import type { Parsed } from "../../../support/parse.ts";
import { Station, type Port } from "../../../support/station.ts";
import { Acceptor, Endpoint } from "./endpoint.ts";

const FAR = "8.8.8.8";

/** Two interfaces with a default route each; eth1's is the better one. */
function two(options: StackOptions = {}) {
	const station = new Station([["10.0.0.1/24"], ["10.1.0.1/24"]], options);
	const [one, other] = station.ports as [Port, Port];
	const first = station.stack.routes.add({ prefix: "0.0.0.0/0", gateway: "10.0.0.254", interface: one.link, metric: 1 });
	const second = station.stack.routes.add({ prefix: "0.0.0.0/0", gateway: "10.1.0.254", interface: other.link, metric: 2 });
	return { station, stack: station.stack, one, other, first, second };
}

const segments = (port: Port): Parsed[] => port.packets().filter((parsed) => parsed.tcp !== undefined);
const from = (port: Port): string[] => segments(port).map((parsed) => ipText(parsed.ipv4!.source));

/** The peer at FAR answers the SYN that left by a port. */
function establish(port: Port): void {
	const [syn] = segments(port);
	port.ip(
		tcp({
			source: FAR,
			destination: ipText(syn!.ipv4!.source),
			sourcePort: 80,
			destinationPort: syn!.tcp!.sourcePort,
			seq: 0,
			ack: (syn!.tcp!.seq + 1) >>> 0,
			flags: TCP_SYN | TCP_ACK,
		}),
	);
	segments(port);
}

function write(stack: Station["stack"], endpoint: Endpoint): void {
	stack.tcp.write(endpoint.tcb!, new Uint8Array(10), 0, 10);
}

describe("a connection", () => {
	test("from a given address goes by the interface that has it", () => {
		const { station, stack, one, other } = two();
		stack.tcp.connect(FAR, 80, { localAddress: "10.1.0.1" });
		station.world.settle();
		expect(from(one)).toEqual([]);
		expect(from(other)).toEqual(["10.1.0.1"]);
	});

	test("that has lost its way waits for it, though another interface has one, and goes on when it is back", () => {
		const { station, stack, one, other, second } = two();
		const endpoint = new Endpoint(stack).own(stack.tcp.connect(FAR, 80, { localAddress: "10.1.0.1" }));
		establish(other);
		expect(endpoint.connected).toBe(true);
		stack.routes.remove(second);
		write(stack, endpoint);
		station.world.run(5000);
		expect(from(one)).toEqual([]);
		expect(from(other)).toEqual([]);
		stack.routes.add({ prefix: "0.0.0.0/0", gateway: "10.1.0.254", interface: other.link, metric: 2 });
		station.world.run(10);
		expect(from(one)).toEqual([]);
		expect(from(other)).toContain("10.1.0.1");
		expect(endpoint.error).toBe("");
	});

	test("whose way does not come back ends by its timers, unreachable", () => {
		const { station, stack, one, other, second } = two();
		const endpoint = new Endpoint(stack).own(stack.tcp.connect(FAR, 80, { localAddress: "10.1.0.1" }));
		establish(other);
		stack.routes.remove(second);
		station.world.run(99_000);
		expect(endpoint.error).toBe("");
		station.world.run(2000);
		expect(endpoint.error).toBe("unreachable");
		expect(from(one)).toEqual([]);
	});

	test("does not move when routes change while packets pass, before it has looked at them", () => {
		const { station, stack, one, other, second } = two();
		const endpoint = new Endpoint(stack).own(stack.tcp.connect(FAR, 80, { localAddress: "10.1.0.1" }));
		establish(other);
		const late = stack.udp.open("", 7, 0);
		late.owner = {
			onEvents() {
				stack.routes.remove(second); // within processing
				write(stack, endpoint);
			},
		};
		stack.events.post(late, 1);
		station.world.run(3000);
		expect(from(one)).toEqual([]);
	});

	test("that came for another interface's address is answered by the interface it came by, where the peer is a neighbour", () => {
		const { stack, one, other } = two();
		new Acceptor(stack, 80, 4);
		one.ip(tcp({ source: "10.0.0.7", destination: "10.1.0.1", sourcePort: 5000, destinationPort: 80, flags: TCP_SYN }));
		expect(from(one)).toEqual(["10.1.0.1"]);
		expect(from(other)).toEqual([]);
	});

	test("that nobody wants is refused from the address that was asked, by its interface", () => {
		const { one, other } = two();
		other.ip(tcp({ source: FAR, destination: "10.1.0.1", sourcePort: 5000, destinationPort: 81, flags: TCP_SYN }));
		expect(from(one)).toEqual([]);
		const [reset] = segments(other);
		expect(reset!.tcp!.flags & TCP_RST).toBe(TCP_RST);
		expect(ipText(reset!.ipv4!.source)).toBe("10.1.0.1");
	});
});

describe("a connection by an interface without an address", () => {
	function bare() {
		const station = new Station([[]]);
		const [port] = station.ports as [Port];
		station.stack.routes.add({ prefix: "0.0.0.0/0", interface: port.link });
		return { station, stack: station.stack, port };
	}

	test("keeps its SYN back until there is one, and nothing leaves from 0.0.0.0", () => {
		const { station, stack, port } = bare();
		const endpoint = new Endpoint(stack).own(stack.tcp.connect(FAR, 80));
		station.world.run(2000);
		expect(port.all()).toEqual([]);
		expect(endpoint.tcb!.stateName).toBe("synSent");
		port.link.ip.insertAddress("10.0.0.1", 24);
		station.world.run(5);
		expect(from(port)).toEqual(["10.0.0.1"]);
		port.device.sent.length = 0;
		expect(endpoint.tcb!.localAddress).toBe("10.0.0.1");
		expect(endpoint.tcb!.localPort).toBeGreaterThanOrEqual(49_152);
	});

	test("opens then as any other", () => {
		const { station, stack, port } = bare();
		const endpoint = new Endpoint(stack).own(stack.tcp.connect(FAR, 80, { localPort: 5000 }));
		stack.tcp.setTtl(endpoint.tcb!, 9);
		station.world.run(2000);
		port.link.ip.insertAddress("10.0.0.1", 24);
		station.world.run(5);
		const [syn] = segments(port);
		expect(syn!.tcp!.sourcePort).toBe(5000);
		expect(syn!.ipv4!.ttl).toBe(9);
		port.ip(
			tcp({
				source: FAR,
				destination: "10.0.0.1",
				sourcePort: 80,
				destinationPort: 5000,
				seq: 0,
				ack: (syn!.tcp!.seq + 1) >>> 0,
				flags: TCP_SYN | TCP_ACK,
			}),
		);
		expect(endpoint.connected).toBe(true);
		expect(endpoint.error).toBe("");
	});

	test("ends unreachable when none comes, or the route goes", () => {
		const { station, stack, port } = bare();
		const endpoint = new Endpoint(stack).own(stack.tcp.connect(FAR, 80));
		station.world.run(9_900);
		expect(endpoint.error).toBe("");
		station.world.run(200);
		expect(endpoint.error).toBe("unreachable");
		const other = new Endpoint(stack).own(stack.tcp.connect(FAR, 81));
		station.world.run(10);
		stack.routes.remove(stack.routes.list.find((route) => route.link === port.link)!);
		station.world.run(10_000);
		expect(other.error).toBe("unreachable");
		expect(port.all()).toEqual([]);
	});

	test("can be closed before", () => {
		const { station, stack, port } = bare();
		const tcb = stack.tcp.connect(FAR, 80);
		station.world.run(100);
		stack.tcp.close(tcb);
		port.link.ip.insertAddress("10.0.0.1", 24);
		station.world.run(100);
		expect(segments(port)).toEqual([]);
		expect(stack.tcp.available).toBe(8);
	});

	test("ends when the port that it asked for is taken by then", () => {
		const { station, stack, port } = bare();
		const first = new Endpoint(stack).own(stack.tcp.connect(FAR, 80, { localPort: 5000 }));
		const second = new Endpoint(stack).own(stack.tcp.connect(FAR, 80, { localPort: 5000 }));
		station.world.run(10);
		port.link.ip.insertAddress("10.0.0.1", 24);
		station.world.run(10);
		expect([first.error, second.error].sort()).toEqual(["", "unreachable"]);
	});
});
