// What `import … from "multihome/dhcp-server"` gives.
export { DhcpServer, type DhcpServerCounters, type LentAddress } from "../service/dhcp-server/server.ts";
export type { DhcpServerOptions, Reservation } from "../service/dhcp-server/options.ts";
