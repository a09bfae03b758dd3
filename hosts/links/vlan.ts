import type { EthernetInterface } from "multihome";
import { VlanInterface, type VlanOptions } from "multihome/vlan";
import type { MakeLink } from "./link.ts";

/** `parent` is the interface that carries it. */
const vlan: MakeLink = (name, parent, common, options) =>
	new VlanInterface(name, parent as EthernetInterface, { ...(options as Pick<VlanOptions, "vlan" | "priority">), ...common });
export default vlan;
