// What `import UDP from "embedded:io/socket/udp"` and `from "multihome/io/udp"` give.
export { UDP as default } from "multihome";
