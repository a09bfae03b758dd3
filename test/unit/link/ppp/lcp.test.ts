// LCP byte by byte: RFC 1661 §5 and §6.

import { describe, expect, it } from "vitest";
import { IPCP, LCP, PAP, Peer } from "./pair.ts";
import { statusOf } from "../../../../src/status/status.ts";

const REQUEST = 1;
const ACK = 2;
const NAK = 3;
const REJECT = 4;
const CODE_REJECT = 7;
const PROTOCOL_REJECT = 8;
const ECHO_REQUEST = 9;
const ECHO_REPLY = 10;

const US = { local: "10.0.0.1" };

/** An option of four zeros but for what is given. */
const magic = (value: number): number[] => [5, 6, value >>> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255];

describe("what we ask for", () => {
	it("is ACCM, magic number, PFC and ACFC", () => {
		const { data } = new Peer({}).next(LCP, REQUEST);
		expect(data.slice(0, 6)).toEqual([2, 6, 0, 0, 0, 0]);
		expect(data.slice(6, 8)).toEqual([5, 6]);
		expect(data.slice(12)).toEqual([7, 2, 8, 2]);
	});

	it("is MRU and an authentication when told so", () => {
		const { data } = new Peer({ mru: 600, auth: "chap-md5", accounts: { a: "b" }, pfc: false, acfc: false, asyncmap: -1 }).next(
			LCP,
			REQUEST,
		);
		expect(data.slice(0, 9)).toEqual([1, 4, 2, 88, 3, 5, 0xc2, 0x23, 5]);
		expect(data.length).toBe(15);
	});

	it("does without what the peer rejects, and does not ask for it again", () => {
		const peer = new Peer({});
		const first = peer.next(LCP, REQUEST);
		peer.send(LCP, REJECT, first.id, first.data);
		const second = peer.next(LCP, REQUEST, 100);
		expect(second.data).toEqual([]);
		expect(second.id).not.toBe(first.id);
		peer.send(LCP, ACK, second.id);
		peer.send(LCP, REQUEST, 1);
		peer.next(IPCP, REQUEST, 100);
		// Anew, after all was agreed.
		peer.send(LCP, REQUEST, 2);
		expect(peer.next(LCP, REQUEST, 100).data).toEqual([]);
	});

	it("keeps its identifier when repeated, so that a late answer counts", () => {
		const peer = new Peer({});
		const first = peer.next(LCP, REQUEST);
		const again = peer.next(LCP, REQUEST, 3100);
		expect(again.packet).toEqual(first.packet);
		peer.send(LCP, ACK, first.id, first.data);
		peer.send(LCP, ACK, first.id, first.data);
		peer.send(LCP, REQUEST, 9);
		peer.next(IPCP, REQUEST, 100);
		expect(peer.state.lcp).toBe("opened");
	});

	it("is not acknowledged by another identifier or other options", () => {
		const peer = new Peer({});
		const { id, data } = peer.next(LCP, REQUEST);
		peer.send(LCP, ACK, id + 1, data);
		peer.send(LCP, ACK, id, data.slice(0, -2));
		peer.send(LCP, ACK, id, [...data.slice(0, -2), 7, 2]);
		peer.send(LCP, NAK, id, [1, 1]);
		peer.run(10);
		expect(peer.state.lcp).toBe("req-sent");
	});
});

describe("what the peer asks for", () => {
	it("is granted", () => {
		const peer = new Peer({});
		const options = [1, 4, 2, 0, 2, 6, 0, 10, 0, 0, ...magic(0x12345678), 7, 2, 8, 2];
		peer.send(LCP, REQUEST, 5, options);
		const { id, data } = peer.next(LCP, ACK, 100);
		expect(id).toBe(5);
		expect(data).toEqual(options);
	});

	it("is rejected first, alone, and only then is anything proposed", () => {
		const peer = new Peer({});
		// MRU 64 is to be more; callback (13) and a bad length of PFC are rejected.
		peer.send(LCP, REQUEST, 1, [1, 4, 0, 64, 13, 3, 6, 7, 3, 0]);
		expect(peer.next(LCP, REJECT, 100).data).toEqual([13, 3, 6, 7, 3, 0]);
		peer.send(LCP, REQUEST, 2, [1, 4, 0, 64]);
		expect(peer.next(LCP, NAK, 100).data).toEqual([1, 4, 1500 >> 8, 1500 & 255]);
	});

	it("is rejected when five proposals did not help", () => {
		const peer = new Peer({});
		for (let id = 1; id <= 5; id++) {
			peer.send(LCP, REQUEST, id, [1, 4, 0, 64]);
			peer.next(LCP, NAK, 100);
		}
		peer.send(LCP, REQUEST, 6, [1, 4, 0, 64]);
		expect(peer.next(LCP, REJECT, 100).data).toEqual([1, 4, 0, 64]);
	});

	it("is an authentication that we have no name for: rejected; one that we cannot do: another is proposed", () => {
		const nobody = new Peer({});
		nobody.send(LCP, REQUEST, 1, [3, 4, 0xc0, 0x23]);
		expect(nobody.next(LCP, REJECT, 100).data).toEqual([3, 4, 0xc0, 0x23]);
		const somebody = new Peer({ user: "u", password: "p", refuse: ["pap", "ms-chap-v2"] });
		somebody.send(LCP, REQUEST, 1, [3, 4, 0xc0, 0x23]);
		expect(somebody.next(LCP, NAK, 100).data).toEqual([3, 5, 0xc2, 0x23, 5]);
		somebody.send(LCP, REQUEST, 1, [3, 5, 0xc2, 0x23, 0x80]);
		expect(somebody.next(LCP, NAK, 100).data).toEqual([3, 5, 0xc2, 0x23, 5]);
	});

	it("makes no sense: counted, and not answered", () => {
		const peer = new Peer({});
		peer.next(LCP, REQUEST);
		for (const options of [[1], [1, 1], [1, 5, 0, 0], [5, 0, 0, 0]]) peer.send(LCP, REQUEST, 1, options);
		peer.raws(LCP, [1, 1, 0]);
		peer.raws(LCP, [1, 1, 0, 9, 0]);
		peer.run(100);
		expect(peer.take()).toEqual([]);
		expect(statusOf(peer.us.node.stack).interfaces[1]!.drops).toEqual({ pppMalformed: 6 });
	});

	it("may be padded behind its length", () => {
		const peer = new Peer({});
		peer.raws(LCP, [1, 3, 0, 6, 7, 2, 0xaa, 0xbb]);
		expect(peer.next(LCP, ACK, 100).packet).toEqual([2, 3, 0, 6, 7, 2]);
	});
});

describe("an open link", () => {
	it("answers echoes with its own magic number", () => {
		const peer = new Peer(US);
		const data = peer.open();
		peer.send(LCP, ECHO_REQUEST, 42, [0, 0, 0, 0, 1, 2, 3]);
		const reply = peer.next(LCP, ECHO_REPLY, 100);
		expect(reply.id).toBe(42);
		expect(reply.data).toEqual([...data.slice(8, 12), 1, 2, 3]);
	});

	it("ends by its own echo request that comes back, and by nothing else with its magic number", () => {
		const peer = new Peer({ ...US, lcpEchoInterval: 5 });
		const own = peer.open().slice(8, 12);
		const ask = peer.next(LCP, ECHO_REQUEST, 6000);
		expect(ask.data).toEqual(own);
		peer.send(LCP, ECHO_REPLY, ask.id, own); // as those do that send back what came
		peer.send(LCP, 11, 1, own);
		peer.send(LCP, 12, 2, own);
		peer.run(4000);
		expect(peer.state).toMatchObject({ phase: "running", reason: "" });
		peer.send(LCP, ECHO_REQUEST, 3, [0, 0, 0, 0]);
		peer.next(LCP, ECHO_REPLY, 100);
		peer.send(LCP, ECHO_REQUEST, ask.id, own);
		peer.run(10_000);
		expect(peer.us.history.join("\n")).toContain("lcp: the line is looped back");
	});

	it("is kept by echo replies that repeat its magic number", () => {
		const peer = new Peer({ ...US, lcpEchoInterval: 5, lcpEchoFailure: 2 });
		const own = peer.open().slice(8, 12);
		peer.answer = ({ code, id }) => code === ECHO_REQUEST && peer.send(LCP, ECHO_REPLY, id, own);
		peer.run(60_000);
		expect(peer.state.phase).toBe("running");
	});

	it("rejects unknown codes and protocols, and reads identifications politely", () => {
		const peer = new Peer(US);
		peer.open();
		peer.send(LCP, 99, 7, [1, 2]);
		expect(peer.next(LCP, CODE_REJECT, 100).data).toEqual([99, 7, 0, 6, 1, 2]);
		peer.send(0x80fd, 1, 7, [9]);
		expect(peer.next(LCP, PROTOCOL_REJECT, 100).data).toEqual([0x80, 0xfd, 1, 7, 0, 5, 9]);
		peer.take();
		peer.send(LCP, 12, 1, [0, 0, 0, 0, 65]);
		peer.send(LCP, 13, 2, [0, 0, 0, 0, 0, 0, 0, 9]);
		peer.send(LCP, 11, 3, [0, 0, 0, 0]);
		peer.run(100);
		expect(peer.take()).toEqual([]);
		expect(peer.state.phase).toBe("running");
	});

	it("does not reject before it is open", () => {
		const peer = new Peer({});
		peer.next(LCP, REQUEST);
		peer.send(0x80fd, 1, 7, [9]);
		peer.send(PAP, 1, 1, [0, 0]);
		peer.run(100);
		expect(peer.take()).toEqual([]);
	});

	it("ends when the peer does not know our IP protocol", () => {
		const peer = new Peer({ ...US, ipv6: false });
		peer.open();
		peer.send(LCP, PROTOCOL_REJECT, 1, [0x80, 0x21, 1, 1, 0, 4]);
		peer.run(10_000);
		expect(peer.us.history.join("\n")).toContain("ipcp: the peer rejects the protocol");
	});

	it("lives on when the peer does not know our echoes", () => {
		const peer = new Peer(US);
		peer.open();
		peer.send(LCP, CODE_REJECT, 1, [9, 1, 0, 8, 0, 0, 0, 0]);
		peer.run(100);
		expect(peer.state.phase).toBe("running");
		peer.run(200_000);
		expect(peer.state.phase, "echoes are no proof any more").toBe("running");
		peer.send(LCP, CODE_REJECT, 2, [2, 1, 0, 4]);
		peer.run(7000);
		expect(peer.us.history.join("\n")).toContain("lcp: the peer does not know code 2");
	});
});
