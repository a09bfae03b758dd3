// The command line of `npm run board`.

import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { InputError } from "../../hosts/desktop/board.ts";
import { captureFolder } from "../../hosts/desktop/options.ts";

export interface Options {
	help: boolean;
	firmware: string;
	bootrom: string;
	board: string;
	elf: string | undefined;
	pcap: string | undefined;
	seconds: number;
	packets: number;
	seed: number;
}

export const DEFAULT_BOARD = "hosts/pico/targets/pico-both/board.json";

export const HELP = `Runs a firmware for the Raspberry Pi Pico in an emulator, with models of its Ethernet chips on the SPI buses.

  npm run board -- --firmware FILE --bootrom FILE [options]

  --firmware FILE  the firmware as .uf2, as \`npm run build:pico\` makes it
  --bootrom FILE   the RP2040's boot ROM as .bin, 16,384 bytes, of a release of github.com/raspberrypi/pico-bootrom-rp2040
  --board FILE     the board file: each interface's chip, its pins, and what is at the far end of its cable
                   (default: ${DEFAULT_BOARD})
  --elf FILE       the firmware's .elf: the report says which code took the cycles, time in which the firmware only waits is
                   skipped, and what it prints before USB is connected is shown
  --for SECONDS    ends after so much of the board's time
  --packets N      ends after so many frames, those that came and those that left
  --pcap FOLDER    records every interface in FOLDER as BOARD-INTERFACE.pcapng, which Wireshark opens
  --seed N         of the board's random bits; a whole number from 0 to 4294967295 (default: 1)
  --help           shows this

Ctrl-C ends it, with the report. Status: 0 ended as asked; 1 could not run, or the firmware crashed; 2 bad option or file.
`;

/** Where what is needed comes from, in one line. */
const NEEDED =
	"--firmware FILE.uf2 and --bootrom FILE.bin are needed: `npm run build:pico` makes a firmware, and the RP2040's boot ROM is a .bin of " +
	"github.com/raspberrypi/pico-bootrom-rp2040/releases (--help shows all options)";

/** Reads the arguments after the script's name. Throws InputError with the one line to show. */
export function readOptions(args: string[]): Options {
	let values;
	try {
		let tokens;
		({ values, tokens } = parseArgs({
			args,
			tokens: true,
			options: {
				firmware: { type: "string" },
				bootrom: { type: "string" },
				board: { type: "string" },
				elf: { type: "string" },
				pcap: { type: "string" },
				for: { type: "string" },
				packets: { type: "string" },
				seed: { type: "string" },
				help: { type: "boolean", short: "h" },
			},
		}));
		const given = tokens.flatMap((token) => (token.kind === "option" ? [token.name] : []));
		const twice = given.find((name, i) => given.indexOf(name) !== i);
		if (twice !== undefined) throw new Error(`--${twice}: given twice`);
	} catch (error) {
		throw new InputError(`${(error as Error).message.split(/[\n.]/)[0]} (--help lists the options)`);
	}
	if (!values.help && (values.firmware === undefined || values.bootrom === undefined)) throw new InputError(NEEDED);
	for (const name of ["firmware", "bootrom", "board", "elf"] as const) {
		const path = values[name];
		if (path !== undefined && !existsSync(path)) throw new InputError(`--${name} ${path}: no such file`);
	}
	return {
		help: values.help ?? false,
		firmware: values.firmware ?? "",
		bootrom: values.bootrom ?? "",
		board: values.board ?? DEFAULT_BOARD,
		elf: values.elf,
		pcap: values.pcap === undefined ? undefined : captureFolder(values.pcap),
		seconds: number("for", values.for, Number.POSITIVE_INFINITY, 1e-6, 1e6, "seconds, more than 0 and at most 1000000"),
		packets: whole("packets", values.packets, Number.POSITIVE_INFINITY, 1, 1e12, "a whole number from 1 to 1000000000000"),
		seed: whole("seed", values.seed, 1, 0, 0xffff_ffff, "a whole number from 0 to 4294967295"),
	};
}

function number(name: string, text: string | undefined, otherwise: number, low: number, high: number, expected: string): number {
	if (text === undefined) return otherwise;
	const value = Number(text);
	if (!/^(\d+\.?\d*|\.\d+)$/.test(text) || value < low || value > high)
		throw new InputError(`--${name} ${text}: expected ${expected}`);
	return value;
}

function whole(name: string, text: string | undefined, otherwise: number, low: number, high: number, expected: string): number {
	if (text !== undefined && !/^\d+$/.test(text)) throw new InputError(`--${name} ${text}: expected ${expected}`);
	return number(name, text, otherwise, low, high, expected);
}
