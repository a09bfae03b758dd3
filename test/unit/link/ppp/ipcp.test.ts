// IPCP and IPV6CP byte by byte: RFC 1332, RFC 1877, RFC 5072.

import { describe, expect, it } from "vitest";
import { IPCP, IPV6CP, LCP, Peer } from "./pair.ts";
import { statusOf } from "../../../../src/status/status.ts";

const REQUEST = 1;
const ACK = 2;
const NAK = 3;
const REJECT = 4;

/** A peer with which LCP has agreed. */
function networked(options: ConstructorParameters<typeof Peer>[0]): Peer {
	const peer = new Peer(options);
	peer.agree(LCP, []);
	return peer;
}

describe("as client", () => {
	it("takes the address and the name servers that the peer gives", () => {
		const peer = networked({ usePeerDns: true });
		const first = peer.next(IPCP, REQUEST);
		expect(first.data).toEqual([3, 6, 0, 0, 0, 0, 129, 6, 0, 0, 0, 0, 131, 6, 0, 0, 0, 0]);
		peer.send(IPCP, NAK, first.id, [3, 6, 10, 0, 0, 7, 129, 6, 9, 9, 9, 9, 131, 6, 8, 8, 8, 8]);
		const second = peer.next(IPCP, REQUEST);
		expect(second.data).toEqual([3, 6, 10, 0, 0, 7, 129, 6, 9, 9, 9, 9, 131, 6, 8, 8, 8, 8]);
		peer.send(IPCP, ACK, second.id, second.data);
		peer.send(IPCP, REQUEST, 1, [3, 6, 10, 0, 0, 1]);
		peer.next(IPCP, ACK);
		expect(peer.state).toMatchObject({ phase: "running", local: "10.0.0.7", remote: "10.0.0.1" });
		expect(statusOf(peer.us.node.stack).interfaces[1]!.ppp!.dns).toEqual(["9.9.9.9", "8.8.8.8"]);
	});

	describe("with another interface at 192.168.77.2/24", () => {
		const dialled = (options: ConstructorParameters<typeof Peer>[0], local: number[], remote: number[]): Peer => {
			const peer = networked({ defaultRoute: true, persist: false, ...options });
			peer.us.node.ethernet("eth0", peer.world.device({ mac: 7 }), "192.168.77.2/24");
			const first = peer.next(IPCP, REQUEST);
			if (options.local === undefined) peer.send(IPCP, NAK, first.id, [3, 6, ...local]);
			const second = options.local === undefined ? peer.next(IPCP, REQUEST) : first;
			peer.send(IPCP, ACK, second.id, second.data);
			peer.send(IPCP, REQUEST, 1, [3, 6, ...remote]);
			peer.run(100);
			return peer;
		};
		const way = (peer: Peer, text: string) => peer.us.node.stack.routes.find(text, 0)?.link.name;

		it("an address of that network from the peer is refused, and told; one that the program has set is not", () => {
			const peer = dialled({}, [192, 168, 77, 9], [10, 0, 0, 1]);
			peer.run(10_000);
			expect(peer.state).toMatchObject({
				phase: "dead",
				reason: "ipcp: the address from the peer is refused: 192.168.77.9 is part of eth0's 192.168.77.0/24",
			});
			expect(dialled({ local: "192.168.77.9" }, [], [10, 0, 0, 1]).state.phase).toBe("running");
		});

		it.each([
			[[192, 168, 77, 9], "192.168.77.9 is part of eth0's 192.168.77.0/24", "eth0"],
			[[192, 168, 77, 2], "192.168.77.2 is eth0's own", "eth0"],
		])("a peer that says it is %j takes no traffic of that network; the link is used for the rest", (remote, reason, name) => {
			const peer = dialled({}, [10, 0, 0, 7], remote);
			expect(peer.state).toMatchObject({ phase: "running", refused: `no route to the peer: ${reason}` });
			expect(way(peer, remote.join("."))).toBe(name);
			expect(way(peer, "8.8.8.8")).toBe("ppp0");
		});
	});

	it("does not ask again for name servers that were rejected, not even after a renegotiation", () => {
		const peer = networked({ usePeerDns: true });
		const first = peer.next(IPCP, REQUEST);
		peer.send(IPCP, REJECT, first.id, [129, 6, 0, 0, 0, 0, 131, 6, 0, 0, 0, 0]);
		expect(peer.next(IPCP, REQUEST).data).toEqual([3, 6, 0, 0, 0, 0]);
		peer.send(LCP, REQUEST, 9, []);
		peer.agree(LCP, []);
		expect(peer.next(IPCP, REQUEST).data).toEqual([3, 6, 0, 0, 0, 0]);
	});

	it("takes no name servers that it did not ask for", () => {
		const peer = new Peer({});
		peer.agree(LCP, []);
		const request = peer.next(IPCP, 1);
		peer.send(IPCP, 3, request.id, [3, 6, 10, 0, 0, 1, 129, 6, 9, 9, 9, 9]);
		peer.agree(IPCP, [3, 6, 10, 0, 0, 2]);
		expect(peer.world.until(() => peer.us.link.up, 1000)).toBe(true);
		expect(peer.state.dns).toEqual([]);
	});

	it("ends with a reason when the peer has no address for it", () => {
		for (const refuse of [ACK, REJECT]) {
			const peer = networked({ ipv6: false });
			const { id, data } = peer.next(IPCP, REQUEST);
			peer.send(IPCP, REQUEST, 1, [3, 6, 10, 0, 0, 1]);
			peer.send(IPCP, refuse, id, data);
			peer.run(20_000);
			expect(peer.us.history.join("\n")).toContain("ipcp: the peer gives us no address");
		}
	});

	it("keeps the address it was told to have, whatever the peer proposes, for a bounded time", () => {
		const peer = networked({ ipv6: false, local: "10.0.0.1" });
		peer.answer = (frame) => {
			if (frame.protocol === IPCP && frame.code === REQUEST) peer.send(IPCP, NAK, frame.id, [3, 6, 1, 2, 3, 4]);
		};
		const { id } = peer.next(IPCP, REQUEST);
		peer.send(IPCP, NAK, id, [3, 6, 1, 2, 3, 4]);
		peer.run(10_000);
		expect(peer.state.phase).toBe("dead");
		expect(peer.us.history.join("\n")).toContain("ipcp: the peer does not agree to option 3");
		expect(peer.frames.length).toBeLessThan(60);
	});

	it("takes no address that is no host's", () => {
		const peer = networked({});
		const { id } = peer.next(IPCP, REQUEST);
		peer.send(IPCP, NAK, id, [3, 6, 224, 0, 0, 1]);
		expect(peer.next(IPCP, REQUEST).data).toEqual([3, 6, 0, 0, 0, 0]);
	});
});

describe("as server", () => {
	const server = { local: "10.0.0.1", remote: "10.0.0.2", msDns: ["10.0.0.53"] };

	it("gives an address to who asks for 0.0.0.0 or another one, and name servers to who wants them", () => {
		const peer = networked(server);
		peer.send(IPCP, REQUEST, 1, [3, 6, 0, 0, 0, 0, 129, 6, 0, 0, 0, 0, 131, 6, 0, 0, 0, 0]);
		expect(peer.next(IPCP, NAK).data).toEqual([3, 6, 10, 0, 0, 2, 129, 6, 10, 0, 0, 53, 131, 6, 10, 0, 0, 53]);
		peer.send(IPCP, REQUEST, 2, [3, 6, 172, 16, 0, 1]);
		expect(peer.next(IPCP, NAK).data).toEqual([3, 6, 10, 0, 0, 2]);
		peer.send(IPCP, REQUEST, 3, [3, 6, 10, 0, 0, 2]);
		expect(peer.next(IPCP, ACK).data).toEqual([3, 6, 10, 0, 0, 2]);
	});

	it("tells a peer that does not ask for any", () => {
		const peer = networked(server);
		peer.send(IPCP, REQUEST, 1, []);
		expect(peer.next(IPCP, NAK).data).toEqual([3, 6, 10, 0, 0, 2]);
	});

	it("rejects what it does not know or have, before it proposes anything", () => {
		const peer = networked({ local: "10.0.0.1", remote: "10.0.0.2" });
		peer.send(
			IPCP,
			REQUEST,
			1,
			[3, 6, 0, 0, 0, 0, 129, 6, 0, 0, 0, 0, 130, 6, 0, 0, 0, 0, 2, 6, 0, 0x2d, 15, 1, 1, 10, 0, 0, 0, 0, 0, 0, 0, 0],
		);
		expect(peer.next(IPCP, REJECT).data).toEqual([
			129, 6, 0, 0, 0, 0, 130, 6, 0, 0, 0, 0, 2, 6, 0, 0x2d, 15, 1, 1, 10, 0, 0, 0, 0, 0, 0, 0, 0,
		]);
	});

	it("rejects a question for an address when it has none to give", () => {
		const peer = networked({ local: "10.0.0.1" });
		peer.send(IPCP, REQUEST, 1, [3, 6, 0, 0, 0, 0]);
		expect(peer.next(IPCP, REJECT).data).toEqual([3, 6, 0, 0, 0, 0]);
	});
});

describe("before its turn", () => {
	it("is discarded", () => {
		const peer = new Peer({});
		peer.next(LCP, REQUEST);
		peer.send(IPCP, REQUEST, 1, [3, 6, 10, 0, 0, 1]);
		peer.raws(0x21, [0x45, 0, 0, 20]);
		peer.run(100);
		expect(peer.take()).toEqual([]);
		expect(statusOf(peer.us.node.stack).interfaces[1]!.drops).toEqual({ pppNotOpen: 2 });
	});
});

describe("IPV6CP", () => {
	it("is rejected as a protocol where it is not wanted, or where packets of 1,280 bytes have no room", () => {
		for (const options of [{ ipv6: false }, { mru: 1279 }]) {
			const peer = networked(options);
			peer.send(IPV6CP, REQUEST, 1, [1, 10, 1, 2, 3, 4, 5, 6, 7, 8]);
			expect(peer.next(LCP, 8).data.slice(0, 2)).toEqual([0x80, 0x57]);
			expect(peer.state.ipv6cp).toBe("");
		}
	});

	it("agrees on two identifiers", () => {
		const peer = networked({});
		const ours = peer.agree(IPV6CP, [1, 10, 1, 2, 3, 4, 5, 6, 7, 8]);
		expect(ours.slice(0, 2)).toEqual([1, 10]);
		expect(ours[2]! & 2, "it is not globally unique").toBe(0);
		expect(peer.state).toMatchObject({ ipv6cp: "opened", peerIdentifier: "0102030405060708" });
		expect(peer.state.identifier).toBe(
			ours
				.slice(2)
				.map((byte) => (256 + byte).toString(16).slice(1))
				.join(""),
		);
	});

	it("gives one to who has none, and another to who has ours", () => {
		const peer = networked({ ipv6: true });
		const { data: ours, id } = peer.next(IPV6CP, REQUEST);
		for (const asked of [[1, 10, 0, 0, 0, 0, 0, 0, 0, 0], ours]) {
			peer.send(IPV6CP, REQUEST, 1, asked);
			const { data } = peer.next(IPV6CP, NAK);
			expect(data.slice(0, 2)).toEqual([1, 10]);
			expect(data).not.toEqual(asked);
		}
		// And takes another when the peer says so.
		peer.send(IPV6CP, NAK, id, [1, 10, 0, 0, 0, 0, 0, 0, 0, 9]);
		expect(peer.next(IPV6CP, REQUEST).data).toEqual([1, 10, 0, 0, 0, 0, 0, 0, 0, 9]);
	});

	it("goes on when the peer does not know it", () => {
		const peer = new Peer({ ipv6: true, local: "10.0.0.1" });
		peer.open();
		const rejected = peer.next(IPV6CP, REQUEST);
		peer.send(LCP, 8, 1, [0x80, 0x57, ...rejected.packet]);
		peer.run(30_000);
		expect(peer.state).toMatchObject({ phase: "running", ipv6cp: "stopped" });
	});
});
