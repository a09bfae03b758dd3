// Two stacks, or a stack and a test that plays the peer, at the ends of a null-modem cable under virtual time.

import { SerialLine } from "../../../../src/device/serial-line.ts";
import { PppInterface, type PppState } from "../../../../src/link/ppp/ppp.ts";
import type { PppOptions } from "../../../../src/link/ppp/options.ts";
import { NullModem, type ModemPort, type NullModemOptions } from "../../../support/null-modem.ts";
import { fcsOf, hdlcFrame } from "../../../support/serial-frames.ts";
import { World, type Node } from "../../../support/world.ts";

export const ip = (text: string): number => text.split(".").reduce((value, part) => (value << 8) | Number(part), 0);

export const LCP = 0xc021;
export const PAP = 0xc023;
export const CHAP = 0xc223;
export const IPCP = 0x8021;
export const IPV6CP = 0x8057;

export interface End {
	node: Node;
	link: PppInterface;
	port: ModemPort;
	/** Every phase and reason that it went through. */
	history: string[];
}

/** A stack with ppp0 at one end of the cable. */
export function end(world: World, name: string, port: ModemPort, options: PppOptions): End {
	const node = world.node(name, { packets: 32, sockets: { tcp: 4, udp: 2 } });
	const history: string[] = [];
	const link = new PppInterface("ppp0", new SerialLine(port), {
		...options,
		onChanged: () => {
			const { phase, reason } = link.state;
			history.push(reason === "" ? phase : `${phase}: ${reason}`);
			options.onChanged?.();
		},
	});
	node.stack.interfaces.add(link);
	return { node, link, port, history };
}

export interface Pair {
	world: World;
	modem: NullModem;
	a: End;
	b: End;
	/** Runs until both are up. */
	up(ms?: number): boolean;
}

export function pair(a: PppOptions, b: PppOptions, cable: NullModemOptions = {}, seed = 1): Pair {
	const world = new World(seed);
	const modem = new NullModem(world.clock, world.prng.fork(), cable);
	const ends = { a: end(world, "a", modem.a, a), b: end(world, "b", modem.b, b) };
	return {
		world,
		modem,
		...ends,
		up: (ms = 2000) => world.until(() => ends.a.link.up && ends.b.link.up, ms),
	};
}

export interface Frame {
	protocol: number;
	code: number;
	id: number;
	/** Behind code, identifier and length. */
	data: number[];
	/** The whole packet. */
	packet: number[];
}

/** A stack at one end, the test itself at the other. */
export class Peer {
	readonly world: World;
	readonly modem: NullModem;
	readonly us: End;
	/** Frames that have come, the oldest first; those with a wrong FCS are not among them. */
	readonly frames: Frame[] = [];
	/** Bytes that came while `raw` is set. */
	text = "";
	raw = false;
	/** Answers each frame; "" or undefined: nothing. */
	answer: ((frame: Frame) => void) | undefined = undefined;
	#bytes: number[] = [];

	constructor(options: PppOptions, seed = 1) {
		this.world = new World(seed);
		this.modem = new NullModem(this.world.clock, this.world.prng.fork());
		this.us = end(this.world, "us", this.modem.a, options);
		this.modem.b.onByte = (byte) => this.#take(byte);
	}

	get state(): PppState {
		return this.us.link.state;
	}

	#take(byte: number): void {
		if (this.raw) {
			this.text += String.fromCharCode(byte);
			return;
		}
		if (byte !== 0x7e) {
			this.#bytes.push(byte);
			return;
		}
		const octets: number[] = [];
		for (let i = 0; i < this.#bytes.length; i++)
			octets.push(this.#bytes[i] === 0x7d ? this.#bytes[++i]! ^ 0x20 : this.#bytes[i]!);
		this.#bytes = [];
		if (octets.length < 4) return;
		const fcs = octets.splice(octets.length - 2);
		if (fcsOf(octets) !== (fcs[0]! | (fcs[1]! << 8))) return;
		if (octets[0] === 0xff && octets[1] === 3) octets.splice(0, 2);
		const protocol = octets[0]! & 1 ? octets.shift()! : (octets.shift()! << 8) | octets.shift()!;
		const frame = { protocol, code: octets[0]!, id: octets[1]!, data: octets.slice(4), packet: octets };
		this.frames.push(frame);
		// Not from within the line's own turn.
		this.world.clock.after(0, () => this.answer?.(frame));
	}

	/** Sends any information with that protocol. */
	raws(protocol: number, information: readonly number[]): void {
		this.us.port.inject(hdlcFrame([0xff, 3, protocol >> 8, protocol & 255], information));
	}

	send(protocol: number, code: number, id: number, data: readonly number[] = []): void {
		const length = data.length + 4;
		this.raws(protocol, [code, id, length >> 8, length & 255, ...data]);
	}

	/** Takes what came so far. */
	take(): Frame[] {
		return this.frames.splice(0);
	}

	/** The next frame with that protocol and code, within `ms`. */
	next(protocol: number, code: number, ms = 5000): Frame {
		const find = () => this.frames.findIndex((frame) => frame.protocol === protocol && frame.code === code);
		if (!this.world.until(() => find() >= 0, ms)) {
			const seen = this.frames.map((frame) => `${frame.protocol.toString(16)}/${frame.code}`).join(" ");
			throw new Error(`no frame ${protocol.toString(16)}/${code} in ${ms} ms, but: ${seen}`);
		}
		return this.frames.splice(find(), 1)[0]!;
	}

	run(ms: number): void {
		this.world.run(ms);
	}

	/** Acknowledges everything we ask in that protocol, and asks for `options`. Answers what we asked for. */
	agree(protocol: number, options: readonly number[]): number[] {
		const request = this.next(protocol, 1);
		this.send(protocol, 2, request.id, request.data);
		this.send(protocol, 1, 77, options);
		this.next(protocol, 2);
		return request.data;
	}

	/** From now on acknowledges whatever comes, asks in its turn, and gives `address` to who has none. */
	agreeable(address: readonly number[] = [10, 0, 0, 1]): void {
		const asked = new Map<number, number>();
		this.answer = ({ protocol, code, id, data }) => {
			if (protocol === LCP && code === 9) this.send(LCP, 10, id, [0, 0, 0, 0, ...data.slice(4)]);
			if (code !== 1 || (protocol !== LCP && protocol !== IPCP)) return;
			if (protocol === IPCP && data.slice(2, 6).join() === "0,0,0,0") return this.send(IPCP, 3, id, [3, 6, ...address]);
			this.send(protocol, 2, id, data);
			// Once: in an opened state one more would be a change of mind.
			if (this.world.clock.now - (asked.get(protocol) ?? -Infinity) < 1000) return;
			asked.set(protocol, this.world.clock.now);
			this.send(protocol, 1, id, protocol === IPCP ? [3, 6, 10, 0, 0, 2] : []);
		};
	}

	/** An ICMP echo request from 10.0.0.2 to 10.0.0.1, with every field left out that may be. */
	compressedPing(): void {
		const packet = [0x45, 0, 0, 28, 0, 1, 0, 0, 64, 1, 0x66, 0xde, 10, 0, 0, 2, 10, 0, 0, 1, 8, 0, 0xf7, 0xfd, 0, 1, 0, 1];
		this.us.port.inject(hdlcFrame([0x21], packet));
	}

	/** Up to running, with nothing special: we are 10.0.0.1, the peer 10.0.0.2. Answers what LCP asked for. */
	open(): number[] {
		const request = this.agree(LCP, []);
		this.agree(IPCP, [3, 6, 10, 0, 0, 2]);
		if (!this.world.until(() => this.us.link.up, 1000)) throw new Error(`not up: ${JSON.stringify(this.state)}`);
		return request;
	}
}
