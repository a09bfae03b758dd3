// Dial scripts in chat's words, and what a modem says while the link is up.

import { describe, expect, it } from "vitest";
import { IPCP, LCP, Peer } from "./pair.ts";
import { statusOf } from "../../../../src/status/status.ts";

const SCRIPT = ["ABORT", "BUSY", "ABORT", "NO CARRIER", "TIMEOUT", "5", "", "AT&F\\d", "OK", "ATD*99#", "CONNECT", ""];
const LOCAL = "10.0.0.1";

const bytes = (text: string): number[] => Array.from(text, (character) => character.charCodeAt(0));

/** A peer behind a modem that answers by what it was sent. */
function modem(answers: Record<string, string>, options = {}): Peer {
	const peer = new Peer({ local: LOCAL, dial: SCRIPT, holdoff: 2, ...options });
	peer.raw = true;
	const onByte = peer.modem.b.onByte!;
	peer.modem.b.onByte = (byte) => {
		onByte(byte);
		if (!peer.raw || byte !== 13) return;
		const answer = answers[peer.text.trim()];
		peer.text = "";
		if (answer === undefined) return;
		if (answer.startsWith("CONNECT")) peer.raw = false;
		peer.us.port.inject(bytes(`\r\n${answer}\r\n`));
	};
	return peer;
}

const CALL = { "AT&F": "OK", "ATD*99#": "CONNECT 115200" };

describe("a dial script", () => {
	it("is spoken before LCP, with its delays", () => {
		const peer = modem(CALL);
		peer.run(500);
		expect(peer.state.phase).toBe("dial");
		expect(peer.frames.length).toBe(0);
		peer.run(1000);
		peer.open();
		expect(peer.us.history.slice(0, 2)).toEqual(["dial", "establish"]);
	});

	it.each([
		["BUSY", { ...CALL, "ATD*99#": "BUSY" }, "dial: BUSY"],
		["NO CARRIER", { ...CALL, "ATD*99#": "NO CARRIER" }, "dial: NO CARRIER"],
		["another word than expected", { "AT&F": "ERROR" }, `dial: no "OK" in 5 s, but "ERROR"`],
		["nothing", {}, `dial: no "OK" in 5 s`],
	])("ends when the modem says %s, and is tried again", (_what, answers, reason) => {
		const peer = modem(answers);
		expect(peer.world.until(() => peer.state.phase === "dead" && peer.state.reason !== "", 20_000)).toBe(true);
		expect(peer.state.reason).toBe(reason);
		expect(peer.us.port.ready, "DTR").toBe(false);
		expect(peer.world.until(() => peer.state.phase === "dial", 4000)).toBe(true);
		expect(peer.us.port.ready).toBe(true);
	});

	it("does not take what the modem says between two calls for packets", () => {
		const peer = modem({ "AT&F": "ERROR" });
		expect(peer.world.until(() => peer.state.phase === "dead" && peer.state.reason !== "", 20_000)).toBe(true);
		peer.us.port.inject(bytes("\r\nRING\r\n"));
		peer.run(100);
		expect(statusOf(peer.us.node.stack).interfaces[1]!.drops).toEqual({});
	});

	it("dials again when the modem says NO CARRIER between frames", () => {
		const peer = modem(CALL);
		peer.run(1500);
		peer.open();
		peer.us.port.inject(bytes("\r\nNO CARRIER\r\n"));
		peer.raw = true;
		peer.run(1000);
		expect(peer.state).toMatchObject({ phase: "dead", reason: "the modem says NO CARRIER" });
		expect(peer.us.link.up).toBe(false);
		peer.run(4000);
		peer.agree(LCP, []);
		peer.agree(IPCP, [3, 6, 10, 0, 0, 2]);
		peer.run(100);
		expect(peer.state.phase).toBe("running");
	});

	it("does not show what it sent when the modem echoes it: that may be a PIN", () => {
		const peer = modem({}, { dial: ["TIMEOUT", "5", "", "AT+CPIN=\\p4711", "OK"] });
		peer.run(500);
		peer.us.port.inject(bytes("AT+CPIN=4711\r\r\n+CME ERROR: 16\r\n"));
		expect(peer.world.until(() => peer.state.phase === "dead", 10_000)).toBe(true);
		expect(peer.state.reason).toBe(`dial: no "OK" in 5 s, but "+CME ERROR: 16"`);
	});

	it("that makes no sense is refused at once, by name", () => {
		const make = (dial: string[]) => () => new Peer({ dial });
		expect(make(["OK", "\\x"])).toThrow('dial script, "\\x": "\\x" is not one of');
		expect(make(["TIMEOUT", "soon"])).toThrow("TIMEOUT soon: expected seconds");
		expect(make(["ABORT"])).toThrow("expected a string after ABORT");
		expect(make(["ABORT", ""])).toThrow('ABORT "": expected 1 to 128 characters');
	});
});

describe("options that make no sense", () => {
	it.each([
		[{ mru: 64 }, "mru 64 of ppp0: expected a whole number from 128 to 1500"],
		[{ auth: "eap" as "pap" }, "accounts"],
		[{ auth: "eap" as "pap", accounts: { a: "b" } }, "auth eap of ppp0: expected ms-chap-v2, chap-md5, pap"],
		[{ user: "a" }, "ppp0: expected both user and password"],
		[{ msDns: ["9.9.9.9", "1.1.1.1", "8.8.8.8"] }, "msDns of ppp0: expected two name servers at most"],
		[{ msDns: ["9.9.9"] }, 'ppp0: msDns "9.9.9": expected an IPv4 address such as "192.168.77.1"'],
		[{ local: 7 as never }, "ppp0: local 7: expected an IPv4 address as a string"],
		[{ mtu: 1501 }, "mtu 1501 of ppp0"],
	])("%j are refused", (options, message) => {
		expect(() => new Peer(options)).toThrow(message);
	});
});
