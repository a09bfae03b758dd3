import { describe, expect, it } from "vitest";
import { formatIpv6, parseIpv6, parseScoped, type Ipv6 } from "../../src/address6.ts";
import { envNumber } from "../support/env.ts";
import { Prng } from "../support/prng.ts";

/** As it is written again. */
function again(text: string): string | undefined {
	const address = parseIpv6(text);
	return address && formatIpv6(address);
}

describe("IPv6 addresses", () => {
	it.each([
		// RFC 4291 §2.2
		["ABCD:EF01:2345:6789:ABCD:EF01:2345:6789", "abcd:ef01:2345:6789:abcd:ef01:2345:6789"],
		["2001:DB8:0:0:8:800:200C:417A", "2001:db8::8:800:200c:417a"],
		["FF01:0:0:0:0:0:0:101", "ff01::101"],
		["0:0:0:0:0:0:0:1", "::1"],
		["0:0:0:0:0:0:0:0", "::"],
		["0:0:0:0:0:0:13.1.68.3", "::d01:4403"],
		["0:0:0:0:0:FFFF:129.144.52.38", "::ffff:129.144.52.38"],
		// RFC 5952 §2
		["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
		["2001:0db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
		["2001:db8::1:0:0:1", "2001:db8::1:0:0:1"],
		["2001:db8::0:1:0:0:1", "2001:db8::1:0:0:1"],
		["2001:0db8::1:0:0:1", "2001:db8::1:0:0:1"],
		["2001:db8:0:0:1::1", "2001:db8::1:0:0:1"],
		["2001:DB8:0:0:1::1", "2001:db8::1:0:0:1"],
		["2001:db8:aaaa:bbbb:cccc:dddd:eeee:0001", "2001:db8:aaaa:bbbb:cccc:dddd:eeee:1"],
		["2001:db8:aaaa:bbbb:cccc:dddd::1", "2001:db8:aaaa:bbbb:cccc:dddd:0:1"],
		["2001:db8:0:0:0::1", "2001:db8::1"],
		["2001:db8:aaaa:bbbb:cccc:dddd:eeee:AaAa", "2001:db8:aaaa:bbbb:cccc:dddd:eeee:aaaa"],
		// RFC 5952 §4: one group of zeros is not shortened; the longest run is, and the first of two
		["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
		["2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
		["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
		["2001:db8:0:0:0:0:2:1", "2001:db8::2:1"],
		["1:0:0:0:0:0:0:0", "1::"],
		["0:0:1:0:0:1:0:0", "::1:0:0:1:0:0"],
		// RFC 5952 §5
		["::ffff:192.0.2.1", "::ffff:192.0.2.1"],
		["::ffff:c000:201", "::ffff:192.0.2.1"],
		["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
		["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
		["::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"],
		["1::1.2.3.4", "1::102:304"],
	])("%s is written %s", (text, written) => {
		expect(again(text)).toBe(written);
		expect(again(written)).toBe(written);
	});

	it("are four int32s, the highest first", () => {
		expect(parseIpv6("2001:db8:8000::fffe")).toEqual([0x2001_0db8, 0x8000_0000 | 0, 0, 0xfffe]);
		expect(parseIpv6("ffff:ffff::ffff:0")).toEqual([-1, 0, 0, 0xffff_0000 | 0]);
	});

	it.each([
		"",
		":",
		":::",
		"::1::",
		"1:2:3:4:5:6:7",
		"1:2:3:4:5:6:7:8:9",
		"1:2:3:4:5:6:7:8::",
		"::1:2:3:4:5:6:7:8",
		"1:2:3:4::5:6:7:8",
		":1:2:3:4:5:6:7",
		"1:2:3:4:5:6:7:",
		":1::",
		"12345::",
		"g::",
		"-1::",
		"0x1::",
		" ::1",
		"::1 ",
		"::1\n",
		"[::1]",
		"::1/128",
		"::1%eth0",
		"1.2.3.4",
		"::1.2.3",
		"::1.2.3.256",
		"::01.2.3.4",
		"::0x1.2.3.4",
		"::1.2.3.4:5",
		"1.2.3.4::",
		"1:2:3:4:5:6:7:1.2.3.4",
		"::٣",
	])('"%s" is none', (text) => {
		expect(parseIpv6(text)).toBeUndefined();
		expect(parseScoped(text === "::1%eth0" ? "::1%" : text)).toBeUndefined();
	});

	it.each([
		["fe80::1%eth0", "eth0"],
		["FEBF::1%ppp-0.1", "ppp-0.1"],
		["ff02::fb%lo", "lo"],
		["ff11::1%1", "1"],
		["2001:db8::1", ""],
		["fe80::1", ""],
	])('%s names the zone "%s"', (text, zone) => {
		expect(parseScoped(text)?.zone).toBe(zone);
	});

	it.each([
		"2001:db8::1%eth0",
		"ff05::1%eth0",
		"::1%lo",
		"fe80::1%",
		"fe80::1%eth0%eth1",
		"fe80::1%a name",
		"fe80::1%25/0",
		"fec0::1%eth0",
		"%eth0",
	])("%s has no zone that could be meant", (text) => {
		expect(parseScoped(text)).toBeUndefined();
	});

	it("come back as they were, whatever they are", () => {
		const seed = envNumber("SEED", 1);
		const prng = new Prng(seed);
		for (let i = 0; i < 2000; i++) {
			const word = () => (prng.chance(0.4) ? 0 : prng.chance(0.3) ? prng.below(0x10000) : prng.next() | 0);
			const address: Ipv6 = [word(), word(), word(), word()];
			const text = formatIpv6(address);
			expect(parseIpv6(text), `seed ${seed}, ${text}`).toEqual(address);
			expect(text, `seed ${seed}`).toMatch(/^[0-9a-f:.]{2,39}$/);
		}
	});
});
