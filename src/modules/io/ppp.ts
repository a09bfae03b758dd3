// What `import PPP from "multihome/io/ppp"` gives.
export { PPP as default } from "../../service/network/ppp.ts";
