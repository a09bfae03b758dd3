// Asks a time server once an hour, tells the time, and sets the clock where there is one to set: `Time.set` of Moddable.
//
//	npm run simulate -- --app hosts/examples/udp-time.ts --set host=pool.ntp.org

import { print } from "./common.ts";
import type { Device } from "./device.ts";
import { Sntp, type SntpOptions } from "./sntp.ts";

/** Changed by --set NAME=VALUE. */
export const settings = Object.freeze({ host: "pool.ntp.org", port: 123 });

export default function time(device: Device, options: Omit<SntpOptions, "onTime"> = settings): Sntp {
	return new Sntp(device, {
		onTime(ms, roundTripMs) {
			print(`${new Date(ms).toISOString()} ± ${Math.ceil(roundTripMs / 2)} ms`);
		},
		onError: (reason, ms) => print(`${options.host}: ${reason}; ${ms < 0 ? "not asked again" : `again in ${ms / 1000} s`}`),
		...options,
	});
}
