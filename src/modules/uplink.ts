// What `import … from "multihome/uplink"` gives.
export { UplinkProbe, type UplinkProbeState } from "../service/uplink/probe.ts";
export type { UplinkProbeOptions } from "../service/uplink/options.ts";
