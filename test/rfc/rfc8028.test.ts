// RFC 8028: the first hop goes with the source. Two routers on one interface, each with a prefix of its own; test/sim/uplinks.test.ts has connections by the thousand.

import { expect, it } from "vitest";
import { u32 } from "../support/frames.ts";
import { ip6, prefixOption } from "../support/frames6.ts";
import { Station6, type Sent6 } from "../support/station6.ts";
import { Host, TN2, TR1, TR2 } from "./ready/ready.ts";

const ONE = "2001:db8:1::";
const TWO = "2001:db8:22::";

/** Both say their prefixes. */
function between(): Host {
	const host = Host.ready();
	host.advertise({ source: TR2, options: prefixOption(TWO) });
	host.run(3000);
	host.sent();
	return host;
}

const own = (host: Host, prefix: string) =>
	host.auto.state.addresses.find(({ address }) => address.startsWith(prefix.slice(0, -1)))!.address;
/** An echo request from afar to the address of that prefix: to which router the reply goes. */
function hop(host: Host, prefix: string): string {
	host.run(10);
	const sent = host.ping({ source: TN2, destination: own(host, prefix) });
	host.run(10);
	return [...sent, ...host.answers()].map(nameOf).join();
}
const nameOf = ({ to }: Sent6) => [TR1, TR2].find((each) => Station6.macOf(each).every((byte, i) => byte === to[i])) ?? "?";

it("§3.1: a reply from an address of a router's prefix goes to that router", () => {
	const host = between();
	expect([hop(host, ONE), hop(host, TWO)]).toEqual([TR1, TR2]);
});

it("§3.2: a source address is chosen of the next hop's prefix (RFC 6724 rule 5.5)", () => {
	const host = between();
	const way = () => host.station.node.stack.ip.wayTo("2001:db8:22:ffff::1");
	// Rule 8 alone would have the one that has most in common with the destination.
	expect([way().nextHop, way().source]).toEqual([TR1, own(host, ONE)]);
	host.advertise({ lifetime: 0 });
	host.run(100);
	expect([way().nextHop, way().source]).toEqual([TR2, own(host, TWO)]);
});

it("a more specific route of another router is not for it: RFC 4191", () => {
	const host = between();
	const route = [24, 2, 48, 0, ...u32(600), ...ip6("2001:db8:2::").slice(0, 8)];
	host.advertise({ source: TR2, options: [...prefixOption(TWO), ...route] });
	host.run(100);
	expect(host.station.node.stack.ip.wayTo(TN2).nextHop).toBe(TR2);
	expect([hop(host, ONE), hop(host, TWO)]).toEqual([TR1, TR2]);
});

it("a prefix that two routers say is for both; one that says none is for all whose router is gone", () => {
	const host = between();
	host.advertise({ source: TR2, options: [...prefixOption(TWO), ...prefixOption(ONE)] });
	host.advertise({ lifetime: 0 });
	host.run(100);
	expect([hop(host, ONE), hop(host, TWO)]).toEqual([TR2, TR2]);
	const other = Host.ready();
	other.advertise({ source: TR2, options: [] });
	other.advertise({ lifetime: 0 });
	other.run(100);
	expect(hop(other, ONE)).toBe(TR2);
});

it("while its router is gone, it goes nowhere rather than to one that says another prefix", () => {
	const host = between();
	host.advertise({ lifetime: 0 });
	host.run(100);
	expect([hop(host, ONE), hop(host, TWO)]).toEqual(["", TR2]);
	host.advertise();
	host.run(100);
	expect(hop(host, ONE)).toBe(TR1);
});

it("neighbours are neighbours, whatever the source", () => {
	const host = between();
	host.answers();
	const neighbor = "2001:db8:22::77";
	const sent = host.ping({ source: neighbor, destination: own(host, ONE) });
	host.run(10);
	expect([...sent, ...host.answers()].map(({ to }) => [...to])).toEqual([[...Station6.macOf(neighbor)]]);
});
