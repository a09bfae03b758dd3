export { default } from "moddable:multihome/io/dns";
