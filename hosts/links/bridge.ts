import type { EthernetInterface } from "multihome";
import { BridgeInterface, type BridgeOptions } from "multihome/bridge";
import type { MakeLink } from "./link.ts";

/** Its ports stand before it in the board file, by name; one whose driver is missing is none. */
const bridge: MakeLink = (name, _first, common, options, stack) => {
	const { ports, ...said } = options as Omit<BridgeOptions, "ports"> & { ports: string[] };
	const there = ports.map((port) => stack.interfaces.find(port)).filter((link) => link !== undefined);
	return new BridgeInterface(name, { ...said, ...common, ports: there as EthernetInterface[] });
};
export default bridge;
