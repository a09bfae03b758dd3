// Packets made to reach beyond a buffer: what we write and what we believe ends where the memory does.

import { describe, expect, it } from "vitest";
import { IPCP, LCP, Peer } from "./pair.ts";
import { statusOf } from "../../../../src/status/status.ts";

const VJ_UNCOMPRESSED = 0x2f;
const VJ_COMPRESSED = 0x2d;

/** An IPv4 header with a right checksum and a TCP header; the packet itself is no longer than they are. */
function headers(totalLength: number, slot: number): number[] {
	const ipv4 = [0x45, 0, totalLength >> 8, totalLength & 255, 0, 1, 0, 0, 64, 6, 0, 0, 10, 0, 0, 2, 10, 0, 0, 1];
	let sum = 0;
	for (let i = 0; i < ipv4.length; i += 2) sum += (ipv4[i]! << 8) | ipv4[i + 1]!;
	while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
	ipv4[10] = (~sum >> 8) & 255;
	ipv4[11] = ~sum & 255;
	ipv4[9] = slot; // RFC 1144 §3.2.2: in the place of the protocol
	return [...ipv4, 0, 80, 0, 81, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x10, 16, 0, 0, 0, 0, 0];
}

describe("a request of very many options that are answered by longer ones", () => {
	it("is answered by as many as there is room for", () => {
		const peer = new Peer({ user: "u", password: "p" });
		peer.next(LCP, 1);
		const asked = Array.from({ length: 600 }, () => [3, 2]).flat();
		peer.send(LCP, 1, 9, asked);
		const { data, id } = peer.next(LCP, 3, 1000);
		expect(id).toBe(9);
		expect(data.length).toBeLessThanOrEqual(asked.length + 64);
		expect(data.slice(0, 10)).toEqual([3, 5, 0xc2, 0x23, 0x81, 3, 5, 0xc2, 0x23, 0x81]);
		// And the link comes up all the same.
		peer.agreeable();
		expect(peer.world.until(() => peer.state.phase === "running", 10_000)).toBe(true);
	});
});

describe("an uncompressed header that tells of a longer packet than came", () => {
	it.each([1000, 0xffff])("%i bytes: dropped", (totalLength) => {
		const peer = new Peer({ vj: true, local: "10.0.0.1" });
		peer.agree(LCP, []);
		peer.agree(IPCP, [3, 6, 10, 0, 0, 2]);
		peer.run(100);
		peer.raws(VJ_UNCOMPRESSED, headers(totalLength, 0));
		peer.run(100);
		expect(statusOf(peer.us.node.stack).interfaces[1]!.drops).toEqual({ ipMalformed: 1 });
		expect(peer.state.phase).toBe("running");
	});
});

describe("a compressed header", () => {
	it.each([
		["of a connection that was never told", VJ_COMPRESSED, [0x40, 5, 0, 0]],
		["that ends before its checksum", VJ_COMPRESSED, [0, 0]],
		["of nothing", VJ_COMPRESSED, []],
		["of a connection beyond those that are kept, uncompressed", VJ_UNCOMPRESSED, headers(40, 200)],
	])("%s is dropped", (_what, protocol, bytes) => {
		const peer = new Peer({ vj: true, local: "10.0.0.1" });
		peer.agree(LCP, []);
		peer.agree(IPCP, [3, 6, 10, 0, 0, 2]);
		peer.run(100);
		peer.raws(protocol, bytes);
		peer.run(100);
		expect(statusOf(peer.us.node.stack).interfaces[1]!.drops).toEqual({ vjMalformed: 1 });
		expect(peer.state.phase).toBe("running");
	});
});
