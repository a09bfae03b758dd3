// What `import … from "multihome/vlan"` gives.
export { VlanInterface, type VlanOptions } from "../link/vlan.ts";
