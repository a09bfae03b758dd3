import { EthernetInterface } from "multihome";
import type { Device } from "../../../src/device/device.ts";
import type { MakeLink } from "./link.ts";

const ethernet: MakeLink = (name, driver, common) => new EthernetInterface(name, driver as Device, common);
export default ethernet;
