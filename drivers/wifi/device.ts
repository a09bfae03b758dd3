// Wi-Fi's frames as a device of the stack; README.md says who joins the network.

import { open } from "multihome/wifi/open";
import { Nic } from "../nic/device.ts";

export class Wifi extends Nic {
	constructor() {
		super(open);
	}
}
