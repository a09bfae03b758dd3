// What the board file says of serial links, as their interfaces take it: addresses are text there and int32 here.

import { parseIpv4 } from "multihome";
import type { PppOptions } from "../src/link/ppp/options.ts";
import type { SlipOptions } from "../src/link/slip.ts";

/** `interfaces[].ppp` of a board file. */
export interface PppFile extends Omit<PppOptions, "local" | "remote" | "msDns" | "onChanged"> {
	local?: string;
	remote?: string;
	msDns?: string[];
}

function address(name: string, text: string): number {
	const value = parseIpv4(text);
	if (value === undefined) throw new RangeError(`${name} "${text}": expected an IPv4 address such as "192.168.77.1"`);
	return value;
}

export function pppOptions({ local, remote, msDns, ...others }: PppFile): PppOptions {
	const options: PppOptions = others;
	if (local !== undefined) options.local = address("local", local);
	if (remote !== undefined) options.remote = address("remote", remote);
	if (msDns !== undefined) options.msDns = msDns.map((text) => address("msDns", text));
	return options;
}

/** `interfaces[].slip` of a board file. */
export interface SlipFile extends Omit<SlipOptions, "peer"> {
	peer?: string;
}

export function slipOptions({ peer, ...others }: SlipFile): SlipOptions {
	const options: SlipOptions = others;
	if (peer !== undefined) options.peer = address("peer", peer);
	return options;
}
