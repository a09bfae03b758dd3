// device.network, as Moddable's modules and examples expect it: options for the HTTP, WebSocket, MQTT and NTP clients over this stack's sockets.
// A program adds what is its own: new device.network.http.io({ ...device.network.http, host: "example.com" }).

import { TCP, UDP, currentStack } from "multihome";
import type { Stack } from "multihome";

/** The default export of a module of the build, or undefined. */
export type ImportNow = (name: string) => unknown;

interface Options {
	readonly [name: string]: unknown;
}

/** `device.network`. */
export type NetworkOptions = Readonly<Record<string, Options>>;

export interface Device {
	io?: Options;
	network?: NetworkOptions;
	[name: string]: unknown;
}

/** Asked when no network has named a time server. */
const TIME_SERVERS = Object.freeze(["pool.ntp.org"]);

/** Those that DHCP servers have named (option 42), in the order of the interfaces. */
function timeServers(): readonly string[] {
	const named = currentStack().interfaces.list.flatMap(({ ip }) => ip.lease?.state.ntp ?? []);
	return named.length > 0 ? named : TIME_SERVERS;
}

/**
 * Made when the firmware is, so that all of it lies in flash. Classes are looked for when a program uses them, as a firmware carries what its program uses: the SDK's are undefined
 * where the build does not have them, and ours throw Error that says how the build gets them.
 */
export function networkOf(importNow: ImportNow): NetworkOptions {
	const found = (name: string, rest: object): Options =>
		Object.freeze(Object.defineProperty(rest, "io", { get: () => importNow(name), enumerable: true })) as Options;

	const module = (name: string, where: string) => {
		const found = importNow(name);
		if (found === undefined) throw new Error(`${where}: this build is without the module "${name}"; import it in the program`);
		return found;
	};
	const tcp = Object.freeze({ io: TCP });
	const udp = Object.freeze({ io: UDP });
	const dns = Object.freeze({
		get io() {
			return module("multihome/dns", "device.network.dns");
		},
		socket: udp,
	});
	const tls = found("embedded:io/socket/tcp/tls", { TCP: tcp });
	const http = "embedded:network/http/client";
	const ws = "embedded:network/websocket/client";
	const mqtt = "embedded:network/mqtt/client";
	return Object.freeze({
		get interfaces() {
			return module("multihome/network", "device.network.interfaces") as Options;
		},
		/** The same over the platform's own network, lwIP, in a firmware that has it: hosts/firmware/platform. Undefined in any other. */
		get platform() {
			return importNow("platform/network") as Options;
		},
		dns,
		http: found(http, { dns, socket: tcp }),
		https: found(http, { dns, port: 443, socket: tls }),
		ws: found(ws, { dns, socket: tcp }),
		wss: found(ws, { dns, socket: tls }),
		mqtt: found(mqtt, { dns, socket: tcp }),
		mqtts: found(mqtt, { dns, socket: tls }),
		ntp: Object.freeze({
			client: found("embedded:network/ntp/client", {
				dns,
				socket: udp,
				get servers() {
					return timeServers();
				},
			}),
		}),
	});
}

/** The properties of both in a new object; of two alike the preferred one's. Getters stay getters. */
function joined(preferred: object = {}, others: object = {}): Options {
	const properties = Object.getOwnPropertyDescriptors(others) as PropertyDescriptorMap;
	return Object.defineProperties({}, { ...properties, ...Object.getOwnPropertyDescriptors(preferred) }) as Options;
}

/**
 * Makes `globalThis.device` of `ours` and of what is there already, from a module of the SDK or a config.js of the program. Of the network theirs comes first: a
 * program that says which resolver HTTP takes means it. A config.js may come later, too: it puts another object in this one's place, and has all frozen
 * that it can reach, which ends where something is frozen already.
 */
export function makeDevice(stack: Stack, ours: Device): Device {
	const theirs = (globalThis as unknown as { device?: Device }).device ?? {};
	const network: Record<string, Options> = {};
	for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(ours.network ?? {})))
		Object.defineProperty(network, name, { ...property, configurable: true });
	for (const [name, options] of Object.entries(theirs.network ?? {}))
		if (name !== "interfaces") Object.defineProperty(network, name, { value: joined(options, network[name]), enumerable: true });
	const device = joined({ ...ours, stack: Object.freeze(stack), network, io: joined(ours.io, theirs.io) }, theirs) as Device;
	Object.defineProperty(globalThis, "device", { value: device, enumerable: true, writable: true, configurable: true });
	return device;
}
