// What `import … from "multihome/ping"` gives.
export { PingError, type PingOptions, type PingReply, type PingStatistics } from "../io/ping.ts";
export { Ping, Ping as default } from "../service/network/ping.ts";
