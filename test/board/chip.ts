// An Ethernet chip on the board: a model on an SPI bus with its pins, and a cable whose frames take their time.

import type { ChipKind, ChipModel, ChipModelClass } from "../../hosts/desktop/chips/chips.ts";
import type { ChipFaults, ChipPins } from "../../hosts/desktop/config.ts";
import type { Alarm } from "./clock.ts";
import type { Machine } from "./machine.ts";
import type { Recorder } from "./pcap.ts";
import { FUNCTION_SPI, Output, onLow, pinOf } from "./pins.ts";
import type { Spi, SpiDevice } from "./spi.ts";

/** Bits a second. */
export const LINE_RATE: Record<ChipKind, number> = { w5500: 100e6, enc28j60: 10e6 };
/** Preamble, start, FCS and the gap between two frames, bytes. IEEE 802.3 §3.1.1, §4.4.2. */
const PREAMBLE_BYTES = 8;
const FCS_BYTES = 4;
const GAP_BYTES = 12;
const LEAST_BYTES = 60;

const FAULTS = {
	absent: "absent",
	interruptStuck: "interruptStuck",
	badLengths: "badLength",
	bitErrorsIn: "bitErrorsIn",
	bitErrorsOut: "bitErrorsOut",
	transmitStuck: "transmitStuck",
	lateCollisions: "lateCollisions",
	busy: "busy",
} as const;

export interface ChipOptions {
	/** For messages. */
	name: string;
	kind: ChipKind;
	pins: ChipPins;
	seed: number;
	faults?: ChipFaults;
}

export class BoardChip implements SpiDevice {
	readonly name: string;
	readonly kind: ChipKind;
	readonly model: ChipModel;
	/** A frame has left. */
	onFrame: ((frame: Uint8Array) => void) | undefined;
	recorder: Recorder | undefined;
	/** The cable has nothing to carry towards the chip any more. */
	onIdle: (() => void) | undefined;
	readonly traffic = { framesIn: 0, payloadIn: 0, framesOut: 0, payloadOut: 0 };
	readonly #machine: Machine;
	readonly #pins: ChipPins;
	readonly spi: Spi;
	readonly #alarm: Alarm;
	readonly #arrival: Alarm;
	/** Frames on their way; the first is on the cable. */
	readonly #arriving: Uint8Array[] = [];
	/** The cable is free again. */
	#free = 0;

	constructor(machine: Machine, Model: ChipModelClass, options: ChipOptions) {
		const { name, kind, pins, seed } = options;
		this.name = name;
		this.kind = kind;
		this.#machine = machine;
		this.#pins = pins;
		const spi = machine.spi[pins.bus];
		if (spi === undefined) throw new RangeError(`bus ${pins.bus}: the RP2040 has SPI controllers 0 and 1`);
		this.spi = spi;
		const { rp2040, clock } = machine;
		const interrupt = pins.interrupt < 0 ? undefined : new Output(pinOf(rp2040, pins.interrupt), true);
		this.model = new Model(
			kind,
			{ lineRate: LINE_RATE[kind], seed },
			{
				transmit: (frame) => this.#left(frame),
				interrupt: (asserted) => interrupt?.set(!asserted),
				complain: (text) => machine.complain(`${name}: ${text}`),
			},
		);
		this.#alarm = clock.createAlarm(() => this.#wake());
		this.#arrival = clock.createAlarm(() => this.#arrived());
		onLow(pinOf(rp2040, pins.select), (low) => this.#select(low));
		if (pins.reset >= 0)
			onLow(pinOf(rp2040, pins.reset), (low) => {
				this.model.time(this.#now);
				this.model.reset(low);
				this.#wake();
			});
		this.#inject(options.faults ?? {});
		this.#wake();
	}

	/** The chip's time: whole nanoseconds. */
	get #now(): number {
		return Math.floor(this.#machine.clock.nanos);
	}

	exchange(out: Uint8Array, into: Uint8Array): void {
		const { model } = this;
		model.time(this.#now);
		if (out.length === 1) into[0] = model.exchange(out[0]!);
		else model.exchangeMany(out, into);
	}

	/** How many frames are on their way to the chip. */
	get waiting(): number {
		return this.#arriving.length;
	}

	/** A frame without FCS goes onto the cable as soon as that is free. The bytes must not change afterwards. */
	send(frame: Uint8Array): void {
		this.#arriving.push(frame);
		if (this.#arriving.length === 1) this.#carry(frame);
	}

	#select(low: boolean): void {
		this.spi.select(this, low);
		const { model } = this;
		model.time(this.#now);
		model.select(low);
		if (low) this.#checkPins();
		else this.#wake();
	}

	/** Pins that are not the controller's carry nothing: the driver's mistake, which a real chip answers with zeros. */
	#checkPins(): void {
		for (const name of ["clock", "out", "in"] as const)
			if (pinOf(this.#machine.rp2040, this.#pins[name]).functionSelect !== FUNCTION_SPI)
				this.#machine.complain(`${this.name}: GPIO ${this.#pins[name]} (${name}) is not given to the SPI controller`);
	}

	/** What the model wanted to do by now, and when it next wants to. */
	#wake(): void {
		const { model } = this;
		model.time(this.#now);
		const next = model.next();
		if (next === Number.POSITIVE_INFINITY) this.#alarm.cancel();
		else this.#alarm.scheduleAt(Math.max(next, this.#now + 1));
	}

	#left(frame: Uint8Array): void {
		this.traffic.framesOut++;
		this.traffic.payloadOut += payloadOf(frame);
		this.recorder?.sent(frame);
		this.onFrame?.(frame);
	}

	#carry(frame: Uint8Array): void {
		const { clock } = this.#machine;
		const byteNanos = 8e9 / LINE_RATE[this.kind];
		const length = Math.max(LEAST_BYTES, frame.length);
		const begins = Math.max(clock.nanos, this.#free);
		const ends = begins + (PREAMBLE_BYTES + length + FCS_BYTES) * byteNanos;
		this.#free = ends + GAP_BYTES * byteNanos;
		this.#arrival.scheduleAt(ends);
	}

	#arrived(): void {
		const frame = this.#arriving.shift()!;
		this.traffic.framesIn++;
		this.traffic.payloadIn += payloadOf(frame);
		this.recorder?.received(frame);
		this.model.time(this.#now);
		this.model.receive(frame);
		this.#wake();
		const [next] = this.#arriving;
		if (next !== undefined) this.#carry(next);
		else this.onIdle?.();
	}

	#inject(faults: ChipFaults): void {
		for (const [name, fault] of Object.entries(FAULTS)) {
			const argument = faults[name as keyof typeof FAULTS];
			if (argument !== undefined) this.model.fault(fault, argument);
		}
		const { resetEveryMs } = faults;
		if (resetEveryMs === undefined) return;
		const alarm = this.#machine.clock.createAlarm(() => {
			this.model.time(this.#now);
			this.model.fault("resets", 1);
			this.#wake();
			alarm.schedule(resetEveryMs * 1e6);
		});
		alarm.schedule(resetEveryMs * 1e6);
	}
}

const ETHERTYPE_IPV4 = 0x0800;
const TCP = 6;
const UDP = 17;

/** Bytes that applications exchange in a frame: a TCP segment's data, or a datagram's. */
export function payloadOf(frame: Uint8Array): number {
	if (frame.length < 42 || ((frame[12]! << 8) | frame[13]!) !== ETHERTYPE_IPV4) return 0;
	const header = (frame[14]! & 15) * 4;
	const total = (frame[16]! << 8) | frame[17]!;
	const transport = 14 + header;
	if (frame[23] === UDP) return total - header - 8;
	if (frame[23] !== TCP || frame.length < transport + 20) return 0;
	return total - header - (frame[transport + 12]! >> 4) * 4;
}
