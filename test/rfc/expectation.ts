// A packet that a script expects: taken from what was sent, compared, and, when it is not the one, both printed.

import type { Bench, Sent } from "./bench.ts";
import type { Flow } from "./flow.ts";
import { ScriptError } from "./lexer.ts";
import type { Outgoing } from "./outgoing.ts";
import { ACK, PSH, compare, inScript, joinSegments, packetText } from "./packets.ts";
import type { ScriptPacket, TcpPacket } from "./script.ts";
import type { OptionRules } from "./tcp-options.ts";
import { seconds, type Timing } from "./timing.ts";

export class Expectation {
	readonly #bench: Bench;
	readonly #timing: Timing;
	readonly #rules: OptionRules;
	readonly #flowSent: (packet: ScriptPacket | undefined, sent: Outgoing) => Flow;

	constructor(
		bench: Bench,
		timing: Timing,
		rules: OptionRules,
		flowSent: (packet: ScriptPacket | undefined, sent: Outgoing) => Flow,
	) {
		this.#bench = bench;
		this.#timing = timing;
		this.#rules = rules;
		this.#flowSent = flowSent;
	}

	/** Throws ScriptError unless the next packet that was sent is the one. `settle` lets what is due at this instant happen; `anyPush`: where PSH stands is not looked at. */
	check(packet: ScriptPacket, any: boolean, at: number, until: number, settle: () => void, anyPush: boolean): void {
		let sent = this.#bench.sent.shift();
		if (!sent) throw new ScriptError(`nothing was sent\n  script: ${seconds(at)} ${packetText(packet)}`);
		if (packet.protocol === "tcp") sent = this.#joined(packet, sent, settle);
		const flow = this.#flowSent(packet, sent.packet);
		const { tcp } = sent.packet;
		const expected =
			anyPush && packet.protocol === "tcp" && tcp ? { ...packet, flags: (packet.flags & ~PSH) | (tcp.flags & PSH) } : packet;
		const wrong = compare(expected, sent.packet, flow, this.#bench.ends, this.#rules) || (any ? "" : this.#late(sent, at, until));
		if (wrong)
			throw new ScriptError(`${wrong}\n  script: ${seconds(at)} ${packetText(expected)}\n  actual: ${this.describe(sent)}`);
	}

	#late({ at, packet }: Sent, from: number, until: number): string {
		const pure = packet.tcp !== undefined && packet.tcp.flags === ACK && packet.tcp.payload.length === 0;
		return this.#timing.late(at, from, until, pure);
	}

	/** Takes several segments for the one that the script names when together they are it. */
	#joined(packet: TcpPacket, first: Sent, settle: () => void): Sent {
		let tcp = first.packet.tcp;
		while (tcp && tcp.payload.length < packet.length && first.packet.error === "") {
			settle();
			const next = this.#bench.sent[0];
			const joined =
				next?.packet.tcp && next.packet.error === "" && next.at - first.at <= this.#timing.tolerance
					? joinSegments(tcp, next.packet.tcp)
					: undefined;
			if (!joined) break;
			this.#bench.sent.shift();
			tcp = joined;
		}
		return tcp === first.packet.tcp ? first : { ...first, packet: { ...first.packet, tcp: tcp! } };
	}

	/** One line of what was sent. */
	describe({ at, packet }: Sent): string {
		const known = packet.tcp ?? packet.udp ?? packet.icmp;
		const text = known ? packetText(inScript(packet, this.#flowSent(undefined, packet))) : `protocol ${packet.protocol}`;
		return `${seconds(at)} ${text} ${packet.error}`.trimEnd();
	}
}
