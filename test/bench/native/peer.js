// A scripted peer for measurements: what a driver would deliver, at the price of a driver's copy.

export function start(mode, payload) @ "xs_bench_start";
export function receive(view, at, max) @ "xs_bench_receive";
export function transmit(view, at, end) @ "xs_bench_transmit";
export function exchanged() @ "xs_bench_exchanged";
