// A board that forwards, 10.9.0.1 on lan0, with servers behind eth0 and eth1 as scene.ts of dns has them, and a station of the LAN that says what a test writes.

import type { StackOptions } from "../../../../src/config.ts";
import { createIO, type IO } from "../../../../src/io/io.ts";
import { DnsForwarder } from "../../../../src/service/dns-forwarder/forwarder.ts";
import type { DnsForwarderOptions } from "../../../../src/service/dns-forwarder/options.ts";
import * as dns from "../../../support/dns.ts";
import { concat, read16, u16 } from "../../../support/frames.ts";
import type { Node } from "../../../support/world.ts";
import { Scene, silence, type Script } from "../dns/scene.ts";

export const OPT = 41;

/** An OPT record: what its sender takes by UDP, flags, options. RFC 6891 §6.1.2. */
export function opt(size: number, flags = 0, options: ArrayLike<number> = []): number[] {
	return [0, ...u16(OPT), ...u16(size), 0, 0, ...u16(flags), ...u16(options.length), ...Array.from(options)];
}

export interface Question {
	id?: number;
	flags?: number;
	type?: number;
	class?: number;
	/** Records of the additional section. */
	more?: number[][];
}

export function query(name: string, { id = 77, flags = 0x0100, type = dns.A, class: klass = 1, more = [] }: Question = {}) {
	const counts = [1, 0, 0, more.length];
	return concat(u16(id), u16(flags), counts.flatMap(u16), dns.name(name), u16(type), u16(klass), ...more);
}

/** What a test looks at in an answer. */
export interface Answer {
	id: number;
	flags: number;
	code: number;
	counts: number[];
	bytes: Uint8Array;
	/** TTLs of its records, OPT left out, in their order. */
	ttls: number[];
	/** Data of its A records. */
	addresses: string[];
	opt: boolean;
}

/** Where a name ends, by hand. */
function skip(bytes: Uint8Array, at: number): number {
	let place = at;
	while (bytes[place] !== 0 && bytes[place]! < 192) place += 1 + bytes[place]!;
	return place + (bytes[place] === 0 ? 1 : 2);
}

export function readAnswer(bytes: Uint8Array): Answer {
	const counts = [4, 6, 8, 10].map((at) => read16(bytes, at));
	let at = 12;
	for (let i = counts[0]!; i > 0; i--) at = skip(bytes, at) + 4;
	const answer: Answer = {
		id: read16(bytes, 0),
		flags: read16(bytes, 2),
		code: bytes[3]! & 15,
		counts,
		bytes,
		ttls: [],
		addresses: [],
		opt: false,
	};
	for (let i = counts[1]! + counts[2]! + counts[3]!; i > 0; i--) {
		at = skip(bytes, at);
		const type = read16(bytes, at);
		const data = at + 10;
		if (type === OPT) answer.opt = true;
		else answer.ttls.push(read16(bytes, at + 4) * 65_536 + read16(bytes, at + 6));
		if (type === dns.A) answer.addresses.push([...bytes.subarray(data, data + 4)].join("."));
		at = data + read16(bytes, at + 8);
	}
	if (at !== bytes.length) throw new Error(`${bytes.length} bytes, its records end at ${at}`);
	return answer;
}

export class ForwardScene extends Scene {
	readonly forwarder: DnsForwarder;
	readonly station: Node;
	readonly io: IO;
	/** What came, since it was last looked at. */
	heard: Uint8Array[] = [];
	readonly #socket: InstanceType<IO["UDP"]>;

	constructor(script0: Script, script1: Script = silence, options: Partial<DnsForwarderOptions> = {}, more: StackOptions = {}) {
		super(script0, script1, { interfaces: 5, sockets: { udp: 12, tcp: 8 }, ...more });
		const segment = this.world.segment();
		this.us.ethernet("lan0", segment.port({ mac: 20 }), "10.9.0.1/24");
		this.station = this.world.node("station", { packets: 64, sockets: { udp: 8, tcp: 8 } });
		this.station.ethernet("eth0", segment.port({ mac: 21 }), "10.9.0.7/24");
		this.forwarder = new DnsForwarder(this.us.stack, { interfaces: ["lan0"], ...options });
		this.io = createIO(this.station.stack);
		const { heard } = this;
		this.#socket = new this.io.UDP({
			onReadable() {
				for (let datagram = this.read(); datagram !== undefined; datagram = this.read()) heard.push(new Uint8Array(datagram));
			},
		});
		this.say(new Uint8Array(12).fill(0x80)); // no query: ARP is known from here on
		this.world.run(100);
		heard.length = 0;
	}

	say(bytes: Uint8Array<ArrayBuffer>, to = "10.9.0.1"): void {
		this.#socket.write(bytes, to, 53);
	}

	/** Asks by UDP and waits. Undefined when nothing comes within `ms`. */
	query(bytes: Uint8Array<ArrayBuffer>, ms = 20_000): Answer | undefined {
		this.heard.length = 0;
		this.say(bytes);
		this.world.until(() => this.heard.length > 0, ms);
		const [first] = this.heard;
		return first === undefined ? undefined : readAnswer(first);
	}

	/** Asks by TCP, all at once, and waits for so many answers, or until the connection ends. */
	byTcp(queries: Uint8Array[], answers = queries.length, ms = 30_000): Answer[] {
		return this.bytesByTcp(queries, answers, ms).map(readAnswer);
	}

	/** The same, whatever it is that comes. */
	bytesByTcp(queries: Uint8Array[], answers: number, ms: number): Uint8Array[] {
		const bytes: number[] = [];
		let ended = false;
		const all = concat(...queries.flatMap((each) => [u16(each.length), each]));
		let said = false;
		const socket = new this.io.TCP({
			address: "10.9.0.1",
			port: 53,
			onWritable() {
				if (!said) this.write(all);
				said = true;
			},
			onReadable(count) {
				const part = new Uint8Array(this.read(count) as ArrayBuffer);
				for (const byte of part) bytes.push(byte);
			},
			onError() {
				ended = true;
			},
		});
		const messages = () => {
			const found: Uint8Array[] = [];
			for (let at = 0; at + 2 <= bytes.length;) {
				const length = bytes[at]! * 256 + bytes[at + 1]!;
				if (at + 2 + length > bytes.length) break;
				found.push(Uint8Array.from(bytes.slice(at + 2, at + 2 + length)));
				at += 2 + length;
			}
			return found;
		};
		this.world.until(() => ended || messages().length >= answers, ms);
		socket.close();
		return messages();
	}
}
