// A device that receives what it transmits.

import { BUSY, MEDIUM_IP, NOTIFIES, RECEIVE_CHECKED, RETURNS, type Device } from "./device.ts";

/** A device that receives what it transmits. It says so, and the stack does it: nothing is copied, and nobody is asked. */
export class LoopbackDevice implements Device {
	readonly medium = MEDIUM_IP;
	readonly mtu = 1500;
	readonly abilities = RECEIVE_CHECKED | NOTIFIES | RETURNS;
	readonly linkUp = true;

	attach(): void {}

	receive(): number {
		return 0;
	}

	transmit(): number {
		return BUSY;
	}

	close(): void {}
}
