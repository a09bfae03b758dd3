// What `import … from "multihome/linklocal"` gives.
export { LinkLocal, type LinkLocalOptions } from "../service/linklocal/linklocal.ts";
