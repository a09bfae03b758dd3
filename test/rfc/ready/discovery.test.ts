// IPv6 Ready Logo, Core Protocols 5.0, section 2.1: address resolution and neighbour unreachability detection, RFC 4861 §7. Of its cases 2.1.13 (anycast) is for routers here.

import { describe, expect, it } from "vitest";
import { ip6, echo6, full, ICMP6, ipv6, linkOption, na, NA, ns, prefixOption, solicitedNode } from "../../support/frames6.ts";
import { concat, u32 } from "../../support/frames.ts";
import { Station6, type Sent6 } from "../../support/station6.ts";
import { macOf } from "../../support/wire.ts";
import { Host, PREFIX, TN1, TN1_GLOBAL, TN2, TR1 } from "./ready.ts";

const TN1_MAC = Station6.macOf(TN1);
const OTHER_MAC = macOf(0x7777);
const text = (mac: ArrayLike<number>) => Array.from(mac, (byte) => byte.toString(16).padStart(2, "0")).join(":");
const targetOf = ({ payload }: Sent6) => [...payload.subarray(8, 24)].join();

describe("v6LC.2.1 who is on the link", () => {
	it("2.1.1 On-link Determination", () => {
		const host = new Host();
		host.started();
		host.station.answers = false;
		host.put(echo6({ source: TN1, destination: host.linkLocal })); // A
		expect(host.solicitations().map(targetOf)).toEqual([ip6(TN1).join()]);
		host.advertise();
		host.run(3000);
		host.sent();
		host.put(echo6({ source: TN1_GLOBAL, destination: host.global })); // B: the prefix covers it
		expect(host.solicitations().map(targetOf)).toContain(ip6(TN1_GLOBAL).join());
		host.put(echo6({ source: TN2, destination: host.global })); // C: it does not; TR1 is known by its advertisement
		expect(host.solicitations().map(targetOf)).not.toContain(ip6(TN2).join());
	});

	it("2.1.2 Resolution Wait Queue", () => {
		const host = Host.ready();
		host.station.answers = false;
		for (let seq = 1; seq <= 3; seq++) host.put(echo6({ source: TN1, destination: host.linkLocal, seq }));
		expect(host.answers()).toEqual([]);
		host.put(
			na({ source: TN1, destination: host.linkLocal, target: TN1, solicited: true, override: true }, linkOption(2, TN1_MAC)),
		);
		const sent = host.answers();
		expect(sent.length).toBeGreaterThan(0);
		expect(sent.at(-1)!.payload[7]).toBe(3); // the last one is kept
		// B: one for each neighbour that is asked for.
		for (const source of [TN1_GLOBAL, "2001:db8:1::101"]) host.put(echo6({ source, destination: host.global }));
		for (const source of [TN1_GLOBAL, "2001:db8:1::101"])
			host.put(
				na(
					{ source, destination: host.global, target: source, solicited: true, override: true },
					linkOption(2, Station6.macOf(source)),
				),
			);
		host.replies(host.answers(), 2);
	});

	it("2.1.3 Prefix Information Option Processing, On-link Flag", () => {
		const host = new Host();
		host.started();
		host.advertise({ options: prefixOption(PREFIX, { flags: 0x40 }) });
		host.run(3000);
		host.sent();
		host.station.answers = false;
		const sent = host.ping({ source: TN1_GLOBAL });
		expect(sent.map(({ to }) => text(to))).toEqual([text(Station6.macOf(TR1))]); // by the router
	});

	it("2.1.4 Host Prefix List", () => {
		const host = new Host();
		host.started();
		host.advertise({ options: prefixOption(PREFIX, { valid: 10, preferred: 10 }) });
		host.run(8000);
		host.replies(host.ping({ source: TN1_GLOBAL }), 1); // A: it has not expired
		host.advertise({ options: prefixOption(PREFIX, { valid: 10, preferred: 10 }) });
		host.run(8000);
		host.replies(host.ping({ source: TN1_GLOBAL }), 1); // B: it was said again
	});
});

describe("v6LC.2.1 asking", () => {
	it.each([
		["A", TN1],
		["B", TN1_GLOBAL],
	])("2.1.5 Neighbor Solicitation Origination, Address Resolution: %s", (_part, source) => {
		const host = Host.ready();
		host.station.answers = false;
		const own = source === TN1 ? host.linkLocal : host.global;
		host.put(echo6({ source, destination: own }));
		host.run(5000);
		const sent = host.solicitations(source);
		expect(sent.map(({ destination }) => destination)).toEqual(Array.from({ length: 3 }, () => full(solicitedNode(source))));
		for (const { payload, hopLimit } of sent) {
			expect(hopLimit).toBe(255);
			expect([...payload.subarray(24)]).toEqual(linkOption(1, macOf(1)));
		}
	});

	it("2.1.6 Neighbor Solicitation Origination, Reachability Confirmation", () => {
		const host = Host.ready();
		host.known("stale");
		host.put(echo6({ source: TN1, destination: host.linkLocal }));
		host.run(10_000);
		const sent = host.solicitations(TN1);
		expect(sent.length).toBe(3);
		for (const { destination, to } of sent) {
			expect(destination).toBe(full(TN1));
			expect(text(to)).toBe(text(TN1_MAC));
		}
	});
});

describe("v6LC.2.1 being asked", () => {
	it("2.1.7 Invalid Neighbor Solicitation Handling", () => {
		const host = Host.ready();
		const asks = host.asks();
		const option = linkOption(1, TN1_MAC);
		const refused = [
			ns({ ...asks, target: solicitedNode(asks.target) }, option), // A: a group is asked for
			ns({ ...asks, source: "::", destination: host.linkLocal }), // B: nobody asks one station
			ns({ ...asks, source: "::" }, option), // C: nobody has a hardware address
			ns({ ...asks, hopLimit: 254 }, option), // D
			ns({ ...asks, checksum: 0x1234 }, option), // E
			ns({ ...asks, code: 1 }, option), // F
			ipv6({ ...asks, hopLimit: 255, next: ICMP6 }, ns(asks).subarray(40, 62)), // G: 22 bytes
			ns(asks, [1, 0, ...TN1_MAC]), // H: an option of length 0
		];
		for (const packet of refused) {
			host.put(packet);
			expect(host.advertisements()).toEqual([]);
		}
		expect(host.neighbor(TN1)).toBe("none");
		host.put(ns(asks, option));
		expect(host.advertisements().length).toBe(1);
	});

	it("2.1.8 Neighbor Solicitation Processing, No NCE", () => {
		for (const [destination, option] of [
			["unicast", true],
			["multicast", true],
			["unicast", false],
		] as const) {
			const host = Host.ready();
			const asks = host.asks(destination === "unicast" ? { destination: host.linkLocal } : {});
			host.put(ns(asks, option ? linkOption(1, TN1_MAC) : []));
			const answers = host.advertisements();
			expect(answers).toMatchObject([{ source: full(host.linkLocal), destination: full(TN1), hopLimit: 255 }]);
			expect(answers[0]!.payload[4]! & 0x40).toBe(0x40);
			if (option) expect(host.neighbor(TN1)).toBe("stale");
		}
	});

	it.each(["incomplete", "reachable", "stale", "probe"] as const)(
		"2.1.9 to 2.1.12 Neighbor Solicitation Processing, NCE State %s",
		(state) => {
			const same = Host.ready();
			same.known(state);
			same.put(ns(same.asks(), linkOption(1, TN1_MAC)));
			expect(same.advertisements().length).toBe(1);
			expect(same.macOfNeighbor(TN1)).toBe(text(TN1_MAC));
			expect(same.neighbor(TN1)).toBe(state === "incomplete" ? "delay" : state); // a reply went to it
			// Another hardware address is taken, and not believed to be reachable.
			const other = Host.ready();
			other.known(state);
			other.put(ns(other.asks(), linkOption(1, OTHER_MAC)), OTHER_MAC);
			expect(other.macOfNeighbor(TN1)).toBe(text(OTHER_MAC));
			expect(other.neighbor(TN1)).toBe(state === "incomplete" ? "delay" : "stale");
			// None: nothing changes.
			const without = Host.ready();
			without.known(state);
			without.put(ns(without.asks({ destination: without.linkLocal })));
			expect(without.neighbor(TN1)).toBe(state);
		},
	);
});

describe("v6LC.2.1 being answered", () => {
	it("2.1.14 Invalid Neighbor Advertisement Handling", () => {
		const host = Host.ready();
		host.known("incomplete");
		const says = { source: TN1, destination: host.linkLocal, target: TN1, override: true };
		const option = linkOption(2, TN1_MAC);
		const refused = [
			na({ ...says, destination: "ff02::1", solicited: true }, option), // A: solicited, and to all
			na({ ...says, hopLimit: 254, solicited: true }, option), // B
			na({ ...says, checksum: 0x1234, solicited: true }, option), // C
			na({ ...says, code: 1, solicited: true }, option), // D
			ipv6({ ...says, hopLimit: 255, next: ICMP6 }, na(says).subarray(40, 56)), // E: 16 bytes
			na({ ...says, solicited: true }, [2, 0, ...TN1_MAC]), // F: an option of length 0
			na({ ...says, target: "ff02::1", solicited: true }, option), // a group is told of
		];
		for (const packet of refused) {
			host.put(packet);
			expect(host.neighbor(TN1)).toBe("incomplete");
		}
		expect(host.answers()).toEqual([]);
	});

	it("2.1.15 Neighbor Advertisement Processing, No NCE", () => {
		const host = Host.ready();
		for (const solicited of [false, true])
			host.put(
				na(
					{ source: TN1, destination: solicited ? host.linkLocal : "ff02::1", target: TN1, solicited, override: true },
					linkOption(2, TN1_MAC),
				),
			);
		expect(host.neighbor(TN1)).toBe("none");
	});

	it.each([
		[true, true, "reachable"],
		[true, false, "reachable"],
		[false, true, "stale"],
		[false, false, "stale"],
	])(
		"2.1.16 Neighbor Advertisement Processing, NCE State INCOMPLETE: solicited %s, override %s",
		(solicited, override, state) => {
			const host = Host.ready();
			host.known("incomplete");
			const says = { source: TN1, destination: host.linkLocal, target: TN1 };
			host.put(na({ ...says, solicited, override })); // without a hardware address it says nothing
			expect(host.neighbor(TN1)).toBe("incomplete");
			host.put(na({ ...says, solicited, override }, linkOption(2, TN1_MAC)));
			expect(host.macOfNeighbor(TN1)).toBe(text(TN1_MAC));
			if (state === "reachable") expect(host.neighbor(TN1)).toBe(state);
			else expect(["stale", "delay"]).toContain(host.neighbor(TN1));
			host.replies(host.answers(), 1);
		},
	);

	// RFC 4861 §7.2.5: what becomes of an entry, by solicited and override, with the same hardware address, another, or none.
	const table: [
		solicited: boolean,
		override: boolean,
		mac: "same" | "other" | "none",
		from: "reachable" | "stale" | "probe",
		to: string,
		taken: boolean,
	][] = [];
	for (const from of ["reachable", "stale", "probe"] as const) {
		for (const mac of ["same", "none"] as const)
			for (const override of [false, true]) {
				table.push([true, override, mac, from, "reachable", false]);
				table.push([false, override, mac, from, from, false]);
			}
		table.push([true, true, "other", from, "reachable", true], [false, true, "other", from, "stale", true]);
		for (const solicited of [false, true])
			table.push([solicited, false, "other", from, from === "reachable" ? "stale" : from, false]);
	}

	it.each(table)(
		"2.1.17 to 2.1.19 Neighbor Advertisement Processing: solicited %s, override %s, %s hardware address, from %s to %s",
		(solicited, override, mac, from, to, taken) => {
			const host = Host.ready();
			host.known(from);
			const option = mac === "none" ? [] : linkOption(2, mac === "same" ? TN1_MAC : OTHER_MAC);
			host.put(na({ source: TN1, destination: host.linkLocal, target: TN1, solicited, override }, option));
			expect(host.neighbor(TN1)).toBe(to);
			expect(host.macOfNeighbor(TN1)).toBe(text(taken ? OTHER_MAC : TN1_MAC));
		},
	);

	it("2.1.20 Neighbor Advertisement Processing, R-bit Change: a router that is none any more is not used", () => {
		const host = Host.ready();
		expect(host.auto.state.routers).toEqual([TR1]);
		const says = { source: TR1, destination: host.linkLocal, target: TR1, solicited: true, override: true };
		host.put(na({ ...says, router: false }, linkOption(2, Station6.macOf(TR1))));
		host.run(1000);
		expect(host.auto.state.routers).toEqual([]);
	});

	it("a router that answers as one stays", () => {
		const host = Host.ready();
		const says = { source: TR1, destination: host.linkLocal, target: TR1, solicited: true, override: true };
		host.put(na({ ...says, router: true }, linkOption(2, Station6.macOf(TR1))));
		host.run(1000);
		expect(host.auto.state.routers).toEqual([TR1]);
	});
});

it("an advertisement is one of a neighbour's, whatever stands behind its options", () => {
	const host = Host.ready();
	host.known("incomplete");
	const body = concat([0x60, 0, 0, 0], ip6(TN1), linkOption(2, TN1_MAC), [200, 1, 0, 0, 0, 0, 0, 0]);
	const whole = na({ source: TN1, destination: host.linkLocal, target: TN1, solicited: true, override: true }, [
		...linkOption(2, TN1_MAC),
		200,
		1,
		...u32(0),
		0,
		0,
	]);
	expect(whole.length).toBe(40 + 4 + body.length);
	expect(whole[40]).toBe(NA);
	host.put(whole);
	expect(host.neighbor(TN1)).toBe("reachable");
});
