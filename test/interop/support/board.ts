// A simulated board in a namespace: started and ended as a user would, with every interface recorded, and asked by /status.

import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BoardFile, BoardInterface, Driver } from "../../../hosts/desktop/config.ts";
import type { InterfaceStatus, Status } from "../../../src/status/status.ts";
import { stop } from "./namespace.mjs";
import type { Namespace } from "./namespace.mjs";

const simulate = fileURLToPath(new URL("../../../build/simulate.mjs", import.meta.url));
/** Building the host takes the longest, and only the first time. */
const START_MS = 180_000;

export interface BoardStatus extends Status {
	uptimeMs: number;
	heap: { slotsUsed: number; slotsAllocated: number; chunkBytesAllocated: number; collections: number };
}

export interface BoardOptions {
	/** The program; the default one without it. */
	app?: string;
	seed?: number;
	/** Whether every interface is recorded: yes unless told. */
	capture?: boolean;
	/** What is run instead of build/simulate.mjs, with the same command line. */
	launcher?: string;
}

/** INTEROP_DRIVERS=chips: a W5500 and an ENC28J60 behind the TAPs, drivers in C over their models, instead of whole frames. */
export const DRIVERS: readonly Driver[] =
	process.env["INTEROP_DRIVERS"] === "chips" ? ["w5500", "enc28j60"] : ["frames", "frames"];

/** INTEROP_BRIEF=1, as `npm test` has it without --all: fewer bytes where a line is bad or slow. */
export const BRIEF = process.env["INTEROP_BRIEF"] === "1";

/** The board of most tests: two interfaces on two TAPs, tap0 with 192.168.77.1 and tap1 with 192.168.78.1 at the kernel's end. */
export function twoTaps(more: Partial<BoardInterface> = {}): BoardFile {
	return {
		limits: { sockets: { tcp: 24, udp: 6, receiveBuffer: 5840, sendBuffer: 5840 }, packets: 32, heap: 4_194_304 },
		interfaces: [
			{
				name: "eth0",
				driver: DRIVERS[0]!,
				wire: "tap:tap0",
				addresses: ["192.168.77.2/24"],
				gateway: "192.168.77.1",
				metric: 10,
				...more,
			},
			{
				name: "eth1",
				driver: DRIVERS[1]!,
				wire: "tap:tap1",
				addresses: ["192.168.78.2/24"],
				gateway: "192.168.78.1",
				metric: 20,
				...more,
			},
		],
	};
}

export class Board {
	readonly #namespace: Namespace;
	readonly #child: ChildProcess;
	/** Where the captures are: BOARD-INTERFACE.pcapng. */
	readonly folder: string;
	/** Everything that it printed. */
	output = "";

	private constructor(namespace: Namespace, child: ChildProcess, folder: string) {
		this.#namespace = namespace;
		this.#child = child;
		this.folder = folder;
	}

	/** Starts a board in the namespace and waits until its program runs. Throws Error with what it said instead. */
	static async start(
		namespace: Namespace,
		file: BoardFile,
		{ app, seed, capture = true, launcher = simulate }: BoardOptions = {},
	): Promise<Board> {
		const folder = mkdtempSync(join(tmpdir(), "multihome-interop-"));
		const path = join(folder, "board.json");
		writeFileSync(path, JSON.stringify(file));
		const args = [launcher, "--board", path];
		if (capture) args.push("--pcap", folder);
		if (app !== undefined) args.push("--app", app);
		if (seed !== undefined) args.push("--seed", String(seed));
		const child = namespace.spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
		const board = new Board(namespace, child, folder);
		try {
			await board.#ready(file.interfaces[0]!.name);
		} catch (error) {
			await board.stop();
			rmSync(folder, { recursive: true, force: true });
			throw error;
		}
		return board;
	}

	#ready(firstInterface: string): Promise<void> {
		return new Promise((resolve, reject) => {
			const timer = setTimeout(() => reject(new Error(`no board after ${START_MS / 1000} s: ${this.output}`)), START_MS);
			const heard = (part: Buffer) => {
				this.output += part.toString();
				if (!new RegExp(`^${firstInterface} `, "m").test(this.output)) return;
				clearTimeout(timer);
				resolve();
			};
			this.#child.stdout!.on("data", heard);
			this.#child.stderr!.on("data", heard);
			this.#child.once("exit", (status) => {
				clearTimeout(timer);
				reject(new Error(`the board ended with status ${status}: ${this.output}`));
			});
		});
	}

	/** Whether its process is still there. */
	get alive(): boolean {
		return this.#child.exitCode === null && this.#child.signalCode === null;
	}

	/** /status, asked from the board's namespace; again where addresses or routes changed while it was told. */
	async status(address = "192.168.77.2"): Promise<BoardStatus> {
		for (let i = 0; i < 20; i++) {
			const status = await this.#status(address);
			if (status.version === status.versionAfter) return status;
		}
		throw new Error(`addresses and routes of ${address} change all the time`);
	}

	async #status(address: string): Promise<BoardStatus> {
		const { status, stdout, stderr } = await this.#namespace.exec("curl", [
			"-sS",
			"--max-time",
			"30",
			`http://${address}/status`,
		]);
		if (status !== 0) throw new Error(`/status of ${address}: ${stderr.trim()}; the board said: ${this.output}`);
		return JSON.parse(stdout) as BoardStatus;
	}

	/** Ends it in good order, which completes the captures. Answers its exit status. */
	async stop(): Promise<number | null> {
		await stop(this.#child, "SIGTERM", 10_000);
		return this.#child.exitCode;
	}

	/** Takes the captures away. */
	discard(): void {
		rmSync(this.folder, { recursive: true, force: true });
	}
}

/** The named interface of a status. Throws when there is none. */
export function interfaceOf(status: Status, name: string): InterfaceStatus {
	const found = status.interfaces.find((each) => each.name === name);
	if (found === undefined) throw new Error(`no interface ${name} in the status`);
	return found;
}

/** Drops of an interface by reason since an earlier status, those without change left out. */
export function dropsSince(before: Status, after: Status, name: string): Record<string, number> {
	const earlier = interfaceOf(before, name).drops;
	const drops: Record<string, number> = {};
	for (const [reason, count] of Object.entries(interfaceOf(after, name).drops)) {
		const more = count - (earlier[reason] ?? 0);
		if (more !== 0) drops[reason] = more;
	}
	return drops;
}

/** Like "tcpUnacceptable 3, notForUs 1", or "no drops". */
export function inWords(drops: Record<string, number>): string {
	const words = Object.entries(drops).map(([reason, count]) => `${reason} ${count}`);
	return words.length === 0 ? "no drops" : words.join(", ");
}
