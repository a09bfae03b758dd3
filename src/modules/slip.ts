// What `import … from "multihome/slip"` gives.
export { SlipInterface, type SlipOptions } from "../link/slip.ts";
