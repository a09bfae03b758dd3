// The bus on the ESP32 family, over ESP-IDF 6.0: spi_master without DMA, GPIO interrupts that are posted to the machine. README.md tells why and what it costs.
// `bus` is the number that Espressif's manuals give a controller: 2 is SPI2 (HSPI, FSPI), 3 is SPI3 (VSPI; ESP32, S2 and S3 have it). 0 and 1 are the flash's.

#include "bus.h"

#include "xsmc.h"
#include "xsHost.h"

#include "driver/gpio.h"
#include "driver/spi_master.h"
#include "esp_attr.h"
#include "esp_clk_tree.h"
#include "esp_private/esp_gpio_reserve.h"
#include "esp_rom_sys.h"
#include "esp_timer.h"

#define FIRST_BUS 2
#define CONTROLLERS (SOC_SPI_PERIPH_NUM - 1)
/* Chips at the same time. */
#define CHIPS 4
/*
 * Bytes that the controller holds, and so the most of one transfer without DMA. With DMA the driver would allocate memory for every read whose address or
 * length is not a multiple of four (spi_master.c, setup_dma_priv_buffer), and registers are one or two bytes.
 */
#define SEGMENT 64u
/* How long a segment may take, in ticks, which are 1 ms in Moddable's firmware. At 1 MHz it takes 0.5 ms. */
#define PATIENCE pdMS_TO_TICKS(2)

struct Spi {
	SpiPins pins;
	spi_device_handle_t device;
	xsMachine *machine;
	void (*callback)(void *context);
	void *context;
	spi_transaction_t transaction; /* on its way */
	const uint8_t *out; /* NULL: zeros are sent */
	uint8_t *in; /* NULL: what comes is dropped */
	uint32_t moving, moved; /* bytes; `segment` of them are on their way */
	uint32_t segment;
	uint8_t used;
	uint8_t failed;
	volatile uint8_t low; /* the interrupt pin was low, and is waited for to be high */
	uint32_t pending; /* a message to the machine is on its way; atomic, as the machine may run on the other core */
};

typedef struct {
	Spi *busy; /* whose transaction has begun and not ended */
	uint8_t users;
	uint8_t ready; /* initialised, with these pins */
	int16_t clock, out, in;
} Controller;

static Spi chips[CHIPS];
static Controller controllers[CONTROLLERS];

/* Moddable's own table of pins in use, where its io modules are part of the firmware. */
extern uint8_t builtinArePinsFree(uint32_t bank, uint32_t pins) __attribute__((weak));
extern uint8_t builtinUsePins(uint32_t bank, uint32_t pins) __attribute__((weak));
extern void builtinFreePins(uint32_t bank, uint32_t pins) __attribute__((weak));

static Controller *controllerOf(const Spi *spi)
{
	return &controllers[spi->pins.bus - FIRST_BUS];
}

static spi_host_device_t hostOf(const Spi *spi)
{
	return (spi_host_device_t)(SPI2_HOST + spi->pins.bus - FIRST_BUS);
}

/* ESP-IDF knows the pins of flash and PSRAM, and those of its own drivers. */
static int isFree(int pin)
{
	for (const Spi *spi = chips; spi < chips + CHIPS; spi++)
		if (spi->used && (pin == spi->pins.select || pin == spi->pins.interrupt || pin == spi->pins.reset))
			return 0;
	return !esp_gpio_is_reserved(1ull << pin) && (!builtinArePinsFree || builtinArePinsFree((uint32_t)pin >> 5, 1u << (pin & 31)));
}

static void use(int pin)
{
	if (pin != NO_PIN && builtinUsePins)
		builtinUsePins((uint32_t)pin >> 5, 1u << (pin & 31));
}

static void letGo(int pin)
{
	if (pin == NO_PIN)
		return;
	gpio_reset_pin((gpio_num_t)pin);
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
	const Controller *controller = &controllers[pins->bus - FIRST_BUS];
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

static const char *openController(Spi *spi)
{
	Controller *controller = controllerOf(spi);
	if (!controller->ready) {
		const spi_bus_config_t bus = {
			.mosi_io_num = spi->pins.out, .miso_io_num = spi->pins.in, .sclk_io_num = spi->pins.clock, .quadwp_io_num = -1, .quadhd_io_num = -1,
			.data4_io_num = -1, .data5_io_num = -1, .data6_io_num = -1, .data7_io_num = -1,
			.max_transfer_sz = SEGMENT,
		};
		esp_err_t error = spi_bus_initialize(hostOf(spi), &bus, SPI_DMA_DISABLED);
		if (error != ESP_OK)
			return error == ESP_ERR_INVALID_STATE ? "the controller is in use" : "the controller cannot be initialised with these pins";
		*controller = (Controller){ .ready = 1, .clock = spi->pins.clock, .out = spi->pins.out, .in = spi->pins.in };
	}
	/*
	 * Without a select pin of its own, as a transaction is several transfers. Mode 0 also for chips that take 3: they take both, there is no pause here to
	 * be saved, and spi_master turns the idle clock round after select has gone low, which such a chip would count as an edge.
	 */
	const spi_device_interface_config_t device = { .mode = 0, .clock_speed_hz = (int)possibleHz(&spi->pins), .spics_io_num = -1, .queue_size = 1 };
	if (spi_bus_add_device(hostOf(spi), &device, &spi->device) != ESP_OK) {
		if (controller->users == 0)
			controller->ready = spi_bus_free(hostOf(spi)) != ESP_OK;
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
	use(wanted.select);
	use(wanted.interrupt);
	use(wanted.reset);
	if (wanted.interrupt != NO_PIN) {
		gpio_reset_pin((gpio_num_t)wanted.interrupt);
		gpio_set_direction((gpio_num_t)wanted.interrupt, GPIO_MODE_INPUT);
		/* GPIO 34 to 39 of the ESP32 have no resistors. */
		if (GPIO_IS_VALID_OUTPUT_GPIO(wanted.interrupt))
			gpio_pullup_en((gpio_num_t)wanted.interrupt);
	}
	return spi;
}

/* Begins a segment. The controller is ours alone, so that nothing is waited for, though no other time than "for ever" may be given. */
static int begin(Spi *spi, const uint8_t *out, uint8_t *in, uint32_t count)
{
	static const uint8_t zeros[SEGMENT];
	if (spi->failed)
		return 0;
	spi->transaction = (spi_transaction_t){ .length = 8 * count, .tx_buffer = out ? out : zeros, .rx_buffer = in };
	if (spi_device_polling_start(spi->device, &spi->transaction, portMAX_DELAY) != ESP_OK)
		spi->failed = 1;
	else
		controllerOf(spi)->busy = spi;
	return !spi->failed;
}

/* Waits for the end of the segment. */
static int end(Spi *spi)
{
	esp_err_t error = spi_device_polling_end(spi->device, PATIENCE);
	if (error == ESP_ERR_TIMEOUT) /* other tasks may have had the processor meanwhile: it may have ended all the same */
		error = spi_device_polling_end(spi->device, PATIENCE);
	if (error != ESP_ERR_TIMEOUT)
		controllerOf(spi)->busy = NULL;
	if (error != ESP_OK)
		spi->failed = 1;
	return error == ESP_OK;
}

/* Ends what was given up. Until that has happened nothing else can begin: spi_master would wait for it for ever. */
static int settle(Spi *spi)
{
	Controller *controller = controllerOf(spi);
	if (controller->busy)
		end(controller->busy);
	return !controller->busy;
}

void spiClose(Spi *spi)
{
	Controller *controller = controllerOf(spi);
	spiOnInterrupt(spi, NULL, NULL);
	letGo(spi->pins.select);
	letGo(spi->pins.interrupt);
	letGo(spi->pins.reset);
	/* spi_master has the transaction still: device and place stay taken, and whoever opened this controller again would wait for ever. */
	if (!settle(spi) && controller->busy == spi)
		return;
	spi_bus_remove_device(spi->device);
	if (--controller->users == 0)
		controller->ready = spi_bus_free(hostOf(spi)) != ESP_OK;
	spi->used = 0;
}

void spiSelect(Spi *spi)
{
	spi->segment = 0;
	spi->failed = !settle(spi);
	gpio_set_level((gpio_num_t)spi->pins.select, 0);
}

void spiDeselect(Spi *spi)
{
	gpio_set_level((gpio_num_t)spi->pins.select, 1);
}

/* Begins the next segment of a long transfer, if there is one. */
static void next(Spi *spi)
{
	uint32_t count = spi->moving - spi->moved;
	if (count > SEGMENT)
		count = SEGMENT;
	spi->segment = 0;
	if (count && begin(spi, spi->out ? spi->out + spi->moved : NULL, spi->in ? spi->in + spi->moved : NULL, count))
		spi->segment = count;
}

static void start(Spi *spi, const uint8_t *out, uint8_t *in, uint32_t count)
{
	spi->out = out;
	spi->in = in;
	spi->moving = count;
	spi->moved = 0;
	next(spi);
}

void spiExchange(Spi *spi, const uint8_t *out, uint8_t *in, uint32_t count)
{
	start(spi, out, in, count);
	/* There is no way to tell that it failed: zeros are what a chip without power would say. */
	if (!spiFinish(spi) && in)
		c_memset(in, 0, count);
}

void spiStartRead(Spi *spi, uint8_t *in, uint32_t count)
{
	start(spi, NULL, in, count);
}

void spiStartWrite(Spi *spi, const uint8_t *out, uint32_t count)
{
	start(spi, out, NULL, count);
}

/* Waits for the segment on its way and begins the next one, which moves while the caller looks at what came. */
uint32_t spiPassed(Spi *spi)
{
	if (spi->segment && end(spi)) {
		spi->moved += spi->segment;
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

void spiReset(Spi *spi, int active)
{
	if (spi->pins.reset != NO_PIN)
		gpio_set_level((gpio_num_t)spi->pins.reset, !active);
}

int spiInterrupted(Spi *spi)
{
	return spi->pins.interrupt == NO_PIN ? -1 : !gpio_get_level((gpio_num_t)spi->pins.interrupt);
}

/* On the machine's own task. */
static void deliver(void *machine, void *refcon, uint8_t *message, uint16_t length)
{
	Spi *spi = refcon;
	(void)machine;
	(void)message;
	(void)length;
	__atomic_store_n(&spi->pending, 0, __ATOMIC_SEQ_CST);
	if (spi->callback)
		(*spi->callback)(spi->context);
}

/* One message at a time: the queue has ten. When it is full, the device's own look at the chip finds what waits. The form for interrupts never waits. */
static void IRAM_ATTR post(Spi *spi)
{
	/* Noted before it is sent: on the other core it may be delivered at once. */
	if (spi->callback && !__atomic_exchange_n(&spi->pending, 1, __ATOMIC_SEQ_CST) && modMessagePostToMachineFromISR(spi->machine, deliver, spi) != 0)
		__atomic_store_n(&spi->pending, 0, __ATOMIC_SEQ_CST);
}

/*
 * ESP32 errata GPIO-3.14: of two pins with edge interrupts one may lose its edge while the other's is cleared. Levels are not lost: low is waited for, then high.
 */
static void IRAM_ATTR interrupted(void *context)
{
	Spi *spi = context;
	spi->low = !spi->low;
	gpio_set_intr_type((gpio_num_t)spi->pins.interrupt, spi->low ? GPIO_INTR_HIGH_LEVEL : GPIO_INTR_LOW_LEVEL);
	if (!spi->low)
		return;
	post(spi);
	/* Or the machine would begin with the next tick only. */
	portYIELD_FROM_ISR();
}

void spiOnInterrupt(Spi *spi, void (*callback)(void *context), void *context)
{
	if (spi->pins.interrupt == NO_PIN)
		return;
	gpio_num_t pin = (gpio_num_t)spi->pins.interrupt;
	if (spi->callback)
		gpio_isr_handler_remove(pin);
	spi->callback = callback;
	spi->context = context;
	if (!callback)
		return;
	/* Others may have installed it before. Not callable while flash is written, as Moddable's way of posting is in flash. */
	esp_err_t error = gpio_install_isr_service(0);
	if (error != ESP_OK && error != ESP_ERR_INVALID_STATE)
		return; /* the device's own look at the chip finds what waits */
	/* A pin that is low already calls at once. */
	spi->low = 0;
	gpio_set_intr_type(pin, GPIO_INTR_LOW_LEVEL);
	gpio_isr_handler_add(pin, interrupted, spi);
}

void busWait(uint32_t microseconds)
{
	esp_rom_delay_us(microseconds);
}

uint32_t busMicroseconds(void)
{
	return (uint32_t)esp_timer_get_time();
}
