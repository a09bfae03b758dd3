// Not a link, but also there only where the board file wants it: the board answers for its name and its services by multicast DNS, and says what it is called.

import type { Stack } from "multihome";
import { Responder, type ResponderOptions } from "multihome/responder";
import type { Say } from "./link.ts";

/** `mdns` of a board file. */
export type MdnsFile = Omit<ResponderOptions, "onChanged">;

export type StartMdns = (stack: Stack, file: MdnsFile, say: Say) => Responder;

const mdns: StartMdns = (stack, file, say) => {
	let said = "";
	return new Responder(stack, {
		...file,
		onChanged() {
			const { hostname, interfaces, services } = this;
			if (interfaces.length === 0) return;
			const names = services.map(({ name, type, port }) => `${name} (${type}, port ${port})`);
			const line = [`${hostname}.local by ${interfaces.join(", ")} (mdns)`, ...names].join("; ");
			if (line === said) return;
			said = line;
			say(line);
		},
	});
};
export default mdns;
