// What `import … from "multihome/domains"` gives.
export { Domains, type DomainsOptions } from "../service/domains/domains.ts";
