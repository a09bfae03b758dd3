// Asks a time server once an hour, tells the time, and sets the clock where there is one to set: `Time.set` of Moddable.
//
//	npm run simulate -- --app hosts/examples/udp-time.ts

import { print } from "./common.ts";
import type { Device } from "./device.ts";
import { Sntp, type SntpOptions } from "./sntp.ts";

const SETTINGS = { host: "pool.ntp.org" };

export default function time(device: Device, settings: Omit<SntpOptions, "onTime"> = SETTINGS): Sntp {
	return new Sntp(device, {
		onTime(ms, roundTripMs) {
			print(`${new Date(ms).toISOString()} ± ${Math.ceil(roundTripMs / 2)} ms`);
		},
		onError: (reason, ms) => print(`${settings.host}: ${reason}; ${ms < 0 ? "not asked again" : `again in ${ms / 1000} s`}`),
		...settings,
	});
}
