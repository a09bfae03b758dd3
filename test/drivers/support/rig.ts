// A chip's model with its driver above it and the other end of its cable, on a simulated board whose time is virtual. Read
// hosts/desktop/native/chips.d.ts first. A test calls `closeRigs` after each case.

import { expect } from "vitest";
import { devicePasses, deviceReceive, deviceService, deviceTransmit } from "#codec";
import { allocate } from "#memory";
import * as chips from "host/chips";
import { ENC28J60 } from "../../../drivers/enc28j60/device.ts";
import type { EthernetChip, EthernetChipOptions } from "../../../drivers/ethernet/device.ts";
import { W5500 } from "../../../drivers/w5500/device.ts";
import { TURNS_PER_POLL } from "../../../src/config.ts";
import { AGAIN, BUSY, COMES, SENT, type DeviceHost } from "../../../src/device/device.ts";
import type { Bytes } from "../../support/frames.ts";

export const KINDS = ["w5500", "enc28j60"] as const;
export type Kind = (typeof KINDS)[number];

/** Kinds of chips, and how bytes pass to and from them. */
export const WAYS: readonly (readonly [name: string, kind: Kind, way: RigOptions])[] = KINDS.flatMap((kind) => [
	[kind, kind, {}],
	[`${kind}, transfers overlap`, kind, { overlaps: true }],
]);

/** Addresses of the board and of the station at the other end. */
export const OWN: Bytes = Uint8Array.of(0x02, 0x1a, 0x2b, 0x3c, 0x4d, 0x5e);
export const PEER: Bytes = Uint8Array.of(0x02, 0xf0, 0xe1, 0xd2, 0xc3, 0xb4);

export const SELECT = 17;
const INTERRUPT = 21;
const RESET = 20;

export const LONGEST = 1514;
export const SHORTEST = 60;
/** What a packet buffer of the stack holds of a frame. */
export const MOST = 1522;

/** Places in the arena: a frame that was received, one to be sent, one that left the chip, one that arrives at it. IP headers lie at multiples of 4. */
export const RECEIVED = 2;
export const TO_SEND = 2050;
export const HEARD = 4098;
export const ARRIVING = 6146;
const ARENA = 8192;

/** SPI transactions that one call of a driver may take at most: a chip that has to be set up again, with everything tried to the last. */
const TRANSACTIONS_PER_CALL = 4000;

/** So long a driver may wait for anything while its device is in use, ns: 20 µs, and the last look at what is waited for. */
const WAIT_MOST_NS = 21_000;

/** In frames: a lot more than the largest memory of a chip holds. */
const ENDLESS = 1000;

/** So often the turn looks whether bytes pass still; a frame has passed by then. */
const LOOKS_MOST = 1000;

export interface RigOptions {
	/** The interrupt pin is wired; true when absent. */
	interrupt?: boolean;
	/** The reset pin is wired; true when absent. */
	reset?: boolean;
	/** Bits a second that frames leave with; 0 when absent, no time. */
	lineRate?: number;
	seed?: number;
	/** SPI controller; 0 when absent. */
	bus?: number;
	/** SELECT when absent. */
	select?: number;
	/** One that `plugChip` has plugged in, wired alike; a new one when absent. */
	chip?: number;
	/** Transfers take their time while the caller does other things. Then frames and time pass by the device's number. */
	overlaps?: boolean;
	/** Frames and time pass by the device's number in the table of devices in C, and not by its methods. */
	byNumber?: boolean;
	options?: Partial<EthernetChipOptions>;
	/** The chip does not answer for so many ms (ABSENT), and the driver looks for it meanwhile. */
	comesAfter?: number;
}

export function plugChip(
	kind: Kind,
	{ interrupt = true, reset = true, lineRate = 0, seed = 1, bus = 0, select = SELECT, overlaps = false }: RigOptions = {},
): number {
	chips.passTime(1_000_000); // from here on time is virtual
	const chip = chips.plug(kind, bus, select, interrupt ? INTERRUPT : -1, reset ? RESET : -1, -1, lineRate, seed);
	if (overlaps) chips.overlap(chip);
	return chip;
}

export function openChip(kind: Kind, options: EthernetChipOptions): EthernetChip {
	return kind === "w5500" ? new W5500(options) : new ENC28J60(options);
}

/** The options that go with what `plugChip` wires. */
export function optionsOf({
	interrupt = true,
	reset = true,
	select = SELECT,
	options = {},
}: RigOptions = {}): EthernetChipOptions {
	return {
		select,
		mac: OWN,
		...(interrupt ? { interrupt: INTERRUPT } : {}),
		...(reset ? { reset: RESET } : {}),
		...options,
	};
}

const open: Rig[] = [];

export function closeRigs(): void {
	for (const rig of open.splice(0)) rig.close();
}

export class Rig implements DeviceHost {
	readonly kind: Kind;
	readonly byNumber: boolean;
	readonly chip: number;
	readonly device: EthernetChip;
	readonly view: DataView;
	readonly bytes: Uint8Array;
	/** ms, as the stack would tell them. */
	now = 1000;
	/** Times that the device asked for the stack. */
	notices = 0;
	/** Frames that the device gave to the stack, and frames that left the chip; what `live` collects. */
	readonly inward: Bytes[] = [];
	readonly outward: Bytes[] = [];
	/** Frames that the device said it lost. */
	lost = 0;
	/** Added to RECEIVED and TO_SEND: frames need not be aligned. */
	offset = 0;
	polls = 0;
	/** Answers that something was on its way. */
	overlapped = 0;
	/** Polls that asked for another one at once. */
	hurries = 0;
	/** The most SPI transactions that one call took. */
	busiest = 0;
	/** The longest wait of one call, ns. */
	longestWait = 0;
	readonly #overlaps: boolean;
	#due = 0;

	constructor(kind: Kind, options: RigOptions = {}) {
		this.kind = kind;
		this.byNumber = options.byNumber ?? options.overlaps ?? false;
		this.#overlaps = options.overlaps ?? false;
		this.chip = options.chip ?? plugChip(kind, options);
		open.push(this);
		const buffer = allocate(ARENA);
		this.view = new DataView(buffer);
		this.bytes = new Uint8Array(buffer);
		this.device = openChip(kind, optionsOf(options));
		this.device.attach(this);
		this.poll();
		if (options.comesAfter !== undefined) {
			this.steps(options.comesAfter);
			expect([this.device.present, this.device.linkUp], "present, link").toEqual([false, false]);
			chips.fault(this.chip, chips.ABSENT, 0);
		}
		for (let i = 0; !this.device.linkUp && i < 10_000; i++) this.step();
		expect(this.device.linkUp, "link").toBe(true);
		this.drain();
	}

	notify(): void {
		this.notices++;
	}

	released(): void {
		expect.fail("the drivers hold no packets");
	}

	close(): void {
		if (open.includes(this)) open.splice(open.indexOf(this), 1);
		this.device?.close();
		chips.unplug(this.chip);
	}

	count(which: number): number {
		return chips.count(this.chip, which);
	}

	fault(which: number, argument: number): void {
		chips.fault(this.chip, which, argument);
	}

	/** Counters that are not 0. */
	get counted(): Record<string, number> {
		return Object.fromEntries(Object.entries(this.device.counters).filter(([, count]) => count !== 0));
	}

	/** The driver has obeyed the datasheet so far. */
	expectNoComplaint(label = ""): void {
		expect(this.count(chips.COMPLAINTS), `${label} complaints of the model, the last: ${chips.lastComplaint()}`).toBe(0);
	}

	pass(ms: number): void {
		chips.passTime(Math.round(ms * 1e6));
	}

	/** No call takes for ever. */
	#bounded<T>(what: string, call: () => T): T {
		const before = this.count(chips.TRANSACTIONS);
		const result = call();
		const took = this.count(chips.TRANSACTIONS) - before;
		if (took > this.busiest) this.busiest = took;
		if (took > TRANSACTIONS_PER_CALL) expect.fail(`${what} took ${took} SPI transactions`);
		return result;
	}

	/**
	 * No call by its number waits for long: the data path of all interfaces would stand still. Its methods wait until a frame has passed; and where transfers do not overlap, an ENC28J60 waits for a
	 * transmit buffer.
	 */
	#prompt<T>(call: () => T): T {
		chips.longestWait();
		const result = call();
		const waited = chips.longestWait();
		if (waited > this.longestWait) this.longestWait = waited;
		if (waited > WAIT_MOST_NS && (this.#overlaps || this.kind === "w5500"))
			expect.fail(`the driver waited ${waited / 1000} µs in one piece`);
		return result;
	}

	/** Answers in how many ms the device wants the next poll. */
	poll(): number {
		const { device, view, now } = this;
		const ms = this.#bounded("poll", () =>
			this.#prompt(() => (this.byNumber ? deviceService(view, device.native, now) : device.poll(now))),
		);
		if (!Number.isInteger(ms) || ms < 0 || ms > 1000) expect.fail(`poll answers ${ms}`);
		this.polls++;
		if (ms === 0) this.hurries++;
		this.#due = this.now + ms;
		return ms;
	}

	/** A ms later; polls when that is due. */
	step(): void {
		this.pass(1);
		this.now++;
		if (this.now - this.#due >= 0) this.poll();
	}

	steps(ms: number): void {
		while (ms-- > 0) this.step();
	}

	/**
	 * Calls as the turn does while bytes pass; the answer when they have. A chip without room answers so, too, for longer than a poll takes: BUSY then, but not while a frame
	 * passes, as its memory is used for the next one.
	 */
	#moved(onTheWay: number, call: () => number): number {
		const { device, view } = this;
		for (let turn = 0, passed = 0; turn < TURNS_PER_POLL || passed > 0; turn++) {
			const answer = this.#prompt(call);
			if (answer !== onTheWay) return answer;
			this.overlapped++;
			passed = this.count(chips.SPI_BYTES);
			for (let looks = 0; looks < LOOKS_MOST && devicePasses(view, device.native); looks++) chips.longestWait();
			passed = this.count(chips.SPI_BYTES) - passed;
		}
		return onTheWay === AGAIN ? BUSY : expect.fail(`the device answers ${onTheWay} for ever`);
	}

	/** As Device.receive, to RECEIVED. */
	receive(max = MOST): number {
		const { device, view } = this;
		const at = RECEIVED + this.offset;
		const length = this.#bounded("receive", () =>
			this.byNumber ? this.#moved(COMES, () => deviceReceive(view, device.native, at, max)) : device.receive(at, max),
		);
		if (length < 0) this.lost++;
		return length;
	}

	/** Asks for a frame once, as the turn does: COMES while it is on its way. */
	look(): number {
		const { device, view } = this;
		return this.byNumber ? deviceReceive(view, device.native, RECEIVED, MOST) : this.receive();
	}

	/** Receives, looking again for a ms when there is nothing: the interrupt pin needs a moment at times. */
	next(): number {
		let length = this.receive();
		for (let i = 0; length === 0 && i < 50; i++) {
			this.pass(0.02);
			length = this.receive();
		}
		return length;
	}

	received(length: number): Bytes {
		return this.bytes.slice(RECEIVED + this.offset, RECEIVED + this.offset + length);
	}

	/** Receives everything there is. */
	drain(): void {
		for (let i = 0; i < ENDLESS; i++) {
			const length = this.receive();
			if (length === 0) return;
			if (length > 0) this.inward.push(this.received(length));
		}
		expect.fail(`${ENDLESS} frames and no end`);
	}

	/** As Device.transmit, of a frame that lies in the arena already. */
	transmit(at: number, length: number): number {
		const { device, view } = this;
		return this.#bounded("transmit", () =>
			this.byNumber
				? this.#moved(AGAIN, () => deviceTransmit(view, device.native, 0, at, at + length))
				: device.transmit(0, at, at + length),
		);
	}

	/** Sends; SENT or BUSY. */
	send(frame: Uint8Array): number {
		this.bytes.set(frame, TO_SEND + this.offset);
		return this.transmit(TO_SEND + this.offset, frame.length);
	}

	/** Sends, waiting while the chip is busy, and answers what left. */
	through(frame: Uint8Array): Bytes {
		expect(this.send(frame)).toBe(SENT);
		for (let i = 0; i < 5000; i++) {
			const length = this.hear();
			if (length > 0) return this.bytes.slice(HEARD, HEARD + length);
			this.step();
		}
		return expect.fail("the frame never left");
	}

	/** The next frame that left the chip, to HEARD; its length, or 0. */
	hear(): number {
		return chips.hear(this.chip, this.view, HEARD);
	}

	/** Everything that left the chip. */
	listen(): void {
		for (let length; (length = this.hear()) > 0;) this.outward.push(this.bytes.slice(HEARD, HEARD + length));
	}

	/** A frame comes from the cable; whether the chip had room. */
	arrive(frame: Uint8Array): boolean {
		return chips.arrive(this.chip, frame, 0, frame.length);
	}

	/** A frame comes from the cable and is received: its length, 0, or -1. */
	deliver(frame: Uint8Array): number {
		this.arrive(frame);
		return this.next();
	}

	/** `ms` as the stack lives them: it runs after a notice, and when a poll is due, and at no other time. */
	async live(ms: number): Promise<void> {
		let seen = this.notices;
		for (let i = 0; i < ms; i++) {
			this.pass(1);
			this.now++;
			await new Promise<void>((done) => void setTimeout(done, 0)); // interrupts come from the host's loop
			if (this.notices !== seen || this.now - this.#due >= 0) {
				seen = this.notices;
				this.poll();
				this.drain();
			}
			this.listen();
		}
	}
}
