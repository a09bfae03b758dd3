// pppd at the other end of a board's pty, over the stand-in for /dev/ppp, with an /etc/ppp of its own.

import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Namespace } from "./namespace.mjs";
import { run, stop } from "./namespace.mjs";
import { pause } from "./setup.ts";

const source = fileURLToPath(new URL("pppd-stand-in.c", import.meta.url));

/** Folder with the built stand-in, secrets for "anna" and "otto", and the link to the pty. */
export class PppdFolder {
	readonly folder = mkdtempSync(join(tmpdir(), "multihome-pppd-"));
	readonly tty = join(this.folder, "tty");
	readonly library = join(this.folder, "pppd-stand-in.so");

	static async create(): Promise<PppdFolder> {
		const made = new PppdFolder();
		const { status, stderr } = await run("gcc", ["-shared", "-fPIC", "-O2", "-o", made.library, source, "-ldl", "-lpthread"]);
		if (status !== 0) throw new Error(`gcc ${source}: ${stderr}`);
		for (const file of ["pap-secrets", "chap-secrets"])
			writeFileSync(join(made.folder, file), "anna * geheim *\notto * x *\n", { mode: 0o600 });
		writeFileSync(join(made.folder, "options"), "");
		return made;
	}

	discard(): void {
		rmSync(this.folder, { recursive: true, force: true });
	}
}

export class Pppd {
	output = "";
	/** Settled when it ends, with its exit status. */
	readonly ended: Promise<number | null>;
	readonly #child: ChildProcess;

	constructor(namespace: Namespace, { folder, tty, library }: PppdFolder, options: readonly string[]) {
		// The mount is seen here only: `ip netns exec` has made a mount namespace.
		const script = `mount --bind ${folder} /etc/ppp && LD_PRELOAD=${library} exec pppd "$@"`;
		const common = [tty, "3000000", "nodetach", "local", "nocrtscts", "noccp", "debug", "logfd", "1"];
		this.#child = namespace.spawn("sh", ["-c", script, "sh", ...common, ...options], { stdio: ["ignore", "pipe", "pipe"] });
		const heard = (part: Buffer) => (this.output += part.toString());
		this.#child.stdout!.on("data", heard);
		this.#child.stderr!.on("data", heard);
		this.ended = new Promise((resolve) => this.#child.once("exit", (status) => resolve(status)));
	}

	/** Waits until the kernel's end has its addresses, too: the last message of IPCP may be lost, and then the board is there seconds before it. */
	async addressed(seconds = 20): Promise<void> {
		for (const started = performance.now(); !this.output.includes("remote IP address"); await pause(50))
			if (performance.now() - started > seconds * 1000)
				throw new Error(`pppd has no addresses after ${seconds} s\n${this.output}`);
	}

	/** Ends it in good order: LCP terminates the link. */
	async stop(): Promise<void> {
		await stop(this.#child, "SIGTERM", 10_000);
	}
}
