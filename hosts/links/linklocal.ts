// Not a link, but also there only where the board file wants it: an Ethernet interface has an address of 169.254.0.0/16 while nobody gives it another, and says so.

import type { Stack } from "multihome";
import { LinkLocal } from "multihome/linklocal";
import type { Say } from "./link.ts";

export type StartLinkLocal = (stack: Stack, name: string, say: Say) => LinkLocal;

const linklocal: StartLinkLocal = (stack, name, say) =>
	new LinkLocal(stack, name, {
		onChanged() {
			say(`${name} ${this.address === null ? "no address" : `${this.address}/16`} (link-local)`);
		},
	});
export default linklocal;
