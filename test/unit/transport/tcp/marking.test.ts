// Time to live and code point of what a listener answers, also of what nothing is kept of. RFC 9293 §3.9.2.1.
import { expect, test } from "vitest";
import { parseFrame } from "../../../support/parse.ts";
import { Peer, type Segment } from "./peer.ts";

const marks = (segments: Segment[]) =>
	segments.map((segment) => {
		const { ttl, tos } = parseFrame(segment.frame).ipv4!;
		return `${segment.flags} ${ttl} ${tos}`;
	});

test("answers with a cookie, the connection that comes of it, and refusals have those of the listener", () => {
	const peer = new Peer();
	peer.localPort = 80;
	const { tcp } = peer.stack;
	const listener = tcp.listen("", 80, 1, 0);
	tcp.setTtl(listener, 7);
	tcp.setDscp(listener, 46);
	peer.send({ flags: "S", seq: 0, remotePort: 6000 });
	expect(peer.drops("tcpCookie")).toBe(0);
	expect(marks(peer.take())).toEqual(["SA 7 184"]);
	peer.send({ flags: "S", seq: 0 });
	expect(peer.drops("tcpCookie")).toBe(1);
	expect(marks(peer.take())).toEqual(["SA 7 184"]);
	peer.send({ flags: "A", seq: 1, ack: 1 });
	const tcb = tcp.accept(listener)!;
	tcp.write(tcb, new Uint8Array(10), 0, 10);
	peer.run(0);
	expect(marks(peer.take())).toEqual(["PA 7 184"]);
	peer.send({ flags: "A", seq: 1, rawAck: 99, remotePort: 7000 });
	expect(marks(peer.take())).toEqual(["R 7 184"]);
	// Where nobody listens it is the stack that answers.
	peer.send({ flags: "S", seq: 0, localPort: 81 });
	expect(marks(peer.take())).toEqual(["RA 64 0"]);
});
