// Not a link, but also there only where the board file wants it: a filter, and translation of addresses.

import type { Stack } from "multihome";
import { Router, type RouterOptions } from "multihome/router";

/** `outside`, `filter`, `nat`, `forwardPorts` and `nptv6` of a board file. */
export type RouterFile = RouterOptions;

export type StartRouter = (stack: Stack, file: RouterFile) => Router;

const router: StartRouter = (stack, file) => new Router(stack, file);
export default router;
