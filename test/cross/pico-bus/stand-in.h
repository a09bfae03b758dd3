// Stands for the pico-sdk and Moddable where drivers/bus/pico.c is run on Linux (main.c): the few types and functions that it uses, in the shape of pico-sdk 2.2.0's headers, with the controllers,
// DMA channels and pins of an RP2040. Every header that it includes is this one.

#ifndef STAND_IN_H
#define STAND_IN_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The header of a firmware that says what it has */
#define MULTIHOME_PIO 1

typedef unsigned int uint;

/* Moddable */
typedef struct Machine xsMachine;
typedef void (*modMessageDeliver)(void *the, void *refcon, uint8_t *message, uint16_t messageLength);
int modMessagePostToMachineFromISR(xsMachine *the, modMessageDeliver callback, void *refcon);

/* Pins */
#define NUM_BANK0_GPIOS 30
typedef enum { GPIO_FUNC_SPI = 1, GPIO_FUNC_SIO = 5, GPIO_FUNC_PIO0 = 6, GPIO_FUNC_NULL = 31 } gpio_function_t;
enum { GPIO_OUT = 1, GPIO_IRQ_EDGE_FALL = 4, IO_IRQ_BANK0 = 13, GPIO_RAW_IRQ_HANDLER_DEFAULT_ORDER_PRIORITY = 64 };
void gpio_init(uint pin);
void gpio_deinit(uint pin);
void gpio_set_function(uint pin, gpio_function_t function);
void gpio_put(uint pin, bool high);
bool gpio_get(uint pin);
void gpio_set_dir(uint pin, bool out);
void gpio_pull_up(uint pin);
uint32_t gpio_get_irq_event_mask(uint pin);
void gpio_acknowledge_irq(uint pin, uint32_t events);
void gpio_set_irq_enabled(uint pin, uint32_t events, bool enabled);
void irq_add_shared_handler(uint number, void (*handler)(void), uint8_t priority);
void irq_remove_handler(uint number, void (*handler)(void));
void irq_set_enabled(uint number, bool enabled);
uint32_t save_and_disable_interrupts(void);
void restore_interrupts(uint32_t state);
#define __compiler_memory_barrier() __asm__ volatile("" ::: "memory")

/* Time */
void busy_wait_us_32(uint32_t us);
uint32_t time_us_32(void);

/* SPI: `sr` is read through a function, as reading it lets the controller go on, and so is `dr`, as each access counts. */
typedef struct {
	uint32_t state[1], data[1];
} spi_hw_t;
typedef struct Controller_ spi_inst_t;
#define spi0 ((spi_inst_t *)1)
#define spi1 ((spi_inst_t *)2)
#define sr state[spiLooks()]
#define dr data[spiAccesses()]
int spiLooks(void);
int spiAccesses(void);
enum { SPI_SSPSR_RNE_BITS = 4, SPI_SSPSR_BSY_BITS = 16 };
typedef enum { SPI_CPOL_0, SPI_CPOL_1 } spi_cpol_t;
typedef enum { SPI_CPHA_0, SPI_CPHA_1 } spi_cpha_t;
enum { SPI_MSB_FIRST = 1 };
uint spi_init(spi_inst_t *spi, uint hz);
void spi_deinit(spi_inst_t *spi);
uint spi_set_baudrate(spi_inst_t *spi, uint hz);
void spi_set_format(spi_inst_t *spi, uint bits, spi_cpol_t polarity, spi_cpha_t phase, int order);
spi_hw_t *spi_get_hw(spi_inst_t *spi);
uint spi_get_dreq(spi_inst_t *spi, bool send);

/* DMA */
typedef struct {
	uint channel, dreq, size;
	bool readIncrement, writeIncrement;
} dma_channel_config;
typedef struct {
	uint32_t transfer_count;
} dma_channel_hw_t;
enum { DMA_SIZE_8 };
int dma_claim_unused_channel(bool required);
void dma_channel_unclaim(uint channel);
dma_channel_config dma_channel_get_default_config(uint channel);
void channel_config_set_transfer_data_size(dma_channel_config *config, int size);
void channel_config_set_dreq(dma_channel_config *config, uint dreq);
void channel_config_set_read_increment(dma_channel_config *config, bool increment);
void channel_config_set_write_increment(dma_channel_config *config, bool increment);
void dma_channel_configure(uint channel, const dma_channel_config *config, volatile void *to, const volatile void *from, uint32_t count, bool start);
void dma_start_channel_mask(uint32_t channels);
dma_channel_hw_t *dma_channel_hw_addr(uint channel);
bool dma_channel_is_busy(uint channel);
void dma_channel_abort(uint channel);

/* PIO, of which pico-pio.c is run elsewhere */
typedef struct {
	uint32_t txf[4], rxf[4];
} pio_hw_t;
typedef pio_hw_t *PIO;
uint pio_get_dreq(PIO pio, uint sm, bool send);

#endif
