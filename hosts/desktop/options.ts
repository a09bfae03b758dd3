// The command line of `npm run simulate`.

import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { InputError } from "./board.ts";

export interface Options {
	help: boolean;
	boards: string[];
	app: string | undefined;
	/** Settings of the program by name. */
	settings: Record<string, string>;
	/** A folder, or undefined. */
	pcap: string | undefined;
	/** Where all packets go while they pass: "-", or a named pipe. */
	live: string | undefined;
	/** They are listed. */
	packets: boolean;
	/** Port of 127.0.0.1 where the boards may be watched and changed. */
	control: number | undefined;
	seed: number | undefined;
	seconds: number | undefined;
	bits: 32 | 64;
}

export const HELP = `Runs simulated boards: this project's stack on the XS engine, as in the firmware, in a process of this computer each.

  npm run simulate -- [options]

  --board FILE    the board, as JSON (default: hosts/desktop/boards/default.json); may be repeated: one board each, which
                  meet on wires segment:NAME. hosts/desktop/README.md describes the file
  --app FILE      the program that runs on every board, TypeScript or JavaScript (default: hosts/examples/status.ts)
  --set NAME=VALUE  a setting of the program, such as host=192.168.1.5; may be repeated: hosts/examples/README.md lists those
                  of the examples
  --packets       lists the packets of all interfaces while they pass
  --pcap FOLDER   records every interface in FOLDER as BOARD-INTERFACE.pcapng, which Wireshark opens
  --pcap PIPE     sends all interfaces to a named pipe while they are recorded; - is the standard output:
                  npm run -s simulate -- --pcap - | wireshark -k -i -
  --control PORT  boards may be watched and changed while they run, by a WebSocket of 127.0.0.1 (0: any free port) whose
                  address, with its token, is printed: hosts/lab/README.md says what it understands
  --seed N        fixes all randomness of boards and faults; a whole number from 0 to 4294967295
  --for SECONDS   ends by itself after so long, with status 0
  --32            runs the engine built for 32 bits, as on a microcontroller (needs gcc-multilib)
  --help          shows this

Ctrl-C ends it. Status: 0 ended as asked; 1 could not run (port in use, wire that cannot be opened, no compiler); 2 bad
option, board file or program file; 70 the program threw; 71 the board's memory is exhausted; 72 it did not end when asked.
`;

const LONGEST_SECONDS = 2_000_000;

/** Reads the arguments after the script's name. Throws InputError with the one line to show. */
export function readOptions(args: string[]): Options {
	const options: Options = {
		help: false,
		boards: [],
		app: undefined,
		settings: {},
		pcap: undefined,
		live: undefined,
		packets: false,
		control: undefined,
		seed: undefined,
		seconds: undefined,
		bits: 64,
	};
	const seen = new Set<string>();
	for (let i = 0; i < args.length; i++) {
		const [name, attached] = split(args[i]!);
		// Of boards there may be several.
		if (seen.has(name) && name !== "--board" && name !== "--set") throw new InputError(`${name}: given twice`);
		seen.add(name);
		const value = (expected: string): string => {
			const text = attached ?? args[++i];
			if (text === undefined || text === "" || (attached === undefined && text.startsWith("--")))
				throw new InputError(`${name}: expected ${expected} after it`);
			return text;
		};
		switch (name) {
			case "--board":
				options.boards.push(existing("--board", value("a board file"), "a board file (JSON)"));
				break;
			case "--app":
				options.app = existing("--app", value("a program file"), "a program (.ts, .js or .mjs)");
				if (!/\.(m?ts|m?js)$/.test(options.app))
					throw new InputError(`--app ${options.app}: expected a program (.ts, .js or .mjs)`);
				break;
			case "--set": {
				const text = value("NAME=VALUE");
				const equals = text.indexOf("=");
				if (equals < 1) throw new InputError(`--set ${text}: expected NAME=VALUE, such as host=192.168.1.5`);
				const key = text.slice(0, equals);
				if (Object.hasOwn(options.settings, key)) throw new InputError(`--set ${text}: ${key} is given twice`);
				options.settings[key] = text.slice(equals + 1);
				break;
			}
			case "--pcap":
				capture(options, value("a folder, a named pipe or -"));
				break;
			case "--control":
				options.control = number(name, value("a port"), /^\d+$/, 0, 65_535, "a port from 0 to 65535; 0 is any that is free");
				break;
			case "--seed":
				options.seed = number(name, value("a number"), /^\d+$/, 0, 0xffff_ffff, "a whole number from 0 to 4294967295");
				break;
			case "--for":
				options.seconds = number(
					name,
					value("seconds"),
					/^(\d+\.?\d*|\.\d+)$/,
					0.001,
					LONGEST_SECONDS,
					`seconds, more than 0 and at most ${LONGEST_SECONDS}`,
				);
				break;
			case "--packets":
			case "--32":
			case "--help":
			case "-h":
				if (attached !== undefined) throw new InputError(`${args[i]}: expected ${name} without a value`);
				if (name === "--32") options.bits = 32;
				else if (name === "--packets") options.packets = true;
				else options.help = true;
				break;
			default:
				throw new InputError(
					`${args[i]}: unknown option; expected --board, --app, --set, --packets, --pcap, --control, --seed, --for, --32 or --help`,
				);
		}
	}
	return options;
}

/** Where --pcap records. */
function capture(options: Options, path: string): void {
	if (path === "-" || (existsSync(path) && statSync(path).isFIFO())) options.live = path;
	else options.pcap = captureFolder(path);
}

function split(argument: string): [string, string | undefined] {
	const equals = argument.startsWith("--") ? argument.indexOf("=") : -1;
	return equals < 0 ? [argument, undefined] : [argument.slice(0, equals), argument.slice(equals + 1)];
}

function existing(option: string, path: string, expected: string): string {
	if (!existsSync(path)) throw new InputError(`${option} ${path}: no such file; expected ${expected}`);
	if (!statSync(path).isFile()) throw new InputError(`${option} ${path}: is not a file; expected ${expected}`);
	return path;
}

/** A folder that captures can be written to, made where it is not there. Throws InputError. */
export function captureFolder(path: string): string {
	try {
		makeFolder(path);
		const probe = join(path, `.multihome-${process.pid}`);
		writeFileSync(probe, "");
		rmSync(probe);
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		const reason = code === "EEXIST" || code === "ENOTDIR" ? "is a file" : `cannot be written to (${code})`;
		throw new InputError(`--pcap ${path}: ${reason}; expected a folder`);
	}
	return path;
}

/** Step by step: Node's own `recursive` never comes back where a folder cannot be, such as below /proc. */
function makeFolder(path: string): void {
	if (existsSync(path)) {
		if (!statSync(path).isDirectory()) throw Object.assign(new Error(path), { code: "ENOTDIR" });
		return;
	}
	makeFolder(dirname(resolve(path)));
	mkdirSync(path);
}

function number(option: string, text: string, form: RegExp, low: number, high: number, expected: string): number {
	const value = Number(text);
	if (!form.test(text) || value < low || value > high) throw new InputError(`${option} ${text}: expected ${expected}`);
	return value;
}
