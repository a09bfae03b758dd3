// The codec: everything that touches many bytes of a packet, or many fields at once. What is exported here, and what that reaches, is flat
// TypeScript, which becomes C on XS. All positions are byte offsets in `view`, the arena. Bad offsets throw RangeError; bad packets never do.

export { countSent, ethernetHeader, icmpEchoReply, ipv4Build, tcpBuild, ttlDecrement, udpBuild } from "./build.ts";
export { decode, decodeTransport } from "./decode.ts";
export { udpAgain, udpDeliver, udpForget, udpNext, udpRead } from "./deliver.ts";
export { framingReset, framingSpoil } from "./framing.ts";
export { halfSipHash } from "./hash.ts";
export { hdlcDecode, hdlcEncode } from "./hdlc.ts";
export { ownFind } from "./own.ts";
export { slipDecode, slipEncode } from "./slip.ts";
export { streamByte, streamIn, streamRead, streamWrite } from "./stream.ts";
export { flowEntry, flowFind, routeEntry, routeFind } from "./tables.ts";
export { vjCompress } from "./vj-compress.ts";
export { vjDecompress } from "./vj-decompress.ts";

// C by hand.
export { deviceLinkUp, deviceReceive, deviceService, deviceTransmit, lineReceive } from "../device/kernels/devices.ts";
export { checksum } from "./kernels/checksum.ts";
export { copy, copyIn, copyOut, ringPut, ringRead, ringWrite } from "./kernels/copies.ts";
export { jsonPut, numberPut, textPut } from "./kernels/text.ts";
