// IPCP: addresses and Van Jacobson's compression (RFC 1332), name servers (RFC 1877).

import { IPCP, VJ_COMPRESSED } from "./packets.ts";
import { VJ_SLOTS } from "../vj.ts";
import { ACCEPT, ControlProtocol, NAK, REJECT, type Link } from "./protocol.ts";

/** Options. RFC 1332 §3, RFC 1877 §1. */
const COMPRESSION = 2;
const ADDRESS = 3;
const DNS1 = 129;
const DNS2 = 131;

export interface IpcpOptions {
	/** Our address; 0: whatever the peer gives us. */
	local: number;
	/** The peer's address; 0: whatever it says. */
	remote: number;
	/** Take another than `local` or `remote` when the peer says so. */
	acceptLocal: boolean;
	acceptRemote: boolean;
	usePeerDns: boolean;
	/** Name servers for the peer, two at most. */
	msDns: readonly number[];
	vj: boolean;
}

export class Ipcp extends ControlProtocol {
	#options: IpcpOptions;
	/** Addresses of both ends, 0 while unknown. */
	local = 0;
	remote = 0;
	/** Name servers from the peer, 0 where there is none. */
	readonly dns = new Int32Array(2);
	/** The peer takes compressed headers: its highest slot, and whether the slot may be left out. -1: it takes none. */
	peerSlots = -1;
	peerOmitsSlot = false;
	#askAddress = true;
	#askDns = [false, false];
	#askVj = false;
	/** Whether the peer has asked for an address in its last request. */
	#addressed = false;

	constructor(link: Link, options: IpcpOptions) {
		super(IPCP, "ipcp", link);
		this.#options = options;
		this.forget();
	}

	protected override forget(): void {
		this.local = this.#options.local;
		this.dns.fill(0);
		this.#askAddress = true;
		// Once rejected they are not asked for again on this link.
		this.#askDns[0] = this.#askDns[1] = this.#options.usePeerDns;
		this.#askVj = this.#options.vj;
		this.judging();
	}

	/** Whether we take compressed headers: the peer agreed to send them. */
	get vj(): boolean {
		return this.#askVj;
	}

	protected override ask(at: number): number {
		const view = this.view;
		if (this.#askVj) {
			view.setUint16(at, (COMPRESSION << 8) | 6);
			view.setUint16(at + 2, VJ_COMPRESSED);
			view.setUint8(at + 4, VJ_SLOTS - 1);
			view.setUint8(at + 5, 1);
			at += 6;
		}
		if (this.#askAddress) at = this.#writeAddress(at, ADDRESS, this.local);
		if (this.#askDns[0]) at = this.#writeAddress(at, DNS1, this.dns[0]!);
		if (this.#askDns[1]) at = this.#writeAddress(at, DNS2, this.dns[1]!);
		return at;
	}

	#writeAddress(at: number, type: number, address: number): number {
		this.view.setUint16(at, (type << 8) | 6);
		this.view.setInt32(at + 2, address);
		return at + 6;
	}

	protected override judging(): void {
		this.remote = this.#options.remote;
		this.peerSlots = -1;
		this.peerOmitsSlot = false;
		this.#addressed = false;
	}

	protected override judge(type: number, at: number, length: number): number {
		const view = this.view;
		switch (type) {
			case COMPRESSION:
				if (!this.#options.vj || length < 2 || view.getUint16(at) !== VJ_COMPRESSED) return REJECT;
				if (length !== 4) return NAK;
				this.peerSlots = Math.min(view.getUint8(at + 2), VJ_SLOTS - 1);
				this.peerOmitsSlot = view.getUint8(at + 3) === 1;
				return ACCEPT;
			case ADDRESS:
				if (length !== 4) return REJECT;
				this.#addressed = true;
				return this.#judgeAddress(view.getInt32(at));
			case DNS1:
			case DNS2: {
				const server = this.#options.msDns[type === DNS1 ? 0 : 1] ?? this.#options.msDns[0] ?? 0;
				if (length !== 4 || server === 0) return REJECT;
				return view.getInt32(at) === server ? ACCEPT : NAK;
			}
		}
		return REJECT;
	}

	#judgeAddress(address: number): number {
		const { remote, acceptRemote } = this.#options;
		if (address === 0) return remote === 0 ? REJECT : NAK;
		// Ours for both ends: of no use.
		if (address === this.local || !unicast(address)) return remote === 0 ? REJECT : NAK;
		if (remote !== 0 && address !== remote && !acceptRemote) return NAK;
		this.remote = address;
		return ACCEPT;
	}

	protected override suggest(type: number, at: number): number {
		const view = this.view;
		const { remote, msDns } = this.#options;
		if (type === COMPRESSION) {
			view.setUint16(at, VJ_COMPRESSED);
			view.setUint8(at + 2, VJ_SLOTS - 1);
			view.setUint8(at + 3, 1);
			return at + 4;
		}
		view.setInt32(at, type === ADDRESS ? remote : type === DNS1 ? msDns[0]! : (msDns[1] ?? msDns[0]!));
		return at + 4;
	}

	/** A peer that does not say its address is asked to, when we have one for it. */
	protected override missing(at: number): number {
		return this.#addressed || this.#options.remote === 0 ? at : this.#writeAddress(at, ADDRESS, this.#options.remote);
	}

	protected override naked(type: number, at: number, length: number): void {
		if (type === COMPRESSION) this.#askVj = false;
		if (length !== 4) return;
		const address = this.view.getInt32(at);
		if (type === ADDRESS) {
			if ((this.#options.local === 0 || this.#options.acceptLocal) && unicast(address)) this.local = address;
		} else if (type === DNS1 && this.#askDns[0]) this.dns[0] = address;
		else if (type === DNS2 && this.#askDns[1]) this.dns[1] = address;
	}

	protected override rejected(type: number): void {
		if (type === COMPRESSION) this.#askVj = false;
		else if (type === ADDRESS) this.#askAddress = false;
		else if (type === DNS1) this.#askDns[0] = false;
		else if (type === DNS2) this.#askDns[1] = false;
		if (type === ADDRESS && this.local === 0) this.fail("the peer gives us no address");
		if (type === DNS1 || type === DNS2) this.dns[type === DNS1 ? 0 : 1] = 0;
	}

	protected override layerUp(): void {
		// An Ack of 0.0.0.0 gives nobody an address.
		if (this.local === 0) this.fail("the peer gives us no address");
		else super.layerUp();
	}
}

/** Whether an address can be one host's. RFC 1122 §3.2.1.3. */
function unicast(address: number): boolean {
	const first = address >>> 24;
	return first !== 0 && first !== 127 && first < 224;
}
