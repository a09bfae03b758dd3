// Control packets on their way to the serial line: one packet buffer, taken from the pool once, so that there always is one.

import { PACKET_HEADROOM } from "../../config.ts";
import { SENT } from "../../device/device.ts";
import type { SerialDevice } from "../../device/serial.ts";
import type { Core } from "../../packet/core.ts";
import { NONE } from "../../packet/pool.ts";
import { LineState } from "../line-state.ts";

/** Packets that wait at most. What is more is dropped: every protocol repeats what it needs. */
const DEPTH = 8;
/** Bytes of the buffer that control packets use. */
export const OUTBOX_BYTES = 1500;

export class Outbox {
	readonly view: DataView;
	/** How many were dropped because the line is too slow for them. */
	dropped = 0;
	#core: Core;
	#line: LineState;
	#serial: SerialDevice;
	#packet = NONE;
	#base = 0;
	/** Where the next packet is built. */
	#free = 0;
	#first = 0;
	#starts = new Int32Array(DEPTH);
	#ends = new Int32Array(DEPTH);
	#protocols = new Int32Array(DEPTH);

	/** For the interface with that block. Throws RangeError when the pool has no packet to spare. */
	constructor(core: Core, block: number, serial: SerialDevice) {
		this.#core = core;
		this.#line = new LineState(core, block);
		this.#serial = serial;
		this.view = core.view;
		this.#packet = core.pool.acquire();
		if (this.#packet === NONE) throw new RangeError('packets: no buffer is free for control packets; raise the option "packets"');
		this.#base = this.#free = core.pool.base(this.#packet) + PACKET_HEADROOM;
	}

	/** How many wait for room in the serial line. Data waits behind them. */
	get waiting(): number {
		return this.#line.controls;
	}

	/** Arena offset of a place with `bytes` bytes to build a packet in, or NONE: it is dropped and counted. */
	room(bytes: number): number {
		if (this.waiting < DEPTH && this.#free + bytes <= this.#base + OUTBOX_BYTES) return this.#free;
		this.dropped++;
		return NONE;
	}

	/** Sends what was built at `room()`, up to `end`, now or as soon as the line has room. */
	send(protocol: number, end: number): void {
		const at = this.#free;
		if (this.waiting === 0 && this.#serial.transmit(at, end, protocol) === SENT) return;
		const { waiting } = this;
		const i = (this.#first + waiting) & (DEPTH - 1);
		this.#line.controls = waiting + 1;
		this.#starts[i] = at;
		this.#ends[i] = end;
		this.#protocols[i] = protocol;
		this.#free = end;
	}

	/** Offers the line what waits. Answers whether nothing does any more. */
	flush(): boolean {
		while (this.waiting > 0) {
			const i = this.#first;
			if (this.#serial.transmit(this.#starts[i]!, this.#ends[i]!, this.#protocols[i]!) !== SENT) return false;
			this.#first = (i + 1) & (DEPTH - 1);
			this.#line.controls--;
		}
		this.#free = this.#base;
		return true;
	}

	/** Forgets what waits: the link it was for is gone. */
	clear(): void {
		this.#line.controls = 0;
		this.#free = this.#base;
	}

	/** Gives the buffer back. */
	close(): void {
		this.clear();
		if (this.#packet !== NONE) this.#core.pool.release(this.#packet);
		this.#packet = NONE;
	}
}
