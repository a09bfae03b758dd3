// The initial sequence numbers of a stack whose randomness the test gives.

import { setV4 } from "../../../../src/packet/address.ts";
import { CORE, CoreBlock } from "../../../../src/packet/core-block.ts";
import { DESTINATION_ADDRESS, SOURCE_ADDRESS } from "../../../../src/packet/fields.ts";
import { Stack } from "../../../../src/stack.ts";
import { addressWord, cookie, nextIsn, recognize } from "../../../../src/transport/tcp/isn.ts";

/** Puts both addresses where a packet's stand, and answers where that is. */
export function ends(view: DataView, local: number, remote: number): readonly [number, number] {
	setV4(view, DESTINATION_ADDRESS, local);
	setV4(view, SOURCE_ADDRESS, remote);
	return [DESTINATION_ADDRESS, SOURCE_ADDRESS];
}

export class Isn {
	readonly #view: DataView;

	constructor(random32: () => number) {
		this.#view = new Stack({ sockets: { tcp: 1 }, random32 }).core.view;
	}

	/** What stands for an address of eight groups of 16 bits, or of IPv4. */
	word(address: readonly number[] | number): number {
		if (typeof address === "number") setV4(this.#view, SOURCE_ADDRESS, address);
		else for (const [i, group] of address.entries()) this.#view.setUint16(SOURCE_ADDRESS + 2 * i, group);
		return addressWord(this.#view, SOURCE_ADDRESS);
	}

	next(now: number, local: number, remote: number, ports: number): number {
		CoreBlock.of(this.#view, CORE).now = now;
		return nextIsn(this.#view, ...ends(this.#view, local, remote), ports);
	}

	cookie(now: number, local: number, remote: number, ports: number, irs: number, mss: number): number {
		return cookie(this.#view, now, ...ends(this.#view, local, remote), ports, irs, mss);
	}

	recognize(now: number, local: number, remote: number, ports: number, irs: number, iss: number): number {
		return recognize(this.#view, now, ...ends(this.#view, local, remote), ports, irs, iss);
	}
}
