// Whether a packet to another one of our addresses than those of the interface that it came in by is taken: the weak host of RFC 1122 §3.3.4.2. Flat TypeScript.

import { CORE, CoreBlock, RULE_STRONG_HOST } from "../packet/core-block.ts";
import { DROP, refused } from "../packet/drops.ts";
import { DESTINATION_ADDRESS, isIpv6, OURS, REGISTER } from "../packet/fields.ts";
import type { InterfaceBlock } from "../packet/interface-block.ts";
import { isLinkLocal, isLoopback } from "../wire/scope.ts";

/** The destination in the registers is another interface's of ours, or one that is `offered` to `link`. Answers whether the packet is taken: REGISTER.whose says so then. */
export function weakHost(view: DataView, link: InterfaceBlock, offered: boolean): boolean {
	if (!offered) {
		// Of one link alone: another link's is not meant. RFC 4007 §9.
		if (isIpv6(view) && isLinkLocal(view, DESTINATION_ADDRESS)) return refused(view, link, DROP.ipNotLocal);
		// As inputHook of hooks.ts has it for addresses of the interface itself.
		if (view.getInt32(REGISTER.frameGroup, true) !== 0) return refused(view, link, DROP.ipLinkBroadcast);
	}
	if (isLoopback(view, DESTINATION_ADDRESS) || ((CoreBlock.of(view, CORE).rules & RULE_STRONG_HOST) !== 0 && !offered))
		return refused(view, link, DROP.ipStrongHost);
	view.setInt32(REGISTER.whose, OURS, true);
	return true;
}
