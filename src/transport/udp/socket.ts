// A UDP socket as the interpreter has it: all that there is of it lies in its block (packet/udp-block.ts), where compiled code works on it. Here is what the layers above ask for.

import { addressText } from "../../address.ts";
import { PathBlock } from "../../packet/path-block.ts";
import { UDP_FAMILY, UDP_GONE, UDP_NO_GROUPS, UDP_OPEN, UdpBlock } from "../../packet/udp-block.ts";
import { BlockSocket, type SocketView } from "../block-socket.ts";
import type { SocketEvents } from "../events.ts";

/** Where its fields lie in its block. */
const AT = UdpBlock.offsets;
const { out: OUT, mtu: MTU, hops: HOPS } = PathBlock.offsets;

export class UdpSocket extends BlockSocket implements SocketView {
	constructor(view: DataView, events: SocketEvents, block: number) {
		super(view, events, block, AT.news);
	}

	/** Its index among all sockets. */
	get index(): number {
		return this.word(AT.index);
	}

	/** Whether somebody has it. */
	get open(): boolean {
		return (this.word(AT.bits) & UDP_OPEN) !== 0;
	}

	/** Its address or interface was removed: it hears and sends nothing any more. */
	get gone(): boolean {
		return (this.word(AT.bits) & UDP_GONE) !== 0;
	}

	/** Whether it takes what is for broadcast addresses and groups. */
	get hearsGroups(): boolean {
		return (this.word(AT.bits) & UDP_NO_GROUPS) === 0;
	}

	/** The only family that it takes, bound to no address of it, 4 or 6, or 0. */
	get family(): number {
		return (this.word(AT.bits) >> UDP_FAMILY) & 7;
	}

	/** Where the address that it is bound to lies in the arena, and that as text, "" for any; its port; and the slot of its interface, 0 for any. */
	get localAt(): number {
		return this.block + AT.localAddress;
	}
	get localAddress(): string {
		return addressText(this.view, this.localAt);
	}
	get localPort(): number {
		return this.word(AT.localPort);
	}
	get bound(): number {
		return this.word(AT.meta) >> 8;
	}

	/** Of the datagram that was read last: its sender, what it was sent to, and the slot of the interface that it came by. "" and 0 while none was read. The texts are made when they are asked for. */
	get fromAddress(): string {
		return addressText(this.view, this.block + AT.lastSource);
	}
	get fromPort(): number {
		return (this.word(AT.lastPorts) >> 16) & 0xffff;
	}
	get toAddress(): string {
		return addressText(this.view, this.block + AT.lastDestination);
	}
	get toPort(): number {
		return this.word(AT.lastPorts) & 0xffff;
	}
	get fromSlot(): number {
		return this.word(AT.lastSlot);
	}

	/** Datagrams that wait. */
	get pending(): number {
		return this.word(AT.count);
	}

	/** For people: it has no states. */
	get protocol(): string {
		return "udp";
	}
	get stateName(): string {
		return "open";
	}

	/** Block of the interface that it sent by last, 0 for none; largest packet that goes there; and time to live and TOS_BITS that were asked for. */
	get out(): number {
		return this.word(AT.path + OUT);
	}
	get mtu(): number {
		return this.word(AT.path + MTU);
	}
	get hops(): number {
		return this.word(AT.path + HOPS);
	}
}
