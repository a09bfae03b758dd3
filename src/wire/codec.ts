// What touches many bytes of a packet, or many fields at once. What is exported here, and what that reaches, is flat TypeScript, which becomes C on XS. All positions are byte offsets in `view`, the arena. Bad offsets throw RangeError; bad packets never do.

export { countSent, ethernetHeader, icmpEchoReply, ipv4Build, tcpBuild, ttlDecrement, udpBuild } from "./build.ts";
export { framingReset, framingSpoil } from "./framing.ts";
export { halfSipHash, halfSipHash4 } from "./hash.ts";
export { hdlcDecode, hdlcEncode } from "./hdlc.ts";
export { slipDecode, slipEncode } from "./slip.ts";
export { vjCompress } from "./vj-compress.ts";
export { vjDecompress } from "./vj-decompress.ts";

export { deviceReceive, lineReceive } from "../device/receive.ts";

// C by hand.
export { deviceLinkUp, devicePasses, deviceService, deviceTransmit } from "../device/kernels/devices.ts";
export { checksum } from "./kernels/checksum.ts";
export { copy, copyIn, copyOut } from "./kernels/copies.ts";
export { asciiPut } from "./kernels/ascii.ts";
