// What a connection knows: the fields of its block, for tests that look inside.

import { TcbBlock } from "../../src/packet/tcb-block.ts";
import type { Tcb } from "../../src/transport/tcp/tcb.ts";

/** Its block: packet/tcb-block.ts. */
export function blockOf(tcb: Tcb): TcbBlock {
	return TcbBlock.of(tcb.view, tcb.block);
}
