// Not a link, but where there is Ethernet: routers and switches know of the multicast groups that the board is in.

import type { Stack } from "multihome";
import { GroupReports } from "multihome/groups";

export type StartGroups = (stack: Stack) => void;

const groups: StartGroups = (stack) => {
	new GroupReports(stack);
};
export default groups;
