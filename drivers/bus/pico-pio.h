// SPI by a state machine of PIO, for pins that no SPI controller of the RP2040 or RP2350 reaches: mode 0, any three pins. pico.c is its only caller.

#ifndef MULTIHOME_PICO_PIO_H
#define MULTIHOME_PICO_PIO_H

#include "bus.h"

#include "hardware/pio.h"

typedef struct {
	PIO pio;
	uint sm, offset;
} PioSpi;

/** Answers 1, or 0 when no state machine, or no room for its two instructions, is left. */
int pioSpiOpen(PioSpi *spi, const SpiPins *pins);
void pioSpiClose(PioSpi *spi);
/** The next lower clock: the system's, divided by even numbers. */
void pioSpiClock(PioSpi *spi, uint32_t hz);
/** Answers how many bytes have come: fewer than `count` when `idle` looks in a row found none. */
uint32_t pioSpiExchange(PioSpi *spi, const uint8_t *out, uint8_t *in, uint32_t count, uint32_t idle);
/** After a transfer was given up: nothing of it is left, and the clock is low. */
void pioSpiStop(PioSpi *spi);

#endif
