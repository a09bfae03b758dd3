// What the user gives: a firmware as UF2 and the boot ROM. What is wrong with a file is told in one line.

import { readFileSync } from "node:fs";
import { InputError } from "../../hosts/desktop/board.ts";

/** UF2's magic numbers, flags and family: github.com/microsoft/uf2. */
const MAGIC_START = 0x0a32_4655;
const MAGIC_SECOND = 0x9e5d_5157;
const MAGIC_END = 0x0ab1_6f30;
const NOT_MAIN_FLASH = 1;
const FAMILY_PRESENT = 0x2000;
const FAMILY_RP2040 = 0xe48b_ff56;
/** Blocks that the SDK adds for another chip: no part of the firmware. */
const FAMILY_ABSOLUTE = 0xe48b_ff57;
const BLOCK_BYTES = 512;
const DATA_AT = 32;
const DATA_MOST = 476;

const FLASH = 0x1000_0000;
/** Of the Raspberry Pi Pico. */
const FLASH_BYTES = 2 * 1024 * 1024;
const ROM_BYTES = 16 * 1024;

function read(option: string, path: string): Buffer {
	try {
		return readFileSync(path);
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		const reason = code === "ENOENT" ? "no such file" : code === "EISDIR" ? "is a folder" : `cannot be read (${code})`;
		throw new InputError(`${option} ${path}: ${reason}`);
	}
}

/** Copies the blocks of a UF2 file into flash memory. Answers the bytes. Throws InputError. */
export function loadUf2(path: string, file: Buffer, flash: Uint8Array): number {
	const wrong = (what: string) => new InputError(`--firmware ${path}: ${what}; expected a UF2 file for the RP2040`);
	if (file.length === 0 || file.length % BLOCK_BYTES !== 0) throw wrong(`${file.length} bytes are not whole blocks of 512`);
	let bytes = 0;
	for (let at = 0; at < file.length; at += BLOCK_BYTES) {
		const field = (offset: number) => file.readUInt32LE(at + offset);
		if (field(0) !== MAGIC_START || field(4) !== MAGIC_SECOND || field(BLOCK_BYTES - 4) !== MAGIC_END)
			throw wrong(`block ${at / BLOCK_BYTES} is no UF2 block`);
		const flags = field(8);
		const address = field(12);
		const size = field(16);
		const family = flags & FAMILY_PRESENT ? field(28) : FAMILY_RP2040;
		if (flags & NOT_MAIN_FLASH || family === FAMILY_ABSOLUTE) continue;
		if (family !== FAMILY_RP2040) throw wrong(`is for another chip (family 0x${family.toString(16)})`);
		if (size > DATA_MOST || address < FLASH || address + size > FLASH + FLASH_BYTES)
			throw wrong(`${size} bytes at 0x${address.toString(16)} are not in the Pico's 2 MB of flash`);
		flash.set(file.subarray(at + DATA_AT, at + DATA_AT + size), address - FLASH);
		bytes += size;
	}
	if (bytes === 0) throw wrong("has nothing for the flash");
	return bytes;
}

export function readFirmware(path: string, flash: Uint8Array): number {
	return loadUf2(path, read("--firmware", path), flash);
}

/** The boot ROM of the RP2040, 16 KB. Throws InputError. */
export function readBootrom(path: string): Uint32Array {
	const file = read("--bootrom", path);
	// RP2040 datasheet §2.8.2: the ROM holds "Mu" and 1 at 0x10.
	if (file.length !== ROM_BYTES || file.toString("latin1", 0x10, 0x13) !== "Mu\u0001")
		throw new InputError(
			`--bootrom ${path}: expected the 16,384 bytes of the RP2040's boot ROM (a .bin of github.com/raspberrypi/pico-bootrom-rp2040)`,
		);
	return new Uint32Array(file.buffer.slice(file.byteOffset, file.byteOffset + ROM_BYTES));
}
