// What the files of the bus on the ESP32 family share: esp32.c (pins, controllers, clocks), esp32-transfer.c (bytes), esp32-interrupt.c.

#ifndef MULTIHOME_ESP32_BUS_H
#define MULTIHOME_ESP32_BUS_H

#include "bus.h"

#include "xsmc.h"
#include "xsHost.h"

#include "driver/gpio.h"
#include "driver/spi_master.h"

#define FIRST_BUS 2
#define CONTROLLERS (SOC_SPI_PERIPH_NUM - 1)
/* Chips at the same time. */
#define CHIPS 4

/* Up to so many bytes pass by way of the bus's own memory, wherever the caller's lie. Without DMA, a controller holds no more. */
#define SHORT 64u
/* Bytes in one transfer by DMA: what one of its descriptors holds. A full frame is one. */
#define LONGEST 4092u
/*
 * Address and length of what DMA reads are multiples of it: of a word (ESP-IDF 6.0: spi_dma_ll_get_rx_alignment_require, GDMA_LL_AHB_RX_BURST_NEEDS_ALIGNMENT), or,
 * where internal memory has a cache, of its lines. What it writes may lie anywhere.
 */
#ifdef CONFIG_CACHE_L1_CACHE_LINE_SIZE
#define ALIGNMENT CONFIG_CACHE_L1_CACHE_LINE_SIZE
#else
#define ALIGNMENT 4
#endif

struct Spi {
	uint8_t sends[SHORT] __attribute__((aligned(ALIGNMENT)));
	uint8_t comes[SHORT] __attribute__((aligned(ALIGNMENT)));
	SpiPins pins;
	uint32_t hz; /* what the clock really is, or a little more */
	spi_device_handle_t device;
	/* esp32-transfer.c */
	spi_transaction_t transaction; /* on its way */
	const uint8_t *out; /* NULL: nothing in particular is sent, or zeros */
	uint8_t *in; /* NULL: what comes is dropped */
	uint32_t moving, moved; /* bytes; `piece` of them are on their way */
	uint32_t piece;
	uint8_t used;
	uint8_t failed;
	uint8_t zeros; /* without `out`, zeros are sent */
	uint8_t copies; /* the piece passes by way of `sends` and `comes` */
	/* esp32-interrupt.c */
	volatile uint8_t low; /* the interrupt pin was low, and is waited for to be high */
	uint32_t pending; /* a message to the machine is on its way; atomic, as the machine may run on the other core */
	xsMachine *machine;
	void (*callback)(void *context);
	void *context;
};

typedef struct {
	Spi *busy; /* whose transfer has begun and not ended */
	Spi *holder; /* who has acquired the controller, from select to deselect */
	uint8_t users;
	uint8_t ready; /* initialised, with these pins */
	uint8_t dma;
	int16_t clock, out, in;
} Esp32Controller;

Esp32Controller *esp32Controller(const Spi *spi);
spi_host_device_t esp32Host(const Spi *spi);

/** Before a transfer starts: as many bytes pass as were asked for, when its length was rounded up. A callback of spi_master. */
void esp32Shorten(spi_transaction_t *transaction);
/** Ends what was given up, and releases the controller. Answers 0 when it still hangs: nothing else can begin then. */
int esp32Settle(Spi *spi);

#endif
