// Runs a firmware from the command line: checks what is given, makes the machine, its chips and their cables, and lets time pass.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InputError, readBoard } from "../../hosts/desktop/board.ts";
import type { Board } from "../../hosts/desktop/board.ts";
import { loadChips } from "../../hosts/desktop/chips/chips.ts";
import type { InterfaceConfiguration } from "../../hosts/desktop/config.ts";
import { whereReached } from "../../hosts/desktop/where-reached.ts";
import { Wires } from "../../hosts/desktop/wires.ts";
import { BoardChip } from "./chip.ts";
import { Code } from "./code.ts";
import { Fault } from "./cpu/cpu.ts";
import { readElf } from "./elf.ts";
import { skipWaiting, watchConsole, watchFailures } from "./firmware.ts";
import { readBootrom, readFirmware } from "./image.ts";
import { Machine, Reset } from "./machine.ts";
import { DEFAULT_BOARD, HELP, readOptions } from "./options.ts";
import type { Options } from "./options.ts";
import { Recorder } from "./pcap.ts";
import { report } from "./report.ts";
import { plugIn, plugInUart } from "./wires.ts";
import type { FarEnd } from "./wires.ts";

const STATUS_FAILED = 1;
const BAD_INPUT = 2;
/** The board's time between two looks at the cables. */
const SLICE_NANOS = 200_000;
/** How long this process works before it listens to the cables' far ends, ms. */
const TURN_MS = 4;

/** What build/board.mjs brings. */
export interface Tools {
	/** Folder of the project. */
	root: string;
	/** Builds the addons and tells where they are. */
	buildChips: () => Promise<string>;
	buildTap: () => Promise<string>;
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
		const board = readBoard(options.board === DEFAULT_BOARD ? join(tools.root, DEFAULT_BOARD) : options.board);
		if (board.file.interfaces.every(({ driver = "frames" }) => driver === "frames"))
			throw new InputError(`${board.path}: no interface has a chip; expected driver "w5500" or "enc28j60" at one`);
		folder = mkdtempSync(join(tmpdir(), "multihome-"));
		return await run(board, options, tools, folder);
	} catch (error) {
		process.stderr.write(`${(error as Error).message}\n`);
		return error instanceof InputError ? BAD_INPUT : STATUS_FAILED;
	} finally {
		if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
	}
}

/** Ctrl-C and SIGTERM end the run in good order. */
function stopOnSignals(): { asked: boolean } {
	const stop = { asked: false };
	for (const signal of ["SIGINT", "SIGTERM"] as const)
		process.on(signal, () => {
			stop.asked = true;
		});
	return stop;
}

async function run(board: Board, options: Options, tools: Tools, folder: string): Promise<number> {
	const print = (text: string) => process.stdout.write(text);
	let watched = false;
	const machine = new Machine({
		bootrom: readBootrom(options.bootrom),
		seed: options.seed,
		profile: options.elf !== undefined,
		console: (text) => {
			if (!watched) print(text);
		},
		complain: (text) => process.stderr.write(`[emulator] ${text}\n`),
	});
	machine.uart[0].onByte = (byte) => {
		if (!watched) print(String.fromCharCode(byte));
	};
	readFirmware(options.firmware, machine.rp2040.flash);
	const symbols = options.elf === undefined ? undefined : readElf(options.elf);
	let why = () => "";
	if (symbols !== undefined) {
		skipWaiting(machine, symbols);
		why = watchFailures(machine, symbols);
		watched = watchConsole(machine, symbols, print);
	}
	const Model = loadChips(await tools.buildChips());
	const wires = new Wires(folder, options);
	const chips: BoardChip[] = [];
	const ends: FarEnd[] = [];
	const recorders: Recorder[] = [];
	try {
		const { interfaces } = await wires.connect(board, 0);
		for (const configuration of interfaces) {
			const { uart } = configuration;
			if (uart !== undefined) {
				const made = machine.uart[uart.port];
				if (made === undefined) throw new InputError(`${configuration.name}: port ${uart.port}: the RP2040 has UARTs 0 and 1`);
				ends.push(await plugInUart(made, configuration, tools.buildTap, print));
				continue;
			}
			const chip = makeChip(machine, Model, configuration);
			if (chip === undefined) continue;
			chips.push(chip);
			const end = await plugIn(chip, configuration, tools.buildTap);
			if (end !== undefined) ends.push(end);
			if (configuration.capture !== undefined) {
				chip.recorder = new Recorder(configuration.capture, configuration.name, machine.clock);
				recorders.push(chip.recorder);
			}
		}
		print(whereReached(board));
		const started = performance.now();
		const status = await live(machine, chips, ends, options, why);
		const code = symbols === undefined ? undefined : new Code(symbols, tools.root);
		print(report(machine, chips, (performance.now() - started) / 1000, code));
		return status;
	} finally {
		for (const end of ends) end.close();
		for (const recorder of recorders) recorder.close();
		wires.close();
	}
}

function makeChip(
	machine: Machine,
	Model: ReturnType<typeof loadChips>,
	{ name, driver, pins, chipFaults, faultSeed }: InterfaceConfiguration,
): BoardChip | undefined {
	if (driver !== "w5500" && driver !== "enc28j60") return undefined;
	return new BoardChip(machine, Model, {
		name,
		kind: driver,
		pins: pins!,
		seed: faultSeed >>> 0,
		...(chipFaults !== undefined && { faults: chipFaults }),
	});
}

/** Lets time pass, never faster than this computer's: the far ends of the cables live in that. */
async function live(machine: Machine, chips: BoardChip[], ends: FarEnd[], options: Options, why: () => string): Promise<number> {
	const stop = stopOnSignals();
	const until = options.seconds * 1e9;
	const started = performance.now();
	let turn = started;
	const frames = () => chips.reduce((sum, { traffic }) => sum + traffic.framesIn + traffic.framesOut, 0);
	try {
		while (!stop.asked && machine.clock.nanos < until && frames() < options.packets) {
			for (const end of ends) end.poll();
			machine.run(Math.min(SLICE_NANOS, until - machine.clock.nanos));
			const now = performance.now();
			const ahead = machine.clock.nanos / 1e6 - (now - started);
			if (ends.length > 0 && ahead > 1) await new Promise((done) => setTimeout(done, ahead));
			else if (now - turn > TURN_MS) await new Promise((done) => setImmediate(done));
			else continue;
			turn = performance.now();
		}
	} catch (error) {
		if (!(error instanceof Fault || error instanceof Reset)) throw error;
		process.stderr.write(`\n[emulator] after ${machine.seconds.toFixed(6)} s ${error.message}${why()}\n`);
		return STATUS_FAILED;
	}
	return 0;
}
