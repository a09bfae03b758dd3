declare module "bench/peer" {
	/** Chooses what the peer does, a MODE_… of peer.c, with payloads of that many bytes. */
	export function start(mode: number, payload: number): void;
	export function receive(view: DataView, at: number, max: number): number;
	export function transmit(view: DataView, at: number, end: number): void;
	/** Payload packets that went through, whichever way the mode counts. */
	export function exchanged(): number;
}
