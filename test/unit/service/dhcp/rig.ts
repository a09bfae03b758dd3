// A stack with Ethernet interfaces, a scripted server on each, and clients.

import type { StackOptions } from "../../../../src/config.ts";
import type { EthernetInterface } from "../../../../src/link/ethernet.ts";
import { DhcpClient } from "../../../../src/service/dhcp/client.ts";
import type { DhcpOptions } from "../../../../src/service/dhcp/options.ts";
import type { Stack } from "../../../../src/stack.ts";
import { DhcpServer } from "../../../support/dhcp.ts";
import { ipText } from "../../../support/frames.ts";
import { macOf } from "../../../support/wire.ts";
import { World, type Node } from "../../../support/world.ts";

export class Rig {
	readonly world: World;
	readonly node: Node;
	readonly stack: Stack;
	readonly servers: DhcpServer[] = [];
	readonly links: EthernetInterface[] = [];

	constructor({ interfaces = 1, seed = 1, start = 1000, ...options }: StackOptions & { seed?: number; start?: number } = {}) {
		this.world = new World(seed, start);
		this.node = this.world.node("client", options);
		this.stack = this.node.stack;
		for (let i = 0; i < interfaces; i++) {
			const device = this.world.device({ mac: macOf(i + 1), numbered: i % 2 === 1 });
			this.servers.push(new DhcpServer(this.world, device));
			this.links.push(this.node.ethernet(`eth${i}`, device));
		}
	}

	get server(): DhcpServer {
		return this.servers[0]!;
	}

	get link(): EthernetInterface {
		return this.links[0]!;
	}

	client(options: DhcpOptions<DhcpClient> = {}, index = 0): DhcpClient {
		return new DhcpClient(this.stack, this.links[index]!, options);
	}

	/** Runs until the client is bound; false when it is not after `ms`. */
	bound(client: DhcpClient, ms = 15_000): boolean {
		return this.world.until(() => client.state.state === "bound", ms);
	}

	/** Addresses of an interface as text. */
	addresses(index = 0): string[] {
		return this.links[index]!.addresses.map((own) => String(own));
	}

	/** Routes as "prefix gateway interface metric", those of subnets and of loopback left out. */
	routes(): string[] {
		return this.stack.routes.list
			.filter((route) => !route.connected)
			.map((route) => `${route} ${route.nextHop || "0.0.0.0"} ${route.link.name} ${route.metric + route.link.ip.metric}`);
	}

	/** The interface that a packet to that address leaves by, "" for none. */
	way(address: number): string {
		return this.stack.routes.find(ipText(address), 0)?.link.name ?? "";
	}
}
