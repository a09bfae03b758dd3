// Runs a script against a stack under the virtual clock, bench.ts. Read script.ts for what a script is, packetdrill's README for what the lines mean.

import { OFFER } from "../../src/packet/offers.ts";
import { TcpBlock, tcpAt } from "../../src/packet/tcp-block.ts";
import type { Stack } from "../../src/stack.ts";
import type { Tcb } from "../../src/transport/tcp/tcb.ts";
import { NOTHING, type Allowances } from "./allowances.ts";
import { Bench, isSetting, setting } from "./bench.ts";
import { Code } from "./code.ts";
import { Expectation } from "./expectation.ts";
import { forgetCookies, knownCookies } from "./fast-open.ts";
import { Flow } from "./flow.ts";
import { build, cut } from "./incoming.ts";
import { ScriptError, Unsupported } from "./lexer.ts";
import type { Outgoing } from "./outgoing.ts";
import { SYN, ACK } from "./packets.ts";
import type { Call, Event, Script, ScriptPacket } from "./script.ts";
import { SOCKSTAT_STATES, commandsOf, readCommand, settingsOf } from "./shell.ts";
import { stackOptions } from "./stack-options.ts";
import { Sockets, type Outcome, type Surroundings } from "./sockets.ts";
import { seconds, Timing } from "./timing.ts";
import { Reduced, type Missing } from "./without.ts";

export interface RunOptions {
	/** Chooses the stack's random numbers. */
	seed?: number;
	/** Added to all sequence numbers of the peer, so that they wrap where the script's do not. */
	remoteOffset?: number;
	/** Packets that nobody expected at the end of the script are an error. */
	strictEnd?: boolean;
	/** TCP options that the stack lacks: taken out of packets. */
	without?: Missing | undefined;
	/** Where the stack may differ from the script, as an RFC allows it. */
	allow?: Allowances | undefined;
	/** A published script: its times are as inexact as packetdrill takes them, one eighth of what passes. */
	published?: boolean;
	/** Sockets receive as much as the script's largest buffer at most, not as its usual one. */
	ceiling?: boolean | undefined;
}

/** Options that change nothing here. */
const IGNORED = new Set([
	"send_omit_free",
	"no_tolerance",
	"init_scripts",
	"non_fatal",
	"speed",
	"code_command",
	"code_format",
	"dry_run",
	"define",
	"strict_segments",
	"tcp_ts_ecr_scaled",
	"mss",
]);

export class Runner implements Surroundings {
	readonly localAddress: string;
	readonly remoteAddress: string;
	readonly bindPort: number;
	readonly connectPort: number;
	readonly stack: Stack;
	readonly #script: Script;
	readonly #options: RunOptions;
	readonly #bench: Bench;
	readonly #sockets: Sockets;
	readonly #code = new Code();
	readonly #flows: Flow[] = [];
	readonly #timing: Timing;
	readonly #expectation: Expectation;
	readonly #reduced: Reduced | undefined;
	/** Bytes of a packet that come in at most, and of TCP's payload in one if the script says so. */
	readonly #frame: { mtu: number; mss: number };
	/** Real cookies of Fast Open by those of the script. */
	readonly #cookies: Map<string, number[]> = new Map();
	#current: Flow | undefined;
	#nextPort = 33_000;
	#blocked: { call: Call; event: Event; end: number } | undefined;

	constructor(script: Script, options: RunOptions = {}) {
		this.#script = script;
		this.#options = options;
		const { without, published = false } = options;
		for (const name of script.options.keys())
			if (!isSetting(name) && !IGNORED.has(name)) throw new Unsupported(`${script.name}: option --${name}`, `--${name}`);
		const version = setting(script.options, "ip_version");
		if (version !== "ipv4" && version !== "ipv6" && version !== "ipv4-mapped-ipv6")
			throw new Unsupported(`${script.name}: --ip_version=${version}`, `--ip_version=${version}`);
		for (const text of script.commands) for (const command of commandsOf(text)) this.#named(1, () => readCommand(command));
		this.#bench = new Bench(script.options, stackOptions(script, published, options.ceiling ?? false), options.seed ?? 1);
		this.localAddress = this.#bench.ends.local;
		this.remoteAddress = this.#bench.ends.remote;
		const mss = Number(script.options.get("mss") ?? Infinity);
		this.#frame = { mtu: Number(setting(script.options, "mtu")), mss };
		this.bindPort = Number(setting(script.options, "bind_port"));
		this.connectPort = Number(setting(script.options, "connect_port"));
		this.stack = this.#bench.node.stack;
		this.#reduced = without && new Reduced(without);
		const allow = options.allow ?? NOTHING;
		this.#timing = new Timing(Number(setting(script.options, "tolerance_usecs")) / 1000, published, allow);
		const tick = Number(setting(script.options, "tcp_ts_tick_usecs"));
		const stampTolerance = !published ? 0 : tick === 0 ? -1 : (this.#timing.tolerance * 1000) / tick;
		this.#expectation = new Expectation(
			this.#bench,
			this.#timing,
			{ allow, stampTolerance, cookies: !published },
			(packet, sent) => this.#flowSent(packet, sent),
		);
		const fastOpen = settingsOf(script).fastOpen ?? 0;
		this.#sockets = new Sockets(this, fastOpen, this.#frame.mtu);
		if (allow.has("cookie")) this.#cookies = knownCookies(this.stack, this.localAddress, this.remoteAddress);
	}

	#named<T>(line: number, action: () => T): T {
		try {
			return action();
		} catch (error) {
			const { name } = this.#script;
			if (!(error instanceof ScriptError) || error.message.startsWith(`${name}:`)) throw error;
			if (error instanceof Unsupported) error.message = `${name}:${line}: ${error.message}`;
			else throw new ScriptError(`${name}:${line}: ${error.message}`);
			throw error;
		}
	}

	/** Runs the script to its end. Throws ScriptError with the script's line, what was expected and what happened. */
	run(): void {
		for (const event of this.#script.events) {
			try {
				this.#named(event.line, () => this.#event(event));
			} catch (error) {
				if (error instanceof ScriptError && !error.message.includes("\n  line:")) error.message += `\n  line:   ${event.text}`;
				throw error;
			}
		}
		this.#settle();
		if (this.#blocked)
			throw new ScriptError(`${this.#script.name}:${this.#blocked.event.line}: ${this.#blocked.call.name} never returned`);
		if (this.#options.strictEnd && this.#bench.sent.length > 0)
			throw new ScriptError(
				`${this.#script.name}: sent at the end, but not in the script:\n${this.#bench.sent.map((sent) => this.#expectation.describe(sent)).join("\n")}`,
			);
		this.#sockets.closeAll();
		this.#settle();
	}

	flowFor(tcb: Tcb): Flow | undefined {
		return this.#flows.find((flow) => flow.localPort === tcb.localPort && flow.remotePort === tcb.remotePort);
	}

	connecting(localPort: number, remotePort: number): Flow {
		return (this.#current = this.#flow(localPort, remotePort));
	}

	listening(): void {
		this.#current = undefined;
	}

	#flow(localPort: number, remotePort: number): Flow {
		const flow = new Flow(localPort, remotePort, this.#options.remoteOffset ?? 0, this.#cookies);
		this.#flows.push(flow);
		return flow;
	}

	#settle(): void {
		this.#bench.world.settle();
		this.#retry();
	}

	/** Lets time pass up to `at`, or until `done`. */
	#advance(at: number, done: () => boolean = () => false): void {
		this.#settle();
		const bench = this.#bench;
		while (!done() && bench.now < at) {
			// In steps of a millisecond at most while a call waits, so that its end is noticed when it happens.
			const step = this.#blocked ? Math.min(1, at - bench.now) : at - bench.now;
			bench.world.until(() => done(), step);
			this.#settle();
		}
	}

	#event(event: Event): void {
		const { action, time } = event;
		const inbound = action.type === "packet" && action.inbound;
		const { base, at, until } = this.#timing.begin(time, inbound, this.#bench.now);
		if (action.type === "packet" && !action.inbound) this.#expectPacket(action, event, at, until);
		else {
			if (this.#bench.now > at + this.#timing.slack)
				throw new ScriptError(`timing error: expected at ${seconds(at)} but it is ${seconds(this.#bench.now)}`);
			this.#advance(at);
			if (action.type === "packet") this.#inject(action);
			else if (action.type === "call") this.#call(action, event, time.kind === "relative" ? base : 0);
			else if (action.type === "command") for (const command of commandsOf(action.text)) this.#command(command);
			else if (!this.#options.allow?.has("info")) this.#code.check(action.text, this.#sockets.info());
			this.#settle();
		}
		this.#timing.end(at, inbound);
	}

	#command(text: string): void {
		const command = readCommand(text);
		if (command.kind === "fastOpen") this.#sockets.fastOpen = command.bits;
		if (command.kind === "timestamps") this.#offerStamps(command.on);
		if (command.kind === "forget") forgetCookies(this.stack);
		if (command.kind === "sleep") this.#advance(this.#bench.now + command.ms);
		if (command.kind !== "count" && command.kind !== "drop") return;
		const name = SOCKSTAT_STATES[command.state];
		if (name === undefined) throw new Unsupported(`state ${command.state}`, "sockstat");
		const found = this.stack.tcp.inUse().filter((tcb) => tcb.stateName === name);
		if (command.kind === "drop") for (const tcb of found) this.stack.tcp.abort(tcb);
		else if (found.length !== command.expected)
			throw new ScriptError(`${found.length} sockets in state ${command.state}: expected ${command.expected}`);
	}

	#offerStamps(on: boolean): void {
		const { view } = this.stack.core;
		const tcp = TcpBlock.of(view, tcpAt(view));
		tcp.offers = on ? tcp.offers | OFFER.timestamps.bit : tcp.offers & ~OFFER.timestamps.bit;
	}

	#call(call: Call, event: Event, base: number): void {
		if (this.#blocked) throw new ScriptError(`${this.#blocked.call.name} of line ${this.#blocked.event.line} still blocks`);
		const outcome = this.#sockets.call(call);
		if (outcome !== undefined) {
			if (call.end !== undefined && base + call.end > this.#bench.now + this.#timing.slack)
				throw new ScriptError(`${call.name} was expected to block until ${seconds(base + call.end)}`);
			return this.#check(call, outcome);
		}
		if (!this.#sockets.blocks(call)) return this.#check(call, "EAGAIN");
		if (call.end === undefined) {
			// As packetdrill: it must return at once, but what happens in this instant still counts.
			this.#bench.world.settle();
			const second = this.#sockets.call(call);
			if (second === undefined) throw new ScriptError(`${call.name} blocks, but the script does not say so`);
			return this.#check(call, second);
		}
		this.#blocked = { call, event, end: base + call.end };
	}

	#retry(): void {
		const blocked = this.#blocked;
		if (!blocked) return;
		const outcome = this.#sockets.call(blocked.call);
		if (outcome === undefined) return;
		this.#blocked = undefined;
		this.#bench.world.settle();
		this.#named(blocked.event.line, () => {
			this.#check(blocked.call, outcome);
			if (Math.abs(this.#bench.now - blocked.end) > this.#timing.slack)
				throw new ScriptError(
					`timing error: ${blocked.call.name} was expected to return at ${seconds(blocked.end)}, returned at ${seconds(this.#bench.now)}`,
				);
		});
	}

	#check({ name, result, errno }: Call, outcome: Outcome): void {
		const got = typeof outcome === "string" ? -1 : outcome;
		const gotErrno = typeof outcome === "string" ? outcome : "";
		if (result.kind === "ellipsis") return;
		const expected = result.kind === "int" ? result.value : undefined;
		const wanted = errno === "EWOULDBLOCK" ? "EAGAIN" : errno;
		if (got !== expected || (wanted !== "" && wanted !== gotErrno))
			throw new ScriptError(`${name}: expected ${String(expected)} ${errno}, got ${String(got)} ${gotErrno}`);
	}

	#inject(packet: ScriptPacket): void {
		const prepared = packet.protocol === "tcp" && this.#reduced ? this.#reduced.inbound(packet) : packet;
		const flow = this.#flowOf(prepared);
		for (const segment of cut(prepared, flow, this.#bench.ends, this.#frame))
			this.#bench.inject(build(segment, flow, this.#bench.ends));
	}

	/** The connection that an inbound packet belongs to; a SYN to a listener begins one. */
	#flowOf(packet: ScriptPacket): Flow {
		const [remotePort, localPort] = packet.ports ?? [0, 0];
		let flow = packet.ports
			? this.#flows.find((one) => one.remotePort === remotePort && one.localPort === localPort)
			: this.#current;
		if (!flow) {
			flow = this.#flow(localPort || this.bindPort, remotePort || this.#nextPort++);
			this.#current = flow;
		}
		if (packet.protocol === "tcp" && packet.flags & SYN) {
			if (!flow.remoteKnown) {
				flow.remoteFirst = packet.seq + 1;
				if (this.#options.published) flow.since.remote = packet.seq;
			}
			flow.remoteKnown = true;
			flow.scales.agreed = packet.options?.some(({ kind }) => kind === "wscale") ?? false;
			// Perhaps a new connection in place of one in TIME-WAIT: our SYN will tell.
			flow.reopenedAt = packet.flags & ACK ? undefined : packet.seq + 1;
		}
		return flow;
	}

	#expectPacket(packet: ScriptPacket, event: Event, at: number, until: number): void {
		const expected = packet.protocol === "tcp" && this.#reduced ? this.#reduced.outbound(packet) : packet;
		const any = event.time.kind === "any";
		this.#advance(this.#timing.patience(any, this.#bench.now, until), () => this.#hasSent(packet));
		this.#expectation.check(expected, any, at, until, () => this.#settle(), this.#reduced !== undefined);
	}

	/** Whether something was sent that may be the packet: as packetdrill, published scripts say nothing of other connections than the last. */
	#hasSent(packet: ScriptPacket): boolean {
		const { sent } = this.#bench;
		const last = this.#current;
		const others = this.#options.published === true && packet.protocol === "tcp" && !packet.ports && last !== undefined;
		const isOthers = ({ tcp }: Outgoing) =>
			this.#flows.some((one) => one !== last && one.localPort === tcp?.sourcePort && one.remotePort === tcp.destinationPort);
		while (others && sent.length > 0 && isOthers(sent[0]!.packet)) sent.shift();
		return sent.length > 0;
	}

	/** The connection that a packet which was sent belongs to; a SYN tells its initial sequence number. */
	#flowSent(packet: ScriptPacket | undefined, { tcp, udp }: Bench["sent"][number]["packet"]): Flow {
		const ports = tcp ?? udp;
		const found =
			(ports && this.#flows.find((one) => one.localPort === ports.sourcePort && one.remotePort === ports.destinationPort)) ??
			this.#current;
		if (packet === undefined) return found ?? new Flow(0, 0, 0);
		const flow = found ?? this.#flow(ports?.sourcePort ?? this.bindPort, ports?.destinationPort ?? this.connectPort);
		if (tcp && tcp.flags & SYN && packet.protocol === "tcp" && packet.flags & SYN) {
			const reopened = flow.reopenedAt !== undefined && flow.reopenedAt !== flow.remoteFirst;
			if (reopened) flow.remoteFirst = flow.reopenedAt!;
			if (reopened || !flow.localKnown) {
				flow.localKnown = true;
				flow.localOffset = (tcp.seq - packet.seq) | 0;
				flow.localFirst = packet.seq + 1;
				if (this.#options.published) flow.since.local = packet.seq;
			}
		}
		return flow;
	}
}
