// Van Jacobson's header compression for a serial line, RFC 1144: the memory of both directions. What passes is compressed and restored by line.ts.

import { PACKET_BYTES } from "../config.ts";
import type { Core } from "../packet/core.ts";
import { vjBytes, vjReset } from "../wire/vj.ts";
import type { LineState } from "./line-state.ts";

/** Connections that are remembered, each way: as many as fit a packet buffer. RFC 1144 §3.2.3 has 16. */
export const VJ_SLOTS = 12;

export class HeaderCompression {
	#core: Core;
	#line: LineState;
	#release: () => void;
	#packets: readonly number[];

	/** `release` frees the packet that the line holds. Throws RangeError when the pool has no two packets to spare. */
	constructor(core: Core, line: LineState, release: () => void) {
		const { pool } = core;
		if (pool.available < 2 || vjBytes(VJ_SLOTS) > PACKET_BYTES)
			throw new RangeError('packets: no buffers are free for header compression; raise the option "packets"');
		this.#core = core;
		this.#line = line;
		this.#release = release;
		this.#packets = [pool.acquire(), pool.acquire()];
	}

	/** `slots`: how many connections the peer can tell apart; `compressId`: their number may be left out. */
	startSending(slots: number, compressId: boolean): void {
		const block = this.#core.pool.base(this.#packets[0]!);
		vjReset(this.#core.view, block, Math.min(slots, VJ_SLOTS), compressId);
		this.#line.compressor = block;
	}

	startReceiving(): void {
		const block = this.#core.pool.base(this.#packets[1]!);
		vjReset(this.#core.view, block, VJ_SLOTS, true);
		this.#line.decompressor = block;
	}

	stop(): void {
		this.#line.compressor = this.#line.decompressor = 0;
		this.#release();
	}

	/** Gives the buffers back. */
	close(): void {
		this.stop();
		for (const packet of this.#packets) this.#core.pool.release(packet);
		this.#packets = [];
	}
}
