// What `import … from "multihome/dns-forwarder"` gives.
export { DnsForwarder, type DnsForwarderCounters } from "../service/dns-forwarder/forwarder.ts";
export type { DnsForwarderOptions } from "../service/dns-forwarder/options.ts";
