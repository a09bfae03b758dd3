export { default } from "moddable:multihome/io/udp";
