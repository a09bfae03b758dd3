// Raw sockets of the current stack. ../../io/raw.ts is what they do.

import { currentStack } from "../../io/current.ts";
import { PacketSocket, RawSocket, type PacketOptions, type RawOptions } from "../../io/raw.ts";

/**
 * A protocol of IP of the program's own, over the current stack.
 *
 * @example
 * ```ts
 * new Raw({
 * 	protocol: 89,
 * 	onReadable() {
 * 		for (let hello; (hello = this.read()); ) trace(`OSPF from ${hello.source}, ttl ${hello.ttl}\n`);
 * 	},
 * });
 * ```
 */
export class Raw extends RawSocket {
	constructor(options: RawOptions) {
		super(currentStack(), options);
	}
}

/**
 * The frames of one interface of the current stack, as they come and go.
 *
 * @example
 * ```ts
 * new Packet({
 * 	interface: "eth0",
 * 	onReadable() {
 * 		for (let frame; (frame = this.read()); ) trace(`${frame.outgoing ? "out" : "in"}: ${frame.byteLength} bytes\n`);
 * 	},
 * });
 * ```
 */
export class Packet extends PacketSocket {
	constructor(options: PacketOptions) {
		super(currentStack(), options);
	}
}
