// lwIP at the other end of a board's pty: built from Debian's source, which is not part of this repository, with lwip-peer.c around it.

import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { lwipFiles } from "./lwip-source.mjs";
import type { Namespace } from "./namespace.mjs";
import { run, stop } from "./namespace.mjs";

const support = fileURLToPath(new URL(".", import.meta.url));
const PARTS = ["core", "core/ipv4", "netif/ppp", "netif/ppp/polarssl"];

/** Folder with the built peer, and the link to the pty. */
export class LwipFolder {
	readonly folder = mkdtempSync(join(tmpdir(), "multihome-lwip-"));
	readonly tty = join(this.folder, "tty");
	readonly peer = join(this.folder, "lwip-peer");

	static async create(source: string): Promise<LwipFolder> {
		const made = new LwipFolder();
		const files = lwipFiles(source, PARTS);
		const include = [`-I${join(support, "lwip")}`, `-I${join(source, "include")}`];
		// vj.c of lwIP 2.1.3 writes a header as one type and sums it up as another: optimized, it finds its own IP checksums wrong without this.
		const options = ["-O2", "-fno-strict-aliasing", "-w", ...include, "-o", made.peer];
		const ours = [join(support, "lwip-peer.c"), join(source, "netif", "slipif.c")];
		const { status, stderr } = await run("gcc", [...options, ...ours, ...files]);
		if (status !== 0) throw new Error(`gcc lwip-peer.c: ${stderr}`);
		return made;
	}

	discard(): void {
		rmSync(this.folder, { recursive: true, force: true });
	}
}

/** A line of what it prints; lwip-peer.c says which there are. */
export interface LwipEvent {
	event: string;
	[key: string]: unknown;
}

export class Lwip {
	/** Everything that it printed. */
	output = "";
	/** Settled when it ends, with its exit status. */
	readonly ended: Promise<number | null>;
	readonly #child: ChildProcess;
	#over = false;
	#heard: () => void = () => {};

	/** `args` as lwip-peer.c wants them after the tty. */
	constructor(namespace: Namespace, { peer, tty }: LwipFolder, args: readonly string[]) {
		this.#child = namespace.spawn(peer, [tty, ...args], { stdio: ["ignore", "pipe", "pipe"] });
		const heard = (part: Buffer) => {
			this.output += part.toString();
			this.#heard();
		};
		this.#child.stdout!.on("data", heard);
		this.#child.stderr!.on("data", heard);
		this.ended = new Promise((resolve) =>
			this.#child.once("close", (status) => {
				this.#over = true;
				this.#heard();
				resolve(status);
			}),
		);
	}

	/** The event, as soon as it is there. Throws Error with all that was printed when it does not come. */
	async event(name: string, seconds = 60): Promise<LwipEvent> {
		const until = performance.now() + seconds * 1000;
		for (;;) {
			const line = this.output
				.split("\n")
				.find((each) => each.startsWith(`{"event":"${name}",`) || each === `{"event":"${name}"}`);
			if (line !== undefined) return JSON.parse(line) as LwipEvent;
			const left = until - performance.now();
			if (this.#over || left <= 0) throw new Error(`no "${name}" from lwIP: ${this.output}`);
			await new Promise<void>((resolve) => {
				const timer = setTimeout(resolve, left);
				this.#heard = () => {
					clearTimeout(timer);
					resolve();
				};
			});
		}
	}

	/** Ends it in good order: LCP terminates the link. Answers its exit status. */
	async stop(): Promise<number | null> {
		await stop(this.#child, "SIGTERM", 10_000);
		return this.ended;
	}
}
