// What `import … from "multihome/linklocal"` gives.
export { FixedAddress, type FixedAddressOptions } from "../service/linklocal/fixed.ts";
export { LinkLocal, type LinkLocalOptions } from "../service/linklocal/linklocal.ts";
