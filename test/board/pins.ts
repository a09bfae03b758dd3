// GPIO pins as what hangs on them sees them.

import { GPIOPinState } from "rp2040js";
import type { GPIOPin, RP2040 } from "rp2040js";

/** Function of a pin that an SPI controller drives, and of one that the processor does. RP2040 datasheet §2.19.2. */
export const FUNCTION_SPI = 1;

export function pinOf(rp2040: RP2040, index: number): GPIOPin {
	const pin = rp2040.gpio[index];
	if (pin === undefined) throw new RangeError(`pin ${index}: the RP2040 has GPIO 0 to 29`);
	return pin;
}

/** Calls back when the board pulls the pin low or lets it go. What nobody drives is high: modules have pull-ups. */
export function onLow(pin: GPIOPin, callback: (low: boolean) => void): void {
	let low = pin.value === GPIOPinState.Low;
	pin.addListener((state) => {
		const now = state === GPIOPinState.Low;
		if (now === low) return;
		low = now;
		callback(low);
	});
}

/** Drives an input of the board. */
export class Output {
	readonly #pin: GPIOPin;
	#high: boolean;

	constructor(pin: GPIOPin, high: boolean) {
		this.#pin = pin;
		this.#high = high;
		pin.setInputValue(high);
	}

	set(high: boolean): void {
		// rp2040js takes every call for an edge.
		if (high === this.#high) return;
		this.#high = high;
		this.#pin.setInputValue(high);
	}
}
