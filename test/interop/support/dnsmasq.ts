// dnsmasq in a namespace: as a DHCP server on one device, and as a name server.

import type { ChildProcess } from "node:child_process";
import type { Namespace } from "./namespace.mjs";
import { stop } from "./namespace.mjs";

export interface DnsmasqOptions {
	device: string;
	/** First and last address, "192.168.77.40,192.168.77.49". */
	range: string;
	/** Where it keeps its leases; a later one goes on from there. */
	leases: string;
	/** More of its command line. */
	more?: string[];
}

export class Dnsmasq {
	/** All that it said. */
	output = "";
	readonly #child: ChildProcess;

	constructor(namespace: Namespace, { device, range, leases, more = [] }: DnsmasqOptions) {
		const own = ["--keep-in-foreground", "--conf-file=/dev/null", "--pid-file=", "--user=root", "--log-facility=-", "--log-dhcp"];
		// No DNS, and no ping before an offer: conflicts are for the board to find. Two minutes is its shortest lease.
		const only = ["--port=0", "--no-ping", "--bind-interfaces", `--interface=${device}`, "--except-interface=lo"];
		const lease = [`--dhcp-range=${range},2m`, `--dhcp-leasefile=${leases}`, "--dhcp-authoritative"];
		this.#child = namespace.spawn("dnsmasq", [...own, ...only, ...lease, ...more], { stdio: ["ignore", "pipe", "pipe"] });
		for (const stream of [this.#child.stdout!, this.#child.stderr!])
			stream.on("data", (part: Buffer) => (this.output += part.toString()));
	}

	/** Lines about messages of that kind: "DHCPDECLINE(tap1) 192.168.78.50 …". */
	messages(kind: string): string[] {
		return [...this.output.matchAll(new RegExp(`DHCP${kind}\\(.*`, "g"))].map(([line]) => line);
	}

	async stop(): Promise<void> {
		await stop(this.#child);
	}
}

/** A dnsmasq that answers for the names that it is told of and for nothing else, once it has started: it listens where `where` says, and `more` is of its command line. */
export async function startNames(namespace: Namespace, where: string, ...more: string[]): Promise<ChildProcess> {
	const common = [
		"--keep-in-foreground",
		"--conf-file=/dev/null",
		"--no-resolv",
		"--no-hosts",
		"--bind-interfaces",
		"--user=root",
	];
	const own = [where, "--log-facility=-", "--pid-file", ...more];
	const child = namespace.spawn("dnsmasq", [...common, ...own], { stdio: ["ignore", "pipe", "pipe"] });
	await new Promise<void>((resolve, reject) => {
		let text = "";
		child.stderr!.on("data", (part: Buffer) => {
			text += part.toString();
			if (text.includes("started")) resolve();
		});
		child.once("exit", (status) => reject(new Error(`dnsmasq ended with ${status}: ${text}`)));
	});
	return child;
}
