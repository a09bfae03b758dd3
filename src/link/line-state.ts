// A LineBlock as interpreted code sees it.

import type { Core } from "../packet/core.ts";
import { InterfaceBlock } from "../packet/interface-block.ts";
import { LineBlock } from "../packet/line-block.ts";

const { line: LINE } = InterfaceBlock.offsets;
const AT = LineBlock.offsets;

export class LineState {
	readonly #core: Core;
	readonly #at: number;

	/** Of the interface with that block. */
	constructor(core: Core, block: number) {
		this.#core = core;
		this.#at = block + LINE;
	}

	#word(place: number): number {
		return this.#core.fields[(this.#at + place) >> 2]!;
	}

	#put(place: number, value: number): void {
		this.#core.fields[(this.#at + place) >> 2] = value;
	}

	set framing(framing: number) {
		this.#put(AT.framing, framing);
	}

	set open(open: number) {
		this.#put(AT.open, open);
	}

	set suspects(on: boolean) {
		this.#put(AT.suspects, on ? 1 : 0);
	}

	get carrier(): boolean {
		return this.#word(AT.carrier) !== 0;
	}
	set carrier(there: boolean) {
		this.#put(AT.carrier, there ? 1 : 0);
	}

	get controls(): number {
		return this.#word(AT.controls);
	}
	set controls(count: number) {
		this.#put(AT.controls, count);
	}

	set compressor(block: number) {
		this.#put(AT.compressor, block);
	}

	set decompressor(block: number) {
		this.#put(AT.decompressor, block);
	}

	get held(): boolean {
		return this.#word(AT.held) !== 0;
	}

	get start(): number {
		return this.#word(AT.start);
	}

	get end(): number {
		return this.#word(AT.end);
	}

	get protocol(): number {
		return this.#word(AT.protocol);
	}

	/** TRAFFIC_…, or-ed, since the last call. */
	takeTraffic(): number {
		const traffic = this.#word(AT.traffic);
		if (traffic !== 0) this.#put(AT.traffic, 0);
		return traffic;
	}
}
