// The public entry: what `import … from "multihome"` gives.

export { Stack } from "./stack.ts";
export { STATUS, type Status, type InterfaceStatus, type SocketStatus } from "./status.ts";
export { JsonPieces, PIECE_BYTES, membersOf, type Member, type Members } from "./status/pieces.ts";
export type { JsonWriter } from "./status/json.ts";
export type { StackOptions } from "./config.ts";
export type { CoreOptions } from "./packet/core.ts";
export { Interface, type InterfaceOptions } from "./link/interface.ts";
export { EthernetInterface, type EthernetOptions } from "./link/ethernet.ts";
export { LoopbackInterface } from "./link/loopback.ts";
export { SlipInterface, type SlipOptions } from "./link/slip.ts";
export { PppInterface, type PppState } from "./link/ppp/ppp.ts";
export type { PppOptions } from "./link/ppp/options.ts";
export type { Auth } from "./link/ppp/lcp.ts";
export { LoopbackDevice } from "./device/loopback.ts";
export * from "./device/device.ts";
export { Route, type RouteOptions, type Routes } from "./ip/routes.ts";
export type { InterfaceSet } from "./ip/interfaces.ts";
export { formatIpv4, parseIpv4, parsePrefix } from "./ip/address.ts";
export { formatIpv6, parseIpv6, type Ipv6 } from "./ip/address6.ts";
export { createIO, Listener, TCP, UDP } from "./io/io.ts";
export { pipe, type PipeOptions } from "./io/pipe.ts";
export { PingError, type PingOptions, type PingReply, type PingStatistics } from "./io/ping.ts";
export type { Bytes, Format, IO, ListenerOptions, Origin, Sender, TCPError, TCPOptions, UDPOptions } from "./io/io.ts";
export { currentStack, useStack } from "./io/current.ts";
export { ADDED, ADDRESSES, LINK, NAME_SERVERS, PROTOCOL, REMOVED, ROUTES } from "./link/interface.ts";
export type { Watch, WatchListener } from "./transport/watch.ts";
export type { Service } from "./transport/services.ts";
export { DhcpClient } from "./service/dhcp/client.ts";
export type { DhcpOptions } from "./service/dhcp/options.ts";
export type { LeaseState } from "./link/lease.ts";
export { Ping } from "./service/network/ping.ts";
export { Ethernet, Loopback, PPP, SLIP } from "./service/network/links.ts";
export { Network } from "./service/network/network.ts";
export type { ReadyOptions } from "./service/network/ready.ts";
export type {
	Change,
	ChangedProperty,
	ConfigureOptions,
	EthernetLinkOptions,
	InterfaceView,
	LinkOptions,
	NewRoute,
	RoutePattern,
	RouteView,
	StaticAddress,
	Way,
} from "./service/network/types.ts";
export { createResolver, Resolver, useNameServers } from "./service/dns/resolver.ts";
export { ResolveError, type ResolveErrorCode } from "./service/dns/errors.ts";
export type { ResolveCallback, ResolveCallbacks, ResolveOptions, ResolverOptions } from "./service/dns/types.ts";
