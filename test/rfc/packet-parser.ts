// Packets as scripts write them, behind `<` or `>`.

import type { Reader } from "./reader.ts";
import {
	CODES6,
	CODES,
	ICMP_TYPES,
	ICMP6_TYPES,
	type IcmpPacket,
	type IpSpec,
	type Quoted,
	type ScriptPacket,
	type TcpOption,
	type TcpPacket,
} from "./script.ts";

const FLAG_LETTERS: Readonly<Record<string, number>> = { F: 1, S: 2, R: 4, P: 8, ".": 16, U: 32, E: 64, W: 128 };
const ECN: Readonly<Record<string, number>> = { noecn: 0, ect1: 1, ect0: 2, ce: 3 };
/** Headers in front of TCP's, or behind the IP header, that no interface here has. */
const ENCAPSULATIONS = ["ipv4", "ipv6", "gre", "GREv0", "mpls", "encap", "sctp", "udplite"];

/** The packet that begins with the present token. */
export function readPacket(reader: Reader, six: boolean): ScriptPacket {
	const inbound = reader.next().type === "<";
	const ip = readIp(reader);
	const token = reader.peek();
	let packet: ScriptPacket;
	if (token.type === "word" && token.text === "icmp") packet = readIcmp(reader, inbound, ip, six);
	else if (token.type === "word" && token.text === "udp") {
		reader.next();
		const ports = readPorts(reader);
		reader.expect("(");
		const length = reader.expect("int").value;
		reader.expect(")");
		packet = { type: "packet", protocol: "udp", inbound, ip, ports, length };
	} else if (token.type === "word" && ENCAPSULATIONS.includes(token.text)) throw reader.unsupported(token.text);
	else packet = readTcp(reader, inbound, ip);
	if (reader.is("/")) throw reader.unsupported("TCP over UDP");
	return packet;
}

function readIp(reader: Reader): IpSpec {
	const open = reader.peek().type;
	if (open !== "(" && open !== "[") return {};
	reader.next();
	const spec: { ttl?: number; tos?: number; ecn?: number | "ect01" } = {};
	do {
		const word = reader.expect("word").text;
		if (word === "ttl" || word === "hlim") spec.ttl = reader.expect("int").value;
		else if (word === "tos" || word === "class") spec.tos = reader.expect("int").value;
		else if (word === "ect01") spec.ecn = "ect01";
		else if (word in ECN) spec.ecn = ECN[word]!;
		else if (word === "flowlabel") throw reader.unsupported("flowlabel");
		else throw reader.error("expected ttl, tos or an ECN mark", reader.last);
	} while (reader.accept(","));
	reader.expect(open === "(" ? ")" : "]");
	return spec;
}

function readPorts(reader: Reader): readonly [number, number] | undefined {
	if (!reader.is("int") || !reader.is(">", undefined, 1)) return undefined;
	const source = reader.next().value;
	reader.next();
	return [source, reader.expect("int").value];
}

function readTcp(reader: Reader, inbound: boolean, ip: IpSpec): TcpPacket {
	const ports = readPorts(reader);
	const flags = readFlags(reader);
	const { seq, length } = readSequence(reader);
	const absolute = reader.accept("!");
	const ack = reader.labelled("ack");
	const window = reader.labelled("win");
	const urgent = reader.labelled("urg");
	const options = readOptions(reader, inbound);
	const packet = {
		type: "packet",
		protocol: "tcp",
		inbound,
		ip,
		ports,
		flags,
		seq,
		length,
		ack,
		window,
		urgent,
		options,
	} as const;
	return absolute ? { ...packet, absolute } : packet;
}

function readFlags(reader: Reader): number {
	if (reader.accept("-")) return 0;
	let flags = 0;
	const token = reader.peek();
	if (token.type === "float" || (token.type === "word" && reader.is("float", undefined, 1))) throw reader.unsupported("AccECN");
	if (token.type === "word") {
		reader.next();
		for (const letter of token.text) {
			if (letter === "A") throw reader.unsupported("AccECN", token);
			const flag = FLAG_LETTERS[letter];
			if (flag === undefined) throw reader.error(`TCP flag ${letter} is not known`, token);
			flags |= flag;
		}
	} else if (token.type !== ".") throw reader.error("expected TCP flags");
	if (reader.accept(".")) flags |= FLAG_LETTERS["."]!;
	return flags;
}

function readSequence(reader: Reader): { seq: number; length: number } {
	const token = reader.peek();
	const seq = reader.expect("int").value;
	reader.expect(":");
	const end = reader.expect("int").value;
	reader.expect("(");
	const length = reader.expect("int").value;
	reader.expect(")");
	if (end !== seq + length) throw reader.error("inconsistent TCP sequence numbers and payload size", token);
	return { seq, length };
}

function readOptions(reader: Reader, inbound: boolean): readonly TcpOption[] | undefined {
	const token = reader.peek();
	// The `<` of options, not of the next event, which a time precedes.
	if (token.type !== "<" || !(reader.is("ellipsis", undefined, 1) || reader.is("word", undefined, 1))) return [];
	reader.next();
	if (reader.accept("ellipsis")) {
		if (inbound) throw reader.error("<...> is for outbound packets only", token);
		reader.expect(">");
		return undefined;
	}
	const options: TcpOption[] = [];
	do options.push(readOption(reader));
	while (reader.accept(","));
	reader.expect(">");
	return options;
}

function readOption(reader: Reader): TcpOption {
	const token = reader.expect("word");
	switch (token.text) {
		case "nop":
		case "eol":
		case "sackOK":
			return { kind: token.text };
		case "mss":
		case "wscale":
			return { kind: token.text, value: reader.expect("int").value };
		case "TS": {
			reader.expect("word", "val");
			const value = reader.expect("int").value;
			reader.expect("word", "ecr");
			return { kind: "TS", value, echo: reader.expect("int").value };
		}
		case "sack": {
			const blocks: [number, number][] = [];
			while (reader.is("int")) {
				const left = reader.next().value;
				reader.expect(":");
				blocks.push([left, reader.expect("int").value]);
			}
			return { kind: "sack", blocks };
		}
		case "FO":
			return { kind: "unknown", code: 34, bytes: readBlob(reader) };
		case "FOEXP":
			return { kind: "unknown", code: 254, bytes: [0xf9, 0x89, ...readBlob(reader)] };
		case "md5":
			throw reader.unsupported("TCP MD5", token);
		case "ECN":
			throw reader.unsupported("AccECN", token);
	}
	throw reader.error("TCP option not supported", token);
}

/** Bytes in hexadecimal; what begins with a digit comes in several tokens. */
function readBlob(reader: Reader): number[] {
	let text = "";
	while (reader.is("word") || reader.is("int")) text += reader.next().text;
	const bytes: number[] = [];
	for (let i = 0; i + 1 < text.length; i += 2) bytes.push(Number.parseInt(text.slice(i, i + 2), 16));
	return bytes;
}

function readIcmp(reader: Reader, inbound: boolean, ip: IpSpec, six: boolean): IcmpPacket {
	reader.next();
	const typeName = reader.expect("word");
	const icmpType = numbered(typeName.text, "type") ?? (six ? ICMP6_TYPES : ICMP_TYPES)[typeName.text];
	if (icmpType === undefined) throw reader.error("ICMP type not known", typeName);
	const word = reader.peek();
	let code = word.type === "word" ? (numbered(word.text, "code") ?? (six ? CODES6 : CODES)[icmpType]?.[word.text]) : undefined;
	if (code !== undefined) reader.next();
	else code = 0;
	const mtu = reader.labelled("mtu");
	const id = reader.labelled("id");
	const echoed = reader.accept("[") ? readQuoted(reader) : undefined;
	return { type: "packet", protocol: "icmp", inbound, ip, ports: undefined, icmpType, code, mtu, id, echoed };
}

/** The number in `type_13`. */
function numbered(text: string, what: string): number | undefined {
	const match = /^(type|code)_([0-9]+)$/.exec(text);
	return match?.[1] === what ? Number(match[2]) : undefined;
}

function readQuoted(reader: Reader): Quoted {
	let quoted: Quoted;
	const protocol = reader.is("word", "udp") ? "udp" : "raw";
	if (reader.accept("word", protocol)) {
		reader.expect("(");
		quoted = { protocol, seq: 0, length: reader.expect("int").value };
		reader.expect(")");
	} else quoted = { protocol: "tcp", ...readSequence(reader) };
	if (reader.is("/")) throw reader.unsupported("TCP over UDP");
	reader.expect("]");
	return quoted;
}
