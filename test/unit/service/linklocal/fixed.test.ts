// A fixed address that is probed for before it is used: RFC 5227 §2.1.

import { describe, expect, it } from "vitest";
import { FixedAddress } from "../../../../src/service/linklocal/fixed.ts";
import { LinkLocal } from "../../../../src/service/linklocal/linklocal.ts";
import { createIO } from "../../../../src/io/io.ts";
import { ARP_REPLY, ARP_REQUEST, ipText } from "../../../support/frames.ts";
import { Alone } from "./alone.ts";

const OWN = "10.9.0.2";

class Scene extends Alone {
	make(address = `${OWN}/24`): FixedAddress {
		const { told } = this;
		return new FixedAddress(this.stack, "eth0", address, {
			onChanged() {
				told.push(this.address);
			},
		});
	}

	arps(): string[] {
		return this.server.arps.splice(0).map(({ sender, target }) => `${ipText(sender)} ${ipText(target)}`);
	}
}

const PROBES = Array<string>(3).fill(`0.0.0.0 ${OWN}`);
const ANNOUNCED = Array<string>(2).fill(`${OWN} ${OWN}`);

describe("a fixed address that is probed for", () => {
	it("is used 4 to 7 s later, and announced", () => {
		const scene = new Scene();
		const made = scene.make();
		scene.world.run(3900);
		expect([made.address, scene.addresses()]).toEqual([null, []]);
		scene.world.run(3200);
		expect([made.address, scene.addresses(), scene.told]).toEqual([OWN, [`${OWN}/24`], [OWN]]);
		scene.world.run(3000);
		expect(scene.arps()).toEqual([...PROBES, ...ANNOUNCED]);
		expect(made.state).toEqual({ state: "using", address: OWN, conflicts: 0 });
	});

	it("has a gateway before it is there", () => {
		const scene = new Scene();
		const route = { prefix: "0.0.0.0/0", gateway: "10.9.0.1", interface: scene.link };
		scene.make();
		scene.stack.routes.add({ ...route, onLink: true });
		expect(scene.stack.routes.find("192.0.2.1", 0)).toBe(undefined);
		scene.world.run(8000);
		expect(scene.stack.ip.wayTo("192.0.2.1").nextHop).toBe("10.9.0.1");
	});

	it.each<[string, (scene: Scene) => void]>([
		["has it", (scene) => scene.server.taken.add(OWN)],
		["says so", (scene) => scene.server.arp(ARP_REPLY, OWN, 0)],
		["probes for it, too", (scene) => scene.server.arp(ARP_REQUEST, "0.0.0.0", OWN)],
	])("is not used when a station %s; it is tried again after a minute", (_, act) => {
		const scene = new Scene();
		const made = scene.make();
		scene.world.until(() => scene.server.arps.length > 0, 3000);
		act(scene);
		scene.world.run(20_000);
		expect([made.address, scene.addresses()]).toEqual([null, []]);
		expect(made.state).toMatchObject({ state: "probing", conflicts: 1 });
		expect(scene.told).toEqual([null]);
		scene.server.taken.clear();
		scene.world.run(50_000);
		expect(made.address).toBe(OWN);
	});

	it("is defended for ever once it is used: §2.4 (c)", () => {
		const scene = new Scene();
		const made = scene.make();
		scene.world.run(11_000);
		scene.arps();
		for (let i = 0; i < 3; i++) {
			scene.server.arp(ARP_REQUEST, OWN, OWN);
			scene.world.run(5000);
		}
		expect(made.address).toBe(OWN);
		expect(scene.arps()).toEqual(ANNOUNCED);
	});

	it("is probed for again when the link was away, and what used it goes on", () => {
		const scene = new Scene();
		const made = scene.make();
		scene.world.run(11_000);
		const io = createIO(scene.stack);
		let gone = false;
		new io.UDP({ address: OWN, port: 7, onError: () => (gone = true) });
		scene.arps();
		const { device } = scene.server;
		device.setLink(false);
		scene.world.run(1000);
		expect([made.address, scene.addresses()]).toEqual([null, []]);
		device.setLink(true);
		scene.world.run(11_000);
		expect(scene.arps()).toEqual([...PROBES, ...ANNOUNCED]);
		expect([made.address, gone]).toEqual([OWN, false]);
		device.setLink(false);
		scene.world.run(1000);
		scene.server.taken.add(OWN);
		device.setLink(true);
		scene.world.run(11_000);
		expect([made.address, gone]).toEqual([null, true]);
	});

	it("goes when it is closed", () => {
		const scene = new Scene();
		const made = scene.make();
		scene.world.run(11_000);
		made.close();
		made.close();
		expect(scene.addresses()).toEqual([]);
		expect(() => new LinkLocal(scene.stack, "eth0")).not.toThrow();
		expect(() => scene.make()).toThrow("fixed address on eth0: there is one already; close that first");
	});

	it.each<[unknown, string]>([
		["10.9.0.2", '"10.9.0.2": expected an IP address and a prefix length'],
		["2001:db8::2/64", '"2001:db8::2/64": expected an IPv4 address that one host may have'],
		["224.0.0.5/24", '"224.0.0.5/24": expected an IPv4 address that one host may have'],
		["0.0.0.0/8", '"0.0.0.0/8": expected an IPv4 address that one host may have'],
		["255.255.255.255/32", '"255.255.255.255/32": expected an IPv4 address that one host may have'],
		["127.0.0.2/8", '"127.0.0.2/8": expected an IPv4 address that one host may have'],
		[7, "7: expected a string"],
	])("cannot be %s", (address, message) => {
		const scene = new Scene();
		expect(() => scene.make(address as string)).toThrow(message);
		expect(() => new FixedAddress(scene.stack, "lo", `${OWN}/24`)).toThrow("fixed address on lo: is loopback");
	});
});
