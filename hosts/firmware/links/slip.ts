import { SlipInterface } from "multihome";
import type { SerialDevice } from "../../../src/device/serial.ts";
import { slipOptions } from "../../links.ts";
import type { MakeLink } from "./link.ts";

const slip: MakeLink = (name, driver, common, options) =>
	new SlipInterface(name, driver as SerialDevice, { ...slipOptions(options), ...common });
export default slip;
