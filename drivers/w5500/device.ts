// The W5500 as a device of the stack; README.md has the wiring, w5500.c the driver.

import { open } from "multihome/w5500/open";
import { EthernetChip, type EthernetChipOptions } from "../ethernet/device.ts";

export class W5500 extends EthernetChip {
	constructor(options: EthernetChipOptions) {
		super(open, options);
	}
}
