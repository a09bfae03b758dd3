// What runs first on XS: makes the stack of a board from its configuration, plugs its wires in, turns the stack's wishes into
// timers of the host, and starts the program.    multihome-xs … desktop.js -- CONFIGURATION [DESCRIPTOR]
// DESCRIPTOR is a stream to whoever started this process: told when the program runs or what went wrong, and its end is ours.

import * as heap from "host/heap";
import { args, exit, importNow, onSignal, print, readFile, warn } from "host/system";
import { inheritFd } from "host/wire";
import type { Interface, Stack } from "multihome";
import type { DhcpClient } from "multihome/dhcp";
// Programs find these on `device.network`: loaded before the heap has its limit, as on a board they lie in flash.
import "multihome/dns";
import "multihome/network";
import { Capture } from "../../src/device/capture.ts";
import { SerialCapture } from "../../src/device/serial-capture.ts";
import type { Device } from "../../src/device/device.ts";
import type { SerialDevice } from "../../src/device/serial.ts";
import { Faults } from "../../src/device/faults.ts";
import { boot, deviceOf, runProgram, thrown, within, type Host, type Parts } from "../boot.ts";
import { FileSink } from "./capture-file.ts";
import { Control } from "./control.ts";
import { describe } from "../describe.ts";
import { networkOf } from "../network.ts";
import { openPatiently } from "../patience.ts";
import { SettingError } from "../settings.ts";
import startAdvertisers from "../links/advertise.ts";
import startDhcp from "../links/dhcp.ts";
import startDhcp6 from "../links/dhcp6.ts";
import startDhcpServer from "../links/dhcpserver.ts";
import startGroups from "../links/groups.ts";
import startIpv6 from "../links/ipv6.ts";
import startLinkLocal from "../links/linklocal.ts";
import startDomains from "../links/domains.ts";
import startDnsForwarder from "../links/dnsforwarder.ts";
import startMdns from "../links/mdns.ts";
import startQueue from "../links/queue.ts";
import startRouter from "../links/router.ts";
import startUplink from "../links/uplink.ts";
import useNameServers from "../links/dns.ts";
import bridge from "../links/bridge.ts";
import ethernet from "../links/ethernet.ts";
import loopback from "../links/loopback.ts";
import ppp from "../links/ppp.ts";
import slip from "../links/slip.ts";
import tunnel from "../links/tunnel.ts";
import vlan from "../links/vlan.ts";
import { openChip, providerOf, type ChipPlug, type EthernetProvider } from "./chip-device.ts";
import { STATUS_FAILED, STATUS_INPUT, STATUS_PROGRAM } from "./config.ts";
import type { BoardConfiguration, BoardMessage, InterfaceConfiguration } from "./config.ts";
import { FramesDevice } from "./frames-device.ts";
import { PacketStream } from "./packet-stream.ts";
import { endTrace } from "./system.ts";
import { nicProviderOf, openNic, type NicPlug, type NicProvider } from "./nic-device.ts";
import Timer from "./timer.ts";
import { openUart, serialProviderOf, type SerialProvider, type UartPlug } from "./uart-device.ts";

/** A simulated board may have any of them. */
const PARTS: Parts = {
	links: { ethernet, loopback, ppp, slip, vlan, bridge, tunnel },
	startDhcp,
	startLinkLocal,
	startDhcpServer,
	startAdvertisers,
	startUplink,
	startQueue,
	startIpv6,
	startDhcp6,
	startGroups,
	startDomains,
	startDnsForwarder,
	startMdns,
	startRouter,
	useNameServers,
};

/** The wires whose faults may be changed, by interface. */
const changing = new Map<string, Faults>();
const control =
	args.length > 1
		? new Control(inheritFd(Number(args[1]), "stream"), { stack: () => stack!, faults: changing, end: () => end(0) })
		: undefined;
const devices: Device[] = [];
/** Ends of serial links, of leases and of names, whose other sides are told. */
const goodbyes: (() => void)[] = [];
/** By the names that they have on `device`: ethernet0, serial0 and so on. */
const providers: Record<string, EthernetProvider | NicProvider | SerialProvider> = {};

function provide(kind: "ethernet" | "serial", provider: EthernetProvider | NicProvider | SerialProvider): void {
	let number = 0;
	while (`${kind}${number}` in providers) number++;
	providers[`${kind}${number}`] = provider;
}

/** Tells whoever started us, if somebody did. */
function tell(message: BoardMessage): void {
	control?.tell(message);
}

function end(status: number): never {
	for (const last of [...goodbyes, ...devices.map((device) => () => device.close()), endTrace]) {
		try {
			last();
		} catch (error) {
			// The others have their turn all the same.
			warn(`at the end: ${describe(error)}`);
		}
	}
	exit(status);
}

/** A device that may be closed again: with its interface, which the program may have removed, and at the end. */
function closedOnce<T extends { close(): void }>(device: T): T {
	const close = device.close.bind(device);
	let open = true;
	device.close = () => {
		if (open) close();
		open = false;
	};
	return device;
}

/** What was thrown and where; a program may throw anything. */
function fail(error: unknown, status: number): never {
	const { message, stack } = Object(error) as Partial<Error>;
	tell({ failed: (status === STATUS_PROGRAM ? stack : message) ?? String(error), status });
	if (control === undefined) throw error;
	end(status);
}

/** 32 random bits from a counter through the murmur3 finaliser: the same from the same seed, for simulations only. */
function seeded(seed: number): () => number {
	let state = seed | 0;
	return () => {
		state = (state + 0x9e37_79b9) | 0;
		let z = state;
		z = Math.imul(z ^ (z >>> 16), 0x85eb_ca6b);
		z = Math.imul(z ^ (z >>> 13), 0xc2b2_ae35);
		return z ^ (z >>> 16);
	};
}

function openDriver(configuration: InterfaceConfiguration): Device {
	const { driver, pins, tap, socket, mtu, faultSeed, chipFaults } = configuration;
	const mac = new Uint8Array(6);
	for (const [i, byte] of configuration.mac.split(":").entries()) mac[i] = Number.parseInt(byte, 16);
	if (driver === "wifi" || driver === "emac") {
		const nic: NicPlug = { driver, mac, pins: configuration.emac ?? {} };
		if (tap !== undefined) nic.tap = tap;
		if (socket !== undefined) nic.socket = socket;
		const provider = nicProviderOf(nic);
		provide("ethernet", provider);
		return openNic(nic, provider);
	}
	if (driver !== "w5500" && driver !== "enc28j60")
		return tap === undefined ? new FramesDevice("socket", socket!, mac, mtu!) : new FramesDevice("tap", tap, mac, mtu!);
	const chip: ChipPlug = { driver, pins: pins!, mac, seed: faultSeed };
	if (tap !== undefined) chip.tap = tap;
	if (socket !== undefined) chip.socket = socket;
	if (chipFaults !== undefined) chip.chipFaults = chipFaults;
	const provider = providerOf(chip);
	provide("ethernet", provider);
	const repeat = (callback: () => void, ms: number) => void Timer.repeat(callback, ms);
	return openPatiently(configuration.name, (patient) => openChip(chip, { ...provider, ...patient }, repeat), Timer, print);
}

/** The driver, and around it what the board file asks for. A capture sees what the stack sees. */
function open(configuration: InterfaceConfiguration): Device {
	const { name, faults, capture, packets } = configuration;
	let device = openDriver(configuration);
	if (faults !== undefined || configuration.changing === true) {
		const wire = new Faults(device, faults ?? {}, configuration.faultSeed);
		changing.set(name, wire);
		device = wire;
	}
	if (capture !== undefined) device = new Capture(device, new FileSink(capture), name);
	if (packets !== undefined) device = new Capture(device, new PacketStream(packets), name);
	devices.push(closedOnce(device));
	return device;
}

/** The UART of an interface; says where its pty is. */
function openSerial(configuration: InterfaceConfiguration): SerialDevice {
	const { name, link, options, uart, pty, socket, faults, faultSeed, capture, byteCapture, packets } = configuration;
	const plug: UartPlug = { uart: uart!, name, seed: faultSeed };
	if (pty !== undefined) plug.pty = pty;
	if (socket !== undefined) plug.socket = socket;
	if (faults !== undefined) plug.faults = faults;
	if (byteCapture !== undefined) plug.capture = byteCapture;
	const provider = serialProviderOf(plug);
	provide("serial", provider);
	const [device, path] = openUart(plug, provider);
	if (path !== "") print(`${name.padEnd(5)} ${path}${pty === "" ? "" : ` = ${pty}`}   (pty, ${uart!.baud} baud)`);
	const frames = link === "ppp" ? "ppp" : options?.["vj"] === true ? "cslip" : "slip";
	let seen: SerialDevice = device;
	if (capture !== undefined) seen = new SerialCapture(seen, new FileSink(capture), name, frames);
	if (packets !== undefined) seen = new SerialCapture(seen, new PacketStream(packets), name, frames);
	return seen;
}

/** Interfaces of a UART are taken away at the end, unless the program has; a lease is given back. */
function added(stack: Stack, link: Interface, { uart }: InterfaceConfiguration, client: DhcpClient | undefined): void {
	if (uart !== undefined)
		goodbyes.push(() => {
			if (stack.interfaces.list.includes(link)) stack.interfaces.remove(link);
		});
	if (client !== undefined) goodbyes.push(() => client.close());
}

function start(configuration: BoardConfiguration): Stack {
	const { seed } = configuration;
	const host: Host<InterfaceConfiguration> = {
		...(seed !== undefined && { random32: seeded(seed) }),
		open: (each, place) =>
			within(`${place}.wire "${each.wire}"`, () => (each.link === "ethernet" ? open(each) : openSerial(each))),
		added,
		ends: (service) => goodbyes.push(() => service.close()),
		onError: (error) => warn(thrown(error)),
		say: print,
	};
	return boot(configuration, PARTS, host);
}

onSignal(() => end(0));
/** A board's heap, bytes, as hosts/esp32/manifest.json gives it; and what is left for the program at least, of a stack that is larger than there. */
const BOARD_HEAP = 98_304;
const PROGRAM_HEAP = 32_768;
/** What a program's modules may take when they are loaded, bytes: on a board most of that lies in flash. */
const LOADING = 16 * 1024 * 1024;
let stack: Stack | undefined;
/** What --set says to the program. */
let said: Record<string, string> | undefined;
/** What is left of the board's heap for the program, bytes; 0 where there is no limit. */
let heapLeft = 0;
try {
	const configuration = JSON.parse(readFile(args[0]!)) as BoardConfiguration;
	heap.limit(0);
	said = configuration.settings;
	stack = start(configuration);
	heap.collect();
	const taken = heap.held();
	const bytes = configuration.heap === "board" ? Math.max(BOARD_HEAP, taken + PROGRAM_HEAP) : (configuration.heap ?? 0);
	if (bytes > 0) {
		heapLeft = bytes - taken;
		if (heapLeft <= 0)
			throw new Error(
				`limits.heap ${bytes}: the stack alone takes ${taken} bytes of it; expected more, or fewer sockets and interfaces`,
			);
		heap.limit(LOADING);
	}
} catch (error) {
	fail(error, STATUS_FAILED);
}
try {
	const device = deviceOf(stack, networkOf(importNow), { ...providers, heap });
	await runProgram(device, said, () => heap.limit(heapLeft));
} catch (error) {
	fail(error, error instanceof SettingError ? STATUS_INPUT : STATUS_PROGRAM);
}
tell({ ready: true });
