// Tunnels as interfaces: GRE (RFC 2784, 2890), IP in IP (RFC 2003, 2473), IPv6 in IPv4 (RFC 4213). What is sent by one waits in its queue until the turn hands it to IP's output, ip/tunnel-out.ts;
// what comes within packets of IP waits there too, ip/tunnel-in.ts.

import { carriedFill, tunnelAnswered, tunnelAsk, tunnelHasWay, tunnelMake } from "#codec";
import { addressOption, familyBits, given, givenSource, isHost, isNear } from "../address.ts";
import { BUSY, MEDIUM_IP, NOTIFIES, RETURNS, type Device } from "../device/device.ts";
import type { Core } from "../packet/core.ts";
import { FLAG_TUNNEL, InterfaceBlock } from "../packet/interface-block.ts";
import { TUNNEL_CHECKSUM, TUNNEL_GRE, TUNNEL_IP, TUNNEL_KEY, TUNNEL_SEQUENCE, TUNNEL_SIX } from "../packet/tunnel-block.ts";
import { MAX_MTU } from "../config.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";
import { Interface, type InterfaceListener, type InterfaceOptions } from "./interface.ts";
import { whole } from "./interface-options.ts";

const { mtu: MTU } = InterfaceBlock.offsets;

/** What packets of each kind carry theirs by. */
const KINDS = Object.freeze({ gre: TUNNEL_GRE, ipip: TUNNEL_IP, sixInFour: TUNNEL_SIX });

/** "gre": both families, in either; "ipip": IPv4 in IPv4, or both in IPv6; "sixInFour": IPv6 in IPv4. */
export type TunnelKind = keyof typeof KINDS;

/** How often a tunnel of GRE looks whether its other end is there. */
export interface KeepaliveOptions {
	/** Ms from one question to the next, 100 to 3,600,000: 10,000 unless told. */
	intervalMs?: number;
	/** So many in a row without an answer, 1 to 255, take it down until one comes: 3 unless told. */
	lost?: number;
}

/** What a tunnel may be told. */
export interface TunnelOptions extends InterfaceOptions {
	/** Our end, an address of this stack, or one that it will have: the tunnel is down until then. */
	local: string;
	/** The other end, an address of the same family. */
	remote: string;
	/** Time to live of its packets, 1 to 255: 64 unless told. */
	hops?: number;
	/** GRE: the key that its packets have, 0 to 4,294,967,295; there may be several tunnels between two ends then. RFC 2890 §2.1. */
	key?: number;
	/** GRE: its packets are numbered, and those that come late are dropped. RFC 2890 §2.2. */
	sequence?: boolean;
	/** GRE: its packets have a checksum; one that comes is looked at anyway. RFC 2784 §2.5. */
	checksum?: boolean;
	/** GRE: whether the other end is there is looked at, by packets that it sends back. */
	keepalive?: boolean | KeepaliveOptions;
}

const DEFAULT_INTERVAL_MS = 10_000;
const DEFAULT_LOST = 3;

function flag(what: string, value: unknown): boolean {
	if (value === undefined) return false;
	if (typeof value !== "boolean") throw new TypeError(`${what} ${String(value)}: expected true or false`);
	return value;
}

function end(what: string, value: unknown): string {
	const address = addressOption(what, value as string);
	if (!isHost(address) || isNear(address))
		throw new RangeError(`${what} ${address}: expected an address that one host has, and on more than one link`);
	return address;
}

/** What the interface is to the stack in the place of a driver: packets wait in the stack both ways. */
class TunnelDevice implements Device {
	readonly medium = MEDIUM_IP;
	readonly abilities = NOTIFIES | RETURNS;
	readonly mtu: number;
	/** Its other end has answered, or is not asked. */
	alive = true;
	view: DataView | undefined = undefined;
	block = 0;

	constructor(mtu: number) {
		this.mtu = mtu;
	}

	get linkUp(): boolean {
		return this.alive && this.view !== undefined && tunnelHasWay(this.view, this.block);
	}

	attach(): void {}

	receive(): number {
		return 0;
	}

	transmit(): number {
		return BUSY;
	}

	close(): void {
		this.view = undefined;
	}
}

/**
 * A tunnel: an interface without neighbours whose packets travel in packets of IP to its other end. It is up while there is a way there from its own end. Its MTU is what that way carries, less the headers.
 *
 * @example
 * ```ts
 * const site = stack.interfaces.add(new TunnelInterface("gre0", "gre", { local: "192.0.2.1", remote: "198.51.100.7", key: 5 }));
 * site.addAddress("10.9.0.1/30");
 * stack.routes.add({ prefix: "10.20.0.0/16", interface: site });
 * ```
 */
export class TunnelInterface extends Interface {
	readonly kind: TunnelKind;
	/** Address of our end. */
	readonly local: string;
	/** Address of the other end. */
	readonly remote: string;
	#device: TunnelDevice;
	#bits: number;
	#key: number;
	#hops: number;
	/** Ms between keepalives, 0 for none; how many may be lost, how many are, and when the next is due. */
	#interval = 0;
	#most = 0;
	#lost = 0;
	#due = 0;

	/** Throws TypeError or RangeError naming the option that is wrong. */
	constructor(name: string, kind: TunnelKind, options: TunnelOptions) {
		if (!Object.hasOwn(KINDS, kind)) throw new TypeError(`${name}: kind "${String(kind)}": expected gre, ipip or sixInFour`);
		const local = end(`local of ${name}`, options?.local);
		const remote = end(`remote of ${name}`, options?.remote);
		const six = familyBits(local) === 128;
		if (six !== (familyBits(remote) === 128))
			throw new RangeError(`remote ${remote} of ${name}: expected the family of ${local}`);
		if (local === remote) throw new RangeError(`remote ${remote} of ${name}: is its local end; expected another host's`);
		if (kind === "sixInFour" && six)
			throw new RangeError(`local ${local} of ${name}: expected an IPv4 address; ipip has IPv6 in IPv6`);
		const { key, sequence, checksum, keepalive, hops = ipv4.DEFAULT_TTL } = options;
		if (kind !== "gre")
			for (const option of ["key", "sequence", "checksum", "keepalive"] as const)
				if (options[option] !== undefined && options[option] !== false)
					throw new TypeError(`${option} of ${name}: ${kind} has none; remove it, or make it gre`);
		let bits: number = KINDS[kind];
		if (key !== undefined) bits |= TUNNEL_KEY;
		if (flag(`sequence of ${name}`, sequence)) bits |= TUNNEL_SEQUENCE;
		if (flag(`checksum of ${name}`, checksum)) bits |= TUNNEL_CHECKSUM;
		const header = [TUNNEL_GRE, TUNNEL_KEY, TUNNEL_SEQUENCE, TUNNEL_CHECKSUM].filter((bit) => bits & bit).length * 4;
		const device = new TunnelDevice(MAX_MTU - (six ? ipv6.HEADER : ipv4.HEADER) - header);
		super(name, device, 0, options);
		this.kind = kind;
		this.local = local;
		this.remote = remote;
		this.#device = device;
		this.#bits = bits;
		this.#key = key === undefined ? 0 : whole(`key of ${name} ${String(key)}`, key, 0, 0xffffffff) | 0;
		this.#hops = whole(`hops of ${name} ${String(hops)}`, hops, 1, 255);
		if (keepalive !== undefined && keepalive !== false) this.#ask(keepalive);
	}

	#ask(keepalive: true | KeepaliveOptions): void {
		if (keepalive !== true && (typeof keepalive !== "object" || keepalive === null))
			throw new TypeError(`keepalive ${String(keepalive)} of ${this.name}: expected true, or intervalMs and lost`);
		const { intervalMs = DEFAULT_INTERVAL_MS, lost = DEFAULT_LOST } = keepalive === true ? {} : keepalive;
		this.#interval = whole(`keepalive.intervalMs of ${this.name} ${String(intervalMs)}`, intervalMs, 100, 3_600_000);
		this.#most = whole(`keepalive.lost of ${this.name} ${String(lost)}`, lost, 1, 255);
	}

	/** Largest IP packet that it carries whole now, bytes: as much as its way does. */
	override get mtu(): number {
		return this.block === 0 ? super.mtu : this.core.fields[(this.block + MTU) >> 2]!;
	}
	override set mtu(bytes: number) {
		super.mtu = bytes;
	}

	/** Takes its place in a stack. Throws RangeError where there is a tunnel like it already. */
	override attach(core: Core, slot: number, id: number, flags: number, listener: InterfaceListener): void {
		super.attach(core, slot, id, flags, listener);
		const { view } = core;
		const { local, remote, block } = this;
		const other = tunnelMake(view, block, this.#bits, this.#key, givenSource(view, local), given(view, remote), this.#hops);
		if (other !== 0)
			throw new RangeError(`${this.name}: there is a tunnel from ${local} to ${remote} already; give it another key`);
		this.setFlag(FLAG_TUNNEL, true);
		this.#device.view = view;
		this.#device.block = block;
		if (this.#interval === 0) return;
		this.#due = (core.now + this.#interval) | 0;
		core.deadline(this.#due);
	}

	/** Routes have changed: so may its way. */
	override ways(): void {
		this.checkLink();
	}

	/** Its other end is asked when it is time, and it goes down or up by what became of that. */
	override timers(now: number): void {
		if (this.#interval === 0 || this.block === 0) return;
		if (((now - this.#due) | 0) >= 0) {
			const { view } = this.core;
			this.#lost = tunnelAnswered(view, this.block) ? 0 : this.#lost + 1;
			tunnelAsk(view, this.block);
			this.#due = (now + this.#interval) | 0;
			this.#device.alive = this.#lost <= this.#most;
			this.checkLink();
		}
		this.core.deadline(this.#due);
	}

	override detach(): void {
		const { view } = this.#device;
		this.setFlag(FLAG_TUNNEL, false);
		super.detach();
		if (view !== undefined) carriedFill(view);
	}
}
