// What runs first on a board: makes the stack from the target's board file, opens the chips where it says, turns the stack's wishes into timers,
// and starts the program. "board" and "program" are put in by the build (build/firmware.mjs).

import type { Stack } from "multihome";
import {
	chunkBytesTotal,
	chunkBytesUsed,
	collect,
	freeBytes,
	guard,
	importNow,
	microseconds,
	slotsTotal,
	slotsUsed,
	started,
} from "multihome/machine";
import Time from "time";
import Timer from "timer";
import * as target from "board";
import { boot, deviceOf, runProgram, thrown } from "../boot.ts";
import { describe } from "../describe.ts";
import type { JoinNetwork, WiFiClass, WifiFile } from "../links/wifi.ts";
import { networkOf } from "../network.ts";
import { openPatiently } from "../patience.ts";
import { giveSystem } from "../resolve.ts";

/** A timer that does not run is put off by so long, ms. */
const NEVER = 0x3fff_ffff;

/** What ended the program is told so often, ms, as whoever opens the console later would see nothing of it. */
const TOLD_AGAIN_MS = 10_000;

const network = networkOf(importNow);

export default function main(): void {
	const lastEnd = started();
	if (lastEnd !== undefined) {
		const tell = () => say(`the board has started anew: ${lastEnd}`);
		tell();
		// Once more: the restart has closed the console of whoever was looking.
		Timer.set(tell, TOLD_AGAIN_MS);
	}
	try {
		run(lastEnd);
	} catch (error) {
		tellAgain(`the board could not be set up: ${describe(error)}\n`);
	}
}

/** Tells why something is not there, again and again. The board goes on with what it has: another start would end in the same way, and answer nobody. */
function tellAgain(text: string): void {
	trace(text);
	Timer.repeat(() => trace(text), TOLD_AGAIN_MS);
}

function run(lastEnd: string | undefined): void {
	// Made now, as there is no memory for it then; what is thrown when memory is used up is this one, and the engine has told it on the console.
	const exhausted = new RangeError("memory of the JavaScript machine is used up");
	guard(exhausted);
	const providers = target.providers();
	const timer = Timer.set(turn, 0, NEVER);
	let running = false;
	const parts = target.parts();
	const stack: Stack = boot(target.board(), parts, {
		onWake() {
			if (!running) Timer.schedule(timer, 0, NEVER);
		},
		open({ name, provider }) {
			const { io: Driver, ...options } = providers[provider]!;
			try {
				return openPatiently(name, (patient) => new Driver({ ...options, ...patient }), Timer, say);
			} catch (error) {
				// The other interfaces go on without it.
				say(`${name}: ${(error as Error).message}`);
				return undefined;
			}
		},
		added(_stack, { name }, { addresses, probe, wifi }) {
			// One that is probed for is told of when it is there.
			if (probe !== true) for (const text of addresses) say(`${name} ${text}`);
			if (wifi !== undefined) join(name, wifi, parts.joinNetwork!);
		},
		onError(error) {
			if (error !== exhausted) say(thrown(error));
		},
		say,
	});

	function turn(): void {
		let wait = 0;
		try {
			// Of timers that are due, Moddable runs the oldest first, which this one is: where the program's are to come first, they get a round without it.
			if (stack.events.unread) stack.events.unread = false;
			else {
				running = true;
				wait = stack.poll(Time.ticks);
			}
		} catch (error) {
			if (error !== exhausted) throw error;
		} finally {
			running = false;
			Timer.schedule(timer, wait < 0 ? NEVER : wait, NEVER);
		}
	}

	const heap = { slotsUsed, slotsTotal, chunkBytesUsed, chunkBytesTotal, freeBytes };
	const device = deviceOf(stack, network, { ...providers, heap, microseconds, lastEnd });
	giveSystem(Timer);
	start(device);
}

/** Has Moddable's class, which the build includes with the driver, join a network. */
function join(name: string, wifi: WifiFile, joinNetwork: JoinNetwork): void {
	try {
		joinNetwork(importNow("embedded:network/interface/wifi") as WiFiClass, name, wifi, Timer, say);
	} catch (error) {
		say(`${name}: ${(error as Error).message}`);
	}
}

function say(line: string): void {
	trace(`${line}\n`);
}

async function start(device: ReturnType<typeof deviceOf>): Promise<void> {
	try {
		await runProgram(device, target.settings());
	} catch (error) {
		// A board that started anew would come to the same place. The stack goes on: it answers pings, and the console says why nothing else.
		tellAgain(`the program threw: ${describe(error)}\n`);
		return;
	}
	collect();
	trace(
		`ready: slots ${slotsUsed()} of ${slotsTotal()}, chunk bytes ${chunkBytesUsed()} of ${chunkBytesTotal()}, free bytes ${freeBytes()}\n`,
	);
}
