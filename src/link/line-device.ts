// What the links of serial lines have in common: the device that the stack sees, IP packets over a SerialDevice. What passes is for line.ts to say, which is compiled; a line
// in C it calls by number, one in TypeScript is called here. Read packet/line-block.ts first.

import { BUSY, MEDIUM_IP, NOTIFIES, SENT, type Device } from "../device/device.ts";
import type { SerialDevice, SerialHost } from "../device/serial.ts";
import type { Core } from "../packet/core.ts";
import { FLAG_LINE } from "../packet/interface-block.ts";
import { lineAnswered, linePack, lineRelease } from "#codec";
import { Interface, type InterfaceListener, type InterfaceOptions } from "./interface.ts";
import { LineState } from "./line-state.ts";
import { HeaderCompression } from "./vj.ts";

/** IP packets over a serial line. */
export abstract class LineDevice implements Device {
	readonly medium = MEDIUM_IP;
	readonly mtu = 1500;
	readonly abilities = NOTIFIES;
	readonly serial: SerialDevice;
	abstract readonly linkUp: boolean;
	/** Of the headers, where they may be compressed. */
	protected vj: HeaderCompression | undefined;
	protected state!: LineState;
	#core!: Core;
	/** Arena offset of the interface's block, 0 before there is one. */
	#block = 0;

	constructor(serial: SerialDevice) {
		this.serial = serial;
	}

	get native(): number {
		return this.serial.native ?? 0;
	}

	get counters(): Readonly<Record<string, number>> {
		return this.serial.counters;
	}

	attach(host: SerialHost): void {
		this.serial.attach(host);
	}

	/** It is the device of the interface with that block. */
	place(core: Core, block: number): void {
		this.#core = core;
		this.#block = block;
		this.state = new LineState(core, block);
	}

	/** Headers may be compressed from now on. Throws RangeError when the pool has no packets for it. */
	compressible(): HeaderCompression {
		return (this.vj = new HeaderCompression(this.#core, this.state, () => lineRelease(this.#core.view, this.#block)));
	}

	/** As the line itself says: line.ts makes packets of frames. */
	receive(at: number, max: number): number {
		return this.serial.receive(at, max);
	}

	/** As `lineTransmit` of line.ts. */
	transmit(packet: number, at: number, end: number): number {
		if (!this.flush()) return BUSY;
		const { view } = this.#core;
		linePack(view, this.#block, packet, at, end);
		return lineAnswered(view, this.#block, this.#offer());
	}

	/** Sends what goes before all others. Answers whether nothing does any more. */
	flush(): boolean {
		if (!this.state.held) return true;
		if (this.#offer() !== SENT) return false;
		lineRelease(this.#core.view, this.#block);
		return true;
	}

	#offer(): number {
		const { start, end, protocol } = this.state;
		return this.serial.transmit(start, end, protocol);
	}

	close(): void {
		this.vj?.close();
		this.vj = undefined;
		this.serial.close();
	}
}

/** An interface over a serial line. */
export abstract class LineInterface extends Interface {
	readonly #line: LineDevice;

	constructor(name: string, line: LineDevice, options: InterfaceOptions) {
		super(name, line, 0, options);
		this.#line = line;
	}

	override attach(core: Core, slot: number, id: number, flags: number, listener: InterfaceListener): void {
		super.attach(core, slot, id, flags | FLAG_LINE, listener);
		this.#line.place(core, this.block);
	}

	override begin(now: number): number {
		this.#line.flush();
		return super.begin(now);
	}
}
