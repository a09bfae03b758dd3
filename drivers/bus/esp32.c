// The bus on the ESP32 family, over ESP-IDF 6.0: pins, controllers and clocks. esp32-transfer.c moves the bytes, esp32-interrupt.c hears of the chips. README.md tells
// why it is done in this way and what it costs.
// `bus` is the number that Espressif's manuals give a controller: 2 is SPI2 (HSPI, FSPI), 3 is SPI3 (VSPI; ESP32, S2 and S3 have it). 0 and 1 are the flash's.

#include "esp32-bus.h"

#include "esp_clk_tree.h"
#include "esp_private/esp_gpio_reserve.h"
#include "esp_rom_sys.h"
#include "esp_timer.h"

static Spi chips[CHIPS];
static Esp32Controller controllers[CONTROLLERS];

/* Moddable's own table of pins in use, where its io modules are part of the firmware. */
extern uint8_t builtinArePinsFree(uint32_t bank, uint32_t pins) __attribute__((weak));
extern uint8_t builtinUsePins(uint32_t bank, uint32_t pins) __attribute__((weak));
extern void builtinFreePins(uint32_t bank, uint32_t pins) __attribute__((weak));

Esp32Controller *esp32Controller(const Spi *spi)
{
	return &controllers[spi->pins.bus - FIRST_BUS];
}

spi_host_device_t esp32Host(const Spi *spi)
{
	return (spi_host_device_t)(SPI2_HOST + spi->pins.bus - FIRST_BUS);
}

/* ESP-IDF knows the pins of flash and PSRAM, the outputs of its own drivers, and what is taken below: every pin of a chip or of a UART. */
static int isFree(int pin)
{
	return !esp_gpio_is_reserved(1ull << pin) && (!builtinArePinsFree || builtinArePinsFree((uint32_t)pin >> 5, 1u << (pin & 31)));
}

static void use(int pin)
{
	if (pin == NO_PIN)
		return;
	esp_gpio_reserve(1ull << pin);
	if (builtinUsePins)
		builtinUsePins((uint32_t)pin >> 5, 1u << (pin & 31));
}

static void letGo(int pin)
{
	if (pin == NO_PIN)
		return;
	gpio_reset_pin((gpio_num_t)pin);
	esp_gpio_revoke(1ull << pin);
	if (builtinFreePins)
		builtinFreePins((uint32_t)pin >> 5, 1u << (pin & 31));
}

/* The pins next to the controller (IO_MUX) as far as they can be used; README.md. */
static void fillIn(SpiPins *pins)
{
#if CONFIG_IDF_TARGET_ESP32
	/* SPI2's own MISO, GPIO 12, also sets the flash's voltage at reset: 27 instead. */
	static const int8_t usual[CONTROLLERS][3] = { { 14, 13, 27 }, { 18, 23, 19 } };
#elif CONFIG_IDF_TARGET_ESP32S2 || CONFIG_IDF_TARGET_ESP32S3
	static const int8_t usual[CONTROLLERS][3] = { { 12, 11, 13 }, { 16, 15, 17 } };
#elif CONFIG_IDF_TARGET_ESP32C3
	/* SPI2's own MISO, GPIO 2, must be high at reset: 5 instead. */
	static const int8_t usual[CONTROLLERS][3] = { { 6, 7, 5 } };
#else
	static const int8_t usual[CONTROLLERS][3] = { { NO_PIN, NO_PIN, NO_PIN } };
#endif
	const int8_t *pin = usual[pins->bus - FIRST_BUS];
	if (pins->clock == NO_PIN)
		pins->clock = pin[0];
	if (pins->out == NO_PIN)
		pins->out = pin[1];
	if (pins->in == NO_PIN)
		pins->in = pin[2];
}

static const char *checkController(const SpiPins *pins)
{
	const Esp32Controller *controller = &controllers[pins->bus - FIRST_BUS];
	if (controller->busy)
		return "the controller hangs in a transfer: restart the board";
	if (controller->ready)
		return pins->clock == controller->clock && pins->out == controller->out && pins->in == controller->in
			? NULL : "another chip has this controller with another clock, out or in pin";
	if (!GPIO_IS_VALID_OUTPUT_GPIO(pins->clock) || !isFree(pins->clock))
		return "the clock pin is missing, in use, or cannot be an output";
	if (!GPIO_IS_VALID_OUTPUT_GPIO(pins->out) || !isFree(pins->out))
		return "the out pin is missing, in use, or cannot be an output";
	if (!GPIO_IS_VALID_GPIO(pins->in) || !isFree(pins->in))
		return "the in pin is missing or in use";
	if (pins->clock == pins->out || pins->clock == pins->in || pins->out == pins->in)
		return "one pin is named twice";
	return NULL;
}

static const char *check(SpiPins *pins)
{
	if (pins->bus < FIRST_BUS || pins->bus >= FIRST_BUS + CONTROLLERS)
		return CONTROLLERS == 2 ? "there is no such controller: expected bus 2 or 3" : "there is no such controller: expected bus 2";
	fillIn(pins);
	const char *problem = checkController(pins);
	if (problem)
		return problem;
	const int16_t own[] = { pins->select, pins->interrupt, pins->reset };
	for (int i = 0; i < 3; i++) {
		if (own[i] == NO_PIN && i > 0)
			continue;
		if (!GPIO_IS_VALID_GPIO(own[i]))
			return "a pin has a number that this chip does not have";
		if (i != 1 && !GPIO_IS_VALID_OUTPUT_GPIO(own[i]))
			return i == 0 ? "the select pin is an input only" : "the reset pin is an input only";
		if (own[i] == pins->clock || own[i] == pins->out || own[i] == pins->in || (i > 0 && own[i] == own[0]) || (i == 2 && own[2] == own[1]))
			return "one pin is named twice";
		if (!isFree(own[i]))
			return i == 0 ? "the select pin is in use" : i == 1 ? "the interrupt pin is in use" : "the reset pin is in use";
	}
	return NULL;
}

/* The next lower clock that divides the source: spi_master itself would take the nearest, which may be a higher one. */
static uint32_t possibleHz(const SpiPins *pins)
{
	uint32_t source = 0, hz = pins->hz;
#if CONFIG_IDF_TARGET_ESP32
	/* Through the GPIO matrix the ESP32 hears MISO 25 ns late, and reading while writing has a limit: 26.7 MHz (SPI Master, "Timing Considerations"). */
	int direct = pins->bus == 2 ? pins->clock == 14 && pins->out == 13 && pins->in == 12 : pins->clock == 18 && pins->out == 23 && pins->in == 19;
	uint32_t limit = (uint32_t)spi_get_freq_limit(!direct, 0);
	if (hz > limit)
		hz = limit;
#endif
	esp_clk_tree_src_get_freq_hz((soc_module_clk_t)SPI_CLK_SRC_DEFAULT, ESP_CLK_TREE_SRC_FREQ_PRECISION_CACHED, &source);
	return source > hz ? source / (source / (hz + 1) + 1) : hz; /* so that 26666666 is a third of 80 MHz, whatever was rounded */
}

/* With DMA where there is a channel left for it. Without, the controller's own 64 bytes are all that passes at once. */
static const char *initialize(Spi *spi)
{
	const SpiPins *pins = &spi->pins;
	spi_bus_config_t bus = {
		.mosi_io_num = pins->out, .miso_io_num = pins->in, .sclk_io_num = pins->clock, .quadwp_io_num = -1, .quadhd_io_num = -1,
		.data4_io_num = -1, .data5_io_num = -1, .data6_io_num = -1, .data7_io_num = -1,
		.max_transfer_sz = LONGEST,
	};
	uint8_t dma = 1;
	esp_err_t error = spi_bus_initialize(esp32Host(spi), &bus, SPI_DMA_CH_AUTO);
	if (error == ESP_ERR_NOT_FOUND || error == ESP_ERR_NO_MEM) {
		dma = 0;
		bus.max_transfer_sz = SHORT;
		error = spi_bus_initialize(esp32Host(spi), &bus, SPI_DMA_DISABLED);
	}
	if (error != ESP_OK)
		return error == ESP_ERR_INVALID_STATE ? "the controller is in use" : "the controller cannot be initialised with these pins";
	*esp32Controller(spi) = (Esp32Controller){ .ready = 1, .dma = dma, .clock = pins->clock, .out = pins->out, .in = pins->in };
	use(pins->clock);
	use(pins->out);
	use(pins->in);
	return NULL;
}

/* After its last chip. */
static void freeController(const Spi *spi)
{
	Esp32Controller *controller = esp32Controller(spi);
	if (controller->users > 0 || spi_bus_free(esp32Host(spi)) != ESP_OK)
		return;
	controller->ready = 0;
	letGo(controller->clock);
	letGo(controller->out);
	letGo(controller->in);
}

static const char *openController(Spi *spi)
{
	Esp32Controller *controller = esp32Controller(spi);
	const char *problem = controller->ready ? NULL : initialize(spi);
	if (problem)
		return problem;
	/*
	 * Without a select pin of its own, as a transaction is several transfers. Mode 0 also for chips that take 3: they take both, there is no pause here to
	 * be saved, and spi_master turns the idle clock round after select has gone low, which such a chip would count as an edge.
	 */
	spi->hz = possibleHz(&spi->pins);
	const spi_device_interface_config_t device = {
		.mode = 0, .clock_speed_hz = (int)spi->hz, .spics_io_num = -1, .queue_size = 1, .pre_cb = esp32Shorten,
	};
	if (spi_bus_add_device(esp32Host(spi), &device, &spi->device) != ESP_OK) {
		freeController(spi);
		return "the controller takes no other chip, or not this clock";
	}
	controller->users++;
	return NULL;
}

static void drive(int pin, int high)
{
	if (pin == NO_PIN)
		return;
	gpio_reset_pin((gpio_num_t)pin);
	gpio_set_level((gpio_num_t)pin, (uint32_t)high);
	gpio_set_direction((gpio_num_t)pin, GPIO_MODE_OUTPUT);
}

Spi *spiOpen(const SpiPins *pins, void *machine, const char **problem)
{
	Spi *spi = chips;
	while (spi < chips + CHIPS && spi->used)
		spi++;
	if (spi == chips + CHIPS) {
		*problem = "more chips than this bus has room for: at most 4";
		return NULL;
	}
	SpiPins wanted = *pins;
	*problem = check(&wanted);
	if (*problem)
		return NULL;
	*spi = (Spi){ .pins = wanted, .machine = machine };
	/* Before the clock runs: a chip that is not deselected would listen. */
	drive(wanted.select, 1);
	drive(wanted.reset, 1);
	*problem = openController(spi);
	if (*problem) {
		letGo(wanted.select);
		letGo(wanted.reset);
		return NULL;
	}
	spi->used = 1;
	if (wanted.interrupt != NO_PIN) {
		gpio_reset_pin((gpio_num_t)wanted.interrupt);
		gpio_set_direction((gpio_num_t)wanted.interrupt, GPIO_MODE_INPUT);
		/* GPIO 34 to 39 of the ESP32 have no resistors. */
		if (GPIO_IS_VALID_OUTPUT_GPIO(wanted.interrupt))
			gpio_pullup_en((gpio_num_t)wanted.interrupt);
	}
	use(wanted.select);
	use(wanted.interrupt);
	use(wanted.reset);
	return spi;
}

void spiClose(Spi *spi)
{
	Esp32Controller *controller = esp32Controller(spi);
	spiOnInterrupt(spi, NULL, NULL);
	letGo(spi->pins.select);
	letGo(spi->pins.interrupt);
	letGo(spi->pins.reset);
	/* spi_master has the transaction still: device and place stay taken, and whoever opened this controller again would wait for ever. */
	if ((!esp32Settle(spi) && controller->busy == spi) || spi_bus_remove_device(spi->device) != ESP_OK)
		return;
	controller->users--;
	freeController(spi);
	spi->used = 0;
}

void spiReset(Spi *spi, int active)
{
	if (spi->pins.reset != NO_PIN)
		gpio_set_level((gpio_num_t)spi->pins.reset, !active);
}

void busWait(uint32_t microseconds)
{
	esp_rom_delay_us(microseconds);
}

uint32_t busMicroseconds(void)
{
	return (uint32_t)esp_timer_get_time();
}
