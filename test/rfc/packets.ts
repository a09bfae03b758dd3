// Between a script's packets and those on the wire: builds what comes in, compares what goes out, prints both the way
// packetdrill does. Sequence numbers of the script are relative; Flow knows by how much.

import { icmp, read16, read32, tcp, u16, u32, udp, type Bytes } from "../support/frames.ts";
import { type Parsed, type ParsedTcp } from "../support/parse.ts";
import type { IcmpPacket, ScriptPacket, TcpOption, TcpPacket } from "./script.ts";

export const FIN = 1;
export const SYN = 2;
export const RST = 4;
export const PSH = 8;
export const ACK = 16;
const LETTERS = "FSRP.UEW";

/** Byte `at` of the data that scripts do not spell out, the same in both directions. */
export function patternByte(at: number): number {
	return (at * 7 + (at >> 8) * 13 + (at >> 16)) & 255;
}

/** A connection as the script sees it, and the ports and sequence numbers that it really has. */
export class Flow {
	localPort: number;
	remotePort: number;
	readonly localAddress: number;
	readonly remoteAddress: number;
	/** Real minus script sequence numbers. */
	localOffset = 0;
	localKnown = false;
	remoteKnown = false;
	/** Script sequence number after the peer's newest SYN. */
	reopenedAt: number | undefined;
	remoteOffset: number;
	/** Script sequence number of the first data byte in each direction. */
	localFirst = 1;
	remoteFirst = 1;
	/** Bytes that the script wrote in words, by their place in the stream. */
	readonly spelled = new Map<number, number>();
	/** Real minus script timestamps, and the real one for each of the script's. */
	stampOffset: number | undefined;
	readonly stamps = new Map<number, number>();

	constructor(localAddress: number, localPort: number, remoteAddress: number, remotePort: number, remoteOffset: number) {
		this.localAddress = localAddress;
		this.localPort = localPort;
		this.remoteAddress = remoteAddress;
		this.remotePort = remotePort;
		this.remoteOffset = remoteOffset;
	}

	/** What the application wrote at this place of the stream. */
	written(at: number): number {
		return this.spelled.get(at) ?? patternByte(at);
	}
}

function optionBytes(options: readonly TcpOption[], flow: Flow): number[] {
	const bytes: number[] = [];
	for (const option of options) {
		switch (option.kind) {
			case "nop":
				bytes.push(1);
				break;
			case "eol":
				bytes.push(0);
				break;
			case "sackOK":
				bytes.push(4, 2);
				break;
			case "mss":
				bytes.push(2, 4, ...u16(option.value));
				break;
			case "wscale":
				bytes.push(3, 3, option.value);
				break;
			case "TS":
				bytes.push(8, 10, ...u32(option.value), ...u32(flow.stamps.get(option.echo) ?? option.echo + (flow.stampOffset ?? 0)));
				break;
			case "sack":
				bytes.push(5, 2 + 8 * option.blocks.length);
				for (const [left, right] of option.blocks) bytes.push(...u32(left + flow.localOffset), ...u32(right + flow.localOffset));
				break;
			case "unknown":
				bytes.push(option.code, 2 + option.bytes.length, ...option.bytes);
				break;
		}
	}
	return bytes;
}

function payload(flow: Flow, seq: number, length: number): Bytes {
	const bytes = new Uint8Array(length);
	for (let i = 0; i < length; i++) bytes[i] = patternByte(seq - flow.remoteFirst + i);
	return bytes;
}

function quoted(packet: IcmpPacket, flow: Flow): Bytes {
	const echoed = packet.echoed ?? { protocol: "tcp", seq: 0, length: 0 };
	const addresses = { source: flow.localAddress, destination: flow.remoteAddress, ttl: 63 };
	const ports = { sourcePort: flow.localPort, destinationPort: flow.remotePort };
	const length = Math.min(echoed.length, 1000);
	const whole =
		echoed.protocol === "udp"
			? udp({ ...addresses, ...ports }, new Uint8Array(length))
			: tcp({ ...addresses, ...ports, seq: echoed.seq + flow.localOffset, flags: ACK }, new Uint8Array(length));
	// The IP header and eight bytes, as RFC 792 asks for.
	return whole.slice(0, 28);
}

/** The IP packet for an inbound packet of the script. */
export function build(packet: ScriptPacket, flow: Flow): Bytes {
	const ip = {
		source: flow.remoteAddress,
		destination: flow.localAddress,
		ttl: packet.ip.ttl ?? 64,
		tos: packet.ip.tos ?? (typeof packet.ip.ecn === "number" ? packet.ip.ecn : 0),
	};
	const ports = { sourcePort: packet.ports?.[0] ?? flow.remotePort, destinationPort: packet.ports?.[1] ?? flow.localPort };
	if (packet.protocol === "udp") {
		const bytes = new Uint8Array(packet.length);
		for (let i = 0; i < bytes.length; i++) bytes[i] = patternByte(i);
		return udp({ ...ip, ...ports }, bytes);
	}
	if (packet.protocol === "icmp") {
		const error = packet.icmpType !== 0 && packet.icmpType !== 8;
		const rest = error ? (packet.mtu ?? 0) : ((packet.id ?? 0) << 16) | 1;
		return icmp(
			{ ...ip, type: packet.icmpType, code: packet.code, rest },
			error ? quoted(packet, flow) : payload(flow, 1, packet.echoed?.length ?? 0),
		);
	}
	return tcp(
		{
			...ip,
			...ports,
			seq: packet.seq + flow.remoteOffset,
			ack: packet.ack === undefined ? 0 : packet.ack + (flow.localKnown ? flow.localOffset : 0),
			flags: packet.flags,
			window: packet.window ?? 65535,
			urgent: packet.urgent ?? 0,
			tcpOptions: optionBytes(packet.options ?? [], flow),
		},
		payload(flow, packet.seq, packet.length),
	);
}

/** Reads TCP options as they stand on the wire, with sequence numbers and timestamps turned into the script's. */
export function readOptions(bytes: Uint8Array, flow: Flow): TcpOption[] {
	const options: TcpOption[] = [];
	for (let i = 0; i < bytes.length;) {
		const kind = bytes[i]!;
		if (kind === 0) {
			options.push({ kind: "eol" });
			i++;
			continue;
		}
		if (kind === 1) {
			options.push({ kind: "nop" });
			i++;
			continue;
		}
		const length = bytes[i + 1] ?? 0;
		if (length < 2 || i + length > bytes.length) {
			options.push({ kind: "unknown", code: kind, bytes: [...bytes.subarray(i)] });
			break;
		}
		const data = bytes.subarray(i + 2, i + length);
		if (kind === 2 && length === 4) options.push({ kind: "mss", value: read16(data, 0) });
		else if (kind === 3 && length === 3) options.push({ kind: "wscale", value: data[0]! });
		else if (kind === 4 && length === 2) options.push({ kind: "sackOK" });
		else if (kind === 8 && length === 10) options.push({ kind: "TS", value: read32(data, 0) >>> 0, echo: read32(data, 4) >>> 0 });
		else if (kind === 5 && length % 8 === 2) {
			const blocks: [number, number][] = [];
			for (let at = 0; at < data.length; at += 8)
				blocks.push([(read32(data, at) - flow.remoteOffset) >>> 0, (read32(data, at + 4) - flow.remoteOffset) >>> 0]);
			options.push({ kind: "sack", blocks });
		} else options.push({ kind: "unknown", code: kind, bytes: [...data] });
		i += length;
	}
	return options;
}

function optionText(option: TcpOption): string {
	switch (option.kind) {
		case "mss":
		case "wscale":
			return `${option.kind} ${option.value}`;
		case "TS":
			return `TS val ${option.value} ecr ${option.echo}`;
		case "sack":
			return `sack ${option.blocks.map(([left, right]) => `${left}:${right}`).join(" ")}`;
		case "unknown":
			return `option ${option.code} ${option.bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
		default:
			return option.kind;
	}
}

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
	let text = `${ports}${flagText(packet.flags)} ${packet.seq}:${packet.seq + packet.length}(${packet.length})`;
	if (packet.ack !== undefined) text += ` ack ${packet.ack}`;
	if (packet.window !== undefined) text += ` win ${packet.window}`;
	if (packet.urgent) text += ` urg ${packet.urgent}`;
	if (packet.options === undefined) text += " <...>";
	else if (packet.options.length > 0) text += ` <${packet.options.map(optionText).join(",")}>`;
	return text;
}

/** A relative sequence number, near zero where it can be. */
function relative(value: number): number {
	const small = value | 0;
	return small < 0 && small > -65536 ? small : small >>> 0;
}

/** What was sent, in the script's terms; `parsed` must carry TCP. */
function tcpInScript(parsed: Parsed, flow: Flow): TcpPacket {
	const segment = parsed.tcp!;
	return {
		type: "packet",
		protocol: "tcp",
		inbound: false,
		ip: { ttl: parsed.ipv4!.ttl, tos: parsed.ipv4!.tos },
		ports: [segment.sourcePort, segment.destinationPort],
		flags: segment.flags,
		seq: relative(segment.seq - flow.localOffset),
		length: segment.payload.length,
		ack: segment.flags & ACK ? relative(segment.ack - flow.remoteOffset) : undefined,
		window: segment.window,
		urgent: segment.urgent,
		options: readOptions(segment.options, flow),
	};
}

/** What was sent, in the script's terms. */
export function inScript(parsed: Parsed, flow: Flow): ScriptPacket {
	if (parsed.tcp) return tcpInScript(parsed, flow);
	const base = { type: "packet", inbound: false, ip: { ttl: parsed.ipv4!.ttl, tos: parsed.ipv4!.tos } } as const;
	if (parsed.udp) {
		return {
			...base,
			protocol: "udp",
			ports: [parsed.udp.sourcePort, parsed.udp.destinationPort],
			length: parsed.udp.payload.length,
		};
	}
	const message = parsed.icmp!;
	const error = message.type !== 0 && message.type !== 8;
	return {
		...base,
		protocol: "icmp",
		ports: undefined,
		icmpType: message.type,
		code: message.code,
		mtu: message.type === 3 && message.code === 4 ? message.rest & 0xffff : undefined,
		id: error ? undefined : message.rest >>> 16,
		echoed: error ? undefined : { protocol: "tcp", seq: 1, length: message.payload.length },
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

function compareIp(packet: ScriptPacket, actual: Parsed): string {
	const { ttl, tos, ecn } = packet.ip;
	const ip = actual.ipv4!;
	if (ttl !== undefined && ip.ttl !== ttl) return differ("ttl", ttl, ip.ttl);
	if (tos !== undefined && ip.tos !== tos) return differ("tos", tos, ip.tos);
	if (ecn === "ect01" && (ip.tos & 3) !== 1 && (ip.tos & 3) !== 2) return differ("ECN bits", ecn, ip.tos & 3);
	if (typeof ecn === "number" && (ip.tos & 3) !== ecn) return differ("ECN bits", ecn, ip.tos & 3);
	return "";
}

function compareOptions(expected: readonly TcpOption[], actual: readonly TcpOption[], flow: Flow): string {
	const wanted = expected.map(optionText).join(",");
	const mapped = actual.map((option, i) => {
		const script = expected[i];
		if (option.kind !== "TS" || script?.kind !== "TS") return option;
		flow.stampOffset ??= option.value - script.value;
		flow.stamps.set(script.value, option.value);
		return { ...option, value: (option.value - flow.stampOffset) >>> 0 };
	});
	const got = mapped.map(optionText).join(",");
	return wanted === got ? "" : differ("TCP options", `<${wanted}>`, `<${got}>`);
}

function compareTcp(packet: TcpPacket, actual: TcpPacket, segment: ParsedTcp, flow: Flow): string {
	if (packet.ports && (packet.ports[0] !== actual.ports![0] || packet.ports[1] !== actual.ports![1]))
		return differ("ports", packet.ports.join(">"), actual.ports!.join(">"));
	if (packet.flags !== actual.flags) return differ("TCP flags", flagText(packet.flags), flagText(actual.flags));
	if (packet.seq !== actual.seq) return differ("TCP seq", packet.seq, actual.seq);
	if (packet.length !== actual.length) return differ("TCP payload length", packet.length, actual.length);
	if (packet.ack !== actual.ack) return differ("TCP ack", packet.ack, actual.ack);
	if (packet.ack === undefined && segment.ack !== 0 && !(segment.flags & RST))
		return differ("TCP ack without the flag", 0, segment.ack);
	if (packet.window !== undefined && packet.window !== actual.window) return differ("TCP win", packet.window, actual.window);
	if ((packet.urgent ?? 0) !== actual.urgent) return differ("TCP urg", packet.urgent ?? 0, actual.urgent);
	if (packet.options !== undefined) {
		const wrong = compareOptions(packet.options, actual.options!, flow);
		if (wrong) return wrong;
	}
	const place = packet.seq - flow.localFirst;
	for (let i = 0; i < segment.payload.length; i++)
		if (segment.payload[i] !== flow.written(place + i))
			return differ(`payload byte ${place + i} of the stream`, flow.written(place + i), segment.payload[i]);
	return "";
}

/** What is wrong with a packet that was sent, "" when it is what the script expects. */
export function compare(packet: ScriptPacket, parsed: Parsed, flow: Flow): string {
	if (parsed.error) return `bad outbound packet: ${parsed.error}`;
	const kind = parsed.tcp ? "tcp" : parsed.udp ? "udp" : parsed.icmp ? "icmp" : "other";
	if (kind !== packet.protocol) return differ("protocol", packet.protocol, kind);
	const wrong = compareIp(packet, parsed);
	if (wrong) return wrong;
	const ip = parsed.ipv4!;
	if (ip.source !== flow.localAddress || ip.destination !== flow.remoteAddress) return "bad outbound addresses";
	const actual = inScript(parsed, flow);
	if (packet.protocol === "tcp") return compareTcp(packet, actual as TcpPacket, parsed.tcp!, flow);
	if (packet.protocol === "udp") {
		if (parsed.udp!.sourcePort !== (packet.ports?.[0] ?? flow.localPort))
			return differ("UDP source port", flow.localPort, parsed.udp!.sourcePort);
		if (parsed.udp!.destinationPort !== (packet.ports?.[1] ?? flow.remotePort))
			return differ("UDP destination port", flow.remotePort, parsed.udp!.destinationPort);
		if (packet.length !== parsed.udp!.payload.length)
			return differ("UDP payload length", packet.length, parsed.udp!.payload.length);
		for (let i = 0; i < packet.length; i++)
			if (parsed.udp!.payload[i] !== flow.written(i)) return differ(`payload byte ${i}`, flow.written(i), parsed.udp!.payload[i]);
		return "";
	}
	const message = parsed.icmp!;
	if (message.type !== packet.icmpType) return differ("ICMP type", packet.icmpType, message.type);
	if (message.code !== packet.code) return differ("ICMP code", packet.code, message.code);
	if (packet.mtu !== undefined && (message.rest & 0xffff) !== packet.mtu)
		return differ("ICMP mtu", packet.mtu, message.rest & 0xffff);
	if (packet.id !== undefined && message.rest >>> 16 !== packet.id) return differ("ICMP id", packet.id, message.rest >>> 16);
	return "";
}
