// What the stack sent beside what the script expects: turns it into the script's terms, prints it the way packetdrill does, and says where the two differ.

import type { ParsedTcp } from "../support/parse.ts";
import type { Flow } from "./flow.ts";
import type { Ends } from "./incoming.ts";
import { canonical, type Outgoing } from "./outgoing.ts";
import type { ScriptPacket, TcpPacket } from "./script.ts";
import { compareOptions, optionsText, readOptions, type OptionRules } from "./tcp-options.ts";

export const FIN = 1;
export const SYN = 2;
export const RST = 4;
export const PSH = 8;
export const ACK = 16;
const LETTERS = "FSRP.UEW";

export function flagText(flags: number): string {
	let text = "";
	for (const bit of [1, 0, 2, 3, 5, 6, 7, 4]) if (flags & (1 << bit)) text += LETTERS[bit];
	return text === "" ? "-" : text;
}

/** A packet of the script, or a real one turned into the script's terms, as one line. */
export function packetText(packet: ScriptPacket): string {
	const ports = packet.ports ? `${packet.ports[0]}>${packet.ports[1]} ` : "";
	if (packet.protocol === "udp") return `udp ${ports}(${packet.length})`;
	if (packet.protocol === "icmp") {
		const { echoed } = packet;
		const quote = echoed ? ` [${echoed.protocol} ${echoed.seq}:${echoed.seq + echoed.length}(${echoed.length})]` : "";
		return `icmp type ${packet.icmpType} code ${packet.code}${packet.mtu === undefined ? "" : ` mtu ${packet.mtu}`}${quote}`;
	}
	const marks =
		packet.ip.ecn === undefined
			? ""
			: `[${packet.ip.ecn === "ect01" ? "ect01" : ["noecn", "ect1", "ect0", "ce"][packet.ip.ecn]}] `;
	let text = `${marks}${ports}${flagText(packet.flags)} ${packet.seq}:${packet.seq + packet.length}(${packet.length})`;
	if (packet.ack !== undefined) text += ` ack ${packet.ack}`;
	if (packet.window !== undefined) text += ` win ${packet.window}`;
	if (packet.urgent) text += ` urg ${packet.urgent}`;
	if (packet.options === undefined) text += " <...>";
	else if (packet.options.length > 0) text += ` <${optionsText(packet.options)}>`;
	return text;
}

/** A relative sequence number, near zero where it can be. */
function relative(value: number): number {
	const small = value | 0;
	return small < 0 && small > -65536 ? small : small >>> 0;
}

/** What was sent, in the script's terms; it must carry TCP. */
function tcpInScript(sent: Outgoing, flow: Flow): TcpPacket {
	const segment = sent.tcp!;
	const mark = sent.tos & 3;
	const since = segment.flags & SYN ? { local: 0, remote: 0 } : flow.since;
	return {
		type: "packet",
		protocol: "tcp",
		inbound: false,
		ip: { ttl: sent.ttl, tos: sent.tos, ...(mark === 0 ? {} : { ecn: mark }) },
		ports: [segment.sourcePort, segment.destinationPort],
		flags: segment.flags,
		seq: relative(segment.seq - flow.localOffset - since.local),
		length: segment.payload.length,
		ack: segment.flags & ACK ? relative(segment.ack - flow.remoteOffset - since.remote) : undefined,
		window: segment.window,
		urgent: segment.urgent,
		options: readOptions(segment.options, flow),
	};
}

/** What was sent, in the script's terms. */
export function inScript(sent: Outgoing, flow: Flow): ScriptPacket {
	if (sent.tcp) return tcpInScript(sent, flow);
	const base = { type: "packet", inbound: false, ip: { ttl: sent.ttl, tos: sent.tos } } as const;
	if (sent.udp) {
		const { sourcePort, destinationPort, payload } = sent.udp;
		return { ...base, protocol: "udp", ports: [sourcePort, destinationPort], length: payload.length };
	}
	const { type, code, rest, payload } = sent.icmp!;
	const asks = sent.source.includes(":") ? type >= 128 : type === 0 || type === 8;
	const tooBig = sent.source.includes(":") ? type === 2 : type === 3 && code === 4;
	return {
		...base,
		protocol: "icmp",
		ports: undefined,
		icmpType: type,
		code,
		mtu: tooBig ? rest & 0xffff : undefined,
		id: asks ? rest >>> 16 : undefined,
		echoed: asks ? { protocol: "tcp", seq: 1, length: payload.length } : undefined,
	};
}

/** Joins segments that were cut from what the script sees as one (a sender's segmentation offload). */
export function joinSegments(first: ParsedTcp, next: ParsedTcp): ParsedTcp | undefined {
	if (next.sourcePort !== first.sourcePort || next.destinationPort !== first.destinationPort) return undefined;
	if (
		((first.seq + first.payload.length) | 0) !== next.seq ||
		next.payload.length === 0 ||
		(first.flags | next.flags) & (SYN | RST)
	)
		return undefined;
	const payload = new Uint8Array(first.payload.length + next.payload.length);
	payload.set(first.payload);
	payload.set(next.payload, first.payload.length);
	return { ...first, flags: first.flags | next.flags, payload };
}

function differ(what: string, expected: unknown, actual: unknown): string {
	return `bad outbound ${what}: expected ${String(expected)}, got ${String(actual)}`;
}

function compareIp(packet: ScriptPacket, sent: Outgoing): string {
	const { ttl, tos, ecn } = packet.ip;
	if (ttl !== undefined && sent.ttl !== ttl) return differ("ttl", ttl, sent.ttl);
	if (tos !== undefined && sent.tos !== tos) return differ("tos", tos, sent.tos);
	const marks = sent.tos & 3;
	if (ecn === "ect01" && marks !== 1 && marks !== 2) return differ("ECN bits", ecn, marks);
	if (typeof ecn === "number" && marks !== ecn) return differ("ECN bits", ecn, marks);
	return "";
}

/** The script's packet, as far as it may be otherwise: a FIN that was sent before stands in it or not, where no data do. */
function withoutFin(packet: TcpPacket, actual: TcpPacket, rules: OptionRules): TcpPacket {
	const repeats = (packet.flags ^ actual.flags) === FIN && packet.length === 0 && actual.length === 0;
	if (!rules.allow.has("fin") || !repeats) return packet;
	return { ...packet, flags: actual.flags, seq: packet.seq + (packet.flags & FIN ? 1 : -1) };
}

function compareTcp(written: TcpPacket, actual: TcpPacket, segment: ParsedTcp, flow: Flow, rules: OptionRules): string {
	const packet = withoutFin(written, actual, rules);
	if (packet.ports && (packet.ports[0] !== actual.ports![0] || packet.ports[1] !== actual.ports![1]))
		return differ("ports", packet.ports.join(">"), actual.ports!.join(">"));
	const flags = rules.allow.has("push") ? (packet.flags & ~PSH) | (actual.flags & PSH) : packet.flags;
	if (flags !== actual.flags) return differ("TCP flags", flagText(packet.flags), flagText(actual.flags));
	const seq = packet.absolute ? segment.seq >>> 0 : actual.seq;
	if (packet.seq !== seq) return differ("TCP seq", packet.seq, seq);
	if (packet.length !== actual.length) return differ("TCP payload length", packet.length, actual.length);
	if (packet.ack !== actual.ack) return differ("TCP ack", packet.ack, actual.ack);
	if (packet.ack === undefined && segment.ack !== 0 && !(segment.flags & RST))
		return differ("TCP ack without the flag", 0, segment.ack);
	if ((packet.urgent ?? 0) !== actual.urgent) return differ("TCP urg", packet.urgent ?? 0, actual.urgent);
	if (packet.options !== undefined) {
		const opaque = rules.cookies && (actual.flags & (SYN | ACK)) === (SYN | ACK);
		const wrong = compareOptions(packet.options, actual.options!, flow, rules, opaque);
		if (wrong) return wrong;
	}
	const window = windowInScript(actual, flow, rules);
	if (packet.window !== undefined && !rules.allow.has("window") && packet.window !== window)
		return differ("TCP win", packet.window, window);
	const place = packet.seq - flow.localFirst + (packet.flags & SYN ? 1 : flow.since.local);
	for (let i = 0; i < segment.payload.length; i++)
		if (segment.payload[i] !== flow.written(place + i))
			return differ(`payload byte ${place + i} of the stream`, flow.written(place + i), segment.payload[i]);
	return "";
}

/** With another shift count the same room is another number. RFC 7323 §2.3. */
function windowInScript({ window = 0, flags }: TcpPacket, { scales }: Flow, rules: OptionRules): number {
	if (flags & SYN || !rules.allow.has("scale") || !scales.agreed) return window;
	return (window << scales.real) >> scales.script;
}

/** What is wrong with a packet that was sent, "" when it is what the script expects. */
export function compare(packet: ScriptPacket, sent: Outgoing, flow: Flow, ends: Ends, rules: OptionRules): string {
	if (sent.error) return `bad outbound packet: ${sent.error}`;
	const kind = sent.tcp ? "tcp" : sent.udp ? "udp" : sent.icmp ? "icmp" : "other";
	if (kind !== packet.protocol) return differ("protocol", packet.protocol, kind);
	const wrong = compareIp(packet, sent);
	if (wrong) return wrong;
	if (sent.source !== canonical(ends.local) || sent.destination !== canonical(ends.remote)) return "bad outbound addresses";
	const actual = inScript(sent, flow);
	if (packet.protocol === "tcp") return compareTcp(packet, actual as TcpPacket, sent.tcp!, flow, rules);
	if (packet.protocol === "udp") {
		const { sourcePort, destinationPort, payload } = sent.udp!;
		if (sourcePort !== (packet.ports?.[0] ?? flow.localPort)) return differ("UDP source port", flow.localPort, sourcePort);
		if (destinationPort !== (packet.ports?.[1] ?? flow.remotePort))
			return differ("UDP destination port", flow.remotePort, destinationPort);
		if (packet.length !== payload.length) return differ("UDP payload length", packet.length, payload.length);
		for (let i = 0; i < packet.length; i++)
			if (payload[i] !== flow.written(i)) return differ(`payload byte ${i}`, flow.written(i), payload[i]);
		return "";
	}
	const { type, code, rest } = sent.icmp!;
	if (type !== packet.icmpType) return differ("ICMP type", packet.icmpType, type);
	if (code !== packet.code) return differ("ICMP code", packet.code, code);
	if (packet.mtu !== undefined && (rest & 0xffff) !== packet.mtu) return differ("ICMP mtu", packet.mtu, rest & 0xffff);
	if (packet.id !== undefined && rest >>> 16 !== packet.id) return differ("ICMP id", packet.id, rest >>> 16);
	return "";
}
