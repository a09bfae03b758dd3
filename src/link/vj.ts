// Van Jacobson's header compression for a serial line, RFC 1144: the memory of both directions, and the frame that is compressed but not sent yet.

import { PACKET_BYTES } from "../config.ts";
import { HELD, SENT, type DeviceHost } from "../device/device.ts";
import type { SerialDevice } from "../device/serial.ts";
import type { Core } from "../packet/core.ts";
import { NONE } from "../packet/pool.ts";
import * as ipv4 from "../wire/ipv4.ts";
import { VJ_COMPRESSED_TCP, vjBytes, vjReset, vjToss } from "../wire/vj.ts";
import { vjDecompress } from "#codec";

/** Connections that are remembered, each way: as many as fit a packet buffer. RFC 1144 §3.2.3 has 16. */
export const VJ_SLOTS = 12;

export class HeaderCompression {
	/** What we send is compressed; what comes may be. */
	sending = false;
	receiving = false;
	/** Arena offset of the compressor's block. */
	readonly compressor: number;
	#decompressor: number;
	#core: Core;
	#packets: readonly number[];
	/** What was compressed has to be sent, in this order: the packet that the line had no room for. */
	#held = NONE;
	#at = 0;
	#end = 0;
	#protocol = 0;

	/** Throws RangeError when the pool has no two packets to spare. */
	constructor(core: Core) {
		const { pool } = core;
		if (pool.available < 2 || vjBytes(VJ_SLOTS) > PACKET_BYTES)
			throw new RangeError('packets: no buffers are free for header compression; raise the option "packets"');
		this.#core = core;
		this.#packets = [pool.acquire(), pool.acquire()];
		this.compressor = pool.base(this.#packets[0]!);
		this.#decompressor = pool.base(this.#packets[1]!);
	}

	/** `slots`: how many connections the peer can tell apart; `compressId`: their number may be left out. */
	startSending(slots: number, compressId: boolean): void {
		vjReset(this.#core.view, this.compressor, Math.min(slots, VJ_SLOTS), compressId);
		this.sending = true;
	}

	startReceiving(): void {
		vjReset(this.#core.view, this.#decompressor, VJ_SLOTS, true);
		this.receiving = true;
	}

	stop(host: DeviceHost): void {
		this.sending = this.receiving = false;
		if (this.#held !== NONE) host.released(this.#held);
		this.#held = NONE;
	}

	/** A frame was lost. */
	toss(): void {
		if (this.receiving) vjToss(this.#core.view, this.#decompressor);
	}

	/** Restores a packet of that type at `at`, where `max` bytes are. Answers its length, or 0: it makes no sense. */
	restore(type: number, at: number, end: number, max: number): number {
		const { view } = this.#core;
		if (vjDecompress(view, this.#decompressor, type, at, end, at, at + max) !== at) return 0;
		// The length that an uncompressed header tells is for IP to judge.
		return type === VJ_COMPRESSED_TCP ? ipv4.totalLength(view, at) : end - at;
	}

	/** Keeps a compressed packet until `flush`. Answers HELD. */
	hold(packet: number, at: number, end: number, protocol: number): number {
		this.#held = packet;
		this.#at = at;
		this.#end = end;
		this.#protocol = protocol;
		return HELD;
	}

	/** Sends what is held. Answers whether nothing is any more. */
	flush(serial: SerialDevice, host: DeviceHost): boolean {
		if (this.#held === NONE) return true;
		if (serial.transmit(this.#at, this.#end, this.#protocol) !== SENT) return false;
		const packet = this.#held;
		this.#held = NONE;
		host.released(packet);
		return true;
	}

	/** Gives the buffers back. */
	close(host: DeviceHost): void {
		this.stop(host);
		for (const packet of this.#packets) this.#core.pool.release(packet);
		this.#packets = [];
	}
}
