declare module "multihome/ethernet/port" {
	/** An Ethernet chip on SPI, in C; nothing but `shut` works before a driver's `open` and after `shut`. Frames lie in the arena, without FCS. */
	export class Port {
		/** The arena; it must be one that never moves. `idleMs`: without an interrupt pin, ms between looks at a chip that is idle; -1 with one. */
		bind(view: DataView, idleMs: number): void;
		/** Number in the table of devices in C, from `bind` to `shut`; else 0. */
		readonly native: number;
		/** Whether the chip answers as it should; false before `open` and after `shut`. */
		readonly present: boolean;
		/** As `service` saw it last. */
		readonly linkUp: boolean;
		/** This, and `transmit`, wait until the frame has passed. */
		receive(at: number, max: number): number;
		transmit(packet: number, at: number, end: number): number;
		/** Looks after the chip when that is due. `now` in ms; answers in how many ms it wants to be called again. */
		service(now: number): number;
		/** One of ethernet.h's counters. */
		count(index: number): number;
		/** Six bytes, and ethernet.h's ACCEPT_… */
		configure(mac: Uint8Array, accept: number): void;
		/** Multicast frames are wanted, or all (EVERY_FRAME, 3), beside what `open` or `configure` said, until told otherwise. Costs nothing when the filter stays as it is. */
		multicast(on: boolean | 3): void;
		/** As Device.settle. */
		settle(): void;
		shut(): void;
	}

	/**
	 * A driver's `open`: resets and sets up its chip. Pins are GPIO numbers, -1 for none; `hz` 0 is the driver's default. Throws Error that says what is wrong; `patient`:
	 * answers that when it is the chip that does not answer, which is looked for then.
	 */
	export type Open = (
		port: Port,
		bus: number,
		clock: number,
		out: number,
		input: number,
		select: number,
		interrupt: number,
		reset: number,
		hz: number,
		mac: Uint8Array,
		accept: number,
		onInterrupt: () => void,
		patient: boolean,
	) => string | undefined;
}

declare module "multihome/w5500/open" {
	export const open: import("multihome/ethernet/port").Open;
}

declare module "multihome/enc28j60/open" {
	export const open: import("multihome/ethernet/port").Open;
}
