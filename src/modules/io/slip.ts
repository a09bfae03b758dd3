// What `import SLIP from "multihome/io/slip"` gives.
export { SLIP as default } from "../../service/network/slip.ts";
