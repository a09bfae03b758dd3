// What the default board takes after start, on the 32-bit engine: `multihome-xs memory.js -- OPTIONS PROGRAM`. Prints one line of JSON: slots and
// chunk bytes in use when this module has been loaded, when the stack has been made, and when the default program listens.

import { ipText } from "../support/frames.ts";
import { EthernetInterface, Stack, createIO, type StackOptions } from "multihome";
import * as heap from "host/heap";
import { args, exit, print } from "host/system";
import { PeerDevice } from "./peer-device.ts";

function used(): { slots: number; chunkBytes: number } {
	heap.collect();
	const slots = heap.slotsUsed();
	return { slots, chunkBytes: heap.chunkBytesUsed() };
}

const options = JSON.parse(args[0] ?? "{}") as StackOptions;
const loaded = used();
const stack = new Stack({ ...options, random32: () => 4, onWake() {} });
for (const [name, address] of [
	["eth0", 0xc0a84d02 | 0],
	["eth1", 0xc0a84e02 | 0],
] as const)
	stack.interfaces.add(new EthernetInterface(name, new PeerDevice())).ip.insertAddress(ipText(address), 24);
const made = used();
const device = { stack, io: createIO(stack), heap };
const { default: program } = await import(args[1]!);
program(device);
stack.poll(0);
const started = used();
const { layout } = stack.core;
const areas = { tables: layout.rings, rings: layout.packets - layout.rings, packets: layout.bytes - layout.packets };
print(JSON.stringify({ loaded, made, started, arena: layout.bytes, areas }));
exit(0); // the program would go on
