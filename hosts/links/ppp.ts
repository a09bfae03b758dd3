import { PppInterface, type PppOptions } from "multihome/ppp";
import type { SerialDevice } from "../../src/device/serial.ts";
import type { MakeLink } from "./link.ts";

/** `interfaces[].ppp` of a board file. */
export type PppFile = Omit<PppOptions, "onChanged">;

const ppp: MakeLink = (name, driver, common, options) =>
	new PppInterface(name, driver as SerialDevice, { ...(options as PppFile), ...common });
export default ppp;
