// The ESP32's own Ethernet MAC, with a PHY beside it, as a device of the stack; README.md has the boards.

import { open } from "multihome/emac/open";
import { Nic } from "../nic/device.ts";

/** How the PHY is wired. Pins are GPIO numbers; those of RMII's data are fixed in the chip. */
export interface EmacOptions {
	/** 23 and 18 when absent. */
	mdc?: number;
	mdio?: number;
	/** The PHY's address, 0 to 31. It is looked for when absent. */
	phy?: number;
	/** The PHY's reset pin. None when absent. */
	reset?: number;
	/** High while the PHY, or its oscillator, is to have power. None when absent. */
	power?: number;
	/** RMII's clock, 50 MHz: 0, where it comes in, or 16 or 17, where the ESP32 makes it. 0 when absent. */
	clock?: number;
}

const USUAL = Object.freeze({ mdc: 23, mdio: 18, phy: -1, reset: -1, power: -1, clock: 0 });

function whole(name: string, value: unknown, high: number): number {
	if (typeof value !== "number" || value !== Math.floor(value) || value < -1 || value > high)
		throw new RangeError(`${name} ${String(value)}: expected a whole number from 0 to ${high}, or -1 for none`);
	return value;
}

export class Emac extends Nic {
	/** Starts MAC and PHY. Throws RangeError naming the option, Error when the PHY does not answer. */
	constructor(options: EmacOptions = {}) {
		const value = (name: keyof typeof USUAL, high = 39) => whole(name, options[name] ?? USUAL[name], high);
		const phy = value("phy", 31);
		const [mdc, mdio, reset, power, clock] = (["mdc", "mdio", "reset", "power", "clock"] as const).map((name) => value(name));
		super((port, onChange) => open(port, onChange, mdc!, mdio!, phy, reset!, power!, clock!));
	}
}
