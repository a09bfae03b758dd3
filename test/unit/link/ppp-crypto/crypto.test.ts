// The hashes, the cipher and the answers of CHAP against the vectors of their RFCs.

import { describe, expect, it } from "vitest";
import * as chap from "../../../../src/link/ppp/crypto/chap.ts";
import { desEncrypt } from "../../../../src/link/ppp/crypto/des.ts";
import { md4 } from "../../../../src/link/ppp/crypto/md4.ts";
import { md5 } from "../../../../src/link/ppp/crypto/md5.ts";
import { sha1 } from "../../../../src/link/ppp/crypto/sha1.ts";

const ascii = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));
const octets = (hex: string) => Uint8Array.from(hex.replace(/ /g, "").match(/../g) ?? [], (pair) => parseInt(pair, 16));
const hex = (bytes: Uint8Array) => Array.from(bytes, (byte) => (byte + 256).toString(16).slice(1)).join("");

const TEXTS = [
	"",
	"a",
	"abc",
	"message digest",
	"abcdefghijklmnopqrstuvwxyz",
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
	"12345678901234567890123456789012345678901234567890123456789012345678901234567890",
];

describe("the hashes of CHAP", () => {
	it("MD5: RFC 1321 §A.5", () => {
		expect(TEXTS.map((text) => hex(md5(ascii(text))))).toEqual([
			"d41d8cd98f00b204e9800998ecf8427e",
			"0cc175b9c0f1b6a831c399e269772661",
			"900150983cd24fb0d6963f7d28e17f72",
			"f96b697d7cb7938d525a2f31aaf161d0",
			"c3fcd3d76192e4007dfb496cca67e13b",
			"d174ab98d277d9f5a5611c2c9f419d9f",
			"57edf4a22be3c955ac49da2e2107b67a",
		]);
	});

	it("MD4: RFC 1320 §A.5", () => {
		expect(TEXTS.map((text) => hex(md4(ascii(text))))).toEqual([
			"31d6cfe0d16ae931b73c59d7e0c089c0",
			"bde52cb31de33e46245e05fbdbd6fb24",
			"a448017aaf21d8525fc10ae87aa6729d",
			"d9130a8164549fe818874806e1c7014b",
			"d79e1c308aa5bbcdeea8ed63df412da9",
			"043f8582f241db351ce627e153e7f0e4",
			"e33b4ddc9c38f2199c3e7b164fcc0536",
		]);
	});

	it("SHA-1: RFC 3174 §7.3", () => {
		expect(hex(sha1(ascii("abc")))).toBe("a9993e364706816aba3e25717850c26c9cd0d89d");
		expect(hex(sha1(ascii("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")))).toBe(
			"84983e441c3bd26ebaae4aa1f95129e5e54670f1",
		);
		expect(hex(sha1(ascii("0123456701234567012345670123456701234567012345670123456701234567".repeat(10))))).toBe(
			"dea356a2cddd90c7a7ecedc5ebb563934f460452",
		);
	});

	it("pads at every length around a block", () => {
		// MD5 of n times "x", as md5sum says.
		const known: Record<number, string> = {
			55: "04364420e25c512fd958a70738aa8f72",
			56: "668a72d5ba17f08e62dabcafad6db14b",
			63: "7dc2ca208106a2f703567bdff99d8981",
			64: "c1bb4f81d892b2d57947682aeb252456",
			65: "1bc932052302d074bdec39795fe00cf6",
		};
		for (const [length, wanted] of Object.entries(known))
			expect(hex(md5(ascii("x".repeat(Number(length))))), length).toBe(wanted);
	});
});

describe("DES", () => {
	it("encrypts what NIST's known answers have, each S-box among them", () => {
		// Keys of eight octets with parity there, of seven without it here.
		const withoutParity = (key: string) => {
			let bits = "";
			for (const octet of octets(key)) bits += (octet >> 1).toString(2).padStart(7, "0");
			return Uint8Array.from(bits.match(/.{8}/g)!, (eight) => parseInt(eight, 2));
		};
		for (const [key, plain, cipher] of [
			["7ca110454a1a6e57", "01a1d6d039776742", "690f5b0d9a26939b"],
			["0131d9619dc1376e", "5cd54ca83def57da", "7a389d10354bd271"],
			["07a1133e4a0b2686", "0248d43806f67172", "868ebb51cab4599a"],
			["3849674c2602319e", "51454b582ddf440a", "7178876e01f19b2a"],
			["04b915ba43feb5b6", "42fd443059577fa2", "af37fb421f8c4095"],
			["0113b970fd34f2ce", "059b5e0851cf143a", "86a560f10ec6d85b"],
			["0170f175468fb5e6", "0756d8e0774761d2", "0cd3da020021dc09"],
			["43297fad38e373fe", "762514b829bf486a", "ea676b2cb7db2b7a"],
			["07a7137045da2a16", "3bdd119049372802", "dfd64a815caf1a0f"],
			["04689104c2fd3b2f", "26955f6835af609a", "5c513c9c4886c088"],
			["37d06bb516cb7546", "164d5e404f275232", "0a2aeeae3ff4ab77"],
			["1f08260d1ac2465e", "6b056e18759f5cca", "ef1bf03e5dfa575a"],
			["584023641aba6176", "004bd6ef09176062", "88bf0db6d70dee56"],
			["025816164629b007", "480d39006ee762f2", "a1f9915541020b56"],
			["49793ebc79b3258f", "437540c8698f3cfa", "6fbf1cafcffd0556"],
			["4fb05e1515ab73a7", "072d43a077075292", "2f22e49bab7ca1ac"],
			["49e95d6d4ca229bf", "02fe55778117f12a", "5a6b612cc26cce4a"],
			["018310dc409b26d6", "1d9d5c5018f728c2", "5f4c038ed12b2e41"],
			["1c587f1c13924fef", "305532286d6f295a", "63fac0d034d9f793"],
		] as const)
			expect(hex(desEncrypt(octets(plain), withoutParity(key))), key).toBe(cipher);
	});
});

describe("CHAP with MD5", () => {
	it("hashes identifier, secret and challenge", () => {
		const secret = ascii("secret");
		expect(hex(chap.chapMd5Response(7, secret, octets("00 11 22 33")))).toBe(hex(md5(octets(`07 ${hex(secret)} 00112233`))));
	});
});

describe("MS-CHAPv2 of RFC 2759 §9.2", () => {
	const userName = ascii("User");
	const authenticatorChallenge = octets("5B 5D 7C 7D 7B 3F 2F 3E 3C 2C 60 21 32 26 26 28");
	const peerChallenge = octets("21 40 23 24 25 5E 26 2A 28 29 5F 2B 3A 33 7C 7E");
	const ntResponse = octets("82 30 9E CD 8D 70 8B 5E A0 8F AA 39 81 CD 83 54 42 33 11 4A 3D 85 D6 DF");

	it("has the challenge", () => {
		expect(hex(chap.challengeHash(peerChallenge, authenticatorChallenge, userName))).toBe("d02e4386bce91226");
	});

	it("has the password's hash", () => {
		expect(hex(chap.ntPasswordHash("clientPass"))).toBe("44ebba8d5312b8d611474411f56989ae");
		expect(hex(md4(chap.ntPasswordHash("clientPass")))).toBe("41c00c584bd2d91c4017a2a12fa59f3f");
	});

	it("has the NT-Response", () => {
		expect(chap.generateNtResponse(authenticatorChallenge, peerChallenge, userName, "clientPass")).toEqual(ntResponse);
	});

	it("has the authenticator's response", () => {
		expect(chap.generateAuthenticatorResponse("clientPass", ntResponse, peerChallenge, authenticatorChallenge, userName)).toBe(
			"S=407A5589115FD0D6209F510FE9C04566932CDA56",
		);
	});
});
