// The host under test and its neighbours, as the IPv6 Ready Logo's Core Protocols specification (revision 5.0) has them: TR1 is the router, TN1 a neighbour, TN2 and TN3 are behind TR1.

import { expect } from "vitest";
import { Autoconfiguration } from "../../../src/service/ipv6/autoconfiguration.ts";
import { statusOf } from "../../../src/status/status.ts";
import { read32, type Bytes } from "../../support/frames.ts";
import {
	echo6,
	ECHO_REPLY6,
	full,
	ICMP6,
	ip6,
	linkOption,
	na,
	NA,
	NS,
	ns,
	prefixOption,
	ra,
	solicitedNode,
} from "../../support/frames6.ts";
import { Station6, type Sent6 } from "../../support/station6.ts";

export const TR1 = "fe80::1";
export const TR2 = "fe80::2";
export const TN1 = "fe80::100";
export const PREFIX = "2001:db8:1::";
export const TN1_GLOBAL = "2001:db8:1::100";
export const TN2 = "2001:db8:2::200";

export const PARAMETER_PROBLEM = 4;
export const TIME_EXCEEDED = 3;
export const UNREACHABLE = 1;

export class Host {
	readonly station = new Station6([]);
	readonly auto = new Autoconfiguration(this.station.node.stack, "eth0");

	constructor() {
		for (const router of [TR1, TR2]) this.station.routers.add(full(router));
	}

	/** Common Test Setup 1.1: TR1 says a prefix, and is known and reachable. */
	static ready(): Host {
		const host = new Host();
		host.started();
		host.advertise();
		host.run(3000);
		host.replies(host.ping({ source: TR1 }), 1);
		host.sent();
		return host;
	}

	/** The interface has tried its link-local address, and has it. */
	started(): void {
		this.run(4000);
		this.sent();
	}

	run(ms: number): void {
		this.station.world.run(ms);
	}

	get linkLocal(): string {
		return this.#address("fe80:");
	}

	get global(): string {
		return this.#address("2001:db8:1:");
	}

	#address(start: string): string {
		const found = this.auto.state.addresses.find(({ address }) => address.startsWith(start));
		if (found === undefined) throw new Error(`no address ${start}: ${JSON.stringify(this.auto.state)}`);
		return found.address;
	}

	/** "preferred" and so on; "none" where it is not there. */
	stateOf(address: string): string {
		return this.auto.state.addresses.find((each) => each.address === address)?.state ?? "none";
	}

	advertise({ source = TR1, lifetime = 1800, options = prefixOption(PREFIX) } = {}): void {
		this.put(ra({ source, destination: "ff02::1", lifetime }, [...linkOption(1, Station6.macOf(source)), ...options]));
	}

	/** A packet comes from who its source says; from TR1 where that is none of the link. */
	put(packet: Bytes, from?: Bytes): void {
		const source = [...packet.subarray(8, 24)].join();
		const near = [TN1, TN1_GLOBAL, TR2].find((each) => ip6(each).join() === source);
		this.station.ip(packet, { from: from ?? Station6.macOf(near ?? TR1) });
	}

	/** All that was sent since the last call. */
	sent(): Sent6[] {
		return this.station.packets(true);
	}

	/** What was sent since the last call but solicitations. */
	answers(): Sent6[] {
		return this.station.packets();
	}

	/** An echo request comes; its source is TN1 by the link-local address unless told. Answers what was sent. */
	ping(fields: Partial<Parameters<typeof echo6>[0]> = {}, payload: ArrayLike<number> = [1, 2, 3, 4, 5, 6, 7, 8]): Sent6[] {
		const source = fields.source ?? TN1;
		const destination = fields.destination ?? (source.startsWith("fe80") ? this.linkLocal : this.global);
		this.answers();
		this.put(echo6({ ...fields, source, destination }, payload));
		return this.answers();
	}

	/** So many of these are echo replies, and nothing else is there. */
	replies(sent: Sent6[], count: number): void {
		expect(sent.map(({ next, payload }) => `${next}:${payload[0]}`)).toEqual(
			Array.from({ length: count }, () => `${ICMP6}:${ECHO_REPLY6}`),
		);
	}

	/** One error of that type and code; with its pointer, if it is a parameter problem. */
	error(sent: Sent6[], type: number, code: number, pointer = 0): void {
		expect(sent.map(({ next, payload }) => `${next}:${payload[0]}:${payload[1]} ${read32(payload, 4)}`)).toEqual([
			`${ICMP6}:${type}:${code} ${pointer}`,
		]);
	}

	/** It lives: TN1 gets a reply. */
	alive(): void {
		this.replies(this.ping(), 1);
	}

	/** Of `target` alone, if it is given. */
	solicitations(target?: string): Sent6[] {
		const asked = (payload: Uint8Array) => [...payload.subarray(8, 24)].join();
		return this.sent().filter(
			({ next, payload }) =>
				next === ICMP6 && payload[0] === NS && (target === undefined || asked(payload) === ip6(target).join()),
		);
	}

	advertisements(): Sent6[] {
		return this.sent().filter(({ next, payload }) => next === ICMP6 && payload[0] === NA);
	}

	/** "reachable", "stale" and so on; "none" where it is not known. */
	neighbor(address: string): string {
		const found = statusOf(this.station.node.stack).neighbors.find((each) => full(each.address) === full(address));
		return found?.state ?? "none";
	}

	macOfNeighbor(address: string): string | undefined {
		return statusOf(this.station.node.stack).neighbors.find((each) => full(each.address) === full(address))?.mac;
	}

	/** Asks as TN1 for its link-local address. */
	asks(more: Partial<Parameters<typeof na>[0]> = {}) {
		const target = this.linkLocal;
		return { source: TN1, destination: solicitedNode(target), target, ...more };
	}

	/** TN1's entry comes to this state: the host has asked and was answered, or was asked by it. */
	known(state: "incomplete" | "reachable" | "stale" | "probe"): void {
		this.station.answers = false;
		if (state === "stale") {
			// It has asked us: nothing waits for it.
			this.put(ns(this.asks(), linkOption(1, Station6.macOf(TN1))));
			this.sent();
			return;
		}
		this.put(echo6({ source: TN1, destination: this.linkLocal }));
		if (state !== "incomplete")
			this.put(
				na(
					{ source: TN1, destination: this.linkLocal, target: TN1, solicited: state === "reachable", override: true },
					linkOption(2, Station6.macOf(TN1)),
				),
			);
		if (state === "probe") {
			this.put(echo6({ source: TN1, destination: this.linkLocal }));
			this.run(5500);
		}
		this.sent();
	}
}
