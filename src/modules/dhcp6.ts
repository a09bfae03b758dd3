// What `import … from "multihome/dhcp6"` gives.
export { Dhcp6Client } from "../service/dhcp6/client.ts";
export type { Dhcp6Options } from "../service/dhcp6/client.ts";
export type { AddressKeeper } from "../link/autoconfiguration-state.ts";
export type { Dhcp6State } from "../service/dhcp6/state.ts";
