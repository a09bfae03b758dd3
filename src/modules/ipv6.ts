// What `import … from "multihome/ipv6"` gives.
export { Autoconfiguration } from "../service/ipv6/autoconfiguration.ts";
export type { AutoconfigurationOptions, AutoconfigurationState } from "../service/ipv6/autoconfiguration.ts";
