// The initial sequence numbers of a stack whose randomness the test gives.

import { CORE, CoreBlock } from "../../../../src/packet/core-block.ts";
import { Stack } from "../../../../src/stack.ts";
import { cookie, nextIsn, recognize } from "../../../../src/transport/tcp/isn.ts";

export class Isn {
	readonly #view: DataView;

	constructor(random32: () => number) {
		this.#view = new Stack({ sockets: { tcp: 1 }, random32 }).core.view;
	}

	next(now: number, local: number, remote: number, ports: number): number {
		CoreBlock.of(this.#view, CORE).now = now;
		return nextIsn(this.#view, local, remote, ports);
	}

	cookie(now: number, local: number, remote: number, ports: number, irs: number, mss: number): number {
		return cookie(this.#view, now, local, remote, ports, irs, mss);
	}

	recognize(now: number, local: number, remote: number, ports: number, irs: number, iss: number): number {
		return recognize(this.#view, now, local, remote, ports, irs, iss);
	}
}
