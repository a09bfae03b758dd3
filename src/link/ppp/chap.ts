// CHAP, RFC 1994: a challenge, and what only who knows the secret can answer. MD5, and MS-CHAPv2 (RFC 2759).

import { NONE } from "../../packet/pool.ts";
import { Authenticator, equal, printable, REPEAT_MS, REPEATS, utf8, type Accounts, type AuthLink } from "./auth.ts";
import { join } from "./crypto/blocks.ts";
import { chapMd5Response, generateAuthenticatorResponse, generateNtResponse } from "./crypto/chap.ts";
import { CHAP } from "./packets.ts";

const CHALLENGE = 1;
const RESPONSE = 2;
const SUCCESS = 3;
const FAILURE = 4;

/** RFC 1994 §4.1 leaves the length open; RFC 2759 §3 wants this. */
const CHALLENGE_BYTES = 16;
/** RFC 2759 §4: the peer's challenge, eight zeros, the NT response, flags. */
const MS_RESPONSE_BYTES = 49;
const NT_RESPONSE_AT = 24;
/** Characters of the peer's text that are shown. */
const TEXT_MOST = 80;

export type Algorithm = "chap-md5" | "ms-chap-v2";

/** Without the domain that Windows puts before it: RFC 2759 §4. */
function accountOf(name: Uint8Array): Uint8Array {
	return name.subarray(name.lastIndexOf(0x5c) + 1);
}

/** Octets behind one octet with their number, and a name. RFC 1994 §4.1. */
function valueAndName(value: Uint8Array, name: Uint8Array): Uint8Array {
	return join(new Uint8Array([value.length]), value, name);
}

function randomBytes(link: AuthLink, count: number): Uint8Array {
	const bytes = new Uint8Array(count);
	for (let i = 0; i < count; i++) bytes[i] = link.core.random32() >>> 24;
	return bytes;
}

/** Answers the peer's challenges. */
export class ChapClient extends Authenticator {
	#algorithm: Algorithm;
	#user: Uint8Array;
	#password: string;
	#isOurs: (challenge: Uint8Array) => boolean;
	/** MS-CHAPv2: how the peer proves that it knows the password as well. */
	#proof = "";
	/** What was answered last, and to which challenge. */
	#response: Uint8Array | undefined;
	#id = 0;

	/** `isOurs`: whether a challenge is the one that we pose ourselves. */
	constructor(
		link: AuthLink,
		algorithm: Algorithm,
		user: string,
		password: string,
		isOurs: (challenge: Uint8Array) => boolean = () => false,
	) {
		super(CHAP, link);
		this.#isOurs = isOurs;
		this.#algorithm = algorithm;
		this.#user = utf8(user);
		this.#password = password;
	}

	/** The peer begins. */
	override start(): void {
		this.wait(REPEAT_MS * REPEATS);
	}

	protected override expired(): void {
		if (this.#response === undefined) this.fail(`${this.#algorithm}: the peer does not finish`);
		else this.#respond(this.#id, this.#response);
	}

	/** Sends it until the peer says how it liked it: either may be lost, and a peer that is content goes on alone. RFC 1994 §4.2. */
	#respond(id: number, response: Uint8Array): void {
		this.#id = id;
		this.#response = response;
		if (!this.done && !this.again()) return this.fail(`${this.#algorithm}: the peer does not finish`);
		this.send(RESPONSE, id, response);
	}

	protected override packet(code: number, id: number, at: number, end: number): boolean {
		switch (code) {
			case CHALLENGE: {
				const length = at < end ? this.view.getUint8(at) : 0;
				if (length === 0 || length > end - at - 1) return false;
				return this.#answer(id, this.bytes(at + 1, at + 1 + length));
			}
			case SUCCESS: {
				const text = printable(this.bytes(at, end));
				if (this.done && this.#proof === "") return true;
				if (this.#algorithm === "ms-chap-v2" && (this.#proof === "" || !text.startsWith(this.#proof)))
					this.fail("ms-chap-v2: the peer does not know our password");
				else this.succeed("");
				this.#proof = "";
				return true;
			}
			case FAILURE: {
				const text = printable(this.bytes(at, Math.min(end, at + TEXT_MOST)));
				this.fail(`${this.#algorithm}: the peer refuses our name and password${text === "" ? "" : `: ${text}`}`);
				return true;
			}
		}
		return code === RESPONSE;
	}

	#answer(id: number, challenge: Uint8Array): boolean {
		if (this.#isOurs(challenge)) {
			// Our answer would be the one that it owes us.
			this.fail(`${this.#algorithm}: the peer sends our own challenge back`);
			return true;
		}
		if (this.#algorithm === "chap-md5") {
			this.#respond(id, valueAndName(chapMd5Response(id, utf8(this.#password), challenge), this.#user));
			return true;
		}
		if (challenge.length !== CHALLENGE_BYTES) return false;
		const own = randomBytes(this.link, CHALLENGE_BYTES);
		const account = accountOf(this.#user);
		const response = generateNtResponse(challenge, own, account, this.#password);
		this.#proof = generateAuthenticatorResponse(this.#password, response, own, challenge, account);
		this.#respond(id, valueAndName(join(own, new Uint8Array(8), response, new Uint8Array(1)), this.#user));
		return true;
	}
}

/** Challenges the peer. */
export class ChapServer extends Authenticator {
	#algorithm: Algorithm;
	#accounts: Accounts;
	#name: Uint8Array;
	/** ms between challenges once the peer is known, or 0. */
	#intervalMs: number;
	#id: number;
	#challenge: Uint8Array;
	/** What the response to this challenge was answered with. */
	#answered = 0;
	#text = "";

	constructor(link: AuthLink, algorithm: Algorithm, accounts: Accounts, name: string, intervalMs: number) {
		super(CHAP, link);
		this.#algorithm = algorithm;
		this.#accounts = accounts;
		this.#name = utf8(name);
		this.#intervalMs = intervalMs;
		this.#id = link.core.random32() & 0xff;
		this.#challenge = randomBytes(link, CHALLENGE_BYTES);
	}

	override start(): void {
		this.#ask();
	}

	override poses(challenge: Uint8Array): boolean {
		return equal(challenge, this.#challenge);
	}

	#ask(): void {
		if (!this.again()) return this.fail(`${this.#algorithm}: the peer does not answer the challenge`);
		this.send(CHALLENGE, this.#id, valueAndName(this.#challenge, this.#name));
	}

	protected override expired(): void {
		if (this.#answered === SUCCESS) {
			// Once more, whether it still is the same: RFC 1994 §2.
			this.#id = (this.#id + 1) & 0xff;
			this.#challenge = randomBytes(this.link, CHALLENGE_BYTES);
			this.#answered = 0;
			this.tries = 0;
		}
		this.#ask();
	}

	protected override packet(code: number, id: number, at: number, end: number): boolean {
		if (code !== RESPONSE) return code === CHALLENGE || code === SUCCESS || code === FAILURE;
		const length = at < end ? this.view.getUint8(at) : NONE;
		if (length < 0 || length > end - at - 1) return false;
		if (id !== this.#id) return true; // to a challenge of before
		if (this.#answered === 0) {
			const name = this.bytes(at + 1 + length, end);
			this.#judge(this.bytes(at + 1, at + 1 + length), name);
			this.#verdict(printable(name));
		} else this.send(this.#answered, id, utf8(this.#text)); // it was lost: RFC 1994 §4.2
		return true;
	}

	#judge(value: Uint8Array, name: Uint8Array): void {
		const account = accountOf(name);
		const password = this.#accounts.password(name) ?? this.#accounts.password(account);
		this.#answered = FAILURE;
		if (this.#algorithm === "chap-md5") {
			this.#text = "wrong name or password";
			if (password === undefined || !equal(value, chapMd5Response(this.#id, utf8(password), this.#challenge))) return;
			this.#text = "welcome";
		} else {
			// RFC 2759 §6: the error, no retry, a challenge for none, the version.
			this.#text = `E=691 R=0 C=${"0".repeat(32)} V=3 M=wrong name or password`;
			if (password === undefined || value.length !== MS_RESPONSE_BYTES) return;
			const peerChallenge = value.subarray(0, CHALLENGE_BYTES);
			const response = generateNtResponse(this.#challenge, peerChallenge, account, password);
			if (!equal(response, value.subarray(NT_RESPONSE_AT, NT_RESPONSE_AT + 24))) return;
			this.#text = `${generateAuthenticatorResponse(password, response, peerChallenge, this.#challenge, account)} M=welcome`;
		}
		this.#answered = SUCCESS;
	}

	#verdict(name: string): void {
		this.send(this.#answered, this.#id, utf8(this.#text));
		if (this.#answered === FAILURE) return this.fail(`${this.#algorithm}: wrong name or password from "${name}"`);
		this.succeed(name);
		this.timing = false;
		if (this.#intervalMs > 0) this.wait(this.#intervalMs);
	}
}
