// A descriptor that carries whole frames as a device in C.

/** The descriptor of a wire (host/wire), which belongs to it from now on. Methods named so are those of a Device. */
export class Frames {
	constructor(fd: number);
	/** The arena; it must be one that never moves. */
	bind(view: DataView): void;
	/** Number in the table of devices in C, from `bind` to `close`; else 0. */
	readonly native: number;
	/** Whether the other end is there, as far as was seen by now. When it goes, a watch of the descriptor is called back. */
	readonly linkUp: boolean;
	/** The other end is gone, though the descriptor may not tell yet. */
	unplug(): void;
	receive(at: number, max: number): number;
	/** After BUSY a watch of the descriptor is called back with WRITABLE. */
	transmit(packet: number, at: number, end: number): number;
	/** 0: frames that were too long for their place or for the wire, of TAP devices for the wire alone: what does not fit its place is cut; 1: times that it was busy. */
	count(index: number): number;
	close(): void;
}
