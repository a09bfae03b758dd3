import { EthernetInterface, type Device } from "multihome";
import type { MakeLink } from "./link.ts";

const ethernet: MakeLink = (name, driver, common) => new EthernetInterface(name, driver as Device, common);
export default ethernet;
