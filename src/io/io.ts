// The socket classes: TCP, Listener and UDP of the current stack, which programs import; and `createIO(stack)` for another stack's.

import type { Stack } from "../stack.ts";
import type { Tcb } from "../transport/tcp/tcb.ts";
import { currentStack } from "./current.ts";
import { ListenerSocket } from "./listener.ts";
import { TCPSocket } from "./tcp.ts";
import type { IO, ListenerOptions, TCPOptions, UDPOptions } from "./types.ts";
import { UDPSocket } from "./udp.ts";

export type { Bytes, Format, IO, ListenerOptions, Origin, Sender, TCPError, TCPOptions, UDPOptions } from "./types.ts";

/**
 * ECMA-419's TCP over the current stack.
 *
 * @example
 * ```ts
 * const socket = new TCP({
 * 	address: "192.168.77.1",
 * 	port: 7,
 * 	onWritable: () => socket.write(ArrayBuffer.fromString("hello")),
 * 	onReadable: () => trace(String.fromArrayBuffer(socket.read() as ArrayBuffer)),
 * 	onError: () => socket.close(),
 * });
 * ```
 */
export class TCP extends TCPSocket {
	constructor(options: TCPOptions | Tcb) {
		super(currentStack(), options);
	}
}

const accepted = (tcb: Tcb) => new TCP(tcb);

/**
 * ECMA-419's Listener over the current stack.
 *
 * @example
 * ```ts
 * const listener = new Listener({
 * 	port: 7,
 * 	onReadable() {
 * 		for (let socket; (socket = listener.read()); ) pipe(socket, socket);
 * 	},
 * });
 * ```
 */
export class Listener extends ListenerSocket {
	constructor(options: ListenerOptions) {
		super(currentStack(), options, accepted);
	}
}

/**
 * ECMA-419's UDP over the current stack.
 *
 * @example
 * ```ts
 * const socket = new UDP({
 * 	port: 7,
 * 	onReadable() {
 * 		for (let datagram; (datagram = socket.read()); ) socket.write(datagram, datagram.address, datagram.port);
 * 	},
 * });
 * ```
 */
export class UDP extends UDPSocket {
	constructor(options: UDPOptions) {
		super(currentStack(), options);
	}
}

/** Makes the classes of one stack. Each is a class of its own, so that `instanceof` and `new socket.constructor({ from: socket })` stay within the stack. */
export function createIO(stack: Stack): IO {
	class TCP extends TCPSocket {
		constructor(options: TCPOptions | Tcb) {
			super(stack, options);
		}
	}
	const accepted = (tcb: Tcb) => new TCP(tcb);
	class Listener extends ListenerSocket {
		constructor(options: ListenerOptions) {
			super(stack, options, accepted);
		}
	}
	class UDP extends UDPSocket {
		constructor(options: UDPOptions) {
			super(stack, options);
		}
	}
	return { TCP, Listener, UDP };
}
