// A DHCP server for tests, on a device whose other end is the test: it does as it is told, and keeps what it hears. Independent of src/.

import {
	ARP_REPLY,
	ARP_REQUEST,
	BROADCAST_MAC,
	ETHERTYPE_ARP,
	ETHERTYPE_IPV4,
	arp,
	concat,
	ethernet,
	ip,
	read16,
	read32,
	u16,
	u32,
	udp,
} from "./frames.ts";
import { parseFrame, type Parsed } from "./parse.ts";
import { macOf, type QueueDevice } from "./wire.ts";
import type { World } from "./world.ts";

export const DISCOVER = 1;
export const OFFER = 2;
export const REQUEST = 3;
export const DECLINE = 4;
export const ACK = 5;
export const NAK = 6;
export const RELEASE = 7;
const NAMES = ["", "discover", "offer", "request", "decline", "ack", "nak", "release"];

/** A message that the client sent. */
export interface Heard {
	/** Virtual time, ms. */
	at: number;
	type: number;
	/** "discover", "request" and so on. */
	name: string;
	xid: number;
	secs: number;
	broadcast: boolean;
	ciaddr: number;
	chaddr: Uint8Array;
	options: Map<number, Uint8Array>;
	/** Of its IP header. */
	source: number;
	destination: number;
	bytes: Uint8Array;
}

export type Options = [code: number, value: ArrayLike<number>][];

/** The bytes of addresses, as options have them. */
export function addresses(...list: string[]): number[] {
	return list.flatMap((text) => u32(ip(text)));
}

/** Option 121: "10.0.0.0/8 192.168.1.1". */
export function classless(...routes: string[]): number[] {
	return routes.flatMap((text) => {
		const [prefix, gateway] = text.split(" ");
		const [address, length] = prefix!.split("/");
		return [Number(length), ...u32(ip(address!)).slice(0, Math.ceil(Number(length) / 8)), ...u32(ip(gateway!))];
	});
}

export function encode(options: Options): Uint8Array {
	return concat(...options.map(([code, value]) => concat([code, value.length], value)), [255]);
}

export interface ReplyFields {
	type: number;
	xid: number;
	chaddr: Uint8Array;
	yiaddr: string;
	options: Options;
	op?: number;
	magic?: number;
	sname?: ArrayLike<number>;
	file?: ArrayLike<number>;
	/** The options' bytes as they are, instead of `options`. */
	raw?: ArrayLike<number>;
}

function padded(bytes: ArrayLike<number>, length: number): Uint8Array {
	return concat(bytes, new Uint8Array(length - bytes.length));
}

/** A reply's bytes. */
export function reply(fields: ReplyFields): Uint8Array {
	const { type, xid, chaddr, yiaddr, options, op = 2, magic = 0x63825363, sname = [], file = [] } = fields;
	return concat(
		[op, 1, 6, 0],
		u32(xid),
		u16(0),
		u16(0),
		u32(0),
		u32(ip(yiaddr)),
		u32(0),
		u32(0),
		padded(chaddr, 16),
		padded(sname, 64),
		padded(file, 128),
		u32(magic),
		fields.raw ?? encode([[53, [type]], ...options]),
	);
}

function parse(parsed: Parsed, at: number): Heard {
	const bytes = parsed.udp!.payload;
	const options = new Map<number, Uint8Array>();
	for (let i = 240; bytes[i] !== 255; i += bytes[i] === 0 ? 1 : 2 + bytes[i + 1]!) {
		if (i >= bytes.length) throw new Error("a DHCP message without END");
		if (bytes[i] !== 0) options.set(bytes[i]!, bytes.slice(i + 2, i + 2 + bytes[i + 1]!));
	}
	const type = options.get(53)?.[0] ?? 0;
	return {
		at,
		type,
		name: NAMES[type] ?? "?",
		xid: read32(bytes, 4),
		secs: read16(bytes, 8),
		broadcast: (read16(bytes, 10) & 0x8000) !== 0,
		ciaddr: read32(bytes, 12),
		chaddr: bytes.slice(28, 34),
		options,
		source: parsed.ipv4!.source,
		destination: parsed.ipv4!.destination,
		bytes,
	};
}

export class DhcpServer {
	readonly device: QueueDevice;
	/** Where it is, and what it gives. */
	server = "192.168.1.1";
	address = "192.168.1.100";
	lease = 3600;
	/** What its replies have besides type, server and lease time. */
	options: Options = [
		[1, addresses("255.255.255.0")],
		[3, addresses("192.168.1.1")],
		[6, addresses("192.168.1.1", "192.168.1.2")],
	];
	/** Its cable is out, so to say. */
	silent = false;
	/** Probability that a message is lost, each way. */
	loss = 0;
	/** It answers REQUESTs by NAK. */
	refuses = false;
	/** It answers by unicast to the address that it gives. */
	unicast = false;
	/** Whether it answers ARP for its own address, which is the router's too; and its hardware address. */
	reachable = true;
	mac = macOf(0x999);
	/** Addresses that a station has, which answers ARP for them. */
	readonly taken = new Set<string>();
	readonly heard: Heard[] = [];
	/** ARP packets that the client sent: "who-has A tell B", with B 0.0.0.0 a probe. */
	readonly arps: { at: number; sender: number; target: number }[] = [];
	/** Everything else that it sent. */
	readonly others: Parsed[] = [];
	readonly #world: World;

	constructor(world: World, device: QueueDevice) {
		this.#world = world;
		this.device = device;
		device.onSend = (frame) => this.#sent(parseFrame(frame));
	}

	/** Names of the messages heard since the last call. */
	names(): string[] {
		return this.heard.splice(0).map(({ name }) => name);
	}

	#sent(parsed: Parsed): void {
		if (parsed.error) throw new Error(`the stack sent a frame with bad ${parsed.error}`);
		const asked = parsed.arp;
		if (asked !== undefined) {
			this.arps.push({ at: this.#world.clock.now, sender: asked.sender, target: asked.target });
			if (asked.operation !== ARP_REQUEST || asked.sender === asked.target) return;
			for (const text of [...(this.reachable ? [this.server] : []), ...this.taken])
				if (asked.target === ip(text) && this.#isFor(parsed, text)) this.arp(ARP_REPLY, text, asked.sender, asked.senderMac);
			return;
		}
		if (parsed.udp?.destinationPort !== 67 || parsed.udp.sourcePort !== 68) {
			this.others.push(parsed);
			return;
		}
		if (this.#world.prng.chance(this.loss)) return;
		const heard = parse(parsed, this.#world.clock.now);
		this.heard.push(heard);
		// A moment later, as over a wire: not within the client's own sending.
		this.#world.clock.after(1, () => this.#answer(heard));
	}

	/** Whether the frame goes to everybody, or to the station that has that address. */
	#isFor(parsed: Parsed, text: string): boolean {
		const to = read32(parsed.destinationMac!, 2);
		return to === -1 || to === read32(text === this.server ? this.mac : macOf(0x888), 2);
	}

	/** A station at `sender` sends ARP. */
	arp(operation: number, sender: string, target: number | string, to: Uint8Array = BROADCAST_MAC, mac = macOf(0x888)): void {
		const from = sender === this.server ? this.mac : mac;
		const fields = { operation, senderMac: from, sender, targetMac: to, target };
		this.device.inject(ethernet(to, from, ETHERTYPE_ARP, arp(fields)));
	}

	#answer(heard: Heard): void {
		if (this.silent) return;
		if (heard.type === DISCOVER) this.reply(heard, OFFER);
		if (heard.type !== REQUEST) return;
		const chosen = heard.options.get(54);
		if (chosen !== undefined && read32(chosen, 0) !== ip(this.server)) return;
		const wanted = heard.ciaddr !== 0 ? heard.ciaddr : read32(heard.options.get(50)!, 0);
		// One with no server identifier must be for an address that is right here: RFC 2131 §4.3.2.
		if (this.refuses || (chosen !== undefined && wanted !== ip(this.address))) this.reply(heard, NAK);
		else this.reply(heard, ACK);
	}

	/** Answers a message; fields may be wrong on purpose. */
	reply(heard: Heard, type: number, fields: Partial<ReplyFields> = {}): void {
		const named: Options = [[54, addresses(this.server)]];
		if (type !== NAK) named.push([51, u32(this.lease)], ...this.options);
		const { xid, chaddr } = heard;
		const yiaddr = type === NAK ? "0.0.0.0" : this.address;
		this.message(reply({ type, xid, chaddr, yiaddr, options: named, ...fields }), heard.ciaddr || ip(yiaddr), heard.chaddr);
	}

	/** Sends a message's bytes to the client, by broadcast unless `unicast`. */
	message(bytes: Uint8Array, address: number, mac: Uint8Array): void {
		if (this.#world.prng.chance(this.loss)) return;
		const destination = this.unicast ? address : "255.255.255.255";
		const packet = udp({ source: this.server, destination, sourcePort: 67, destinationPort: 68 }, bytes);
		this.device.inject(ethernet(this.unicast ? mac : BROADCAST_MAC, this.mac, ETHERTYPE_IPV4, packet));
	}
}
