// What `connect` and `listen` do before the first segment.

import { NETWORK_PATIENCE_MS } from "../../config.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import { awaitWay, begin, plainTemplate, release, resolve } from "./life.ts";
import { PROGRAM, SOON, take } from "./seats.ts";
import type { Tcp } from "./tcp.ts";
import * as tcbs from "./tcb.ts";
import type { Tcb } from "./tcb.ts";

export interface ConnectOptions {
	/** 0 or absent: chosen by RFC 6724. */
	localAddress?: number;
	/** 0 or absent: an ephemeral one. */
	localPort?: number;
	/** Slot of the only interface to use, 0 or absent: any. */
	interfaceSlot?: number;
	/** How long the SYN waits, while there is no way, for an interface that is still coming up, ms; NETWORK_PATIENCE_MS when absent, 0: not at all. */
	networkTimeout?: number;
}

function checkPort(name: string, port: number, low: number): void {
	if (port !== Math.floor(port) || port < low || port > 65_535) throw new RangeError(`${name} ${port}: expected ${low} to 65535`);
}

function takeOrThrow(tcp: Tcp): Tcb {
	const tcb = take(tcp, PROGRAM, 0, 0);
	if (tcb === SOON) throw new Error(`all ${tcp.tcbs.length} TCP sockets are in use; one that was too slow was ended: try again`);
	if (tcb === undefined) throw new Error(`all ${tcp.tcbs.length} TCP sockets are in use; raise the option "sockets.tcp"`);
	return tcb;
}

/**
 * A TCB in SYN-SENT, whose SYN is still to be sent. While the interface that it would go by has no address, or none has that is still coming up, the SYN
 * waits: `awaitWay`.
 */
export function connect(tcp: Tcp, address: number, port: number, options: ConnectOptions): Tcb {
	checkPort("port", port, 1);
	const localPort = options.localPort ?? 0;
	checkPort("local port", localPort, 0);
	if (address === 0 || tcp.ip.isGroup(address)) throw new RangeError("remote address: expected that of one host");
	const tcb = takeOrThrow(tcp);
	const path = tcb.path;
	path.destination = tcb.remoteAddress = address;
	path.bound = options.interfaceSlot ?? 0;
	path.source = options.localAddress ?? 0;
	tcb.remotePort = port;
	tcb.meta = ipv4.TCP | (path.bound << 8);
	tcb.localAddress = 0;
	tcb.localPort = localPort;
	plainTemplate(tcp, tcb);
	let fault = "";
	if (resolve(tcp, tcb)) fault = begin(tcp, tcb);
	else {
		const { networkTimeout = NETWORK_PATIENCE_MS } = options;
		if (networkTimeout !== 0 && path.source === 0 && tcp.ip.mayCome(path)) awaitWay(tcp, tcb, networkTimeout);
		else fault = "no route to the host";
	}
	if (fault !== "") {
		release(tcp, tcb);
		throw new Error(fault);
	}
	tcbs.setState(tcb, tcbs.SYN_SENT);
	tcbs.store(tcp.view, tcb);
	return tcb;
}

/** A TCB in LISTEN. */
export function listen(tcp: Tcp, address: number, port: number, backlog: number, interfaceSlot: number): Tcb {
	checkPort("port", port, 0);
	if (backlog !== Math.floor(backlog) || backlog < 1) throw new RangeError(`backlog ${backlog}: expected a whole number from 1`);
	const tcb = takeOrThrow(tcp);
	tcb.localAddress = address;
	tcb.remoteAddress = tcb.remotePort = 0;
	tcb.meta = ipv4.TCP | (interfaceSlot << 8);
	tcb.localPort = port !== 0 || interfaceSlot !== 0 ? port : tcp.flows.ephemeralPort(tcb.meta, address, 0, 0);
	if (!tcp.flows.insert(address, 0, tcb.localPort, tcb.meta, tcb.index)) {
		release(tcp, tcb);
		throw new Error(`TCP port ${port} is in use`);
	}
	plainTemplate(tcp, tcb);
	tcb.path.bound = interfaceSlot;
	tcb.backlog = backlog;
	tcbs.setState(tcb, tcbs.LISTEN);
	tcbs.store(tcp.view, tcb);
	return tcb;
}
