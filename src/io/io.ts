// The socket classes of one stack: `const { TCP, Listener, UDP } = createIO(stack)`. They are what `device.io` holds.

import type { Stack } from "../stack.ts";
import type { Tcb } from "../transport/tcp/tcb.ts";
import { ListenerSocket } from "./listener.ts";
import { TCPSocket } from "./tcp.ts";
import type { IO, ListenerOptions, TCPOptions, UDPOptions } from "./types.ts";
import { UDPSocket } from "./udp.ts";

export type * from "./types.ts";

/** Makes the classes. Each is a class of its own, so that `instanceof` and `new socket.constructor({ from: socket })` stay within the stack. */
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
