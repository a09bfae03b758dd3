// `npm run simulate` as a process that goes on, and free ports for it.

import { spawn, type ChildProcess } from "node:child_process";
import { createServer, type AddressInfo } from "node:net";

const children = new Set<ChildProcess>();

/** Ends those that still run. */
export function endSimulations(): void {
	for (const child of children) child.kill("SIGKILL");
}

/** A run that goes on. `until` waits for its output. */
export class Simulation {
	text = "";
	readonly child: ChildProcess;
	readonly ended: Promise<number | null>;
	readonly #patienceMs: number;

	/** `env`: beside this process's own; `patienceMs`: how long its output is waited for. */
	constructor(args: string[], { env = {}, patienceMs = 60_000 }: { env?: Record<string, string>; patienceMs?: number } = {}) {
		this.#patienceMs = patienceMs;
		this.child = spawn(process.execPath, ["build/simulate.mjs", ...args], {
			stdio: ["ignore", "pipe", "pipe"],
			env: { ...process.env, ...env },
		});
		children.add(this.child);
		for (const stream of [this.child.stdout!, this.child.stderr!])
			stream.on("data", (chunk: Buffer) => (this.text += chunk.toString()));
		this.ended = new Promise((done) =>
			this.child.on("close", (status) => {
				children.delete(this.child);
				done(status);
			}),
		);
	}

	async until(pattern: RegExp): Promise<void> {
		const end = Date.now() + this.#patienceMs;
		while (!pattern.test(this.text)) {
			if (Date.now() > end || this.child.exitCode !== null) throw new Error(`no ${pattern} in:\n${this.text}`);
			await new Promise((done) => setTimeout(done, 10));
		}
	}

	async stop(): Promise<number | null> {
		this.child.kill("SIGINT");
		return this.ended;
	}
}

export async function freePorts(count: number): Promise<number[]> {
	const servers = await Promise.all(
		Array.from({ length: count }, async () => {
			const server = createServer();
			await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
			return server;
		}),
	);
	const ports = servers.map((server) => (server.address() as AddressInfo).port);
	await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
	return ports;
}
