// What a board file says of bridges, checked.

import type { BoardFile, BoardInterface } from "./config.ts";

/** The bridge's options, as boot.ts takes them, with its ports by name; undefined where the interface is none. */
export function bridgeOf({
	link,
	ports,
	ageMs,
	storm,
}: BoardInterface): { ports: string[]; ageMs?: number; storm?: number } | undefined {
	if (link !== "bridge") return undefined;
	return { ports: ports!, ...(ageMs !== undefined && { ageMs }), ...(storm !== undefined && { storm }) };
}

/** The bridge that has the interface as its port, or undefined. */
export function bridgeWith({ name }: BoardInterface, { interfaces }: BoardFile): BoardInterface | undefined {
	return interfaces.find(({ link, ports }) => link === "bridge" && ports?.includes(name) === true);
}

/** What a port has not, as the bridge has it. */
const BRIDGES = ["addresses", "gateway", "dhcp", "linkLocal", "probe", "dhcpServer", "advertise", "uplink", "dns"] as const;

/** What is wrong with the interface as a bridge, or as a port of one, with its value; undefined when nothing is. */
export function bridgeProblem(interface_: BoardInterface, file: BoardFile): string | undefined {
	const { link, ports } = interface_;
	const bridge = bridgeWith(interface_, file);
	if (bridge !== undefined) {
		const own = BRIDGES.find((key) => interface_[key] !== undefined);
		if (own !== undefined) return `${own}: is not for a port of a bridge; say it of ${bridge.name}`;
	}
	if (link !== "bridge") return undefined;
	const { interfaces } = file;
	const possible = interfaces.filter((each) => (each.link ?? "ethernet") === "ethernet").map(({ name }) => name);
	const expected = possible.length > 0 ? `expected ${possible.join(", ")}` : "give the board an Ethernet interface";
	if (ports === undefined) return `ports: missing; ${expected}`;
	const own = interfaces.indexOf(interface_);
	for (const [i, port] of ports.entries()) {
		const place = `ports[${i}] "${port}"`;
		if (!possible.includes(port)) return `${place}: is no Ethernet interface of the board; ${expected}`;
		if (interfaces.findIndex(({ name }) => name === port) > own)
			return `${place}: comes later in the list; put it before its bridge`;
		const other = bridgeWith(
			interfaces.find(({ name }) => name === port)!,
			file,
		);
		if (other !== interface_) return `${place}: is a port of ${other!.name} already; take another`;
		if (interfaces.some((each) => each.link === "vlan" && each.parent === port))
			return `${place}: has VLANs; give them to ${interface_.name}`;
	}
	return undefined;
}
