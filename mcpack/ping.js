export { default } from "moddable:multihome/io/ping";
