// A firmware that has nobody who tells routers of multicast groups says so to the program that wants to join one.

import { expect, it } from "vitest";
import nogroups from "../../../hosts/links/nogroups.ts";
import { createIO } from "../../../src/io/io.ts";
import { World } from "../../support/world.ts";
import { QueueDevice } from "../../support/wire.ts";

it("a group that nobody would tell routers of is not joined, and the error says what to import: RFC 1112 §7", () => {
	const node = new World(1).node("a", { sockets: { udp: 1 } });
	const { stack } = node;
	node.ethernet("eth0", new QueueDevice({ mac: 1 }), "10.0.0.1/24");
	nogroups(stack);
	const { UDP } = createIO(stack);
	const wanted = /^group "239\.1\.2\.3": this firmware has no IGMP.*; write import "multihome\/groups" in the program$/;
	expect(() => new UDP({ multicast: "239.1.2.3" })).toThrow(wanted);
	// That one has given its place back.
	const socket = new UDP({ port: 5000 });
	expect(() => socket.add("239.1.2.3")).toThrow(wanted);
	expect(() => socket.add("239.1.2.3", "eth0", "10.0.0.2")).toThrow(wanted);
	expect([stack.interfaces.groups.size, stack.interfaces.find("eth0")!.ip.groups.size]).toEqual([0, 0]);
	expect(() => socket.remove("239.1.2.3")).toThrow("expected one that was joined");
	// To send to a group takes no membership: RFC 1112 §3, level 1.
	expect(() => socket.write(new Uint8Array(1), "239.1.2.3", 5000)).not.toThrow();
});
