// A peer that a test plays itself, segment by segment, against one stack. Sequence numbers are relative to both initial ones.
import { ARP_REPLY, arp, ethernet, icmp, ip, tcp, type Bytes } from "../../../support/frames.ts";
import { parseFrame } from "../../../support/parse.ts";
import { macOf, type QueueDevice } from "../../../support/wire.ts";
import { World, type Node } from "../../../support/world.ts";
import type { StackOptions } from "../../../../src/config.ts";
import type { Interface } from "../../../../src/link/interface.ts";
import { DROPS, type DropName } from "../../../../src/packet/drops.ts";
import { InterfaceBlock } from "../../../../src/packet/interface-block.ts";
import type { Tcb } from "../../../../src/transport/tcp/tcb.ts";
import { Acceptor, Endpoint, patternAt, type EndpointOptions } from "./endpoint.ts";

export const LOCAL = "10.0.0.1";
export const REMOTE = "10.0.0.2";
const NAMES = ["F", "S", "R", "P", "A", "U"];

export interface Segment {
	/** Letters of FSRPAU, as in "SA". */
	flags: string;
	/** Relative to the stack's initial sequence number. */
	seq: number;
	/** Relative to the peer's. */
	ack: number;
	length: number;
	window: number;
	/** ms since the peer began. */
	at: number;
	mss: number;
	payload: Uint8Array;
	localPort: number;
	remotePort: number;
	rawSeq: number;
	frame: Bytes;
}

export interface Sent {
	flags: string;
	seq?: number;
	ack?: number;
	window?: number;
	/** Bytes of pattern 2, at the place in the stream that `seq` says. */
	length?: number;
	mss?: number;
	/** Options as they stand in the header, behind the MSS. */
	options?: readonly number[];
	localPort?: number;
	remotePort?: number;
	/** The acknowledgment as it stands, not relative. */
	rawAck?: number;
	destination?: string;
	source?: string;
}

export class Peer {
	readonly world: World;
	readonly node: Node;
	readonly device: QueueDevice;
	readonly link: Interface;
	/** Our initial sequence number. */
	iss = 0x7ffffff0;
	/** The stack's. */
	irs = 0;
	window = 65_535;
	localPort = 4000;
	remotePort = 5000;
	/** Answer ARP requests. */
	present = true;
	#start: number;
	#seen: Segment[] = [];

	constructor(options: StackOptions = {}, seed = 1) {
		this.world = new World(seed);
		this.node = this.world.node("stack", options);
		this.device = this.world.device({ mac: 1 });
		this.link = this.node.ethernet("eth0", this.device, `${LOCAL}/24`);
		this.device.onSend = (frame) => this.#heard(frame.slice());
		this.#start = this.world.clock.now;
		this.world.run(1);
		this.#start = this.world.clock.now;
	}

	get stack() {
		return this.node.stack;
	}

	#heard(frame: Bytes): void {
		const parsed = parseFrame(frame);
		if (parsed.error !== "") throw new Error(`the stack sent a bad frame: ${parsed.error}`);
		if (parsed.arp && parsed.arp.operation === 1 && parsed.arp.target === ip(REMOTE) && this.present) {
			const reply = arp({ operation: ARP_REPLY, senderMac: macOf(2), sender: REMOTE, targetMac: macOf(1), target: LOCAL });
			this.device.inject(ethernet(macOf(1), macOf(2), 0x0806, reply));
		}
		const segment = parsed.tcp;
		if (!segment) return;
		let flags = "";
		for (let i = 0; i < NAMES.length; i++) if (segment.flags & (1 << i)) flags += NAMES[i];
		if (flags.includes("S")) this.irs = segment.seq;
		const options = segment.options;
		this.#seen.push({
			flags,
			seq: (segment.seq - this.irs) | 0,
			ack: (segment.ack - this.iss) | 0,
			length: segment.payload.length,
			window: segment.window,
			at: this.world.clock.now - this.#start,
			mss: options[0] === 2 && options[1] === 4 ? options[2]! * 256 + options[3]! : 0,
			payload: segment.payload,
			localPort: segment.sourcePort,
			remotePort: segment.destinationPort,
			rawSeq: segment.seq,
			frame,
		});
	}

	get now(): number {
		return this.world.clock.now - this.#start;
	}

	/** What the stack sent since the last call, what it was about to included. */
	take(): Segment[] {
		this.world.run(0);
		return this.#seen.splice(0);
	}

	/** The same as short text: flags, seq, +length, ack. */
	told(): string[] {
		return this.take().map(
			(s) => `${s.flags} ${s.seq}${s.length ? `+${s.length}` : ""} ack ${s.flags.includes("A") ? s.ack : "-"}`,
		);
	}

	/** Sends a segment without running the stack. */
	queue(segment: Sent): void {
		let flags = 0;
		for (const letter of segment.flags) flags |= 1 << NAMES.indexOf(letter);
		const seq = segment.seq ?? 0;
		const payload = new Uint8Array(segment.length ?? 0);
		const first = segment.flags.includes("S") ? seq : seq - 1;
		for (let i = 0; i < payload.length; i++) payload[i] = patternAt(2, first + i);
		const packet = tcp(
			{
				source: segment.source ?? REMOTE,
				destination: segment.destination ?? LOCAL,
				sourcePort: segment.remotePort ?? this.remotePort,
				destinationPort: segment.localPort ?? this.localPort,
				seq: (this.iss + seq) | 0,
				ack: segment.rawAck ?? (segment.ack === undefined ? 0 : (this.irs + segment.ack) | 0),
				flags,
				window: segment.window ?? this.window,
				tcpOptions: [...(segment.mss ? [2, 4, segment.mss >> 8, segment.mss & 255] : []), ...(segment.options ?? [])],
			},
			payload,
		);
		this.device.inject(ethernet(macOf(1), macOf(2), 0x0800, packet));
	}

	/** Sends a segment and runs the stack at this instant. */
	send(segment: Sent): void {
		this.queue(segment);
		this.run(0);
	}

	/** Sends an ICMP error that quotes a frame of the stack. */
	icmp(frame: Bytes, type: number, code: number, rest = 0, source = "10.0.0.2"): void {
		const quoted = frame.slice(14, 14 + 28);
		this.device.inject(ethernet(macOf(1), macOf(2), 0x0800, icmp({ source, destination: LOCAL, type, code, rest }, quoted)));
		this.run(0);
	}

	run(ms: number): void {
		this.world.run(ms);
	}

	/** The stack connects to us; answers its socket when the handshake is done. */
	connected(options: EndpointOptions = {}, mss = 1460): Endpoint {
		const endpoint = new Endpoint(this.stack, { sends: 1, expects: 2, ...options });
		const tcb = this.stack.tcp.connect(REMOTE, this.remotePort);
		this.localPort = tcb.localPort;
		endpoint.own(tcb);
		this.run(0);
		this.take();
		this.send({ flags: "SA", seq: 0, ack: 1, mss });
		return endpoint;
	}

	/** We connect to the stack's port 80. */
	accepted(options: EndpointOptions = {}, mss = 1460): Endpoint {
		this.localPort = 80;
		const acceptor = new Acceptor(this.stack, 80, 4, { sends: 1, expects: 2, ...options });
		this.send({ flags: "S", seq: 0, mss });
		this.take();
		this.send({ flags: "A", seq: 1, ack: 1 });
		const endpoint = acceptor.endpoints[0];
		if (!endpoint) throw new Error("not accepted");
		return endpoint;
	}

	state(tcb: Tcb | undefined): string {
		return tcb ? tcb.stateName : "none";
	}

	drops(name: DropName): number {
		return this.stack.core.view.getUint32(this.link.block + InterfaceBlock.offsets.drops + DROPS.indexOf(name) * 4, true);
	}
}
