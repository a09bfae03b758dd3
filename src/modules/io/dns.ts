// What `import Resolver from "multihome/io/dns"`, or from `"embedded:network/dns/resolver/udp"`, gives.
export { Resolver as default } from "../../service/dns/resolver.ts";
