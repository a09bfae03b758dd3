import { describe, expect, it } from "vitest";
import {
	addressOption,
	addressPut,
	addressText,
	bitsInMemory,
	canonicalAddress,
	familyBits,
	given,
	givenSource,
	isMulticast,
	isNear,
	networkOf,
	parsePrefix,
	samePrefix,
	unlessAny,
} from "../../src/address.ts";
import { GIVEN_ADDRESS, GIVEN_SOURCE, NO_ADDRESS } from "../../src/packet/fields.ts";
import { parseIpv4 } from "../../src/address4.ts";
import { parseIpv6 } from "../../src/address6.ts";
import { setNone, setV4, V4 } from "../../src/packet/address.ts";
import { envNumber } from "../support/env.ts";
import { Prng } from "../support/prng.ts";

const view = new DataView(new ArrayBuffer(4096));
const AT = 16;

function bytes(): string {
	return Array.from({ length: 16 }, (_, i) =>
		view
			.getUint8(AT + i)
			.toString(16)
			.padStart(2, "0"),
	).join("");
}

describe("an address as text", () => {
	it.each([
		["192.0.2.1", "00000000000000000000ffffc0000201"],
		["0.0.0.0", "00000000000000000000ffff00000000"],
		["255.255.255.255", "00000000000000000000ffffffffffff"],
		["::ffff:192.0.2.1", "00000000000000000000ffffc0000201"],
		["::FFFF:C000:0201", "00000000000000000000ffffc0000201"],
		["2001:DB8::1", "20010db8000000000000000000000001"],
		["::1", "00000000000000000000000000000001"],
		["::192.0.2.1", "000000000000000000000000c0000201"],
		["ff02::1", "ff020000000000000000000000000001"],
		["ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffffffffffffffffffffffffffffffff"],
		["::", "00000000000000000000000000000000"],
	])("%s lies in memory as %s", (text, hex) => {
		for (let i = 0; i < 64; i++) view.setUint8(i, 0xaa);
		expect(addressPut(view, AT, text)).toBe(true);
		expect(bytes()).toBe(hex);
		for (const i of [AT - 1, AT + 16]) expect(view.getUint8(i)).toBe(0xaa);
	});

	it.each([
		"",
		"192.0.2",
		"192.0.2.01",
		"192.0.2.256",
		"192.0.2.1.5",
		".192.0.2.1",
		"192..2.1",
		"192.0.2.",
		"00.0.2.1",
		"192.0.2.1 ",
		"+1.0.2.1",
		"1.0.2.0x1",
		"1.0.2.١",
		"192.0.2.1/24",
		"1::2::3",
		"12345::",
		"fe80::1%eth0",
		" ::1",
		"host.example",
	])("%s is none, and changes nothing", (text) => {
		setV4(view, AT, 0x0a000001);
		expect(addressPut(view, AT, text)).toBe(false);
		expect(view.getInt32(AT + V4)).toBe(0x0a000001);
		expect(canonicalAddress(text)).toBeUndefined();
		expect(() => addressOption("gateway", text)).toThrow(`gateway "${text}": expected an IP address`);
	});

	it.each([
		["192.0.2.1", "192.0.2.1"],
		["0.0.0.0", "0.0.0.0"],
		["::ffff:192.0.2.1", "192.0.2.1"],
		["::ffff:0:0", "0.0.0.0"],
		["2001:0DB8:0:0:0:0:0:1", "2001:db8::1"],
		["1:0:0:2:0:0:0:3", "1:0:0:2::3"],
		["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
	])("%s is written %s", (text, canonical) => {
		expect(canonicalAddress(text)).toBe(canonical);
		expect(addressOption("peer", text)).toBe(canonical);
		addressPut(view, AT, text);
		expect(addressText(view, AT)).toBe(canonical);
	});

	it("is empty for none; the text of :: is that of an address nevertheless", () => {
		setNone(view, AT);
		expect(addressText(view, AT)).toBe("");
		expect(canonicalAddress("0::0")).toBe("::");
	});

	it("has a family", () => {
		expect(familyBits("192.0.2.1")).toBe(32);
		expect(familyBits("::1")).toBe(128);
	});

	it("is handed over in a register, where the next one takes its place; none is where there is always none", () => {
		const registers = new DataView(new ArrayBuffer(4096));
		expect(given(registers, "2001:db8::1")).toBe(GIVEN_ADDRESS);
		expect(givenSource(registers, "192.0.2.1")).toBe(GIVEN_SOURCE);
		expect([addressText(registers, GIVEN_ADDRESS), addressText(registers, GIVEN_SOURCE)]).toEqual(["2001:db8::1", "192.0.2.1"]);
		expect(given(registers, "192.0.2.2")).toBe(GIVEN_ADDRESS);
		expect(addressText(registers, GIVEN_ADDRESS)).toBe("192.0.2.2");
		expect([given(registers, ""), givenSource(registers, "")]).toEqual([NO_ADDRESS, NO_ADDRESS]);
	});

	it("is any, or that of a group, by what its family says", () => {
		expect(["0.0.0.0", "::", "0.0.0.1", "::1", ""].map(unlessAny)).toEqual(["", "", "0.0.0.1", "::1", ""]);
		const groups = ["224.0.0.0", "239.255.255.255", "ff02::1", "ffff::"];
		const others = ["223.255.255.255", "240.0.0.0", "255.255.255.255", "ff::1", "fe80::1", "::ff02", "::"];
		expect([...groups, ...others].filter(isMulticast)).toEqual(groups);
	});

	it.each([
		["192.168.77.200", 24, "192.168.77.0"],
		["192.168.77.200", 0, "0.0.0.0"],
		["192.168.77.200", 32, "192.168.77.200"],
		["192.168.77.200", 31, "192.168.77.200"],
		["192.168.77.201", 31, "192.168.77.200"],
		["2001:db8:1:2:3:4:5:6", 64, "2001:db8:1:2::"],
		["2001:db8:1:2:3:4:5:6", 0, "::"],
		["2001:db8:1:2:3:4:5:6", 32, "2001:db8::"],
		["2001:db8:1:2:3:4:5:6", 33, "2001:db8::"],
		["2001:db8:1:ffff:3:4:5:6", 49, "2001:db8:1:8000::"],
		["2001:db8:1:2:3:4:5:7", 127, "2001:db8:1:2:3:4:5:6"],
		["2001:db8:1:2:3:4:5:7", 128, "2001:db8:1:2:3:4:5:7"],
	])("%s of /%d is in %s", (address, length, network) => {
		expect(networkOf(address, length)).toBe(network);
		expect(samePrefix(address, network, length)).toBe(true);
		expect(bitsInMemory(address, length)).toBe(address.includes(":") ? length : 96 + length);
	});

	it("of one family has no prefix in common with one of the other", () => {
		expect(samePrefix("192.0.2.1", "::", 0)).toBe(false);
		expect(samePrefix("192.0.2.1", "192.0.3.1", 23)).toBe(true);
		expect(samePrefix("192.0.2.1", "192.0.3.1", 24)).toBe(false);
	});

	it("is a string: options name what they are given", () => {
		expect(() => addressOption("gateway", 7)).toThrow(TypeError);
		expect(() => addressOption("gateway", 7)).toThrow("gateway 7: expected an IP address as a string");
		expect(() => addressOption("gateway", undefined)).toThrow(TypeError);
	});

	it("comes back from memory as it was written", () => {
		const seed = envNumber("SEED", 1);
		const prng = new Prng(seed);
		for (let i = 0; i < 500; i++) {
			for (let word = 0; word < 16; word += 4) view.setInt32(AT + word, prng.below(3) === 0 ? 0 : prng.next());
			if (prng.below(3) === 0) setV4(view, AT, prng.next());
			const [text, before] = [addressText(view, AT), bytes()];
			if (text === "") continue;
			setNone(view, AT);
			expect(addressPut(view, AT, text), `seed ${seed}, ${text}`).toBe(true);
			expect(bytes(), `seed ${seed}, ${text}`).toBe(before);
			expect(canonicalAddress(text), `seed ${seed}`).toBe(text);
		}
	});
});

describe("a text", () => {
	it("is read as by those who only look whether it is one", () => {
		const seed = envNumber("SEED", 1);
		const prng = new Prng(seed);
		const pieces = [
			"::",
			":",
			":",
			".",
			"0",
			"1",
			"9",
			"25",
			"255",
			"256",
			"f",
			"ffff",
			"10000",
			"2001",
			"db8",
			"g",
			"192.0.2.1",
			"01",
		];
		let read = 0;
		for (let i = 0; i < 20_000; i++) {
			let text = "";
			for (let k = prng.between(1, 16); k > 0; k--) text += prng.pick(pieces);
			// Some that are near to an address of all its groups.
			if (prng.below(4) === 0)
				text = Array.from({ length: prng.between(6, 9) }, () => prng.pick(["0", "1", "ab", "ffff", ""])).join(":");
			const words = parseIpv6(text);
			const v4 = parseIpv4(text);
			const isOne = addressPut(view, AT, text);
			expect(isOne, `seed ${seed}, ${text}`).toBe(words !== undefined || v4 !== undefined);
			if (!isOne) continue;
			read++;
			const expected = words ?? [0, 0, 0xffff, v4!];
			expect(
				[0, 4, 8, 12].map((word) => view.getInt32(AT + word)),
				`seed ${seed}, ${text}`,
			).toEqual([...expected]);
		}
		expect(read).toBeGreaterThan(500);
		for (const text of ["1111:2222:3333:4444:5555:6666:123.123.123.123", "0000:0000:0000:0000:0000:0000:0000:0001"])
			expect(addressPut(view, AT, text)).toBe(true);
		expect(addressPut(view, AT, `${"1".repeat(1000)}`)).toBe(false);
	});
});

describe("an address with a prefix length", () => {
	it.each([
		["192.168.77.2/24", "192.168.77.2", 24],
		["0.0.0.0/0", "0.0.0.0", 0],
		["10.0.0.1/32", "10.0.0.1", 32],
		["2001:DB8:0::2/64", "2001:db8::2", 64],
		["::/0", "::", 0],
		["fe80::1/128", "fe80::1", 128],
	])("%s", (text, address, length) => {
		expect(parsePrefix(text)).toEqual({ address, length });
	});

	it.each([
		"",
		"/24",
		"192.168.77.2",
		"192.168.77.2/",
		"192.168.77.2/33",
		"192.168.77.2/-1",
		"192.168.77.2/2 4",
		"192.168.77/24",
		"2001:db8::2",
		"2001:db8::2/129",
		"2001:db8::2/1000",
		"::ffff:192.168.77.2/24",
		"::ffff:192.168.77.2/120",
		"fe80::1%eth0/64",
		"1/2/3",
	])('"%s" is none', (text) => {
		expect(() => parsePrefix(text)).toThrow(RangeError);
		expect(() => parsePrefix(text)).toThrow(`"${text}": expected an IP address and a prefix length`);
	});

	it("is a string", () => {
		expect(() => parsePrefix(24 as unknown as string)).toThrow(TypeError);
		expect(() => parsePrefix(undefined as unknown as string)).toThrow("undefined: expected a string");
	});
});

it.each([
	["fe80::1", true],
	["fe90::1", true],
	["febf:ffff::", true],
	["fe7f::1", false],
	["fec0::1", false],
	["fe8::1", false],
	["fe80", false],
	["ff02::1", false],
	["2001:db8::fe80", false],
	["169.254.1.1", false],
	["", false],
])("%s means something on one link of IPv6 alone: %s", (address, near) => {
	expect(isNear(address)).toBe(near);
});
