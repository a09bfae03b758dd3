// Ethernet as the interpreter has it: its addresses, and what is rare about ARP. output.ts and arp.ts do what happens for every packet.

import { given, givenV4 } from "../address.ts";
import { formatIpv4, parseIpv4 } from "../address4.ts";
import { MEDIUM_ETHERNET, type Device } from "../device/device.ts";
import { FLAG_ETHERNET, InterfaceBlock } from "../packet/interface-block.ts";
import { INCOMPLETE, NeighborBlock } from "../packet/neighbor-block.ts";
import type { Core } from "../packet/core.ts";
import { hasIpv6 } from "../packet/kernels/parts.ts";
import { DROP } from "../packet/drops.ts";
import * as ethernet from "../wire/ethernet.ts";
import * as arp from "../wire/arp.ts";
import * as icmpv6 from "../wire/icmpv6.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";
import { linkArp, linkAsk, linkAskRouters, linkNeighbor, linkSeek, linkTry, neighborFlush, ownerSlot, setV4OrNone } from "#codec";
import type { Discovery } from "./discovery.ts";
import { Interface, type InterfaceListener, type InterfaceOptions } from "./interface.ts";
import { OwnAddresses, type Conflict } from "./own-addresses.ts";

/** Where these lie in an interface's block. */
const { mac: MAC, broadcastHeader: BROADCAST_HEADER, probed: PROBED, checked: CHECKED } = InterfaceBlock.offsets;
const { state: STATE } = NeighborBlock.offsets;

const HEADER = ethernet.HEADER;

/** Told within processing: somebody claims the address that is probed for; or uses an address of ours. */
export interface ProbeKeeper {
	claimed(): void;
	conflict(address: number): void;
}

/** What an Ethernet interface may be told. */
export interface EthernetOptions extends InterfaceOptions {
	/** Six bytes; the device's own when absent. */
	mac?: Uint8Array;
}

/**
 * Ethernet II with ARP, RFC 894, 826 and 5227.
 *
 * @example
 * ```ts
 * const eth0 = stack.interfaces.add(new EthernetInterface("eth0", chip, { metric: 10 }));
 * ```
 */
export class EthernetInterface extends Interface implements Discovery {
	readonly kind: string = "ethernet";
	readonly #mac: Uint8Array;
	#view!: DataView;
	// What DHCP needs comes last: XS finds a property the faster the earlier it was made, and the others are wanted for each packet.
	#probed = 0;
	#checked = 0;
	/** Told within processing of an ARP packet at that arena offset: from `checked`. */
	onAnswer: ((at: number) => void) | undefined = undefined;
	/** The same of one that claims `probed`, or asks for it as we do. */
	onClaim: ((at: number) => void) | undefined = undefined;
	/** Told within processing that another station uses an address of ours, which is defended. */
	onConflict: ((address: number) => void) | undefined = undefined;
	/** Told within processing of what neighbour discovery says for us: the IPv6 packet at that arena offset. */
	onDiscovery: ((at: number) => void) | undefined = undefined;
	/** Told within processing that a station asks routers. Without a value until somebody listens: a firmware without IPv6 has nothing of it. */
	declare onSolicited?: (() => void) | undefined;
	/** Told within processing of what IGMP and MLD say: the IP packet at that arena offset, whose message is the one in the registers. */
	onGroups: ((at: number) => void) | undefined = undefined;
	/** Who has an address of IPv4 for it that is probed for, not DHCP's, and is told what `onClaim` and `onConflict` are. */
	keeper: ProbeKeeper | undefined = undefined;
	/** Its own addresses before the neighbours: announcements, conflicts. There once it is attached. */
	own!: OwnAddresses;

	constructor(name: string, device: Device, options: EthernetOptions = {}) {
		super(name, device, HEADER, options);
		if (device.medium !== MEDIUM_ETHERNET) throw new TypeError(`${name}: expected a device that carries Ethernet frames`);
		const mac = options.mac ?? device.mac;
		if (!mac || mac.length !== 6 || mac[0]! & 1) throw new RangeError(`mac of ${name}: expected six bytes of a unicast address`);
		this.#mac = mac;
	}

	override get mac(): Uint8Array {
		return this.#mac;
	}

	override get station(): this {
		return this;
	}

	override get discovery(): this {
		return this;
	}

	get identifier(): undefined {
		return undefined;
	}

	get runs(): boolean {
		return this.up;
	}

	override get conflicts(): readonly Conflict[] {
		return this.own.conflicts;
	}

	override attach(core: Core, slot: number, id: number, flags: number, listener: InterfaceListener): void {
		super.attach(core, slot, id, flags | FLAG_ETHERNET, listener);
		const view = (this.#view = core.view);
		for (let i = 0; i < 6; i++) {
			view.setUint8(this.block + MAC + i, this.mac[i]!);
			view.setUint8(this.block + BROADCAST_HEADER + i, 0xff);
			view.setUint8(this.block + BROADCAST_HEADER + ethernet.SOURCE_ADDRESS + i, this.mac[i]!);
		}
		view.setUint16(this.block + BROADCAST_HEADER + ethernet.TYPE, ethernet.TYPE_IPV4);
		this.probed = this.#probed;
		this.checked = this.#checked;
		this.own = new OwnAddresses(core, this);
	}

	/** The address that `probe` asks for, or 0: also others' questions for it are conflicts. RFC 5227 §2.1.1. */
	get probed(): number {
		return this.#probed;
	}
	set probed(address: number) {
		this.#probed = address;
		if (this.block !== 0) setV4OrNone(this.#view, this.block + PROBED, address);
	}

	/** A station whose ARP packets `onAnswer` is told of, or 0. */
	get checked(): number {
		return this.#checked;
	}
	set checked(address: number) {
		this.#checked = address;
		if (this.block !== 0) setV4OrNone(this.#view, this.block + CHECKED, address);
	}

	protected override flush(): void {
		if (this.#view === undefined) return; // it was refused before it was part of a stack
		if (this.block !== 0) neighborFlush(this.#view, this.block);
		this.own.flush();
	}

	/** Whether an address is one of this interface's. */
	owns(address: number): boolean {
		return this.slot !== 0 && ownerSlot(this.#view, givenV4(this.#view, address)) === this.slot;
	}

	/** Whether it is the one that a DHCP client has lent for it. */
	isLent(address: number): boolean {
		const lent = this.ip.lease?.lent;
		return lent !== undefined && lent !== "" && lent === formatIpv4(address);
	}

	/** An ARP packet that says something of an address of ours, of one that is probed for, or of the station that is looked for; what the interpreter looks at of IP. */
	override control(at: number): void {
		const view = this.#view;
		const version = view.getUint8(at) >> 4; // of ARP 0
		if (version === 4 && view.getUint8(at + ipv4.PROTOCOL) === ipv4.ICMP) return this.redirected(at);
		if (version === 4 || (hasIpv6() && version === 6 && view.getUint8(at + ipv6.NEXT_HEADER) === ipv6.HOP_BY_HOP)) {
			if (this.onGroups === undefined) return this.core.count(this.block, DROP.icmpUnhandled);
			return this.onGroups(at);
		}
		if (hasIpv6() && version === 6) {
			const type = icmpv6.type(view, at + ipv6.HEADER);
			if (type === icmpv6.ROUTER_SOLICITATION) return this.onSolicited?.();
			return type === icmpv6.REDIRECT ? this.redirected(at) : this.onDiscovery?.(at);
		}
		const sender = arp.senderIp(view, at);
		const probes = sender === 0 && arp.operation(view, at) === arp.REQUEST;
		// Another station has the address that we probe for, or probes for it too. RFC 5227 §2.1.1.
		if (this.#probed !== 0 && (probes ? arp.targetIp(view, at) : sender) === this.#probed) {
			this.core.count(this.block, DROP.addressConflict);
			this.onClaim?.(at);
			this.keeper?.claimed();
			return;
		}
		if (sender !== 0 && sender === this.#checked) this.onAnswer?.(at);
		if (this.owns(sender)) {
			this.core.count(this.block, DROP.addressConflict);
			this.own.conflict(sender, at + arp.SENDER_MAC);
		} else this.follow(linkArp(view, this.block, at));
	}

	override timers(now: number): void {
		this.own.timers(now);
	}

	/** Twice, RFC 5227 §2.3; the second time only when it is not lent, as who borrowed it does that. */
	override introduce(address: string): void {
		const v4 = parseIpv4(address);
		if (this.up && v4 !== undefined) this.own.introduce(v4);
	}

	/** Tells the neighbours of an address of ours, once: gratuitous ARP, RFC 5227 §3. */
	announce(address: number): void {
		this.ask(address, address);
	}

	/** Asks whether anybody has the address, and tells nobody that we want it: an ARP probe, RFC 5227 §2.1.1. */
	probe(address: number): void {
		this.probed = address;
		this.ask(address, 0);
	}

	/** Asks who has the address, by an ARP request from one of ours or, as a probe, from 0: everybody, or the station with that hardware address. */
	ask(address: number, from: number, mac?: Uint8Array): void {
		if (!this.up) return;
		const high = mac === undefined ? -1 : (mac[0]! << 24) | (mac[1]! << 16) | (mac[2]! << 8) | mac[3]!;
		const low = mac === undefined ? 0xffff : (mac[4]! << 8) | mac[5]!;
		this.follow(linkAsk(this.#view, this.block, high, low, from, address));
	}

	/** Asks whether anybody else has an address of IPv6 that we are about to take: RFC 4862 §5.4.2. The nonce is RFC 7527's. */
	tryAddress(address: string, nonceHigh: number, nonceLow: number): void {
		if (hasIpv6() && this.up) this.follow(linkTry(this.#view, this.block, given(this.#view, address), nonceHigh, nonceLow));
	}

	/** Asks routers for what they have to say: RFC 4861 §6.3.7. */
	askRouters(): void {
		if (hasIpv6() && this.up) this.follow(linkAskRouters(this.#view, this.block));
	}

	/** Asks for a neighbour that is not known. */
	find(address: number): void {
		if (this.up) this.follow(linkSeek(this.#view, this.block, givenV4(this.#view, address)));
	}

	/** The hardware address of a neighbour, if it is known. Allocates. */
	macOf(address: number): Uint8Array | undefined {
		const view = this.#view;
		const entry = this.block === 0 ? 0 : linkNeighbor(view, this.block, givenV4(this.#view, address));
		if (entry === 0 || view.getInt32(entry + STATE, true) === INCOMPLETE) return undefined;
		const mac = new Uint8Array(6);
		for (let i = 0; i < 6; i++) mac[i] = view.getUint8(entry + i);
		return mac;
	}
}
