// IPv6 Ready Logo, Core Protocols 5.0, section 3: RFC 4862 for hosts, with identifiers by RFC 7217.

import { describe, expect, it } from "vitest";
import type { Bytes } from "../../support/frames.ts";
import { full, ICMP6, ip6, ipv6, linkOption, na, ns, NS, prefixOption, RS, solicitedNode } from "../../support/frames6.ts";
import { Station6, type Sent6 } from "../../support/station6.ts";
import { Host, PREFIX, TN1, TN1_GLOBAL, TR1 } from "./ready.ts";

const MAC = Station6.macOf(TN1);
const unspecified = full("::");

/** An interface that has just begun to try its link-local address, and that address. */
function trying(): { host: Host; tentative: string } {
	const host = new Host();
	for (let i = 0; i < 50; i++) {
		host.run(100);
		const [asked] = host.sent().filter(({ next, payload }) => next === ICMP6 && payload[0] === NS);
		if (asked !== undefined) return { host, tentative: host.linkLocal };
	}
	throw new Error("nothing was tried");
}

const dadNs = (target: string, more: Partial<Parameters<typeof ns>[0]> = {}, options: number[] = []): Bytes =>
	ns({ source: "::", destination: solicitedNode(target), target, ...more }, options);
const dadNa = (target: string, more: Partial<Parameters<typeof na>[0]> = {}, options = linkOption(2, MAC)): Bytes =>
	na({ source: target, destination: "ff02::1", target, override: true, ...more }, options);

describe("v6LC.3.1 duplicate address detection", () => {
	it("3.1.1 Address Autoconfiguration and Duplicate Address Detection", () => {
		const { host, tentative } = trying();
		expect(host.stateOf(tentative)).toBe("tentative");
		host.put(ns(host.asks()));
		expect(host.advertisements()).toEqual([]); // it is not ours yet
		host.run(3000);
		expect(host.stateOf(tentative)).toBe("preferred");
		host.sent();
		host.put(ns(host.asks(), linkOption(1, MAC)));
		expect(host.advertisements().length).toBe(1);
	});

	it.each([
		["A: a solicitation for another", (own: string) => dadNs(own.replace(/.$/, (last) => (last === "1" ? "2" : "1"))), false],
		["B: a solicitation for it", (own: string) => dadNs(own), true],
		["C: an advertisement of another", (own: string) => dadNa(own.replace(/.$/, (last) => (last === "1" ? "2" : "1"))), false],
		["D: an advertisement of it", (own: string) => dadNa(own), true],
	])("3.1.2 Receiving DAD Neighbor Solicitations and Advertisements, %s", (_part, packet, duplicate) => {
		const { host, tentative } = trying();
		host.put(packet(tentative));
		host.run(3500);
		expect(host.stateOf(tentative)).toBe(duplicate ? "none" : "preferred");
		// RFC 7217: another identifier is tried.
		expect(host.linkLocal === tentative).toBe(!duplicate);
		host.sent();
		host.put(ns({ source: TN1, destination: solicitedNode(tentative), target: tentative }, linkOption(1, MAC)));
		expect(host.advertisements().length).toBe(duplicate ? 0 : 1);
	});

	it("3.1.3 Validation of DAD Neighbor Solicitations", () => {
		const ignored: [string, (own: string) => Bytes][] = [
			[
				"A: of 22 bytes",
				(own) => ipv6({ source: "::", destination: solicitedNode(own), hopLimit: 255, next: ICMP6 }, dadNs(own).subarray(40, 62)),
			],
			["B: hop limit", (own) => dadNs(own, { hopLimit: 254 })],
			["C: to the address itself", (own) => dadNs(own, { destination: own })],
			["D: to all", (own) => dadNs(own, { destination: "ff02::1" })],
			["E: code", (own) => dadNs(own, { code: 1 })],
			["F: checksum", (own) => dadNs(own, { checksum: 0x4242 })],
			["G: a group's address", (own) => dadNs(own, { target: solicitedNode(own) })],
			["H: with a hardware address", (own) => dadNs(own, {}, linkOption(1, MAC))],
			["an option of length 0", (own) => dadNs(own, {}, [14, 0, 1, 2, 3, 4, 5, 6])],
		];
		for (const [name, packet] of ignored) {
			const { host, tentative } = trying();
			host.put(packet(tentative));
			host.run(3500);
			expect(host.stateOf(tentative), name).toBe("preferred");
		}
	});

	it("3.1.4 Validation of DAD Neighbor Advertisements", () => {
		const ignored: [string, (own: string) => Bytes][] = [
			[
				"A: of 16 bytes",
				(own) => ipv6({ source: own, destination: "ff02::1", hopLimit: 255, next: ICMP6 }, dadNa(own).subarray(40, 56)),
			],
			["B: hop limit", (own) => dadNa(own, { hopLimit: 254 })],
			["C: code", (own) => dadNa(own, { code: 1 })],
			["D: checksum", (own) => dadNa(own, { checksum: 0x4242 })],
			["E: solicited, and to all", (own) => dadNa(own, { solicited: true })],
			["F: a group's address", (own) => dadNa(own, { target: solicitedNode(own) })],
			["G: an option of length 0", (own) => dadNa(own, {}, [2, 0, ...MAC])],
		];
		for (const [name, packet] of ignored) {
			const { host, tentative } = trying();
			host.put(packet(tentative));
			host.run(3500);
			expect(host.stateOf(tentative), name).toBe("preferred");
		}
		const { host, tentative } = trying();
		host.put(dadNa(tentative, {}, linkOption(1, MAC))); // I: an option that does not belong there is skipped
		host.run(3500);
		expect(host.stateOf(tentative)).toBe("none");
	});

	it("3.1.5 NUT Receives Neighbor Solicitation for its Tentative Address: it is not answered, nor given up", () => {
		const { host, tentative } = trying();
		host.put(ns({ source: TN1, destination: solicitedNode(tentative), target: tentative }, linkOption(1, MAC)));
		expect(host.advertisements()).toEqual([]);
		host.run(3500);
		expect(host.stateOf(tentative)).toBe("preferred");
	});
});

describe("v6LC.3.2 addresses of prefixes", () => {
	it("3.2.1 Global Address Autoconfiguration and DAD", () => {
		const host = new Host();
		host.started();
		host.advertise();
		host.run(1500);
		const tried = host
			.sent()
			.filter((sent: Sent6) => sent.next === ICMP6 && sent.payload[0] === NS && sent.source === unspecified);
		expect(tried.map(({ destination }) => destination)).toEqual([full(solicitedNode(host.global))]);
		host.run(1500);
		expect(host.stateOf(host.global)).toBe("preferred");
	});

	it("3.2.2 Address Lifetime Expiry", () => {
		const host = new Host();
		host.started();
		host.advertise({ options: prefixOption(PREFIX, { valid: 30, preferred: 30 }) });
		host.run(10_000);
		const { global } = host;
		host.put(ns({ source: TN1, destination: solicitedNode(global), target: global }, linkOption(1, MAC)));
		expect(host.advertisements().length).toBe(1);
		host.run(22_000);
		host.sent();
		host.put(ns({ source: TN1, destination: solicitedNode(global), target: global }, linkOption(1, MAC)));
		expect(host.advertisements()).toEqual([]);
	});

	it("3.2.3 Multiple Prefixes and Network Renumbering", () => {
		const host = new Host();
		host.started();
		host.advertise({ options: prefixOption(PREFIX, { valid: 30, preferred: 30 }) });
		host.run(3000);
		const { global } = host;
		host.advertise({ options: prefixOption("2001:db8:9::", { valid: 60, preferred: 60 }) });
		host.run(3000);
		const other = host.auto.state.addresses.find(({ address }) => address.startsWith("2001:db8:9:"))!.address;
		expect([host.stateOf(global), host.stateOf(other)]).toEqual(["preferred", "preferred"]);
		host.run(25_000);
		expect([host.stateOf(global), host.stateOf(other)]).toEqual(["none", "preferred"]);
	});

	const refused: [string, string, Parameters<typeof prefixOption>[1]][] = [
		["A: no autonomous flag", PREFIX, { flags: 0x80 }],
		["B: the prefix of links", "fe80::", {}],
		["C: preferred longer than valid", PREFIX, { valid: 100, preferred: 200 }],
		["D: of another length", PREFIX, { length: 72 }],
		["E: valid for 0 s", PREFIX, { valid: 0, preferred: 0 }],
	];
	it.each(refused)("3.2.4 Prefix-Information Option Processing, %s makes no address", (_part, prefix, fields) => {
		const host = new Host();
		host.started();
		host.advertise({ options: prefixOption(prefix, fields) });
		host.run(3000);
		expect(host.auto.state.addresses.map(({ address }) => address)).toEqual([host.linkLocal]);
	});

	it("3.2.4 one that lasts for ever", () => {
		const host = new Host();
		host.started();
		host.advertise({ options: prefixOption(PREFIX, { valid: -1, preferred: -1 }) });
		host.run(100_000);
		expect(host.stateOf(host.global)).toBe("preferred");
	});

	// Seconds: what was said first, what was said 10 s later, and when it must be gone after that; RFC 4862 §5.5.3 (e).
	it.each([
		["A: longer than what is left", 30, 60, 60],
		["B: longer than two hours, and less than what is left", 20_000, 8000, 8000],
		["C: less than two hours, and what is left is less, too", 60, 20, 50],
		["D: less than two hours, of more", 20_000, 60, 7200],
	])("3.2.5 Prefix-Information Option Processing, Lifetime: %s", (_part, first, second, gone) => {
		const host = new Host();
		host.started();
		host.advertise({ options: prefixOption(PREFIX, { valid: first, preferred: Math.min(first, 10) }) });
		host.run(10_000);
		const { global } = host;
		host.advertise({ options: prefixOption(PREFIX, { valid: second, preferred: Math.min(second, 10) }) });
		host.run((gone - 3) * 1000);
		expect(host.stateOf(global)).toBe("deprecated");
		host.run(6000);
		expect(host.stateOf(global)).toBe("none");
	});
});

describe("v6LC.3.3 what is deprecated", () => {
	it("3.3.1 answers, and is not chosen", () => {
		const host = new Host();
		host.started();
		host.advertise({ options: [...prefixOption(PREFIX, { preferred: 10 }), ...prefixOption("2001:db8:9::")] });
		host.run(15_000);
		const { global } = host;
		expect(host.stateOf(global)).toBe("deprecated");
		host.replies(host.ping({ source: TN1_GLOBAL, destination: global }), 1);
	});
});

it("nothing but solicitations is sent before the first address is ours", () => {
	const host = new Host();
	host.run(1000);
	for (const { source, next, payload } of host.sent()) {
		if (payload[0] === RS) continue;
		expect(source).toBe(unspecified);
		if (next === ICMP6) expect([NS, 143]).toContain(payload[0]);
	}
	expect(ip6(TR1).length).toBe(16);
});
