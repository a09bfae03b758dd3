// Runs drivers/bus/esp32*.c on Linux: below them is a stand-in for ESP-IDF that demands what ESP-IDF 6.0 demands. Prints nothing and ends with 0 when all is
// well. It says nothing about a real ESP32's pins and timing. Every call of the stand-in is a point at which it may fail, or at which the interrupt pin goes low.

#include "../../../drivers/bus/esp32.c"
#include "../../../drivers/bus/esp32-transfer.c"
#include "../../../drivers/bus/esp32-interrupt.c"

#define DEMAND(WHAT) ((WHAT) ? (void)0 : (fprintf(stderr, "main.c:%d: %s (call %d)\n", __LINE__, #WHAT, idf.calls), exit(1)))
#define FLASH 0xfc0ull /* GPIO 6 to 11 */

struct Device {
	spi_host_device_t host;
	int hz;
	void (*before)(spi_transaction_t *transaction);
	spi_transaction_t *busy;
};

static struct {
	int calls, failAt, lowAt, lowPin; /* what happens at which call; 0: nothing */
	int levels[40], outputs[40], types[40], enabled[40];
	void (*handlers[40])(void *);
	void *contexts[40];
	int service; /* the GPIO interrupt service is installed */
	uint64_t reserved;
	int buses[3], devices[3], dma[3];
	int noDma; /* channels are all in use */
	int stuck; /* transfers never end */
	int waits;
	int starts;
	uint32_t sent; /* bytes */
	uint8_t mosi[8192];
	size_t most; /* bytes of the longest transfer */
	struct Device *busy[3], *holder[3];
	int posts, full, yields;
	modMessageDeliver deliver;
	void *refcon;
} idf = { .reserved = FLASH };

spi_dev_t SPI2, SPI3;
/* What DMA does not reach. */
static uint8_t psram[8192] __attribute__((aligned(4)));
static uint8_t memory[8192] __attribute__((aligned(4)));

/* What comes as the n-th byte. */
static uint8_t miso(uint32_t n) { return (uint8_t)(n * 7 + (n >> 8) + 3); }

/* What the pin's level and the interrupt's type make the GPIO service do. */
static void service(int number)
{
	for (int i = 0; idf.service && idf.enabled[number] && idf.handlers[number]; i++) {
		if (idf.types[number] != (idf.levels[number] ? GPIO_INTR_HIGH_LEVEL : GPIO_INTR_LOW_LEVEL))
			break;
		DEMAND(i < 2); /* a level that stays must not call again and again */
		(*idf.handlers[number])(idf.contexts[number]);
	}
}

static void pin(int number, int level)
{
	idf.levels[number] = level;
	service(number);
}

/* Called by all of the following. Answers whether this call fails. */
static int point(void)
{
	idf.calls++;
	if (idf.calls == idf.lowAt)
		pin(idf.lowPin, 0);
	return idf.calls == idf.failAt;
}

int modMessagePostToMachineFromISR(xsMachine *the, modMessageDeliver callback, void *refcon)
{
	(void)the;
	if (point() || idf.full)
		return -1;
	idf.posts++;
	idf.deliver = callback;
	idf.refcon = refcon;
	return 0;
}

void portYIELD_FROM_ISR(void) { idf.yields++; }
bool esp_ptr_dma_capable(const void *p) { return (const uint8_t *)p < psram || (const uint8_t *)p >= psram + sizeof(psram); }
esp_err_t gpio_set_level(gpio_num_t pin, uint32_t level) { idf.levels[pin] = (int)level; return point() ? ESP_FAIL : ESP_OK; }
int gpio_get_level(gpio_num_t pin) { point(); return idf.levels[pin]; }
esp_err_t gpio_set_direction(gpio_num_t pin, gpio_mode_t mode) { idf.outputs[pin] = mode == GPIO_MODE_OUTPUT; return point() ? ESP_FAIL : ESP_OK; }
esp_err_t gpio_pullup_en(gpio_num_t pin) { DEMAND(GPIO_IS_VALID_OUTPUT_GPIO(pin)); return point() ? ESP_FAIL : ESP_OK; }
esp_err_t gpio_intr_disable(gpio_num_t pin) { idf.enabled[pin] = 0; return point() ? ESP_FAIL : ESP_OK; }
uint64_t esp_gpio_reserve(uint64_t mask) { uint64_t before = idf.reserved; idf.reserved |= mask; return before; }
uint64_t esp_gpio_revoke(uint64_t mask) { uint64_t before = idf.reserved; idf.reserved &= ~mask; return before; }
bool esp_gpio_is_reserved(uint64_t mask) { return (idf.reserved & mask) != 0; }
int64_t esp_timer_get_time(void) { return 0x100000005; }
void esp_rom_delay_us(uint32_t us) { (void)us; }

esp_err_t gpio_reset_pin(gpio_num_t pin)
{
	idf.outputs[pin] = 0;
	if (!idf.lowAt || pin != idf.lowPin) /* its pull-up, unless a chip pulls */
		idf.levels[pin] = 1;
	idf.enabled[pin] = 0;
	idf.reserved &= ~(1ull << pin);
	return point() ? ESP_FAIL : ESP_OK;
}

esp_err_t gpio_set_intr_type(gpio_num_t pin, gpio_int_type_t type)
{
	idf.types[pin] = (int)type;
	service(pin);
	return point() ? ESP_FAIL : ESP_OK;
}

void gpio_ll_set_intr_type(gpio_dev_t *hw, uint32_t pin, gpio_int_type_t type)
{
	DEMAND(hw == GPIO_LL_GET_HW(GPIO_PORT_0));
	idf.types[pin] = (int)type;
}

esp_err_t gpio_install_isr_service(int flags)
{
	DEMAND(flags == 0); /* Moddable's posting is in flash */
	if (point())
		return ESP_ERR_NO_MEM;
	if (idf.service)
		return ESP_ERR_INVALID_STATE;
	idf.service = 1;
	return ESP_OK;
}

/* Not called by us: Moddable's Monitor does, with its last pin. */
static void gpio_uninstall_isr_service(void)
{
	idf.service = 0;
	memset(idf.handlers, 0, sizeof(idf.handlers));
}

esp_err_t gpio_isr_handler_remove(gpio_num_t pin)
{
	point();
	if (!idf.service) /* its only reason to fail */
		return ESP_ERR_INVALID_STATE;
	idf.enabled[pin] = 0;
	idf.handlers[pin] = NULL;
	return ESP_OK;
}

esp_err_t gpio_isr_handler_add(gpio_num_t pin, void (*handler)(void *), void *context)
{
	if (point() || !idf.service)
		return ESP_ERR_INVALID_STATE;
	idf.handlers[pin] = handler;
	idf.contexts[pin] = context;
	idf.enabled[pin] = 1;
	service(pin);
	return ESP_OK;
}

esp_err_t esp_clk_tree_src_get_freq_hz(soc_module_clk_t source, int precision, uint32_t *hz)
{
	(void)source;
	(void)precision;
	if (point())
		return ESP_FAIL;
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
	DEMAND(bus->quadwp_io_num == -1 && bus->data7_io_num == -1 && (dma == SPI_DMA_DISABLED || dma == SPI_DMA_CH_AUTO));
	if (point() || (dma && idf.noDma))
		return ESP_ERR_NOT_FOUND;
	if (idf.buses[host])
		return ESP_ERR_INVALID_STATE;
	idf.buses[host]++;
	idf.dma[host] = dma;
	idf.reserved |= 1ull << bus->mosi_io_num | 1ull << bus->sclk_io_num;
	return ESP_OK;
}

esp_err_t spi_bus_free(spi_host_device_t host)
{
	DEMAND(idf.buses[host] == 1 && idf.devices[host] == 0 && !idf.holder[host]);
	idf.buses[host] = 0;
	return ESP_OK;
}

esp_err_t spi_bus_add_device(spi_host_device_t host, const spi_device_interface_config_t *config, spi_device_handle_t *device)
{
	DEMAND(idf.buses[host] && config->mode == 0 && config->spics_io_num == -1 && config->queue_size > 0 && config->clock_speed_hz > 0);
	if (point())
		return ESP_ERR_NOT_FOUND;
	*device = calloc(1, sizeof(struct Device));
	**device = (struct Device){ .host = host, .hz = config->clock_speed_hz, .before = config->pre_cb };
	idf.devices[host]++;
	return ESP_OK;
}

esp_err_t spi_bus_remove_device(spi_device_handle_t device)
{
	DEMAND(!device->busy && idf.holder[device->host] != device);
	idf.devices[device->host]--;
	free(device);
	return ESP_OK;
}

esp_err_t spi_device_acquire_bus(spi_device_handle_t device, TickType_t wait)
{
	DEMAND(wait == portMAX_DELAY); /* another time is refused */
	DEMAND(!idf.holder[device->host] && !idf.busy[device->host]); /* it would wait for ever */
	if (point())
		return ESP_FAIL;
	idf.holder[device->host] = device;
	return ESP_OK;
}

void spi_device_release_bus(spi_device_handle_t device)
{
	DEMAND(idf.holder[device->host] == device && !idf.busy[device->host]); /* it would stop the board */
	idf.holder[device->host] = NULL;
	point();
}

/* What spi_master demands of memory and length: without the flag, it would allocate. */
static int isForTransfer(const uint8_t *p, size_t bytes, size_t alignment)
{
	return !p || (esp_ptr_dma_capable(p) && esp_ptr_dma_capable(p + bytes - 1) && ((uintptr_t)p | bytes) % alignment == 0);
}

esp_err_t spi_device_polling_start(spi_device_handle_t device, spi_transaction_t *transaction, TickType_t wait)
{
	size_t bytes = transaction->length / 8;
	spi_dev_t *hw = device->host == SPI2_HOST ? &SPI2 : &SPI3;
	DEMAND(wait == portMAX_DELAY);
	DEMAND(!idf.busy[device->host]); /* it would wait for ever */
	DEMAND(idf.holder[device->host] == device); /* or it takes and releases the bus itself */
	DEMAND(bytes > 0 && transaction->length % 8 == 0 && transaction->rxlength == 0 && (transaction->tx_buffer || transaction->rx_buffer));
	DEMAND(bytes <= (idf.dma[device->host] ? LONGEST : 64));
	if (point())
		return ESP_ERR_NO_MEM;
	if (idf.dma[device->host]) {
		DEMAND(transaction->flags == SPI_TRANS_DMA_BUFFER_ALIGN_MANUAL);
		if (!isForTransfer(transaction->tx_buffer, bytes, 1) || !isForTransfer(transaction->rx_buffer, bytes, 4))
			return ESP_ERR_INVALID_ARG;
	}
	hw->mosi_dlen.usr_mosi_dbitlen = hw->miso_dlen.usr_miso_dbitlen = (uint32_t)transaction->length - 1;
	device->before(transaction);
	DEMAND(hw->mosi_dlen.usr_mosi_dbitlen == hw->miso_dlen.usr_miso_dbitlen && (hw->mosi_dlen.usr_mosi_dbitlen + 1) % 8 == 0);
	DEMAND(hw->mosi_dlen.usr_mosi_dbitlen < transaction->length);
	if (bytes > idf.most)
		idf.most = bytes;
	idf.starts++;
	device->busy = transaction;
	idf.busy[device->host] = device;
	return ESP_OK;
}

esp_err_t spi_device_polling_end(spi_device_handle_t device, TickType_t wait)
{
	spi_dev_t *hw = device->host == SPI2_HOST ? &SPI2 : &SPI3;
	uint32_t bytes = (hw->mosi_dlen.usr_mosi_dbitlen + 1) / 8;
	DEMAND(device->busy && wait >= 4 * 8000 * bytes / (uint32_t)device->hz && wait <= 3 + 4 * 8000 * bytes / (uint32_t)device->hz);
	idf.waits++;
	int fails = point();
	if (idf.stuck)
		return ESP_ERR_TIMEOUT;
	const uint8_t *out = device->busy->tx_buffer;
	uint8_t *in = device->busy->rx_buffer;
	for (size_t i = 0; i < bytes; i++) {
		if (in)
			in[i] = miso(idf.sent);
		idf.mosi[idf.sent++ % sizeof(idf.mosi)] = out ? out[i] : 0x5a;
	}
	device->busy = NULL;
	idf.busy[device->host] = NULL;
	return fails ? ESP_ERR_INVALID_STATE : ESP_OK;
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

/* Every length from every alignment, in memory of either kind: the bytes in order, and none beside them. */
static void bytes(uint8_t *out, uint8_t *in, size_t most)
{
	Spi *spi = open(W5500);
	DEMAND(idf.levels[22] == 1 && idf.outputs[22] && idf.levels[4] == 1);
	idf.most = 0;
	for (uint32_t count = 0; count <= 200; count++) {
		for (uint32_t at = 4; at < 8; at++) {
			for (uint32_t i = 0; i < 300; i++) {
				out[i] = (uint8_t)(i * 7 + count);
				in[i] = 0xee;
			}
			idf.sent = 0;
			spiSelect(spi);
			DEMAND(idf.levels[22] == 0);
			spiExchange(spi, out + (7 - at), in + at, count);
			spiDeselect(spi);
			DEMAND(idf.levels[22] == 1 && idf.sent == count && in[at - 1] == 0xee && in[at + count] == 0xee);
			for (uint32_t i = 0; i < count; i++)
				DEMAND(in[at + i] == miso(i) && idf.mosi[i] == out[7 - at + i]);
			/* Zeros are sent where nothing else is given, and what nobody wants is dropped. */
			idf.sent = 0;
			spiSelect(spi);
			spiExchange(spi, NULL, in + at, count);
			spiExchange(spi, out, NULL, count);
			spiExchange(spi, NULL, NULL, count);
			spiDeselect(spi);
			DEMAND(idf.sent == 3 * count && in[at - 1] == 0xee && in[at + count] == 0xee);
			for (uint32_t i = 0; i < count; i++)
				DEMAND(in[at + i] == miso(i) && idf.mosi[i] == 0 && idf.mosi[count + i] == out[i] && idf.mosi[2 * count + i] == 0);
		}
	}
	DEMAND(idf.most == most);
	spiClose(spi);
}

/* Reads and writes so many bytes there, in so many starts. */
static void longTransfer(Spi *spi, uint8_t *frame, uint32_t count, int reads, int writes)
{
	uint32_t before = 0, passed;
	memset(frame - 1, 0xee, count + 2);
	idf.sent = 0;
	idf.starts = 0;
	spiSelect(spi);
	spiStartRead(spi, frame, count);
	while ((passed = spiPassed(spi)) < count) {
		DEMAND(passed > before && idf.busy[SPI3_HOST]); /* the next ones move while the caller looks at these */
		for (uint32_t i = before; i < passed; i++)
			DEMAND(frame[i] == miso(i));
		before = passed;
	}
	DEMAND(spiFinish(spi) && idf.sent == count && !idf.busy[SPI3_HOST] && frame[-1] == 0xee && frame[count] == 0xee);
	for (uint32_t i = 0; i < count; i++)
		DEMAND(frame[i] == miso(i));
	DEMAND(idf.starts == reads);
	for (uint32_t i = 0; i < count; i++)
		frame[i] = (uint8_t)(i ^ i >> 8);
	idf.sent = 0;
	idf.starts = 0;
	spiStartWrite(spi, frame, count);
	DEMAND(spiFinish(spi) && idf.sent == count && memcmp(idf.mosi, frame, count) == 0);
	DEMAND(idf.starts == writes);
	spiDeselect(spi);
	DEMAND(!idf.holder[SPI3_HOST]);
}

/* README.md gives these numbers: what a transfer costs in starts. */
static void starts(void)
{
	Spi *spi = open(W5500);
	/* As frames lie in the arena: 50 bytes behind the beginning of a packet buffer. */
	longTransfer(spi, memory + 50, 1514, 2, 1);
	longTransfer(spi, memory + 50, 1513, 3, 1);
	longTransfer(spi, memory + 52, 1514, 2, 1);
	longTransfer(spi, memory + 51, 1514, 3, 1);
	longTransfer(spi, memory + 50, 60, 1, 1);
	longTransfer(spi, memory + 52, 4092, 1, 1);
	longTransfer(spi, memory + 50, 6000, 4, 2);
	/* Out of DMA's reach: 64 bytes at a time. */
	longTransfer(spi, psram + 50, 1514, 24, 24);
	spiClose(spi);
	idf.noDma = 1;
	spi = open(W5500);
	longTransfer(spi, memory + 50, 1514, 24, 24);
	spiClose(spi);
	bytes(memory, memory + 4096, 64);
	idf.noDma = 0;
	SpiPins slow = W5500;
	slow.hz = 1000000; /* 33 ms: the wait grows with it, which the stand-in demands */
	spi = open(slow);
	longTransfer(spi, memory + 52, 4092, 1, 1);
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
	DEMAND(!spiFinish(second) && idf.waits <= 8 && idf.levels[32] == 1); /* what cannot begin selects nothing */
	spiDeselect(second);
	idf.stuck = 0;
	spiSelect(second);
	spiExchange(second, NULL, in, 3);
	DEMAND(in[0] == miso(idf.sent - 3) && in[2] == miso(idf.sent - 1));
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

static void message(void) { (*idf.deliver)(NULL, idf.refcon, NULL, 0); }

static void interrupts(void)
{
	Spi *spi = open(ENC28J60);
	DEMAND(spiInterrupted(spi) == 0);
	idf.levels[25] = 0;
	DEMAND(spiInterrupted(spi) == 1);
	idf.posts = 0;
	spiOnInterrupt(spi, called, &calls); /* low since before */
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
	calls = 0;
}

/* Somebody takes the GPIO service away, with the pin high or low: a look at the pin arms it again, also when the first tries fail. */
static void takenAway(void)
{
	Spi *spi = open(ENC28J60);
	spiOnInterrupt(spi, called, &calls);
	for (int low = 0; low < 2; low++) {
		for (int failures = 0; failures < 3; failures++) {
			pin(25, !low);
			idf.posts = 0;
			if (idf.deliver)
				message();
			calls = 0;
			gpio_uninstall_isr_service();
			pin(25, low);
			DEMAND(idf.posts == 0);
			for (int i = 0; i < failures; i++) {
				idf.failAt = idf.calls + 5; /* to install it */
				spiInterrupted(spi);
			}
			idf.failAt = 0;
			DEMAND(spiInterrupted(spi) == !low);
			/* A high pin of which nobody waits to be high looks well: the next low shows. */
			if (low && failures) {
				pin(25, 0);
				DEMAND(spiInterrupted(spi) == 1);
			}
			DEMAND(idf.service && idf.handlers[25]);
			pin(25, 1);
			pin(25, 0);
			DEMAND(idf.posts == 1);
			message();
			DEMAND(calls == 1);
			/* Nothing is done while all is well. */
			int before = idf.calls;
			spiInterrupted(spi);
			DEMAND(idf.calls == before + 1);
		}
	}
	spiClose(spi);
	gpio_uninstall_isr_service();
	calls = 0;
}

/* A day of a chip: answers the first call at which nothing happened any more. */
static int day(void)
{
	const char *problem = NULL;
	uint8_t *frame = memory + 50, in[8];
	idf.calls = idf.posts = 0;
	Spi *spi = spiOpen(&W5500, NULL, &problem);
	DEMAND(!spi == !!problem);
	if (spi) {
		spiOnInterrupt(spi, called, &calls);
		for (int i = 0; i < 2; i++) {
			spiSelect(spi);
			idf.sent = 0;
			memset(in, 0xee, sizeof(in));
			spiExchange(spi, (const uint8_t *)"command", in, 5);
			DEMAND(in[4] == 0 || in[4] == miso(4));
			idf.sent = 0;
			memset(frame, 0xee, 1514);
			spiStartRead(spi, frame, 1514);
			uint32_t passed = spiPassed(spi);
			DEMAND(passed <= 1514);
			if (spiFinish(spi))
				for (uint32_t j = 0; j < 1514; j++)
					DEMAND(frame[j] == miso(j));
			spiStartWrite(spi, frame, 1514);
			DEMAND(!spiFinish(spi) || idf.sent >= 1514);
			spiDeselect(spi);
			DEMAND(idf.levels[22] == 1 && !idf.holder[SPI3_HOST] && !idf.busy[SPI3_HOST]);
		}
		/* An error of one transaction is not the next one's. */
		int failAt = idf.failAt;
		idf.failAt = 0;
		spiSelect(spi);
		spiStartRead(spi, frame, 1514);
		DEMAND(spiFinish(spi));
		spiDeselect(spi);
		spiInterrupted(spi);
		idf.failAt = failAt;
		if (idf.lowAt && idf.lowAt < idf.calls) {
			DEMAND(idf.posts == 1);
			message();
			DEMAND(calls == 1);
			calls = 0;
		}
		spiClose(spi);
	}
	int total = idf.calls;
	idf.failAt = idf.lowAt = 0;
	DEMAND(idf.buses[SPI3_HOST] == 0 && idf.devices[SPI3_HOST] == 0 && idf.reserved == FLASH && !idf.handlers[21]);
	idf.levels[21] = 1;
	return total;
}

/* Each call fails once, and at each call the pin goes low once. */
static void everyPoint(void)
{
	for (int n = 1;; n++) {
		idf.failAt = n;
		if (day() < n)
			break;
	}
	for (int n = 1;; n++) {
		idf.lowPin = 21;
		idf.lowAt = n;
		if (day() < n)
			break;
	}
	gpio_uninstall_isr_service();
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
	p = W5500, p.in = p.out;
	refuses(p, "one pin is named twice");
	p = W5500, p.clock = p.in;
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
	/* The other controller's pins: clock, out and in. */
	for (int i = 0; i < 3; i++) {
		int16_t theirs = i == 0 ? 18 : i == 1 ? 23 : 19;
		p = ENC28J60, p.clock = theirs;
		refuses(p, "the clock pin is missing, in use, or cannot be an output");
		p = ENC28J60, p.out = theirs;
		refuses(p, "the out pin is missing, in use, or cannot be an output");
		p = ENC28J60, p.in = theirs;
		refuses(p, "the in pin is missing or in use");
		p = ENC28J60, p.select = theirs;
		refuses(p, "the select pin is in use");
		p = ENC28J60, p.interrupt = theirs;
		refuses(p, "the interrupt pin is in use");
		p = ENC28J60, p.reset = theirs;
		refuses(p, "the reset pin is in use");
	}
	p = ENC28J60, p.in = 21;
	refuses(p, "the in pin is missing or in use");
	spiClose(first);
	DEMAND(idf.reserved == FLASH);
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
	bytes(memory, memory + 4096, 200);
	bytes(psram, psram + 4096, 64);
	bytes(memory, psram + 4096, 200); /* only writing reaches it */
	starts();
	stuck();
	interrupts();
	takenAway();
	everyPoint();
	pins();
	clocks();
	hangs();
	DEMAND(busMicroseconds() == 5);
	return 0;
}
