// NAT by several interfaces: of those that `nat.out` names the one translates that the best default route leads by.

import { describe, expect, it } from "vitest";
import { Router } from "../../../../src/service/router/router.ts";
import { World, type Node } from "../../../support/world.ts";

const FAR = "203.0.113.9";

class Scene {
	readonly world = new World(3);
	readonly board: Node;
	readonly host: Node;
	readonly far: Node[] = [];

	constructor() {
		const { world } = this;
		this.board = world.node("board", { forwarding: true, router: { entries: 16 }, interfaces: 4 });
		const { stack } = this.board;
		const lan = world.segment();
		this.board.ethernet("lan0", lan.port({ mac: 1 }), "192.168.1.1/24");
		this.host = world.node("host");
		const link = this.host.ethernet("eth0", lan.port({ mac: 2 }), "192.168.1.5/24");
		this.host.stack.routes.add({ prefix: "0.0.0.0/0", gateway: "192.168.1.1", interface: link });
		for (const n of [1, 2]) {
			const segment = world.segment();
			const up = this.board.ethernet(`eth${n}`, segment.port({ mac: 10 + n }), `10.${n}.0.2/24`);
			stack.routes.add({ prefix: "0.0.0.0/0", gateway: `10.${n}.0.1`, interface: up, metric: n });
			const far = world.node(`far ${n}`);
			far.ethernet("eth0", segment.port({ mac: 20 + n }), `10.${n}.0.1/24`, `${FAR}/32`);
			this.far.push(far);
		}
	}

	/** Sends a datagram to the far host; who it was sent by as either end of the two uplinks sees it, "" where nothing came. */
	send(): string[] {
		const heard = this.far.map(({ stack }) => stack.udp.open("", 7, 0));
		const { udp } = this.host.stack;
		const socket = udp.open("", 0, 0);
		for (let i = 0; i < 2; i++) {
			udp.send(socket, FAR, 7, new Uint8Array(1), 0, 1);
			this.world.run(1500);
		}
		udp.close(socket);
		return heard.map((each, i) => {
			const { udp: own } = this.far[i]!.stack;
			const said = own.read(each, new Uint8Array(1), 0, 1) < 0 ? "" : each.fromAddress;
			own.close(each);
			return said;
		});
	}
}

describe("nat.out", () => {
	it("may be several: the one that the best default route leads by translates, another one when that is down or leads nowhere", () => {
		const scene = new Scene();
		const { stack } = scene.board;
		new Router(stack, { nat: { out: ["eth2", "eth1"] } });
		expect(scene.send()).toEqual(["10.1.0.2", ""]);
		const first = stack.interfaces.find("eth1")!;
		first.enabled = false;
		scene.world.run(10);
		expect(scene.send()).toEqual(["", "10.2.0.2"]);
		first.enabled = true;
		scene.world.run(10);
		expect(scene.send()).toEqual(["10.1.0.2", ""]);
	});

	it.each([
		[{ out: [] }, TypeError, "nat.out []: expected the name of an interface, or an array of some"],
		[{ out: 7 }, TypeError, "nat.out 7: expected the name"],
		[{ out: ["eth1", "eth9"] }, RangeError, 'nat.out "eth9"'],
	])("%j is refused", (nat, type, message) => {
		const { board } = new Scene();
		const make = () => new Router(board.stack, { nat: nat as unknown as { out: string } });
		expect(make).toThrow(type);
		expect(make).toThrow(message);
	});
});
