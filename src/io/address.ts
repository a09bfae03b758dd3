// The addresses of a socket's last peers and of ours that they wrote to, as the stack has them in memory and as text for the application.

import { addressText } from "../address.ts";

/** How many addresses are remembered. */
const ENTRIES = 5;

/** A steady exchange with up to ENTRIES - 1 peers by one address of ours neither prints nor parses an address: looking up what is there allocates nothing. */
export class AddressCache {
	/** Four words of each. */
	readonly #words = new Int32Array(4 * ENTRIES);
	readonly #texts: string[] = [];
	#last = 0;

	/** The text of the address at `at`. */
	print(view: DataView, at: number): string {
		const words = this.#words;
		const texts = this.#texts;
		let i = this.#last;
		for (let left = texts.length; left > 0; left--) {
			const word = i << 2;
			if (
				words[word + 3] === view.getInt32(at + 12, true) &&
				words[word + 2] === view.getInt32(at + 8, true) &&
				words[word + 1] === view.getInt32(at + 4, true) &&
				words[word] === view.getInt32(at, true)
			) {
				this.#last = i;
				return texts[i]!;
			}
			i = i + 1 < texts.length ? i + 1 : 0;
		}
		const text = addressText(view, at);
		this.add(view, at, text);
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
				for (let word = 0; word < 4; word++) view.setInt32(at + 4 * word, words[(i << 2) + word]!, true);
				return true;
			}
			i = i + 1 < texts.length ? i + 1 : 0;
		}
		return false;
	}

	/** Remembers the address at `at`. Takes the place after the one used last: the peer of the current exchange is never the one that has to go. */
	add(view: DataView, at: number, text: string): void {
		const texts = this.#texts;
		const i = texts.length < ENTRIES ? texts.length : (this.#last + 1) % ENTRIES;
		texts[i] = text;
		for (let word = 0; word < 4; word++) this.#words[(i << 2) + word] = view.getInt32(at + 4 * word, true);
		this.#last = i;
	}
}
