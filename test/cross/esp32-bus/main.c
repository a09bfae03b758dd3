// Runs drivers/bus/esp32.c on Linux: below it is a stand-in for ESP-IDF that demands what ESP-IDF 6.0 demands and answers on MISO with what came on
// MOSI plus 1. Prints nothing and ends with 0 when all is well. It says nothing about a real ESP32's pins and timing.

#include "../../../drivers/bus/esp32.c"

#define DEMAND(WHAT) ((WHAT) ? (void)0 : (fprintf(stderr, "main.c:%d: %s\n", __LINE__, #WHAT), exit(1)))

struct Device {
	spi_host_device_t host;
	int hz;
	spi_transaction_t *busy;
};

static struct {
	int levels[40], outputs[40], types[40];
	void (*handlers[40])(void *);
	void *contexts[40];
	int buses[3], devices[3];
	int stuck; /* transfers never end */
	int waits;
	uint32_t sent; /* bytes */
	uint8_t mosi[4096];
	size_t most; /* bytes of the longest transfer */
	struct Device *busy[3];
	int posts, full, yields;
	modMessageDeliver deliver;
	void *refcon;
} idf;

int modMessagePostToMachineFromISR(xsMachine *the, modMessageDeliver callback, void *refcon)
{
	(void)the;
	if (idf.full)
		return -1;
	idf.posts++;
	idf.deliver = callback;
	idf.refcon = refcon;
	return 0;
}

void portYIELD_FROM_ISR(void) { idf.yields++; }
esp_err_t gpio_reset_pin(gpio_num_t pin) { idf.outputs[pin] = 0; idf.levels[pin] = 1; return ESP_OK; }
esp_err_t gpio_set_level(gpio_num_t pin, uint32_t level) { idf.levels[pin] = (int)level; return ESP_OK; }
int gpio_get_level(gpio_num_t pin) { return idf.levels[pin]; }
esp_err_t gpio_set_direction(gpio_num_t pin, gpio_mode_t mode) { idf.outputs[pin] = mode == GPIO_MODE_OUTPUT; return ESP_OK; }
esp_err_t gpio_pullup_en(gpio_num_t pin) { DEMAND(GPIO_IS_VALID_OUTPUT_GPIO(pin)); return ESP_OK; }
esp_err_t gpio_set_intr_type(gpio_num_t pin, gpio_int_type_t type) { idf.types[pin] = (int)type; return ESP_OK; }
esp_err_t gpio_install_isr_service(int flags) { DEMAND(flags == 0); return ESP_ERR_INVALID_STATE; }
esp_err_t gpio_isr_handler_remove(gpio_num_t pin) { idf.handlers[pin] = NULL; return ESP_OK; }
bool esp_gpio_is_reserved(uint64_t mask) { return (mask & 0xfc0) != 0; } /* 6 to 11: flash */
int64_t esp_timer_get_time(void) { return 0x100000005; }
void esp_rom_delay_us(uint32_t us) { (void)us; }

esp_err_t gpio_isr_handler_add(gpio_num_t pin, void (*handler)(void *), void *context)
{
	idf.handlers[pin] = handler;
	idf.contexts[pin] = context;
	return ESP_OK;
}

esp_err_t esp_clk_tree_src_get_freq_hz(soc_module_clk_t source, int precision, uint32_t *hz)
{
	(void)source;
	(void)precision;
	*hz = 80000000;
	return ESP_OK;
}

int spi_get_freq_limit(bool gpioMatrix, int inputDelayNs)
{
	(void)inputDelayNs;
	return gpioMatrix ? 26666666 : 80000000;
}

esp_err_t spi_bus_initialize(spi_host_device_t host, const spi_bus_config_t *bus, int dma)
{
	DEMAND(dma == SPI_DMA_DISABLED && bus->quadwp_io_num == -1 && bus->data7_io_num == -1);
	return idf.buses[host]++ ? ESP_ERR_INVALID_STATE : ESP_OK;
}

esp_err_t spi_bus_free(spi_host_device_t host)
{
	DEMAND(idf.buses[host] == 1 && idf.devices[host] == 0);
	idf.buses[host] = 0;
	return ESP_OK;
}

esp_err_t spi_bus_add_device(spi_host_device_t host, const spi_device_interface_config_t *config, spi_device_handle_t *device)
{
	DEMAND(idf.buses[host] && config->mode == 0 && config->spics_io_num == -1 && config->queue_size > 0 && config->clock_speed_hz > 0);
	*device = calloc(1, sizeof(struct Device));
	**device = (struct Device){ .host = host, .hz = config->clock_speed_hz };
	idf.devices[host]++;
	return ESP_OK;
}

esp_err_t spi_bus_remove_device(spi_device_handle_t device)
{
	DEMAND(!device->busy);
	idf.devices[device->host]--;
	free(device);
	return ESP_OK;
}

esp_err_t spi_device_polling_start(spi_device_handle_t device, spi_transaction_t *transaction, TickType_t wait)
{
	DEMAND(wait == portMAX_DELAY);
	DEMAND(!idf.busy[device->host]); /* it would wait for ever */
	DEMAND(transaction->length > 0 && transaction->length <= 64 * 8 && transaction->rxlength == 0 && transaction->tx_buffer);
	if (transaction->length / 8 > idf.most)
		idf.most = transaction->length / 8;
	device->busy = transaction;
	idf.busy[device->host] = device;
	return ESP_OK;
}

esp_err_t spi_device_polling_end(spi_device_handle_t device, TickType_t wait)
{
	DEMAND(device->busy && wait != portMAX_DELAY);
	idf.waits++;
	if (idf.stuck)
		return ESP_ERR_TIMEOUT;
	const uint8_t *out = device->busy->tx_buffer;
	uint8_t *in = device->busy->rx_buffer;
	for (size_t i = 0; i < device->busy->length / 8; i++) {
		idf.mosi[idf.sent++ % sizeof(idf.mosi)] = out[i];
		if (in)
			in[i] = (uint8_t)(out[i] + 1);
	}
	device->busy = NULL;
	idf.busy[device->host] = NULL;
	return ESP_OK;
}

static const SpiPins W5500 = { .bus = 3, .clock = 18, .out = 23, .in = 19, .select = 22, .interrupt = 21, .reset = 4, .hz = 26666666, .mode = 3 };
static const SpiPins ENC28J60 = { .bus = 2, .clock = 14, .out = 13, .in = 27, .select = 26, .interrupt = 25, .reset = 33, .hz = 16000000 };

static Spi *open(SpiPins pins)
{
	const char *problem;
	Spi *spi = spiOpen(&pins, NULL, &problem);
	if (!spi)
		fprintf(stderr, "%s\n", problem);
	DEMAND(spi && !problem);
	return spi;
}

static void refuses(SpiPins pins, const char *expected)
{
	const char *problem = NULL;
	DEMAND(!spiOpen(&pins, NULL, &problem));
	if (strcmp(problem, expected) != 0)
		fprintf(stderr, "\"%s\" instead of \"%s\"\n", problem, expected);
	DEMAND(strcmp(problem, expected) == 0);
}

/* Every length from every alignment: the bytes in order, and none beside them. */
static void bytes(void)
{
	Spi *spi = open(W5500);
	uint8_t out[300], in[300];
	DEMAND(idf.levels[22] == 1 && idf.outputs[22] && idf.levels[4] == 1);
	for (uint32_t count = 0; count <= 200; count++) {
		for (uint32_t at = 4; at < 8; at++) {
			for (uint32_t i = 0; i < sizeof(out); i++) {
				out[i] = (uint8_t)(i * 7 + count);
				in[i] = 0xee;
			}
			idf.sent = 0;
			spiSelect(spi);
			DEMAND(idf.levels[22] == 0);
			spiExchange(spi, out + at, in + at, count);
			spiDeselect(spi);
			DEMAND(idf.levels[22] == 1 && idf.sent == count && in[at - 1] == 0xee && in[at + count] == 0xee);
			for (uint32_t i = 0; i < count; i++)
				DEMAND(in[at + i] == (uint8_t)(out[at + i] + 1) && idf.mosi[i] == out[at + i]);
		}
	}
	DEMAND(idf.most == 64);
	spiClose(spi);
}

static void longTransfers(void)
{
	Spi *spi = open(W5500);
	uint8_t frame[1514];
	uint32_t before = 0, passed;
	memset(frame, 0xee, sizeof(frame));
	idf.sent = 0;
	spiSelect(spi);
	spiStartRead(spi, frame, sizeof(frame));
	while ((passed = spiPassed(spi)) < sizeof(frame)) {
		DEMAND(passed > before && idf.busy[SPI3_HOST]); /* the next ones move while the caller looks at these */
		for (uint32_t i = before; i < passed; i++)
			DEMAND(frame[i] == 1); /* zeros were sent */
		before = passed;
	}
	DEMAND(spiFinish(spi) && idf.sent == sizeof(frame) && !idf.busy[SPI3_HOST] && frame[1513] == 1);
	for (uint32_t i = 0; i < sizeof(frame); i++)
		frame[i] = (uint8_t)(i ^ i >> 8);
	idf.sent = 0;
	spiStartWrite(spi, frame, sizeof(frame));
	DEMAND(spiFinish(spi) && memcmp(idf.mosi, frame, sizeof(frame)) == 0);
	spiDeselect(spi);
	spiClose(spi);
}

/* A controller that stops: everything ends, nothing else begins on it, and it goes on when it does. */
static void stuck(void)
{
	SpiPins other = { .bus = 3, .clock = NO_PIN, .out = NO_PIN, .in = NO_PIN, .select = 32, .interrupt = NO_PIN, .reset = NO_PIN, .hz = 1000000 };
	Spi *spi = open(W5500), *second = open(other);
	uint8_t in[100] = { 9 };
	spiSelect(spi);
	spiStartRead(spi, in, 100);
	idf.stuck = 1;
	idf.waits = 0;
	DEMAND(spiPassed(spi) == 0 && !spiFinish(spi) && idf.waits <= 4);
	spiDeselect(spi);
	spiSelect(second);
	spiExchange(second, NULL, in, 3);
	DEMAND(in[0] == 0 && in[2] == 0);
	spiStartWrite(second, in, 100);
	DEMAND(!spiFinish(second) && idf.waits <= 8);
	spiDeselect(second);
	idf.stuck = 0;
	spiSelect(second);
	spiExchange(second, NULL, in, 3);
	DEMAND(in[0] == 1 && in[2] == 1);
	spiDeselect(second);
	spiClose(spi);
	DEMAND(idf.buses[SPI3_HOST] == 1);
	spiClose(second);
	DEMAND(idf.buses[SPI3_HOST] == 0);
}

static int calls;

static void called(void *context)
{
	DEMAND(context == &calls);
	calls++;
}

/* What the pin's level and the interrupt's type make the GPIO service do. */
static void pin(int number, int level)
{
	idf.levels[number] = level;
	for (int i = 0; i < 3 && idf.handlers[number] && idf.types[number] == (idf.levels[number] ? GPIO_INTR_HIGH_LEVEL : GPIO_INTR_LOW_LEVEL); i++) {
		DEMAND(i < 2); /* a level that stays must not call again and again */
		(*idf.handlers[number])(idf.contexts[number]);
	}
}

static void message(void) { (*idf.deliver)(NULL, idf.refcon, NULL, 0); }

static void interrupts(void)
{
	Spi *spi = open(ENC28J60);
	DEMAND(spiInterrupted(spi) == 0);
	idf.levels[25] = 0;
	DEMAND(spiInterrupted(spi) == 1);
	spiOnInterrupt(spi, called, &calls);
	idf.posts = 0;
	pin(25, 0); /* low since before */
	DEMAND(idf.posts == 1 && calls == 0 && idf.yields > 0);
	pin(25, 1);
	pin(25, 0);
	pin(25, 1);
	DEMAND(idf.posts == 1); /* one message at a time */
	message();
	DEMAND(calls == 1);
	pin(25, 0);
	DEMAND(idf.posts == 2);
	message();
	idf.full = 1; /* the queue: this edge is lost, the next is not */
	pin(25, 1);
	pin(25, 0);
	pin(25, 1);
	idf.full = 0;
	pin(25, 0);
	DEMAND(idf.posts == 3 && calls == 2);
	spiOnInterrupt(spi, NULL, NULL);
	message();
	DEMAND(calls == 2 && !idf.handlers[25]);
	pin(25, 1);
	spiClose(spi);
	SpiPins none = ENC28J60;
	none.interrupt = NO_PIN;
	spi = open(none);
	DEMAND(spiInterrupted(spi) == -1);
	spiOnInterrupt(spi, called, &calls);
	spiClose(spi);
}

static void pins(void)
{
	SpiPins p = W5500;
	p.bus = 0;
	refuses(p, "there is no such controller: expected bus 2 or 3");
	p.bus = 4;
	refuses(p, "there is no such controller: expected bus 2 or 3");
	p = W5500, p.select = 34;
	refuses(p, "the select pin is an input only");
	p = W5500, p.reset = 39;
	refuses(p, "the reset pin is an input only");
	p = W5500, p.select = NO_PIN;
	refuses(p, "a pin has a number that this chip does not have");
	p = W5500, p.interrupt = 24;
	refuses(p, "a pin has a number that this chip does not have");
	p = W5500, p.reset = p.select;
	refuses(p, "one pin is named twice");
	p = W5500, p.reset = p.interrupt;
	refuses(p, "one pin is named twice");
	p = W5500, p.select = p.clock;
	refuses(p, "one pin is named twice");
	p = W5500, p.select = 6; /* flash */
	refuses(p, "the select pin is in use");
	p = W5500, p.clock = 35;
	refuses(p, "the clock pin is missing, in use, or cannot be an output");
	p = W5500, p.interrupt = 35; /* no pull-up there, which the stand-in demands */
	spiClose(open(p));
	Spi *first = open(W5500);
	refuses(W5500, "the select pin is in use");
	p = W5500, p.select = 32, p.interrupt = 33, p.reset = NO_PIN, p.in = 27;
	refuses(p, "another chip has this controller with another clock, out or in pin");
	p.in = NO_PIN;
	p.interrupt = 21;
	refuses(p, "the interrupt pin is in use");
	spiClose(first);
	idf.buses[SPI3_HOST] = 1; /* somebody else's */
	refuses(W5500, "the controller is in use");
	idf.buses[SPI3_HOST] = 0;
	spiClose(open(W5500));
	DEMAND(idf.devices[SPI2_HOST] == 0 && idf.devices[SPI3_HOST] == 0);
}

static int hzFor(SpiPins p, uint32_t hz)
{
	p.hz = hz;
	Spi *spi = open(p);
	int result = spi->device->hz;
	spiClose(spi);
	return result;
}

static void clocks(void)
{
	DEMAND(hzFor(W5500, 80000000) == 80000000 && hzFor(W5500, 79999999) == 40000000);
	DEMAND(hzFor(W5500, 33000000) == 26666666 && hzFor(W5500, 26666666) == 26666666);
	DEMAND(hzFor(ENC28J60, 16000000) == 16000000 && hzFor(ENC28J60, 20000000) == 20000000);
	DEMAND(hzFor(ENC28J60, 80000000) == 26666666); /* through the GPIO matrix */
	for (uint32_t hz = 1000000; hz <= 80000000; hz += 123457)
		DEMAND(hzFor(W5500, hz) <= (int)hz);
}

/* The last test: the controller is lost for good. */
static void hangs(void)
{
	SpiPins other = W5500;
	uint8_t in[10];
	Spi *spi = open(W5500);
	spiSelect(spi);
	idf.stuck = 1;
	spiStartRead(spi, in, 10);
	DEMAND(!spiFinish(spi));
	spiDeselect(spi);
	spiClose(spi);
	other.select = 32, other.interrupt = other.reset = NO_PIN;
	refuses(other, "the controller hangs in a transfer: restart the board");
	idf.stuck = 0;
	spiClose(open(ENC28J60)); /* the other controller goes on */
}

int main(void)
{
	bytes();
	longTransfers();
	stuck();
	interrupts();
	pins();
	clocks();
	hangs();
	DEMAND(busMicroseconds() == 5);
	return 0;
}
