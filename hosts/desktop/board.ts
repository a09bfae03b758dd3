// Reads and checks board files. What is wrong is told in one line with the path of the wrong value.

import { readFileSync } from "node:fs";
import { isIPv6 } from "node:net";
import { totalmem } from "node:os";
import { basename, dirname, resolve } from "node:path";
import { DHCP_MESSAGE, DNS_LOOKUPS, type StackOptions } from "../../src/config.ts";
import { Stack } from "../../src/stack.ts";
import { violationOf } from "./board-schema.ts";
import type { BoardFile, BoardInterface, BoardRoute, ChipPins, Driver, EmacPins, Link, UartPins } from "./config.ts";
import { contains, formatAddress, isHost, isUnicast, parseAddress, parsePrefix } from "./ipv4.ts";
import type { Prefix } from "./ipv4.ts";
import { settlePpp } from "./ppp.ts";
import { routerProblem, routerRoom } from "./router.ts";
import { forwarderProblem, probesOf, serviceProblem, serviceSockets, withForwarder } from "./services.ts";
import { isTunnel, tunnelProblem } from "./tunnel.ts";
import { bridgeProblem, bridgeWith } from "./bridge.ts";
import { vlanProblem } from "./vlan.ts";
import { dhcp6Problem, hasDhcp6, interfaceTowards6, routeProblem6, settleGateways, settleIpv6 } from "./ipv6.ts";

/** Something the user gave is wrong: the message is the one line to show, and the status is 2. */
export class InputError extends Error {}

/** A board file, checked. */
export interface Board {
	/** As it was given, for messages. */
	path: string;
	name: string;
	stack: StackOptions;
	/** Of the JavaScript heap, bytes; 0 for no limit; as it comes to be where the board file says nothing. */
	heap: number | undefined;
	file: BoardFile;
}

/** The ports that one interface forwards, told apart by protocol. */
export interface Forward {
	udp: boolean;
	/** Port of 127.0.0.1. */
	from: number;
	/** Port of the board. */
	to: number;
	/** The key in the board file. */
	key: string;
}

const UNIX_PATH_BYTES = 107;

/** Bytes of memory that programs here may use: the machine's, or less where a container is given less. */
export function machineMemory(): number {
	const constrained = process.constrainedMemory();
	return constrained > 0 ? Math.min(totalmem(), constrained) : totalmem();
}

/** Reads and checks the board file `path`. Throws InputError. */
export function readBoard(path: string, memory = machineMemory()): Board {
	let text;
	try {
		text = readFileSync(path, "utf8");
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		const reason = code === "ENOENT" ? "no such file" : code === "EISDIR" ? "is a folder" : `cannot be read (${code})`;
		throw new InputError(`--board ${path}: ${reason}; expected a board file (JSON)`);
	}
	let data;
	try {
		data = JSON.parse(text) as unknown;
	} catch (error) {
		throw new InputError(`${path}: not JSON: ${placed(text, (error as Error).message)}`);
	}
	return checkBoard(path, data, memory);
}

/** Checks what a board file says. Throws InputError. */
export function checkBoard(path: string, data: unknown, memory = machineMemory()): Board {
	const violation = violationOf(data);
	if (violation !== undefined) throw new InputError(`${path}: ${violation}`);
	const file = structuredClone(data) as BoardFile; // some of it is filled in
	const problem = ipv6Problem(file) ?? firstProblem(file, dirname(resolve(path)));
	if (problem !== undefined) throw new InputError(`${path}: ${problem}`);
	const { heap, ...limits } = file.limits ?? {};
	const stack: StackOptions = {
		...limits,
		interfaces: file.limits?.interfaces ?? Math.max(4, file.interfaces.length + 1),
		forwarding: file.forwarding ?? false,
		reversePathFilter: file.reversePathFilter ?? false,
		strongHost: file.strongHost ?? false,
		...(file.tcp === undefined ? {} : { tcp: file.tcp }),
	};
	// DHCPv6 and what the board does for others have sockets beside those that the stack has for DHCP, by itself.
	const more = file.interfaces.filter((each) => hasDhcp6(each)).length + serviceSockets(file);
	if (more > 0) {
		const services = stack.sockets?.services ?? stack.interfaces! - 1 + DNS_LOOKUPS + more;
		stack.sockets = { ...stack.sockets, services };
	}
	const sockets = withForwarder(file, stack.sockets);
	if (sockets !== undefined) stack.sockets = sockets;
	const echoes = probesOf(file, "icmp");
	if (echoes > 0) stack.sockets = { ...stack.sockets, icmp: stack.sockets?.icmp ?? 1 + echoes };
	const router = routerRoom(file);
	if (router !== undefined) stack.router = router;
	const bytes = Stack.bytesFor(stack);
	if (bytes > memory)
		throw new InputError(
			`${path}: limits ask for ${megabytes(bytes)} MB: expected at most the ${megabytes(memory)} MB that this machine has; lower ` +
				`limits.sockets, limits.packets or the buffers`,
		);
	return { path, name: file.name ?? basename(path).replace(/\.json$/, ""), stack, heap, file };
}

/** What an interface forwards, in the order of the file. */
export function forwardsOf(interface_: BoardInterface): Forward[] {
	return Object.entries(interface_.forward ?? {}).map(([key, to]) => {
		const [port, protocol] = key.split("/");
		return { key, udp: protocol === "udp", from: Number(port), to };
	});
}

/** The board's address and subnet on the `gateway` wire of its `index`th interface: its own, or the one that it is lent there. */
export function gatewayPrefix({ addresses = [] }: BoardInterface, index: number): Prefix {
	return parsePrefix(addresses[0] ?? `192.168.${77 + index}.2/24`);
}

/** The address that stands for this machine there: the interface's gateway, or the first host of its subnet. */
export function gatewayAddress(interface_: BoardInterface, index = 0): number {
	if (interface_.gateway !== undefined) return parseAddress(interface_.gateway);
	const prefix = gatewayPrefix(interface_, index);
	return (prefix.address & prefix.mask) + 1;
}

/** Path of a `stream:` wire, seen from the folder of the board file. */
export function streamPath(wire: string, folder: string): string {
	return resolve(folder, wire.slice("stream:".length));
}

/** Checks that need more than one value or more than one board. Throws InputError. */
export function checkTogether(boards: Board[]): void {
	const forwards = new Map<string, string>();
	const names = new Set<string>();
	/** The ends of null-modem cables. */
	const cables = new Map<string, string[]>();
	for (const board of boards) {
		const { name } = board;
		for (let n = 2; names.has(board.name); n++) board.name = `${name}-${n}`;
		names.add(board.name);
		for (const [i, each] of board.file.interfaces.entries()) {
			for (const { key, from, udp } of forwardsOf(each)) {
				const place = `${board.path}: interfaces[${i}].forward.${key}`;
				const other = forwards.get(`${from} ${udp}`);
				if (other !== undefined) throw new InputError(`${place}: port ${from} is forwarded already by ${other}; take another`);
				forwards.set(`${from} ${udp}`, place);
			}
			if (each.wire?.startsWith("null:") === true) {
				const place = `${board.path}: interfaces[${i}].wire ${JSON.stringify(each.wire)}`;
				cables.set(each.wire, [...(cables.get(each.wire) ?? []), place]);
			}
		}
	}
	for (const [first, second, third] of cables.values()) {
		if (second === undefined)
			throw new InputError(`${first}: the cable's other end is loose; give it to another UART of this run`);
		if (third !== undefined) throw new InputError(`${third}: the cable has two ends already; take another name`);
	}
}

/** Parts what the file says by families. */
function ipv6Problem(file: BoardFile): string | undefined {
	const routes: BoardRoute[] = [];
	for (const [i, each] of file.interfaces.entries()) {
		const problem = settleIpv6(each, file);
		if (problem !== undefined) return `interfaces[${i}].${problem}`;
		for (const { problem: wrong, route } of [settlePpp(each), settleGateways(each)]) {
			if (wrong !== undefined) return `interfaces[${i}].${wrong}`;
			if (route !== undefined) routes.push(route);
		}
	}
	// Behind those of the file, whose places messages name.
	if (routes.length > 0) file.routes = [...(file.routes ?? []), ...routes];
	return undefined;
}

function firstProblem(file: BoardFile, folder: string): string | undefined {
	const limit = file.limits?.interfaces;
	if (limit !== undefined && limit < file.interfaces.length + 1)
		return `limits.interfaces ${limit}: expected at least ${file.interfaces.length + 1} (those of the board, and lo)`;
	const clients =
		file.interfaces.filter((each) => hasDhcp(each)).length +
		file.interfaces.filter((each) => hasDhcp6(each)).length +
		serviceSockets(file);
	const sockets = file.limits?.sockets?.services;
	if (sockets !== undefined && sockets < clients)
		return `limits.sockets.services ${sockets}: expected at least ${clients}, one for each interface with dhcp, with ipv6.dhcp, with dhcpServer, and with uplink.dns`;
	const probes = probesOf(file, "icmp");
	const echoes = file.limits?.sockets?.icmp;
	if (echoes !== undefined && echoes < probes)
		return `limits.sockets.icmp ${echoes}: expected at least ${probes}, one for each interface with uplink.icmp`;
	const names = new Map<string, number>();
	const addresses = new Map<number, string>();
	const chips = new Map<string, string>();
	const ports = new Map<number, string>();
	const only = new Map<string, string>();
	for (const [i, interface_] of file.interfaces.entries()) {
		const place = `interfaces[${i}]`;
		const { name } = interface_;
		if (name === "lo") return `${place}.name "lo": every board has this interface by itself; expected another name`;
		if (names.has(name))
			return `${place}.name "${name}": is the name of interfaces[${names.get(name)}] already; expected another name`;
		names.set(name, i);
		const problem =
			strangerProblem(interface_) ??
			dhcpProblem(interface_) ??
			linkLocalProblem(interface_) ??
			probeProblem(interface_) ??
			serviceProblem(interface_, file) ??
			dhcp6Problem(interface_, file) ??
			vlanProblem(interface_, file) ??
			bridgeProblem(interface_, file) ??
			tunnelProblem(interface_, file) ??
			(driverOf(interface_) === undefined
				? undefined
				: (wireProblem(interface_, folder) ?? macProblem(interface_) ?? faultProblem(interface_)));
		if (problem !== undefined) return `${place}.${problem}`;
		const chip =
			nicProblem(interface_, place, only) ?? chipProblem(interface_, place, chips) ?? uartProblem(interface_, place, ports);
		if (chip !== undefined) return `${place}.${chip}`;
		const prefixes = (interface_.addresses ?? []).map(parsePrefix);
		for (const [j, prefix] of prefixes.entries()) {
			const text = `${place}.addresses[${j}] "${interface_.addresses![j]}"`;
			if (interface_.link !== "loopback" && !isUnicast(prefix.address))
				return `${text}: expected an address that one host may have`;
			if (!isHost(prefix)) return `${text}: is the subnet's own or its broadcast address; expected that of a host in it`;
			const other = addresses.get(prefix.address);
			if (other !== undefined) return `${text}: is on ${other} already; give an address to one interface`;
			addresses.set(prefix.address, place);
		}
		// A port of a bridge has no subnet of its own: that of its gateway is the bridge's, by DHCP.
		const isPort = bridgeWith(interface_, file) !== undefined;
		const gateway = isPort ? undefined : gatewayProblem(interface_, prefixes, i);
		if (gateway !== undefined) return `${place}.${gateway}`;
		const servers = serverProblem(interface_.dns);
		if (servers !== undefined) return `${place}.${servers}`;
	}
	for (const [i, interface_] of file.interfaces.entries()) {
		if (!hasDhcp(interface_) || interface_.wire !== "gateway") continue;
		const { address } = gatewayPrefix(interface_, i);
		const other = addresses.get(address);
		if (other !== undefined)
			return `interfaces[${i}].dhcp: its gateway would give ${formatAddress(address)}, which is on ${other}; give that another address`;
	}
	const servers = serverProblem(file.dns) ?? routerProblem(file) ?? forwarderProblem(file);
	if (servers !== undefined) return servers;
	for (const [i, route] of (file.routes ?? []).entries()) {
		const problem = routeProblem(route, file, names);
		if (problem !== undefined) return `routes[${i}]${problem}`;
	}
	return undefined;
}

function serverProblem(servers: string[] | undefined): string | undefined {
	const i = (servers ?? []).findIndex((text) =>
		text.includes(":")
			? !isIPv6(text) || text.includes("%") || text.toLowerCase().startsWith("ff") || text === "::"
			: parseAddress(text) >>> 24 !== 127 && !isUnicast(parseAddress(text)),
	);
	return i < 0 ? undefined : `dns[${i}] "${servers![i]}": expected an address that one host may have`;
}

function routeProblem(route: BoardRoute, file: BoardFile, names: Map<string, number>): string | undefined {
	const { interface: name, gateway } = route;
	if (name !== undefined && name !== "lo" && !names.has(name))
		return `.interface "${name}": expected one of ${[...names.keys()].join(", ")}`;
	if (route.prefix.includes(":")) return routeProblem6(route, file);
	if (gateway?.includes(":") === true) return `.gateway "${gateway}": expected one of the prefix's family, IPv4`;
	const { address, mask, length } = parsePrefix(route.prefix);
	if ((address & ~mask) !== 0)
		return `.prefix "${route.prefix}": expected ${formatAddress(address & mask)}/${length}, without host bits`;
	if (route.interface !== undefined) {
		if (route.gateway !== undefined && file.interfaces.some((each) => each.name === route.interface && hasDhcp(each)))
			return `.gateway "${route.gateway}": ${route.interface} has no address yet when routes are made; let its DHCP server send this one (option 121)`;
		return undefined;
	}
	if (route.gateway === undefined) return ": expected an interface or a gateway";
	return interfaceTowards(file, route.gateway) === undefined
		? `.gateway "${route.gateway}": expected an address in a subnet of an interface`
		: undefined;
}

/** The interface in whose subnet an address lies. */
export function interfaceTowards(file: BoardFile, address: string): BoardInterface | undefined {
	if (address.includes(":")) return interfaceTowards6(file, address);
	const value = parseAddress(address);
	return file.interfaces.find((each) => (each.addresses ?? []).some((text) => contains(parsePrefix(text), value)));
}

/** The board's own routes, each with the interface that it leaves by. */
export function routesOf({ file }: Board): BoardRoute[] {
	return (file.routes ?? []).map((route) => ({
		...route,
		interface: route.interface ?? interfaceTowards(file, route.gateway!)!.name,
	}));
}

/** Whether an interface gets its address by DHCP. */
export function hasDhcp({ dhcp }: BoardInterface): boolean {
	return dhcp !== undefined && dhcp !== false;
}

function dhcpProblem(interface_: BoardInterface): string | undefined {
	if (!hasDhcp(interface_)) return undefined;
	const { addresses = [], gateway, mtu = DHCP_MESSAGE } = interface_;
	if (addresses.length > 0) return `addresses: come from the DHCP server; remove them, or dhcp`;
	if (gateway !== undefined) return `gateway "${gateway}": comes from the DHCP server; remove it, or dhcp`;
	return mtu < DHCP_MESSAGE ? `mtu ${mtu}: expected at least ${DHCP_MESSAGE}, for the messages of DHCP` : undefined;
}

function linkLocalProblem({ linkLocal, addresses = [] }: BoardInterface): string | undefined {
	if (linkLocal !== true || addresses.length === 0) return undefined;
	return "linkLocal true: is for an interface without an address; remove it, or addresses";
}

function probeProblem({ probe, addresses = [] }: BoardInterface): string | undefined {
	if (probe !== true || addresses.length === 1) return undefined;
	return `probe true: is for an interface with one address of IPv4; ${addresses.length === 0 ? "dhcp and linkLocal probe for theirs" : "leave one, or remove probe"}`;
}

function linkOf({ link }: BoardInterface): Link {
	return link ?? "ethernet";
}

/** The driver of an interface; undefined for loopback, VLANs, bridges and tunnels. */
export function driverOf(interface_: BoardInterface): Driver | undefined {
	const link = linkOf(interface_);
	if (isTunnel(interface_)) return undefined;
	if (link === "loopback" || link === "vlan" || link === "bridge") return undefined;
	return interface_.driver ?? (link === "ethernet" ? "frames" : "uart");
}

/** What is said of an interface that is only for others. */
const ONLY_FOR: Partial<Record<keyof BoardInterface, readonly Link[]>> = {
	driver: ["ethernet", "ppp", "slip"],
	pins: ["ethernet", "ppp", "slip"],
	chipFaults: ["ethernet"],
	wire: ["ethernet", "ppp", "slip"],
	mac: ["ethernet"],
	gateway: ["ethernet", "slip", "vlan", "bridge"],
	dhcp: ["ethernet", "vlan", "bridge"],
	linkLocal: ["ethernet", "vlan", "bridge"],
	probe: ["ethernet", "vlan", "bridge"],
	dhcpServer: ["ethernet", "vlan", "bridge"],
	advertise: ["ethernet", "vlan", "bridge"],
	queue: ["ethernet", "ppp", "slip"],
	uplink: ["ethernet", "ppp", "slip", "vlan", "bridge", "gre", "ipip", "sixInFour"],
	wifi: ["ethernet"],
	dns: ["ethernet", "slip", "vlan", "bridge", "gre", "ipip", "sixInFour"],
	domains: ["ethernet", "ppp", "slip", "vlan", "bridge", "gre", "ipip", "sixInFour"],
	forward: ["ethernet"],
	faults: ["ethernet", "ppp", "slip"],
	baud: ["ppp", "slip"],
	ppp: ["ppp"],
	slip: ["slip"],
	parent: ["vlan"],
	vlan: ["vlan"],
	priority: ["vlan"],
	ports: ["bridge"],
	ageMs: ["bridge"],
	storm: ["bridge"],
	local: ["gre", "ipip", "sixInFour"],
	remote: ["gre", "ipip", "sixInFour"],
	hops: ["gre", "ipip", "sixInFour"],
	key: ["gre"],
	sequence: ["gre"],
	checksum: ["gre"],
	keepalive: ["gre"],
};

/** What to write instead. */
const INSTEAD: Record<string, string> = {
	"ppp gateway": "ppp.defaultRoute is for that",
	"vlan wire": "its parent's carries it",
	"vlan driver": "its parent's carries it",
	"vlan mac": "it has its parent's",
	"bridge wire": "its ports' carry it",
	"bridge driver": "its ports' carry it",
	"bridge mac": "it has that of its first port",
	"gre gateway": "it has one other end: give routes its name as their interface",
	"ipip gateway": "it has one other end: give routes its name as their interface",
	"sixInFour gateway": "it has one other end: give routes its name as their interface",
	"ppp dhcp": "its address comes from the other end",
	"ppp dns": "ppp.usePeerDns has the other end say them, and dns of the board is asked by any interface",
};

function strangerProblem(interface_: BoardInterface): string | undefined {
	const link = linkOf(interface_);
	for (const [key, links] of Object.entries(ONLY_FOR))
		if (interface_[key as keyof BoardInterface] !== undefined && !links.includes(link))
			return `${key}: is not for ${link === "ethernet" ? "an" : "a"} ${link} interface; ${INSTEAD[`${link} ${key}`] ?? "remove it"}`;
	const driver = driverOf(interface_);
	if (driver !== undefined && (link === "ethernet") === (driver === "uart"))
		return `driver "${driver}": cannot carry ${link}; ${link === "ethernet" ? `expected "frames", "w5500", "enc28j60", "wifi" or "emac"` : `expected "uart"`}`;
	return undefined;
}

const WIRES: Record<"frames" | "uart", { kinds: readonly string[]; expected: string }> = {
	frames: {
		kinds: ["gateway", "tap", "stream", "segment"],
		expected: `expected "gateway", "tap:NAME", "stream:PATH" or "segment:NAME"`,
	},
	uart: { kinds: ["pty", "stream", "null"], expected: `expected "pty", "pty:LINK", "stream:PATH" or "null:NAME"` },
};

function wireProblem(interface_: BoardInterface, folder: string): string | undefined {
	const { wire } = interface_;
	const { kinds, expected } = WIRES[driverOf(interface_) === "uart" ? "uart" : "frames"];
	if (wire === undefined) return `wire: missing; ${expected}`;
	if (!kinds.includes(wire.split(":", 1)[0]!)) return `wire "${wire}": is not for driver "${driverOf(interface_)}"; ${expected}`;
	if (wire.startsWith("stream:")) {
		const path = streamPath(wire, folder);
		if (Buffer.byteLength(path) > UNIX_PATH_BYTES)
			return `wire "${wire}": the socket's path has ${Buffer.byteLength(path)} bytes; expected at most ${UNIX_PATH_BYTES}`;
	}
	return undefined;
}

function faultProblem(interface_: BoardInterface): string | undefined {
	const uart = driverOf(interface_) === "uart";
	for (const key of Object.keys(interface_.faults ?? {}))
		if ((key === "byteLoss" || key === "byteFlip") !== uart)
			return `faults.${key}: is ${uart ? "of frames; a UART's line has byteLoss and byteFlip" : "of a UART's line; frames have loss and corrupt"}`;
	return undefined;
}

/** The UART of an interface; undefined when it has none. */
export function uartOf(interface_: BoardInterface): (UartPins & { baud: number }) | undefined {
	if (driverOf(interface_) !== "uart") return undefined;
	const { port = 0, tx = -1, rx = -1, cts = -1, rts = -1, dtr = -1 } = interface_.pins ?? {};
	return { port, tx, rx, cts, rts, dtr, baud: interface_.baud ?? 115_200 };
}

/** `ports`: whose each UART of the board is; filled in. */
function uartProblem(interface_: BoardInterface, place: string, ports: Map<number, string>): string | undefined {
	const uart = uartOf(interface_);
	if (uart === undefined) return undefined;
	const stranger = Object.keys(interface_.pins ?? {}).find((key) => !(key in uart));
	if (stranger !== undefined) return `pins.${stranger}: is for chips; a UART has port, tx, rx, cts, rts and dtr`;
	const other = ports.get(uart.port);
	if (other !== undefined) return `pins.port ${uart.port}: is ${other} already; give the UARTs different ports`;
	ports.set(uart.port, `${place}.pins.port`);
	return undefined;
}

/** What each driver takes of `pins`. */
const PINS: Partial<Record<Driver, readonly string[]>> = {
	wifi: [],
	emac: ["mdc", "mdio", "phy", "reset", "power", "clock"],
};

/** RMII's clock: it comes in by the first, and goes out by the others. */
const CLOCKS = [0, 16, 17];

/** The wiring of an ESP32's own MAC; undefined for any other driver. */
export function emacOf({ driver, pins }: BoardInterface): EmacPins | undefined {
	if (driver !== "emac") return undefined;
	const { mdc = 23, mdio = 18, phy = -1, reset = -1, power = -1, clock = 0 } = pins ?? {};
	return { mdc, mdio, phy, reset, power, clock };
}

/** Of interfaces that a board's SDK drives. `only`: where each driver is named already; filled in. */
function nicProblem(interface_: BoardInterface, place: string, only: Map<string, string>): string | undefined {
	const { driver = "frames", wifi, mac, pins } = interface_;
	if (wifi !== undefined && driver !== "wifi") return `wifi: is for driver "wifi"; remove it, or choose that driver`;
	const known = PINS[driver];
	if (known === undefined) return undefined;
	const other = only.get(driver);
	if (other !== undefined) return `driver "${driver}": is ${other} already; a board has one`;
	only.set(driver, `that of ${place}`);
	if (mac !== undefined) return `mac "${mac}": the ${driver === "wifi" ? "radio" : "ESP32"} has an address of its own; remove it`;
	const stranger = Object.keys(pins ?? {}).find((key) => !known.includes(key));
	if (stranger !== undefined)
		return `pins.${stranger}: is not for driver "${driver}"; ${known.length === 0 ? "remove it" : `expected ${known.join(", ")}`}`;
	const clock = emacOf(interface_)?.clock ?? 0;
	return CLOCKS.includes(clock)
		? undefined
		: `pins.clock ${clock}: expected 0, where RMII's clock comes in, or 16 or 17, where it goes out`;
}

/** Where a chip is when the board file does not say: as on a W5500-EVB-Pico, and beside it. */
const USUAL_PINS = {
	w5500: { bus: 0, clock: 18, out: 19, in: 16, select: 17, interrupt: 21, reset: 20 },
	enc28j60: { bus: 1, clock: 10, out: 11, in: 12, select: 13, interrupt: 14, reset: 15 },
} as const;

/** The pins of an interface's chip; undefined when it has no chip. */
export function pinsOf({ driver, pins }: BoardInterface): ChipPins | undefined {
	return driver === "w5500" || driver === "enc28j60" ? { ...USUAL_PINS[driver], ...pins } : undefined;
}

/** `taken`: what each chip select and pin of the board is in use for; filled in. */
function chipProblem(interface_: BoardInterface, place: string, taken: Map<string, string>): string | undefined {
	const pins = pinsOf(interface_);
	const driver = driverOf(interface_) ?? "frames";
	if (driver === "uart") return undefined;
	if (pins === undefined) {
		const key = (PINS[driver] !== undefined ? (["chipFaults"] as const) : (["pins", "chipFaults"] as const)).find(
			(name) => interface_[name] !== undefined,
		);
		return key === undefined ? undefined : `${key}: is for chips; remove it, or choose driver "w5500" or "enc28j60"`;
	}
	const stranger = ["port", "tx", "rx", "cts", "rts", "dtr", "mdc", "mdio", "phy", "power"].find((key) => key in pins);
	if (stranger !== undefined)
		return `pins.${stranger}: is for ${PINS.emac!.includes(stranger) ? "an ESP32's own MAC" : "a UART"}; remove it`;
	for (const name of ["select", "interrupt", "reset"] as const) {
		if (pins[name] < 0) continue;
		const other = taken.get(String(pins[name]));
		if (other !== undefined) return `pins.${name} ${pins[name]}: is ${other}; give the chips different pins`;
		taken.set(String(pins[name]), `${place}.pins.${name} already`);
	}
	return undefined;
}

function macProblem(interface_: BoardInterface): string | undefined {
	const { mac } = interface_;
	if (mac === undefined) return undefined;
	if (Number.parseInt(mac.slice(0, 2), 16) & 1) return `mac "${mac}": is a group address; expected an even first byte`;
	return /^[0:]+$/.test(mac) ? `mac "${mac}": expected one that is not zero` : undefined;
}

function gatewayProblem(interface_: BoardInterface, prefixes: Prefix[], index: number): string | undefined {
	if (interface_.gateway !== undefined) {
		const address = parseAddress(interface_.gateway);
		const text = `gateway "${interface_.gateway}"`;
		if (!prefixes.some((prefix) => contains(prefix, address)))
			return `${text}: expected an address in a subnet of this interface`;
		if (prefixes.some((prefix) => prefix.address === address)) return `${text}: is the board's own address; expected another`;
	}
	if (interface_.wire !== "gateway") {
		return interface_.forward === undefined ? undefined : `forward: needs the wire "gateway"; remove it or change the wire`;
	}
	if (hasDhcp(interface_)) return undefined;
	if (prefixes.length === 0)
		return `addresses: missing; expected one such as "192.168.77.2/24", because the gateway needs a subnet, or dhcp`;
	const first = prefixes[0]!;
	if (first.length > 30)
		return `addresses[0] "${interface_.addresses![0]}": expected a prefix length of at most 30, to leave room for the gateway`;
	const own = gatewayAddress(interface_, index);
	return prefixes.some((prefix) => prefix.address === own)
		? `gateway: missing; ${formatAddress(own)}, which the gateway takes without it, is the board's own address`
		: undefined;
}

/** V8 tells a character's position; people want the line. */
function placed(text: string, message: string): string {
	const found = /at position (\d+)/.exec(message);
	const line = found === null ? text.split("\n").length : text.slice(0, Number(found[1])).split("\n").length;
	return `line ${line}: ${message.replace(/ in JSON at position.*| at position.*/s, "").replace(/\s+/g, " ")}`;
}

function megabytes(bytes: number): string {
	return (bytes / 1_048_576).toFixed(bytes < 10_485_760 ? 1 : 0);
}
