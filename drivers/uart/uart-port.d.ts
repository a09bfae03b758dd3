declare module "multihome/uart/port" {
	/** A UART, in C; nothing but `shut` works before `open` and after `shut`. */
	export class UartPort {
		/** Pins are GPIO numbers, -1 for none. Throws Error that says what is wrong. */
		open(port: number, tx: number, rx: number, cts: number, rts: number, dtr: number, baud: number): void;
		/** The arena, which must be one that never moves, where in it the decoder's FramingBlock lies, and what is called when a frame came, or there is room, or the line came or went. Nothing else but `open`, `count` and `shut` works before. */
		bind(view: DataView, state: number, onChange: () => void): void;
		/** Its number in the table of devices in C, once it is bound. */
		readonly native: number;
		/** As setFraming, receive, unfinished and transmit of src/device/serial.ts. */
		frame(framing: number, sendAccm: number, receiveAccm: number, compress: number): void;
		receive(at: number, max: number): number;
		unfinished(at: number, max: number): number;
		transmit(at: number, end: number, protocol: number): number;
		/** One of device.ts's COUNTERS. */
		count(index: number): number;
		readonly linkUp: boolean;
		/** DTR. */
		ready(on: boolean): void;
		/** Answers whether the rate can be had. */
		baud(rate: number): boolean;
		shut(): void;
	}
}
