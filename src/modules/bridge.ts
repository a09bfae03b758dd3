// What `import … from "multihome/bridge"` gives.
export { BridgeInterface, type BridgeOptions } from "../link/bridge.ts";
