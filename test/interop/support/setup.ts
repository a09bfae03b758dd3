// What every file of tests here begins with.

import { describe } from "vitest";
import { complaints, capturesIn } from "./captures.ts";
import { BRIEF } from "./board.ts";
import type { Board } from "./board.ts";
import { differences } from "./decoded.ts";
import { Namespace, missing } from "./namespace.mjs";

/** Packets of each capture that are compared with what the lab shows of them. */
const MOST_COMPARED = BRIEF ? 200 : 2000;

/** `describe`, skipped with one line that names what is missing. */
export function describeWith(tools: string[], name: string, body: () => void): void {
	const lacking = missing("curl", "ping", "tshark", "gcc", ...tools);
	if (lacking === "") {
		describe(name, body);
		return;
	}
	report(`${name}: skipped, missing ${lacking}`);
	describe.skip(name, body);
}

/** One line about what was measured. */
export function report(line: string): void {
	process.stdout.write(`  ${line}\n`);
}

/** A namespace with tap0 and tap1, as `twoTaps` in board.ts wants them. */
export async function namespaceWithTaps(): Promise<Namespace> {
	const namespace = await Namespace.create();
	try {
		await namespace.tap("tap0", "192.168.77.1/24");
		await namespace.tap("tap1", "192.168.78.1/24");
	} catch (error) {
		await namespace.close();
		throw error;
	}
	return namespace;
}

/**
 * Ends the board, which must do so in good order, and puts its captures before tshark. Answers what is wrong; "" when nothing is.
 * `outboundOnly`: frames that came in were damaged on purpose.
 */
export async function endOf(board: Board, options: { outboundOnly?: boolean } = {}): Promise<string> {
	const alive = board.alive;
	const status = await board.stop();
	if (!alive || status !== 0) return `the board ended with status ${status}: ${board.output}`;
	const captures = capturesIn(board.folder);
	// What was damaged on purpose may be anything: tshark guesses at what we do not know.
	return (await complaints(captures, options)) || (options.outboundOnly === true ? "" : disagreements(captures));
}

/** Where the lab's packet list sees other fields than tshark; "" for nowhere. */
async function disagreements(captures: string[]): Promise<string> {
	let told = "";
	for (const capture of captures) told += await differences(capture, MOST_COMPARED);
	return told;
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
