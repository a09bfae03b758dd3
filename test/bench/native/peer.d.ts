declare module "bench/peer" {
	/** The scripted peer as a driver in C: methods that are native functions. There is one. */
	export class Peer {
		/** The arena; it must be one that never moves. Answers a number in the table of devices in C, until `unbind`. */
		bind(view: DataView): number;
		unbind(number: number): void;
		receive(at: number, max: number): number;
		transmit(packet: number, at: number, end: number): number;
	}
	/** Chooses what the peer does, a MODE_… of peer.c, with payloads of that many bytes; echo requests: that many on the way at once. `six`: 1 for IPv6, 0 for IPv4. */
	export function start(mode: number, payload: number, outstanding: number, six: number): void;
	/** Payload packets that went through, whichever way the mode counts. */
	export function exchanged(): number;
	/** The peer is at the other end of a simulated chip's cable: to be called again and again, it says what there is room for. */
	export function converse(chip: number): void;
	/** The same at the other end of a UART's line, by PPP; `open`: it may say datagrams, one each time. */
	export function converseLine(line: number, open: boolean): void;
}
