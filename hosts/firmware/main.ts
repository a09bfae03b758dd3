// What runs first on a board: makes the stack from the target's board file, opens the chips where it says, turns the stack's wishes into timers,
// and starts the program. "board" and "program" are put in by the build (build/firmware.mjs).

import { Listener, Stack, TCP, UDP, parseIpv4, useNameServers, useStack } from "multihome";
import {
	chunkBytesTotal,
	chunkBytesUsed,
	collect,
	freeBytes,
	guard,
	importNow,
	random32,
	slotsTotal,
	slotsUsed,
} from "multihome/machine";
import Time from "time";
import Timer from "timer";
import * as target from "board";
import { describe } from "../describe.ts";
import { makeDevice, networkOf } from "../network.ts";
import { settingsOf } from "../settings.ts";

/** A timer that does not run is put off by so long, ms. */
const NEVER = 0x3fff_ffff;

/** What ended the program is told so often, ms, as whoever opens the console later would see nothing of it. */
const TOLD_AGAIN_MS = 10_000;

const io = Object.freeze({ TCP, Listener, UDP });
const network = networkOf(importNow);

export default function main(): void {
	try {
		run();
	} catch (error) {
		tellAgain(`the board could not be set up: ${describe(error)}\n`);
	}
}

/** Tells why something is not there, again and again. The board goes on with what it has: another start would end in the same way, and answer nobody. */
function tellAgain(text: string): void {
	trace(text);
	Timer.repeat(() => trace(text), TOLD_AGAIN_MS);
}

function run(): void {
	// Made now, as there is no memory for it then; what is thrown when memory is used up is this one, and the engine has told it on the console.
	const exhausted = new RangeError("memory of the JavaScript machine is used up");
	guard(exhausted);
	const board = target.board();
	const providers = target.providers();
	const links = target.links();
	const startDhcp = target.dhcp();
	const timer = Timer.set(turn, 0, NEVER);
	let running = false;
	const stack = new Stack({ ...board.stack, random32, onWake: wake });

	function turn(): void {
		let wait = 0;
		try {
			// Of timers that are due, Moddable runs the oldest first, which this one is: where the program's are to come first, they get a round without it.
			if (stack.sockets.unread) stack.sockets.unread = false;
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

	function wake(): void {
		if (!running) Timer.schedule(timer, 0, NEVER);
	}

	for (const { name, link, provider, addresses, dhcp, gateway, mtu, metric, dns, options: own = {} } of board.interfaces) {
		const { io: Driver, ...options } = providers[provider]!;
		let driver;
		try {
			driver = new Driver(options);
		} catch (error) {
			// The other interfaces go on without it.
			trace(`${name}: ${(error as Error).message}\n`);
			continue;
		}
		const made = links[link]!(name, driver, { mtu, metric }, own);
		stack.interfaces.add(made);
		for (const text of addresses) {
			made.addAddress(text);
			trace(`${name} ${text}\n`);
		}
		if (gateway !== undefined) stack.routes.add({ prefix: "0.0.0.0/0", gateway, interface: made });
		if (dns !== undefined) made.nameServers = dns.map((text) => parseIpv4(text)!);
		if (dhcp !== undefined) startDhcp!(stack, made, dhcp);
	}
	for (const { prefix, gateway, interface: name, metric } of board.routes) {
		const made = stack.interfaces.find(name!);
		if (made !== undefined) stack.routes.add({ prefix, gateway, interface: made, metric });
	}
	if (board.dns !== undefined) useNameServers(stack, board.dns);
	const heap = { slotsUsed, slotsTotal, chunkBytesUsed, chunkBytesTotal, freeBytes };
	useStack(stack);
	// What a callback of the program threw ends its socket, not the program.
	stack.sockets.onError = (error) => {
		if (error !== exhausted) trace(`a socket's callback threw: ${describe(error)}\n`);
	};
	start(makeDevice(stack, { ...providers, io, network, heap }));
}

/** The program, which is a module that runs when it is imported, or whose default export is called with `device`. */
async function start(device: unknown): Promise<void> {
	try {
		const { default: program, settings } = await import("program");
		const given = settingsOf(settings, target.settings());
		if (typeof program === "function") await program(device, given);
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
