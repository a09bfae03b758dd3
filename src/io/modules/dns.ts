// What `import Resolver from "embedded:network/dns/resolver/udp"` and `from "multihome/io/dns"` give.
export { Resolver as default } from "multihome";
