// Not a link, but also there only where the board file wants it: it is asked whether the network behind an interface answers, and says when it does not.

import type { Stack } from "multihome";
import { UplinkProbe, type UplinkProbeOptions } from "multihome/uplink";
import type { Say } from "./link.ts";

/** `interfaces[].uplink` of a board file. */
export type UplinkFile = Omit<UplinkProbeOptions, "onChanged">;

export type StartUplink = (stack: Stack, name: string, file: UplinkFile, say: Say) => void;

const uplink: StartUplink = (stack, name, file, say) => {
	new UplinkProbe(stack, name, {
		...file,
		onChanged() {
			say(`${name} ${this.reachable ? "answers again" : "leads nowhere"} (${this.state.reason})`);
		},
	});
};
export default uplink;
