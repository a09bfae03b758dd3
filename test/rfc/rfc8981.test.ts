// RFC 8981: temporary addresses beside the stable one of a prefix, a source before it (RFC 6724 rule 7), and another one before it is deprecated.

import { expect, it } from "vitest";
import { Autoconfiguration, type AutoconfigurationOptions } from "../../src/service/ipv6/autoconfiguration.ts";
import { EthernetSocket } from "../../src/service/network/ethernet.ts";
import { linkOption, na, NA, prefixOption, ra } from "../support/frames6.ts";
import { Station6 } from "../support/station6.ts";
import { macOf } from "../support/wire.ts";

const ROUTER = "fe80::1";
const PREFIX = "2001:db8:77::";
const DAY = 86_400_000;
const HOUR = 3_600_000;

class Host {
	readonly s = new Station6([]);
	readonly auto: Autoconfiguration;

	constructor(options: AutoconfigurationOptions = {}) {
		this.auto = new Autoconfiguration(this.s.node.stack, "eth0", { temporary: true, ...options });
		this.s.world.run(4000);
		this.said();
	}

	said(prefix: Parameters<typeof prefixOption>[1] = { valid: 30 * 86_400, preferred: 7 * 86_400 }): void {
		const options = [...linkOption(1, macOf(0x1001)), ...prefixOption(PREFIX, prefix)];
		this.s.ip(ra({ source: ROUTER, destination: "ff02::1", lifetime: 9000 }, options));
		this.s.world.run(3000);
	}

	/** Time passes, and the router says it every hour. */
	run(ms: number): void {
		for (let at = 0; at < ms; at += HOUR) {
			this.s.world.run(HOUR - 3000);
			this.said();
		}
	}

	get temporary() {
		return this.auto.state.addresses.filter(({ temporary }) => temporary);
	}

	get current(): string {
		return this.temporary.find(({ state }) => state === "preferred")!.address;
	}

	get source(): string {
		return this.s.node.stack.ip.wayTo("2001:db8:99::5").source;
	}
}

it("§3.4: there is one beside the stable address, and it is the source", () => {
	const host = new Host();
	const { addresses } = host.auto.state;
	expect(addresses.map(({ temporary, state }) => `${temporary} ${state}`)).toEqual([
		"false preferred",
		"false preferred",
		"true preferred",
	]);
	expect(host.source).toBe(host.current);
	expect(new Host({ temporary: false }).temporary).toEqual([]);
	expect(() => new Host({ temporary: 1 as never })).toThrow("temporary 1: expected true or false");
});

it("§3.3.1: two at the same time and place are different", () => {
	const host = new Host();
	const first = host.current;
	host.run(2 * DAY);
	expect(host.current).not.toBe(first);
});

it("§3.5: before it is deprecated there is another one; after two days it goes", () => {
	const host = new Host();
	const first = host.current;
	const seen = new Set<string>();
	for (let hour = 0; hour < 25; hour++) {
		host.run(HOUR);
		// Never without one that is preferred.
		expect(host.source).toBe(host.current);
		seen.add(host.current);
	}
	expect(host.current).not.toBe(first);
	expect(seen.size).toBeLessThanOrEqual(3); // each lasts for six tenths of a day at the least: §3.8
	host.run(DAY);
	expect(host.temporary.some(({ address }) => address === first)).toBe(false);
	expect(host.auto.state.addresses.length).toBeLessThanOrEqual(4);
});

it("lasts no longer than its prefix", () => {
	const host = new Host();
	host.said({ valid: 100, preferred: 50 });
	host.s.world.run(50_000);
	expect(host.temporary.map(({ state }) => state)).toEqual(["deprecated"]);
	host.s.world.run(7_200_000);
	expect(host.temporary).toEqual([]);
});

it("§3.4 (5): of a prefix that is preferred for five seconds there is none", () => {
	const s = new Station6([]);
	const auto = new Autoconfiguration(s.node.stack, "eth0", { temporary: true });
	s.world.run(4000);
	s.ip(ra({ source: ROUTER, destination: "ff02::1", lifetime: 1800 }, prefixOption(PREFIX, { valid: 60, preferred: 5 })));
	s.world.run(1000);
	expect(auto.state.addresses.map(({ temporary }) => temporary)).toEqual([false, false]);
});

it("§3.3.3: gives way to a station that has it already", () => {
	const s = new Station6([]);
	const auto = new Autoconfiguration(s.node.stack, "eth0", { temporary: true });
	const mine = () => auto.state.addresses.find(({ temporary }) => temporary);
	s.world.run(4000);
	s.ip(ra({ source: ROUTER, destination: "ff02::1", lifetime: 1800 }, prefixOption(PREFIX)));
	s.world.until(() => mine() !== undefined, 1000);
	const first = mine()!.address;
	s.world.run(900);
	expect(mine()!.state).toBe("tentative");
	s.ip(na({ source: first, destination: "ff02::1", target: first, override: true }, linkOption(2, macOf(7))));
	s.world.run(4000);
	expect(mine()).toMatchObject({ state: "preferred" });
	expect(mine()!.address).not.toBe(first);
	expect(NA).toBe(136);
});

it("with no room for two it comes in the place of the one before, but not while a connection uses that", () => {
	const host = new Host();
	host.s.link.addAddress("10.0.0.2/24"); // four addresses
	const { stack } = host.s.node;
	const first = host.current;
	const tcb = stack.tcp.connect("2001:db8:99::5", 80, { localAddress: first });
	stack.tcp.setUserTimeout(tcb, 2 ** 31 - 1);
	for (let hour = 0; hour < 26 && host.temporary.every(({ state }) => state === "preferred"); hour++) host.run(HOUR);
	host.s.world.run(200_000);
	stack.tcp.abort(tcb);
	host.s.world.run(200_000);
	expect(host.current).not.toBe(first);
	expect(host.temporary.length).toBe(1);
});

it("may be turned on and off by Ethernet.configure, while it runs", () => {
	const host = new Host({ temporary: false });
	const { stack } = host.s.node;
	const eth = new EthernetSocket(stack, { port: "eth0" });
	const stable = host.source;
	eth.configure({ temporary: true });
	host.s.world.run(2000);
	expect(host.source).toBe(host.current);
	eth.configure({ temporary: true });
	host.s.world.run(2000);
	expect(host.temporary.length).toBe(1);
	eth.configure({ hostname: "board" });
	expect(host.auto.temporary).toBe(true);
	eth.configure({ temporary: false });
	host.s.world.run(2000);
	expect([host.temporary, host.source, host.auto.temporary]).toEqual([[], stable, false]);
	host.said();
	expect(host.temporary).toEqual([]);
	expect(() => eth.configure({ temporary: 1 as never })).toThrow("temporary 1: expected true or false");
	host.auto.close();
	eth.configure({ temporary: false });
	expect(() => eth.configure({ temporary: true })).toThrow(
		'temporary true of eth0: it hears no routers of IPv6; give it "ipv6": "auto", or an Autoconfiguration',
	);
});
