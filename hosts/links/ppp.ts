import { PppInterface, type PppOptions } from "multihome/ppp";
import type { SerialDevice } from "../../src/device/serial.ts";
import type { MakeLink } from "./link.ts";
import { address } from "./serial.ts";

/** `interfaces[].ppp` of a board file. */
export interface PppFile extends Omit<PppOptions, "local" | "remote" | "msDns" | "onChanged"> {
	local?: string;
	remote?: string;
	msDns?: string[];
}

function pppOptions({ local, remote, msDns, ...others }: PppFile): PppOptions {
	const options: PppOptions = others;
	if (local !== undefined) options.local = address("local", local);
	if (remote !== undefined) options.remote = address("remote", remote);
	if (msDns !== undefined) options.msDns = msDns.map((text) => address("msDns", text));
	return options;
}

const ppp: MakeLink = (name, driver, common, options) =>
	new PppInterface(name, driver as SerialDevice, { ...pppOptions(options), ...common });
export default ppp;
