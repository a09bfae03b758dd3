import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import {
	InputError,
	checkBoard,
	checkTogether,
	emacOf,
	forwardsOf,
	gatewayAddress,
	gatewayPrefix,
	readBoard,
	routesOf,
	uartOf,
} from "../../../hosts/desktop/board.ts";
import schema from "../../../hosts/desktop/board.schema.json" with { type: "json" };
import type { BoardInterface } from "../../../hosts/desktop/config.ts";
import { formatAddress } from "../../../hosts/desktop/ipv4.ts";
import { limitsOf } from "../../../src/config.ts";

const folder = mkdtempSync(join(tmpdir(), "multihome-board-"));
afterAll(() => rmSync(folder, { recursive: true }));

const eth0 = { name: "eth0", wire: "gateway", addresses: ["192.168.77.2/24"], gateway: "192.168.77.1" };
const eth1 = { name: "eth1", wire: "gateway", addresses: ["192.168.78.2/24"] };

function complaint(data: unknown, memory?: number): string {
	try {
		checkBoard("board.json", data, memory);
	} catch (error) {
		expect(error).toBeInstanceOf(InputError);
		const { message } = error as Error;
		expect(message).not.toContain("\n");
		return message.replace(/^board\.json: /, "");
	}
	return "";
}

/** What is wrong with a board whose first interface is changed. */
function withFirst(change: object): string {
	return complaint({ interfaces: [{ ...eth0, ...change }, eth1] });
}

describe("a board file", () => {
	it.each(readdirSync("hosts/desktop/boards"))("%s that comes with the project is right", (name) => {
		expect(readBoard(`hosts/desktop/boards/${name}`).file.interfaces.length).toBeGreaterThan(0);
		expect(JSON.parse(readFileSync(`hosts/desktop/boards/${name}`, "utf8")) as object).toHaveProperty(
			"$schema",
			"../board.schema.json",
		);
	});

	it("has default limits, with room for its interfaces", () => {
		expect(checkBoard("x/lab.json", { interfaces: [eth0] })).toMatchObject({
			name: "lab",
			stack: { interfaces: 4, forwarding: false },
		});
		const many = Array.from({ length: 9 }, (_, i) => ({ name: `e${i}`, wire: "segment:lan", addresses: [`10.0.0.${i + 1}/24`] }));
		expect(checkBoard("lab.json", { interfaces: many }).stack.interfaces).toBe(10);
	});

	it("may have one subnet on two interfaces", () => {
		expect(complaint({ interfaces: [eth0, { ...eth1, addresses: ["192.168.77.3/24"] }] })).toBe("");
	});

	it("may have a loopback interface and an interface without address", () => {
		expect(
			complaint({
				interfaces: [
					{ name: "lo1", link: "loopback", addresses: ["10.9.9.9/32"] },
					{ name: "e", wire: "tap:tap0" },
				],
			}),
		).toBe("");
	});

	it.each([
		[[], "the board []: expected an object"],
		[{}, "interfaces: missing; expected 1 to 63 interfaces"],
		[
			{ interface: [] },
			"interface: unknown; expected name, limits, forwarding, reversePathFilter, outside, filter, nat, forwardPorts, nptv6, strongHost, tcp, interfaces, dns, dnsForwarder, mdns or routes",
		],
		[{ interfaces: [] }, "interfaces []: expected 1 to 63 interfaces"],
		[{ interfaces: "eth0" }, 'interfaces "eth0": expected 1 to 63 interfaces'],
		[
			{ interfaces: [eth0], wires: 1 },
			"wires: unknown; expected name, limits, forwarding, reversePathFilter, outside, filter, nat, forwardPorts, nptv6, strongHost, tcp, interfaces, dns, dnsForwarder, mdns or routes",
		],
		[
			{ interfaces: [eth0], limits: { sockets: { raw: 0 } } },
			"limits.sockets.raw: unknown; expected tcp, udp, services, icmp, receiveBuffer, sendBuffer, buffers or datagramBuffer",
		],
		[{ interfaces: [eth0], dns: "192.0.2.1" }, 'dns "192.0.2.1": expected up to 4 addresses'],
		[
			{ interfaces: [eth0], dns: ["192.0.2.1", "dns.test"] },
			'dns[1] "dns.test": expected an IPv4 address such as "192.168.77.1"',
		],
		[{ interfaces: [eth0], dns: ["224.0.0.251"] }, 'dns[0] "224.0.0.251": expected an address that one host may have'],
		[
			{ interfaces: [{ ...eth0, dns: ["1.1.1.1", "2.2.2.2", "3.3.3.3", "4.4.4.4", "5.5.5.5"] }] },
			'interfaces[0].dns ["1.1.1.1","2.2.2.2","3.3.3.3","4.4.4.4","5.5.5.5"]: expected up to 4 addresses',
		],
		[
			{ interfaces: [{ ...eth0, dns: ["0.0.0.0"] }] },
			'interfaces[0].dns[0] "0.0.0.0": expected an address that one host may have',
		],
		[
			{ interfaces: [{ name: "p", link: "ppp", wire: "pty", dns: ["192.0.2.1"] }] },
			"interfaces[0].dns: is not for a ppp interface; ppp.usePeerDns has the other end say them, and dns of the board is asked by any interface",
		],
		[{ interfaces: [eth0], forwarding: "yes" }, 'forwarding "yes": expected true or false'],
		[{ interfaces: [eth0], name: "a b" }, "name \"a b\": expected 1 to 31 letters, digits, '_', '.' or '-'"],
		[{ interfaces: [eth0], tcp: { ecn: true } }, 'tcp.ecn true: expected "answer", "ask" or "off"'],
		[
			{ interfaces: [eth0], tcp: { sacks: true } },
			"tcp.sacks: unknown; expected windowScale, sack, timestamps, quickAcks, ecn, fastOpen, congestion or timeout",
		],
		[{ interfaces: [eth0], limits: { packets: 1e9 } }, "limits.packets 1000000000: expected 4 to 16384"],
		[{ interfaces: [eth0], limits: { sockets: { tcp: 1.5 } } }, "limits.sockets.tcp 1.5: expected 0 to 4096"],
		[{ interfaces: [eth0], limits: { sockets: { receiveBuffer: 1 } } }, "limits.sockets.receiveBuffer 1: expected 2 to 16777216"],
		[
			{ interfaces: [eth0, eth1], limits: { interfaces: 2 } },
			"limits.interfaces 2: expected at least 3 (those of the board, and lo)",
		],
		[
			{ interfaces: [eth0, { ...eth1, name: "eth0" }] },
			'interfaces[1].name "eth0": is the name of interfaces[0] already; expected another name',
		],
		[
			{ interfaces: [eth0, { ...eth1, addresses: ["192.168.77.2/16"] }] },
			'interfaces[1].addresses[0] "192.168.77.2/16": is on interfaces[0] already; give an address to one interface',
		],
		[{ interfaces: [eth0], limits: { heap: -1 } }, "limits.heap -1: expected 0 to 268435456"],
		[{ interfaces: [eth0], routes: [{ prefix: "10.0.0.0/8" }] }, "routes[0]: expected an interface or a gateway"],
		[
			{ interfaces: [eth0], routes: [{ prefix: "10.0.0.0/8", interface: "eth7" }] },
			'routes[0].interface "eth7": expected one of eth0',
		],
		[
			{ interfaces: [eth0], routes: [{ prefix: "10.0.0.1/8", interface: "eth0" }] },
			'routes[0].prefix "10.0.0.1/8": expected 10.0.0.0/8, without host bits',
		],
		[
			{ interfaces: [eth0], routes: [{ prefix: "10.0.0.0/8", gateway: "10.0.0.1" }] },
			'routes[0].gateway "10.0.0.1": expected an address in a subnet of an interface',
		],
	])("is refused: %j", (data, message) => expect(complaint(data)).toBe(message));

	it.each([
		[{ name: undefined }, "interfaces[0].name: missing; expected a letter and up to 14 more letters, digits, '_', '.' or '-'"],
		[{ name: "0" }, "interfaces[0].name \"0\": expected a letter and up to 14 more letters, digits, '_', '.' or '-'"],
		[{ name: "lo" }, 'interfaces[0].name "lo": every board has this interface by itself; expected another name'],
		[
			{ link: "wifi" },
			'interfaces[0].link "wifi": expected "ethernet", "loopback", "ppp", "slip", "vlan", "bridge", "gre", "ipip" or "sixInFour"',
		],
		[{ driver: "w5100" }, 'interfaces[0].driver "w5100": expected "frames", "w5500", "enc28j60", "wifi", "emac" or "uart"'],
		[{ pins: { select: 17 } }, 'interfaces[0].pins: is for chips; remove it, or choose driver "w5500" or "enc28j60"'],
		[{ driver: "w5500", pins: { select: -1 } }, "interfaces[0].pins.select -1: expected 0 to 63"],
		[
			{ driver: "w5500", pins: { interrupt: 17 } },
			"interfaces[0].pins.interrupt 17: is interfaces[0].pins.select already; give the chips different pins",
		],
		[
			{ wire: "tun:x" },
			'interfaces[0].wire "tun:x": expected "gateway", "tap:NAME", "stream:PATH" or "segment:NAME"; for a UART "pty", "pty:LINK", "stream:PATH" or "null:NAME"',
		],
		[{ wire: undefined }, 'interfaces[0].wire: missing; expected "gateway", "tap:NAME", "stream:PATH" or "segment:NAME"'],
		[
			{ wire: 5 },
			'interfaces[0].wire 5: expected "gateway", "tap:NAME", "stream:PATH" or "segment:NAME"; for a UART "pty", "pty:LINK", "stream:PATH" or "null:NAME"',
		],
		[{ mac: "02:00" }, 'interfaces[0].mac "02:00": expected six bytes such as "02:00:00:00:00:01"'],
		[{ mac: "03:00:00:00:00:01" }, 'interfaces[0].mac "03:00:00:00:00:01": is a group address; expected an even first byte'],
		[{ mac: "00:00:00:00:00:00" }, 'interfaces[0].mac "00:00:00:00:00:00": expected one that is not zero'],
		[{ mtu: 99_999 }, "interfaces[0].mtu 99999: expected 68 to 1500"],
		[{ mtu: 67 }, "interfaces[0].mtu 67: expected 68 to 1500"],
		[{ mtu: "big" }, 'interfaces[0].mtu "big": expected 68 to 1500'],
		[{ metric: -1 }, "interfaces[0].metric -1: expected 0 to 65535"],
		[{ addresses: "192.168.77.2/24" }, 'interfaces[0].addresses "192.168.77.2/24": expected up to 4 addresses'],
		[
			{ addresses: ["192.168.77.2"] },
			'interfaces[0].addresses[0] "192.168.77.2": expected an IPv4 address and a prefix length such as "192.168.77.2/24"',
		],
		[
			{ addresses: ["192.168.777.2/24"] },
			'interfaces[0].addresses[0] "192.168.777.2/24": expected an IPv4 address and a prefix length such as "192.168.77.2/24"',
		],
		[
			{ addresses: ["192.168.77.2/33"] },
			'interfaces[0].addresses[0] "192.168.77.2/33": expected an IPv4 address and a prefix length such as "192.168.77.2/24"',
		],
		[{ addresses: ["224.0.0.1/24"] }, 'interfaces[0].addresses[0] "224.0.0.1/24": expected an address that one host may have'],
		[
			{ addresses: ["192.168.77.255/24"] },
			'interfaces[0].addresses[0] "192.168.77.255/24": is the subnet\'s own or its broadcast address; expected that of a host in it',
		],
		[{ gateway: "10.0.0.1" }, 'interfaces[0].gateway "10.0.0.1": expected an address in a subnet of this interface'],
		[{ gateway: "192.168.77.2" }, 'interfaces[0].gateway "192.168.77.2": is the board\'s own address; expected another'],
		[{ gateway: "router" }, 'interfaces[0].gateway "router": expected an IPv4 address such as "192.168.77.1"'],
		[
			{ addresses: [], gateway: undefined },
			'interfaces[0].addresses: missing; expected one such as "192.168.77.2/24", because the gateway needs a subnet, or dhcp',
		],
		[
			{ addresses: ["10.0.0.1/24"], gateway: undefined },
			"interfaces[0].gateway: missing; 10.0.0.1, which the gateway takes without it, is the board's own address",
		],
		[
			{ addresses: ["10.0.0.1/31"], gateway: undefined },
			'interfaces[0].addresses[0] "10.0.0.1/31": expected a prefix length of at most 30, to leave room for the gateway',
		],
		[{ forward: { "99999": 80 } }, 'interfaces[0].forward.99999: expected a port from 1 to 65535, with "/udp" after it for UDP'],
		[
			{ forward: { "80/icmp": 80 } },
			'interfaces[0].forward.80/icmp: expected a port from 1 to 65535, with "/udp" after it for UDP',
		],
		[{ forward: { "8080": 70_000 } }, "interfaces[0].forward.8080 70000: expected 1 to 65535"],
		[
			{ wire: "tap:tap0", forward: { "8080": 80 } },
			'interfaces[0].forward: needs the wire "gateway"; remove it or change the wire',
		],
		[{ faults: { loss: 2 } }, "interfaces[0].faults.loss 2: expected a number from 0 to 1"],
		[{ faults: { delayMs: 1.5 } }, "interfaces[0].faults.delayMs 1.5: expected 0 to 60000"],
		[
			{ faults: { lose: 0.1 } },
			"interfaces[0].faults.lose: unknown; expected loss, duplicate, reorder, corrupt, byteLoss, byteFlip, delayMs, jitterMs or rateBps",
		],
		[
			{ probe: true, addresses: ["192.168.77.2/24", "192.168.77.3/24"] },
			"interfaces[0].probe true: is for an interface with one address of IPv4; leave one, or remove probe",
		],
		[
			{ probe: true, addresses: [], dhcp: true, gateway: undefined },
			"interfaces[0].probe true: is for an interface with one address of IPv4; dhcp and linkLocal probe for theirs",
		],
		[
			{ dhcpServer: true, addresses: [], dhcp: true, gateway: undefined },
			"interfaces[0].dhcpServer: lends addresses of the interface's subnet; give it one of IPv4 in addresses, or remove dhcpServer",
		],
		[
			{ dhcpServer: { first: "192.168.77" } },
			'interfaces[0].dhcpServer.first "192.168.77": expected an IPv4 address such as "192.168.77.1"',
		],
		[{ dhcpServer: { leases: 5 } }, /^interfaces\[0\]\.dhcpServer\.leases: unknown; expected first, last, leaseSeconds, /],
		[{ advertise: true }, 'interfaces[0].advertise: a router forwards; say "forwarding": true'],
		[{ advertise: true, ipv6: "off" }, 'interfaces[0].advertise: there is no IPv6 on it; remove "ipv6": "off", or advertise'],
		[{ advertise: { intervalSeconds: 3 } }, /^interfaces\[0\]\.advertise.*expected/],
		[{ domains: false }, 'interfaces[0].domains false: expected true, or an array of 1 to 8 domains such as ["plant.example"]'],
		[{ domains: ["a b"] }, /^interfaces\[0\]\.domains.*expected true, or an array/],
		[{ uplink: true }, /^interfaces\[0\]\.uplink true: expected an object such as \{"icmp": "9\.9\.9\.9"/],
		[{ uplink: {} }, "interfaces[0].uplink: icmp, tcp, dns: expected one of them, the address of whoever is to answer"],
		[{ uplink: { tcp: "9.9.9.9" } }, "interfaces[0].uplink: port undefined: expected that of tcp, 1 to 65535"],
		[{ uplink: { icmp: "9.9.9.9", lost: 0 } }, "interfaces[0].uplink.lost 0: expected 1 to 100"],
		[{ link: "loopback" }, "interfaces[0].wire: is not for a loopback interface; remove it"],
		[
			{ wire: `stream:/tmp/${"x".repeat(120)}` },
			/^interfaces\[0\]\.wire "stream:.*": the socket's path has 125 bytes; expected at most 107$/,
		],
		[
			{ speed: 100 },
			"interfaces[0].speed: unknown; expected name, link, driver, wifi, baud, ppp, slip, parent, vlan, priority, ports, ageMs, storm, local, remote, hops, key, sequence, checksum, keepalive, pins, chipFaults, wire, mac, mtu, addresses, linkLocal, probe, advertise, dhcpServer, queue, uplink, ipv6, dhcp, gateway, metric, domains, dns, forward or faults",
		],
	])("is refused with an interface that has %j", (change, message) => {
		if (typeof message === "string") expect(withFirst(change)).toBe(message);
		else expect(withFirst(change)).toMatch(message);
	});

	it.each([
		[["192.168.77.2/24", "2001:db8:77::2/64"], undefined, { addresses: ["2001:db8:77::2/64"] }],
		[["192.168.77.2/24", "2001:db8:77::2/64"], "auto", { addresses: ["2001:db8:77::2/64"] }],
		[["192.168.77.2/24", "fd00::2/64"], "static", { mode: "static", addresses: ["fd00::2/64"] }],
		[["192.168.77.2/24"], "static", { mode: "static" }],
		[["192.168.77.2/24"], "auto", "auto"],
		[["192.168.77.2/24"], "off", undefined],
	])("may have addresses %j with ipv6 %j", (addresses, ipv6, expected) => {
		const board = checkBoard("board.json", {
			interfaces: [{ ...eth0, addresses, ...(ipv6 !== undefined && { ipv6 }), dns: ["2001:db8::53", "fe80::53"] }],
		});
		expect(board.file.interfaces[0]).toMatchObject({ addresses: ["192.168.77.2/24"] });
		expect(board.file.interfaces[0]!.ipv6).toEqual(expected);
	});

	it.each([
		[{}, "auto"],
		[{ mtu: 1280 }, "auto"],
		[{ mtu: 1279 }, undefined],
		[{ addresses: undefined, gateway: undefined, dhcp: true }, "auto"],
		[{ ipv6: "off" }, undefined],
		[{ name: "lo1", link: "loopback", wire: undefined, gateway: undefined }, undefined],
		[{ name: "sl0", link: "slip", wire: "pty", gateway: undefined }, undefined],
	])("has IPv6 unless told where %j hears routers", (change, expected) => {
		expect(checkBoard("board.json", { interfaces: [{ ...eth0, ...change }] }).file.interfaces[0]!.ipv6).toEqual(expected);
	});

	it("has IPv6 in its VLANs as their Ethernet carries it", () => {
		const vlan = { name: "eth0.5", link: "vlan", parent: "eth0", vlan: 5, addresses: ["10.5.0.2/24"] };
		const modes = (change: object, of: object = {}) =>
			checkBoard("board.json", {
				interfaces: [
					{ ...eth0, ...change },
					{ ...vlan, ...of },
				],
			}).file.interfaces.map(({ ipv6 }) => ipv6);
		expect(modes({})).toEqual(["auto", "auto"]);
		expect(modes({ ipv6: "off" })).toEqual([undefined, "auto"]);
		expect(modes({ mtu: 1200 })).toEqual([undefined, undefined]);
		expect(modes({}, { mtu: 1000 })).toEqual(["auto", undefined]);
	});

	const both = ["192.168.77.2/24", "2001:db8:77::2/64"];
	it.each([
		[{}, "auto", { ipv6: true }],
		[{ ppp: { user: "u", password: "p" } }, "auto", { user: "u", password: "p", ipv6: true }],
		[{ ppp: { ipv6: false } }, undefined, { ipv6: false }],
		[{ ipv6: "off" }, undefined, { ipv6: false }],
		[{ ppp: { mru: 1279 } }, undefined, { mru: 1279, ipv6: false }],
		[{ addresses: both }, { addresses: [both[1]] }, { local: "192.168.77.2", ipv6: true }],
		[{ addresses: [both[1]], ipv6: "static" }, { mode: "static", addresses: [both[1]] }, { ipv6: true }],
	])("has IPv6 on a PPP link with %j", (change, expected, ppp) => {
		const board = checkBoard("board.json", { interfaces: [{ name: "ppp0", link: "ppp", wire: "pty", ...change }] });
		const [ppp0] = board.file.interfaces;
		expect(ppp0!.ipv6).toEqual(expected);
		expect(ppp0!.ppp).toEqual(ppp);
		expect(ppp0!.addresses).toBe(undefined);
		expect(routesOf(board)).toEqual("local" in ppp ? [{ prefix: "192.168.77.0/24", interface: "ppp0" }] : []);
	});

	it("may have addresses of both families on a SLIP link, and routes by it", () => {
		const sl0 = { name: "sl0", link: "slip", wire: "pty", addresses: both };
		const routes = [{ prefix: "::/0", interface: "sl0" }];
		const board = checkBoard("board.json", { interfaces: [sl0], routes });
		expect(board.file.interfaces[0]).toMatchObject({ addresses: [both[0]], ipv6: { addresses: [both[1]] } });
		expect(routesOf(board)).toEqual(routes);
		const four = Array.from({ length: 4 }, (_, i) => `fd00::${i + 1}/64`);
		expect(complaint({ interfaces: [{ ...sl0, addresses: four }] })).toBe("");
		expect(complaint({ interfaces: [{ ...sl0, addresses: [both[0]], ipv6: "auto" }] })).toBe(
			'interfaces[0].ipv6 "auto": nobody says addresses on slip; expected "static" or "off", and those of IPv6 in addresses',
		);
		expect(complaint({ interfaces: [sl0], routes: [{ ...routes[0], gateway: "fe80::1" }] })).toBe(
			'routes[0].gateway "fe80::1": slip has one neighbour; name the interface alone in a route',
		);
		expect(complaint({ interfaces: [{ ...sl0, addresses: [both[0]] }], routes })).toBe(
			'routes[0].interface "sl0": has no IPv6; give it "ipv6": "auto", or an address of IPv6',
		);
	});

	const own = "192.168.77.2/24";
	it.each([
		[{ addresses: [own, "2001:db8::2"] }, 'addresses[1] "2001:db8::2": expected an IP address and a prefix length'],
		[{ addresses: [own, "2001:db8::g/64"] }, 'addresses[1] "2001:db8::g/64": expected an IP address and a prefix length'],
		[{ addresses: [own, "2001:db8::2/129"] }, 'addresses[1] "2001:db8::2/129": expected an IP address and a prefix length'],
		[{ addresses: [own, "ff02::1/64"] }, 'addresses[1] "ff02::1/64": expected an address that one host may have'],
		[
			{ addresses: [own, "2001:db8::2/64"], ipv6: "off" },
			'addresses[1] "2001:db8::2/64": ipv6 is "off" there; remove one of both',
		],
		[
			{ addresses: [own, "fd00::1/64", "fd00::2/64", "fd00::3/64"] },
			"addresses: has 3 of IPv6; expected at most 2, as an interface has 4 with the link-local one",
		],
		[{ ipv6: { dhcp: "yes" } }, "ipv6"],
		[
			{ ipv6: { mode: "static", dhcp: true } },
			'ipv6.dhcp true: routers are not heard in mode "static"; expected "stateless" or "address"',
		],
		[{ ipv6: { delegate: ["eth1"] } }, "ipv6.delegate: is for an interface with ipv6.dhcp; add that, or remove it"],
		[{ ipv6: { dhcp: true, delegate: ["eth1", "eth0"] } }, 'ipv6.delegate[1] "eth0": expected another interface than eth0: eth1'],
		[{ ipv6: "on" }, 'ipv6 "on": expected "auto", "static" or "off"'],
		[{ dns: ["ff02::fb"] }, 'dns[0] "ff02::fb": expected an address that one host may have'],
		[{ dns: ["fe80::1%eth0"] }, 'dns[0] "fe80::1%eth0": expected an address that one host may have'],
	])("is refused with IPv6 that says %j", (change, message) => {
		expect(withFirst(change)).toContain(`interfaces[0].${message}`);
	});

	it("has a socket for each DHCPv6 client beside those that there are by themselves", () => {
		const asks = { ...eth0, ipv6: { dhcp: true, delegate: ["eth1"] } };
		expect(checkBoard("board.json", { interfaces: [asks, eth1] }).stack.sockets).toEqual({ services: 7 });
		expect(checkBoard("board.json", { interfaces: [eth0, eth1] }).stack.sockets).toBe(undefined);
		const limits = { sockets: { services: 1 } };
		expect(complaint({ interfaces: [asks, eth1], limits })).toBe("");
		expect(complaint({ interfaces: [{ ...asks, dhcp: true, addresses: [], gateway: undefined }, eth1], limits })).toContain(
			"limits.sockets.services 1: expected at least 2, one for each interface with dhcp, with ipv6.dhcp, with dhcpServer, and with uplink.dns",
		);
	});

	it("has sockets for its forwarder of names beside those that there are by themselves", () => {
		const dnsForwarder = { interfaces: ["eth0"], questions: 4, connections: 1 };
		const interfaces = [eth0, eth1];
		expect(checkBoard("board.json", { interfaces, dnsForwarder }).stack.sockets).toEqual({ udp: 9, tcp: 11 });
		const limits = { sockets: { udp: 5, tcp: 3 } };
		expect(checkBoard("board.json", { interfaces, dnsForwarder, limits }).stack.sockets).toEqual({ udp: 5, tcp: 3 });
		for (const [said, message] of [
			[{ limits: { sockets: { udp: 4 } } }, "limits.sockets.udp 4: expected at least 5, what dnsForwarder takes"],
			[{ limits: { sockets: { tcp: 2 } } }, "limits.sockets.tcp 2: expected at least 3, what dnsForwarder takes"],
			[
				{ dnsForwarder: { interfaces: ["lan"] } },
				'dnsForwarder.interfaces[0] "lan": there is no such interface; expected eth0, eth1',
			],
			[{ dnsForwarder: { interfaces: ["eth0", "eth0"] } }, 'dnsForwarder.interfaces[1] "eth0": is there already; name each once'],
			[{ dnsForwarder: { interfaces: [] } }, "dnsForwarder.interfaces []: expected names of interfaces, one at least"],
			[{ dnsForwarder: { interfaces: ["eth0"], cacheBytes: -1 } }, "dnsForwarder.cacheBytes -1: expected 0 to 1048576"],
		] as const)
			expect(complaint({ interfaces, dnsForwarder, ...said })).toContain(message);
	});

	it("may have gateways and routes of both families", () => {
		const six = { name: "eth0", wire: "segment:x", addresses: ["192.168.77.2/24", "2001:db8:77::2/64"] };
		const gateway = ["2001:db8:77::1", "192.168.77.1"];
		const routes = [
			{ prefix: "2001:db8:1::/48", gateway: "2001:db8:77::9" },
			{ prefix: "fd00::/8", gateway: "fe80::9", interface: "eth0", metric: 3 },
			{ prefix: "10.0.0.0/8", gateway: "192.168.77.9" },
		];
		const board = checkBoard("board.json", { interfaces: [{ ...six, gateway }], routes });
		expect(board.file.interfaces[0]!.gateway).toBe("192.168.77.1");
		expect(routesOf(board)).toEqual([
			{ ...routes[0], interface: "eth0" },
			routes[1],
			{ ...routes[2], interface: "eth0" },
			{ prefix: "::/0", gateway: "2001:db8:77::1", interface: "eth0" },
		]);
		const alone = checkBoard("board.json", { interfaces: [{ ...six, gateway: "fe80::1", ipv6: "static" }] });
		expect(alone.file.interfaces[0]).not.toHaveProperty("gateway");
		expect(routesOf(alone)).toEqual([{ prefix: "::/0", gateway: "fe80::1", interface: "eth0" }]);
		const lent = { name: "eth0", wire: "segment:x", dhcp: true, ipv6: "auto", gateway: "fe80::1" };
		expect(complaint({ interfaces: [lent] })).toBe("");
	});

	it.each([
		[["192.168.77.1", "192.168.77.3"], 'gateway ["192.168.77.1","192.168.77.3"]: expected one of each family at most'],
		["ff02::1", 'gateway "ff02::1": expected an address that one host may have'],
		["fe80::1%eth0", 'gateway "fe80::1%eth0": expected an address that one host may have'],
		[5, "gateway 5: expected an IP"],
	])("is refused with the gateway %j", (gateway, message) => {
		expect(withFirst({ gateway })).toContain(`interfaces[0].${message}`);
	});

	it("is refused with a gateway or a route of IPv6 where that is off", () => {
		const off = { ...eth0, ipv6: "off" };
		const message = 'eth0 has no IPv6; give it "ipv6": "auto", or an address of IPv6';
		expect(complaint({ interfaces: [{ ...off, gateway: "fe80::1" }] })).toBe(`interfaces[0].gateway "fe80::1": ${message}`);
		const route = { prefix: "::/0", interface: "eth0", gateway: "fe80::1" };
		expect(complaint({ interfaces: [off], routes: [route] })).toBe(`routes[0].gateway "fe80::1": ${message}`);
	});

	it.each([
		[{ prefix: "2001:db8::1/32" }, '.prefix "2001:db8::1/32": expected 2001:db8::/32, without host bits'],
		[{ prefix: "2001:db8::" }, '.prefix "2001:db8::": expected an IP address and a prefix length'],
		[{ prefix: "::/0" }, ": expected an interface or a gateway"],
		[{ prefix: "::/0", gateway: "192.168.77.9" }, '.gateway "192.168.77.9": expected one of the prefix\'s family, IPv6'],
		[{ prefix: "10.0.0.0/8", gateway: "fd00::9" }, '.gateway "fd00::9": expected one of the prefix\'s family, IPv4'],
		[{ prefix: "::/0", gateway: "fe80::9" }, '.gateway "fe80::9": expected an address in a subnet of an interface'],
		[{ prefix: "::/0", interface: "eth2" }, '.interface "eth2": expected one of eth0, eth1'],
		[{ prefix: "::/0", interface: "eth1" }, '.interface "eth1": has no IPv6; give it "ipv6": "auto"'],
		[
			{ prefix: "::/0", interface: "eth0", gateway: "fd01::1" },
			'.gateway "fd01::1": expected an address in a subnet of this interface',
		],
		[{ prefix: "::/0", interface: "eth0", gateway: "fd00::2" }, '.gateway "fd00::2": is the board\'s own address'],
	])("is refused with the route %j", (route, message) => {
		const six = { ...eth0, addresses: [own, "fd00::2/64"], ipv6: "static" };
		expect(complaint({ interfaces: [six, { ...eth1, ipv6: "off" }], routes: [route] })).toContain(`routes[0]${message}`);
	});

	it("may have interfaces that get their addresses by DHCP, on a gateway's wire in a subnet by their place", () => {
		const lent = { name: "eth0", wire: "gateway", dhcp: true };
		const other = { name: "eth1", wire: "tap:tap0", metric: 5, dhcp: { hostname: "board-7", clientId: "x1", probes: 0 } };
		expect(complaint({ interfaces: [lent, other, { ...eth1, name: "eth2", dhcp: false }] })).toBe("");
		expect(complaint({ interfaces: [lent, other], limits: { sockets: { udp: 2 } } })).toBe("");
		expect([0, 5].map((index) => formatAddress(gatewayPrefix(lent as BoardInterface, index).address))).toEqual([
			"192.168.77.2",
			"192.168.82.2",
		]);
		expect([0, 5].map((index) => formatAddress(gatewayAddress(lent as BoardInterface, index)))).toEqual([
			"192.168.77.1",
			"192.168.82.1",
		]);
	});

	it.each([
		[{ dhcp: "yes" }, 'interfaces[0].dhcp "yes": expected true, or an object such as {"hostname": "board-7"}'],
		[
			{ dhcp: { host: "x" } },
			"interfaces[0].dhcp.host: unknown; expected hostname, clientId, metric, defaultRoute, classlessRoutes, ",
		],
		[{ dhcp: { hostname: "a b" } }, "interfaces[0].dhcp.hostname \"a b\": expected 1 to 63 letters, digits, '-' or '.'"],
		[{ dhcp: { metric: -1 } }, "interfaces[0].dhcp.metric -1: expected 0 to 65535"],
		[{ dhcp: { probes: 11 } }, "interfaces[0].dhcp.probes 11: expected 0 to 10"],
		[{ addresses: ["10.0.0.1/24"] }, "interfaces[0].addresses: come from the DHCP server; remove them, or dhcp"],
		[{ gateway: "10.0.0.1" }, 'interfaces[0].gateway "10.0.0.1": comes from the DHCP server; remove it, or dhcp'],
		[{ mtu: 575 }, "interfaces[0].mtu 575: expected at least 576, for the messages of DHCP"],
		[{ link: "loopback", wire: undefined }, "interfaces[0].dhcp: is not for a loopback interface; remove it"],
		[{ link: "ppp", wire: "pty" }, "interfaces[0].dhcp: is not for a ppp interface; its address comes from the other end"],
	])("is refused with DHCP and %j", (change, message) => {
		expect(complaint({ interfaces: [{ name: "eth0", wire: "gateway", dhcp: true, ...change }] })).toContain(message);
	});

	it("is refused when DHCP cannot work with the rest of it", () => {
		const lent = { name: "eth0", wire: "gateway", dhcp: true };
		expect(complaint({ interfaces: [lent, { ...lent, name: "eth1" }], limits: { sockets: { services: 1 } } })).toBe(
			"limits.sockets.services 1: expected at least 2, one for each interface with dhcp, with ipv6.dhcp, with dhcpServer, and with uplink.dns",
		);
		expect(complaint({ interfaces: [lent, { ...eth1, addresses: ["192.168.77.2/24"] }] })).toBe(
			"interfaces[0].dhcp: its gateway would give 192.168.77.2, which is on interfaces[1]; give that another address",
		);
		expect(
			complaint({ interfaces: [lent], routes: [{ prefix: "10.0.0.0/8", gateway: "192.168.77.1", interface: "eth0" }] }),
		).toBe(
			'routes[0].gateway "192.168.77.1": eth0 has no address yet when routes are made; let its DHCP server send this one (option 121)',
		);
	});

	it("may have PPP and SLIP on UARTs, with their options, and faults of bytes", () => {
		const ppp0 = { name: "ppp0", link: "ppp", wire: "pty:/tmp/ppp0", baud: 921_600, ppp: { user: "u", password: "p", idle: 60 } };
		const sl0 = {
			name: "sl0",
			link: "slip",
			driver: "uart",
			wire: "null:lab",
			pins: { port: 1, rts: 2, cts: 3 },
			addresses: ["10.1.1.1/30"],
			gateway: "10.1.1.2",
			slip: {},
			faults: { byteLoss: 0.0001, byteFlip: 0.0001 },
		};
		expect(complaint({ interfaces: [ppp0, sl0, { ...ppp0, name: "ppp1", wire: "stream:x", pins: { port: 2 } }] })).toBe("");
		expect(uartOf(ppp0 as BoardInterface)).toEqual({ port: 0, tx: -1, rx: -1, cts: -1, rts: -1, dtr: -1, baud: 921_600 });
		expect(uartOf(sl0 as BoardInterface)).toEqual({ port: 1, tx: -1, rx: -1, cts: 3, rts: 2, dtr: -1, baud: 115_200 });
		expect(uartOf(eth0)).toBe(undefined);
	});

	it.each([
		[{ wire: undefined }, 'wire: missing; expected "pty", "pty:LINK", "stream:PATH" or "null:NAME"'],
		[{ wire: "gateway" }, 'wire "gateway": is not for driver "uart"; expected "pty", "pty:LINK", "stream:PATH" or "null:NAME"'],
		[{ driver: "w5500" }, 'driver "w5500": cannot carry ppp; expected "uart"'],
		[
			{ link: "ethernet", ppp: undefined, wire: "gateway" },
			'driver "uart": cannot carry ethernet; expected "frames", "w5500", "enc28j60", "wifi" or "emac"',
		],
		[
			{ link: "ethernet", driver: "frames", ppp: undefined },
			'wire "pty": is not for driver "frames"; expected "gateway", "tap:NAME", "stream:PATH" or "segment:NAME"',
		],
		[{ baud: 20 }, "baud 20: expected 50 to 12000000"],
		[{ baud: "fast" }, 'baud "fast": expected 50 to 12000000'],
		[{ pins: { port: 16 } }, "pins.port 16: expected 0 to 15"],
		[{ pins: { select: 3 } }, "pins.select: is for chips; a UART has port, tx, rx, cts, rts and dtr"],
		[{ addresses: ["10.0.0.1/24", "10.0.0.2/24"] }, "addresses: has 2 of IPv4; a PPP link has one, and those of IPv6"],
		[{ addresses: ["10.0.0.1/24"], ppp: { local: "10.0.0.2" } }, 'ppp.local "10.0.0.2": addresses has 10.0.0.1/24'],
		[{ addresses: ["10.0.0.0/24"] }, 'addresses "10.0.0.0/24": expected an address that one host may have'],
		[{ addresses: ["fd00::2/64"], ppp: { ipv6: false } }, 'addresses[0] "fd00::2/64": ppp.ipv6 is false there'],
		[{ gateway: "10.0.0.1" }, "gateway: is not for a ppp interface; ppp.defaultRoute is for that"],
		[{ mac: "02:00:00:00:00:01" }, "mac: is not for a ppp interface; remove it"],
		[{ chipFaults: {} }, "chipFaults: is not for a ppp interface; remove it"],
		[{ slip: {} }, "slip: is not for a ppp interface; remove it"],
		[{ faults: { loss: 0.1 } }, "faults.loss: is of frames; a UART's line has byteLoss and byteFlip"],
		[{ faults: { byteLoss: 2 } }, "faults.byteLoss 2: expected a number from 0 to 1"],
		[{ ppp: { local: "here" } }, 'ppp.local "here": expected an IPv4 address such as "192.168.77.1"'],
		[{ ppp: { auth: "eap" } }, 'ppp.auth "eap": expected "pap", "chap-md5" or "ms-chap-v2"'],
		[{ ppp: { mru: 64 } }, "ppp.mru 64: expected 128 to 1500"],
		[{ ppp: { usre: "x" } }, "ppp.usre: unknown; expected local, remote, "],
	])("is refused with a serial interface that has %j", (change, message) => {
		const ppp0 = { name: "ppp0", link: "ppp", driver: "uart", wire: "pty", ppp: {} };
		expect(complaint({ interfaces: [eth0, { ...ppp0, ...change }] })).toContain(`interfaces[1].${message}`);
	});

	it("may have Wi-Fi and an ESP32's own MAC", () => {
		const wlan0 = { name: "wlan0", driver: "wifi", wifi: { ssid: "net", password: "secret12" }, wire: "gateway", dhcp: true };
		const eth1 = { name: "eth1", driver: "emac", wire: "segment:lab", pins: { phy: 1, power: 12, clock: 17 } };
		expect(complaint({ interfaces: [wlan0, eth1] })).toBe("");
		expect(emacOf(eth1 as BoardInterface)).toEqual({ mdc: 23, mdio: 18, phy: 1, reset: -1, power: 12, clock: 17 });
		expect(emacOf(wlan0 as BoardInterface)).toBe(undefined);
		expect(complaint({ interfaces: [wlan0, { ...wlan0, name: "wlan1" }] })).toBe(
			'interfaces[1].driver "wifi": is that of interfaces[0] already; a board has one',
		);
	});

	it.each([
		[{ driver: "wifi", mac: "02:00:00:00:00:01" }, 'mac "02:00:00:00:00:01": the radio has an address of its own; remove it'],
		[{ driver: "emac", mac: "02:00:00:00:00:01" }, 'mac "02:00:00:00:00:01": the ESP32 has an address of its own; remove it'],
		[{ driver: "wifi", pins: { select: 1 } }, 'pins.select: is not for driver "wifi"; remove it'],
		[{ driver: "emac", pins: { out: 1 } }, 'pins.out: is not for driver "emac"; expected mdc, mdio, phy, reset, power, clock'],
		[
			{ driver: "emac", pins: { clock: 5 } },
			"pins.clock 5: expected 0, where RMII's clock comes in, or 16 or 17, where it goes out",
		],
		[{ driver: "emac", pins: { phy: 32 } }, "pins.phy 32: expected -1 to 31"],
		[{ driver: "w5500", pins: { mdc: 1 } }, "pins.mdc: is for an ESP32's own MAC; remove it"],
		[{ driver: "wifi", chipFaults: {} }, 'chipFaults: is for chips; remove it, or choose driver "w5500" or "enc28j60"'],
		[{ driver: "w5500", wifi: { ssid: "x" } }, 'wifi: is for driver "wifi"; remove it, or choose that driver'],
		[{ driver: "wifi", wifi: {} }, "wifi.ssid: missing; expected 1 to 32 characters"],
		[{ driver: "wifi", wifi: { ssid: "x", password: "short" } }, 'wifi.password "short": expected 8 to 63 characters'],
	])("is refused with an interface that has %j", (change, message) => {
		expect(withFirst(change)).toBe(`interfaces[0].${message}`);
	});

	it("is refused with two interfaces on one UART, and with a UART's words on others", () => {
		const ppp0 = { name: "ppp0", link: "ppp", wire: "pty" };
		expect(complaint({ interfaces: [ppp0, { ...ppp0, name: "ppp1" }] })).toBe(
			"interfaces[1].pins.port 0: is interfaces[0].pins.port already; give the UARTs different ports",
		);
		expect(withFirst({ baud: 9600 })).toBe("interfaces[0].baud: is not for an ethernet interface; remove it");
		expect(withFirst({ driver: "w5500", pins: { rts: 1 } })).toBe("interfaces[0].pins.rts: is for a UART; remove it");
		expect(withFirst({ faults: { byteLoss: 0.1 } })).toBe(
			"interfaces[0].faults.byteLoss: is of a UART's line; frames have loss and corrupt",
		);
		expect(withFirst({ link: "ppp", wire: "pty", addresses: undefined, gateway: undefined, pins: { port: 20 } })).toContain(
			"port 20",
		);
	});

	it("has a null-modem cable at two ends, which may be on two boards", () => {
		const end = (path: string, ...wires: string[]) =>
			checkBoard(path, { interfaces: wires.map((wire, i) => ({ name: `ppp${i}`, link: "ppp", wire, pins: { port: i } })) });
		expect(() => checkTogether([end("a.json", "null:x"), end("b.json", "null:x")])).not.toThrow();
		expect(() => checkTogether([end("a.json", "null:x", "null:x")])).not.toThrow();
		expect(() => checkTogether([end("a.json", "null:x")])).toThrow(
			'a.json: interfaces[0].wire "null:x": the cable\'s other end is loose; give it to another UART of this run',
		);
		expect(() => checkTogether([end("a.json", "null:x", "null:x"), end("b.json", "null:x")])).toThrow(
			'b.json: interfaces[0].wire "null:x": the cable has two ends already; take another name',
		);
	});

	it("is refused when it asks for more memory than there is", () => {
		const limits = { sockets: { tcp: 4096, receiveBuffer: 65_535, sendBuffer: 65_535 } };
		expect(complaint({ interfaces: [eth0], limits }, 2 ** 40)).toBe("");
		expect(complaint({ interfaces: [eth0], limits }, 256 * 2 ** 20)).toMatch(
			/^limits ask for 52\d MB: expected at most the 256 MB that this machine has; lower limits\.sockets, limits\.packets or the buffers$/,
		);
	});

	it("takes the limits that the stack takes, and no others", () => {
		// The heap is the engine's.
		const { sockets, router, heap: _, ...others } = schema.properties.limits.properties;
		const rules = [
			...Object.entries(sockets.properties).map(([name, rule]) => ({
				rule,
				options: (n: number) => ({ sockets: { [name]: n } }),
			})),
			...Object.entries(router.properties).map(([name, rule]) => ({ rule, options: (n: number) => ({ router: { [name]: n } }) })),
			...Object.entries(others).map(([name, rule]) => ({ rule, options: (n: number) => ({ [name]: n }) })),
		];
		for (const { rule, options } of rules) {
			const { minimum, maximum } = rule as { minimum: number; maximum: number };
			for (const value of [minimum, maximum]) expect(() => limitsOf(options(value))).not.toThrow();
			for (const value of [minimum - 1, maximum + 1]) expect(() => limitsOf(options(value))).toThrow(RangeError);
		}
	});
});

describe("reading a board file", () => {
	it.each([
		["", "line 1: Unexpected end of JSON input"],
		['{\n"interfaces": [\n}', /^line 3: Unexpected token/],
		["not json", /^line 1: Unexpected token/],
	])("tells where %j is not JSON", (text, message) => {
		const path = join(folder, "wrong.json");
		writeFileSync(path, text);
		expect(() => readBoard(path)).toThrow(InputError);
		try {
			readBoard(path);
		} catch (error) {
			const found = (error as Error).message.replace(`${path}: not JSON: `, "");
			if (typeof message === "string") expect(found).toBe(message);
			else expect(found).toMatch(message);
			expect(found).not.toContain("\n");
		}
	});

	it("tells that there is no file, or no file but a folder", () => {
		expect(() => readBoard("nowhere.json")).toThrow("--board nowhere.json: no such file; expected a board file (JSON)");
		expect(() => readBoard(folder)).toThrow("is a folder; expected a board file (JSON)");
	});
});

describe("boards of one run", () => {
	it("get names that differ", () => {
		const boards = [1, 2, 3].map(() => checkBoard("a.json", { interfaces: [{ name: "e", wire: "segment:x" }] }));
		checkTogether(boards);
		expect(boards.map((board) => board.name)).toEqual(["a", "a-2", "a-3"]);
	});

	it("may not forward the same port, but may forward it for TCP and for UDP", () => {
		const board = (path: string, forward: object) => checkBoard(path, { interfaces: [{ ...eth0, forward }] });
		expect(() => checkTogether([board("a.json", { "8080": 80, "8080/udp": 80 })])).not.toThrow();
		expect(() => checkTogether([board("a.json", { "8080": 80 }), board("b.json", { "8080/tcp": 81 })])).toThrow(
			"b.json: interfaces[0].forward.8080/tcp: port 8080 is forwarded already by a.json: interfaces[0].forward.8080; take another",
		);
	});
});

describe("a gateway wire", () => {
	it("has the interface's gateway as its address, or the first of the subnet", () => {
		expect(formatAddress(gatewayAddress({ ...eth0, gateway: "192.168.77.99" } as never))).toBe("192.168.77.99");
		expect(formatAddress(gatewayAddress({ name: "e", addresses: ["10.200.3.4/16"] }))).toBe("10.200.0.1");
	});

	it("forwards ports by protocol", () => {
		expect(forwardsOf({ name: "e", forward: { "8080": 80, "53/udp": 5353, "9/tcp": 9 } })).toEqual(
			[
				{ key: "9/tcp", udp: false, from: 9, to: 9 },
				{ key: "8080", udp: false, from: 8080, to: 80 },
				{ key: "53/udp", udp: true, from: 53, to: 5353 },
			].sort((a, b) => ["8080", "53/udp", "9/tcp"].indexOf(a.key) - ["8080", "53/udp", "9/tcp"].indexOf(b.key)),
		);
	});
});

describe("queues in a board file", () => {
	const eth0 = { name: "eth0", wire: "segment:a", addresses: ["10.0.0.1/24"] };
	it("are an Ethernet interface's, PPP's or SLIP's, with limits", () => {
		expect(complaint({ interfaces: [{ ...eth0, queue: {} }] })).toBe("");
		expect(
			complaint({ interfaces: [{ ...eth0, queue: { flows: 16, rate: 8000, packets: 4, targetMs: 1, intervalMs: 10 } }] }),
		).toBe("");
		for (const queue of [{ flows: 3 }, { rate: 7999 }, { packets: 3 }, { targetMs: 0 }, { intervalMs: 9 }, { other: 1 }, true])
			expect(complaint({ interfaces: [{ ...eth0, queue }] })).toMatch(/^interfaces\[0\]\.queue/);
		expect(complaint({ interfaces: [eth0, { name: "v", link: "vlan", parent: "eth0", vlan: 5, queue: {} }] })).toBe(
			"interfaces[1].queue: is not for a vlan interface; remove it",
		);
	});
});

describe("a bridge in a board file", () => {
	const eth = (i: number) => ({ name: `eth${i}`, wire: "segment:a" });
	const br0 = { name: "br0", link: "bridge", ports: ["eth0", "eth1"], addresses: ["10.0.0.1/24"] };
	const withBridge = (change: object, ...more: object[]) =>
		complaint({ interfaces: [eth(0), eth(1), { ...br0, ...change }, ...more] });

	it("has ports, and what an Ethernet interface has", () => {
		expect(withBridge({ ageMs: 1000, storm: 100, dhcpServer: true })).toBe("");
		expect(withBridge({}, { name: "guests", link: "vlan", parent: "br0", vlan: 5, addresses: ["10.5.0.1/24"] })).toBe("");
	});

	it.each<[object, string | RegExp]>([
		[{ ports: undefined }, "interfaces[2].ports: missing; expected eth0, eth1"],
		[{ ports: [] }, /^interfaces\[2\]\.ports/],
		[{ ports: ["eth0", "eth0"] }, /^interfaces\[2\]\.ports/],
		[{ ports: ["eth0", "eth7"] }, 'interfaces[2].ports[1] "eth7": is no Ethernet interface of the board; expected eth0, eth1'],
		[{ ageMs: 999 }, /^interfaces\[2\]\.ageMs 999: expected/],
		[{ storm: 99 }, /^interfaces\[2\]\.storm 99: expected/],
		[{ wire: "gateway" }, "interfaces[2].wire: is not for a bridge interface; its ports' carry it"],
		[{ mac: "02:00:00:00:00:01" }, "interfaces[2].mac: is not for a bridge interface; it has that of its first port"],
	])("is refused with %j", (change, expected) => {
		expect(withBridge(change)).toMatch(expected);
	});

	it("stands behind its ports, which are no other's, have no VLANs and nothing that is the bridge's", () => {
		expect(complaint({ interfaces: [eth(0), br0, eth(1)] })).toBe(
			'interfaces[1].ports[1] "eth1": comes later in the list; put it before its bridge',
		);
		expect(withBridge({}, { name: "br1", link: "bridge", ports: ["eth1"] })).toBe(
			'interfaces[3].ports[0] "eth1": is a port of br0 already; take another',
		);
		expect(withBridge({}, { name: "v", link: "vlan", parent: "eth1", vlan: 5 })).toBe(
			'interfaces[2].ports[1] "eth1": has VLANs; give them to br0',
		);
		for (const [key, value] of Object.entries({ addresses: ["10.1.0.1/24"], dhcp: true, linkLocal: true, dns: ["10.0.0.9"] }))
			expect(complaint({ interfaces: [{ ...eth(0), [key]: value }, eth(1), br0] })).toBe(
				`interfaces[0].${key}: is not for a port of a bridge; say it of br0`,
			);
		expect(complaint({ interfaces: [{ ...eth(0), ipv6: "auto" }, eth(1), br0] })).toBe(
			'interfaces[0].ipv6 "auto": is not for a port of a bridge; say it of br0',
		);
	});
});

describe("a VLAN", () => {
	const vlan = { name: "eth0.5", link: "vlan", parent: "eth0", vlan: 5 };
	/** What is wrong with a board whose last interface, a VLAN of the first, is changed. */
	const withVlan = (change: object, ...more: object[]) =>
		complaint({ interfaces: [eth0, eth1, { ...vlan, addresses: ["10.5.0.2/24"], ...change }, ...more] });

	it("stands behind its parent, with addresses of both families, DHCP, routers and a priority", () => {
		expect(withVlan({})).toBe("");
		expect(withVlan({ addresses: ["10.5.0.2/24", "fd00:5::2/64"], gateway: "10.5.0.1", priority: 7, mtu: 1400, metric: 3 })).toBe(
			"",
		);
		expect(withVlan({ addresses: undefined, dhcp: true, ipv6: { mode: "auto", dhcp: true } })).toBe("");
		expect(withVlan({ vlan: 1 }, { ...vlan, name: "b", vlan: 4094 }, { ...vlan, name: "c", vlan: 1, parent: "eth1" })).toBe("");
	});

	it.each([
		[{ vlan: 0 }, /^interfaces\[2\]\.vlan 0: expected/],
		[{ vlan: 4095 }, /^interfaces\[2\]\.vlan 4095: expected/],
		[{ priority: 8 }, /^interfaces\[2\]\.priority 8: expected/],
		[{ vlan: undefined }, "interfaces[2].vlan: missing; expected the VID, 1 to 4094"],
		[{ parent: undefined }, "interfaces[2].parent: missing; expected eth0, eth1"],
		[{ parent: "eth2" }, 'interfaces[2].parent "eth2": is no Ethernet interface of the board; expected eth0, eth1'],
		[{ parent: "eth0.5" }, 'interfaces[2].parent "eth0.5": is no Ethernet interface of the board; expected eth0, eth1'],
		[{ wire: "gateway" }, "interfaces[2].wire: is not for a vlan interface; its parent's carries it"],
		[{ mac: "02:00:00:00:00:01" }, "interfaces[2].mac: is not for a vlan interface; it has its parent's"],
		[{ driver: "frames" }, "interfaces[2].driver: is not for a vlan interface; its parent's carries it"],
	])("is refused when it says %o", (change, wanted) => {
		if (typeof wanted === "string") expect(withVlan(change)).toBe(wanted);
		else expect(withVlan(change)).toMatch(wanted);
	});

	it("is refused before its parent, and twice with one VID", () => {
		expect(complaint({ interfaces: [{ ...vlan }, eth0] })).toBe(
			'interfaces[0].parent "eth0": comes later in the list; put it before its VLANs',
		);
		expect(withVlan({}, { ...vlan, name: "again" })).toBe("interfaces[3].vlan 5: eth0 has it already, as eth0.5; take another");
		expect(withFirst({ vlan: 5 })).toBe("interfaces[0].vlan: is not for an ethernet interface; remove it");
		expect(withFirst({ parent: "eth1" })).toBe("interfaces[0].parent: is not for an ethernet interface; remove it");
	});
});

describe("a tunnel", () => {
	const gre = { name: "gre0", link: "gre", local: "192.168.77.2", remote: "198.51.100.7" };
	/** What is wrong with a board whose last interface, a tunnel from the first one's address, is changed. */
	const withTunnel = (change: object, ...more: object[]) =>
		complaint({ interfaces: [eth0, eth1, { ...gre, addresses: ["10.9.0.1/30"], ...change }, ...more] });
	const six = { ...eth0, addresses: ["192.168.77.2/24", "fd00::2/64"] };

	it("has ends, and addresses and routes of its own, of the families that it carries", () => {
		expect(withTunnel({})).toBe("");
		const all = { key: 4294967295, sequence: true, checksum: true, hops: 255, mtu: 1400, metric: 3, dns: ["10.9.0.2"] };
		expect(withTunnel({ ...all, keepalive: { intervalMs: 100, lost: 1 }, addresses: ["10.9.0.1/30", "fd00:9::1/64"] })).toBe("");
		expect(withTunnel({ key: 1, keepalive: true }, { ...gre, name: "b", key: 2 }, { ...gre, name: "c" })).toBe("");
		expect(withTunnel({ link: "sixInFour", addresses: ["fd00:9::1/64"] }, { ...gre, name: "i", link: "ipip" })).toBe("");
		const over = { local: "fd00::2", remote: "2001:db8::7" };
		const both = ["10.9.0.1/30", "fd00:9::1/64"];
		expect(complaint({ interfaces: [six, { ...gre, ...over, link: "ipip", addresses: both }] })).toBe("");
		const routes = [
			{ prefix: "10.20.0.0/16", interface: "gre0" },
			{ prefix: "fd00:20::/32", interface: "gre0" },
		];
		expect(complaint({ interfaces: [eth0, { ...gre, addresses: both }], routes })).toBe("");
		// Its own end may come from elsewhere.
		expect(
			complaint({
				interfaces: [
					{ ...eth0, addresses: undefined, gateway: undefined, dhcp: true },
					{ ...gre, local: "10.1.1.1" },
				],
			}),
		).toBe("");
	});

	it.each([
		[{ local: undefined }, "interfaces[2].local: missing; expected the address of the board's end"],
		[{ remote: undefined }, "interfaces[2].remote: missing; expected the address of the other end"],
		[{ remote: "10.0.0" }, /^interfaces\[2\]\.remote "10\.0\.0": expected/],
		[
			{ remote: "224.0.0.1" },
			'interfaces[2].remote "224.0.0.1": expected an address that one host has, and on more than one link',
		],
		[{ remote: "fe80::1" }, 'interfaces[2].remote "fe80::1": expected an address that one host has, and on more than one link'],
		[{ remote: "fd00::1" }, 'interfaces[2].remote "fd00::1": expected the family of local, 192.168.77.2'],
		[{ remote: "192.168.77.2" }, 'interfaces[2].remote "192.168.77.2": is the local end; expected another host\'s'],
		[
			{ local: "192.0.2.1" },
			/^interfaces\[2\]\.local "192\.0\.2\.1": is no address of the board's other interfaces; expected 192\.168\.77\.2/,
		],
		[{ key: -1 }, /^interfaces\[2\]\.key -1: expected/],
		[{ key: 4294967296 }, /^interfaces\[2\]\.key 4294967296: expected/],
		[{ hops: 0 }, /^interfaces\[2\]\.hops 0: expected/],
		[
			{ keepalive: 5 },
			"interfaces[2].keepalive 5: expected true, or an object with intervalMs (100 to 3600000) and lost (1 to 255)",
		],
		[{ link: "ipip", key: 5 }, "interfaces[2].key: is not for a ipip interface; remove it"],
		[
			{ link: "ipip", addresses: ["fd00:9::1/64"] },
			'interfaces[2].addresses "fd00:9::1/64": ipip between addresses of IPv4 carries IPv4 alone; make it gre, or sixInFour',
		],
		[{ link: "sixInFour" }, 'interfaces[2].addresses "10.9.0.1/30": sixInFour carries IPv6 alone; make it gre, or ipip'],
		[
			{ gateway: "10.9.0.2" },
			"interfaces[2].gateway: is not for a gre interface; it has one other end: give routes its name as their interface",
		],
		[{ ipv6: "auto" }, /^interfaces\[2\]\.ipv6 "auto": nobody says addresses on gre/],
		[{ wire: "gateway" }, "interfaces[2].wire: is not for a gre interface; remove it"],
		[{ dhcp: true }, "interfaces[2].dhcp: is not for a gre interface; remove it"],
	])("is refused when it says %o", (change, wanted) => {
		if (typeof wanted === "string") expect(withTunnel(change)).toBe(wanted);
		else expect(withTunnel(change)).toMatch(wanted);
	});

	it("is refused twice between the same ends", () => {
		expect(withTunnel({}, { ...gre, name: "again" })).toBe(
			'interfaces[3].remote "198.51.100.7": gre0 is the same tunnel; give one a key of its own',
		);
		expect(withFirst({ key: 5 })).toBe("interfaces[0].key: is not for an ethernet interface; remove it");
	});
});
