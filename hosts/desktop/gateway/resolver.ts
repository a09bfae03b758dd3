// Where this machine asks for names: what port 53 of the gateway's address leads to.

import { readFileSync } from "node:fs";
import { isIP } from "node:net";

export interface Resolver {
	address: string;
	port: number;
}

/** The first name server of resolv.conf, resolv.conf(5); that of this machine itself where the file names none. */
export function systemResolver(path = "/etc/resolv.conf"): Resolver {
	let text = "";
	try {
		text = readFileSync(path, "utf8");
	} catch {
		// resolv.conf(5): without the file, the name server on the local machine.
	}
	for (const [, address] of text.matchAll(/^[ \t]*nameserver[ \t]+(\S+)/gm))
		if (isIP(address!.replace(/%.*/, "")) !== 0) return { address: address!, port: 53 };
	return { address: "127.0.0.1", port: 53 };
}
