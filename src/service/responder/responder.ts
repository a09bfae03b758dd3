// The board answers for its name and its services: multicast DNS, RFC 6762, and service discovery by it, RFC 6763. Here are the socket, the interfaces and the program; side.ts has what is said.

import { isLocal, udpSendBy } from "#codec";
import { given, isNear } from "../../address.ts";
import * as check from "../../io/options.ts";
import { onLink } from "../../ip/routes.ts";
import type { Interface } from "../../link/interface.ts";
import { OWN_TENTATIVE } from "../../packet/interface-block.ts";
import { NO_ADDRESS } from "../../packet/fields.ts";
import { hasIpv6 } from "../../packet/kernels/parts.ts";
import type { Stack } from "../../stack.ts";
import { READABLE, type EventSocket, type SocketOwner } from "../../transport/events.ts";
import { Clock, type Service } from "../../transport/services.ts";
import type { UdpSocket } from "../../transport/udp/udp.ts";
import type { Watch } from "../../transport/watch.ts";
import { MDNS_GROUP, MDNS_GROUP6, MDNS_PORT } from "../../wire/dns.ts";
import { Announced, Host, type Item, type AnnouncedService } from "./items.ts";
import { readMessage, Writer, type Received } from "./message.ts";
import { hostLabelOf, labelOf, serviceTypeOf, type Name } from "./names.ts";
import { addressBytes, sameData, textOf, type Text } from "./records.ts";
import { Side, type Owner } from "./side.ts";

const GROUPS: readonly string[] = Object.freeze(hasIpv6() ? [MDNS_GROUP, MDNS_GROUP6] : [MDNS_GROUP]);
/** §11. */
const TTL = 255;
/** What is heard and said, bytes: as much as Ethernet carries in one frame. */
const MOST_BYTES = 1472;

/** A service that is announced. */
export interface ServiceOptions {
	/** Its kind, "_http._tcp": RFC 6763 §7; iana.org has a list. */
	type: string;
	/** Port of its socket, 1 to 65535. */
	port: number;
	/** What people see, any text of 1 to 63 bytes; the host's name unless told. */
	name?: string;
	/** What else there is to say, as "name=value" each: `{ path: "/" }`. RFC 6763 §6. */
	txt?: Text;
	/** Kinds within its kind, "_printer": RFC 6763 §7.1. */
	subtypes?: readonly string[];
}

/** What a Responder is told. */
export interface ResponderOptions<This = Responder> {
	/** Without ".local": letters, digits, "-". Who has the name already keeps it; then it is "board-2", and so on. */
	hostname: string;
	/** What is announced from the beginning. */
	services?: readonly ServiceOptions[];
	/** A name is ours on an interface, or has become another one since somebody else has it. Called from `poll`. */
	onChanged?: (this: This) => void;
}

/**
 * Answers for `hostname`.local by multicast DNS on every Ethernet interface, and announces services, until it is closed. One for a stack. Takes a UDP socket of `sockets.udp` and two multicast groups.
 *
 * @example
 * ```ts
 * const responder = new Responder(stack, { hostname: "board", services: [{ type: "_http._tcp", port: 80 }] });
 * ```
 */
export class Responder implements Service, Owner, EventSocket, SocketOwner {
	events = 0;
	queued = false;
	nextPosted: EventSocket | null = null;
	owner: SocketOwner | null = this;
	/** For its sides. */
	readonly writer = new Writer(MOST_BYTES);
	readonly items: Item[] = [];
	readonly #stack: Stack;
	readonly #clock: Clock;
	readonly #watch: Watch;
	readonly #socket: UdpSocket;
	readonly #host: Host;
	readonly #onChanged: (() => void) | undefined;
	readonly #buffer = new Uint8Array(MOST_BYTES);
	readonly #view = new DataView(this.#buffer.buffer);
	#sides: Side[] = [];
	/** Interfaces, links, addresses or services have changed. */
	#changed = true;
	#closed = false;

	/** Throws TypeError or RangeError naming the option that is wrong; Error when port 5353 is in use, or no UDP socket or group is free. */
	constructor(stack: Stack, options: ResponderOptions) {
		const { hostname, services = [], onChanged } = check.objectOption(options);
		this.#stack = stack;
		this.#host = new Host(hostLabelOf("hostname", hostname));
		this.#onChanged = check.callbackOf("onChanged", onChanged);
		this.items.push(this.#host);
		if (!Array.isArray(services)) throw new TypeError(`services ${check.show(services)}: expected an array`);
		for (const [i, each] of services.entries()) this.items.push(this.#serviceOf(`services[${i}].`, each));
		const { udp, core } = stack;
		this.#socket = udp.open("", MDNS_PORT, 0);
		udp.setTtl(this.#socket, TTL);
		// What it says itself it need not hear.
		udp.setGroups(this.#socket, TTL, false);
		try {
			for (const group of GROUPS) udp.groups.join(undefined, group, "", this.#socket);
		} catch (error) {
			udp.close(this.#socket);
			throw error;
		}
		this.#socket.owner = { onEvents: () => this.#heard() };
		this.#clock = new Clock(core);
		this.#watch = stack.watch(() => this.#look());
		stack.services.add(this);
		this.#look();
	}

	/** Its name now, without ".local". */
	get hostname(): string {
		return this.#host.label;
	}

	/** The services as they are called now. */
	get services(): AnnouncedService[] {
		return this.items.flatMap(({ service }) => (service === undefined ? [] : [{ ...service }]));
	}

	/** The interfaces on which its name is its own by now. */
	get interfaces(): string[] {
		return [...new Set(this.#sides.filter((side) => side.owns(this.#host)).map(({ link }) => link.name))];
	}

	/** Announces another service. Throws TypeError or RangeError. */
	add(service: ServiceOptions): void {
		this.items.push(this.#serviceOf("", service));
		this.#look();
	}

	/** A service is over: the one of that type and port. Throws RangeError when there is none. */
	remove({ type, port }: Pick<ServiceOptions, "type" | "port">): void {
		const at = this.items.findIndex(({ service }) => service?.type === type && service.port === port);
		if (at < 0) throw new RangeError(`service ${check.show(type)} of port ${check.show(port)}: is not announced`);
		this.items.splice(at, 1);
		this.#look();
	}

	/** Says that all of it is over, and answers no more. May be repeated. */
	close(): void {
		if (this.#closed) return;
		for (const side of this.#sides) if (side.open) side.goodbye();
		this.#closed = true;
		this.owner = null;
		this.#sides = [];
		const { udp, services } = this.#stack;
		services.delete(this);
		this.#watch.close();
		for (const group of GROUPS) udp.groups.leave(undefined, group, "", this.#socket);
		udp.close(this.#socket);
	}

	#serviceOf(place: string, service: ServiceOptions): Announced {
		if (typeof service !== "object" || service === null)
			throw new TypeError(`${place}service ${check.show(service)}: expected an object such as { type: "_http._tcp", port: 80 }`);
		const { type, port, name = this.#host.label, txt, subtypes = [] } = service;
		const labels = serviceTypeOf(`${place}type`, type);
		const text = textOf(`${place}txt`, txt);
		if (!Array.isArray(subtypes)) throw new TypeError(`${place}subtypes ${check.show(subtypes)}: expected an array`);
		return new Announced(
			labelOf(`${place}name`, name, "a name"),
			labels,
			subtypes.map((each: unknown) => labelOf(`${place}subtypes`, each, "a name")),
			check.wholeOf(`${place}port`, port, 1, 65_535),
			text,
		);
	}

	#look(): void {
		this.#changed = true;
		this.#clock.soon();
	}

	/** For the stack. */
	timers(): void {
		const { now } = this.#clock;
		if (this.#changed) {
			this.#changed = false;
			this.#attend(now);
		}
		for (const side of this.#sides) if (side.next <= now) side.timers(now);
		this.#deadline();
	}

	#deadline(): void {
		let next = Infinity;
		for (const side of this.#sides) next = Math.min(next, side.next);
		this.#clock.deadline(next);
	}

	/** Each Ethernet interface has a side for each family, which is open while it can send. */
	#attend(now: number): void {
		const { list } = this.#stack.interfaces;
		this.#sides = this.#sides.filter(({ link }) => list.includes(link));
		for (const { station: link } of list) {
			if (link === undefined || this.#sides.some((side) => side.link === link)) continue;
			this.#sides.push(new Side(this, link, 32));
			if (hasIpv6()) this.#sides.push(new Side(this, link, 128));
		}
		for (const side of this.#sides) {
			if (!canSpeak(side)) side.end();
			else if (side.open) side.update(now);
			else side.begin(now);
		}
	}

	/** One datagram a turn: frames pass meanwhile. */
	#heard(): void {
		const { udp, events, interfaces } = this.#stack;
		const socket = this.#socket;
		const length = udp.next(socket);
		if (length < 0) return;
		const bytes = udp.read(socket, this.#buffer, 0, this.#buffer.length);
		if (socket.pending > 0) events.post(socket, READABLE);
		const { fromAddress: address, fromPort: port, fromSlot } = socket;
		const link = interfaces.at(fromSlot);
		const bits = hasIpv6() && address.includes(":") ? 128 : 32;
		const side = this.#sides.find((each) => each.open && each.link === link && each.bits === bits);
		if (side === undefined) return;
		// What we have said ourselves: by another interface on the same network, or to a group that we are in.
		if (port === MDNS_PORT && isLocal(this.#stack.core.view, given(this.#stack.core.view, address))) return;
		this.#read(side, bytes, address, port);
	}

	#read(side: Side, bytes: number, address: string, port: number): void {
		const message = readMessage(this.#view, bytes, side.names);
		if (message === undefined) return;
		const { now } = this.#clock;
		const alone = !GROUPS.includes(this.#socket.toAddress);
		// §11: what is not from a neighbour is neither believed nor answered alone.
		const near = isNear(address) || onLink(side.link, address);
		if (message.query) {
			if (near || (port === MDNS_PORT && !alone)) side.asked(message, { address, port, alone }, now);
		} else if (port === MDNS_PORT && near) side.heard(message, now);
		this.#deadline();
	}

	get hostName(): Name {
		return this.#host.name;
	}

	random(below: number): number {
		return (this.#stack.core.random32() >>> 1) % below;
	}

	isOwn({ type, data }: Received): boolean {
		for (const link of this.#stack.interfaces.list)
			for (const { address } of link.addresses) if (sameData(type, addressBytes(address), data)) return true;
		return false;
	}

	conflict(item: Item): void {
		const { now } = this.#clock;
		item.rename();
		for (const side of this.#sides) {
			if (!side.open) continue;
			side.update(now);
			side.probe(item, now);
		}
		this.owned();
	}

	owned(): void {
		if (this.#onChanged !== undefined) this.#stack.events.post(this, READABLE);
	}

	send({ link, bits }: Side, address: string, port: number): void {
		const { udp, core } = this.#stack;
		const { view } = core;
		const { buffer, length } = this.writer;
		const to = given(view, address === "" ? (bits === 32 ? MDNS_GROUP : MDNS_GROUP6) : address);
		const answer = udpSendBy(view, this.#socket.block, to, port, buffer, 0, length, NO_ADDRESS, link.slot);
		// What cannot leave now is as if the network had lost it.
		if (answer > 0) udp.sent(this.#socket, length, answer);
	}

	/** For SocketEvents. */
	onEvents(): void {
		if (!this.#closed) this.#onChanged?.call(this);
	}
}

/** Whether it has something to say, and an address to say it from. */
function canSpeak({ link, bits }: Side): boolean {
	const speaks = ({ address, bits: own }: Interface["addresses"][number]): boolean =>
		(own & OWN_TENTATIVE) === 0 && address.includes(":") === (bits === 128);
	return link.up && link.slot !== 0 && link.addresses.some(speaks);
}
