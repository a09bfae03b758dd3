// Bytes on SPI on the ESP32 family: by DMA straight between the wires and the caller's memory, and by way of the bus's own memory where that cannot be.
// README.md tells what that costs. Read first: setup_dma_priv_buffer in ESP-IDF 6.0's spi_master.c.

#include "esp32-bus.h"

#include "soc/ext_mem_defs.h" /* which the next one needs on C6 and H2, and does not include */
#include "esp_memory_utils.h"
#include "soc/spi_struct.h"

/* How long a transfer may take at least, ms. */
#define PATIENCE_MS 2

/* Both lengths, as spi_hal_setup_trans sets both when reading and writing at once. hal/spi_ll.h is not among the headers that Moddable's make file finds. */
static void setBits(spi_host_device_t host, uint32_t bits)
{
#if CONFIG_IDF_TARGET_ESP32
	spi_dev_t *hw = host == SPI2_HOST ? &SPI2 : &SPI3;
	hw->mosi_dlen.usr_mosi_dbitlen = bits - 1;
	hw->miso_dlen.usr_miso_dbitlen = bits - 1;
#else
#if SOC_SPI_PERIPH_NUM > 2
	spi_dev_t *hw = host == SPI2_HOST ? &GPSPI2 : &GPSPI3;
#else
	spi_dev_t *hw = &GPSPI2;
	(void)host;
#endif
#if CONFIG_IDF_TARGET_ESP32S2
	hw->mosi_dlen.usr_mosi_bit_len = bits - 1;
	hw->miso_dlen.usr_miso_bit_len = bits - 1;
#else
	hw->ms_dlen.ms_data_bitlen = bits - 1;
#endif
#endif
}

void esp32Shorten(spi_transaction_t *transaction)
{
	const Spi *spi = transaction->user;
	/* spi_master has written the rounded length, and starts the transfer after this. */
	if (transaction->length != 8 * spi->piece)
		setBits(esp32Host(spi), 8 * spi->piece);
}

static int isForDma(const uint8_t *from, uint32_t count)
{
	return !from || (esp_ptr_dma_capable(from) && esp_ptr_dma_capable(from + count - 1));
}

/* How many of the next `left` bytes can pass straight; 0: none. */
static uint32_t straight(const Spi *spi, const uint8_t *out, const uint8_t *in, uint32_t left)
{
	if (!esp32Controller(spi)->dma || left <= SHORT || (!out && (!in || spi->zeros)))
		return 0;
	if (!isForDma(out, left) || !isForDma(in, left) || (uintptr_t)in % ALIGNMENT != 0)
		return 0;
	uint32_t count = left < LONGEST ? left : LONGEST;
	return in ? count - count % ALIGNMENT : count;
}

/* How many pass by way of the bus's own memory: all of little, what is before an aligned address, or as much as there is room for. */
static uint32_t around(const Spi *spi, const uint8_t *out, const uint8_t *in, uint32_t left)
{
	if (left <= SHORT)
		return left;
	uint32_t before = (uint32_t)(-(uintptr_t)in % ALIGNMENT);
	return in && before && straight(spi, out ? out + before : NULL, in + before, left - before) ? before : SHORT;
}

/* Begins the next piece, if there is one. The controller is ours alone, so that nothing is waited for, though no other time than "for ever" may be given. */
static void next(Spi *spi)
{
	uint32_t left = spi->moving - spi->moved;
	spi->piece = 0;
	if (spi->failed || left == 0)
		return;
	const uint8_t *out = spi->out ? spi->out + spi->moved : NULL;
	uint8_t *in = spi->in ? spi->in + spi->moved : NULL;
	uint32_t count = straight(spi, out, in, left), length;
	spi->copies = count == 0;
	if (spi->copies) {
		length = count = around(spi, out, in, left);
		if (out)
			c_memcpy(spi->sends, out, count);
		else
			c_memset(spi->sends, 0, count);
		out = spi->sends;
		if (in) {
			/* Or spi_master would allocate. esp32Shorten corrects it. */
			length = (count + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
			in = spi->comes;
		}
	} else
		length = count;
	spi->piece = count;
	/* With this flag it answers an error where it would allocate. */
	spi->transaction = (spi_transaction_t){ .flags = SPI_TRANS_DMA_BUFFER_ALIGN_MANUAL, .length = 8 * length, .tx_buffer = out, .rx_buffer = in, .user = spi };
	if (spi_device_polling_start(spi->device, &spi->transaction, portMAX_DELAY) != ESP_OK) {
		spi->failed = 1;
		spi->piece = 0;
	} else
		esp32Controller(spi)->busy = spi;
}

/* Waits for the end of the piece, four times as long as it takes at most, and a tick or two. */
static int end(Spi *spi)
{
	TickType_t ticks = pdMS_TO_TICKS(PATIENCE_MS + 4 * 8000 * spi->piece / spi->hz);
	esp_err_t error = spi_device_polling_end(spi->device, ticks);
	if (error == ESP_ERR_TIMEOUT) /* other tasks may have had the processor meanwhile: it may have ended all the same */
		error = spi_device_polling_end(spi->device, ticks);
	if (error != ESP_ERR_TIMEOUT)
		esp32Controller(spi)->busy = NULL;
	if (error != ESP_OK)
		spi->failed = 1;
	return error == ESP_OK;
}

int esp32Settle(Spi *spi)
{
	Esp32Controller *controller = esp32Controller(spi);
	if (controller->busy)
		end(controller->busy);
	/* spi_master stops the board when a controller is released in a transfer. */
	if (controller->busy)
		return 0;
	if (controller->holder)
		spi_device_release_bus(controller->holder->device);
	controller->holder = NULL;
	return 1;
}

/*
 * Acquired for all of the transaction: its transfers neither take nor release the controller. No other time than "for ever" may be given for that, either: nobody
 * else has it, as this file has just released it for all chips here, and no other code can initialise it.
 */
void spiSelect(Spi *spi)
{
	spi->piece = 0;
	spi->failed = !esp32Settle(spi) || spi_device_acquire_bus(spi->device, portMAX_DELAY) != ESP_OK;
	if (spi->failed)
		return;
	esp32Controller(spi)->holder = spi;
	gpio_set_level((gpio_num_t)spi->pins.select, 0);
}

void spiDeselect(Spi *spi)
{
	gpio_set_level((gpio_num_t)spi->pins.select, 1);
	/* What hangs was waited for; whoever selects next looks again. */
	if (!esp32Controller(spi)->busy)
		esp32Settle(spi);
}

static void start(Spi *spi, const uint8_t *out, uint8_t *in, uint32_t count, uint8_t zeros)
{
	spi->out = out;
	spi->in = in;
	spi->moving = count;
	spi->moved = 0;
	spi->zeros = zeros;
	next(spi);
}

void spiExchange(Spi *spi, const uint8_t *out, uint8_t *in, uint32_t count)
{
	start(spi, out, in, count, 1);
	/* There is no way to tell that it failed: zeros are what a chip without power would say. */
	if (!spiFinish(spi) && in)
		c_memset(in, 0, count);
}

/* The bus is held from select to deselect by whoever selected, and another chip's select waits for that. */
int spiOverlaps(Spi *spi)
{
	(void)spi;
	return 0;
}

void spiStartRead(Spi *spi, uint8_t *in, uint32_t count)
{
	start(spi, NULL, in, count, 0);
}

void spiStartWrite(Spi *spi, const uint8_t *out, uint32_t count)
{
	start(spi, out, NULL, count, 0);
}

/* Waits for the piece on its way and begins the next one, which moves while the caller looks at what came. */
uint32_t spiPassed(Spi *spi)
{
	if (spi->piece && end(spi)) {
		if (spi->copies && spi->in)
			c_memcpy(spi->in + spi->moved, spi->comes, spi->piece);
		spi->moved += spi->piece;
		next(spi);
	}
	return spi->moved;
}

int spiFinish(Spi *spi)
{
	while (spi->moved < spi->moving && !spi->failed)
		spiPassed(spi);
	return spi->moved == spi->moving;
}
