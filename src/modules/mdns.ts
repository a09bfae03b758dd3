// What `import "multihome/mdns"` does: resolvers find names that end in .local.
import "../service/dns/mdns.ts";
