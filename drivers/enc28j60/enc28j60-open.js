export function open(port, bus, clock, out, input, select, interrupt, reset, hz, mac, accept, onInterrupt) @ "xs_enc28j60_open";
