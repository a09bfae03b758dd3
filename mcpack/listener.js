export { default } from "moddable:multihome/io/listener";
