// The socket classes: TCP, Listener and UDP of the current stack, which programs import; and `createIO(stack)` for another stack's.

import type { Stack } from "../stack.ts";
import type { Tcb } from "../transport/tcp/tcb.ts";
import { DatagramSocket, StreamSocket } from "#sockets";
import { currentStack } from "./current.ts";
import { ListenerSocket } from "./listener.ts";
import { TCPSocket } from "./tcp.ts";
import type * as types from "./types.ts";
import { UDPSocket } from "./udp.ts";

export type {
	Bytes,
	DatagramError,
	Format,
	IO,
	ListenerOptions,
	Origin,
	Sender,
	Sources,
	TCPError,
	TCPInfo,
	TCPOptions,
	UDPOptions,
} from "./types.ts";

// What these classes have beside their public types is nobody's business: so a Listener's `read` answers what the type TCP says, and `IO` has the same types.

/** The methods that are called for every packet stand on the class's own prototype too: on XS a method is found the sooner the fewer others stand before it. */
function nearest(sockets: { prototype: object }, natives: { prototype: object }): void {
	for (const name of Object.getOwnPropertyNames(natives.prototype)) {
		const method = Object.getOwnPropertyDescriptor(natives.prototype, name)!;
		if (name !== "constructor") Object.defineProperty(sockets.prototype, name, method);
	}
}

const CurrentTCP = class TCP extends TCPSocket {
	constructor(options: types.TCPOptions | Tcb) {
		super(currentStack(), options);
	}
};

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
 * @class
 */
export const TCP: types.IO["TCP"] = CurrentTCP;
export type TCP = types.TCP;

nearest(CurrentTCP, StreamSocket);
const accepted = (tcb: Tcb) => new CurrentTCP(tcb);

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
 * @class
 */
export const Listener: types.IO["Listener"] = class Listener extends ListenerSocket {
	constructor(options: types.ListenerOptions) {
		super(currentStack(), options, accepted);
	}
};
export type Listener = types.Listener;

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
 * @class
 */
export const UDP: types.IO["UDP"] = class UDP extends UDPSocket {
	constructor(options: types.UDPOptions) {
		super(currentStack(), options);
	}
};
export type UDP = types.UDP;
nearest(UDP, DatagramSocket);

/** Makes the classes of one stack. Each is a class of its own, so that `instanceof` and `new socket.constructor({ from: socket })` stay within the stack. */
export function createIO(stack: Stack): types.IO {
	class TCP extends TCPSocket {
		constructor(options: types.TCPOptions | Tcb) {
			super(stack, options);
		}
	}
	const accepted = (tcb: Tcb) => new TCP(tcb);
	class Listener extends ListenerSocket {
		constructor(options: types.ListenerOptions) {
			super(stack, options, accepted);
		}
	}
	class UDP extends UDPSocket {
		constructor(options: types.UDPOptions) {
			super(stack, options);
		}
	}
	nearest(TCP, StreamSocket);
	nearest(UDP, DatagramSocket);
	return { TCP, Listener, UDP };
}
