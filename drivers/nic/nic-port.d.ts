declare module "multihome/nic/port" {
	/** An interface that the platform's SDK drives, in C; nothing but `shut` and `linkUp` works before a driver's `open` and after `shut`. Frames lie in the arena, without FCS. */
	export class NicPort {
		/** The arena; it must be one that never moves. */
		bind(view: DataView): void;
		/** Number in the table of devices in C, from `bind` to `shut`; else 0. */
		readonly native: number;
		/** As the SDK has told it last; false before `open` and after `shut`. */
		readonly linkUp: boolean;
		/** The interface's own: six bytes. */
		readonly address: ArrayBuffer;
		receive(at: number, max: number): number;
		transmit(packet: number, at: number, end: number): number;
		/** One of nic.h's counters. */
		count(index: number): number;
		multicast(on: boolean): void;
		shut(): void;
	}
}

declare module "multihome/wifi/open" {
	/** Takes the station's interface. `onChange`: frames wait, or the link came or went. Throws Error that says what is wrong. */
	export function open(port: import("multihome/nic/port").NicPort, onChange: () => void): void;
}

declare module "multihome/emac/open" {
	/** Starts the ESP32's Ethernet MAC; GPIO numbers, -1 for none, and the PHY's address, -1 to look for it. Throws Error that says what is wrong. */
	export function open(
		port: import("multihome/nic/port").NicPort,
		onChange: () => void,
		mdc: number,
		mdio: number,
		phy: number,
		reset: number,
		power: number,
		clock: number,
	): void;
}
