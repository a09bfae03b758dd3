// What a driver in C may ask of the board: an SPI device with its select, interrupt and reset pins, and time. One file per platform implements it:
// pico.c (pico-sdk), esp32.c (ESP-IDF), desktop.c (the chip models). Only those include vendor headers. Nothing here waits without a bound.

#ifndef MULTIHOME_BUS_H
#define MULTIHOME_BUS_H

#include <stdint.h>

#define NO_PIN -1

/** How a chip is wired. Pins are the board's GPIO numbers; NO_PIN where there is none. */
typedef struct {
	int16_t bus; /* SPI controller, as the platform counts them */
	int16_t clock, out, in; /* SCK, MOSI, MISO; NO_PIN is the controller's usual pin */
	int16_t select; /* CS, active low; required */
	int16_t interrupt; /* INT, active low */
	int16_t reset; /* RST, active low */
	uint32_t hz; /* SPI clock; the platform takes the next lower one that it can make */
	/**
	 * 0, or 3 where the chip takes both; a platform may use 0 for 3. In mode 0 the RP2040's controller makes a pause between bytes, in mode 3 it does
	 * not (RP2040 datasheet §4.4.3, "Motorola SPI frame format").
	 */
	uint8_t mode;
} SpiPins;

/** One chip on an SPI controller, eight bits at a time, most significant first. */
typedef struct Spi Spi;

/**
 * Takes the pins and the controller, with select high and reset (if there is one) high. Answers NULL and *problem, a static text such as
 * "gpio 17 is in use", when it cannot. Several chips may share a controller. `machine` is the XS machine whose task the calls come from.
 */
Spi *spiOpen(const SpiPins *pins, void *machine, const char **problem);
/** Gives everything back. No callback comes afterwards. */
void spiClose(Spi *spi);

/** Begins and ends a transaction: select low, select high. */
void spiSelect(Spi *spi);
void spiDeselect(Spi *spi);

/** `count` bytes each way, at once; `out` NULL sends zeros, `in` NULL drops what comes; bytes that do not come are 0. For commands and registers. */
void spiExchange(Spi *spi, const uint8_t *out, uint8_t *in, uint32_t count);

/** Begins to read or write many bytes; one at a time. By DMA where the platform has it, so that the caller can do something meanwhile. */
void spiStartRead(Spi *spi, uint8_t *in, uint32_t count);
void spiStartWrite(Spi *spi, const uint8_t *out, uint32_t count);
/**
 * Whether they pass while the processor does other things, so that a driver may leave a transfer under way; its transaction is the only one of the controller until it is
 * over. Where not, all has passed when spiStartRead or spiStartWrite returns, or as soon as spiPassed is asked long enough.
 */
int spiOverlaps(Spi *spi);
/** How many of them have passed: for a read, the first so many bytes of `in` are there. */
uint32_t spiPassed(Spi *spi);
/** Waits for the end of it, four times as long as its bytes take at most. Answers 1, or 0 when it was given up. */
int spiFinish(Spi *spi);

/** Reset pin: 1 pulls it low, 0 lets it go. Nothing without a pin. */
void spiReset(Spi *spi, int active);

/** Interrupt pin: 1 asserted (low), 0 not, -1 when there is no pin. */
int spiInterrupted(Spi *spi);
/** Calls back after the pin went low, soon, on the machine's own task and never inside a call to here. Several edges may be one call. NULL ends it. */
void spiOnInterrupt(Spi *spi, void (*callback)(void *context), void *context);
/**
 * Also calls `atOnce`, with the context of spiOnInterrupt, in the very handler of the interrupt, unless a transaction of the controller is under way: whatever runs is interrupted, so it
 * takes some ten microseconds at most. NULL ends it. Platforms whose handlers cannot use the bus never call it.
 */
void spiAtInterrupt(Spi *spi, void (*atOnce)(void *context));

/** Lets so many microseconds pass; for the few moments of a chip's start that nothing can be done in. */
void busWait(uint32_t microseconds);
/** A clock in microseconds that wraps. */
uint32_t busMicroseconds(void);

#endif
