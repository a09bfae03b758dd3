// A router in tests: LAN on eth1, the world on eth2, which it translates to.

import type { StackOptions } from "../../src/config.ts";
import { Router, type RouterOptions } from "../../src/service/router/router.ts";
import { CORE, CoreBlock } from "../../src/packet/core-block.ts";
import { RouterBlock } from "../../src/packet/router-block.ts";
import { icmp, ipText, ipv4, tcp, udp, type Bytes } from "./frames.ts";
import type { Parsed } from "./parse.ts";
import { Station, type Port } from "./station.ts";

export const OUTSIDE = "198.51.100.1";
export const HOST = "10.0.0.5";
export const OTHER = "10.0.0.6";
export const SERVER = "198.51.100.7";

export interface TestRouter {
	station: Station;
	lan: Port;
	wan: Port;
	router: Router;
	/** Rows of its table that are in use. */
	used(): number;
}

export function testRouter(options: RouterOptions = {}, stack: StackOptions = {}, mtus: number[] = []): TestRouter {
	const station = new Station(
		[["10.0.0.1/24"], [`${OUTSIDE}/24`]],
		{ forwarding: true, router: { entries: 64, rules: 8 }, ...stack },
		mtus,
	);
	const router = new Router(station.stack, { nat: { out: "eth2" }, ...options });
	station.world.settle();
	const [lan, wan] = station.ports as [Port, Port];
	const { view } = station.stack.core;
	const used = () => RouterBlock.of(view, CoreBlock.of(view, CORE).router).used;
	return { station, lan, wan, router, used };
}

/** "udp 10.0.0.5:1 > 10.0.0.6:2", and for ICMP its type and identifier. */
export function said({ ipv4, udp, tcp, icmp }: Parsed): string {
	const from = ipText(ipv4!.source);
	const to = ipText(ipv4!.destination);
	if (udp) return `udp ${from}:${udp.sourcePort} > ${to}:${udp.destinationPort}`;
	if (tcp) return `tcp ${from}:${tcp.sourcePort} > ${to}:${tcp.destinationPort}`;
	return `icmp ${icmp!.type} ${from} > ${to} ${icmp!.rest >>> 16}`;
}

/** What a port has sent since the last call. */
export function sent(port: Port): string[] {
	return port.packets().map(said);
}

type End = `${string}:${number}`;

function ends(from: End, to: End): { source: string; destination: string; sourcePort: number; destinationPort: number } {
	const [source, sourcePort] = from.split(":");
	const [destination, destinationPort] = to.split(":");
	return { source: source!, destination: destination!, sourcePort: Number(sourcePort), destinationPort: Number(destinationPort) };
}

export function datagram(from: End, to: End, fields = {}, length = 10): Bytes {
	return udp({ ...ends(from, to), ...fields }, new Uint8Array(length).fill(7));
}

export function segment(from: End, to: End, flags: number, fields = {}): Bytes {
	return tcp({ ...ends(from, to), flags, ...fields });
}

export function ping(source: string, destination: string, id: number, type = 8, fields = {}): Bytes {
	return icmp({ source, destination, type, rest: (id << 16) | 1, ...fields }, [1, 2, 3, 4]);
}

/** The IP packet that was sent, or its first bytes: what errors quote. */
export function packetOf({ ipv4: header }: Parsed, most = 65_535): Bytes {
	return ipv4(header!, header!.payload).subarray(0, most);
}
