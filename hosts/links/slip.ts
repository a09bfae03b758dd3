import { SlipInterface, type SlipOptions } from "multihome/slip";
import type { SerialDevice } from "../../src/device/serial.ts";
import type { MakeLink } from "./link.ts";

/** `interfaces[].slip` of a board file. */
export type SlipFile = SlipOptions;

const slip: MakeLink = (name, driver, common, options) =>
	new SlipInterface(name, driver as SerialDevice, { ...(options as SlipFile), ...common });
export default slip;
