// What `import … from "multihome/dhcp6"` gives.
export { Dhcp6Client } from "../service/dhcp6/client.ts";
export type { Dhcp6Options } from "../service/dhcp6/client.ts";
export type { AddressKeeper, Dhcp6State } from "../service/dhcp6/state.ts";
