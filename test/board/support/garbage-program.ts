// What the board of garbage.test.ts runs: the program of hosts/examples/status.ts, and so much garbage that it is collected all the time.

import Timer from "timer";
import type { Device } from "../../../hosts/examples/device.ts";
import status from "../../../hosts/examples/status.ts";

export default function garbage(device: Device): void {
	status(device);
	let kept: object = {};
	Timer.repeat(() => {
		for (let i = 0; i < 40; i++) kept = new Uint8Array(100);
		return kept;
	}, 5);
}
