// Boards whose programs use modules of a Moddable SDK, and what these talk to: names, a web server and other peers in the board's namespace.

import type { ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe } from "vitest";
import { Board, twoTaps } from "./board.ts";
import type { Namespace } from "./namespace.mjs";
import { describeWith, endOf, namespaceWithTaps, pause, report } from "./setup.ts";

const sdk = fileURLToPath(new URL("../../sdk/", import.meta.url));
const require = createRequire(import.meta.url);
/** The kernel's end of tap0, and the board's. */
export const PEER = "192.168.77.1";
export const BOARD = "192.168.77.2";
/** The name server that the SDK's configurations ask. */
const NAME_SERVER = "1.1.1.1";

/** Packages from npm that the SDK's tests need besides. */
function missingModules(): string {
	const wanted = ["ws", "@noble/hashes/sha2.js", "@noble/ciphers/aes.js"];
	const lacking = wanted.filter((name) => {
		try {
			require.resolve(name);
			return false;
		} catch {
			return true;
		}
	});
	return lacking.join(", ");
}

/** `describe`, skipped with one line when there is no SDK, or something else is missing. */
export function describeWithSdk(tools: string[], name: string, body: () => void): void {
	const path = process.env["MODDABLE"];
	const lacking =
		path === undefined || !existsSync(join(path, "examples/io/tcp/httpclient/httpclient.js"))
			? `a Moddable SDK in MODDABLE${path === undefined ? "" : `, which is ${path}`}`
			: missingModules();
	if (lacking === "") return describeWith(["dnsmasq", ...tools], name, body);
	report(`${name}: skipped, missing ${lacking}`);
	describe.skip(name, body);
}

/** Waits until `test` answers something; throws Error with `what` after so many seconds. */
export async function until<T>(test: () => T | undefined | null | false, what: () => string, seconds = 30): Promise<T> {
	for (const end = performance.now() + seconds * 1000; performance.now() < end; await pause(20)) {
		const found = test();
		if (found !== undefined && found !== null && found !== false) return found;
	}
	throw new Error(what());
}

export class Neighbourhood {
	readonly namespace: Namespace;
	/** For the peers' files. */
	readonly folder = mkdtempSync(join(tmpdir(), "multihome-sdk-"));
	#board: Board | undefined;

	private constructor(namespace: Namespace) {
		this.namespace = namespace;
	}

	/** A namespace with TAPs where names end in .test, or are pool.ntp.org, and mean the peer's address; nowhere.test means nothing. */
	static async create(): Promise<Neighbourhood> {
		const made = new Neighbourhood(await namespaceWithTaps());
		try {
			await made.namespace.ip("address", "add", `${NAME_SERVER}/32`, "dev", "lo");
			const names = [`--address=/nowhere.test/`, `--address=/test/${PEER}`, `--address=/pool.ntp.org/${PEER}`];
			const where = [`--listen-address=${NAME_SERVER}`, "--bind-interfaces", "--no-resolv", "--no-hosts"];
			made.start("dnsmasq", ["--keep-in-foreground", "--user=root", "--pid-file", ...where, ...names]);
		} catch (error) {
			await made.close();
			throw error;
		}
		return made;
	}

	/** Starts a peer; answers it with what it says on standard output and standard error. */
	start(command: string, args: string[]): { child: ChildProcess; said: () => string } {
		const child = this.namespace.spawn(command, args, { stdio: ["pipe", "pipe", "pipe"] });
		let text = "";
		for (const stream of [child.stdout!, child.stderr!]) stream.on("data", (part: Buffer) => (text += part.toString()));
		return { child, said: () => text };
	}

	/** Starts the HTTP and WebSocket server, which serves this folder's files too. */
	async web(): Promise<void> {
		const { said } = this.start(process.execPath, [join(sdk, "peers/web.mjs"), PEER, this.folder]);
		await until(() => said().includes("ready\n"), said);
	}

	/** Starts a board with a program of test/sdk/programs. */
	async run(program: string): Promise<Board> {
		const launcher = join(sdk, "modules/simulate.mjs");
		this.#board = await Board.start(this.namespace, twoTaps(), { app: join(sdk, "programs", program), launcher });
		return this.#board;
	}

	/** The board's line that matches, as soon as it is there. */
	heard(pattern: RegExp, seconds = 30): Promise<RegExpExecArray> {
		return until(
			() => pattern.exec(this.#board!.output),
			() => `no ${pattern} from the board, but ${this.#board!.output}`,
			seconds,
		);
	}

	/** What the board has printed. */
	lines(): string[] {
		return this.#board!.output.split("\n");
	}

	/** Ends the board; answers what is wrong, "" when nothing is. */
	end(): Promise<string> {
		return endOf(this.#board!);
	}

	async close(): Promise<void> {
		await this.#board?.stop();
		await this.namespace.close();
		this.#board?.discard();
		rmSync(this.folder, { recursive: true, force: true });
	}
}
