// ECMA-419's draft of network interfaces: loopback.

import { currentStack } from "../../io/current.ts";
import type { LoopbackInterface } from "../../link/loopback.ts";
import type { Stack } from "../../stack.ts";
import { LinkSocket } from "./link.ts";
import type { LinkOptions } from "./types.ts";

export class LoopbackSocket extends LinkSocket<LoopbackInterface> {
	constructor(stack: Stack, options: LinkOptions = {}) {
		super(stack, options, "loopback");
	}
}

/**
 * A loopback interface of the current stack.
 *
 * @example
 * ```ts
 * trace(`${new Loopback().address}\n`); // 127.0.0.1
 * ```
 */
export class Loopback extends LoopbackSocket {
	constructor(options: LinkOptions = {}) {
		super(currentStack(), options);
	}
}
