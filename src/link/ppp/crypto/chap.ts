// What CHAP peers answer each other: CHAP with MD5 (RFC 1994), and MS-CHAP version 2 (RFC 2759 §8, whose names these are).

import { join } from "./blocks.ts";
import { desEncrypt } from "./des.ts";
import { md4 } from "./md4.ts";
import { md5 } from "./md5.ts";
import { sha1 } from "./sha1.ts";

/** The Value of a Response: 16 octets. RFC 1994 §4.1. */
export function chapMd5Response(identifier: number, secret: Uint8Array, challenge: Uint8Array): Uint8Array {
	return md5(join(new Uint8Array([identifier]), secret, challenge));
}

/** §8.7: "Magic server to client signing constant" and "Pad to make it do more than one iteration". */
const MAGIC_1 = ascii("Magic server to client signing constant");
const MAGIC_2 = ascii("Pad to make it do more than one iteration");

function ascii(text: string): Uint8Array {
	const octets = new Uint8Array(text.length);
	for (let i = 0; i < text.length; i++) octets[i] = text.charCodeAt(i);
	return octets;
}

/** 16 octets: MD4 of the password as UTF-16, little-endian. §8.3. */
export function ntPasswordHash(password: string): Uint8Array {
	const octets = new Uint8Array(password.length * 2);
	for (let i = 0; i < password.length; i++) {
		octets[2 * i] = password.charCodeAt(i);
		octets[2 * i + 1] = password.charCodeAt(i) >> 8;
	}
	return md4(octets);
}

/** 8 octets. `userName` without a domain before it. §8.2. */
export function challengeHash(peerChallenge: Uint8Array, authenticatorChallenge: Uint8Array, userName: Uint8Array): Uint8Array {
	return sha1(join(peerChallenge, authenticatorChallenge, userName)).slice(0, 8);
}

/** 24 octets: the challenge encrypted with three keys, which the hash of 16 octets and five zeros make. §8.5. */
export function challengeResponse(challenge: Uint8Array, passwordHash: Uint8Array): Uint8Array {
	const keys = new Uint8Array(21);
	keys.set(passwordHash);
	const response = new Uint8Array(24);
	for (let i = 0; i < 3; i++) response.set(desEncrypt(challenge, keys.subarray(i * 7, i * 7 + 7)), i * 8);
	return response;
}

/** What the peer answers: 24 octets. Challenges are 16 octets each. §8.1. */
export function generateNtResponse(
	authenticatorChallenge: Uint8Array,
	peerChallenge: Uint8Array,
	userName: Uint8Array,
	password: string,
): Uint8Array {
	return challengeResponse(challengeHash(peerChallenge, authenticatorChallenge, userName), ntPasswordHash(password));
}

/** What the authenticator proves itself with: "S=" and 40 hexadecimal digits. §8.7. */
export function generateAuthenticatorResponse(
	password: string,
	ntResponse: Uint8Array,
	peerChallenge: Uint8Array,
	authenticatorChallenge: Uint8Array,
	userName: Uint8Array,
): string {
	const passwordHashHash = md4(ntPasswordHash(password));
	const first = sha1(join(passwordHashHash, ntResponse, MAGIC_1));
	const second = sha1(join(first, challengeHash(peerChallenge, authenticatorChallenge, userName), MAGIC_2));
	let text = "S=";
	for (let i = 0; i < second.length; i++) text += (second[i]! + 256).toString(16).slice(1).toUpperCase();
	return text;
}
