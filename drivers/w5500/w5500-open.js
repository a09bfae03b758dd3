export function open(port, bus, clock, out, input, select, interrupt, reset, hz, mac, accept, onInterrupt) @ "xs_w5500_open";
