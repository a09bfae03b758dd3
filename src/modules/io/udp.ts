// What `import UDP from "multihome/io/udp"`, or from `"embedded:io/socket/udp"`, gives.
export { UDP as default } from "../../io/io.ts";
