// Runs a script against a stack under the virtual clock. The stack has one Ethernet interface; a router that answers ARP
// stands for the rest of the world. Read script.ts for what a script is, packetdrill's README for what the lines mean.

import type { Stack } from "../../src/stack.ts";
import type { StackOptions } from "../../src/config.ts";
import { ARP_REPLY, ETHERTYPE_ARP, ETHERTYPE_IPV4, arp, ethernet, icmp, ip } from "../support/frames.ts";
import { parseFrame, type Parsed } from "../support/parse.ts";
import { macOf, type QueueDevice } from "../support/wire.ts";
import { World, type Node } from "../support/world.ts";
import type { Tcb } from "../../src/transport/tcp/tcb.ts";
import { ScriptError } from "./lexer.ts";
import { ACK, Flow, PSH, SYN, build, compare, inScript, joinSegments, packetText } from "./packets.ts";
import type { Call, Event, Script, ScriptPacket, TcpPacket } from "./script.ts";
import { checkCode } from "./code.ts";
import { Sockets, type Outcome, type Surroundings } from "./sockets.ts";

export interface RunOptions {
	/** Chooses the stack's random numbers. */
	seed?: number;
	/** Added to all sequence numbers of the peer, so that they wrap where the script's do not. */
	remoteOffset?: number;
	/** Packets that nobody expected at the end of the script are an error. */
	strictEnd?: boolean;
	/**
	 * For scripts written for another stack: TCP options that this one lacks are taken out of packets, with their effect on windows,
	 * and where PSH stands is not looked at.
	 */
	without?: readonly ("wscale" | "sackOK" | "TS")[];
}

const OPTIONS: Readonly<Record<string, string>> = {
	tolerance_usecs: "4000",
	ip_version: "ipv4",
	local_ip: "192.168.0.1",
	remote_ip: "192.0.2.1",
	gateway_ip: "192.168.0.2",
	netmask_ip: "255.255.0.0",
	bind_port: "8080",
	connect_port: "8080",
	mtu: "1500",
};

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
]);

/** Shell lines that change nothing here: Linux's settings, all about what this stack has fixed. */
const IGNORED_COMMANDS = [
	/^(\.\/|\.\.\/)*(common\/)?(defaults|set_sysctls)\.(sh|py)\b[^;&|]*$/,
	/^(sudo )?sysctl\b[^;&|]*$/,
	/^\/proc\/sys\/[^;&|]*$/,
	/^(ip (tcp_metrics|route)|tc|ethtool|nstat|sockstat|kldload|echo|sleep 0)\b[^;&]*$/,
];

const PADDING: readonly string[] = ["nop", "eol"];

/** How long an expected packet may be late before the wait is given up, ms. */
const PATIENCE = 20_000;
const ROUTER = macOf(0x0fe0);

interface Sent {
	readonly at: number;
	readonly parsed: Parsed;
}

/** Shell lines that make sense here set the sizes of buffers. */
function bufferSizes(commands: readonly string[]): { receiveBuffer: number; sendBuffer: number } {
	const sizes = { receiveBuffer: 65535, sendBuffer: 65535 };
	for (const command of commands) {
		for (const [pattern, name] of [
			[/tcp_rmem=["']?\d+\s+(\d+)/, "receiveBuffer"],
			[/tcp_wmem=["']?\d+\s+(\d+)/, "sendBuffer"],
		] as const) {
			const size = pattern.exec(command)?.[1];
			if (size !== undefined) sizes[name] = Math.min(65535, Number(size));
		}
	}
	return sizes;
}

export class Runner implements Surroundings {
	readonly localAddress: number;
	readonly remoteAddress: number;
	readonly bindPort: number;
	readonly connectPort: number;
	readonly stack: Stack;
	readonly #script: Script;
	readonly #options: RunOptions;
	readonly #world: World;
	readonly #node: Node;
	readonly #device: QueueDevice;
	readonly #sockets: Sockets;
	readonly #sent: Sent[] = [];
	readonly #flows: Flow[] = [];
	readonly #start: number;
	readonly #tolerance: number;
	#current: Flow | undefined;
	#nextPort = 33_000;
	#scale = 0;
	#blocked: { call: Call; event: Event; end: number | undefined } | undefined;
	#last: { at: number; inbound: boolean } = { at: 0, inbound: false };

	constructor(script: Script, options: RunOptions = {}) {
		this.#script = script;
		this.#options = options;
		const setting = (name: string) => script.options.get(name) ?? OPTIONS[name]!;
		for (const name of script.options.keys())
			if (!(name in OPTIONS) && !IGNORED.has(name)) throw new ScriptError(`${script.name}: option --${name} is not supported`);
		if (setting("ip_version") !== "ipv4")
			throw new ScriptError(`${script.name}: --ip_version=${setting("ip_version")} is not supported`);
		for (const command of script.commands) this.#command(command, 1);
		this.localAddress = ip(setting("local_ip"));
		this.remoteAddress = ip(setting("remote_ip"));
		this.bindPort = Number(setting("bind_port"));
		this.connectPort = Number(setting("connect_port"));
		this.#tolerance = Number(setting("tolerance_usecs")) / 1000;
		this.#world = new World(options.seed ?? 1);
		const limits: StackOptions = { sockets: { tcp: 12, udp: 4, icmp: 1, ...bufferSizes(script.commands) }, packets: 32 };
		this.#node = this.#world.node("tested", limits);
		this.stack = this.#node.stack;
		this.#device = this.#world.device({ mtu: Number(setting("mtu")), mac: macOf(1) });
		this.#device.onSend = (frame) => this.#captured(frame);
		const prefix = 32 - Math.round(Math.log2(2 ** 32 - (ip(setting("netmask_ip")) >>> 0)));
		const iface = this.#node.ethernet("eth0", this.#device, `${setting("local_ip")}/${prefix}`);
		this.stack.routes.add({ prefix: "0.0.0.0/0", gateway: setting("gateway_ip"), interface: iface });
		this.#sockets = new Sockets(this);
		// A ping from the router: the stack knows its neighbour before the script begins.
		const ping = icmp({ source: setting("gateway_ip"), destination: setting("local_ip"), type: 8, rest: 1 });
		this.#device.inject(ethernet(this.#device.mac, ROUTER, ETHERTYPE_IPV4, ping));
		this.#world.run(2000);
		this.#sent.length = 0;
		this.#start = this.#world.clock.now;
	}

	/** Runs the script to its end. Throws ScriptError with the script's line, what was expected and what happened. */
	run(): void {
		for (const event of this.#script.events) {
			try {
				this.#event(event);
			} catch (error) {
				if (!(error instanceof ScriptError)) throw error;
				throw new ScriptError(
					error.message.startsWith(this.#script.name)
						? error.message
						: `${this.#script.name}:${event.line}: ${error.message}\n  line:   ${event.text}`,
				);
			}
		}
		this.#settle();
		if (this.#blocked)
			throw new ScriptError(`${this.#script.name}:${this.#blocked.event.line}: ${this.#blocked.call.name} never returned`);
		if (this.#options.strictEnd && this.#sent.length > 0)
			throw new ScriptError(
				`${this.#script.name}: sent at the end, but not in the script:\n${this.#sent.map((sent) => this.#describe(sent)).join("\n")}`,
			);
		this.#sockets.closeAll();
		this.#settle();
	}

	/** Milliseconds since the start of the script. */
	get #now(): number {
		return this.#world.clock.now - this.#start;
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
		const flow = new Flow(this.localAddress, localPort, this.remoteAddress, remotePort, this.#options.remoteOffset ?? 0);
		this.#flows.push(flow);
		return flow;
	}

	#captured(frame: Uint8Array): void {
		const parsed = parseFrame(frame);
		if (parsed.etherType === ETHERTYPE_ARP) {
			const asked = parsed.arp!;
			if (asked.operation !== 1 || asked.target === asked.sender) return;
			const reply = arp({
				operation: ARP_REPLY,
				senderMac: ROUTER,
				sender: asked.target,
				targetMac: asked.senderMac,
				target: asked.sender,
			});
			this.#device.inject(ethernet(asked.senderMac, ROUTER, ETHERTYPE_ARP, reply));
			return;
		}
		this.#sent.push({ at: this.#now, parsed });
	}

	#settle(): void {
		this.#world.settle();
		this.#retry();
	}

	/** Lets time pass up to `at`, or until `done`. */
	#advance(at: number, done: () => boolean = () => false): void {
		this.#settle();
		while (!done() && this.#now < at) {
			// In steps of a millisecond at most while a call waits, so that its end is noticed when it happens.
			const step = this.#blocked ? Math.min(1, at - this.#now) : at - this.#now;
			this.#world.until(() => done(), step);
			this.#settle();
		}
	}

	#event(event: Event): void {
		const { action, time } = event;
		const inbound = action.type === "packet" && action.inbound;
		const base = time.kind === "absolute" ? 0 : this.#last.inbound && inbound ? this.#last.at : this.#now;
		const at = base + time.at;
		if (action.type === "packet" && !action.inbound) this.#expectPacket(action, event, at, base + time.until);
		else {
			if (this.#now > at + this.#tolerance)
				throw new ScriptError(`timing error: expected at ${seconds(at)} but it is ${seconds(this.#now)}`);
			this.#advance(at);
			if (action.type === "packet") this.#inject(action);
			else if (action.type === "call") this.#call(action, event, time.kind === "relative" ? base : 0);
			else if (action.type === "command") this.#command(action.text, event.line);
			else checkCode(action.text, this.#sockets.info());
			this.#settle();
		}
		this.#last = { at, inbound };
	}

	#command(text: string, line: number): void {
		const parts = text
			.split(/\n|;|&&/)
			.map((part) => part.replace(/\\$/, "").trim())
			.filter((part) => part !== "" && !part.startsWith("#"));
		for (const part of parts) {
			const sleep = /^sleep ([\d.]+)$/.exec(part);
			if (sleep) this.#advance(this.#now + Number(sleep[1]) * 1000);
			else if (!IGNORED_COMMANDS.some((pattern) => pattern.test(part)))
				throw new ScriptError(`${this.#script.name}:${line}: shell command "${part}" is not supported`);
		}
	}

	#call(call: Call, event: Event, base: number): void {
		if (this.#blocked) throw new ScriptError(`${this.#blocked.call.name} of line ${this.#blocked.event.line} still blocks`);
		const outcome = this.#sockets.call(call);
		if (outcome !== undefined) {
			if (call.end !== undefined && base + call.end > this.#now + this.#tolerance)
				throw new ScriptError(`${call.name} was expected to block until ${seconds(base + call.end)}`);
			return this.#check(call, outcome);
		}
		if (!this.#sockets.blocks(call) && call.name !== "poll") return this.#check(call, "EAGAIN");
		if (call.end === undefined) {
			// As packetdrill: it must return at once, but what happens in this instant still counts.
			this.#world.settle();
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
		this.#world.settle();
		try {
			this.#check(blocked.call, outcome);
			if (blocked.end !== undefined && Math.abs(this.#now - blocked.end) > this.#tolerance)
				throw new ScriptError(
					`timing error: ${blocked.call.name} was expected to return at ${seconds(blocked.end)}, returned at ${seconds(this.#now)}`,
				);
		} catch (error) {
			throw new ScriptError(`${this.#script.name}:${blocked.event.line}: ${(error as Error).message}`);
		}
	}

	#check({ name, result, errno }: Call, outcome: Outcome): void {
		const got = typeof outcome === "string" ? -1 : outcome;
		const gotErrno = typeof outcome === "string" ? outcome : "";
		if (result.kind === "ellipsis") return;
		const expected = result.kind === "int" ? result.value : undefined;
		if (got !== expected || (errno !== "" && errno !== gotErrno))
			throw new ScriptError(`${name}: expected ${String(expected)} ${errno}, got ${String(got)} ${gotErrno}`);
	}

	#inject(packet: ScriptPacket): void {
		const prepared = packet.protocol === "tcp" ? this.#prepare(packet) : packet;
		const flow = this.#flowOf(prepared);
		this.#device.inject(ethernet(this.#device.mac, ROUTER, ETHERTYPE_IPV4, build(prepared, flow)));
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
			if (!flow.remoteKnown) flow.remoteFirst = packet.seq + 1;
			flow.remoteKnown = true;
			// Perhaps a new connection in place of one in TIME-WAIT: our SYN will tell.
			flow.reopenedAt = packet.flags & ACK ? undefined : packet.seq + 1;
		}
		return flow;
	}

	/** Takes out what the stack lacks: see RunOptions.without. */
	#prepare(packet: TcpPacket): TcpPacket {
		const without = this.#options.without;
		if (!without || !packet.options) return packet;
		const scale = packet.options.find((option) => option.kind === "wscale");
		if (packet.flags & SYN) this.#scale = scale?.kind === "wscale" && without.includes("wscale") ? scale.value : 0;
		const options = packet.options.filter(
			(option) =>
				!(without as readonly string[]).includes(option.kind) && !PADDING.includes(option.kind) && option.kind !== "sack",
		);
		const window =
			packet.window === undefined || packet.flags & SYN ? packet.window : Math.min(65535, packet.window * 2 ** this.#scale);
		return { ...packet, options, window };
	}

	#expectPacket(packet: ScriptPacket, event: Event, at: number, until: number): void {
		const any = event.time.kind === "any";
		this.#advance((any ? this.#now : until) + PATIENCE * (any ? 10 : 1), () => this.#sent.length > 0);
		let sent = this.#sent.shift();
		if (!sent) throw new ScriptError(`nothing was sent\n  script: ${seconds(at)} ${packetText(packet)}`);
		let expected = packet;
		const without = this.#options.without;
		if (without && expected.protocol === "tcp") {
			const kept = expected.options?.filter(
				(option) =>
					!(without as readonly string[]).includes(option.kind) && option.kind !== "sack" && !PADDING.includes(option.kind),
			);
			expected = { ...expected, options: kept, window: undefined };
		}
		if (expected.protocol === "tcp") sent = this.#joined(expected, sent);
		const flow = this.#flowSent(expected, sent.parsed);
		if (without && expected.protocol === "tcp" && sent.parsed.tcp)
			expected = { ...expected, flags: (expected.flags & ~PSH) | (sent.parsed.tcp.flags & PSH) };
		const wrong = compare(expected, sent.parsed, flow) || (any ? "" : this.#late(sent.at, at, until));
		if (wrong)
			throw new ScriptError(`${wrong}\n  script: ${seconds(at)} ${packetText(expected)}\n  actual: ${this.#describe(sent)}`);
	}

	#late(actual: number, from: number, until: number): string {
		if (actual >= from - this.#tolerance - 1e-6 && actual <= until + this.#tolerance + 1e-6) return "";
		const range = until > from ? `${seconds(from)}~${seconds(until)}` : seconds(from);
		return `timing error: expected outbound packet at ${range} sec but happened at ${seconds(actual)} sec`;
	}

	/** Takes several segments for the one that the script names when together they are it. */
	#joined(packet: TcpPacket, first: Sent): Sent {
		let tcp = first.parsed.tcp;
		while (tcp && tcp.payload.length < packet.length && first.parsed.error === "") {
			this.#settle();
			const next = this.#sent[0];
			const joined =
				next?.parsed.tcp && next.parsed.error === "" && next.at - first.at <= this.#tolerance
					? joinSegments(tcp, next.parsed.tcp)
					: undefined;
			if (!joined) break;
			this.#sent.shift();
			tcp = joined;
		}
		return tcp === first.parsed.tcp ? first : { ...first, parsed: { ...first.parsed, tcp: tcp! } };
	}

	/** The connection that a packet which was sent belongs to; a SYN tells its initial sequence number. */
	#flowSent(packet: ScriptPacket, parsed: Parsed): Flow {
		const segment = parsed.tcp;
		const ports = segment ?? parsed.udp;
		const flow =
			(ports && this.#flows.find((one) => one.localPort === ports.sourcePort && one.remotePort === ports.destinationPort)) ??
			this.#current ??
			this.#flow(ports?.sourcePort ?? this.bindPort, ports?.destinationPort ?? this.connectPort);
		if (segment && segment.flags & SYN && packet.protocol === "tcp" && packet.flags & SYN) {
			const reopened = flow.reopenedAt !== undefined && flow.reopenedAt !== flow.remoteFirst;
			if (reopened) flow.remoteFirst = flow.reopenedAt!;
			if (reopened || !flow.localKnown) {
				flow.localKnown = true;
				flow.localOffset = (segment.seq - packet.seq) | 0;
				flow.localFirst = packet.seq + 1;
			}
		}
		return flow;
	}

	#describe(sent: Sent): string {
		const { parsed } = sent;
		const ports = parsed.tcp ?? parsed.udp;
		const flow =
			(ports && this.#flows.find((one) => one.localPort === ports.sourcePort && one.remotePort === ports.destinationPort)) ??
			this.#current ??
			new Flow(this.localAddress, 0, this.remoteAddress, 0, 0);
		const known = parsed.tcp || parsed.udp || parsed.icmp;
		return `${seconds(sent.at)} ${known ? packetText(inScript(parsed, flow)) : `protocol ${parsed.ipv4?.protocol ?? "?"}`} ${parsed.error}`.trimEnd();
	}
}

function seconds(ms: number): string {
	return (ms / 1000).toFixed(6);
}
