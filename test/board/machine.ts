// A Raspberry Pi Pico: rp2040js's peripherals with our processor, SPI and DMA, whose time is the hardware's.

import { RP2040, USBCDC } from "rp2040js";
import type { Logger } from "rp2040js";
import { BoardClock } from "./clock.ts";
import { Cpu } from "./cpu/cpu.ts";
import { Dma } from "./dma.ts";
import { Registers } from "./registers.ts";
import { Spi } from "./spi.ts";
import { Uart } from "./uart.ts";

const FLASH = 0x1000_0000;
// Where rp2040js looks for peripherals: by the address without its lowest bits.
const UART = [0x40034, 0x40038] as const;
const SPI = [0x4003c, 0x40040] as const;
const WATCHDOG = 0x40058;
const ROSC = 0x40060;
const DMA = 0x50000;
const SPI_IRQ = [18, 19] as const;
const UART_IRQ = [20, 21] as const;

export interface MachineOptions {
	bootrom: Uint32Array;
	/** What the firmware prints on USB. */
	console(text: string): void;
	/** What the emulator cannot do, or the firmware should not: one line. */
	complain(text: string): void;
	/** Of what the board's random bits are made. */
	seed?: number;
	/** Whether cpu.profile() is going to be asked for. */
	profile?: boolean;
	/** Code is translated in long stretches at once: for tests. */
	eager?: boolean;
	/** One that has been reset by the watchdog, which leaves RAM and the watchdog's own registers as they are: this is its next start. */
	after?: Machine | undefined;
}

/** The firmware reset the board. */
export class Reset extends Error {}

export class Machine {
	readonly clock = new BoardClock();
	readonly rp2040: RP2040;
	readonly cpu: Cpu;
	readonly spi: readonly [Spi, Spi];
	readonly uart: readonly [Uart, Uart];
	/** Tells something once. */
	readonly complain: (text: string) => void;

	constructor(options: MachineOptions) {
		this.rp2040 = new RP2040(this.clock);
		this.complain = once(options.complain);
		this.rp2040.logger = logger(this.complain);
		this.rp2040.loadBootrom(options.bootrom);
		this.spi = [this.#spi(0), this.#spi(1)];
		this.uart = [this.#uart(0), this.#uart(1)];
		const { peripherals } = this.rp2040;
		peripherals[DMA] = new Dma(this.rp2040, this.clock, this.spi, this.complain);
		peripherals[ROSC] = new RingOscillator(options.seed ?? 1);
		this.cpu = new Cpu(this.rp2040, this.clock, { profile: options.profile ?? false, eager: options.eager ?? false });
		connectUsb(this.rp2040, options.console);
		const watchdog = watchdogOf(this.rp2040);
		if (options.after !== undefined) {
			const before = watchdogOf(options.after.rp2040);
			this.rp2040.sram.set(options.after.rp2040.sram);
			watchdog.scratchData.set(before.scratchData);
			watchdog.reason = before.reason;
		}
		watchdog.onWatchdogTrigger = () => {
			throw new Reset("the firmware reset the board by the watchdog");
		};
		// The second stage of the boot, which the ROM would load: the ROM's search for flash is left out.
		this.rp2040.core.PC = FLASH;
	}

	#spi(index: 0 | 1): Spi {
		const spi = new Spi(this.rp2040, this.clock, SPI_IRQ[index], this.complain);
		this.rp2040.peripherals[SPI[index]] = spi;
		return spi;
	}

	#uart(index: 0 | 1): Uart {
		const uart = new Uart(this.rp2040, this.clock, UART_IRQ[index], this.complain);
		this.rp2040.peripherals[UART[index]] = uart;
		return uart;
	}

	get seconds(): number {
		return this.clock.nanos / 1e9;
	}

	/** Runs for so many nanoseconds. Throws Fault or Reset. */
	run(nanos: number): void {
		this.cpu.run(this.clock.nanos + nanos);
	}
}

interface Watchdog {
	onWatchdogTrigger(): void;
	readonly scratchData: Uint32Array;
	reason: number;
}

function watchdogOf(rp2040: RP2040): Watchdog {
	return rp2040.peripherals[WATCHDOG] as unknown as Watchdog;
}

/** Passes each text on once: what is wrong is wrong again and again. */
function once(complain: (text: string) => void): (text: string) => void {
	const told = new Set<string>();
	return (text) => {
		if (told.has(text)) return;
		told.add(text);
		complain(text);
	};
}

/** What rp2040js does not have and nothing of ours needs: pads and clock of the flash, the cache's registers, DMA of UARTs (0x48). */
const QUIET = /^(IO_QSPI_BASE|SSI|PADS_QSPI_BASE|XIP)|memory address: 1400|undefined address: 1400|write to 0x48: /;

function logger(complain: (text: string) => void): Logger {
	const tell = (component: string, message: string) => {
		if (!QUIET.test(component) && !QUIET.test(message)) complain(`${component}: ${message}`);
	};
	return { debug() {}, info() {}, warn: tell, error: tell };
}

/** The ring oscillator, which runs, and gives random bits: here the same for the same seed. RP2040 datasheet §2.17. */
class RingOscillator extends Registers {
	readonly #values = new Map<number, number>();
	#state: number;

	constructor(seed: number) {
		super();
		this.#state = seed;
	}

	readUint32(offset: number): number {
		const STATUS = 0x18;
		const RANDOMBIT = 0x1c;
		if (offset === STATUS) return 0x8000_1000; // stable, enabled
		if (offset !== RANDOMBIT) return this.#values.get(offset) ?? 0;
		// The murmur3 finaliser.
		let z = (this.#state = (this.#state + 0x9e37_79b9) | 0);
		z = Math.imul(z ^ (z >>> 16), 0x85eb_ca6b);
		z = Math.imul(z ^ (z >>> 13), 0xc2b2_ae35);
		return (z ^ (z >>> 16)) & 1;
	}

	write(offset: number, value: number): void {
		this.#values.set(offset, value);
	}
}

/** A host at the other end of USB, which takes what the firmware prints. */
function connectUsb(rp2040: RP2040, print: (text: string) => void): void {
	const cdc = new USBCDC(rp2040.usbCtrl);
	const decoder = new TextDecoder();
	cdc.onSerialData = (bytes) => print(decoder.decode(bytes, { stream: true }));
	// rp2040js answers each request for input at once by an empty packet, so that the firmware would do nothing else. A host does not answer
	// while it has nothing to say, and ours never has.
	const answer = rp2040.usbCtrl.onEndpointRead!;
	rp2040.usbCtrl.onEndpointRead = (endpoint, size) => {
		if (endpoint === 0) answer(endpoint, size);
	};
}
