// Not a link, but where there is Ethernet and nothing of the firmware is in multicast groups: the program that joins one all the same hears what is missing. RFC 1112 §7: who receives
// what is sent to groups must tell routers so.

import type { StartGroups } from "./groups.ts";

const nogroups: StartGroups = ({ udp }) => {
	udp.groups.onJoin = (group) => {
		throw new Error(
			`group "${group}": this firmware has no IGMP, by which routers and switches are told of it; write import "multihome/groups" in the program`,
		);
	};
};
export default nogroups;
