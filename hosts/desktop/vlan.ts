// What a board file says of VLANs, checked.

import type { BoardFile, BoardInterface } from "./config.ts";

/** The VLAN's options, as boot.ts takes them; undefined where the interface is none. */
export function vlanOf({ link, vlan, priority }: BoardInterface): Record<string, unknown> | undefined {
	return link === "vlan" ? { vlan, ...(priority !== undefined && { priority }) } : undefined;
}

/** What is wrong with the interface as a VLAN, with its value; undefined when nothing is. */
export function vlanProblem(interface_: BoardInterface, { interfaces }: BoardFile): string | undefined {
	const { link, parent, vlan } = interface_;
	if (link !== "vlan") return undefined;
	if (vlan === undefined) return "vlan: missing; expected the VID, 1 to 4094";
	const possible = interfaces.filter(({ link: of = "ethernet" }) => of === "ethernet" || of === "bridge").map(({ name }) => name);
	const expected = possible.length > 0 ? `expected ${possible.join(", ")}` : "give the board an Ethernet interface";
	if (parent === undefined) return `parent: missing; ${expected}`;
	if (!possible.includes(parent)) return `parent "${parent}": is no Ethernet interface of the board; ${expected}`;
	const own = interfaces.indexOf(interface_);
	if (interfaces.findIndex(({ name }) => name === parent) > own)
		return `parent "${parent}": comes later in the list; put it before its VLANs`;
	const other = interfaces.findIndex((each) => each.link === "vlan" && each.parent === parent && each.vlan === vlan);
	return other < own ? `vlan ${vlan}: ${parent} has it already, as ${interfaces[other]!.name}; take another` : undefined;
}
