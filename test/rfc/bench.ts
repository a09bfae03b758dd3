// The stack that a script tests: one Ethernet interface under the virtual clock, and a router that answers ARP and neighbour solicitations and stands for the rest of the world.

import type { StackOptions } from "../../src/config.ts";
import { ARP_REPLY, ETHERTYPE_ARP, ETHERTYPE_IPV4, arp, ethernet, icmp, ip, read16 } from "../support/frames.ts";
import { ETHERTYPE_IPV6, echo6, linkOption, na } from "../support/frames6.ts";
import { parseFrame } from "../support/parse.ts";
import { macOf, type QueueDevice } from "../support/wire.ts";
import { World, type Node } from "../support/world.ts";
import type { Ends } from "./incoming.ts";
import { outgoing, solicited, type Outgoing } from "./outgoing.ts";

const ROUTER = macOf(0x0fe0);

/** Addresses and sizes, as packetdrill's options name them. */
const DEFAULTS: Readonly<Record<string, string>> = {
	tolerance_usecs: "4000",
	ip_version: "ipv4",
	local_ip: "192.168.0.1",
	remote_ip: "192.0.2.1",
	gateway_ip: "192.168.0.2",
	netmask_ip: "255.255.0.0",
	bind_port: "8080",
	connect_port: "8080",
	mtu: "1500",
	tcp_ts_tick_usecs: "0",
};
/** For scripts whose local address is that one. */
const SPARE_GATEWAY = "192.168.0.254";
const DEFAULTS6: Readonly<Record<string, string>> = {
	local_ip: "fd3d:a0b:17d6::1",
	remote_ip: "fd3d:fa7b:d17d::1",
	gateway_ip: "fd3d:a0b:17d6:8888::1",
	prefix: "48",
};

/** The value of one of packetdrill's options, or its default; undefined: there is no such option. */
export function setting(options: ReadonlyMap<string, string>, name: string): string {
	const six = options.get("ip_version") === "ipv6";
	return options.get(name) ?? (six ? DEFAULTS6[name] : undefined) ?? DEFAULTS[name]!;
}

export function isSetting(name: string): boolean {
	return name in DEFAULTS;
}

export interface Sent {
	/** Milliseconds since the start of the script. */
	readonly at: number;
	readonly packet: Outgoing;
}

export class Bench {
	readonly world: World;
	readonly node: Node;
	readonly device: QueueDevice;
	readonly ends: Ends;
	/** What has been sent and not been looked at. */
	readonly sent: Sent[] = [];
	readonly #start: number;

	constructor(options: ReadonlyMap<string, string>, limits: StackOptions, seed: number) {
		const of = (name: string) => setting(options, name);
		const six = of("ip_version") === "ipv6";
		this.ends = { six, local: of("local_ip"), remote: of("remote_ip").replace(/\/\d+$/, "") };
		this.world = new World(seed);
		this.node = this.world.node("tested", limits);
		this.device = this.world.device({ mtu: Number(of("mtu")), mac: macOf(1) });
		this.device.onSend = (frame) => this.#captured(frame);
		const length = six ? of("prefix") : 32 - Math.round(Math.log2(2 ** 32 - (ip(of("netmask_ip")) >>> 0)));
		const iface = this.node.ethernet("eth0", this.device, `${this.ends.local}/${length}`);
		// A router that has the address of the stack itself, as some scripts say, would be none.
		const gateway = [of("gateway_ip"), DEFAULTS.gateway_ip!, SPARE_GATEWAY].find((each) => each !== this.ends.local)!;
		this.node.stack.routes.add({ prefix: six ? "::/0" : "0.0.0.0/0", gateway, interface: iface, onLink: true });
		// A ping from the router: the stack knows its neighbour before the script begins.
		const { local } = this.ends;
		if (six) this.#arrives(echo6({ source: gateway, destination: local }));
		else this.#arrives(icmp({ source: gateway, destination: local, type: 8, rest: 1 }));
		this.world.run(2000);
		this.sent.length = 0;
		this.#start = this.world.clock.now;
	}

	/** Milliseconds since the start of the script. */
	get now(): number {
		return this.world.clock.now - this.#start;
	}

	#arrives(packet: Uint8Array): void {
		const type = this.ends.six ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4;
		this.device.inject(ethernet(this.device.mac, ROUTER, type, packet));
	}

	/** An IP packet comes from the router. */
	inject(packet: Uint8Array): void {
		this.#arrives(packet);
	}

	#captured(frame: Uint8Array): void {
		const type = read16(frame, 12);
		if (type === ETHERTYPE_ARP) return this.#answerArp(frame);
		if (type === ETHERTYPE_IPV6 && !this.ends.six) return;
		const asked = solicited(frame);
		if (asked) {
			if (asked.target === asked.asker || /^(0:)+0$/.test(asked.asker)) return;
			const to = { source: asked.target, destination: asked.asker, target: asked.target };
			const answer = na({ ...to, router: true, solicited: true, override: true }, linkOption(2, ROUTER));
			return this.device.inject(ethernet(this.device.mac, ROUTER, ETHERTYPE_IPV6, answer));
		}
		const packet = outgoing(frame);
		// Reports of groups and solicitations of routers are no business of a script.
		if (packet.destination.startsWith("ff")) return;
		this.sent.push({ at: this.now, packet });
	}

	#answerArp(frame: Uint8Array): void {
		const asked = parseFrame(frame).arp!;
		if (asked.operation !== 1 || asked.target === asked.sender) return;
		const reply = arp({
			operation: ARP_REPLY,
			senderMac: ROUTER,
			sender: asked.target,
			targetMac: asked.senderMac,
			target: asked.sender,
		});
		this.device.inject(ethernet(asked.senderMac, ROUTER, ETHERTYPE_ARP, reply));
	}
}
