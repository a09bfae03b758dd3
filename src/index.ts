// The core: what `import … from "multihome"` gives. What a firmware may do without is in modules of its own, src/modules; all are listed in modules.json.

export { Stack } from "./stack.ts";
export type { StackOptions } from "./config.ts";
export type { CoreOptions } from "./packet/core.ts";
export { Interface, type InterfaceAddress, type InterfaceOptions } from "./link/interface.ts";
export { EthernetInterface, type EthernetOptions } from "./link/ethernet.ts";
export { LoopbackInterface } from "./link/loopback.ts";
export { LoopbackDevice } from "./device/loopback.ts";
export * from "./device/device.ts";
export { Route, type RouteOptions, type Routes } from "./ip/routes.ts";
export type { InterfaceSet } from "./ip/interfaces.ts";
export { isIpv4 } from "./address4.ts";
export { createIO, Listener, TCP, UDP } from "./io/io.ts";
export type {
	Bytes,
	DatagramError,
	Format,
	IO,
	ListenerOptions,
	Origin,
	Sender,
	Sources,
	TCPError,
	TCPOptions,
	UDPOptions,
} from "./io/io.ts";
export { currentStack, useStack } from "./io/current.ts";
export { ADDED, ADDRESSES, LINK, NAME_SERVERS, PROTOCOL, REMOVED, ROUTES } from "./link/interface.ts";
export type { Watch, WatchListener } from "./transport/watch.ts";
export type { Service } from "./transport/services.ts";
export type { LeaseState } from "./link/lease.ts";
