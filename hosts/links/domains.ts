// Not a link, but also there only where the board file wants it: names below the domains of interfaces are asked of their servers.

import type { Stack } from "multihome";
import { Domains } from "multihome/domains";

/** `domains` of the interfaces of a board file. */
export type StartDomains = (stack: Stack, interfaces: readonly { name: string; domains?: true | string[] | undefined }[]) => void;

const domains: StartDomains = (stack, interfaces) => {
	const options: Record<string, true | string[]> = {};
	for (const { name, domains: its } of interfaces)
		if (its !== undefined && stack.interfaces.find(name) !== undefined) options[name] = its;
	if (Object.keys(options).length > 0) new Domains(stack, options);
};
export default domains;
