// The codec in C. What each function does is said beside its twin in ../codec.ts, ../build.ts, ../copies.ts and ../tables.ts.

export function checksum(view, at, end, initial) @ "xs_multihome_checksum";
export function decode(view, at, end, iface) @ "xs_multihome_decode";
export function decodeTransport(view, at, end, checked, group) @ "xs_multihome_decodeTransport";
export function flowFind(view, table, meta) @ "xs_multihome_flowFind";
export function routeFind(view, table, address, slot) @ "xs_multihome_routeFind";
export function ipv4Build(view, at, source, destination, protocol, ttl, total) @ "xs_multihome_ipv4Build";
export function tcpBuild(view, at, tcb, seq, ack, flagsWindow, offset, length) @ "xs_multihome_tcpBuild";
export function udpBuild(view, at, source, destination, ports, ttl, data, dataAt, length) @ "xs_multihome_udpBuild";
export function icmpEchoReply(view, at) @ "xs_multihome_icmpEchoReply";
export function ttlDecrement(view, at) @ "xs_multihome_ttlDecrement";
export function countSent(view, at, end, iface) @ "xs_multihome_countSent";
export function ethernetHeader(view, at, prepared, iface, end) @ "xs_multihome_ethernetHeader";
export function copy(view, to, from, length) @ "xs_multihome_copy";
export function copyOut(view, at, buffer, start, length) @ "xs_multihome_copyOut";
export function copyIn(view, at, buffer, start, length) @ "xs_multihome_copyIn";
export function ringPut(view, ring, size, offset, from, length) @ "xs_multihome_ringPut";
export function ringWrite(view, ring, size, offset, buffer, start, length) @ "xs_multihome_ringWrite";
export function ringRead(view, ring, size, offset, buffer, start, length) @ "xs_multihome_ringRead";

export const NO_CHECKSUM = 0x100;
