// A scripted peer for measurements: what a driver in C delivers, at the price of a driver's copy.

export class Peer @ "xs_bench_peer_delete" {
	constructor() @ "xs_bench_peer"
	bind(view) @ "xs_bench_peer_bind"
	unbind(number) @ "xs_bench_peer_unbind"
	receive(at, max) @ "xs_bench_peer_receive"
	transmit(packet, at, end) @ "xs_bench_peer_transmit"
}
export function start(mode, payload, outstanding, six) @ "xs_bench_start";
export function exchanged() @ "xs_bench_exchanged";
export function converse(chip) @ "xs_bench_converse";
export function converseLine(line, open) @ "xs_bench_converseLine";
