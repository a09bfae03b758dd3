// The ENC28J60 as a device of the stack; README.md has the wiring, enc28j60.c the driver.

import { open } from "multihome/enc28j60/open";
import { EthernetChip, type EthernetChipOptions } from "../ethernet/device.ts";

export class ENC28J60 extends EthernetChip {
	constructor(options: EthernetChipOptions) {
		super(open, options);
	}
}
