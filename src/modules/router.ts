// What `import … from "multihome/router"` gives.
export { Router, type ForwardedPort, type RouterOptions } from "../service/router/router.ts";
export type { FilterRule } from "../service/router/rules.ts";
