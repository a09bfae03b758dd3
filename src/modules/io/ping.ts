// What `import Ping from "multihome/io/ping"` gives.
export { Ping as default } from "../../service/network/ping.ts";
