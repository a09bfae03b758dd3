// Not a link, but also there only where the board file wants it: stations of an Ethernet interface are told of prefixes of IPv6, and that this board is their router.

import type { Stack } from "multihome";
import { RouterAdvertiser, type RouterAdvertiserOptions } from "multihome/router-advertiser";

/** `interfaces[].advertise` of a board file. */
export type AdvertiseFile = true | RouterAdvertiserOptions;

export type StartAdvertiser = (stack: Stack, name: string, file: AdvertiseFile) => { close(): void };

const advertise: StartAdvertiser = (stack, name, file) => new RouterAdvertiser(stack, name, file === true ? {} : file);
export default advertise;
