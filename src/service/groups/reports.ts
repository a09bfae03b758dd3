// Routers and switches are told in which multicast groups the Ethernet interfaces of a stack are: IGMPv3 and MLDv2, and what comes before them. What comes is noted within processing;
// what is said of it, and of groups that sockets join and leave, is said as time passes.

import { linkSendGroup, packetAcquireControl } from "#codec";
import { given } from "../../address.ts";
import { PACKET_BYTES, PACKET_HEADROOM } from "../../config.ts";
import type { EthernetInterface } from "../../link/ethernet.ts";
import { DROP } from "../../packet/drops.ts";
import { REGISTER } from "../../packet/fields.ts";
import { hasIpv6 } from "../../packet/kernels/parts.ts";
import { NONE } from "../../packet/pool.ts";
import type { Stack } from "../../stack.ts";
import { Clock, type Service } from "../../transport/services.ts";
import type { Watch } from "../../transport/watch.ts";
import type { Format, Record } from "./format.ts";
import { IGMP } from "./igmp.ts";
import { EVERYBODY, filterOf, merged, NOBODY, type Filter } from "./filter.ts";
import { Membership, type Sender } from "./membership.ts";
import { MLD } from "./mld.ts";

/** Records of a report have so many bytes at most, with the headers: every link carries them. */
const MOST_BYTES = 1280;

/** A family of each interface that there is. */
const FORMATS: readonly Format[] = hasIpv6() ? [IGMP, MLD] : [IGMP];

/** One family of an interface. */
class Side implements Sender {
	readonly link: EthernetInterface;
	readonly membership: Membership;
	readonly #stack: Stack;
	/** From where it was told last. */
	source = "";

	constructor(stack: Stack, link: EthernetInterface, format: Format) {
		this.#stack = stack;
		this.link = link;
		this.membership = new Membership(format, this);
	}

	/** The groups in which the interface is now. */
	wanted(): Map<string, Filter> {
		const { format } = this.membership;
		const wanted = new Map<string, Filter>();
		for (const group of format.ownGroups(this.link)) wanted.set(group, EVERYBODY);
		for (const groups of [this.#stack.interfaces.groups, this.link.ip.groups])
			for (const [group, joins] of groups) {
				if (group.includes(":") !== (format.bits === 128) || !format.reported(group)) continue;
				wanted.set(group, merged(wanted.get(group) ?? NOBODY, filterOf(joins)));
			}
		return wanted;
	}

	random(below: number): number {
		return (this.#stack.core.random32() >>> 1) % below;
	}

	/** In as many packets as it takes. */
	report(records: readonly Record[]): void {
		const { format } = this.membership;
		const { reportBytes, recordBytes, sourceBytes, reportsTo } = format;
		let first = 0;
		let bytes = reportBytes;
		for (let i = 0; i <= records.length; i++) {
			const more = i < records.length ? recordBytes + sourceBytes * records[i]!.sources.length : MOST_BYTES;
			if (bytes + more > MOST_BYTES && i > first) {
				const part = records.slice(first, i);
				this.#send(reportsTo, (view, at) => format.report(view, at, this.source, part));
				first = i;
				bytes = reportBytes;
			}
			bytes += more;
		}
	}

	older(version: number, group: string, left: boolean): void {
		const { format } = this.membership;
		const to = format.olderTo(version, group, left);
		if (to !== "") this.#send(to, (view, at) => format.older(view, at, this.source, version, group, left));
	}

	#send(to: string, build: (view: DataView, at: number) => number): void {
		const { core } = this.#stack;
		const { view, layout } = core;
		const { block } = this.link;
		const packet = packetAcquireControl(view);
		if (packet === NONE) return core.count(block, DROP.noPacketBuffer);
		const at = layout.packets + packet * PACKET_BYTES + PACKET_HEADROOM;
		const end = build(view, at);
		this.link.follow(linkSendGroup(view, block, packet, end, given(view, to)));
	}
}

/**
 * Tells routers and switches of the groups that the Ethernet interfaces of a stack are in, until it is closed: RFC 3376, RFC 3810. One for a stack.
 * @example
 * ```ts
 * new GroupReports(stack);
 * ```
 */
export class GroupReports implements Service {
	readonly #stack: Stack;
	readonly #clock: Clock;
	readonly #watch: Watch;
	#sides: Side[] = [];
	/** Interfaces, addresses, links or groups have changed. */
	#changed = true;
	#closed = false;

	/** Begins in the next poll. Throws Error when the stack has one already. */
	constructor(stack: Stack) {
		const { groups } = stack.udp;
		if (groups.onChange !== undefined) throw new Error("group reports: the stack has them already; close those first");
		this.#stack = stack;
		this.#clock = new Clock(stack.core);
		groups.onChange = () => this.#look();
		this.#watch = stack.watch(() => this.#look());
		stack.services.add(this);
		this.#look();
	}

	/** Says nothing any more, and nothing of it. May be repeated. */
	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.#stack.udp.groups.onChange = undefined;
		this.#stack.services.delete(this);
		this.#watch.close();
		for (const { link } of this.#sides) link.onGroups = undefined;
		this.#sides = [];
	}

	#look(): void {
		this.#changed = true;
		this.#clock.soon();
	}

	/** Within processing: a message of IGMP or MLD with a right checksum, whose IP header is at that arena offset. */
	#heard(link: EthernetInterface, at: number): void {
		const { view, fields } = this.#stack.core;
		const bits = hasIpv6() && view.getUint8(at) >> 4 === 6 ? 128 : 32;
		const side = this.#sides.find(({ link: each, membership }) => each === link && membership.format.bits === bits);
		const said = side?.membership.format.read(view, at, fields[REGISTER.transportAt >> 2]!, fields[REGISTER.ipEnd >> 2]!);
		if (said === undefined) return this.#stack.core.count(link.block, DROP.icmpUnhandled);
		side!.membership.heard(said, this.#clock.now);
		this.#clock.soon();
	}

	/** For the stack. */
	timers(): void {
		const { now } = this.#clock;
		if (this.#changed) {
			this.#changed = false;
			this.#attend();
			for (const side of this.#sides) this.#update(side, now);
		}
		let next = Infinity;
		for (const { link, membership } of this.#sides) {
			if (link.up && membership.next <= now) membership.timers(now);
			next = Math.min(next, membership.next);
		}
		this.#clock.deadline(next);
	}

	/** Each Ethernet interface has its two sides. */
	#attend(): void {
		const { list } = this.#stack.interfaces;
		this.#sides = this.#sides.filter(({ link }) => list.includes(link));
		for (const { station: link } of list) {
			if (link === undefined || this.#sides.some((side) => side.link === link)) continue;
			for (const format of FORMATS) this.#sides.push(new Side(this.#stack, link, format));
			link.onGroups = (at) => this.#heard(link, at);
		}
	}

	#update(side: Side, now: number): void {
		const { link, membership } = side;
		if (!link.up) {
			side.source = "";
			return membership.forget();
		}
		membership.become(side.wanted(), now);
		const source = membership.format.source(link);
		// RFC 3810 §5.2.13, RFC 3590 §4: what was said from nowhere, routers have not heard.
		if (side.source === "" && source !== "") membership.again(now);
		side.source = source;
	}
}
