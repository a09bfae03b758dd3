// The command line of the desktop host: checks what it is given, makes the wires, starts a process per board, and ends them.

import { spawn } from "node:child_process";
import { createWriteStream, mkdtempSync, rmSync } from "node:fs";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { InputError, checkTogether, readBoard } from "./board.ts";
import type { Board } from "./board.ts";
import { BoardProcess } from "./board-process.ts";
import { STATUS_FAILED } from "./config.ts";
import { ControlServer } from "../lab/server/control.ts";
import { PacketStore } from "../lab/server/packet-store.ts";
import type { BoardAction } from "./config.ts";
import { LiveCapture } from "./live-capture.ts";
import { HELP, readOptions } from "./options.ts";
import type { Options } from "./options.ts";
import { PacketLines } from "../lab/packet-lines.ts";
import { SourceLines } from "./source-lines.ts";
import { Taps } from "./taps.ts";
import type { PacketWatcher } from "./taps.ts";
import { whereReached } from "./where-reached.ts";
import { portRemedy, Wires } from "./wires.ts";

export { Stack } from "../../src/stack.ts";
export { driverOf, emacOf, pinsOf, readBoard, routesOf, uartOf } from "./board.ts";
export { routerOf } from "./router.ts";
export { tunnelOf } from "./tunnel.ts";
export { bridgeOf } from "./bridge.ts";
export { vlanOf } from "./vlan.ts";

const BAD_INPUT = 2;

/** What build/simulate.mjs brings. */
export interface Tools {
	/** Folder of the project. */
	root: string;
	/** Builds the XS host and tells where it is. */
	buildHost: (options: { bits: 32 | 64 }) => Promise<string>;
	/** Makes one module of the program in `folder` and tells where it is. Throws Error with one line. */
	bundleApp: (file: string, folder: string) => Promise<string>;
	/** Modules for XS by the names that they are imported by, and what runs first. */
	modules: Record<string, string>;
	entry: string;
}

/** Runs the command line; answers the exit status. */
export async function main(args: string[], tools: Tools): Promise<number> {
	let folder: string | undefined;
	try {
		const options = readOptions(args);
		if (options.help) {
			process.stdout.write(HELP);
			return 0;
		}
		const paths =
			options.boards.length > 0
				? options.boards
				: [relative(process.cwd(), join(tools.root, "hosts/desktop/boards/default.json"))];
		const boards = paths.map((path) => readBoard(path));
		checkTogether(boards);
		folder = temporaryFolder();
		endOnSignals();
		return await run(boards, options, tools, folder);
	} catch (error) {
		process.stderr.write(`${(error as Error).message}\n`);
		return error instanceof InputError ? BAD_INPUT : STATUS_FAILED;
	} finally {
		if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
	}
}

/** Ends the boards in good order, once there are any. */
let stopRunning: (() => void) | undefined;

/** A folder for this run alone, gone with it however it ends: a shell removes it when this process is no more, even by SIGKILL. */
function temporaryFolder(): string {
	const folder = mkdtempSync(join(tmpdir(), "multihome-"));
	process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
	const script = 'trap "" HUP INT TERM; cat; rm -rf -- "$0"';
	const watcher = spawn("/bin/sh", ["-c", script, folder], { stdio: ["pipe", "ignore", "ignore"], detached: true });
	watcher.on("error", () => undefined);
	watcher.unref();
	(watcher.stdin as Socket).unref();
	return folder;
}

/**
 * Ctrl-C, SIGTERM and a terminal that is closed end the run with status 0, and so does whoever read our output and is gone (`| head`). The handlers stay: npm hands on
 * a signal that the terminal has sent already. While the host is still being built there is nothing to end but this process.
 */
function endOnSignals(): void {
	const end = (): void => {
		if (stopRunning === undefined) process.exit(0);
		stopRunning();
	};
	for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, end);
	for (const stream of [process.stdout, process.stderr]) stream.on("error", end);
}

async function run(boards: Board[], options: Options, tools: Tools, folder: string): Promise<number> {
	const file = options.app ?? join(tools.root, "hosts/examples/status.ts");
	let app;
	try {
		app = await tools.bundleApp(file, folder);
	} catch (error) {
		throw new InputError(`${options.app === undefined ? "the default program" : `--app ${file}`}: ${(error as Error).message}`);
	}
	const words = options.live === "-" ? process.stderr : process.stdout;
	const watchers = watchersOf(boards, options, words);
	const store = new PacketStore();
	if (options.control !== undefined) watchers.push(store);
	let control: ControlServer | undefined;
	const wires = new Wires(folder, options, watchers.length === 0 ? undefined : new Taps(watchers));
	try {
		const configurations = [];
		for (const [i, board] of boards.entries())
			configurations.push({ ...(await wires.connect(board, i)), settings: options.settings });
		const host = await tools.buildHost({ bits: options.bits });
		const lines = new SourceLines();
		const processes = configurations.map(
			(configuration, i) =>
				new BoardProcess({
					host,
					modules: { ...tools.modules, program: app },
					entry: tools.entry,
					configuration,
					folder,
					lines,
					label: boards.length > 1 ? `[${configuration.name}] ` : "",
					words,
					onLine: (said) => control?.tell({ board: configuration.name, said }),
					path: boards[i]!.path,
					program: options.app ?? "hosts/examples/status.ts",
				}),
		);
		if (options.control !== undefined) {
			const served = boards.map(({ name, file }, i) => ({ name, file, ask: (action: BoardAction) => processes[i]!.ask(action) }));
			control = new ControlServer(served, store);
			const address = await listening(control, options.control);
			for (const [i, { ended }] of processes.entries())
				void ended.then((status) => control!.tell({ board: boards[i]!.name, ended: status }));
			words.write(`control ${address}\n`);
		}
		return await live(boards, processes, options, words);
	} finally {
		control?.close();
		wires.close();
	}
}

async function listening(control: ControlServer, port: number): Promise<string> {
	try {
		return await control.listen(port);
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		throw new Error(`--control ${port}: port ${port} of 127.0.0.1 ${portRemedy(code)}`, { cause: error });
	}
}

/** Who takes the packets while they pass. Throws InputError when a pipe cannot be opened. */
function watchersOf(boards: Board[], { live, packets }: Options, words: NodeJS.WritableStream): PacketWatcher[] {
	const watchers: PacketWatcher[] = [];
	if (live !== undefined) {
		const to = live === "-" ? process.stdout : createWriteStream(live);
		// Who read it is gone: the boards end, as with a listing that nobody reads.
		to.on("error", () => stopRunning?.());
		watchers.push(new LiveCapture(to));
	}
	if (packets) watchers.push(new PacketLines(boards.length > 1, (line) => words.write(`${line}\n`)));
	return watchers;
}

/** From start to end of the boards. */
async function live(boards: Board[], processes: BoardProcess[], options: Options, words: NodeJS.WritableStream): Promise<number> {
	let finish: (status: number) => void;
	const finished = new Promise<number>((done) => (finish = done));
	stopRunning = () => finish(0);
	const timer = options.seconds === undefined ? undefined : setTimeout(() => finish(0), options.seconds * 1000);
	let running = processes.length;
	for (const board of processes)
		void board.ended.then((status) => {
			running--;
			if (status !== 0 || running === 0) finish(status);
		});
	const started = await Promise.race([Promise.all(processes.map((board) => board.ready)), finished]);
	if (typeof started !== "number") for (const board of boards) words.write(whereReached(board, boards.length > 1));
	const status = await finished;
	clearTimeout(timer);
	const ends = await Promise.all(processes.map((board) => board.stop()));
	return status === 0 ? Math.max(...ends) : status;
}
