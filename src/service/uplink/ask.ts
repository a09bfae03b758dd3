// How an uplink is asked whether it leads anywhere: by a ping, a connection, or a question to a name server, each by its interface alone.

import type { Stack } from "../../stack.ts";
import { ERROR, WRITABLE } from "../../transport/events.ts";
import { icmpOf } from "../../transport/ping/sockets.ts";
import type { Tcb } from "../../transport/tcp/tcb.ts";
import * as dns from "../../wire/dns.ts";
import * as icmpv4 from "../../wire/icmpv4.ts";
import { DNS, ICMP, type Settings } from "./options.ts";

/** One that asks. `next` asks once more; what cannot be sent is as if it were lost. */
export interface Ask {
	next(): void;
	close(): void;
}

/** `heard` is called for each answer. Throws Error when there is no socket for it. */
export function askBy(stack: Stack, slot: number, settings: Settings, heard: () => void): Ask {
	if (settings.kind === ICMP) return ping(stack, slot, settings, heard);
	return settings.kind === DNS ? question(stack, slot, settings, heard) : connection(stack, slot, settings, heard);
}

function ping(stack: Stack, slot: number, { target }: Settings, heard: () => void): Ask {
	const icmp = icmpOf(stack);
	const socket = icmp.open(slot);
	let sequence = 0;
	socket.remoteAddress = target;
	socket.owner = {
		onEvents() {
			while (socket.open && socket.take()) if (socket.type === icmpv4.ECHO_REPLY && socket.fromAddress === target) heard();
		},
	};
	return {
		next() {
			sequence = (sequence + 1) & 0xffff;
			icmp.send(socket, sequence, 0);
		},
		close: () => icmp.close(socket),
	};
}

function question(stack: Stack, slot: number, { target, port }: Settings, heard: () => void): Ask {
	const { udp, core } = stack;
	const socket = udp.openService(0, slot);
	const buffer = new Uint8Array(dns.MAX_QUERY);
	const view = new DataView(buffer.buffer);
	const id = core.random32() & 0xffff;
	socket.owner = {
		onEvents() {
			while (socket.open && udp.next(socket) >= 0) {
				const bytes = udp.read(socket, buffer, 0, buffer.length);
				const its = socket.fromAddress === target && socket.fromPort === port;
				if (its && dns.isAnswer(view, 0, bytes) && dns.id(view, 0) === id) heard();
			}
		},
	};
	return {
		next() {
			const length = dns.writeQuery(view, 0, id, "", dns.TYPE_NS);
			try {
				udp.send(socket, target, port, buffer, 0, length);
			} catch {
				// No way, no address yet.
			}
		},
		close: () => udp.close(socket),
	};
}

function connection(stack: Stack, slot: number, { target, port, intervalMs, lost }: Settings, heard: () => void): Ask {
	const { tcp } = stack;
	let tcb: Tcb | undefined;
	/** Asked so often since the connection was begun. */
	let asked = 0;
	function end(): void {
		if (tcb !== undefined) tcp.abort(tcb);
		tcb = undefined;
	}
	return {
		next() {
			// One that takes longer than an interval is given the time of all that may be lost.
			if (tcb !== undefined && ++asked < lost) return;
			end();
			asked = 0;
			try {
				tcb = tcp.connect(target, port, { interfaceSlot: slot, networkTimeout: 0 });
			} catch {
				return; // No way, or no socket is free.
			}
			tcp.setUserTimeout(tcb, intervalMs * lost);
			tcb.owner = {
				onEvents(events) {
					const answered =
						(events & ERROR) === 0 ? (events & WRITABLE) !== 0 : tcb?.error === "refused" || tcb?.error === "reset";
					if (events & (ERROR | WRITABLE)) end();
					if (answered) heard();
				},
			};
		},
		close: end,
	};
}
