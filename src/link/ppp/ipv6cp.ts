// IPV6CP, RFC 5072: an interface identifier for each end, 64 bits, never the same.

import { IPV6CP } from "./packets.ts";
import { ACCEPT, ControlProtocol, NAK, REJECT, type Link } from "./protocol.ts";

/** RFC 5072 §4.1. */
const IDENTIFIER = 1;

export class Ipv6cp extends ControlProtocol {
	/** Identifiers of both ends, high and low half; 0 while unknown. */
	readonly local = new Int32Array(2);
	readonly remote = new Int32Array(2);
	#asks = true;
	readonly #suggested = new Int32Array(2);

	constructor(link: Link) {
		super(IPV6CP, "ipv6cp", link);
		this.forget();
	}

	protected override forget(): void {
		this.#asks = true;
		this.#choose(this.local);
		this.judging();
	}

	/** At random, with the bit that says "globally unique" not set: RFC 5072 §4.1. */
	#choose(identifier: Int32Array): void {
		identifier[0] = this.link.core.random32() & ~0x02000000;
		identifier[1] = this.link.core.random32() | 1; // never 0
	}

	protected override ask(at: number): number {
		if (!this.#asks) return at;
		this.view.setUint16(at, (IDENTIFIER << 8) | 10);
		this.view.setInt32(at + 2, this.local[0]!);
		this.view.setInt32(at + 6, this.local[1]!);
		return at + 10;
	}

	protected override judging(): void {
		this.remote.fill(0);
	}

	protected override judge(type: number, at: number, length: number): number {
		if (type !== IDENTIFIER || length !== 8) return REJECT;
		const high = this.view.getInt32(at);
		const low = this.view.getInt32(at + 4);
		const zero = high === 0 && low === 0;
		if (zero || (high === this.local[0] && low === this.local[1])) return NAK;
		this.remote[0] = high;
		this.remote[1] = low;
		return ACCEPT;
	}

	protected override suggest(_type: number, at: number): number {
		this.#choose(this.#suggested);
		this.view.setInt32(at, this.#suggested[0]!);
		this.view.setInt32(at + 4, this.#suggested[1]!);
		return at + 8;
	}

	protected override naked(type: number, at: number, length: number): void {
		if (type !== IDENTIFIER || length !== 8) return;
		const high = this.view.getInt32(at);
		const low = this.view.getInt32(at + 4);
		// A suggestion that is ours already, or zero, or back from a loop, is none.
		const useless = (high === 0 && low === 0) || (high === this.#suggested[0] && low === this.#suggested[1]);
		if (useless || (high === this.local[0] && low === this.local[1])) this.#choose(this.local);
		else {
			this.local[0] = high;
			this.local[1] = low;
		}
	}

	protected override rejected(_type: number): void {
		this.#asks = false;
	}
}
