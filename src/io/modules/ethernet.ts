// What `import Ethernet from "embedded:network/interface/ethernet"` and `from "multihome/io/ethernet"` give.
export { Ethernet as default } from "multihome";
