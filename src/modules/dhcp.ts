// What `import … from "multihome/dhcp"` gives.
export { DhcpClient } from "../service/dhcp/client.ts";
export type { DhcpOptions } from "../service/dhcp/options.ts";
