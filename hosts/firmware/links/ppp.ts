import { PppInterface } from "multihome";
import type { SerialDevice } from "../../../src/device/serial.ts";
import { pppOptions } from "../../links.ts";
import type { MakeLink } from "./link.ts";

const ppp: MakeLink = (name, driver, common, options) =>
	new PppInterface(name, driver as SerialDevice, { ...pppOptions(options), ...common });
export default ppp;
