// What `import Listener from "multihome/io/listener"`, or from `"embedded:io/socket/listener"`, gives.
export { Listener as default } from "../../io/io.ts";
