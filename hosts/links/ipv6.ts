// Not a link, but there unless the board file turns it off: an interface comes to addresses of IPv6 by itself, and says which it has.

import type { Stack } from "multihome";
import { Autoconfiguration, type AutoconfigurationOptions } from "multihome/ipv6";
import type { Dhcp6File } from "./dhcp6.ts";
import type { Say } from "./link.ts";

/** `interfaces[].ipv6` of a board file. */
export type Ipv6File = "auto" | (Pick<AutoconfigurationOptions, "mode" | "addresses" | "metric" | "temporary"> & Dhcp6File);

export type StartIpv6 = (stack: Stack, name: string, file: Ipv6File, say: Say) => void;

const ipv6: StartIpv6 = (stack, name, file, say) => {
	const link = stack.interfaces.find(name)!;
	// SLIP and loopback have the addresses that they are given.
	if (link.discovery === undefined) {
		if (file !== "auto") for (const text of file.addresses ?? []) link.addAddress(text);
		return;
	}
	let said = "";
	void new Autoconfiguration(stack, name, {
		...(file === "auto" ? {} : file),
		onChanged() {
			const { addresses, routers } = this.state;
			const usable = addresses.filter(({ state }) => state === "preferred").map(({ address }) => address);
			const refused = addresses.filter(({ state }) => state === "duplicate").map(({ address }) => `${address} is another's`);
			const by = routers.length > 0 ? `, router ${routers.join(", ")}` : "";
			const line = [...usable, ...refused].join(", ") + by;
			if (line === said || usable.length + refused.length === 0) return;
			said = line;
			say(`${name} ${line} (ipv6)`);
		},
	});
};
export default ipv6;
