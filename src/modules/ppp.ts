// What `import … from "multihome/ppp"` gives.
export { PppInterface, type PppState } from "../link/ppp/ppp.ts";
export type { PppOptions } from "../link/ppp/options.ts";
export type { Auth } from "../link/ppp/lcp.ts";
