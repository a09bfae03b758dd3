// Kea as a DHCPv6 server on one device of a namespace. Where AppArmor enforces Debian's profile of it, it may not read its configuration here, and says so.

import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Namespace } from "./namespace.mjs";
import { stop } from "./namespace.mjs";

export class Kea {
	/** All that it said. */
	output = "";
	readonly #child: ChildProcess;
	readonly #folder = mkdtempSync(join(tmpdir(), "multihome-kea-"));

	/** `subnet` as Kea's configuration has one, and `more` of that of the server. */
	constructor(namespace: Namespace, device: string, subnet: object, more: object = {}) {
		const config = {
			Dhcp6: {
				"interfaces-config": { interfaces: [device] },
				"lease-database": { type: "memfile", persist: false },
				"server-id": { type: "LL", persist: false },
				loggers: [{ name: "kea-dhcp6", severity: "INFO", output_options: [{ output: "stdout" }] }],
				subnet6: [{ id: 1, interface: device, ...subnet }],
				...more,
			},
		};
		const file = join(this.#folder, "kea.json");
		writeFileSync(file, JSON.stringify(config));
		const env = { ...process.env, KEA_PIDFILE_DIR: this.#folder, KEA_LOCKFILE_DIR: this.#folder };
		this.#child = namespace.spawn("kea-dhcp6", ["-c", file], { stdio: ["ignore", "pipe", "pipe"], env });
		for (const stream of [this.#child.stdout!, this.#child.stderr!])
			stream.on("data", (part: Buffer) => (this.output += part.toString()));
	}

	async stop(): Promise<void> {
		await stop(this.#child);
		rmSync(this.#folder, { recursive: true, force: true });
	}
}
