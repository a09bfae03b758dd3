// Not a link, but also there only where the board file wants it: an Ethernet interface has an address of 169.254.0.0/16 while nobody gives it another, or a fixed one unless another station has it, and says so.

import type { Stack } from "multihome";
import { FixedAddress, LinkLocal } from "multihome/linklocal";
import type { Say } from "./link.ts";

/** `fixed`: "192.168.77.2/24", which is probed for; without it a link-local one. */
export type StartLinkLocal = (stack: Stack, name: string, say: Say, fixed?: string) => void;

const linklocal: StartLinkLocal = (stack, name, say, fixed) => {
	function onChanged(this: FixedAddress | LinkLocal): void {
		const { address } = this;
		if (fixed === undefined) say(`${name} ${address === null ? "no address" : `${address}/16`} (link-local)`);
		else if (address !== null) say(`${name} ${fixed} (nobody else has it)`);
		else
			say(`${name} ${this.state.state === "idle" ? "no address" : `${fixed} is another's; it is asked for again in a minute`}`);
	}
	if (fixed === undefined) new LinkLocal(stack, name, { onChanged });
	else new FixedAddress(stack, name, fixed, { onChanged });
};
export default linklocal;
