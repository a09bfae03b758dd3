// What `import … from "multihome/dns"` gives.
export { createResolver, Resolver, Resolver as default, useNameServers } from "../service/dns/resolver.ts";
export { ResolveError, type ResolveErrorCode } from "../service/dns/errors.ts";
export type { ResolveCallback, ResolveCallbacks, ResolveOptions, ResolverOptions } from "../service/dns/types.ts";
