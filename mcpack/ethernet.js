export { default } from "moddable:multihome/io/ethernet";
