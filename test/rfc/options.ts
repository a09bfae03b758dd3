// Socket options, ioctl and TCP_INFO of a script's system calls, as far as this stack has what they ask for.

import type { Tcp } from "../../src/transport/tcp/tcp.ts";
import * as states from "../../src/transport/tcp/tcb.ts";
import type { Tcb } from "../../src/transport/tcp/tcb.ts";
import type { Info } from "./code.ts";
import { expectValue, number, optionValue, words, type Descriptor } from "./descriptors.ts";
import { ScriptError, Unsupported } from "./lexer.ts";
import type { Call } from "./script.ts";
import { blockOf } from "../support/tcb.ts";
import { BIT_NO_DELAY, BIT_SACK, BIT_SCALE, BIT_STAMPS, BIT_SYN_DATA } from "../../src/packet/tcb-block.ts";

const ERRNO: Readonly<Record<string, string>> = {
	reset: "ECONNRESET",
	timeout: "ETIMEDOUT",
	refused: "ECONNREFUSED",
	unreachable: "EHOSTUNREACH",
	closed: "ECONNABORTED",
};

/** Numbers of states in TCP_INFO. */
const LINUX_STATES: Readonly<Record<string, number>> = {
	established: 1,
	synSent: 2,
	synReceived: 3,
	finWait1: 4,
	finWait2: 5,
	timeWait: 6,
	closed: 7,
	closeWait: 8,
	lastAck: 9,
	listen: 10,
	closing: 11,
};

/** Options that say nothing about what a peer sees, only what this stack does anyhow, or what it has fixed. */
const IGNORED_OPTIONS = new Set([
	"SO_REUSEADDR",
	"SO_REUSEPORT",
	"TCP_QUICKACK",
	"SO_SNDBUF",
	"SO_RCVBUF",
	"SO_ZEROCOPY",
	"SO_DEBUG",
]);

/** The name of the error that ended the connection; the application has been told of it now. */
export function takeError(descriptor: Descriptor): string {
	descriptor.errorTold = true;
	return ERRNO[descriptor.tcb!.error] ?? "EIO";
}

/** From here on a slow start threshold is none. */
const UNLIMITED = 0x3fffffff;

/** Linux's bits of `tcpi_options`, by ours. */
const INFO_OPTIONS = [
	[BIT_STAMPS, 1],
	[BIT_SACK, 2],
	[BIT_SCALE, 4],
	[BIT_SYN_DATA, 32],
] as const;

/** Linux's states of congestion control. */
const CA_OPEN = 0;
const CA_DISORDER = 1;
const CA_RECOVERY = 3;
const CA_LOSS = 4;

/** What code may ask about a connection, as far as the stack has it. */
export function infoOf(tcb: Tcb): Info {
	const block = blockOf(tcb);
	const mss = Math.max(1, block.sndMss);
	const { bits, sackedBytes, dupAcks } = block;
	const disorder = sackedBytes > 0 || dupAcks > 0 ? CA_DISORDER : CA_OPEN;
	return {
		tcpi_snd_cwnd: Math.floor(block.cwnd / mss),
		tcpi_snd_ssthresh: block.ssthresh >= UNLIMITED ? 0x7fffffff : Math.floor(block.ssthresh / mss),
		tcpi_snd_mss: mss,
		tcpi_state: LINUX_STATES[states.STATE_NAMES[tcb.state]!]!,
		tcpi_ca_state: block.timedOut ? CA_LOSS : block.recovering ? CA_RECOVERY : disorder,
		tcpi_options: INFO_OPTIONS.reduce((all, [bit, linux]) => (bits & bit ? all | linux : all), 0),
		tcpi_unacked: Math.ceil(((block.sndMax - block.sndUna) | 0) / mss),
		tcpi_sacked: Math.ceil(sackedBytes / mss),
		tcpi_lost: Math.ceil(block.lostBytes / mss),
		tcpi_backoff: block.backoff,
		tcpi_rto: block.rto * 1000,
		tcpi_rtt: block.srtt < 0 ? 0 : (block.srtt / 8) * 1000,
		tcpi_rttvar: (block.rttvar / 4) * 1000,
		tcpi_min_rtt: block.minRtt * 1000,
		tcpi_snd_wscale: block.sndScale,
		tcpi_rcv_wscale: block.rcvScale,
	};
}

/** setsockopt: notes the option; applyOptions hands it over. */
export function setOption(descriptor: Descriptor, call: Call): void {
	const name = words(call.items[2])[0] ?? "";
	if (IGNORED_OPTIONS.has(name)) return;
	const value = optionValue(call.items[3]);
	switch (name) {
		case "TCP_NODELAY":
			descriptor.noDelay = value !== 0;
			break;
		case "SO_KEEPALIVE":
			descriptor.keepAlive.on = value !== 0;
			break;
		case "TCP_KEEPIDLE":
			descriptor.keepAlive.idle = value * 1000;
			break;
		case "TCP_KEEPINTVL":
			descriptor.keepAlive.interval = value * 1000;
			break;
		case "TCP_KEEPCNT":
			descriptor.keepAlive.count = value;
			break;
		case "TCP_FASTOPEN":
			descriptor.fastOpen = value;
			break;
		case "TCP_FASTOPEN_CONNECT":
			descriptor.fastConnect = value !== 0;
			break;
		case "TCP_SYNCNT":
			// So many retransmissions of a SYN, after 1, 2, 4 … s.
			descriptor.userTimeout = (2 ** (value + 1) - 1) * 1000;
			break;
		case "TCP_USER_TIMEOUT":
			descriptor.userTimeout = value;
			break;
		case "IP_TTL":
		case "IPV6_UNICAST_HOPS":
			descriptor.ttl = value;
			break;
		case "IP_TOS":
		case "IPV6_TCLASS":
			// The two bits below the DSCP are ECN's.
			if ((value & 3) !== 0) throw new ScriptError(`IP_TOS ${value}: expected a multiple of 4`);
			descriptor.tos = value;
			break;
		case "SO_LINGER": {
			const linger = call.items[3];
			if (linger?.kind !== "struct") throw new ScriptError("SO_LINGER: expected {onoff=…, linger=…}");
			if (number(linger.fields.get("onoff")) !== 0) descriptor.linger = number(linger.fields.get("linger")) * 1000;
			break;
		}
		default:
			throw new Unsupported(`socket option ${name}`, name);
	}
}

/** Hands the options that were set over to the connection. */
export function applyOptions(descriptor: Descriptor, tcp: Tcp): void {
	const { tcb, keepAlive } = descriptor;
	if (!tcb) return;
	if (descriptor.ttl !== 0) tcp.setTtl(tcb, descriptor.ttl);
	if (descriptor.tos >= 0) tcp.setDscp(tcb, descriptor.tos >> 2);
	if (descriptor.listening) return;
	const noDelay = (blockOf(tcb).bits & BIT_NO_DELAY) !== 0;
	if (noDelay !== descriptor.noDelay) tcp.setNoDelay(tcb, descriptor.noDelay);
	blockOf(tcb).userTimeout = descriptor.userTimeout;
	if (keepAlive.on || blockOf(tcb).keepAliveIdle > 0)
		tcp.setKeepAlive(tcb, keepAlive.on ? keepAlive.idle : 0, keepAlive.interval, keepAlive.count);
	if (descriptor.linger >= 0) tcp.setLinger(tcb, descriptor.linger);
}

/** getsockopt: throws when the value is not the expected one. */
export function checkOption(descriptor: Descriptor, call: Call): void {
	const name = words(call.items[2])[0] ?? "";
	const tcb = descriptor.tcb;
	switch (name) {
		case "SO_ERROR": {
			const pending = tcb && tcb.error !== "" && !descriptor.errorTold ? takeError(descriptor) : "";
			const expected = call.items[3];
			const list = expected?.kind === "list" ? expected.items[0] : expected;
			if (list?.kind === "word" && list.name !== pending)
				throw new ScriptError(`SO_ERROR: expected ${list.name}, got ${pending || 0}`);
			if (list?.kind === "int" && pending !== "") throw new ScriptError(`SO_ERROR: expected ${list.value}, got ${pending}`);
			return;
		}
		case "SO_RCVBUF":
		case "SO_SNDBUF":
			return;
		case "TCP_MAXSEG":
			expectValue(call.items[3], tcb === undefined ? 536 : blockOf(tcb).sndMss);
			return;
		case "TCP_NODELAY":
			expectValue(call.items[3], descriptor.noDelay ? 1 : 0);
			return;
	}
	throw new Unsupported(`getsockopt ${name}`, `getsockopt ${name}`);
}

/** ioctl: throws when the value is not the expected one. */
export function checkIoctl(tcb: Tcb, call: Call): void {
	const command = words(call.items[1])[0];
	if (command === "SIOCINQ" || command === "FIONREAD") expectValue(call.items[2], tcb.pending);
	else if (command === "SIOCOUTQ") expectValue(call.items[2], tcb.sndUsed);
	else throw new Unsupported(`ioctl ${String(command)}`, `ioctl ${String(command)}`);
}
