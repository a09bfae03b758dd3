// An IPv4 address of the link where nobody gives another: RFC 3927, by section.

import { describe, expect, it } from "vitest";
import { LinkLocal } from "../../../../src/service/linklocal/linklocal.ts";
import { ARP_REPLY, ARP_REQUEST, ip, ipText } from "../../../support/frames.ts";
import { World } from "../../../support/world.ts";
import { Alone } from "./alone.ts";

const isLinkLocal = (address: string | null): boolean => {
	const [a, b, c] = (address ?? "").split(".").map(Number);
	return a === 169 && b === 254 && c! >= 1 && c! <= 254;
};

class Scene extends Alone {
	make(): LinkLocal {
		const { told } = this;
		return new LinkLocal(this.stack, "eth0", {
			onChanged() {
				told.push(this.address);
			},
		});
	}

	/** Probes and announcements as they were sent: "who asks for whom", and when. */
	get arps(): [string, string, number][] {
		return this.server.arps.map(({ sender, target, at }) => [ipText(sender), ipText(target), at]);
	}
}

/** An address in use after eight seconds. */
function begun(): { scene: Scene; made: LinkLocal; address: string } {
	const scene = new Scene();
	const made = scene.make();
	scene.world.run(15_000);
	scene.server.arps.length = 0;
	return { scene, made, address: made.address! };
}

describe("an address", () => {
	it("is chosen by the hardware address, probed for three times and announced twice: §2.1, §2.2.1, §2.4", () => {
		const scene = new Scene();
		const made = scene.make();
		scene.world.run(15_000);
		const address = made.address!;
		expect(isLinkLocal(address)).toBe(true);
		expect(scene.addresses()).toEqual([`${address}/16`]);
		expect(scene.arps.map(([from, to]) => `${from} ${to}`)).toEqual([
			...Array<string>(3).fill(`0.0.0.0 ${address}`),
			...Array<string>(2).fill(`${address} ${address}`),
		]);
		const at = scene.arps.map((each) => each[2]);
		expect(at[0]! - 1000).toBeLessThan(1000);
		for (const i of [1, 2]) {
			expect(at[i]! - at[i - 1]!).toBeGreaterThanOrEqual(1000);
			expect(at[i]! - at[i - 1]!).toBeLessThan(2000);
		}
		expect([at[3]! - at[2]!, at[4]! - at[3]!]).toEqual([2000, 2000]);
		expect(scene.told).toEqual([address]);
		// Another random seed, the same board.
		const again = new Scene(2);
		const second = again.make();
		again.world.run(15_000);
		expect(second.address).toBe(address);
	});

	it.each<[string, (scene: Scene, address: string) => void]>([
		["has it", (scene, address) => scene.server.taken.add(address)],
		["says so", (scene, address) => scene.server.arp(ARP_REQUEST, address, address)],
		["probes for it, too", (scene, address) => scene.server.arp(ARP_REQUEST, "0.0.0.0", address)],
	])("is another when a station %s: §2.2.1", (_, act) => {
		const scene = new Scene();
		const made = scene.make();
		scene.world.until(() => scene.server.arps.length > 0, 3000);
		const first = ipText(scene.server.arps[0]!.target);
		act(scene, first);
		scene.world.run(20_000);
		expect(isLinkLocal(made.address)).toBe(true);
		expect(made.address).not.toBe(first);
		expect(made.state.conflicts).toBe(1);
	});

	it("is looked for once a minute after ten conflicts: §2.2.1", () => {
		const scene = new Scene();
		const made = scene.make();
		const counts: number[] = [];
		for (let i = 0; i < 300; i++) {
			scene.world.run(1000);
			const last = scene.server.arps.at(-1);
			if (last !== undefined && last.sender === 0) scene.server.arp(ARP_REPLY, ipText(last.target), 0);
			counts.push(made.state.conflicts);
		}
		expect(counts[40]).toBeGreaterThanOrEqual(10);
		expect(counts[299]! - counts[40]!).toBeGreaterThanOrEqual(3);
		expect(counts[299]! - counts[40]!).toBeLessThanOrEqual(5);
	});

	it("is defended once, and given up for another when that happens again within ten seconds: §2.5", () => {
		const { scene, made, address } = begun();
		scene.server.arp(ARP_REQUEST, address, address);
		scene.world.run(9000);
		expect(scene.arps.map(([from, to]) => `${from} ${to}`)).toEqual([`${address} ${address}`]);
		expect(made.address).toBe(address);
		scene.world.run(2000);
		scene.server.arp(ARP_REQUEST, address, address);
		scene.world.run(100);
		expect(made.address).toBe(address); // more than ten seconds later
		scene.world.run(5000);
		scene.server.arp(ARP_REQUEST, address, address);
		scene.world.run(100);
		expect(made.address).toBe(null);
		scene.world.run(10_000);
		expect(isLinkLocal(made.address)).toBe(true);
		expect(made.address).not.toBe(address);
		expect(scene.told).toEqual([address, null, made.address]);
	});

	it("is said to everybody, in replies too: §2.5", () => {
		const { scene, address } = begun();
		const frames: Uint8Array[] = [];
		const { onSend } = scene.server.device;
		scene.server.device.onSend = (frame) => {
			frames.push(frame.slice());
			onSend?.(frame);
		};
		scene.server.arp(ARP_REQUEST, "169.254.77.7", address);
		scene.world.run(10);
		expect(frames.map((frame) => [frame[21], ...frame.subarray(0, 6)])).toEqual([[2, 255, 255, 255, 255, 255, 255]]);
	});

	it("goes with the link, and is probed for again when that comes back", () => {
		const { scene, made, address } = begun();
		scene.server.device.setLink(false);
		scene.world.run(100);
		expect(made.address).toBe(null);
		expect(scene.addresses()).toEqual([]);
		scene.server.device.setLink(true);
		scene.world.run(10_000);
		expect(made.address).toBe(address);
		expect(scene.arps.filter(([from]) => from === "0.0.0.0")).toHaveLength(3);
	});

	it("reaches another station that has one: two boards alone on a wire", () => {
		const world = new World(3);
		const segment = world.segment();
		const boards = [1, 2].map((mac) => {
			const node = world.node(`board ${mac}`);
			node.ethernet("eth0", segment.port({ mac }));
			return { node, made: new LinkLocal(node.stack, "eth0") };
		});
		world.run(15_000);
		const [one, other] = boards as [(typeof boards)[0], (typeof boards)[0]];
		expect(one.made.address).not.toBe(other.made.address);
		const socket = other.node.stack.udp.open("", 7, 0);
		const from = one.node.stack.udp.open("", 0, 0);
		one.node.stack.udp.send(from, other.made.address!, 7, Uint8Array.of(1, 2), 0, 2);
		world.run(100);
		expect(other.node.stack.udp.pending(socket)).toBe(1);
	});
});

describe("beside DHCP", () => {
	it("it is taken when that was not answered for eight seconds, and goes when there is a lease: §1.9", () => {
		const scene = new Scene();
		const client = scene.client();
		const made = scene.make();
		scene.world.run(7900);
		expect(scene.arps).toEqual([]);
		expect(made.state.state).toBe("waiting");
		scene.world.run(8000);
		const { address } = made;
		expect(isLinkLocal(address)).toBe(true);
		expect(client.state.state).toBe("selecting");
		scene.server.silent = false;
		expect(scene.bound(client, 70_000)).toBe(true);
		scene.world.run(100);
		expect(scene.addresses()).toEqual(["192.168.1.100/24"]);
		expect([made.address, made.state.state]).toEqual([null, "idle"]);
		expect(scene.told).toEqual([address, null]);
		scene.world.run(60_000);
		expect(scene.addresses()).toEqual(["192.168.1.100/24"]);
	});

	it("it is not taken where DHCP answers, also when that comes while it is probed for", () => {
		const scene = new Scene();
		scene.server.silent = false;
		const client = scene.client();
		const made = scene.make();
		scene.world.run(20_000);
		expect(scene.told).toEqual([]);
		expect(scene.addresses()).toEqual(["192.168.1.100/24"]);
		client.close();
		scene.world.run(10_000);
		expect(isLinkLocal(made.address)).toBe(true); // nobody asks any more

		const late = new Scene();
		const other = late.client();
		late.make();
		late.world.until(() => late.server.arps.length > 1, 15_000);
		late.server.silent = false;
		other.renew();
		late.world.run(20_000);
		expect(late.told).toEqual([]);
		expect(late.addresses()).toEqual(["192.168.1.100/24"]);
	});

	it("it makes room for an address that a program sets, and comes back when that goes", () => {
		const { scene, made, address } = begun();
		const fixed = scene.link.addAddress("10.0.0.1/24");
		scene.world.run(100);
		expect(scene.addresses()).toEqual(["10.0.0.1/24"]);
		scene.link.removeAddress(fixed);
		scene.world.run(10_000);
		expect(made.address).toBe(address);
		made.close();
		made.close();
		expect(scene.addresses()).toEqual([]);
		expect(scene.stack.services.list).toEqual([]);
		expect(scene.link.probed).toBe(0);
	});
});

describe("what is wrong", () => {
	it("is told", () => {
		const scene = new Scene();
		expect(() => new LinkLocal(scene.stack, "lo")).toThrow(
			"link-local address on lo: is loopback; expected an Ethernet interface",
		);
		expect(() => new LinkLocal(scene.stack, "eth7")).toThrow('interface "eth7": expected');
		expect(() => new LinkLocal(scene.stack, "eth0", { onChanged: 1 as never })).toThrow("onChanged 1: expected a function");
		const made = scene.make();
		expect(() => scene.make()).toThrow("link-local address on eth0: there is one already; close that first");
		scene.world.run(15_000);
		scene.stack.interfaces.remove(scene.link);
		scene.world.run(100);
		expect(made.address).toBe(null);
		expect(ip("169.254.1.0")).toBe(0xa9fe0100 | 0);
	});
});
