// The stand-in: its state, pins and their interrupts, memory and time.

#define DEMAND(WHAT) ((WHAT) ? (void)0 : (fprintf(stderr, "%s:%d: %s (call %d)\n", __FILE__, __LINE__, #WHAT, idf.calls), exit(1)))
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
	uint32_t table[2]; /* Moddable's */
	uint32_t waited; /* µs */
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
void esp_rom_delay_us(uint32_t us) { idf.waited += us; point(); }
uint8_t builtinArePinsFree(uint32_t bank, uint32_t pins) { DEMAND(bank < 2); return (idf.table[bank] & pins) == 0; }
uint8_t builtinUsePins(uint32_t bank, uint32_t pins) { DEMAND(bank < 2 && (idf.table[bank] & pins) == 0); idf.table[bank] |= pins; return 1; }
void builtinFreePins(uint32_t bank, uint32_t pins) { DEMAND(bank < 2); idf.table[bank] &= ~pins; }

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
