// ICMP as part of IP: the echo server, and errors about packets that came in. RFC 792, 1122 §3.2.2, 1812 §4.3.

import { ICMP_ERROR_BURST, ICMP_ERRORS_PER_SECOND, PACKET_HEADROOM } from "../config.ts";
import { CORE, CoreBlock } from "../packet/core-block.ts";
import type { Core } from "../packet/core.ts";
import { DROP } from "../packet/drops.ts";
import { DESTINATION, IP_AT, IP_END, SOURCE, TRANSPORT_AT, TTL_PROTOCOL } from "../packet/fields.ts";
import { NONE } from "../packet/pool.ts";
import type { Interface } from "../link/interface.ts";
import type { Path } from "../link/path.ts";
import * as icmpv4 from "../wire/icmpv4.ts";
import * as ipv4 from "../wire/ipv4.ts";
import { checksum, copy, ipv4Build } from "#codec";
import type { Ip } from "./ip.ts";

/** An error quotes as much as fits 576 bytes with its headers. RFC 1812 §4.3.2.3. */
const QUOTE = 576 - ipv4.HEADER - icmpv4.HEADER;

export class Icmp {
	/** The way of the last echo reply. */
	readonly echoPath: Path;
	#ip: Ip;
	#core: Core;
	#errorPath: Path;
	#tokens = ICMP_ERROR_BURST;
	#filledAt = 0;

	constructor(core: Core, ip: Ip) {
		this.#core = core;
		this.#ip = ip;
		this.echoPath = ip.path(CORE + CoreBlock.offsets.echo);
		this.#errorPath = ip.path(CORE + CoreBlock.offsets.error);
	}

	/** Sends the reply in bytes `at` to `end` that `decode` made of an echo request, and notes the way. Answers whether the packet was kept. RFC 1122 §3.2.2.6. */
	echo(packet: number, at: number, end: number): boolean {
		const path = this.echoPath;
		const fields = this.#core.fields;
		// The reply comes from the address that was asked; that decides the way too.
		const known = path.destination === fields[SOURCE] && path.source === fields[DESTINATION];
		if (!known || path.routeVersion !== this.#ip.routes.version) {
			path.destination = fields[SOURCE]!;
			path.source = fields[DESTINATION]!;
			this.#ip.route(path);
		}
		if (end - at > path.mtu) return this.#ip.tooBig(path);
		return this.#ip.output(packet, at, end, path);
	}

	/**
	 * Tells the source of the packet in the registers what became of it. `rest`: the second word of the ICMP header (an MTU, a
	 * pointer). Says nothing about errors, fragments but the first, groups, or to sources that are not one host; at most ICMP_ERRORS_PER_SECOND.
	 */
	error(link: Interface, type: number, code: number, rest: number): void {
		const core = this.#core;
		const view = core.view;
		const fields = core.fields;
		const original = fields[IP_AT]!;
		const source = fields[SOURCE]!;
		if (!this.#mayTell(original, source)) return;
		if (!this.#token()) return core.count(link.block, DROP.icmpRateLimited);
		const packet = core.spare;
		if (packet === NONE) return core.count(link.block, DROP.noPacketBuffer);
		const path = this.#errorPath;
		path.destination = source;
		// From the address that was asked for when it is ours, RFC 1122 §3.2.2; else from the interface, RFC 1812 §4.3.2.4.
		const destination = fields[DESTINATION]!;
		path.source = this.#ip.isLocal(destination) || link.anyAddress ? destination : 0;
		if (!this.#ip.route(path)) return core.count(this.#ip.interfaces.list[0]!.block, DROP.noRoute);
		const quoted = Math.min(fields[IP_END]! - original, QUOTE);
		const at = core.pool.base(packet) + PACKET_HEADROOM;
		const icmp = at + ipv4.HEADER;
		const end = icmp + icmpv4.HEADER + quoted;
		ipv4Build(view, at, path.source, source, ipv4.ICMP, ipv4.DEFAULT_TTL, end - at);
		view.setInt32(icmp, (type << 24) | (code << 16));
		view.setInt32(icmp + icmpv4.REST, rest);
		copy(view, icmp + icmpv4.HEADER, original, quoted);
		view.setUint16(icmp + icmpv4.CHECKSUM, ~checksum(view, icmp, end, 0));
		if (this.#ip.output(packet, at, end, path)) core.takeSpare();
	}

	/** RFC 1122 §3.2.2: when an error message must not be sent. */
	#mayTell(original: number, source: number): boolean {
		const core = this.#core;
		const view = core.view;
		if (
			source >>> 24 === 0 ||
			ipv4.isMulticast(source) ||
			this.#ip.isGroup(source) ||
			this.#ip.isGroup(core.fields[DESTINATION]!)
		)
			return false;
		if ((view.getUint16(original + ipv4.FRAGMENT) & 0x1fff) !== 0) return false;
		if ((core.fields[TTL_PROTOCOL]! & 255) !== ipv4.ICMP) return true;
		const type = icmpv4.type(view, core.fields[TRANSPORT_AT]!);
		return type === icmpv4.ECHO_REQUEST || type === icmpv4.ECHO_REPLY;
	}

	#token(): boolean {
		const now = this.#core.now;
		const gained = ((((now - this.#filledAt) | 0) * ICMP_ERRORS_PER_SECOND) / 1000) | 0;
		if (gained !== 0) {
			this.#tokens = gained < 0 ? ICMP_ERROR_BURST : Math.min(ICMP_ERROR_BURST, this.#tokens + gained);
			this.#filledAt = now;
		}
		if (this.#tokens === 0) return false;
		// None, one or two, one on average: who counts the errors that are left does not learn how many others were sent. CVE-2020-25705.
		this.#tokens -= Math.min(this.#tokens, (this.#core.random32() >>> 1) % 3);
		return true;
	}
}
