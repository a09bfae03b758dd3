// The addresses of a socket's last peers, as numbers for the stack and as text for the application.

import { formatIpv4 } from "../address4.ts";

/** How many peers are remembered. */
const ENTRIES = 4;

/** A steady exchange with up to ENTRIES peers neither prints nor parses an address: looking up what is there allocates nothing. */
export class AddressCache {
	readonly #numbers: number[] = [];
	readonly #texts: string[] = [];
	#last = 0;

	/** The literal of `address`. */
	print(address: number): string {
		const numbers = this.#numbers;
		if (numbers[this.#last] === address) return this.#texts[this.#last]!;
		for (let i = 0; i < numbers.length; i++) {
			if (numbers[i] === address) {
				this.#last = i;
				return this.#texts[i]!;
			}
		}
		const text = formatIpv4(address);
		this.add(address, text);
		return text;
	}

	/** The int32 of a literal that is there, or undefined. */
	known(text: string): number | undefined {
		const texts = this.#texts;
		if (texts[this.#last] === text) return this.#numbers[this.#last];
		for (let i = 0; i < texts.length; i++) {
			if (texts[i] === text) {
				this.#last = i;
				return this.#numbers[i];
			}
		}
		return undefined;
	}

	/** Answers `address`. Takes the place after the one used last: the peer of the current exchange is never the one that has to go. */
	add(address: number, text: string): number {
		const numbers = this.#numbers;
		const at = numbers.length < ENTRIES ? numbers.length : (this.#last + 1) % ENTRIES;
		numbers[at] = address;
		this.#texts[at] = text;
		this.#last = at;
		return address;
	}
}
