// POST /sink: counts what comes, and sums it up as RFC 1071 says.

import { checksum } from "#codec";
import type { BodySink, Exchange } from "../http.ts";

export class Sink implements BodySink {
	#count = 0;
	#sum = 0;
	#bytes: Uint8Array | undefined = undefined;
	#view: DataView | undefined = undefined;

	data(bytes: Uint8Array, at: number, end: number): void {
		// The same buffer each time, but for what came along with the head of a pipelined request.
		if (bytes !== this.#bytes) {
			this.#bytes = bytes;
			this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
		}
		let sum = checksum(this.#view!, at, end, 0);
		// RFC 1071 §2 (B): a sum that begins at an odd byte is the sum with its bytes swapped.
		if (this.#count & 1) sum = ((sum & 0xff) << 8) | (sum >> 8);
		sum += this.#sum;
		this.#sum = (sum & 0xffff) + (sum >> 16);
		this.#count += end - at;
	}

	end(exchange: Exchange): void {
		exchange.text(200, "application/json", `{"count":${this.#count},"checksum":${~this.#sum & 0xffff}}\n`);
	}
}
