// What `import TCP from "embedded:io/socket/tcp"` and `from "multihome/io/tcp"` give.
export { TCP as default } from "multihome";
