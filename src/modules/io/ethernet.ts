// What `import Ethernet from "multihome/io/ethernet"`, or from `"embedded:network/interface/ethernet"`, gives.
export { Ethernet as default } from "../../service/network/ethernet.ts";
export type { EthernetLinkOptions } from "../../service/network/types.ts";
