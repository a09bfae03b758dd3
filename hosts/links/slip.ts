import { SlipInterface, type SlipOptions } from "multihome/slip";
import type { SerialDevice } from "../../src/device/serial.ts";
import type { MakeLink } from "./link.ts";
import { address } from "./serial.ts";

/** `interfaces[].slip` of a board file. */
export interface SlipFile extends Omit<SlipOptions, "peer"> {
	peer?: string;
}

function slipOptions({ peer, ...others }: SlipFile): SlipOptions {
	const options: SlipOptions = others;
	if (peer !== undefined) options.peer = address("peer", peer);
	return options;
}

const slip: MakeLink = (name, driver, common, options) =>
	new SlipInterface(name, driver as SerialDevice, { ...slipOptions(options), ...common });
export default slip;
