// What `import Listener from "embedded:io/socket/listener"` and `from "multihome/io/listener"` give.
export { Listener as default } from "multihome";
