// The set of interfaces: names, ids, addresses, limits.

import { describe, expect, it } from "vitest";
import { EthernetInterface } from "../../../src/link/ethernet.ts";
import { PppInterface } from "../../../src/link/ppp/ppp.ts";
import { SerialLine } from "../../../src/device/serial-line.ts";
import { Stack } from "../../../src/stack.ts";
import { statusOf } from "../../../src/status/status.ts";
import { VirtualClock } from "../../support/clock.ts";
import { NullModem } from "../../support/null-modem.ts";
import { Prng } from "../../support/prng.ts";
import { Station } from "../../support/station.ts";
import { QueueDevice } from "../../support/wire.ts";

/** By hand: these tests poll, or nobody does. */
const owner = { random32: () => 1, onWake() {} };

function stackOf(interfaces = 4): Stack {
	return new Stack({ ...owner, interfaces });
}

describe("an interface", () => {
	it("is refused when its name is taken, it is there already, or all seats are taken", () => {
		const stack = stackOf(3);
		const eth0 = stack.interfaces.add(new EthernetInterface("eth0", new QueueDevice()));
		expect(() => stack.interfaces.add(new EthernetInterface("eth0", new QueueDevice()))).toThrow(
			/interface eth0: the name is in use/,
		);
		stack.interfaces.add(new EthernetInterface("eth1", new QueueDevice()));
		expect(() => stack.interfaces.add(new EthernetInterface("eth2", new QueueDevice()))).toThrow(
			/all 3 are in use; raise the option "interfaces"/,
		);
		stack.interfaces.remove(eth0);
		expect(() => stack.interfaces.remove(eth0)).toThrow(/eth0: is not part of this stack/);
		stack.interfaces.add(new EthernetInterface("eth2", new QueueDevice()));
	});

	it("that does not get what it needs takes nothing, and its device is closed", () => {
		const stack = new Stack({ ...owner, interfaces: 3, packets: 5 });
		const modem = new NullModem(new VirtualClock(), new Prng(1));
		// A PPP link takes one packet buffer for good, three with header compression, or none.
		stack.interfaces.add(new PppInterface("ppp0", new SerialLine(modem.a), {}));
		stack.interfaces.add(new PppInterface("ppp1", new SerialLine(modem.a), {}));
		const free = statusOf(stack).memory.packetsFree;
		stack.interfaces.remove(stack.interfaces.find("ppp1")!);
		for (let i = 0; i < 5; i++) {
			const packets = statusOf(stack).memory.packetsFree;
			expect(packets).toBe(free + 1);
			const link = new PppInterface("ppp1", new SerialLine(modem.b), { vj: true });
			modem.b.closed = false;
			expect(() => stack.interfaces.add(link)).toThrow('raise the option "packets"');
			expect(modem.b.closed).toBe(true);
			expect(statusOf(stack).memory.packetsFree).toBe(packets);
		}
		stack.interfaces.add(new EthernetInterface("eth0", new QueueDevice()));
	});

	it("never has the id of an earlier one, though it has its seat", () => {
		const stack = stackOf();
		const ids = new Set<number>();
		for (let i = 0; i < 500; i++) {
			const link = stack.interfaces.add(new EthernetInterface("eth0", new QueueDevice()));
			expect(ids.has(link.id)).toBe(false);
			ids.add(link.id);
			stack.interfaces.remove(link);
		}
	});

	it("cannot be the loopback interface's end", () => {
		const stack = stackOf();
		expect(() => stack.interfaces.remove(stack.interfaces.find("lo")!)).toThrow(/lo: the loopback interface stays/);
	});

	it.each([
		["", /interface name ""/],
		["a name", /interface name "a name"/],
		["sixteen-letters!", /interface name/],
	])("is refused with the name %j", (name, message) => {
		expect(() => new EthernetInterface(name, new QueueDevice())).toThrow(message);
	});

	it.each([
		[{ mtu: 67 }, /mtu 67 of eth0: expected 68 to 1500/],
		[{ mtu: 1501 }, /mtu 1501 of eth0: expected 68 to 1500/],
		[{ metric: 1.5 }, /metric 1\.5 of eth0/],
		[{ mac: new Uint8Array(5) }, /mac of eth0: expected six bytes/],
		[{ mac: new Uint8Array([1, 0, 0, 0, 0, 1]) }, /mac of eth0: expected six bytes of a unicast address/],
	])("is refused with %j", (options, message) => {
		expect(() => new EthernetInterface("eth0", new QueueDevice(), options)).toThrow(message);
	});

	it("frees everything when it is removed in use", () => {
		const station = new Station([["10.0.0.1/24"], ["10.1.0.1/24"]]);
		const { stack } = station;
		const free = stack.core.pool.free;
		const socket = stack.udp.open("", 5000, 0);
		const [port] = station.ports;
		port!.answersArp = false;
		for (let i = 2; i < 10; i++) stack.udp.send(socket, `10.0.0.${i}`, 7, new Uint8Array(10), 0, 10);
		port!.device.setBusy(true);
		expect(stack.core.pool.free).toBeLessThan(free);
		stack.interfaces.remove(port!.link);
		station.world.run(10);
		expect(stack.core.pool.free).toBe(free);
		expect(port!.device.closed).toBe(true);
		expect(statusOf(stack).neighbors).toEqual([]);
	});
});

describe("an address", () => {
	it.each(["224.0.0.1", "0.0.0.0", "255.255.255.255"])("cannot be %s", (address) => {
		const link = stackOf().interfaces.add(new EthernetInterface("eth0", new QueueDevice()));
		expect(() => link.ip.insertAddress(address, 24)).toThrow(/expected a unicast address/);
		expect(link.addresses).toEqual([]);
	});

	it("is given as one text or apart from its length, and what is neither is refused by name", () => {
		const stack = stackOf();
		const eth0 = new EthernetInterface("eth0", new QueueDevice());
		expect(() => eth0.addAddress("10.0.0.1/24")).toThrow(
			"interface eth0: it is in no stack; add it by interfaces.add before it is given addresses",
		);
		stack.interfaces.add(eth0);
		expect(eth0.addAddress("10.0.0.1/24")).toMatchObject({ address: "10.0.0.1", length: 24 });
		eth0.ip.insertAddress("10.1.0.1", 16);
		expect(statusOf(stack).interfaces[1]!.addresses).toEqual(["10.0.0.1/24", "10.1.0.1/16"]);
		expect(statusOf(stack).routes.map(({ prefix }) => prefix)).toContain("10.0.0.0/24");
		for (const text of ["10.0.0.2", "10.0.0.2/33", "10.0.0/24", "", "10.0.0.2/"])
			expect(() => eth0.addAddress(text)).toThrow(
				`"${text}": expected an IP address and a prefix length, as in "192.168.77.2/24" or "2001:db8::2/64"`,
			);
		expect(() => eth0.addAddress(0x0a000002 as never)).toThrow(/167772162: expected a string such as "192\.168\.77\.2\/24"/);
		expect(eth0.addresses.length).toBe(2);
	});

	it("is refused when another interface has it; one subnet on two interfaces is allowed", () => {
		const stack = stackOf();
		const [one, other] = ["eth0", "eth1"].map((name) => stack.interfaces.add(new EthernetInterface(name, new QueueDevice())));
		one!.ip.insertAddress("10.0.0.1", 24);
		expect(() => other!.ip.insertAddress("10.0.0.1", 24)).toThrow(/address 10\.0\.0\.1 of eth1: eth0 has it already/);
		other!.ip.insertAddress("10.0.0.2", 24);
		expect(statusOf(stack).interfaces.map((link) => link.addresses)).toEqual([["127.0.0.1/8"], ["10.0.0.1/24"], ["10.0.0.2/24"]]);
	});

	it("is refused beyond four of them", () => {
		const link = stackOf().interfaces.add(new EthernetInterface("eth0", new QueueDevice()));
		for (let i = 1; i <= 4; i++) link.ip.insertAddress(`10.0.${i}.1`, 24);
		expect(() => link.ip.insertAddress("10.0.5.1", 24)).toThrow(/eth0 has 4 addresses already/);
	});
});

describe("memory", () => {
	it("is told beforehand, to the byte", () => {
		for (const options of [
			{},
			{ packets: 4, sockets: { tcp: 1, udp: 1 } },
			{ sockets: { datagramBuffer: 1536 } },
			{ routes: 500, neighbors: 100, interfaces: 9 },
		])
			expect(new Stack({ ...options, ...owner }).core.view.byteLength).toBe(Stack.bytesFor(options));
	});

	it.each([
		[{ packets: 3 }, RangeError, /packets 3: expected a whole number from 4 to 16384/],
		[{ packets: 4.5 }, RangeError, /packets 4\.5/],
		[{ sockets: { tcp: -1 } }, RangeError, /sockets\.tcp -1/],
		[
			{ sockets: { receiveBuffer: 20_000_000 } },
			RangeError,
			/sockets\.receiveBuffer 20000000: expected a whole number from 2 to 16777216/,
		],
		[{ sockets: { datagramBuffer: 1 } }, RangeError, /sockets\.datagramBuffer 1: expected a whole number from 2 to 65535/],
		[{ forwarding: 1 as never }, TypeError, /forwarding 1: expected true or false/],
		[{ random32: 7 as never }, TypeError, /random32: expected a function/],
		[{ onWake: 7 as never }, TypeError, /onWake: expected a function/],
	])("is refused for %j, naming the option", (options, type, message) => {
		expect(() => new Stack({ ...owner, ...options })).toThrow(message);
		expect(() => new Stack({ ...owner, ...options })).toThrow(type);
	});
});
