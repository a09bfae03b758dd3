// ECMA-419's draft of network interfaces: SLIP.

import { currentStack } from "../../io/current.ts";
import type { SlipInterface } from "../../link/slip.ts";
import type { Stack } from "../../stack.ts";
import { ConfigurableSocket } from "./link.ts";
import type { LinkOptions } from "./types.ts";

export class SLIPSocket extends ConfigurableSocket<SlipInterface> {
	constructor(stack: Stack, options: LinkOptions = {}) {
		super(stack, options, "slip");
	}
}

/**
 * A SLIP interface of the current stack.
 *
 * @example
 * ```ts
 * new SLIP({ port: "sl0" }).configure({ static: { address: "10.0.0.1", prefix: 30 } });
 * ```
 */
export class SLIP extends SLIPSocket {
	constructor(options: LinkOptions = {}) {
		super(currentStack(), options);
	}
}
