// Not a link, but also there only where the board file wants it: stations of an Ethernet interface are told of prefixes of IPv6, and that this board is their router.

import type { Stack } from "multihome";
import { RouterAdvertiser, type RouterAdvertiserOptions } from "multihome/router-advertiser";

/** `interfaces[].advertise` of a board file. */
export type AdvertiseFile = true | RouterAdvertiserOptions;

/** Those of a board file's interfaces; what it begins is ended with the board. */
export type StartAdvertisers = (
	stack: Stack,
	interfaces: readonly { name: string; advertise?: AdvertiseFile | undefined }[],
	host: { ends?(service: { close(): void }): void },
) => void;

const advertise: StartAdvertisers = (stack, interfaces, host) => {
	for (const { name, advertise: file } of interfaces)
		if (file !== undefined && stack.interfaces.find(name) !== undefined)
			host.ends?.(new RouterAdvertiser(stack, name, file === true ? {} : file));
};
export default advertise;
