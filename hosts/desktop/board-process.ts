// One board: a process of the XS host, its start, its words and its end.

import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { STATUS_HUNG, STATUS_INPUT, STATUS_MEMORY, STATUS_PROGRAM } from "./config.ts";
import { asciiJson } from "./ascii-json.ts";
import type { BoardAction, BoardAnswer, BoardConfiguration, BoardMessage } from "./config.ts";
import { framed, FrameReader } from "./frame-stream.ts";
import type { SourceLines } from "./source-lines.ts";

/** How long a board may take to end when it is asked to, ms. */
const PATIENCE_MS = 3000;
/** The descriptor that the board's process hears and tells by. */
const CONTROL = 3;

export interface BoardProcessOptions {
	host: string;
	modules: Record<string, string>;
	entry: string;
	configuration: BoardConfiguration;
	folder: string;
	lines: SourceLines;
	/** Before every line of the board. */
	label: string;
	/** Where what the program says is written. */
	words: NodeJS.WritableStream;
	/** Told each line of it, too, and those of errors. */
	onLine?: (line: string) => void;
	/** The board file and the program, for messages. */
	path: string;
	program: string;
}

interface Asked {
	readonly parts: string[];
	readonly done: (answer: unknown) => void;
	readonly failed: (error: Error) => void;
}

/** As the board takes it, control.ts. */
const LONGEST_REQUEST = 4096;

export class BoardProcess {
	/** The program runs. Never, when it did not come to that. */
	readonly ready: Promise<void>;
	/** The process has ended: its status. */
	readonly ended: Promise<number>;
	readonly #child: ChildProcess;
	readonly #options: BoardProcessOptions;
	#told = false;
	#stopping = false;
	/** What was asked and is not answered yet, by number. */
	readonly #asked = new Map<number, Asked>();
	#lastId = 1;

	constructor(options: BoardProcessOptions) {
		this.#options = options;
		const { configuration, modules } = options;
		const file = join(options.folder, `${configuration.name}.json`);
		writeFileSync(file, JSON.stringify(configuration));
		const mappings = Object.entries(modules).flatMap(([name, path]) => ["-m", `${name}=${path}`]);
		this.#child = spawn(options.host, [...mappings, options.entry, "--", file, String(CONTROL)], {
			stdio: ["ignore", "pipe", "pipe", "pipe"],
			// Ctrl-C reaches the command line alone, which then ends the boards in good order.
			detached: true,
		});
		this.#pass(this.#child.stdout!, options.words);
		this.#pass(this.#child.stderr!, process.stderr);
		this.ready = new Promise((ready) => this.#listen(this.#control, ready));
		this.ended = new Promise((ended) => {
			this.#child.on("error", (error) => {
				process.stderr.write(`${options.host}: ${error.message}\n`);
				ended(1);
			});
			this.#child.on("close", (code, signal) => {
				for (const { failed } of this.#asked.values()) failed(new Error(`board ${configuration.name} has ended`));
				this.#asked.clear();
				ended(this.#status(code, signal));
			});
		});
	}

	/**
	 * Asks the running board. Answers what the request asks for, undefined where that is nothing. Rejects with Error that says what is wrong with the request, or that
	 * the board has ended.
	 */
	ask(action: BoardAction): Promise<unknown> {
		const id = this.#lastId++;
		const bytes = Buffer.from(asciiJson({ id, ...action }), "latin1");
		if (bytes.length > LONGEST_REQUEST)
			return Promise.reject(new RangeError(`a request of ${bytes.length} bytes: expected at most ${LONGEST_REQUEST}`));
		return new Promise((done, failed) => {
			this.#asked.set(id, { parts: [], done, failed });
			this.#control.write(framed(bytes));
		});
	}

	#answered(answer: BoardAnswer): void {
		const asked = this.#asked.get(answer.answer);
		if (asked === undefined) return;
		if ("wrong" in answer) asked.failed(new Error(answer.wrong));
		else {
			if (answer.part !== undefined) asked.parts.push(answer.part);
			if (answer.last !== true) return;
			asked.done(asked.parts.length === 0 ? undefined : JSON.parse(asked.parts.join("")));
		}
		this.#asked.delete(answer.answer);
	}

	/** Ends the board, and waits for it. Answers 0, or STATUS_HUNG when it had to be killed. */
	async stop(): Promise<number> {
		const running = this.#child.exitCode === null && this.#child.signalCode === null;
		this.#stopping = true;
		// The end of this connection is the board's signal to end.
		this.#control.end();
		let hung = false;
		const timer = setTimeout(() => {
			hung = running;
			this.#child.kill("SIGKILL");
		}, PATIENCE_MS);
		await this.ended;
		clearTimeout(timer);
		this.#control.destroy();
		if (!hung) return 0;
		const { label, configuration, program } = this.#options;
		process.stderr.write(
			`${label}board ${configuration.name} did not end within ${PATIENCE_MS / 1000} s of being asked, and was killed (status ${STATUS_HUNG}): ` +
				`${program} keeps the processor, as an endless loop does; return to the event loop\n`,
		);
		return STATUS_HUNG;
	}

	get #control(): Socket {
		return this.#child.stdio[CONTROL] as Socket;
	}

	#listen(control: Socket, ready: () => void): void {
		const reader = new FrameReader();
		control.on("error", () => control.destroy());
		control.on("data", (chunk) => {
			reader.push(chunk, (buffer, at, end) => {
				const message = JSON.parse(buffer.toString("latin1", at, end)) as BoardMessage;
				if ("ready" in message) ready();
				else if ("answer" in message) this.#answered(message);
				else this.#failed(message.failed, message.status);
			});
		});
	}

	#failed(text: string, status: number): void {
		const { path, program, lines, label } = this.#options;
		this.#told = true;
		if (status !== STATUS_PROGRAM) {
			process.stderr.write(`${status === STATUS_INPUT ? program : path}: ${text}\n`);
			return;
		}
		// An exception's stack: what it says, and the first place that is known.
		const [first, ...frames] = lines.translate(text).split("\n");
		const place = frames.map((frame) => /\(?([^\s()]+:\d+)\)?$/.exec(frame)?.[1]).find((found) => found !== undefined);
		const where = place === undefined ? "" : ` (${place})`;
		process.stderr.write(
			`${label}${program}: the program threw at its start: ${first}${where}; mend it, or run another with --app\n`,
		);
	}

	#status(code: number | null, signal: NodeJS.Signals | null): number {
		const { label, configuration } = this.#options;
		if (this.#stopping) return 0;
		const status = code ?? 128;
		if (status === 0 || this.#told) return status;
		const reason =
			signal !== null
				? `by signal ${signal}`
				: status === STATUS_PROGRAM
					? "by an exception that the program did not catch (status 70)"
					: status === STATUS_MEMORY
						? "because its memory is exhausted (status 71)"
						: `with status ${status}`;
		process.stderr.write(`${label}board ${configuration.name} ended ${reason}\n`);
		return status;
	}

	#pass(from: Readable, to: NodeJS.WritableStream): void {
		const { label, lines, onLine } = this.#options;
		createInterface({ input: from, crlfDelay: Number.POSITIVE_INFINITY }).on("line", (line) => {
			const told = lines.translate(line);
			to.write(`${label}${told}\n`);
			onLine?.(told);
		});
	}
}
