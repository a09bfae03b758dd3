export { default } from "moddable:multihome/io/tcp";
