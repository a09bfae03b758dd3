// The default program, and beside it UDP port 9999, where a test pulls an interface out of the running stack and puts it back:
//
//	disable NAME | enable NAME | remove NAME | add NAME TAP ADDRESS/LENGTH DRIVER | patience MS | slots
//
// Each is answered by "done", or by what went wrong. `patience`: the user timeout of every TCP connection that stands now; `slots`
// collects garbage and answers how many slots of XS's heap are in use.

import { collect, slotsUsed } from "host/heap";
import { EthernetInterface } from "multihome";
import { openChip, providerOf } from "../../../hosts/desktop/chip-device.ts";
import { FramesDevice } from "../../../hosts/desktop/frames-device.ts";
import type { Device } from "../../../src/device/device.ts";
import status from "../../../hosts/examples/status.ts";
import { blockOf } from "../../support/tcb.ts";

const CONTROL_PORT = 9999;
const MAC = new Uint8Array([0x02, 0x6d, 0x68, 0x00, 0x77, 0x01]);

const { io, stack } = device;
status(device);

function found(name: string) {
	const link = stack.interfaces.find(name);
	if (link === undefined) throw new RangeError(`interface ${name}: there is none`);
	return link;
}

/** The place of the board's second chip. */
const PINS = { bus: 1, clock: 10, out: 11, in: 12, select: 13, interrupt: 14, reset: 15 };

function open(tap: string, driver: string): Device {
	if (driver === "frames") return new FramesDevice("tap", tap, MAC, 1500);
	const chip = { driver: driver as "w5500" | "enc28j60", pins: PINS, mac: MAC, tap, seed: 1 };
	return openChip(chip, providerOf(chip), () => {});
}

/** Obeys; answers what to say. */
function obey(verb: string, name: string, tap: string, prefix: string, driver: string): string {
	switch (verb) {
		case "disable":
		case "enable":
			found(name).enabled = verb === "enable";
			return "done";
		case "remove":
			stack.interfaces.remove(found(name));
			return "done";
		case "add": {
			stack.interfaces.add(new EthernetInterface(name, open(tap, driver))).addAddress(prefix);
			return "done";
		}
		case "patience":
			for (const tcb of stack.tcp.inUse()) blockOf(tcb).userTimeout = Number(name);
			return "done";
		case "slots":
			collect();
			return String(slotsUsed());
		default:
			throw new RangeError(`${verb}: unknown`);
	}
}

const bytesOf = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

void new io.UDP({
	port: CONTROL_PORT,
	onReadable() {
		for (let command = this.read(); command !== undefined; command = this.read()) {
			const [verb, name, tap, prefix, driver] = String.fromCharCode(...new Uint8Array(command)).split(" ");
			let answer;
			try {
				answer = obey(verb!, name!, tap!, prefix!, driver!);
			} catch (error) {
				answer = String(error);
			}
			this.write(bytesOf(answer), command.address, command.port);
		}
	},
});
