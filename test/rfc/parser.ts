// Reads packetdrill's script language (github.com/google/packetdrill, parser.y): options, commands, and timed events that are
// packets in (`<`) and out (`>`), system calls, and shell or code lines. IPv4 only; no encapsulation.

import { ScriptError, tokens, type Token } from "./lexer.ts";
import {
	ICMP_TYPES,
	UNREACHABLE_CODES,
	type Call,
	type Event,
	type Expression,
	type IcmpPacket,
	type IpSpec,
	type Script,
	type ScriptPacket,
	type TcpOption,
	type TcpPacket,
	type Time,
} from "./script.ts";

const FLAG_LETTERS: Readonly<Record<string, number>> = { F: 1, S: 2, R: 4, P: 8, ".": 16, U: 32, E: 64, W: 128 };
const ECN: Readonly<Record<string, number>> = { noecn: 0, ect1: 1, ect0: 2, ce: 3 };

class Parser {
	readonly #name: string;
	readonly #source: string;
	readonly #tokens: Token[];
	#at = 0;

	constructor(name: string, source: string) {
		this.#name = name;
		this.#source = source;
		this.#tokens = tokens(source);
	}

	script(): Script {
		const options = this.#options();
		const commands: string[] = [];
		while (this.#peek().type === "backquote") commands.push(this.#next().text);
		const events: Event[] = [];
		while (this.#peek().type !== "end") {
			// A shell line without a time closes the script: cleanup, which is of no use here.
			if (this.#peek().type === "backquote") {
				this.#next();
				continue;
			}
			events.push(this.#event());
		}
		if (events.length === 0) throw this.#error("no event");
		return { name: this.#name, options, commands, events };
	}

	#peek(ahead = 0): Token {
		return this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)]!;
	}

	#next(): Token {
		return this.#tokens[this.#at < this.#tokens.length - 1 ? this.#at++ : this.#at]!;
	}

	#error(message: string, token = this.#peek()): ScriptError {
		return new ScriptError(`${this.#name}:${token.line}: ${message}, at "${token.text}"`);
	}

	#expect(type: string, text?: string): Token {
		const token = this.#peek();
		if (token.type !== type || (text !== undefined && token.text !== text)) throw this.#error(`expected ${text ?? type}`);
		return this.#next();
	}

	#accept(type: string, text?: string): boolean {
		const token = this.#peek();
		if (token.type !== type || (text !== undefined && token.text !== text)) return false;
		this.#next();
		return true;
	}

	/** Takes an integer that follows the word, if the word is there. */
	#labelled(word: string): number | undefined {
		return this.#accept("word", word) ? this.#expect("int").value : undefined;
	}

	#options(): Map<string, string> {
		const options = new Map<string, string>();
		while (this.#peek().type === "option") {
			const name = this.#next().text.slice(2);
			let value = "";
			while (this.#accept("=")) value += (value === "" ? "" : "=") + this.#next().text;
			options.set(name, value);
		}
		return options;
	}

	#event(): Event {
		const first = this.#peek();
		const time = this.#time();
		const token = this.#peek();
		let action: Event["action"];
		if (token.type === "<" || token.type === ">") action = this.#packet();
		else if (token.type === "backquote") action = { type: "command", text: this.#next().text };
		else if (token.type === "code") action = { type: "code", text: this.#next().text };
		else action = this.#call();
		if (time.kind === "any" && !(action.type === "packet" && !action.inbound))
			throw this.#error("time * is for outbound packets only", first);
		const last = this.#tokens[this.#at - 1]!;
		return { line: first.line, text: this.#source.slice(first.start, last.end).replace(/\s+/g, " "), time, action };
	}

	#milliseconds(): number {
		const token = this.#next();
		if ((token.type !== "int" && token.type !== "float") || token.value < 0) throw this.#error("expected a time", token);
		return token.value * 1000;
	}

	#time(): Time {
		if (this.#accept("*")) return { kind: "any", at: 0, until: 0 };
		const relative = this.#accept("+");
		const at = this.#milliseconds();
		let until = at;
		if (this.#accept("~")) {
			if (relative) this.#expect("+");
			until = this.#milliseconds();
			if (until < at) throw this.#error("time range is backwards");
		}
		return { kind: relative ? "relative" : "absolute", at, until };
	}

	#packet(): ScriptPacket {
		const inbound = this.#next().type === "<";
		const ip = this.#ip();
		const token = this.#peek();
		if (token.type === "word" && token.text === "icmp") return this.#icmp(inbound, ip);
		if (token.type === "word" && token.text === "udp") {
			this.#next();
			const ports = this.#ports();
			this.#expect("(");
			const length = this.#expect("int").value;
			this.#expect(")");
			return { type: "packet", protocol: "udp", inbound, ip, ports, length };
		}
		if (token.type === "word" && ["ipv4", "ipv6", "gre", "mpls", "encap"].includes(token.text))
			throw this.#error(`${token.text} is not supported`);
		return this.#tcp(inbound, ip);
	}

	#ip(): IpSpec {
		const open = this.#peek().type;
		if (open !== "(" && open !== "[") return {};
		this.#next();
		const spec: { ttl?: number; tos?: number; ecn?: number | "ect01" } = {};
		const word = this.#expect("word").text;
		if (word === "ttl") spec.ttl = this.#expect("int").value;
		else if (word === "tos") spec.tos = this.#expect("int").value;
		else if (word === "ect01") spec.ecn = "ect01";
		else if (word in ECN) spec.ecn = ECN[word]!;
		else throw this.#error("expected ttl, tos or an ECN mark");
		this.#expect(open === "(" ? ")" : "]");
		return spec;
	}

	#ports(): readonly [number, number] | undefined {
		if (this.#peek().type !== "int" || this.#peek(1).type !== ">") return undefined;
		const source = this.#next().value;
		this.#next();
		return [source, this.#expect("int").value];
	}

	#tcp(inbound: boolean, ip: IpSpec): TcpPacket {
		const ports = this.#ports();
		const flags = this.#flags();
		const { seq, length } = this.#sequence();
		const ack = this.#labelled("ack");
		const window = this.#labelled("win");
		const urgent = this.#labelled("urg");
		const options = this.#tcpOptions(inbound);
		return { type: "packet", protocol: "tcp", inbound, ip, ports, flags, seq, length, ack, window, urgent, options };
	}

	#flags(): number {
		if (this.#accept("-")) return 0;
		let flags = 0;
		const token = this.#peek();
		if (token.type === "word") {
			this.#next();
			for (const letter of token.text) {
				const flag = FLAG_LETTERS[letter];
				if (flag === undefined) throw this.#error(`TCP flag ${letter} is not known`, token);
				flags |= flag;
			}
		} else if (token.type !== ".") throw this.#error("expected TCP flags");
		if (this.#accept(".")) flags |= FLAG_LETTERS["."]!;
		return flags;
	}

	#sequence(): { seq: number; length: number } {
		const token = this.#peek();
		const seq = this.#expect("int").value;
		this.#expect(":");
		const end = this.#expect("int").value;
		this.#expect("(");
		const length = this.#expect("int").value;
		this.#expect(")");
		if (end !== seq + length) throw this.#error("inconsistent TCP sequence numbers and payload size", token);
		return { seq, length };
	}

	#tcpOptions(inbound: boolean): readonly TcpOption[] | undefined {
		const token = this.#peek();
		if (token.type !== "<" || !this.#optionsFollow()) return [];
		this.#next();
		if (this.#accept("ellipsis")) {
			if (inbound) throw this.#error("<...> is for outbound packets only", token);
			this.#expect(">");
			return undefined;
		}
		const options: TcpOption[] = [];
		do options.push(this.#tcpOption());
		while (this.#accept(","));
		this.#expect(">");
		return options;
	}

	/** The `<` of options, not of the next event, which a time precedes. */
	#optionsFollow(): boolean {
		const next = this.#peek(1);
		return next.type === "ellipsis" || next.type === "word";
	}

	#tcpOption(): TcpOption {
		const token = this.#expect("word");
		switch (token.text) {
			case "nop":
			case "eol":
			case "sackOK":
				return { kind: token.text };
			case "mss":
			case "wscale":
				return { kind: token.text, value: this.#expect("int").value };
			case "TS": {
				this.#expect("word", "val");
				const value = this.#expect("int").value;
				this.#expect("word", "ecr");
				return { kind: "TS", value, echo: this.#expect("int").value };
			}
			case "sack": {
				const blocks: [number, number][] = [];
				while (this.#peek().type === "int") {
					const left = this.#next().value;
					this.#expect(":");
					blocks.push([left, this.#expect("int").value]);
				}
				return { kind: "sack", blocks };
			}
			case "FO":
			case "FOEXP":
			case "md5":
				return this.#blob(token.text);
		}
		throw this.#error("TCP option not supported", token);
	}

	#blob(name: string): TcpOption {
		const bytes: number[] = name === "FOEXP" ? [0xf9, 0x89] : [];
		const code = name === "md5" ? 19 : name === "FO" ? 34 : 254;
		const token = this.#peek();
		if (token.type === "word" || token.type === "int") {
			this.#next();
			for (let i = 0; i + 1 < token.text.length; i += 2) bytes.push(Number.parseInt(token.text.slice(i, i + 2), 16));
		}
		return { kind: "unknown", code, bytes };
	}

	#icmp(inbound: boolean, ip: IpSpec): IcmpPacket {
		this.#next();
		const typeName = this.#expect("word");
		const icmpType = ICMP_TYPES[typeName.text];
		if (icmpType === undefined) throw this.#error("ICMP type not known", typeName);
		let code = 0;
		const word = this.#peek();
		if (word.type === "word" && word.text in UNREACHABLE_CODES) {
			this.#next();
			code = UNREACHABLE_CODES[word.text]!;
		}
		const mtu = this.#labelled("mtu");
		const id = this.#labelled("id");
		let echoed: IcmpPacket["echoed"];
		if (this.#accept("[")) {
			if (this.#accept("word", "udp")) {
				this.#expect("(");
				echoed = { protocol: "udp", seq: 0, length: this.#expect("int").value };
				this.#expect(")");
			} else echoed = { protocol: "tcp", ...this.#sequence() };
			this.#expect("]");
		}
		return { type: "packet", protocol: "icmp", inbound, ip, ports: undefined, icmpType, code, mtu, id, echoed };
	}

	#call(): Call {
		const end = this.#accept("ellipsis") ? this.#milliseconds() : undefined;
		const name = this.#expect("word").text;
		this.#expect("(");
		const items = this.#list(")");
		this.#expect("=");
		const result = this.#expression();
		let errno = "";
		if (this.#peek().type === "word") errno = this.#next().text;
		// A note such as (Connection refused).
		if (this.#accept("(")) while (!this.#accept(")")) this.#next();
		return { type: "call", name, items, result, errno, end };
	}

	#list(close: string): Expression[] {
		const items: Expression[] = [];
		if (this.#accept(close)) return items;
		do items.push(this.#expression());
		while (this.#accept(","));
		this.#expect(close);
		return items;
	}

	#expression(): Expression {
		const left = this.#term();
		return this.#accept("|") ? { kind: "or", left, right: this.#expression() } : left;
	}

	#term(): Expression {
		const token = this.#next();
		switch (token.type) {
			case "ellipsis":
				return { kind: "ellipsis" };
			case "int":
				return { kind: "int", value: token.value };
			case "string": {
				let value = token.text;
				while (this.#peek().type === "string") value += this.#next().text;
				this.#accept("ellipsis");
				return { kind: "string", value };
			}
			case "[":
				return { kind: "list", items: this.#list("]") };
			case "{":
				return this.#struct();
			case "word":
				if (this.#accept("(")) return { kind: "call", name: token.text, items: this.#list(")") };
				return { kind: "word", name: token.text };
		}
		throw this.#error("expected a value", token);
	}

	/** `{name = value, …}`, also `name(…) = value`; values without a name are numbered. */
	#struct(): Expression {
		const fields = new Map<string, Expression>();
		while (!this.#accept("}")) {
			const value = this.#expression();
			if (this.#accept("=")) {
				if (value.kind !== "word" && value.kind !== "call") throw this.#error("expected a field's name before =");
				fields.set(value.name, this.#expression());
			} else fields.set(String(fields.size), value);
			if (!this.#accept(",") && this.#peek().type !== "}") throw this.#error("expected , or }");
		}
		return { kind: "struct", fields };
	}
}

/** Reads a script. Throws ScriptError naming the line and what was expected. */
export function parseScript(name: string, source: string): Script {
	return new Parser(name, source).script();
}
