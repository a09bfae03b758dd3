// What IP has of an interface: addresses, groups, name servers, metric. Frames, neighbours and the state of the link are link/interface.ts.

import { addressPut, bitsInMemory, familyBits } from "../address.ts";
import { ADDRESSES_PER_INTERFACE, NETWORK_PATIENCE_MS } from "../config.ts";
import { NAME_SERVERS, type Interface } from "../link/interface.ts";
import { InterfaceAddress } from "../link/interface-address.ts";
import type { IpSide, JoinedGroup } from "../link/ip-side.ts";
import type { LeaseKeeper } from "../link/lease.ts";
import type { Core } from "../packet/core.ts";
import { FLAG_ANY_ADDRESS, FLAG_DOUBTED, InterfaceBlock, OwnAddress } from "../packet/interface-block.ts";

/** Where its fields lie in the interface's block. */
const { addressCount: COUNT, addresses: ADDRESSES, anyPort: ANY_PORT } = InterfaceBlock.offsets;
const { address: ADDRESS, length: LENGTH, bits: BITS } = OwnAddress.offsets;

/** Told of addresses that came or went: the interface set. */
export interface AddressListener {
	/** Throws RangeError when it cannot be had. */
	addressAdded(link: Interface, entry: InterfaceAddress): void;
	/** Bits of addresses are others. */
	addressNoted(link: Interface): void;
	/** `ends`: what uses it ends. */
	addressRemoved(link: Interface, entry: InterfaceAddress, ends: boolean): void;
	/** What uses an address that was removed before ends, unless another interface has it now. */
	addressForgotten(address: string): void;
	/** For those who watch: the constants of link/changes.ts. */
	changed(link: Interface, what: number): void;
}

export class InterfaceIp implements IpSide {
	readonly addresses: InterfaceAddress[] = [];
	readonly groups: Map<string, JoinedGroup> = new Map();
	readonly metric: number;
	lease: LeaseKeeper | undefined = undefined;
	discovery: IpSide["discovery"] = undefined;
	hostname: string | undefined = undefined;
	readonly #link: Interface;
	readonly #core: Core;
	readonly #listener: AddressListener;
	/** Those set, those heard, and both. */
	#set: readonly string[] = [];
	#heard: readonly string[] = [];
	#servers: readonly string[] = [];
	#doubted = false;
	#anyAddress = false;
	#anyAddressPort = 0;
	/** When somebody first asked in vain whether it comes up, ms; undefined: not since `waitAnew`. */
	#waitedSince: number | undefined = undefined;

	constructor(link: Interface, core: Core, listener: AddressListener) {
		this.#link = link;
		this.metric = link.wantedMetric;
		this.#core = core;
		this.#listener = listener;
	}

	get serving(): InterfaceAddress | undefined {
		return this.addresses.find(({ serves }) => serves);
	}

	hasFamily(bits: 32 | 128): boolean {
		return this.addresses.some(({ address }) => familyBits(address) === bits);
	}

	get servers(): readonly string[] {
		return this.#servers;
	}
	set servers(servers: readonly string[]) {
		this.#set = [...servers];
		this.#join();
	}

	get heardServers(): readonly string[] {
		return this.#heard;
	}
	set heardServers(servers: readonly string[]) {
		this.#heard = servers;
		this.#join();
	}

	#join(): void {
		const old = this.#servers;
		const servers = [...this.#set, ...this.#heard.filter((server) => !this.#set.includes(server))];
		if (old.length === servers.length && old.every((server, i) => server === servers[i])) return;
		this.#servers = servers;
		if (this.#link.slot !== 0) this.#listener.changed(this.#link, NAME_SERVERS);
	}

	get doubted(): boolean {
		return this.#doubted;
	}
	set doubted(on: boolean) {
		this.#doubted = on;
		this.#link.setFlag(FLAG_DOUBTED, on);
	}

	get anyAddress(): boolean {
		return this.#anyAddress;
	}
	set anyAddress(on: boolean) {
		this.#anyAddress = on;
		this.#link.setFlag(FLAG_ANY_ADDRESS, on);
	}

	get anyAddressPort(): number {
		return this.#anyAddressPort;
	}
	set anyAddressPort(port: number) {
		this.#anyAddressPort = port;
		this.#put(ANY_PORT, port);
	}

	comingUp(v4: boolean): boolean {
		const link = this.#link;
		const { awaited } = link;
		if (awaited !== undefined) return awaited;
		if (!link.enabled || link.slot === 0) return false;
		if (link.up) {
			// Where nobody asks for one of the family, one of the other is all there is.
			const asked = v4 ? this.lease !== undefined : this.discovery?.mode === "auto";
			if (this.addresses.some((entry) => entry.serves && (!asked || (familyBits(entry.address) === 32) === v4))) return false;
			if (v4 && asked) return true;
		}
		const { now } = this.#core;
		if (this.#waitedSince === undefined) {
			if (now !== 0) this.#waitedSince = now; // before the first poll there is no time
			return true;
		}
		const waited = (now - this.#waitedSince) | 0;
		return waited >= 0 && waited < NETWORK_PATIENCE_MS; // below 0: the clock has wrapped since
	}

	waitAnew(): void {
		this.#waitedSince = undefined;
	}

	insertAddress(address: string, length: number, lent = false, bits = 0): InterfaceAddress {
		if (this.addresses.length >= ADDRESSES_PER_INTERFACE)
			throw new RangeError(
				`${this.#link.name} has ${ADDRESSES_PER_INTERFACE} addresses already: there is no room in the arena for more`,
			);
		const entry = new InterfaceAddress(address, length, lent, bits);
		this.addresses.push(entry);
		try {
			this.#listener.addressAdded(this.#link, entry);
		} catch (error) {
			this.addresses.pop();
			throw error;
		}
		return entry;
	}

	noteAddress(): void {
		this.#listener.addressNoted(this.#link);
	}

	removeAddress(entry: InterfaceAddress): void {
		this.#remove(entry, true);
	}

	suspendAddress(entry: InterfaceAddress): void {
		this.#remove(entry, false);
	}

	forgetAddress(address: string): void {
		this.#listener.addressForgotten(address);
	}

	#remove(entry: InterfaceAddress, ends: boolean): void {
		const index = this.addresses.indexOf(entry);
		if (index < 0) throw new RangeError(`${this.#link.name} does not have that address`);
		this.addresses.splice(index, 1);
		this.#listener.addressRemoved(this.#link, entry, ends);
	}

	note(): void {
		const { addresses } = this;
		const { block } = this.#link;
		const { view } = this.#core;
		if (block === 0) return;
		this.#put(COUNT, addresses.length);
		for (let i = 0; i < addresses.length; i++) {
			const own = ADDRESSES + i * OwnAddress.bytes;
			const { address, length, bits } = addresses[i]!;
			addressPut(view, block + own + ADDRESS, address);
			this.#put(own + LENGTH, bitsInMemory(address, length));
			this.#put(own + BITS, bits);
		}
	}

	/** Sets a word of the interface's block, while it has one. */
	#put(place: number, value: number): void {
		const { block } = this.#link;
		if (block !== 0) this.#core.view.setInt32(block + place, value, true);
	}
}
