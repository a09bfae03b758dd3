// Neighbours are found, answered, and found to be gone. RFC 4861.

import { describe, expect, it } from "vitest";
import { statusOf } from "../../../../src/status/status.ts";
import { concat, type Bytes } from "../../../support/frames.ts";
import {
	ICMP6,
	NA,
	NS,
	echo6,
	fragmentHeader,
	full,
	groupMac,
	ip6,
	linkOption,
	na,
	ns,
	solicitedNode,
} from "../../../support/frames6.ts";
import { Station6, type Sent6 } from "../../../support/station6.ts";
import { macOf } from "../../../support/wire.ts";

const OWN = "2001:db8::2";
const PEER = "2001:db8::1";
const station = () => new Station6([`${OWN}/64`, "fe80::2/64"]);
const asks = { source: PEER, destination: solicitedNode(OWN), target: OWN };
const peerMac = Station6.macOf(PEER);
const other = macOf(0x7777);

const isSolicitation = ({ payload, next }: Sent6) => next === ICMP6 && payload[0] === NS;
const stateOf = (s: Station6) => statusOf(s.node.stack).neighbors.map(({ state, mac }) => `${state} ${mac}`);
const text = (mac: Bytes) => [...mac].map((byte) => byte.toString(16).padStart(2, "0")).join(":");

/** A station that has sent to the peer, and has had this answer to its solicitation. */
function known(
	answer: { solicited?: boolean; override?: boolean; router?: boolean } = { solicited: true, override: true },
): Station6 {
	const s = station();
	s.answers = false;
	s.ip(echo6({ source: PEER, destination: OWN }));
	s.packets(true);
	s.ip(na({ source: PEER, destination: OWN, target: PEER, ...answer }, linkOption(2, peerMac)));
	return s;
}

describe("who has our address", () => {
	it("is answered, with our hardware address, to who asks", () => {
		const s = station();
		s.ip(ns(asks, linkOption(1, peerMac)));
		const [answer, ...more] = s.packets(true);
		expect(more).toEqual([]);
		expect(answer).toMatchObject({ source: full(OWN), destination: full(PEER), hopLimit: 255, to: peerMac });
		expect([...answer!.payload]).toEqual([
			NA,
			0,
			answer!.payload[2],
			answer!.payload[3],
			0x60,
			0,
			0,
			0,
			...ip6(OWN),
			2,
			1,
			...macOf(1),
		]);
		expect(stateOf(s)).toEqual([`stale ${text(peerMac)}`]);
	});

	it("is answered to all when the asker has no address: it looks whether the address is free", () => {
		const s = station();
		s.ip(ns({ ...asks, source: "::" }));
		const [answer] = s.packets(true);
		expect(answer).toMatchObject({ destination: full("ff02::1"), to: groupMac("ff02::1") });
		expect(answer!.payload[4]).toBe(0x20);
		expect(stateOf(s)).toEqual([]);
	});

	it("is answered where the question came from when that does not say", () => {
		const s = station();
		s.ip(ns({ ...asks, destination: OWN }), { from: other });
		expect(s.packets(true)).toMatchObject([{ to: other }]);
	});

	it("as a router says that it is one", () => {
		const s = new Station6([`${OWN}/64`], { forwarding: true });
		s.ip(ns(asks, linkOption(1, peerMac)));
		expect(s.packets(true)[0]!.payload[4]).toBe(0xe0);
	});

	const bad: [string, Bytes, string][] = [
		["by a router", ns({ ...asks, hopLimit: 254 }), "ndMalformed"],
		["with a code", ns({ ...asks, code: 1 }), "ndMalformed"],
		["for a group", ns({ ...asks, target: "ff02::1" }), "ndMalformed"],
		["with an option of no length", ns(asks, [1, 0, 0, 0, 0, 0, 0, 0]), "ndMalformed"],
		["with an option that is cut", ns(asks, [1, 2, 0, 0, 0, 0, 0, 0]), "ndMalformed"],
		["from nowhere to us alone", ns({ ...asks, source: "::", destination: OWN }), "ndMalformed"],
		["from nowhere with a hardware address", ns({ ...asks, source: "::" }, linkOption(1, peerMac)), "ndMalformed"],
		["for an address of IPv4", ns({ ...asks, target: "::ffff:a00:2" }), "ndMalformed"],
		[
			"behind an extension header, RFC 6980",
			ns({ ...asks, first: 44, headers: fragmentHeader(ICMP6, 0, false, 7) }),
			"ndMalformed",
		],
		["for another's", ns({ ...asks, target: "2001:db8:1::2" }), "ndIgnored"],
	];
	it.each(bad)("is not answered when it is asked %s", (_, packet, reason) => {
		const s = station();
		s.ip(packet);
		expect(s.packets(true)).toEqual([]);
		expect(s.drops).toEqual({ [reason]: 1 });
	});

	it("is not answered while the address is tentative", () => {
		const s = station();
		s.add("2001:db8::7/64", 1);
		s.ip(ns({ ...asks, destination: solicitedNode("2001:db8::7"), target: "2001:db8::7" }));
		s.ip(echo6({ source: PEER, destination: "2001:db8::7" }));
		expect(s.packets(true)).toEqual([]);
		expect(s.drops).toEqual({ ndIgnored: 1, ipNotLocal: 1 });
	});
});

describe("a neighbour that is looked for", () => {
	it("is asked in its group, three times, a second apart, and given up", () => {
		const s = station();
		s.answers = false;
		s.ip(echo6({ source: PEER, destination: OWN }));
		const times: number[] = [];
		const asked: Sent6[] = [];
		for (let ms = 0; ms < 5000; ms += 100) {
			for (const each of s.packets(true)) {
				asked.push(each);
				times.push(ms);
			}
			s.world.run(100);
		}
		expect(asked.length).toBe(3);
		for (const each of asked)
			expect(each).toMatchObject({
				source: full(OWN),
				destination: full(solicitedNode(PEER)),
				hopLimit: 255,
				to: groupMac(solicitedNode(PEER)),
			});
		expect([...asked[0]!.payload.subarray(4)]).toEqual([0, 0, 0, 0, ...ip6(PEER), 1, 1, ...macOf(1)]);
		expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(900);
		expect(times[2]! - times[1]!).toBeGreaterThanOrEqual(900);
		expect(s.drops).toEqual({ neighborUnreachable: 1 });
		expect(stateOf(s)).toEqual([]);
	});

	it("gets what waited once it answers", () => {
		const s = known();
		expect(s.packets()).toMatchObject([{ to: peerMac, destination: full(PEER) }]);
		expect(stateOf(s)).toEqual([`reachable ${text(peerMac)}`]);
	});

	it("gets what waited also by an answer that was not asked for, which is only believed: it is asked itself five seconds later, RFC 4861 §7.3.3", () => {
		const s = known({ override: true });
		expect(s.packets()).toMatchObject([{ to: peerMac }]);
		expect(stateOf(s)).toEqual([`delay ${text(peerMac)}`]);
		s.world.run(5100);
		expect(s.packets(true).filter(isSolicitation)).toMatchObject([{ destination: full(PEER), to: peerMac }]);
	});

	it("is not there by an answer without hardware address, or of somebody else", () => {
		const s = station();
		s.answers = false;
		s.ip(echo6({ source: PEER, destination: OWN }));
		s.ip(na({ source: PEER, destination: OWN, target: PEER, solicited: true }));
		s.ip(na({ source: "2001:db8::9", destination: OWN, target: "2001:db8::9", solicited: true }, linkOption(2, other)));
		expect(s.packets()).toEqual([]);
		expect(s.drops).toEqual({ ndIgnored: 2 });
	});
});

describe("a neighbour that is known", () => {
	// RFC 4861 §7.2.5, appendix C: of a reachable one, by solicited, override, and whether the address is another.
	const table: [boolean, boolean, "same" | "other" | "none", string][] = [
		[false, false, "same", `reachable ${text(peerMac)}`],
		[false, false, "none", `reachable ${text(peerMac)}`],
		[false, false, "other", `stale ${text(peerMac)}`],
		[true, false, "other", `stale ${text(peerMac)}`],
		[false, true, "same", `reachable ${text(peerMac)}`],
		[false, true, "other", `stale ${text(other)}`],
		[true, true, "other", `reachable ${text(other)}`],
		[true, true, "none", `reachable ${text(peerMac)}`],
	];
	it.each(table)("solicited %s, override %s, its address %s: %s", (solicited, override, which, state) => {
		const s = known();
		s.packets(true);
		const option = which === "none" ? [] : linkOption(2, which === "same" ? peerMac : other);
		s.ip(na({ source: PEER, destination: OWN, target: PEER, solicited, override }, option));
		expect(stateOf(s)).toEqual([state]);
		// What goes there next goes to the address that is known.
		s.ip(echo6({ source: PEER, destination: OWN }));
		expect(s.packets()).toMatchObject([{ to: state.endsWith(text(other)) ? other : peerMac }]);
	});

	it("is used while it is old, asked itself after five seconds, and forgotten when it is silent", () => {
		const s = known();
		s.packets(true);
		s.world.run(31_000);
		expect(stateOf(s)).toEqual([`stale ${text(peerMac)}`]);
		s.ip(echo6({ source: PEER, destination: OWN }));
		expect(s.packets(true).map(({ payload }) => payload[0])).toEqual([129]);
		s.world.run(4900);
		expect(s.packets(true)).toEqual([]);
		s.world.run(200);
		const first = s.packets(true);
		expect(first.filter(isSolicitation)).toMatchObject([{ destination: full(PEER), to: peerMac }]);
		s.world.run(2900);
		expect(s.packets(true).filter(isSolicitation).length).toBe(2);
		s.world.run(1100);
		expect(stateOf(s)).toEqual([]);
	});

	it("is reachable again when it answers that", () => {
		const s = known();
		s.world.run(31_000);
		s.ip(echo6({ source: PEER, destination: OWN }));
		s.world.run(5100);
		s.ip(na({ source: PEER, destination: OWN, target: PEER, solicited: true }));
		expect(stateOf(s)).toEqual([`reachable ${text(peerMac)}`]);
	});

	it("of IPv4 does not become another by an advertisement", () => {
		const s = station();
		s.link.addAddress("10.0.0.1/24");
		s.ip(na({ source: "fe80::9", destination: "ff02::1", target: "::ffff:a00:2", override: true }, linkOption(2, other)));
		expect(stateOf(s)).toEqual([]);
		expect(s.drops).toEqual({ ndMalformed: 1 });
	});

	it("that asks with another hardware address is old", () => {
		const s = known();
		s.ip(ns(asks, linkOption(1, other)));
		expect(stateOf(s)).toEqual([`stale ${text(other)}`]);
	});

	it("does not become one by what is malformed", () => {
		const s = known();
		s.packets(true);
		for (const packet of [
			na({ source: PEER, destination: "ff02::1", target: PEER, solicited: true, override: true }, linkOption(2, other)),
			na({ source: PEER, destination: OWN, target: PEER, override: true, hopLimit: 64 }, linkOption(2, other)),
			na({ source: PEER, destination: OWN, target: PEER, override: true, code: 1 }, linkOption(2, other)),
			na({ source: PEER, destination: OWN, target: PEER, override: true }, [2, 0, ...other]),
		])
			s.ip(packet);
		s.ip(
			na(
				{ source: PEER, destination: OWN, target: PEER, override: true },
				concat(linkOption(2, macOf(1)).map((b, i) => (i === 2 ? 1 : b))) as never,
			),
		);
		expect(stateOf(s)).toEqual([`reachable ${text(peerMac)}`]);
		expect(s.drops).toEqual({ ndMalformed: 4 });
	});
});
