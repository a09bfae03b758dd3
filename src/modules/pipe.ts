// What `import … from "multihome/pipe"` gives.
export { pipe, type PipeOptions } from "../io/pipe.ts";
