// Not a link, but also there only where the board file wants it: stations of some interfaces ask this board for names.

import type { Stack } from "multihome";
import { DnsForwarder, type DnsForwarderOptions } from "multihome/dns-forwarder";

/** `dnsForwarder` of a board file. */
export type DnsForwarderFile = Omit<DnsForwarderOptions, "interfaces"> & { interfaces: readonly string[] };

export type StartDnsForwarder = (stack: Stack, file: DnsForwarderFile) => DnsForwarder;

const dnsForwarder: StartDnsForwarder = (stack, file) => new DnsForwarder(stack, file);
export default dnsForwarder;
