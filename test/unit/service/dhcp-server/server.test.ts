// The DHCP server against this project's client, which nobody told of it, and against messages written here: RFC 2131 §4.3.

import { describe, expect, it } from "vitest";
import { formatIpv4 } from "../../../../src/address4.ts";
import { LoopbackDevice } from "../../../../src/device/loopback.ts";
import { LoopbackInterface } from "../../../../src/link/loopback.ts";
import { DhcpClient } from "../../../../src/service/dhcp/client.ts";
import { DhcpServer } from "../../../../src/service/dhcp-server/server.ts";
import type { DhcpServerOptions } from "../../../../src/service/dhcp-server/options.ts";
import type { UdpSocket } from "../../../../src/transport/udp/udp.ts";
import * as dhcp from "../../../../src/wire/dhcp.ts";
import { World, type Node } from "../../../support/world.ts";
import { macOf } from "../../../support/wire.ts";

const SMALL = { first: "10.0.0.10", last: "10.0.0.11" };

class Lan {
	readonly world = new World(7);
	readonly segment = this.world.segment();
	readonly router: Node;
	server!: DhcpServer;
	#stations = 1;

	constructor(options: DhcpServerOptions<DhcpServer> = SMALL, start = true) {
		this.router = this.world.node("router", { sockets: { udp: 4 } });
		this.router.ethernet("eth0", this.segment.port({ mac: macOf(1) }), "10.0.0.1/24");
		if (start) this.server = new DhcpServer(this.router.stack, "eth0", options);
	}

	/** A station with a client, and its number. */
	station(...addresses: string[]) {
		const number = ++this.#stations;
		const node = this.world.node(`station ${number}`, { sockets: { udp: 4 } });
		const link = node.ethernet("eth0", this.segment.port({ mac: macOf(number) }), ...addresses);
		return { node, link, number };
	}

	client(options: object = {}) {
		const { node, number, link } = this.station();
		return { client: new DhcpClient(node.stack, "eth0", { probes: 0, ...options }), node, number, link };
	}

	/** One that says what a test writes, from an address of its own. */
	speaker(address: string) {
		const { node, number, link } = this.station(`${address}/24`);
		const { udp } = node.stack;
		const socket: UdpSocket = udp.openService(dhcp.CLIENT_PORT, link.slot);
		const bytes = new Uint8Array(576);
		const view = new DataView(bytes.buffer);
		const say = (
			type: number,
			words: { ciaddr?: string; wanted?: string; server?: string; giaddr?: string; cut?: number } = {},
		) => {
			let at = dhcp.begin(view, 0, dhcp.BOOTREQUEST, 0x1234, macOf(number));
			view.setInt32(dhcp.CIADDR, ip(words.ciaddr));
			view.setInt32(dhcp.GIADDR, ip(words.giaddr));
			at = dhcp.addByte(view, at, dhcp.MESSAGE_TYPE, type);
			if (words.wanted !== undefined) at = dhcp.addWord(view, at, dhcp.REQUESTED_ADDRESS, ip(words.wanted));
			if (words.server !== undefined) at = dhcp.addWord(view, at, dhcp.SERVER_ID, ip(words.server));
			udp.send(socket, "10.0.0.1", dhcp.SERVER_PORT, bytes, 0, dhcp.finish(view, 0, at) - (words.cut ?? 0));
			this.world.run(700);
			return heard();
		};
		const heard = () => {
			const messages: { type: number; address: string; options: Map<number, number[]> }[] = [];
			for (let size = udp.next(socket); size >= 0; size = udp.next(socket)) {
				udp.read(socket, bytes, 0, bytes.length);
				expect(dhcp.valid(view, 0, size)).toBe(true);
				const options = new Map([...dhcp.options(view, 0, size)].map(([code, value]) => [code, [...value]]));
				messages.push({ type: options.get(dhcp.MESSAGE_TYPE)![0]!, address: formatIpv4(dhcp.yiaddr(view, 0)), options });
			}
			return messages;
		};
		return { say, node, number };
	}
}

function ip(text = "0.0.0.0"): number {
	return text.split(".").reduce((word, part) => (word << 8) | Number(part), 0);
}

describe("misuse", () => {
	it.each([
		[null, TypeError, "options null: expected an object"],
		[{ first: 7 }, TypeError, "first 7: expected an IPv4 address as a string"],
		[{ first: "10.0.1.5" }, RangeError, 'first "10.0.1.5": expected an address that a station of 10.0.0.1/24 may have'],
		[{ first: "10.0.0.0" }, RangeError, 'first "10.0.0.0": expected an address that a station'],
		[{ last: "10.0.0.255" }, RangeError, 'last "10.0.0.255": expected an address that a station'],
		[{ first: "10.0.0.1" }, RangeError, `first "10.0.0.1": is this server's own address`],
		[{ first: "10.0.0.9", last: "10.0.0.8" }, RangeError, 'first "10.0.0.9", last "10.0.0.8": 0 addresses; expected 1 to 254'],
		[{ leaseSeconds: 119 }, RangeError, "leaseSeconds 119: expected a whole number from 120 to 2147483647"],
		[{ probeMs: 5001 }, RangeError, "probeMs 5001"],
		[{ router: 1 }, TypeError, "router 1: expected an IPv4 address"],
		[{ nameServers: "10.0.0.1" }, TypeError, 'nameServers "10.0.0.1": expected an array of IPv4 addresses'],
		[{ nameServers: Array(9).fill("10.0.0.1") }, RangeError, "nameServers: 9 addresses; expected at most 8"],
		[{ domain: "a b" }, RangeError, '"a b"'],
		[{ reservations: [{ mac: "02:00", address: "10.0.0.5" }] }, RangeError, 'mac "02:00": expected six bytes'],
		[{ reservations: [{ mac: "02:00:00:00:00:02", address: "10.0.9.5" }] }, RangeError, 'address "10.0.9.5"'],
		[
			{
				reservations: [
					{ mac: "02:00:00:00:00:02", address: "10.0.0.5" },
					{ mac: "02:00:00:00:00:02", address: "10.0.0.6" },
				],
			},
			RangeError,
			'mac "02:00:00:00:00:02": expected one reservation for it',
		],
		[{ onChanged: 1 }, TypeError, "onChanged 1: expected a function"],
	])("with options %j names what is wrong, and leaves nothing behind", (options, type, message) => {
		const lan = new Lan(SMALL, false);
		const { stack } = lan.router;
		const make = () => new DhcpServer(stack, "eth0", options as DhcpServerOptions);
		expect(make).toThrow(type);
		expect(make).toThrow(message);
		expect(stack.services.list.length).toBe(0);
		new DhcpServer(stack, "eth0").close();
	});

	it("is refused for what is no Ethernet, without address, lent itself, or served already", () => {
		const lan = new Lan(SMALL, false);
		const { stack } = lan.router;
		expect(() => new DhcpServer(stack, "lo")).toThrow("DHCP server on lo: is loopback; expected an Ethernet interface");
		expect(() => new DhcpServer(stack, undefined as never)).toThrow("interface undefined: expected one of the stack");
		expect(() => new DhcpServer(stack, new LoopbackInterface("x", new LoopbackDevice()) as never)).toThrow(RangeError);
		const { node } = lan.station();
		expect(() => new DhcpServer(node.stack, "eth0")).toThrow("DHCP server on eth0: has no IPv4 address; give it one first");
		const server = new DhcpServer(stack, "eth0");
		expect(() => new DhcpServer(stack, "eth0")).toThrow("DHCP server on eth0: UDP port 67 is in use");
		server.close();
		server.close();
		new DhcpServer(stack, "eth0");
	});

	it("lends 50 addresses at the end of the subnet unless told, and in a small subnet those that there are", () => {
		const lan = new Lan({}, false);
		expect(new DhcpServer(lan.router.stack, "eth0").size).toBe(50);
		const { node } = lan.station("10.1.0.2/29");
		expect(new DhcpServer(node.stack, "eth0").size).toBe(5); // .1 to .6 without its own
	});
});

describe("a station", () => {
	it("gets an address, router, name servers, time servers and domain, and keeps it as long as it asks for more time", () => {
		const lan = new Lan({
			...SMALL,
			leaseSeconds: 120,
			nameServers: ["10.0.0.1", "9.9.9.9"],
			timeServers: ["10.0.0.3"],
			domain: "lan.example",
		});
		const { client, number } = lan.client({ hostname: "station-2" });
		expect(lan.world.until(() => client.state.state === "bound", 10_000)).toBe(true);
		expect(client.state).toMatchObject({
			address: "10.0.0.10",
			prefixLength: 24,
			broadcast: "10.0.0.255",
			server: "10.0.0.1",
			router: "10.0.0.1",
			dns: ["10.0.0.1", "9.9.9.9"],
			ntp: ["10.0.0.3"],
			domain: "lan.example",
			leaseSeconds: 120,
		});
		const mac = [...macOf(number)].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
		expect(lan.server.leases).toEqual([{ address: "10.0.0.10", mac, hostname: "station-2", secondsLeft: 120 }]);
		lan.world.run(600_000);
		expect(client.state).toMatchObject({ state: "bound", address: "10.0.0.10" });
		expect(lan.server.counters).toMatchObject({ offered: 1, refused: 0, conflicts: 0, ignored: 0 });
		expect(lan.server.counters.acknowledged).toBeGreaterThan(9);
	});

	it("that goes gives its address back; the next ones get others first, then that; who comes back gets what it had", () => {
		const changes: number[] = [];
		const lan = new Lan({
			...SMALL,
			onChanged() {
				changes.push(this.leases.length);
			},
		});
		const first = lan.client();
		lan.world.run(10_000);
		expect(first.client.address).toBe("10.0.0.10");
		first.client.close();
		lan.world.run(100);
		expect(lan.server.leases).toEqual([]);
		const second = lan.client();
		lan.world.run(10_000);
		expect(second.client.address).toBe("10.0.0.11");
		const third = lan.client();
		lan.world.run(10_000);
		expect(third.client.address).toBe("10.0.0.10");
		second.client.close();
		lan.world.run(10);
		const again = new DhcpClient(second.node.stack, "eth0", { probes: 0 });
		lan.world.run(10_000);
		expect(again.address).toBe("10.0.0.11");
		expect(changes).toEqual([1, 0, 1, 2, 1, 2]);
	});

	it("gets none when all are lent, and one when a lease has ended that nobody renewed", () => {
		const lan = new Lan({ ...SMALL, leaseSeconds: 120 });
		const stations = [lan.client(), lan.client(), lan.client()];
		lan.world.run(30_000);
		const lent = stations.map(({ client }) => client.address);
		expect(lent.filter((address) => address === null).length).toBe(1);
		expect(lan.server.counters.full).toBeGreaterThan(0);
		const gone = stations[lent.indexOf("10.0.0.11")]!;
		gone.node.stack.interfaces.remove(gone.link); // without a word
		lan.world.run(200_000);
		expect(stations[lent.indexOf(null)]!.client.address).toBe("10.0.0.11");
	});

	it("that is known always gets its own address, which nobody else is given", () => {
		const mac = [...macOf(3)].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
		const lan = new Lan({
			first: "10.0.0.10",
			last: "10.0.0.10",
			reservations: [{ mac: mac.toUpperCase(), address: "10.0.0.99" }],
		});
		const first = lan.client();
		const known = lan.client();
		const late = lan.client();
		lan.world.run(30_000);
		expect([first, known, late].map(({ client }) => client.address)).toEqual(["10.0.0.10", "10.0.0.99", null]);
	});

	it("is not offered what another station has, by ARP", () => {
		const lan = new Lan();
		lan.station("10.0.0.10/24");
		const { client } = lan.client();
		lan.world.run(10_000);
		expect(client.address).toBe("10.0.0.11");
		expect(lan.server.counters.conflicts).toBe(1);
	});

	it("gets another address when it declines the first, which is left alone for ten minutes", () => {
		const lan = new Lan({ ...SMALL, probeMs: 0 });
		const { node, link } = lan.station("10.0.0.10/24");
		const client = new DhcpClient(lan.station().node.stack, "eth0");
		lan.world.run(60_000);
		expect(client.address).toBe("10.0.0.11");
		expect(lan.server.counters.conflicts).toBe(1);
		node.stack.interfaces.remove(link);
		const other = lan.client();
		lan.world.run(480_000);
		expect(other.client.address).toBe(null);
		lan.world.run(180_000);
		expect(other.client.address).toBe("10.0.0.10");
	});

	it("keeps its address when the server restarts, as it renews", () => {
		const lan = new Lan({ ...SMALL, leaseSeconds: 120 });
		const { client } = lan.client();
		lan.world.run(10_000);
		lan.server.close();
		const server = new DhcpServer(lan.router.stack, "eth0", { ...SMALL, leaseSeconds: 120 });
		lan.world.run(100_000);
		expect(client.state).toMatchObject({ state: "bound", address: "10.0.0.10" });
		expect(server.leases.length).toBe(1);
	});

	it("is told of the name servers that other interfaces have heard of, unless the program names some", () => {
		const lan = new Lan();
		const uplink = lan.router.ethernet("eth1", lan.world.device(), "192.0.2.2/24");
		uplink.ip.servers = ["192.0.2.1", "2001:db8::1", "192.0.2.1"];
		const { client } = lan.client();
		lan.world.run(10_000);
		expect(client.state.dns).toEqual(["192.0.2.1"]);
	});

	it.each([20, 50])("of %i that begin at once gets an address of its own", (count) => {
		const lan = new Lan({ first: "10.0.0.100", last: "10.0.0.149" });
		const clients = Array.from({ length: count }, () => lan.client().client);
		lan.world.run(120_000);
		expect(new Set(clients.map(({ address }) => address)).size).toBe(count);
		expect(clients.every(({ address }) => address !== null)).toBe(true);
	});
});

describe("messages, RFC 2131 §4.3.2", () => {
	it("an offer says back the client's identifier and who offers; what is asked for is offered if it is free", () => {
		const { say } = new Lan().speaker("10.0.0.77");
		const [offer] = say(dhcp.DISCOVER, { wanted: "10.0.0.11" });
		expect(offer).toMatchObject({ type: dhcp.OFFER, address: "10.0.0.11" });
		expect(offer!.options.get(dhcp.SERVER_ID)).toEqual([10, 0, 0, 1]);
		expect(offer!.options.get(dhcp.SUBNET_MASK)).toEqual([255, 255, 255, 0]);
		expect(offer!.options.get(dhcp.LEASE_TIME)).toEqual([0, 0, 14, 16]);
		expect(offer!.options.has(dhcp.DNS)).toBe(false); // there are none
	});

	it("a request of what was not offered is refused; one for another server gives the offer back", () => {
		const lan = new Lan();
		const { say } = lan.speaker("10.0.0.77");
		say(dhcp.DISCOVER);
		expect(say(dhcp.REQUEST, { wanted: "10.0.0.11", server: "10.0.0.1" })).toMatchObject([
			{ type: dhcp.NAK, address: "0.0.0.0" },
		]);
		expect(say(dhcp.REQUEST, { wanted: "10.0.0.10", server: "10.0.0.2" })).toEqual([]);
		expect(say(dhcp.REQUEST, { wanted: "10.0.0.10", server: "10.0.0.1" })).toMatchObject([{ type: dhcp.NAK }]);
	});

	it("after a restart: silence for strangers of this subnet, a refusal for those of another, an answer for whom it knows", () => {
		const lan = new Lan();
		const { say } = lan.speaker("10.0.0.77");
		expect(say(dhcp.REQUEST, { wanted: "10.0.0.10" })).toEqual([]);
		expect(say(dhcp.REQUEST, { wanted: "10.0.1.10" })).toMatchObject([{ type: dhcp.NAK }]);
		say(dhcp.DISCOVER);
		expect(say(dhcp.REQUEST, { wanted: "10.0.0.10", server: "10.0.0.1" })).toMatchObject([
			{ type: dhcp.ACK, address: "10.0.0.10" },
		]);
		expect(say(dhcp.REQUEST, { wanted: "10.0.0.10" })).toMatchObject([{ type: dhcp.ACK, address: "10.0.0.10" }]);
		expect(say(dhcp.REQUEST, { wanted: "10.0.0.11" })).toMatchObject([{ type: dhcp.NAK }]);
	});

	it("INFORM is answered with all but an address and times, to whoever is of this subnet", () => {
		const { say } = new Lan({ ...SMALL, domain: "lan.example" }).speaker("10.0.0.77");
		const [answer] = say(dhcp.INFORM, { ciaddr: "10.0.0.77" });
		expect(answer).toMatchObject({ type: dhcp.ACK, address: "0.0.0.0" });
		expect(answer!.options.has(dhcp.LEASE_TIME)).toBe(false);
		expect(answer!.options.get(dhcp.DOMAIN_NAME)?.length).toBe(11);
		expect(say(dhcp.INFORM)).toEqual([]);
	});

	it("what is not its own nobody gives back or declines", () => {
		const lan = new Lan();
		const { client } = lan.client();
		lan.world.run(10_000);
		const { say } = lan.speaker("10.0.0.77");
		say(dhcp.RELEASE, { ciaddr: client.address!, server: "10.0.0.1" });
		say(dhcp.DECLINE, { wanted: client.address!, server: "10.0.0.1" });
		expect(lan.server.leases.length).toBe(1);
		expect(lan.server.counters.conflicts).toBe(0);
	});

	it("what comes by a relay, is cut off, or of no known type is ignored and counted", () => {
		const lan = new Lan();
		const { say } = lan.speaker("10.0.0.77");
		expect(say(dhcp.DISCOVER, { giaddr: "10.0.0.5" })).toEqual([]);
		expect(say(dhcp.DISCOVER, { cut: 70 })).toEqual([]);
		expect(say(99)).toEqual([]);
		expect(say(dhcp.OFFER)).toEqual([]);
		expect(lan.server.counters).toMatchObject({ ignored: 4, offered: 0 });
	});
});
