// The stand-in: pins and their interrupts, controllers, DMA channels, time.

#define DEMAND(WHAT) ((WHAT) ? (void)0 : (fprintf(stderr, "%s:%d: %s (call %d)\n", __FILE__, __LINE__, #WHAT, sdk.calls), exit(1)))
#define CHANNELS 12
/* Bytes that pass between two looks. */
#define PACE 7

typedef struct {
	dma_channel_config config;
	dma_channel_hw_t hw;
	uint8_t *to;
	const uint8_t *from;
	uint32_t count;
	int claimed, busy;
} Channel;

static struct {
	int calls, failAt, lowAt; /* what happens at which call; 0: nothing */
	int levels[30], outputs[30], pulled[30], functions[30], listens[30], latched[30];
	uint64_t table; /* Moddable's */
	void (*handler)(void);
	int enabled, disabled, inside; /* the bank's interrupt; interrupts at all */
	Channel channels[CHANNELS];
	int open[2]; /* controllers */
	uint hz[2];
	int mode[2];
	spi_hw_t spi[2];
	int at; /* whose registers were asked for last */
	uint8_t fifo[8], came[8];
	int fifoCount, cameCount, accessed;
	int stuck; /* nothing passes */
	uint32_t us, sent; /* bytes on the wire */
	uint8_t mosi[8192];
	int posts, full;
	modMessageDeliver deliver;
	void *refcon;
	int pioUsers, pioStopped;
} sdk = { .us = 0xfffffff0 };

static pio_hw_t pioRegisters;

/* What comes as the n-th byte. */
static uint8_t miso(uint32_t n) { return (uint8_t)(n * 7 + (n >> 8) + 3); }

static uint8_t pass(uint8_t out)
{
	sdk.mosi[sdk.sent % sizeof(sdk.mosi)] = out;
	return miso(sdk.sent++);
}

/* What the interrupt controller does. */
static void service(void)
{
	for (int i = 0; sdk.handler && sdk.enabled && !sdk.disabled && !sdk.inside; i++) {
		int any = 0;
		for (int pin = 0; pin < 30; pin++)
			any |= sdk.listens[pin] && sdk.latched[pin];
		if (!any)
			return;
		DEMAND(i < 2); /* an interrupt must not stay */
		sdk.inside = 1;
		(*sdk.handler)();
		sdk.inside = 0;
	}
}

static void setPin(int pin, int level)
{
	sdk.latched[pin] |= sdk.levels[pin] && !level;
	sdk.levels[pin] = level;
	service();
}

/* Two channels at one controller: as many bytes as both have left, at most `most`. */
static void dmaMoves(uint32_t most)
{
	for (int i = 0; i < CHANNELS; i++) {
		Channel *out = &sdk.channels[i];
		if (!out->busy || out->config.dreq % 2 == 0 || sdk.stuck)
			continue;
		Channel *in = NULL;
		for (int j = 0; j < CHANNELS; j++)
			if (sdk.channels[j].busy && sdk.channels[j].config.dreq == out->config.dreq - 1)
				in = &sdk.channels[j];
		DEMAND(in && in->hw.transfer_count == out->hw.transfer_count); /* or the FIFO would run over */
		for (uint32_t n = 0; n < most && out->hw.transfer_count > 0; n++) {
			*in->to = pass(*out->from);
			in->to += in->config.writeIncrement;
			out->from += out->config.readIncrement;
			out->hw.transfer_count = --in->hw.transfer_count;
		}
		if (out->hw.transfer_count == 0)
			out->busy = in->busy = 0;
	}
}

/* Called by all of the following. Answers whether this call fails. */
static int point(void)
{
	sdk.calls++;
	if (sdk.calls == sdk.lowAt)
		setPin(21, 0);
	return sdk.calls == sdk.failAt;
}

int modMessagePostToMachineFromISR(xsMachine *the, modMessageDeliver callback, void *refcon)
{
	(void)the;
	DEMAND(sdk.inside || sdk.disabled); /* the pool's lock is an interrupt's */
	if (point() || sdk.full)
		return -1;
	sdk.posts++;
	sdk.deliver = callback;
	sdk.refcon = refcon;
	return 0;
}

uint8_t builtinArePinsFree(uint32_t bank, uint32_t pins) { DEMAND(bank == 0); point(); return (sdk.table & pins) == 0; }
uint8_t builtinUsePins(uint32_t bank, uint32_t pins) { DEMAND(bank == 0 && (sdk.table & pins) == 0); point(); sdk.table |= pins; return 1; }
void builtinFreePins(uint32_t bank, uint32_t pins) { DEMAND(bank == 0 && (sdk.table & pins) == pins); point(); sdk.table &= ~(uint64_t)pins; }

void gpio_init(uint pin) { DEMAND(pin < 30); sdk.functions[pin] = GPIO_FUNC_SIO; sdk.outputs[pin] = 0; point(); }
void gpio_deinit(uint pin) { DEMAND(pin < 30); sdk.functions[pin] = GPIO_FUNC_NULL; sdk.outputs[pin] = sdk.pulled[pin] = 0; point(); }
void gpio_set_function(uint pin, gpio_function_t function) { DEMAND(pin < 30); sdk.functions[pin] = function; point(); }
void gpio_put(uint pin, bool high) { DEMAND(sdk.functions[pin] == GPIO_FUNC_SIO); sdk.levels[pin] = high; point(); }
bool gpio_get(uint pin) { point(); return sdk.levels[pin]; }
/* A select pin must not be low for a moment. */
void gpio_set_dir(uint pin, bool out) { DEMAND(out && sdk.levels[pin]); sdk.outputs[pin] = 1; point(); }
void gpio_pull_up(uint pin) { sdk.pulled[pin] = 1; point(); }
uint32_t gpio_get_irq_event_mask(uint pin) { point(); return sdk.latched[pin] && sdk.listens[pin] ? GPIO_IRQ_EDGE_FALL : 0; }
void gpio_acknowledge_irq(uint pin, uint32_t events) { DEMAND(events == GPIO_IRQ_EDGE_FALL); sdk.latched[pin] = 0; point(); }
void gpio_set_irq_enabled(uint pin, uint32_t events, bool enabled)
{
	DEMAND(events == GPIO_IRQ_EDGE_FALL);
	sdk.latched[pin] = 0; /* as the SDK has it: what was before does not count */
	sdk.listens[pin] = enabled;
	point();
}
void irq_add_shared_handler(uint number, void (*handler)(void), uint8_t priority) { DEMAND(number == IO_IRQ_BANK0 && !sdk.handler && priority); sdk.handler = handler; point(); }
void irq_remove_handler(uint number, void (*handler)(void)) { DEMAND(number == IO_IRQ_BANK0 && sdk.handler == handler); sdk.handler = NULL; point(); }
void irq_set_enabled(uint number, bool enabled) { DEMAND(number == IO_IRQ_BANK0 && enabled); sdk.enabled = 1; service(); point(); }
uint32_t save_and_disable_interrupts(void) { DEMAND(!sdk.disabled); point(); sdk.disabled = 1; return 7; }
void restore_interrupts(uint32_t state) { DEMAND(sdk.disabled && state == 7); sdk.disabled = 0; service(); point(); }

void busy_wait_us_32(uint32_t us) { sdk.us += us; point(); }
uint32_t time_us_32(void) { point(); dmaMoves(PACE); return sdk.us++; }

static int index_(spi_inst_t *spi) { return spi == spi1; }
uint spi_init(spi_inst_t *spi, uint hz) { DEMAND(!sdk.open[index_(spi)]); sdk.open[index_(spi)] = 1; sdk.hz[index_(spi)] = hz; sdk.mode[index_(spi)] = 0; point(); return hz; }
void spi_deinit(spi_inst_t *spi) { DEMAND(sdk.open[index_(spi)]); sdk.open[index_(spi)] = 0; point(); }
uint spi_set_baudrate(spi_inst_t *spi, uint hz) { DEMAND(sdk.open[index_(spi)]); sdk.hz[index_(spi)] = hz; point(); return hz; }
void spi_set_format(spi_inst_t *spi, uint bits, spi_cpol_t polarity, spi_cpha_t phase, int order)
{
	DEMAND(bits == 8 && order == SPI_MSB_FIRST && (int)polarity == (int)phase);
	sdk.mode[index_(spi)] = polarity == SPI_CPOL_1 ? 3 : 0;
	point();
}

/* `dr` holds this, or what has come (with a mark), until its access shows: a byte has been written to it, or what it held has been read. */
#define EMPTY 0xdead0000u
#define FOUND 0xbeef0000u

static void accessShows(void)
{
	const uint32_t is = sdk.spi[sdk.at].data[0];
	if (!sdk.accessed)
		return;
	sdk.accessed = 0;
	if (is < 256) {
		DEMAND(sdk.fifoCount < 8);
		sdk.fifo[sdk.fifoCount++] = (uint8_t)is;
	} else if (is != EMPTY)
		memmove(sdk.came, sdk.came + 1, (size_t)--sdk.cameCount);
}

int spiAccesses(void)
{
	accessShows();
	sdk.spi[sdk.at].data[0] = sdk.cameCount > 0 ? FOUND | sdk.came[0] : EMPTY;
	sdk.accessed = 1;
	return 0;
}

spi_hw_t *spi_get_hw(spi_inst_t *spi)
{
	DEMAND(sdk.open[index_(spi)]);
	point();
	accessShows();
	sdk.at = index_(spi);
	return &sdk.spi[sdk.at];
}

/* What was written goes out, one byte at a look. */
int spiLooks(void)
{
	spi_hw_t *hw = &sdk.spi[sdk.at];
	point();
	accessShows();
	if (sdk.fifoCount > 0 && !sdk.stuck && sdk.calls % 3) {
		DEMAND(sdk.cameCount < 8); /* it would be lost */
		sdk.came[sdk.cameCount++] = pass(sdk.fifo[0]);
		memmove(sdk.fifo, sdk.fifo + 1, (size_t)--sdk.fifoCount);
	}
	hw->state[0] = (sdk.fifoCount > 0 ? SPI_SSPSR_BSY_BITS : 0) | (sdk.cameCount > 0 ? SPI_SSPSR_RNE_BITS : 0);
	return 0;
}

/* Sending is odd, and receiving one less. */
uint spi_get_dreq(spi_inst_t *spi, bool send) { point(); return 16 + 2 * (uint)index_(spi) + send; }
uint pio_get_dreq(PIO pio, uint sm, bool send) { DEMAND(pio == &pioRegisters && sm == 1); point(); return 32 + send; }

int dma_claim_unused_channel(bool required)
{
	DEMAND(!required); /* it would stop the board */
	if (point())
		return -1;
	for (int i = 0; i < CHANNELS; i++)
		if (!sdk.channels[i].claimed) {
			sdk.channels[i].claimed = 1;
			return i;
		}
	return -1;
}
void dma_channel_unclaim(uint channel) { DEMAND(channel < CHANNELS && sdk.channels[channel].claimed && !sdk.channels[channel].busy); sdk.channels[channel].claimed = 0; point(); }
dma_channel_config dma_channel_get_default_config(uint channel) { DEMAND(sdk.channels[channel].claimed); point(); return (dma_channel_config){ .channel = channel, .size = 2, .readIncrement = true }; }
void channel_config_set_transfer_data_size(dma_channel_config *config, int size) { config->size = (uint)size; }
void channel_config_set_dreq(dma_channel_config *config, uint dreq) { config->dreq = dreq; }
void channel_config_set_read_increment(dma_channel_config *config, bool increment) { config->readIncrement = increment; }
void channel_config_set_write_increment(dma_channel_config *config, bool increment) { config->writeIncrement = increment; }

void dma_channel_configure(uint channel, const dma_channel_config *config, volatile void *to, const volatile void *from, uint32_t count, bool start)
{
	Channel *each = &sdk.channels[channel];
	DEMAND(each->claimed && !each->busy && config->channel == channel && config->size == DMA_SIZE_8 && !start);
	*each = (Channel){ .config = *config, .to = (uint8_t *)(uintptr_t)to, .from = (const uint8_t *)(uintptr_t)from, .claimed = 1, .hw = { count } };
	point();
}

void dma_start_channel_mask(uint32_t channels)
{
	for (int i = 0; i < CHANNELS; i++)
		if (channels >> i & 1) {
			DEMAND(sdk.channels[i].claimed && !sdk.channels[i].busy);
			sdk.channels[i].busy = sdk.channels[i].hw.transfer_count > 0;
		}
	point();
}

dma_channel_hw_t *dma_channel_hw_addr(uint channel) { point(); dmaMoves(PACE); return &sdk.channels[channel].hw; }
bool dma_channel_is_busy(uint channel) { point(); dmaMoves(PACE); return sdk.channels[channel].busy; }
void dma_channel_abort(uint channel) { sdk.channels[channel].busy = 0; point(); }

/* In place of pico-pio.c. */
int pioSpiOpen(PioSpi *spi, const SpiPins *pins) { DEMAND(pins->bus == 2 && !sdk.pioUsers); if (point()) return 0; sdk.pioUsers = 1; *spi = (PioSpi){ .pio = &pioRegisters, .sm = 1 }; return 1; }
void pioSpiClose(PioSpi *spi) { DEMAND(sdk.pioUsers && spi->sm == 1); sdk.pioUsers = 0; point(); }
void pioSpiClock(PioSpi *spi, uint32_t hz) { DEMAND(spi->sm == 1 && hz); point(); }
void pioSpiStop(PioSpi *spi) { DEMAND(spi->sm == 1); sdk.pioStopped++; point(); }
uint32_t pioSpiExchange(PioSpi *spi, const uint8_t *out, uint8_t *in, uint32_t count, uint32_t idle)
{
	DEMAND(spi->sm == 1 && idle > 0);
	point();
	if (sdk.stuck)
		return count / 2;
	for (uint32_t i = 0; i < count; i++) {
		uint8_t byte = pass(out ? out[i] : 0);
		if (in)
			in[i] = byte;
	}
	return count;
}
