// What `import … from "multihome/raw"` gives.
export type { FrameHeader, PacketOptions, RawHeader, RawOptions, RawSending } from "../io/raw.ts";
export { Packet, Raw } from "../service/network/raw.ts";
