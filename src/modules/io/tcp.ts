// What `import TCP from "multihome/io/tcp"`, or from `"embedded:io/socket/tcp"`, gives.
export { TCP as default } from "../../io/io.ts";
