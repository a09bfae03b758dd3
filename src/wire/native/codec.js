// The codec in C. What each function does is said beside its twin in ../codec.ts, ../build.ts, ../copies.ts, ../stream.ts, ../tables.ts, ../hdlc.ts, ../slip.ts, ../text.ts and ../vj.ts.

export function checksum(view, at, end, initial) @ "xs_multihome_checksum";
export function decode(view, at, end, iface) @ "xs_multihome_decode";
export function decodeTransport(view, at, end, iface, group) @ "xs_multihome_decodeTransport";
export function flowFind(view, table, meta) @ "xs_multihome_flowFind";
export function routeFind(view, table, address, slot) @ "xs_multihome_routeFind";
export function ipv4Build(view, at, source, destination, protocol, ttl, total) @ "xs_multihome_ipv4Build";
export function tcpBuild(view, at, tcb, seq, ack, flagsWindow, offset, length) @ "xs_multihome_tcpBuild";
export function udpBuild(view, at, source, destination, ports, ttl, data, dataAt, length) @ "xs_multihome_udpBuild";
export function icmpEchoReply(view, at) @ "xs_multihome_icmpEchoReply";
export function ttlDecrement(view, at) @ "xs_multihome_ttlDecrement";
export function countSent(view, at, end, iface) @ "xs_multihome_countSent";
export function ethernetHeader(view, at, prepared, iface, end) @ "xs_multihome_ethernetHeader";
export function udpDeliver(view, socket, length) @ "xs_multihome_udpDeliver";
export function udpRead(view, socket, buffer, start, length) @ "xs_multihome_udpRead";
export function udpNext(view, socket) @ "xs_multihome_udpNext";
export function copy(view, to, from, length) @ "xs_multihome_copy";
export function copyOut(view, at, buffer, start, length) @ "xs_multihome_copyOut";
export function copyIn(view, at, buffer, start, length) @ "xs_multihome_copyIn";
export function ringPut(view, ring, size, offset, from, length) @ "xs_multihome_ringPut";
export function ringWrite(view, ring, size, offset, buffer, start, length) @ "xs_multihome_ringWrite";
export function ringRead(view, ring, size, offset, buffer, start, length) @ "xs_multihome_ringRead";

export function streamIn(view, tcb) @ "xs_multihome_streamIn";
export function halfSipHash(k0, k1, first, second, third) @ "xs_multihome_halfSipHash";
export function streamOut(view, at, tcb, now) @ "xs_multihome_streamOut";
export function streamAck(view, at, tcb) @ "xs_multihome_streamAck";
export function streamByte(view, tcb) @ "xs_multihome_streamByte";
export function streamRead(view, tcb, buffer, start, length) @ "xs_multihome_streamRead";
export function streamWrite(view, tcb, buffer, start, length) @ "xs_multihome_streamWrite";

export function hdlcDecode(view, state, from, count, to, max) @ "xs_multihome_hdlcDecode";
export function hdlcEncode(view, at, end, line, ring, size, offset, room, protocol, accm, flags) @ "xs_multihome_hdlcEncode";
export function slipDecode(view, state, from, count, to, max) @ "xs_multihome_slipDecode";
export function slipEncode(view, at, end, line, ring, size, offset, room, flags) @ "xs_multihome_slipEncode";
export function vjCompress(view, state, at, end) @ "xs_multihome_vjCompress";
export function vjDecompress(view, state, type, at, end, low, high) @ "xs_multihome_vjDecompress";

export function textPut(bytes, at, end, text) @ "xs_multihome_textPut";
export function jsonPut(bytes, at, end, text) @ "xs_multihome_jsonPut";
export function numberPut(bytes, at, end, value) @ "xs_multihome_numberPut";

export const NO_CHECKSUM = 0x100;
