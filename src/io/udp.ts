// ECMA-419's UDP over a UdpSocket. What is said of each method stands in types.ts.

import type { Stack } from "../stack.ts";
import { ERROR, READABLE, TROUBLE, type SocketOwner } from "../transport/events.ts";
import type { UdpSocket } from "../transport/udp/udp.ts";
import { DatagramSocket, placeDatagrams } from "#sockets";
import { ADDRESS_TEXT, NAME_TEXT, UdpBlock } from "../packet/udp-block.ts";
import { addressPut, unlessAny } from "../address.ts";
import { GIVEN_ADDRESS, GIVEN_SOURCE, NO_ADDRESS } from "../packet/fields.ts";
import type { Interface } from "../link/interface.ts";
import { asciiPut, copyAddress, isGroup, isLocal, udpAgain, udpSend, udpSendBy } from "#codec";
import { isNone, isV4, sameAddress } from "../packet/address.ts";
import { hasIpv6 } from "../packet/kernels/parts.ts";
import { AddressCache } from "./address.ts";
import { groupOf, LOOPBACK, scopedOf, sourcesOf, zoned, zoneOrOption, type GroupSources, type Scoped } from "./zones.ts";
import * as check from "./options.ts";
import { ANY_ADDRESS, anyAddress, closed, foreign, hidden, isObject, linkOf, report } from "./common.ts";
import { inWords } from "./icmp-words.ts";
import type { Bytes, DatagramError, Origin, Sender, Sources, UDP, UDPOptions } from "./types.ts";

/** A group that was joined; without an interface on all; for one source, or, "", for all; or, `except`, one of which that is not for. */
interface Membership {
	readonly group: string;
	readonly link: Interface | undefined;
	readonly source: string;
	readonly except: boolean;
}

/** Where these lie in a socket's block. */
const {
	lastSource: LAST_SOURCE,
	lastDestination: LAST_DESTINATION,
	peer: PEER,
	peerPort: PEER_PORT,
	peerText: PEER_TEXT,
	localText: LOCAL_TEXT,
	linkText: LINK_TEXT,
} = UdpBlock.offsets;

export class UDPSocket extends DatagramSocket implements UDP, SocketOwner {
	/** Undefined once closed. */
	declare openSocket: UdpSocket | undefined;
	/** For SocketEvents: the program's `onReadable`. */
	declare tellReadable: ((datagrams: number) => void) | undefined;
	declare readonly sender: { address: string; port: number; localAddress: string; interface: string };
	readonly #stack: Stack;
	readonly #cache = new AddressCache();
	readonly #onError: ((error?: DatagramError) => void) | undefined;
	/** The interface that it is bound to. Not its slot, which another may have later. */
	readonly #bound: Interface | undefined;
	/** The zone of the address that was put last: the interface that it names. */
	#zone: Interface | undefined = undefined;
	/** Groups that it has joined. */
	#groups: Membership[] = [];
	declare target?: unknown;

	constructor(stack: Stack, options: UDPOptions) {
		super(stack.core.view);
		check.objectOption(options);
		hidden(this, "openSocket");
		hidden(this, "tellReadable");
		Object.defineProperty(this, "sender", { value: { address: "", port: 0, localAddress: ANY_ADDRESS, interface: "" } });
		this.#stack = stack;
		this.tellReadable = check.callbackOf("onReadable", options.onReadable);
		this.#onError = check.callbackOf("onError", options.onError);
		check.fixedFormat(options.format, "buffer");
		const local = options.address === undefined ? undefined : scopedOf(stack, "address", options.address);
		const address = unlessAny(local?.address ?? "");
		const family = check.familyOf(local?.address, options.ipv6Only);
		const port = check.localPortOf(options);
		const ttl = check.ttlOf("ttl", options.ttl) || check.ttlOf("timeToLive", options.timeToLive);
		const dscp = check.dscpOf(options.dscp);
		const { multicastTtl, multicastLoop } = options;
		const groupTtl = multicastTtl === undefined ? -1 : check.wholeOf("multicastTtl", multicastTtl, 0, 255);
		const loop = multicastLoop === undefined || check.flagOf("multicastLoop", multicastLoop);
		const bound = (this.#bound = zoneOrOption(stack, options, local));
		const joins = options.multicast === undefined ? undefined : groupOf(stack, "multicast", options.multicast, family, bound);
		const group = joins?.address ?? "";
		if (group === "" && options.sources !== undefined)
			throw new RangeError('sources: expected the option "multicast", the group that they send to');
		const sources = sourcesOf(stack, options.sources, group, joins?.link);
		const broadcast = options.broadcast ?? true;
		if (typeof broadcast !== "boolean" && broadcast !== "all")
			throw new TypeError(`broadcast ${check.show(broadcast)}: expected true, false or "all"`);
		if (broadcast === "all" && (address !== "" || this.#bound !== undefined))
			throw new RangeError('broadcast "all": expected neither address nor interface, which say one');
		if (!broadcast && group !== "") throw new RangeError("broadcast false: expected no multicast group; it hears none");
		const shared = options.shared !== undefined && check.flagOf("shared", options.shared);
		const socket = this.#stack.udp.open(address, port, this.#bound?.slot ?? 0, false, family, shared);
		socket.owner = this;
		this.openSocket = socket;
		this.#meet(socket.block, NO_ADDRESS, 0, "");
		placeDatagrams(this, socket.block);
		if (ttl !== 0) this.#stack.udp.setTtl(socket, ttl);
		if (dscp >= 0) this.#stack.udp.setDscp(socket, dscp);
		if (broadcast !== true) this.#stack.udp.setBroadcast(socket, broadcast === "all", !broadcast);
		if (groupTtl >= 0 || !loop) this.#stack.udp.setGroups(socket, groupTtl, loop);
		if (this.#onError !== undefined) this.#stack.udp.wantErrors(socket);
		if (joins !== undefined) {
			try {
				this.#join(group, joins.link, sources);
			} catch (error) {
				this.close();
				throw error;
			}
		}
		if (options.target !== undefined) this.target = options.target;
	}

	override readRest(option?: Bytes & Partial<Sender>): (ArrayBuffer & Sender) | undefined {
		const socket = UDPSocket.#of(this);
		if (option !== undefined) check.sizeOf(option); // it throws
		const length = this.#stack.udp.next(socket);
		if (length < 0) return undefined;
		const buffer = new ArrayBuffer(length) as ArrayBuffer & Sender;
		this.read(buffer);
		return buffer;
	}

	/** Whom the last datagram came from or went to, where natives look: in an exchange with one, nothing is looked up. */
	#meet(block: number, address: number, port: number, text: string): void {
		const { view } = this.#stack.core;
		copyAddress(view, block + PEER, address);
		view.setInt32(block + PEER_PORT, port, true);
		putText(view, block + PEER_TEXT, ADDRESS_TEXT, text);
	}

	override senderChanged(buffer: Bytes & Partial<Sender>, another: boolean): void {
		if (another) this.#another();
		const { sender } = this;
		buffer.address = sender.address;
		buffer.port = sender.port;
		buffer.localAddress = sender.localAddress;
		buffer.interface = sender.interface;
	}

	#another(): void {
		const socket = UDPSocket.#of(this);
		const { sender } = this;
		const { view } = this.#stack.core;
		const { block, fromPort, fromSlot } = socket;
		const link = this.#stack.interfaces.at(fromSlot);
		const zone = fromSlot === LOOPBACK ? undefined : link;
		sender.port = fromPort;
		sender.localAddress = this.#cache.print(view, block + LAST_DESTINATION, zone);
		sender.address = this.#cache.print(view, block + LAST_SOURCE, zone);
		sender.interface = link?.name ?? "";
		this.#meet(block, block + LAST_SOURCE, fromPort, sender.address);
		putText(view, block + LOCAL_TEXT, ADDRESS_TEXT, sender.localAddress);
		putText(view, block + LINK_TEXT, NAME_TEXT, sender.interface);
	}

	override packetWaits(what: number): void {
		this.#stack.udp.sent(UDPSocket.#of(this), 0, what);
	}

	/** To another peer than the last one, a part of a buffer, in Moddable's order of arguments, or a mistake. */
	override writeRest(first: Bytes | string, second: string | number, third: number | Bytes, byteLength?: number | Origin): void {
		const socket = UDPSocket.#of(this);
		const standard = (first as Bytes | undefined)?.byteLength !== undefined;
		const data = (standard ? first : third) as Bytes;
		const text = (standard ? second : first) as string;
		const port = check.portOf(standard ? third : second, 1);
		const size = check.sizeOf(data);
		const address = this.#put(GIVEN_ADDRESS, "address", text);
		const zone = this.#zone;
		const { family } = socket;
		// A socket of one family alone sends to no address of the other one.
		if (hasIpv6() && family !== 0 && isV4(this.#stack.core.view, GIVEN_ADDRESS) !== (family === 4))
			throw new RangeError(
				`address "${address}": expected one of IPv${family}, as the socket is bound to "${anyAddress(family)}"`,
			);
		if (isObject(byteLength)) return this.#writeFrom(socket, data, size, port, byteLength, zone);
		if (byteLength !== undefined && (byteLength !== byteLength >>> 0 || byteLength > size)) check.badPart(0, byteLength, size);
		if (hasIpv6() && zone !== undefined) return this.#writeBy(socket, data, port, byteLength ?? size, NO_ADDRESS, zone.slot);
		const { sender } = this;
		const { view } = this.#stack.core;
		const { block } = socket;
		if (address !== sender.address || port !== sender.port) {
			sender.address = address;
			sender.port = port;
			this.#meet(block, GIVEN_ADDRESS, port, address);
			// The next datagram that is read makes its sender the peer again, though it be like the one before.
			udpAgain(view, block);
		}
		const length = byteLength ?? size;
		this.#stack.udp.sent(socket, length, udpSend(view, block, GIVEN_ADDRESS, port, data, 0, length));
	}

	/** Puts an address that the program has passed into memory. Answers its canonical text, and has its zone in #zone. */
	#put(at: number, name: string, text: string): string {
		const { core, interfaces } = this.#stack;
		const { view } = core;
		const cache = this.#cache;
		if (cache.put(view, at, text)) {
			if (!hasIpv6()) return text; // there are no zones
			const id = cache.zone;
			const link = id === 0 ? undefined : interfaces.at(id & 255);
			// The interface may be gone, and another one have its slot.
			if (id === 0 || link?.id === id) {
				this.#zone = link;
				return text;
			}
		}
		const { address, link } = scopedOf(this.#stack, name, text);
		addressPut(view, at, address);
		const whole = link === undefined ? address : text;
		cache.add(view, at, whole, link?.id ?? 0);
		this.#zone = link;
		return whole;
	}

	/** To GIVEN_ADDRESS, from a given address, by a given interface. */
	#writeFrom(socket: UdpSocket, data: Bytes, size: number, port: number, from: Origin, zone: Interface | undefined): void {
		const { localAddress, interface: link } = from;
		const { core, interfaces } = this.#stack;
		const { view } = core;
		const { localAt } = socket;
		let source = NO_ADDRESS;
		if (localAddress !== undefined) {
			this.#put(GIVEN_SOURCE, "localAddress", localAddress);
			if (hasIpv6()) zone ??= this.#zone;
			// A datagram to all is answered from an address of the interface.
			if (unlessAny(localAddress) !== "" && !isGroup(view, GIVEN_SOURCE)) source = GIVEN_SOURCE;
			const bound = !isNone(view, localAt);
			if (source !== NO_ADDRESS && (!isLocal(view, source) || (bound && !sameAddress(view, localAt, source))))
				throw new RangeError(
					`localAddress ${check.show(localAddress)}: expected an address of this stack, that of the socket if it is bound`,
				);
		}
		let slot = zone?.slot ?? 0;
		if (link !== undefined) {
			const arrived = link === this.sender.interface ? interfaces.at(socket.fromSlot) : undefined;
			slot = (arrived?.name === link ? arrived : linkOf(this.#stack, link)!).slot;
			if (hasIpv6() && zone !== undefined && slot !== zone.slot)
				throw new RangeError(`interface ${check.show(link)}: expected "${zone.name}", as the address says`);
			if (socket.bound !== 0 && slot !== socket.bound)
				throw new RangeError(`interface ${check.show(link)}: expected that which the socket is bound to`);
		}
		this.#writeBy(socket, data, port, size, source, slot);
	}

	/** To GIVEN_ADDRESS, from that source address or one that is chosen, by the interface in that slot. */
	#writeBy(socket: UdpSocket, data: Bytes, port: number, length: number, source: number, slot: number): void {
		const { bound, block } = socket;
		if (hasIpv6() && bound !== 0 && slot !== 0 && slot !== bound)
			throw new RangeError(
				`address behind "${this.#stack.interfaces.at(slot)!.name}": expected one behind that which the socket is bound to`,
			);
		const { view } = this.#stack.core;
		this.#stack.udp.sent(socket, length, udpSendBy(view, block, GIVEN_ADDRESS, port, data, 0, length, source, slot));
	}

	add(group: string, link?: string | Interface, sources?: Sources): void {
		const socket = UDPSocket.#of(this);
		const { address, link: where } = this.#groupOf(group, link, socket.family);
		const from = sourcesOf(this.#stack, sources, address, where);
		if (!socket.hearsGroups) throw new Error(`group ${check.show(group)}: with broadcast: false the socket hears none`);
		if (socket.gone) throw new Error("the socket's address or interface is gone");
		this.#join(address, where, from);
	}

	/** A group that a program names, and the interface that it or `link` says, else the one that the socket is bound to. */
	#groupOf(group: string, link: string | Interface | undefined, family: number): Scoped {
		return groupOf(this.#stack, "group", group, family, linkOf(this.#stack, link) ?? this.#bound);
	}

	#has(group: string, link: Interface | undefined, source: string): Membership | undefined {
		return this.#groups.find((one) => one.group === group && one.link === link && one.source === source);
	}

	/** For these sources, or for all but these. */
	#join(group: string, link: Interface | undefined, { list, except }: GroupSources): void {
		const some = list.length > 0 && !except;
		// RFC 3376 §3.1: a socket's membership has one filter.
		if (this.#groups.some((each) => each.group === group && each.link === link && (each.source !== "" && !each.except) !== some))
			throw new Error(`group "${group}": is joined for ${some ? "all sources" : "some sources"}; remove it first`);
		const wanted = (some ? list : ["", ...list]).filter((source) => !this.#has(group, link, source));
		const { groups } = this.#stack.udp;
		const before = this.#groups.length;
		try {
			for (const source of wanted) {
				const one = { group, link, source, except: except && source !== "" };
				groups.join(link, group, source, this.openSocket, one.except);
				this.#groups.push(one);
			}
		} catch (error) {
			for (const { source } of this.#groups.splice(before)) groups.leave(link, group, source, this.openSocket);
			throw error;
		}
	}

	remove(group: string, link?: string | Interface, sources?: Sources): void {
		const socket = UDPSocket.#of(this);
		const { address, link: where } = this.#groupOf(group, link, 0);
		const { list, except } = sourcesOf(this.#stack, sources, address, where);
		for (const source of list)
			if (this.#has(address, where, source)?.except !== except)
				throw new Error(`source "${source}": expected one that ${group} was joined ${except ? "without" : "for"}`);
		const left = this.#groups.filter(
			(one) => one.group === address && one.link === where && (list.length === 0 || list.includes(one.source)),
		);
		if (left.length === 0) throw new Error(`group ${check.show(group)}: expected one that was joined`);
		this.#groups = this.#groups.filter((one) => !left.includes(one));
		for (const { source } of left) this.#stack.udp.groups.leave(where, address, source, socket);
	}

	close(): void {
		if (!isObject(this) || !(#stack in this)) throw foreign("UDP");
		const socket = this.openSocket;
		if (socket === undefined) return;
		this.openSocket = undefined;
		placeDatagrams(this, 0);
		for (const { group, link, source } of this.#groups) this.#stack.udp.groups.leave(link, group, source, socket);
		this.#groups = [];
		this.#stack.udp.close(socket);
	}

	/** The socket of an instance that is open. */
	static #of(instance: UDPSocket): UdpSocket {
		if (!isObject(instance) || !(#stack in instance)) throw foreign("UDP");
		const socket = instance.openSocket;
		if (socket === undefined) throw closed();
		return socket;
	}

	get port(): number {
		return UDPSocket.#of(this).localPort;
	}

	get address(): string {
		const socket = UDPSocket.#of(this);
		return zoned(socket.localAddress, this.#bound) || anyAddress(socket.family);
	}

	get interface(): string | undefined {
		const { gone, out } = UDPSocket.#of(this);
		return gone ? undefined : (this.#bound ?? this.#stack.interfaces.linkAt(out))?.name;
	}

	get format(): "buffer" {
		UDPSocket.#of(this);
		return "buffer";
	}
	set format(value: "buffer") {
		UDPSocket.#of(this);
		check.fixedFormat(value, "buffer");
	}

	/** For SocketEvents, but when all there is to it is `tellReadable`. */
	onEvents(events: number, waiting: number): void {
		const socket = this.openSocket;
		if (socket === undefined) return;
		if (events & READABLE && waiting > 0 && this.tellReadable !== undefined) this.tellReadable(waiting);
		if (events === READABLE) return;
		if (this.#onError === undefined) return;
		if (events & TROUBLE) this.#tellErrors(socket);
		if (events & ERROR && this.openSocket === socket) this.#onError();
	}

	/** What ICMP errors say of what it has sent. A callback may close it. */
	#tellErrors(socket: UdpSocket): void {
		while (this.openSocket === socket) {
			const error = this.#stack.udp.takeError(socket);
			if (error === undefined) return;
			const address = zoned(error.address, this.#bound);
			this.#onError!({ kind: inWords(error.type, error.code), ...error, address });
		}
	}

	/** For SocketEvents: a callback threw. */
	onFailure(error: unknown): void {
		try {
			this.close();
		} finally {
			report(this.#stack.events, error); // also what a frozen instance threw, which cannot be closed
		}
	}
}

/** Puts a text into a socket's block, where it may take so many bytes. */
function putText(view: DataView, at: number, bytes: number, text: string): void {
	const end = asciiPut(view, at, at + bytes - 1, false, text);
	view.setUint8(end < 0 ? at : end, 0);
}
