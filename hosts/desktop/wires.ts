// Makes what is at the far end of the boards' wires, and tells each board's process what to open.

import { existsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { driverOf, emacOf, forwardsOf, gatewayAddress, gatewayPrefix, pinsOf, routesOf, streamPath, uartOf } from "./board.ts";
import type { Board } from "./board.ts";
import type { Ipv6File } from "../links/ipv6.ts";
import type { BoardConfiguration, BoardInterface, InterfaceConfiguration } from "./config.ts";
import { ForwardError, Gateway } from "./gateway/gateway.ts";
import { NullModem } from "./null-modem.ts";
import { Segment } from "./segment.ts";
import { routerOf } from "./router.ts";
import type { Taps } from "./taps.ts";
import { tunnelOf } from "./tunnel.ts";
import { bridgeOf } from "./bridge.ts";
import { vlanOf } from "./vlan.ts";

const DEFAULT_MTU = 1500;

/** Why a port of 127.0.0.1 cannot be had, and what to change. */
const REMEDIES: Record<string, string> = {
	EADDRINUSE: "is in use; put a free port in its place, or end the program that has it",
	EACCES: "needs root; put a port from 1024 in its place",
};

export function portRemedy(code: string | undefined): string {
	return REMEDIES[code ?? ""] ?? `cannot be opened (${code}); put another port in its place`;
}

/** Independent seeds from one: the murmur3 finaliser. */
function derive(seed: number, ...path: number[]): number {
	let z = seed | 0;
	for (const step of path) {
		z = (z + Math.imul(step + 1, 0x9e37_79b9)) | 0;
		z = Math.imul(z ^ (z >>> 16), 0x85eb_ca6b);
		z = Math.imul(z ^ (z >>> 13), 0xc2b2_ae35);
		z ^= z >>> 16;
	}
	return z;
}

/** Of the command line. */
export interface WireOptions {
	readonly seed: number | undefined;
	readonly pcap: string | undefined;
	/** Where there is one, faults may be changed while the boards run. */
	readonly control?: number | undefined;
}

export class Wires {
	readonly #folder: string;
	readonly #options: WireOptions;
	readonly #gateways: Gateway[] = [];
	readonly #segments = new Map<string, Segment>();
	readonly #cables = new Map<string, NullModem>();
	/** The seed of faults where none was asked for. */
	readonly #seed: number;

	readonly #taps: Taps | undefined;

	/** `folder`: a private one, for sockets. `taps`: take the packets of every interface. */
	constructor(folder: string, options: WireOptions, taps?: Taps) {
		this.#folder = folder;
		this.#taps = taps;
		this.#options = options;
		this.#seed = options.seed ?? Math.floor(Math.random() * 0x1_0000_0000);
	}

	/** Makes the wires of the run's `index`th board. Throws Error with the one line to show. */
	async connect(board: Board, index: number): Promise<BoardConfiguration> {
		const { file, name } = board;
		const interfaces: InterfaceConfiguration[] = [];
		for (const [i, interface_] of file.interfaces.entries()) {
			const { pcap } = this.#options;
			const tunnel = tunnelOf(interface_);
			const configuration: InterfaceConfiguration = {
				name: interface_.name,
				link: tunnel !== undefined ? "tunnel" : (interface_.link ?? "ethernet"),
				driver: driverOf(interface_) ?? "frames",
				wire: interface_.wire ?? "",
				mac: interface_.mac ?? `02:6d:68:00:${hex(index)}:${hex(i + 1)}`,
				mtu: interface_.mtu ?? (driverOf(interface_) === "uart" || driverOf(interface_) === undefined ? undefined : DEFAULT_MTU),
				addresses: interface_.addresses ?? [],
				metric: interface_.metric ?? 0,
				faultSeed: derive(this.#seed, index, i, 1),
			};
			const pins = pinsOf(interface_);
			if (pins !== undefined) configuration.pins = pins;
			const emac = emacOf(interface_);
			if (emac !== undefined) configuration.emac = emac;
			const uart = uartOf(interface_);
			if (uart !== undefined) {
				configuration.uart = uart;
				configuration.options = interface_.ppp ?? interface_.slip ?? {};
			}
			const vlan = vlanOf(interface_);
			if (vlan !== undefined) {
				configuration.parent = interface_.parent!;
				configuration.options = vlan;
			}
			const bridge = bridgeOf(interface_);
			if (bridge !== undefined) {
				configuration.parent = bridge.ports[0]!;
				configuration.options = bridge;
			}
			if (tunnel !== undefined) configuration.options = tunnel;
			if (interface_.chipFaults !== undefined) configuration.chipFaults = interface_.chipFaults;
			if (interface_.dhcp !== undefined && interface_.dhcp !== false) configuration.dhcp = interface_.dhcp;
			if (interface_.linkLocal === true) configuration.linkLocal = true;
			if (interface_.probe === true) configuration.probe = true;
			if (interface_.advertise) configuration.advertise = interface_.advertise;
			if (interface_.dhcpServer) configuration.dhcpServer = interface_.dhcpServer;
			if (interface_.queue !== undefined) configuration.queue = interface_.queue;
			if (interface_.uplink !== undefined) configuration.uplink = interface_.uplink;
			if (interface_.ipv6 !== undefined) configuration.ipv6 = interface_.ipv6 as Ipv6File;
			if (interface_.gateway !== undefined) configuration.gateway = interface_.gateway;
			if (interface_.dns !== undefined) configuration.dns = interface_.dns;
			if (interface_.domains !== undefined) configuration.domains = interface_.domains;
			if (interface_.faults !== undefined) configuration.faults = interface_.faults;
			// A VLAN's frames are in its parent's, a bridge's in those of its ports, a tunnel's packets in those of the interface that they leave by.
			if (pcap !== undefined && driverOf(interface_) !== undefined)
				configuration.capture = resolve(pcap, `${name}-${interface_.name}.pcapng`);
			if (pcap !== undefined && configuration.link === "ppp")
				configuration.byteCapture = resolve(pcap, `${name}-${interface_.name}.hdlc.pcapng`);
			if (this.#options.control !== undefined && configuration.link === "ethernet") configuration.changing = true;
			if (this.#taps !== undefined && driverOf(interface_) !== undefined) {
				configuration.packets = join(this.#folder, `${index}-${i}-packets`);
				await this.#taps.listen(configuration.packets, name, interface_.name);
			}
			if (interface_.wire !== undefined) await this.#wire(board, index, i, interface_, configuration);
			interfaces.push(configuration);
		}
		const configuration: BoardConfiguration = { name, stack: board.stack, interfaces, routes: routesOf(board) };
		configuration.heap = board.heap ?? "board";
		if (file.dns !== undefined) configuration.dns = file.dns;
		if (file.dnsForwarder !== undefined) configuration.dnsForwarder = file.dnsForwarder;
		if (file.mdns !== undefined) configuration.mdns = file.mdns;
		const router = routerOf(file);
		if (router !== undefined) configuration.router = router;
		if (this.#options.seed !== undefined) configuration.seed = derive(this.#seed, index);
		return configuration;
	}

	close(): void {
		for (const gateway of this.#gateways) gateway.close();
		for (const segment of this.#segments.values()) segment.close();
		for (const cable of this.#cables.values()) cable.close();
		this.#taps?.close();
	}

	async #wire(
		board: Board,
		index: number,
		i: number,
		interface_: BoardInterface,
		configuration: InterfaceConfiguration,
	): Promise<void> {
		const [kind, place] = interface_.wire!.split(/:(.*)/s);
		const socket = join(this.#folder, `${index}-${i}`);
		switch (kind) {
			case "tap":
				configuration.tap = place!;
				return;
			case "stream": {
				configuration.socket = streamPath(interface_.wire!, dirname(resolve(board.path)));
				const example =
					configuration.uart === undefined
						? `passt -f -s ${configuration.socket}`
						: `socat UNIX-LISTEN:${configuration.socket} …`;
				if (!existsSync(configuration.socket) || !statSync(configuration.socket).isSocket())
					throw new Error(
						`${board.path}: interfaces[${i}].wire ${JSON.stringify(interface_.wire)}: no socket ${configuration.socket}; start the ` +
							`program that listens there first, such as \`${example}\``,
					);
				return;
			}
			case "pty":
				configuration.pty = place === undefined ? "" : resolve(dirname(resolve(board.path)), place);
				return;
			case "null": {
				const cable = this.#cables.get(place!) ?? new NullModem();
				this.#cables.set(place!, cable);
				await cable.listen(socket);
				break;
			}
			case "segment": {
				const segment = this.#segments.get(place!) ?? new Segment();
				this.#segments.set(place!, segment);
				await segment.listen(socket);
				break;
			}
			default:
				await this.#gateway(board, i, interface_, socket, index);
		}
		configuration.socket = socket;
	}

	async #gateway(board: Board, i: number, interface_: BoardInterface, socket: string, index: number): Promise<void> {
		const prefix = gatewayPrefix(interface_, i);
		const forwards = forwardsOf(interface_);
		let state = derive(this.#seed, index, i, 2);
		const gateway = new Gateway({
			address: gatewayAddress(interface_, i),
			prefixLength: prefix.length,
			board: prefix.address,
			mtu: interface_.mtu ?? DEFAULT_MTU,
			forwards,
			...(this.#options.seed !== undefined && { random32: () => derive((state = (state + 1) | 0), 0) }),
		});
		this.#gateways.push(gateway);
		try {
			await gateway.open();
		} catch (error) {
			if (!(error instanceof ForwardError)) throw error;
			const { forward, code } = error;
			const place = `${board.path}: interfaces[${i}].forward.${forward.key}: port ${forward.from} of 127.0.0.1`;
			throw new Error(`${place} ${portRemedy(code)}`, { cause: error });
		}
		await gateway.listen(socket);
	}
}

function hex(byte: number): string {
	return byte.toString(16).padStart(2, "0");
}
