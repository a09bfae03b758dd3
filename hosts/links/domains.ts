// Not a link, but also there only where the board file wants it: names below the domains of interfaces are asked of their servers.

import type { Stack } from "multihome";
import { Domains, type DomainsOptions } from "multihome/domains";

/** `domains` of the interfaces of a board file, by their names. */
export type DomainsFile = DomainsOptions;

export type StartDomains = (stack: Stack, file: DomainsFile) => Domains;

const domains: StartDomains = (stack, file) => new Domains(stack, file);
export default domains;
