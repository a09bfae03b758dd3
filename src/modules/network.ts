// What `import … from "multihome/network"` gives.
export { Loopback } from "../service/network/loopback.ts";
export { Network, network as default } from "../service/network/network.ts";
export type { ReadyOptions } from "../service/network/ready.ts";
export type {
	Change,
	ChangedProperty,
	ConfigureOptions,
	InterfaceView,
	LinkOptions,
	NewRoute,
	RoutePattern,
	RouteView,
	StaticAddress,
	Way,
} from "../service/network/types.ts";
