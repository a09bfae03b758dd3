// The addresses of a socket's last peers and of ours that they wrote to, as the stack has them in memory and as text for the application.

import { addressText } from "../address.ts";
import type { Interface } from "../link/interface.ts";
import { isV4 } from "../packet/address.ts";
import { hasIpv6 } from "../packet/kernels/parts.ts";
import { isLinkLocal } from "../wire/scope.ts";
import { zoned } from "./zones.ts";

/** How many addresses are remembered. */
const ENTRIES = 5;

/** A steady exchange with up to ENTRIES - 1 peers by one address of ours neither prints nor parses an address: looking up what is there allocates nothing. */
export class AddressCache {
	/** Four words of each, and the id of the interface that its text names as a zone, 0 for none. */
	readonly #words = new Int32Array(5 * ENTRIES);
	readonly #texts: string[] = [];
	#last = 0;

	/** The text of the address at `at`, which is behind that interface. */
	print(view: DataView, at: number, link?: Interface): string {
		const words = this.#words;
		const texts = this.#texts;
		const zone = hasIpv6() && link !== undefined && !isV4(view, at) && isLinkLocal(view, at) ? link.id : 0;
		let i = this.#last;
		for (let left = texts.length; left > 0; left--) {
			const word = 5 * i;
			if (
				words[word + 3] === view.getInt32(at + 12, true) &&
				words[word + 2] === view.getInt32(at + 8, true) &&
				words[word + 1] === view.getInt32(at + 4, true) &&
				words[word] === view.getInt32(at, true) &&
				words[word + 4] === zone
			) {
				this.#last = i;
				return texts[i]!;
			}
			i = i + 1 < texts.length ? i + 1 : 0;
		}
		const text = zoned(addressText(view, at), link);
		this.add(view, at, text, zone);
		return text;
	}

	/** Puts the address whose text it is to `at`. Answers false when it is not there. */
	put(view: DataView, at: number, text: string): boolean {
		const words = this.#words;
		const texts = this.#texts;
		let i = this.#last;
		for (let left = texts.length; left > 0; left--) {
			if (texts[i] === text) {
				this.#last = i;
				for (let word = 0; word < 4; word++) view.setInt32(at + 4 * word, words[5 * i + word]!, true);
				return true;
			}
			i = i + 1 < texts.length ? i + 1 : 0;
		}
		return false;
	}

	/** Id of the interface that the text names which was printed, put or added last, 0 for none. */
	get zone(): number {
		return this.#words[5 * this.#last + 4]!;
	}

	/** Remembers the address at `at`. Takes the place after the one used last: the peer of the current exchange is never the one that has to go. */
	add(view: DataView, at: number, text: string, zone = 0): void {
		const texts = this.#texts;
		const i = texts.length < ENTRIES ? texts.length : (this.#last + 1) % ENTRIES;
		texts[i] = text;
		for (let word = 0; word < 4; word++) this.#words[5 * i + word] = view.getInt32(at + 4 * word, true);
		this.#words[5 * i + 4] = zone;
		this.#last = i;
	}
}
