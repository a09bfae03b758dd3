// passt behind a stream wire, in a namespace.

import { join } from "node:path";
import type { Namespace } from "./namespace.mjs";
import { pause } from "./setup.ts";

/** Starts passt, and answers the path of its socket. Throws Error with what it said when it ends at once. */
export async function startPasst(namespace: Namespace, folder: string, options: string[]): Promise<string> {
	// With the loopback's 65,536 the kernel would hand passt our window of 5,840 bytes as a fraction of a segment, once in 200 ms.
	await namespace.ip("link", "set", "lo", "mtu", "1500");
	// passt asks for an interface that leads outside. This one leads nowhere, by either family.
	await namespace.tap("outside", "10.77.0.1/24");
	await namespace.ip("route", "add", "default", "via", "10.77.0.254", "dev", "outside");
	for (const device of ["lo", "outside"]) await namespace.sysctl(`net.ipv6.conf.${device}.disable_ipv6=0`);
	for (const address of ["2001:db8:99::1/64", "fe80::1/64"])
		await namespace.ip("address", "add", address, "dev", "outside", "nodad");
	await namespace.ip("route", "add", "default", "via", "2001:db8:99::254", "dev", "outside");
	const socket = join(folder, "passt.socket");
	// As root it becomes "nobody", who may not write here; this namespace is all that it sees.
	const passt = namespace.spawn("passt", ["-f", "-s", socket, "--runas", "0", ...options], { stdio: ["ignore", "pipe", "pipe"] });
	let said = "";
	passt.stderr!.on("data", (part: Buffer) => (said += part.toString()));
	for (let i = 0; i < 50 && !said.includes("socket"); i++) await pause(100);
	if (passt.exitCode !== null) throw new Error(`passt: ${said}`);
	return socket;
}
