// The turn, compiled: one pass over devices, sockets and connections, again and again while there is something to do. What the interpreter has to do in
// between (calling owners of sockets, devices in TypeScript, everything rare) it is asked for: `turn` returns, and is called again with the answer.

import { CONTROL_PACKETS, LOOKS_PER_POLL, TURNS_PER_POLL } from "../config.ts";
import { deviceLinkUp, devicePasses, deviceService, NO_SERVICE } from "../device/kernels/devices.ts";
import { neighborTimers } from "../link/arp.ts";
import { isPpp } from "../link/line.ts";
import { offer } from "../link/transmit.ts";
import { BUSY_MORE, BUSY_TOLD, CORE, CoreBlock } from "../packet/core-block.ts";
import { deadline } from "../packet/deadline.ts";
import { EchoBlock, echoAt } from "../packet/echo-block.ts";
import { InterfaceBlock, WATCHED_DOWN, WATCHED_ONCE } from "../packet/interface-block.ts";
import { LineBlock } from "../packet/line-block.ts";
import { FIRST_SOCKET, newsTake, OTHERS } from "../packet/news.ts";
import { takeSpare } from "../packet/packets.ts";
import { rawAt, UdpBlock, udpAt } from "../packet/udp-block.ts";
import { TcbBlock, tcbAt } from "../packet/tcb-block.ts";
import { interfaceAt, nextSlot, setReady } from "../packet/slots.ts";
import { outputEnds, RETRY_TIME } from "../transport/tcp/pending.ts";
import { lostPackets } from "../transport/icmp.ts";
import { outputStep } from "../transport/tcp/send.ts";
import { tcpTimers } from "../transport/tcp/timers.ts";
import { controlled, discarded, NOTHING, receive, taking } from "./receive.ts";
import * as requests from "./requests.ts";

/** Phases, in their order. */
const LINKS = 0;
const TIMERS = 1;
const WAYS = 2;
const RECEIVE = 3;
const NEWS = 4;
const OUTPUT = 5;
const DRAIN = 6;

/** A poll begins at `now`. Answers as `turn`. */
export function turnBegin(view: DataView, now: number): number {
	const core = CoreBlock.of(view, CORE);
	core.now = now;
	core.awake = 1; // whoever wakes us from here on is served before the end
	core.noticed = 0;
	core.wakes = 0;
	core.wanted = -1;
	core.turns = TURNS_PER_POLL;
	core.looks = LOOKS_PER_POLL;
	core.phase = LINKS;
	core.asked = NOTHING;
	// Bit 0 is the loopback interface. It is not asked in every poll: its device marks itself when it has something.
	core.leftLow = (core.lookLow | core.polledLow) & ~1;
	core.leftHigh = core.lookHigh | core.polledHigh;
	core.lookLow = 0;
	core.lookHigh = 0;
	return run(view, 0);
}

/** Goes on after a request; `answer` is what the interpreter has to say to it, or 0. Answers the next one: requests.ts. */
export function turn(view: DataView, answer: number): number {
	return run(view, answer);
}

function run(view: DataView, answer: number): number {
	const core = CoreBlock.of(view, CORE);
	let request = core.asked === NOTHING ? NOTHING : answered(view, answer);
	while (request === NOTHING) {
		const phase = core.phase;
		if (phase === LINKS) request = links(view);
		else if (phase === TIMERS) request = timers(view);
		else if (phase === WAYS) request = begins(view);
		else if (phase === RECEIVE) request = receiving(view);
		else if (phase === NEWS) request = news(view);
		else if (phase === OUTPUT) request = output(view);
		else request = drain(view);
	}
	core.asked = request < 0 ? NOTHING : request & requests.KIND;
	return request;
}

/** The interpreter has answered what it was asked last. Answers a further request, or NOTHING. */
function answered(view: DataView, answer: number): number {
	const core = CoreBlock.of(view, CORE);
	const asked = core.asked;
	if (asked === requests.LINK) wants(view, answer);
	else if (asked === requests.TAKE) return taking(view, answer);
	else if (asked === requests.CONTROL) controlled(view);
	else if (asked === requests.DISCARD) discarded(view, answer === 1);
	else if (asked === requests.NEWS) {
		if (answer === requests.LOOK && isConnection(view) && turnWaiting(view) > 0) {
			core.turns = 1;
			core.unread = 1;
		}
	} else if (asked === requests.TIMERS) {
		if (answer === requests.FAILED) deadline(view, (core.now + RETRY_TIME) | 0); // some were not served, nor have said what they wait for
	} else if (asked === requests.DRAIN) {
		// Connections for which something was written while the device was called are listed: they get another turn.
		if (core.pending !== core.pendingSeen) core.busy = BUSY_MORE;
	}
	return NOTHING;
}

/** A poll begins: links are looked at, time passes for devices, and what waits is offered to them. */
function links(view: DataView): number {
	const core = CoreBlock.of(view, CORE);
	for (let slot = nextSlot(view); slot !== 0; slot = nextSlot(view)) {
		setReady(view, slot);
		const link = InterfaceBlock.of(view, interfaceAt(view, slot));
		if (link.native === 0 || !serviced(view, link)) return requests.LINK | (slot << requests.VALUE_SHIFT);
		offer(view, link);
	}
	core.phase = TIMERS;
	return NOTHING;
}

/** Time passes for a device in C. Answers whether it needs nothing of the interpreter. */
function serviced(view: DataView, link: InterfaceBlock): boolean {
	if ((link.watched & (WATCHED_DOWN | WATCHED_ONCE)) !== 0) return false;
	if (isPpp(link) && LineBlock.of(view, link.line).controls !== 0) return false;
	const wait = deviceService(view, link.native, CoreBlock.of(view, CORE).now);
	if (wait === NO_SERVICE && link.watched !== 0) return false;
	wants(view, wait);
	const up = linked(view, link);
	return deviceLinkUp(view, link.native) === up;
}

/** Whether its device had a link when the interpreter looked last. */
function linked(view: DataView, link: InterfaceBlock): boolean {
	if (!isPpp(link)) return link.up !== 0;
	return LineBlock.of(view, link.line).carrier !== 0;
}

/** What is due is served: neighbours and connections here, the rest by the interpreter. */
function timers(view: DataView): number {
	const core = CoreBlock.of(view, CORE);
	while (neighborTimers(view)) lostPackets(view);
	if (core.tcpArmed !== 0 && ((core.now - core.tcpDue) | 0) >= 0) tcpTimers(view);
	core.phase = WAYS;
	return core.armed !== 0 && ((core.now - core.due) | 0) >= 0 ? requests.TIMERS : NOTHING;
}

/** A device wants to be polled in so many ms; below 0: not before it says so. */
function wants(view: DataView, wait: number): void {
	const core = CoreBlock.of(view, CORE);
	if (wait >= 0 && (core.wanted < 0 || wait < core.wanted)) core.wanted = wait;
}

/** A turn begins. Asks for a look at the ways of connections when routes have changed. */
function begins(view: DataView): number {
	const core = CoreBlock.of(view, CORE);
	if (core.spare < 0) takeSpare(view);
	core.busy = 0;
	core.againLow = 0;
	core.againHigh = 0;
	core.leftLow = core.readyLow;
	core.leftHigh = core.readyHigh;
	core.slot = 0;
	core.phase = RECEIVE;
	if (core.routesSeen === core.routeVersion) return NOTHING;
	core.routesSeen = core.routeVersion;
	return requests.WAYS;
}

/** Frames come in. */
function receiving(view: DataView): number {
	const core = CoreBlock.of(view, CORE);
	const request = receive(view);
	if (request !== NOTHING) return request;
	core.newsEnd = core.newsFirst === 0 ? 0 : core.newsLast;
	if (core.newsEnd !== 0) offers(view);
	core.phase = NEWS;
	return NOTHING;
}

/** Devices go on with what waits for them while owners of sockets are called. */
function offers(view: DataView): void {
	const core = CoreBlock.of(view, CORE);
	core.leftLow = core.drainLow;
	core.leftHigh = core.drainHigh;
	for (let slot = nextSlot(view); slot !== 0; slot = nextSlot(view)) {
		const link = InterfaceBlock.of(view, interfaceAt(view, slot));
		if (link.native !== 0) offer(view, link);
	}
}

/** Whether it is a connection's owner that was called. */
function isConnection(view: DataView): boolean {
	const core = CoreBlock.of(view, CORE);
	return core.told < ((FIRST_SOCKET + core.tcbCount) | 0);
}

/** Whether the owner that is called belongs to a service (DHCP, DNS). Services take long, so frames are looked at before the next owner is called. */
function isOfService(view: DataView): boolean {
	const core = CoreBlock.of(view, CORE);
	const service = (core.told - FIRST_SOCKET - core.tcbCount - core.udpCount) | 0;
	return core.told === OTHERS || (service >= 0 && service < core.serviceCount);
}

/** The owners of sockets that have news are called; news that their calls make wait for the next turn. */
function news(view: DataView): number {
	const core = CoreBlock.of(view, CORE);
	if (core.newsEnd === 0) {
		core.phase = OUTPUT;
		return NOTHING;
	}
	const last = core.newsFirst === core.newsEnd;
	const taken = newsTake(view);
	core.told = taken >> 8;
	if (last || isOfService(view)) {
		core.newsEnd = 0;
		core.busy = core.busy | BUSY_TOLD;
	}
	return requests.NEWS | (taken << requests.VALUE_SHIFT);
}

/** What waits for the owner that is called: bytes of a connection, datagrams of a UDP or raw socket, or what came back of pings. */
export function turnWaiting(view: DataView): number {
	const core = CoreBlock.of(view, CORE);
	const index = (core.told - FIRST_SOCKET) | 0;
	if (index < 0) return 0;
	if (index < core.tcbCount) return TcbBlock.of(view, tcbAt(view, index)).rcvQueued;
	const udp = (index - core.tcbCount) | 0;
	const echo = (udp - core.udpCount - core.serviceCount) | 0;
	if (echo < 0) return UdpBlock.of(view, udpAt(view, udp)).count;
	if (echo < core.echoCount) return EchoBlock.of(view, echoAt(view, echo)).count;
	return UdpBlock.of(view, rawAt(view, (echo - core.echoCount) | 0)).count;
}

/** What can be written to the connection whose owner is called, bytes; 0 when it is no connection, or takes nothing. */
export function turnRoom(view: DataView): number {
	const core = CoreBlock.of(view, CORE);
	const index = (core.told - FIRST_SOCKET) | 0;
	if (index < 0 || index >= core.tcbCount) return 0;
	const tcb = TcbBlock.of(view, tcbAt(view, index));
	return tcb.sendable === 0 ? 0 : tcb.sndRoom;
}

/** What there is to send is sent. */
function output(view: DataView): number {
	const core = CoreBlock.of(view, CORE);
	// After calls of applications another turn follows when these have made news, or when there was no packet to receive into: they may have given one back.
	if ((core.busy & BUSY_TOLD) !== 0) core.busy = core.newsFirst !== 0 || core.packet < 0 ? BUSY_MORE : core.busy & BUSY_MORE;
	while (outputStep(view)) {}
	outputEnds(view);
	core.leftLow = core.drainLow;
	core.leftHigh = core.drainHigh;
	core.drainLow = 0;
	core.drainHigh = 0;
	core.phase = DRAIN;
	return NOTHING;
}

/** Devices are offered what waits for them; then the turn is over, and perhaps the poll. */
function drain(view: DataView): number {
	const core = CoreBlock.of(view, CORE);
	for (let slot = nextSlot(view); slot !== 0; slot = nextSlot(view)) {
		const link = InterfaceBlock.of(view, interfaceAt(view, slot));
		if (link.native !== 0) offer(view, link);
		// The device takes packets again: connections that have been waiting for it get another turn.
		if (core.pending !== 0 && (link.native === 0 || link.waiting <= link.again)) core.busy = BUSY_MORE;
		if (link.native !== 0) continue;
		core.pendingSeen = core.pending;
		return requests.DRAIN | (slot << requests.VALUE_SHIFT);
	}
	// Another turn, too, for news that came after owners were called, and where devices hold frames for which there was no packet until now.
	if (core.newsFirst !== 0 || (core.packet < 0 && core.free > CONTROL_PACKETS && (core.readyLow | core.readyHigh) !== 0))
		core.busy = BUSY_MORE;
	core.turns = (core.turns - 1) | 0;
	return core.turns > 0 && (core.busy !== 0 || hasMoved(view)) ? begins(view) : ends(view);
}

/** Called when there is nothing else to do: looks, a limited number of times, whether a device that is in the middle of a frame has finished it. Answers whether one has. */
function hasMoved(view: DataView): boolean {
	const core = CoreBlock.of(view, CORE);
	while ((core.againLow | core.againHigh) !== 0 && core.looks !== 0) {
		core.looks = (core.looks - 1) | 0;
		core.leftLow = core.againLow;
		core.leftHigh = core.againHigh;
		for (let slot = nextSlot(view); slot !== 0; slot = nextSlot(view))
			if (!devicePasses(view, InterfaceBlock.of(view, interfaceAt(view, slot)).native)) return true;
	}
	return false;
}

/** The poll is over. */
function ends(view: DataView): number {
	const core = CoreBlock.of(view, CORE);
	if (core.faulty !== 0) return requests.FAULT;
	core.awake = 0;
	core.phase = LINKS;
	let wanted = core.wanted;
	if (core.busy !== 0 || (core.againLow | core.againHigh) !== 0 || core.noticed !== 0 || (core.lookLow | core.lookHigh) !== 0)
		wanted = 0;
	else {
		if (core.armed !== 0) wanted = sooner(wanted, (core.due - core.now) | 0);
		if (core.tcpArmed !== 0) wanted = sooner(wanted, (core.tcpDue - core.now) | 0);
		if (core.neighborsArmed !== 0) wanted = sooner(wanted, (core.neighborsDue - core.now) | 0);
	}
	return (requests.DONE - wanted) | 0;
}

/** The earlier of when a poll is wanted, in ms, -1 for not at all, and what is due in so many ms. */
function sooner(wanted: number, left: number): number {
	return wanted < 0 || left < wanted ? Math.max(left, 0) : wanted;
}
