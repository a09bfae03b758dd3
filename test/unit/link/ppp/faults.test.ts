// Peers that do not behave: a clear state and reason, bounded tries, and a link as soon as they behave again.

import { describe, expect, it } from "vitest";
import { AUTHS } from "../../../../src/link/ppp/lcp.ts";
import { statusOf } from "../../../../src/status/status.ts";
import { CHAP, IPCP, LCP, pair, Peer, PAP, type Frame } from "./pair.ts";

const US = { local: "10.0.0.1" };

/** What it sent in that time. */
function sent(peer: Peer, ms: number): number {
	peer.take();
	peer.run(ms);
	return peer.frames.length;
}

describe("a peer that", () => {
	it("answers nothing: ten tries, then a pause that grows, and a link when it does", () => {
		const peer = new Peer(US);
		peer.run(29_900);
		expect(peer.frames.length).toBe(10);
		peer.run(200);
		expect(peer.state).toMatchObject({ phase: "dead", reason: "lcp: the peer does not answer", failures: 1 });
		expect(peer.state.retryInMs).toBeGreaterThan(4000);
		// 5 s, 30 s, 10 s, 30 s, 20 s …, 80 s at most.
		peer.run(3_600_000);
		expect(peer.us.history.filter((phase) => phase.startsWith("establish")).length).toBeLessThan(40);
		peer.take();
		peer.agreeable();
		expect(peer.world.until(() => peer.us.link.up, 120_000)).toBe(true);
		expect(peer.state).toMatchObject({ phase: "running", reason: "", failures: 0 });
	});

	it("answers nothing, with maxfail: given up, until told to connect", () => {
		const peer = new Peer({ ...US, maxfail: 3, holdoff: 1 });
		peer.run(600_000);
		expect(peer.state).toMatchObject({
			phase: "dead",
			reason: "lcp: the peer does not answer; gave up after 3 tries",
			retryInMs: -1,
		});
		expect(peer.frames.length).toBe(30);
		peer.agreeable();
		peer.us.link.connect();
		expect(peer.world.until(() => peer.us.link.up, 2000)).toBe(true);
	});

	it("begins by itself while we hold off is not kept waiting", () => {
		const peer = new Peer({ ...US, holdoff: 1000 });
		peer.run(40_000);
		expect(peer.state.phase).toBe("dead");
		peer.take();
		peer.send(LCP, 1, 1, []);
		const { id, data } = peer.next(LCP, 1, 100);
		peer.send(LCP, 2, id, data);
		peer.agree(IPCP, [3, 6, 10, 0, 0, 2]);
		peer.run(10);
		expect(peer.state.phase).toBe("running");
	});

	it("Naks for ever", () => {
		const peer = new Peer(US);
		peer.answer = (frame) => {
			if (frame.code === 1) peer.send(frame.protocol, 3, frame.id, frame.data);
		};
		peer.run(10_000);
		// After five of them we do without, and after twenty without the peer.
		expect(peer.frames.length).toBeLessThan(45);
		expect(peer.us.history.join("\n")).toMatch(/lcp: the peer does not agree/);
	});

	it("rejects everything: LCP does without, IPCP with a fixed address too", () => {
		const peer = new Peer(US);
		peer.answer = (frame) => {
			if (frame.code === 1) peer.send(frame.protocol, frame.data.length > 0 ? 4 : 2, frame.id, frame.data);
		};
		peer.run(100);
		peer.send(LCP, 1, 1, []);
		peer.run(100);
		peer.send(IPCP, 1, 1, [3, 6, 10, 0, 0, 2]);
		peer.run(100);
		expect(peer.state).toMatchObject({ phase: "running", lcp: "opened", ipcp: "opened" });
		const client = new Peer({ ipv6: false });
		client.answer = (frame) => {
			if (frame.code === 1) client.send(frame.protocol, frame.data.length > 0 ? 4 : 2, frame.id, frame.data);
		};
		client.run(100);
		client.send(LCP, 1, 1, []);
		client.run(15_000);
		expect(client.us.history.join("\n")).toContain("ipcp: the peer gives us no address");
	});

	it("insists on what we rejected", () => {
		const peer = new Peer(US);
		let id = 0;
		peer.answer = (frame) => {
			if (frame.code === 1) peer.send(frame.protocol, 2, frame.id, frame.data);
			if (frame.code === 4 || frame.code === 1) peer.send(LCP, 1, ++id, [17, 4, 5, 0]);
		};
		peer.run(15_000);
		expect(peer.us.history.join("\n")).toContain("lcp: the peer insists on option 17");
		expect(id).toBeLessThan(150);
	});

	it("loops our bytes back", () => {
		const peer = new Peer({ ...US, maxfail: 2, holdoff: 1 });
		peer.modem.b.onByte = (byte) => peer.us.port.inject([byte]);
		peer.run(60_000);
		expect(peer.state).toMatchObject({ phase: "dead", reason: "lcp: the line is looped back; gave up after 2 tries" });
		expect(peer.us.port.written).toBeLessThan(20_000);
		expect(peer.us.link.up).toBe(false);
	});

	it("loops back what was not looped before: noticed by the echoes", () => {
		const peer = new Peer(US);
		peer.open();
		peer.answer = (frame) => peer.raws(frame.protocol, frame.packet);
		peer.run(60_000);
		expect(peer.us.history.join("\n")).toContain("lcp: the line is looped back");
	});

	it("sends half a frame and stops: the echoes find out", () => {
		const peer = new Peer(US);
		peer.open();
		peer.us.port.inject([0x7e, 0xff, 3, 0, 0x21, 0x45, 0]);
		peer.run(59_000);
		expect(peer.state.phase).toBe("running");
		peer.run(30_000);
		expect(peer.us.history.join("\n")).toContain("lcp: no answer to 3 echo requests");
		expect(statusOf(peer.us.node.stack).interfaces[1]).toMatchObject({ up: false, addresses: [] });
		// The half is no part of what follows.
		peer.agreeable();
		expect(peer.world.until(() => peer.us.link.up, 60_000)).toBe(true);
	});

	it("changes its mind after open: agreed anew, the address stays, and nobody takes it for the end", () => {
		const peer = new Peer(US);
		peer.open();
		peer.us.history.length = 0;
		peer.send(LCP, 1, 99, [1, 4, 3, 232]);
		peer.run(100);
		expect(peer.state.phase).toBe("establish");
		expect(peer.us.link.up).toBe(false);
		const { id, data } = peer.next(LCP, 1);
		peer.send(LCP, 2, id, data);
		peer.agree(IPCP, [3, 6, 10, 0, 0, 2]);
		peer.run(100);
		expect(peer.state).toMatchObject({ phase: "running", failures: 0 });
		expect(peer.us.link.mtu).toBe(1000);
		expect(peer.us.history.join()).not.toContain("dead");
		// And in IPCP alone, with another address for itself.
		peer.send(IPCP, 1, 5, [3, 6, 10, 0, 0, 3]);
		const again = peer.next(IPCP, 1);
		peer.send(IPCP, 2, again.id, again.data);
		peer.run(100);
		expect(peer.state).toMatchObject({ phase: "running", remote: "10.0.0.3" });
		expect(
			statusOf(peer.us.node.stack)
				.routes.filter((route) => route.interface === "ppp0")
				.map((route) => route.prefix),
		).toEqual(["10.0.0.3/32"]);
	});

	it("terminates: acknowledged, told, and a new link with a new address when it comes back", () => {
		const peer = new Peer({});
		peer.agreeable([10, 0, 0, 9]);
		peer.run(1000);
		expect(peer.state.local).toBe("10.0.0.9");
		peer.answer = undefined;
		peer.send(LCP, 5, 7, [66, 121, 101]);
		peer.next(LCP, 6);
		peer.run(3100);
		expect(peer.state).toMatchObject({ phase: "dead", reason: "lcp: the peer ended the link: Bye", local: null });
		expect(statusOf(peer.us.node.stack).interfaces[1]!.addresses).toEqual([]);
		expect(statusOf(peer.us.node.stack).routes.filter((route) => route.interface === "ppp0")).toEqual([]);
		peer.agreeable([10, 0, 0, 10]);
		peer.run(10_000);
		expect(peer.state).toMatchObject({ phase: "running", local: "10.0.0.10" });
	});

	it("sends compressed fields that were not agreed upon", () => {
		const peer = new Peer({ ...US, pfc: false, acfc: false });
		peer.open();
		// An echo request for us without address, control and the first octet of the protocol.
		const before = statusOf(peer.us.node.stack).interfaces[1]!.received.packets;
		peer.compressedPing();
		peer.run(100);
		expect(statusOf(peer.us.node.stack).interfaces[1]!.received.packets).toBe(before + 1);
	});
});

describe("who authenticates", () => {
	it.each(AUTHS)("with a wrong password (%s) is refused, and both know why", (auth) => {
		const { a, b, world } = pair(
			{ ...US, remote: "10.0.0.2", auth, accounts: { anna: "right" } },
			{ user: "anna", password: "wrong", maxfail: 2, holdoff: 1 },
		);
		world.run(60_000);
		expect(a.history.join("\n")).toContain(`wrong name or password from "anna"`);
		expect(b.link.state.reason).toContain("the peer refuses our name and password");
		expect(b.link.state.reason).toContain("gave up after 2 tries");
		expect(a.link.up || b.link.up).toBe(false);
		expect(statusOf(a.node.stack).interfaces[1]!.addresses).toEqual([]);
	});

	it("with no name at all is refused in LCP", () => {
		const { a, b, world } = pair({ ...US, auth: "chap-md5", accounts: { anna: "x" } }, { maxfail: 1 });
		world.run(40_000);
		expect(a.history.join("\n")).toContain("lcp: the peer refuses to authenticate by chap-md5");
		expect(b.link.up).toBe(false);
	});

	it("not at all, though it said it would, has 30 s", () => {
		for (const auth of AUTHS) {
			const peer = new Peer({ ...US, auth, accounts: { anna: "x" }, maxfail: 1 });
			peer.agree(LCP, []);
			peer.run(29_000);
			expect(peer.state.phase).toBe("authenticate");
			// Its IP is not listened to.
			peer.send(IPCP, 1, 1, [3, 6, 10, 0, 0, 2]);
			peer.run(9000);
			expect(peer.state.phase).toBe("dead");
			expect(peer.state.reason).toMatch(/does not (say who it is|answer the challenge)/);
		}
	});

	it("is not answered: ten tries", () => {
		const peer = new Peer({ ...US, user: "u", password: "p", maxfail: 1 });
		peer.agree(LCP, [3, 4, 0xc0, 0x23]);
		peer.run(40_000);
		expect(peer.frames.filter((frame) => frame.protocol === PAP).length).toBe(10);
		expect(peer.state.reason).toContain("pap: the peer does not answer");
	});

	it("is challenged again, when so told, and thrown out when it has forgotten", () => {
		const options = { ...US, auth: "chap-md5", accounts: { anna: "x" }, chapInterval: 60 } as const;
		const peer = new Peer(options);
		peer.agree(LCP, []);
		expect(peer.next(CHAP, 1).data[0]).toBe(16);
		// A response of nobody's.
		peer.send(CHAP, 2, 0, [16, ...Array.from({ length: 16 }, () => 0), 65]);
		peer.run(10);
		expect(peer.state.phase).toBe("authenticate");
	});

	it("is let in again when its answer got lost", () => {
		const peer = new Peer({ ...US, auth: "pap", accounts: { a: "b" } });
		peer.agree(LCP, []);
		const acks = (): Frame[] => peer.take().filter((frame) => frame.protocol === PAP && frame.code === 2);
		for (let id = 1; id <= 3; id++) {
			peer.send(PAP, 1, id, [1, 97, 1, 98]);
			peer.run(10);
			expect(acks().map((frame) => frame.id)).toEqual([id]);
		}
		expect(peer.state.phase).toBe("network");
	});
});

describe("the line", () => {
	it("without carrier waits for it, and ends with it", () => {
		const { a, b, modem, world, up } = pair({ ...US, remote: "10.0.0.2" }, {});
		expect(up()).toBe(true);
		modem.setLink(false);
		world.run(10);
		expect(a.link.state).toMatchObject({ phase: "dead", reason: "carrier lost" });
		world.run(60_000);
		expect(b.link.state).toMatchObject({ phase: "dead", reason: "no carrier" });
		modem.setLink(true);
		expect(up(3000)).toBe(true);
	});

	it("that is idle is closed when so told, and opened again by connect", () => {
		const { a, b, world, up } = pair({ ...US, remote: "10.0.0.2", idle: 60 }, { lcpEchoInterval: 5 });
		expect(up()).toBe(true);
		world.run(59_000);
		expect(a.link.up).toBe(true);
		world.run(20_000);
		expect(a.link.state).toMatchObject({ phase: "dead", reason: "idle", retryInMs: -1 });
		world.run(60_000);
		expect(a.link.up || b.link.up).toBe(false);
		a.link.connect();
		expect(up(90_000)).toBe(true);
	});

	it.each([false, true])("begins anew when connect comes while it is being ended (persist: %s)", (persist) => {
		const { a, world, up } = pair({ ...US, remote: "10.0.0.2", persist }, {});
		const ways: [string, () => void][] = [
			["at once", () => {}],
			["in the middle", () => world.run(1)],
			["of two orders for one poll the second does not undo the first", () => a.link.connect()],
		];
		for (const [what, wait] of ways) {
			expect(up(90_000), what).toBe(true);
			const from = a.history.length;
			a.link.disconnect();
			wait();
			a.link.connect();
			expect(
				world.until(() => a.history.slice(from).includes("running"), 90_000),
				what,
			).toBe(true);
			expect(a.history.slice(from).join(), what).toContain("terminate");
		}
		a.link.disconnect();
		world.run(1);
		a.link.connect();
		a.link.disconnect();
		world.run(90_000);
		expect(a.link.state, "the last word counts").toMatchObject({ phase: "dead", retryInMs: -1 });
	});

	it("begins anew when connect comes while the peer ends it, and when it is enabled again meanwhile", () => {
		const { a, b, world, up } = pair({ ...US, remote: "10.0.0.2", persist: false }, {});
		expect(up()).toBe(true);
		b.link.disconnect();
		expect(world.until(() => a.link.state.phase === "terminate", 1000)).toBe(true);
		a.link.connect();
		b.link.connect();
		expect(up(90_000)).toBe(true);
		a.link.enabled = false;
		world.run(1);
		a.link.enabled = true;
		expect(world.until(() => a.link.state.phase !== "running", 1000)).toBe(true);
		expect(up(90_000)).toBe(true);
	});

	it("is taken down in good order by disconnect, enabled and remove", () => {
		const { a, b, world, up } = pair({ ...US, remote: "10.0.0.2" }, {});
		const ways: [() => void, string][] = [
			[() => a.link.disconnect(), "disconnected"],
			[() => (a.link.enabled = false), "disabled"],
		];
		for (const [down, reason] of ways) {
			expect(up(90_000)).toBe(true);
			down();
			world.run(7000);
			expect(a.link.state).toMatchObject({ phase: "dead", reason });
			expect(b.history.join("\n")).toContain("lcp: the peer ended the link");
			a.link.enabled = true;
			a.link.connect();
		}
		expect(up(90_000)).toBe(true);
		const free = a.node.stack.core.pool.free;
		a.node.stack.interfaces.remove(a.link);
		world.run(5000);
		expect(b.link.up).toBe(false);
		expect(a.node.stack.core.pool.free, "its buffer for control packets").toBe(free + 1);
		expect(sent(new Peer({ ...US, persist: false }), 0)).toBe(0);
	});
});
