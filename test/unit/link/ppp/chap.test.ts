// CHAP against a peer that the test plays: challenges that come again, and a peer that answers with our own.

import { describe, expect, it } from "vitest";
import { chapMd5Response } from "../../../../src/link/ppp/crypto/chap.ts";
import { CHAP, LCP, Peer, type Frame } from "./pair.ts";

const CHALLENGE = 1;
const RESPONSE = 2;
const SUCCESS = 3;
const FAILURE = 4;
const AUTH_CHAP_MD5 = [3, 5, 0xc2, 0x23, 5];
const bytes = (text: string) => Array.from(text, (character) => character.charCodeAt(0));

const US = { local: "10.0.0.1", remote: "10.0.0.2", holdoff: 1 };

/** Answers a challenge as who has this password. */
function respond(peer: Peer, challenge: Frame, password: string): void {
	const value = Uint8Array.from(challenge.data.slice(1, 1 + challenge.data[0]!));
	const response = chapMd5Response(challenge.id, Uint8Array.from(bytes(password)), value);
	peer.send(CHAP, RESPONSE, challenge.id, [response.length, ...response, ...bytes("anna")]);
}

describe("CHAP", () => {
	it("challenges again after the interval, with another challenge, and ends the link when the answer is wrong", () => {
		const peer = new Peer({ ...US, auth: "chap-md5", accounts: { anna: "geheim" }, chapInterval: 10, lcpEchoInterval: 0 });
		peer.agree(LCP, []);
		const first = peer.next(CHAP, CHALLENGE);
		respond(peer, first, "geheim");
		peer.next(CHAP, SUCCESS);
		peer.agree(0x8021, [3, 6, 10, 0, 0, 2]);
		expect(peer.world.until(() => peer.us.link.up, 1000)).toBe(true);
		peer.take();
		peer.run(9000);
		expect(peer.take().filter(({ protocol }) => protocol === CHAP)).toEqual([]);
		const second = peer.next(CHAP, CHALLENGE, 2000);
		expect(second.data).not.toEqual(first.data);
		respond(peer, second, "geheim");
		peer.next(CHAP, SUCCESS);
		expect(peer.us.link.up).toBe(true);
		const third = peer.next(CHAP, CHALLENGE, 11_000);
		respond(peer, third, "wrong");
		peer.next(CHAP, FAILURE);
		peer.run(10_000);
		expect(peer.us.history.join("\n")).toContain(`chap-md5: wrong name or password from "anna"`);
		expect(peer.us.link.up).toBe(false);
	});

	it("repeats its response until the peer says how it liked it, ten times", () => {
		const peer = new Peer({ ...US, user: "anna", password: "geheim", maxfail: 1 });
		peer.agree(LCP, AUTH_CHAP_MD5);
		peer.send(CHAP, CHALLENGE, 7, [4, 1, 2, 3, 4, ...bytes("peer")]);
		const first = peer.next(CHAP, RESPONSE);
		expect(peer.next(CHAP, RESPONSE, 3100).packet).toEqual(first.packet);
		peer.send(CHAP, SUCCESS, 7);
		peer.run(10);
		expect(peer.state.phase).toBe("network");
		peer.take();
		peer.run(4000);
		expect(peer.take().filter(({ protocol }) => protocol === CHAP)).toEqual([]);

		const silent = new Peer({ ...US, user: "anna", password: "geheim", maxfail: 1 });
		silent.agree(LCP, AUTH_CHAP_MD5);
		silent.send(CHAP, CHALLENGE, 7, [4, 1, 2, 3, 4]);
		silent.run(40_000);
		expect(silent.frames.filter(({ protocol }) => protocol === CHAP).length).toBe(10);
		expect(silent.state.reason).toContain("chap-md5: the peer does not finish");
	});

	it("does not answer its own challenge", () => {
		const peer = new Peer({
			...US,
			auth: "chap-md5",
			accounts: { anna: "geheim" },
			user: "anna",
			password: "geheim",
		});
		peer.agree(LCP, AUTH_CHAP_MD5);
		const ours = peer.next(CHAP, CHALLENGE);
		peer.send(CHAP, CHALLENGE, ours.id, ours.data);
		peer.run(12_000); // it does not acknowledge the end
		expect(peer.take().filter(({ protocol, code }) => protocol === CHAP && code === RESPONSE)).toEqual([]);
		expect(peer.us.history.join("\n")).toContain("chap-md5: the peer sends our own challenge back");
	});
});
