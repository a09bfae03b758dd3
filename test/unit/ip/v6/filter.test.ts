// The filter with IPv6, and NPTv6: RFC 6092, RFC 4890, RFC 6296.

import { describe, expect, it } from "vitest";
import { Router, type RouterOptions } from "../../../../src/service/router/router.ts";
import { SYN, TCP_ACK, concat, onesSum, read16, u16, u32 } from "../../../support/frames.ts";
import { echo6, FRAGMENT, fragmentHeader, full, icmp6, ip6, ipv6, tcp6, udp6, type Parsed6 } from "../../../support/frames6.ts";
import { FAR, HOST, RIGHT, Router6 } from "../../../support/router6.ts";

/** The right side is outside. */
function filtered(options: RouterOptions = { outside: ["eth1"] }): Router6 {
	const made = new Router6({ router: { entries: 32, rules: 4 } });
	new Router(made.s.node.stack, options);
	made.s.world.run(10);
	return made;
}

const ports = { sourcePort: 5, destinationPort: 6 };
const out = { source: HOST, destination: FAR };
const back = { source: FAR, destination: HOST };

/** What left for the left side: next header and source. */
function left(router: Router6): string[] {
	return router.s.packets().map(({ next, source }) => `${next} from ${source}`);
}

describe("simple security, RFC 6092", () => {
	it("lets in what was asked for, errors about it, and nothing else", () => {
		const router = filtered();
		for (const packet of [udp6({ ...back, ...ports }), tcp6({ ...back, ...ports, seq: 1, flags: SYN }), echo6(back)])
			router.fromRight(packet);
		router.fromRight(echo6({ source: FAR, destination: RIGHT }));
		expect([left(router), router.right()]).toEqual([[], []]);
		expect(router.drops("eth1")).toMatchObject({ filtered: 4 });
		router.s.ip(udp6({ ...out, ...ports }, [1, 2]));
		const [sent] = router.right();
		router.fromRight(udp6({ ...back, sourcePort: 6, destinationPort: 5 }));
		router.fromRight(icmp6({ source: "2001:db8:c::1", destination: HOST, type: 1, code: 4 }, concat([0, 0, 0, 0], sent!.bytes)));
		const other = Uint8Array.from(sent!.bytes);
		other[41] = 99;
		router.fromRight(icmp6({ source: "2001:db8:c::1", destination: HOST, type: 1, code: 4 }, concat([0, 0, 0, 0], other)));
		expect(left(router)).toEqual([`17 from ${full(FAR)}`, `58 from ${full("2001:db8:c::1")}`]);
	});

	it("REC-21, REC-22, REC-24: IPsec reaches hosts, unless a rule says otherwise; not the board", () => {
		// The station takes all that it is sent for something with a checksum.
		const sum = ~onesSum(concat(ip6(FAR), ip6(HOST), u32(16), u32(50))) & 0xffff;
		const esp = ipv6({ ...back, next: 50 }, concat(u16(sum), new Uint8Array(14)));
		const ike = udp6({ ...back, sourcePort: 500, destinationPort: 500 });
		const router = filtered();
		for (const packet of [esp, ike, udp6({ source: FAR, destination: RIGHT, sourcePort: 500, destinationPort: 500 })])
			router.fromRight(packet);
		expect(left(router)).toEqual([`50 from ${full(FAR)}`, `17 from ${full(FAR)}`]);
		const shut = filtered({ outside: ["eth1"], filter: [{ in: "eth1", protocol: 50, action: "drop" }] });
		shut.fromRight(esp);
		expect(left(shut)).toEqual([]);
	});

	it("RFC 4890 §4.4: neighbours are found whatever rules say", () => {
		const router = filtered({ outside: ["eth0", "eth1"], filter: [{ action: "drop" }] });
		router.s.ip(udp6({ ...out, ...ports }));
		expect(router.drops("eth0")).toMatchObject({ filtered: 1 });
		// Its question was answered: the address is known.
		const open = filtered();
		open.s.ip(udp6({ ...out, ...ports }));
		expect(open.right().length).toBe(1);
	});

	it("fragments behind a first one that passed may pass, in the order in which they were sent", () => {
		const router = filtered();
		const piece = (id: number, offset: number, more: boolean, bytes: ArrayLike<number>) =>
			ipv6({ ...back, next: FRAGMENT }, concat(fragmentHeader(17, offset, more, id), bytes));
		const head = udp6({ ...back, sourcePort: 6, destinationPort: 5 }, new Uint8Array(8)).subarray(40);
		// One that is longer than what came before it, too.
		router.fromRight(piece(1, 16, false, new Uint8Array(400)));
		router.fromRight(piece(1, 0, true, head));
		router.fromRight(piece(1, 16, false, new Uint8Array(4)));
		expect(left(router)).toEqual([]);
		router.s.ip(udp6({ ...out, ...ports }));
		router.right();
		router.fromRight(piece(2, 0, true, head));
		router.fromRight(piece(2, 16, false, new Uint8Array(4)));
		router.fromRight(piece(3, 16, false, new Uint8Array(4)));
		expect(left(router).length).toBe(2);
	});
});

describe("NPTv6, RFC 6296", () => {
	const sumRight = ({ sumRight }: Parsed6) => sumRight;
	// The example of RFC 6296 appendix A: fd01:0203:0405::/48 and 2001:0db8:0001::/48, which change the subnet 0001 to d550.
	const prefixes = { inside: "fd01:203:405::/48", outside: "2001:db8:1::/48", out: "eth1" };

	it("has the addresses of its appendix A, both ways, and leaves checksums right", () => {
		const router = filtered({ nptv6: prefixes });
		router.s.ip(udp6({ source: "fd01:203:405:1::1234", destination: FAR, ...ports }, [1, 2, 3]));
		const [sent] = router.right();
		expect(sent!.source).toBe(full("2001:db8:1:d550::1234"));
		expect(sumRight(sent!)).toBe(true);
		router.s.add("fd01:203:405:1::1/64");
		router.s.world.run(10);
		router.s.packets();
		router.fromRight(udp6({ source: FAR, destination: "2001:db8:1:d550::1234", sourcePort: 6, destinationPort: 5 }, [9]));
		const [answer] = router.s.packets();
		expect([answer!.destination, answer!.sumRight]).toEqual([full("fd01:203:405:1::1234"), true]);
		router.fromRight(udp6({ source: FAR, destination: "2001:db8:1:d550::1234", sourcePort: 7, destinationPort: 5 }, [9]));
		expect(router.s.packets()).toEqual([]);
	});

	it("changes a word of the identifier where the prefix is longer than 48 bits, §3.5", () => {
		const router = filtered({ nptv6: { inside: "fd01:203:405:1::/64", outside: "2001:db8:1:2::/64", out: "eth1" } });
		for (const host of ["fd01:203:405:1::5", "fd01:203:405:1:ffff::5"]) {
			router.s.ip(tcp6({ source: host, destination: FAR, ...ports, seq: 1, flags: SYN }));
			const [sent] = router.right();
			expect(sent!.source.startsWith("2001:db8:1:2:")).toBe(true);
			expect(sent!.sumRight).toBe(true);
			expect(read16(ip6(sent!.source.replace(/(:0)+:/, "::")), 14)).toBe(5);
		}
		router.s.ip(tcp6({ source: "fd01:203:405:1:ffff:ffff:ffff:ffff", destination: FAR, ...ports, seq: 1, flags: TCP_ACK }));
		expect(router.right()).toEqual([]);
		expect(router.drops("eth0")).toMatchObject({ natPorts: 1 });
	});

	it("refuses prefixes that are none, or of other lengths", () => {
		const make = (nptv6: NonNullable<RouterOptions["nptv6"]>) => () => filtered({ nptv6 });
		expect(make({ ...prefixes, outside: "2001:db8:1::/56" })).toThrow(
			'nptv6.outside "2001:db8:1::/56": expected as many bits as fd01:203:405::/48 has',
		);
		expect(make({ ...prefixes, inside: "fd01::1/48" })).toThrow(
			'nptv6.inside "fd01::1/48": expected a prefix of IPv6 of at most 64 bits',
		);
		expect(make({ ...prefixes, inside: "fd01::/65" })).toThrow("at most 64 bits");
		expect(make({ ...prefixes, inside: "10.0.0.0/8" })).toThrow("expected a prefix of IPv6");
	});
});
