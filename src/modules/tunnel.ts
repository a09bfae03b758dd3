// What `import … from "multihome/tunnel"` gives.
export { TunnelInterface, type KeepaliveOptions, type TunnelKind, type TunnelOptions } from "../link/tunnel.ts";
