// Runs drivers/bus/uart-esp32.c on Linux: below it is a stand-in for ESP-IDF. Prints nothing and ends with 0 when all is well. It says nothing about a real ESP32's
// pins and timing. Every call of the stand-in is a point at which it may fail, or at which a frame comes.

#include "../../../drivers/bus/uart-esp32.c"

#define DEMAND(WHAT) ((WHAT) ? (void)0 : (fprintf(stderr, "main.c:%d: %s (call %d)\n", __LINE__, #WHAT, idf.calls), exit(1)))
#define FLASH 0xfc0ull /* GPIO 6 to 11 */
#define FIFO 128
#define BYTE 10000000u /* a byte takes so many microseconds times baud */
#define LEVELS (UART_INTR_RXFIFO_FULL | UART_INTR_TXFIFO_EMPTY)

struct UartRegisters {
	uint8_t receive[FIFO], send[FIFO];
	uint32_t came, sends; /* bytes in them */
	uint32_t raw, enabled; /* interrupts */
	uint32_t full, empty, quiet; /* thresholds */
};

static struct {
	int calls, failAt, comesAt; /* what happens at which call; 0: nothing */
	int unreadable; /* flash is written, and nothing that lies there can be called */
	int locked, inside; /* critical sections; the handler runs */
	void (*handler)(void *);
	void *context;
	int handlers, timers, blocks, drivers; /* what is taken */
	int clock, installs;
	int active; /* the timer */
	int closes; /* the port is closed while somebody posts */
	esp_timer_create_args_t timer;
	uint64_t reserved, pins;
	int levels[40];
	uint8_t wire[65536]; /* what was sent */
	uint32_t sent;
	uint8_t next; /* byte to come */
	int64_t us;
	uint32_t baud;
	uint64_t passed; /* of the byte that is leaving, microseconds times baud */
	int stopped; /* CTS */
	int posts, full, yields;
	modMessageDeliver deliver;
	void *refcon;
} idf = { .reserved = FLASH };

static uart_dev_t registers[SOC_UART_HP_NUM];
uart_dev_t *const uarts[SOC_UART_HP_NUM] = { &registers[0], &registers[1], &registers[2] };
const uart_signal_conn_t uart_periph_signal[SOC_UART_HP_NUM] = { { { { 1 }, { 3 } }, 34 }, { { { 10 }, { 9 } }, 35 }, { { { 17 }, { 16 } }, 36 } };
static uart_dev_t *const line = &registers[2];

static uint32_t raw(const uart_dev_t *hw)
{
	return hw->raw | (hw->came >= hw->full ? UART_INTR_RXFIFO_FULL : 0) | (hw->sends < hw->empty ? UART_INTR_TXFIFO_EMPTY : 0);
}

/* What the interrupt controller does. */
static void service(void)
{
	for (int i = 0; idf.handlers && !idf.locked && !idf.inside && (raw(line) & line->enabled); i++) {
		DEMAND(i < 100); /* an interrupt must not stay */
		idf.inside = 1;
		(*idf.handler)(idf.context);
		idf.inside = 0;
	}
}

static void byteComes(uint8_t byte)
{
	if (line->came == FIFO)
		line->raw |= UART_INTR_RXFIFO_OVF;
	else
		line->receive[line->came++] = byte;
	service();
}

static void lineRests(void)
{
	if (line->came)
		line->raw |= UART_INTR_RXFIFO_TOUT;
	service();
}

static void frameComes(uint32_t count)
{
	for (uint32_t i = 1; i < count; i++)
		byteComes('a' + idf.next++ % 26);
	byteComes('~');
	lineRests();
}

/* The line takes bytes that were sent. */
static void lineTakes(uint32_t count)
{
	for (; count > 0 && line->sends > 0; count--) {
		idf.wire[idf.sent++] = line->send[0];
		memmove(line->send, line->send + 1, --line->sends);
		service();
	}
}

/* Called by all of the following. Answers whether this call fails. */
static int point(void)
{
	idf.calls++;
	if (idf.calls == idf.comesAt)
		frameComes(70);
	return idf.calls == idf.failAt;
}

/* Called by those that lie in flash. */
static int flash(void)
{
	DEMAND(!idf.unreadable);
	return point();
}

static void close(void);

int modMessagePostToMachineFromISR(xsMachine *the, modMessageDeliver callback, void *refcon)
{
	(void)the;
	if (idf.closes) { /* on the machine's core, while the timer's task is here */
		idf.closes = 0;
		close();
	}
	if (flash() || idf.full)
		return -1;
	idf.posts++;
	idf.deliver = callback;
	idf.refcon = refcon;
	return 0;
}

void portENTER_CRITICAL(portMUX_TYPE *lock) { (void)lock; DEMAND(!idf.inside && !idf.locked); point(); idf.locked = 1; }
void portEXIT_CRITICAL(portMUX_TYPE *lock) { (void)lock; DEMAND(idf.locked); idf.locked = 0; service(); point(); }
void portENTER_CRITICAL_ISR(portMUX_TYPE *lock) { (void)lock; DEMAND(idf.inside); }
void portEXIT_CRITICAL_ISR(portMUX_TYPE *lock) { (void)lock; DEMAND(idf.inside); }
void portENTER_CRITICAL_SAFE(portMUX_TYPE *lock) { idf.inside ? portENTER_CRITICAL_ISR(lock) : portENTER_CRITICAL(lock); }
void portEXIT_CRITICAL_SAFE(portMUX_TYPE *lock) { idf.inside ? portEXIT_CRITICAL_ISR(lock) : portEXIT_CRITICAL(lock); }
void portYIELD_FROM_ISR(void) { DEMAND(idf.inside); idf.yields++; }
bool spi_flash_cache_enabled(void) { return !idf.unreadable; }

void *heap_caps_calloc(size_t count, size_t size, uint32_t caps)
{
	DEMAND(caps == (MALLOC_CAP_INTERNAL | MALLOC_CAP_8BIT)); /* the handler writes to it while PSRAM cannot be */
	if (flash())
		return NULL;
	idf.blocks++;
	return calloc(count, size);
}

void heap_caps_free(void *memory) { flash(); idf.blocks--; free(memory); }

esp_err_t esp_intr_alloc(int source, int flags, void (*handler)(void *context), void *context, intr_handle_t *handle)
{
	DEMAND(source == 36 && flags == ESP_INTR_FLAG_IRAM && !idf.handlers);
	if (flash())
		return ESP_ERR_NO_MEM;
	idf.handlers = 1;
	idf.handler = handler;
	idf.context = context;
	*handle = (intr_handle_t)&idf;
	service();
	return ESP_OK;
}

esp_err_t esp_intr_free(intr_handle_t handle) { DEMAND(handle == (intr_handle_t)&idf && idf.handlers && !idf.inside); idf.handlers = 0; flash(); return ESP_OK; }

esp_err_t esp_timer_create(const esp_timer_create_args_t *args, esp_timer_handle_t *timer)
{
	if (flash())
		return ESP_ERR_NO_MEM;
	idf.timers++;
	idf.timer = *args;
	*timer = (esp_timer_handle_t)&idf.timer;
	return ESP_OK;
}

esp_err_t esp_timer_start_once(esp_timer_handle_t timer, uint64_t us)
{
	DEMAND(timer == (esp_timer_handle_t)&idf.timer && idf.timers && us > 0);
	if (idf.active)
		return ESP_ERR_INVALID_STATE;
	idf.active = 1;
	return ESP_OK;
}

esp_err_t esp_timer_stop(esp_timer_handle_t timer) { (void)timer; flash(); idf.active = 0; return ESP_OK; }
esp_err_t esp_timer_delete(esp_timer_handle_t timer) { (void)timer; DEMAND(!idf.active); flash(); idf.timers--; return ESP_OK; }

esp_err_t gpio_reset_pin(gpio_num_t pin) { idf.reserved &= ~(1ull << pin); return flash() ? ESP_FAIL : ESP_OK; }
esp_err_t gpio_set_level(gpio_num_t pin, uint32_t level) { idf.levels[pin] = (int)level; return flash() ? ESP_FAIL : ESP_OK; }
esp_err_t gpio_set_direction(gpio_num_t pin, gpio_mode_t mode) { (void)pin; DEMAND(mode == GPIO_MODE_OUTPUT); return flash() ? ESP_FAIL : ESP_OK; }
bool esp_gpio_is_reserved(uint64_t mask) { return (idf.reserved & mask) != 0; }
uint64_t esp_gpio_reserve(uint64_t mask) { uint64_t before = idf.reserved; idf.reserved |= mask; return before; }
uint64_t esp_gpio_revoke(uint64_t mask) { uint64_t before = idf.reserved; idf.reserved &= ~mask; return before; }

/* Moddable's own table, which a firmware has that has its io modules. */
static uint64_t table;
uint8_t builtinArePinsFree(uint32_t bank, uint32_t pins) { flash(); return (table >> 32 * bank & pins) == 0; }
uint8_t builtinUsePins(uint32_t bank, uint32_t pins) { flash(); DEMAND((table >> 32 * bank & pins) == 0); table |= (uint64_t)pins << 32 * bank; return 1; }
void builtinFreePins(uint32_t bank, uint32_t pins) { flash(); DEMAND((table >> 32 * bank & pins) == pins); table &= ~((uint64_t)pins << 32 * bank); }

esp_err_t uart_param_config(uart_port_t port, const uart_config_t *config)
{
	DEMAND(port == 2 && config->source_clk == UART_SCLK_DEFAULT && config->rx_flow_ctrl_thresh < FIFO);
	idf.clock = 1;
	return flash() || config->baud_rate > 5000000 ? ESP_FAIL : ESP_OK;
}

esp_err_t uart_set_pin(uart_port_t port, int tx, int rx, int rts, int cts)
{
	DEMAND(port == 2 && idf.clock && !idf.pins); /* it would switch off pins that it knows from before */
	(void)rts;
	(void)cts;
	if (flash())
		return ESP_FAIL;
	idf.pins = 1ull << tx | 1ull << rx;
	idf.reserved |= idf.pins;
	return ESP_OK;
}

esp_err_t uart_set_baudrate(uart_port_t port, uint32_t baud) { DEMAND(port == 2); idf.baud = baud; return flash() || baud > 5000000 ? ESP_FAIL : ESP_OK; }
bool uart_is_driver_installed(uart_port_t port) { return port == 0 && idf.drivers; }

esp_err_t uart_driver_install(uart_port_t port, int receive, int send, int queue, void *handle, int flags)
{
	DEMAND(port == 2 && receive > UART_HW_FIFO_LEN(port) && send == 0 && queue == 0 && !handle && flags == 0 && !idf.handlers && !idf.installs);
	if (flash())
		return ESP_FAIL;
	idf.installs = 1;
	return ESP_OK;
}

esp_err_t uart_driver_delete(uart_port_t port)
{
	DEMAND(port == 2 && idf.installs);
	idf.installs = 0;
	idf.clock = 0;
	idf.reserved &= ~idf.pins;
	idf.pins = 0;
	flash();
	return ESP_OK;
}

uint32_t uart_ll_get_intsts_mask(uart_dev_t *hw) { point(); return raw(hw) & hw->enabled; }
uint32_t uart_ll_get_intr_ena_status(uart_dev_t *hw) { point(); return hw->enabled; }
void uart_ll_clr_intsts_mask(uart_dev_t *hw, uint32_t mask) { hw->raw &= ~mask; point(); }
void uart_ll_ena_intr_mask(uart_dev_t *hw, uint32_t mask) { hw->enabled |= mask; service(); point(); }
void uart_ll_disable_intr_mask(uart_dev_t *hw, uint32_t mask) { hw->enabled &= ~mask; point(); }
uint32_t uart_ll_get_rxfifo_len(uart_dev_t *hw) { point(); return hw->came; }
uint32_t uart_ll_get_txfifo_len(uart_dev_t *hw) { point(); return FIFO - hw->sends; }
void uart_ll_rxfifo_rst(uart_dev_t *hw) { hw->came = 0; point(); }
void uart_ll_txfifo_rst(uart_dev_t *hw) { hw->sends = 0; point(); }
void uart_ll_set_rxfifo_full_thr(uart_dev_t *hw, uint16_t count) { DEMAND(count < FIFO); hw->full = count; }
void uart_ll_set_txfifo_empty_thr(uart_dev_t *hw, uint16_t count) { DEMAND(count < FIFO); hw->empty = count; }
/* A byte takes ten bits: less would end within each. */
void uart_ll_set_rx_tout(uart_dev_t *hw, uint16_t bits) { DEMAND((bits + 7) / 8 * 8 >= 10); hw->quiet = bits; }

bool uart_ll_is_tx_idle(uart_dev_t *hw) { point(); return hw->sends == 0; }
int64_t esp_timer_get_time(void) { flash(); return idf.us++; }

void esp_rom_delay_us(uint32_t us)
{
	idf.us += us;
	point();
	idf.passed += (uint64_t)us * idf.baud;
	if (!idf.stopped)
		lineTakes((uint32_t)(idf.passed / BYTE));
	idf.passed %= BYTE;
}

void uart_ll_read_rxfifo(uart_dev_t *hw, uint8_t *bytes, uint32_t count)
{
	DEMAND(count <= hw->came);
	memcpy(bytes, hw->receive, count);
	hw->came -= count;
	memmove(hw->receive, hw->receive + count, hw->came);
	point();
}

void uart_ll_write_txfifo(uart_dev_t *hw, const uint8_t *bytes, uint32_t count)
{
	DEMAND(hw->sends + count <= FIFO);
	memcpy(hw->send + hw->sends, bytes, count);
	hw->sends += count;
	point();
}

/* The program above it. */

static const UartPins PINS = { .port = 2, .tx = 17, .rx = 16, .cts = NO_PIN, .rts = NO_PIN, .dtr = NO_PIN, .baud = 115200 };
static uint8_t got[131072];
static uint32_t count_, calls;
static Uart *uart;

static void take(void)
{
	for (uint32_t there, count; (there = uartThere(uart)) > 0; uartTake(uart, count)) {
		const uint8_t *from = uartFirst(uart, there, &count);
		memcpy(got + count_, from, count);
		count_ += count;
	}
	uartResume(uart);
}

static void called(void *context)
{
	DEMAND(context == &calls && !idf.locked && !idf.inside);
	calls++;
	take();
}

/* The machine's task and the timers' have their turn, until there is nothing to do. */
static void turns(void)
{
	while (idf.active || idf.deliver) {
		if (idf.active) {
			idf.active = 0;
			(*idf.timer.callback)(idf.timer.arg);
		}
		if (idf.deliver) {
			modMessageDeliver deliver = idf.deliver;
			idf.deliver = NULL;
			(*deliver)(NULL, idf.refcon, NULL, 0);
		}
	}
}

static Uart *open(UartPins pins)
{
	const char *problem;
	idf.sent = count_ = calls = idf.next = 0;
	memset(line, 0, sizeof(*line));
	uart = uartOpen(&pins, NULL, &problem);
	if (!uart)
		fprintf(stderr, "%s\n", problem);
	DEMAND(uart && !problem);
	uartOnChange(uart, called, &calls);
	return uart;
}

static void close(void)
{
	uartClose(uart);
	turns();
	DEMAND(!idf.handlers && !idf.timers && !idf.blocks && !idf.clock && idf.reserved == FLASH && !(line->enabled & UART_LL_INTR_MASK));
}

static void receives(void)
{
	open(PINS);
	DEMAND(idf.reserved == (FLASH | 1ull << 16 | 1ull << 17) && idf.clock);
	uartDelimit(uart, '~');
	for (uint32_t size = 1; size < 400; size++) {
		uint32_t before = count_, was = calls;
		frameComes(size);
		turns();
		DEMAND(count_ - before == size && got[count_ - 1] == '~' && (size == 1 || calls == was + 1));
	}
	uint8_t expected = 0;
	for (uint32_t i = 0; i < count_; i++)
		DEMAND(got[i] == '~' || got[i] == 'a' + expected++ % 26);
	/* The machine's queue is full: told again later. */
	idf.full = 1;
	frameComes(20);
	DEMAND(idf.active);
	idf.full = 0;
	uint32_t was = calls;
	turns();
	DEMAND(calls == was + 1 && uart->overruns == 0);
	close();
}

static void sends(void)
{
	open(PINS);
	for (uint32_t i = 0; i < UART_SEND_RING; i++)
		uart->send[i] = (uint8_t)(i ^ i >> 8);
	for (uint32_t size = 1; size <= UART_SEND_RING; size += 1 + size / 3) {
		uint32_t from = uart->filled;
		idf.sent = 0;
		uartFill(uart, size);
		uartWantRoom(uart, UART_SEND_RING);
		uartStart(uart);
		uint32_t was = calls;
		lineTakes(UART_SEND_RING);
		turns();
		DEMAND(idf.sent == size && (calls == was + 1 || size <= FIFO) && !(line->enabled & UART_INTR_TXFIFO_EMPTY));
		for (uint32_t i = 0; i < size; i++)
			DEMAND(idf.wire[i] == uart->send[(from + i) & (UART_SEND_RING - 1)]);
	}
	close();
}

/* What was written last leaves before the port is closed, a full ring of a slow line too, unless the line is stopped or takes longer than the bound: then that is over in bounded time. */
static void leaves(void)
{
	static const struct {
		uint32_t baud, bytes;
		int stopped;
		uint32_t most; /* us */
	} cases[] = {
		{ 115200, 12, 0, 3000 }, { 115200, UART_SEND_RING, 0, 370000 }, { 57600, UART_SEND_RING, 0, 730000 }, { 9600, UART_SEND_RING / 5, 0, 1000000 },
		{ 3000000, UART_SEND_RING, 0, 20000 }, { 9600, UART_SEND_RING, 0, 1010000 }, { 115200, 12, 1, 140000 }, { 3000000, UART_SEND_RING, 1, 140000 },
		{ 115200, UART_SEND_RING, 1, 500000 }, { 300, UART_SEND_RING, 1, 1010000 },
	};
	UartPins pins = PINS;
	for (uint32_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		idf.stopped = cases[i].stopped;
		open(pins);
		DEMAND(uartBaud(uart, cases[i].baud));
		for (uint32_t at = 0; at < cases[i].bytes; at++)
			uart->send[at] = (uint8_t)(at ^ at >> 8);
		idf.sent = 0;
		uartFill(uart, cases[i].bytes);
		uartStart(uart);
		const uint32_t since = (uint32_t)idf.us, takes = cases[i].bytes * 10000u / cases[i].baud;
		close();
		DEMAND((uint32_t)idf.us - since < cases[i].most);
		DEMAND(idf.stopped ? idf.sent == 0 : takes < UART_LEAVES_MOST_MS ? idf.sent == cases[i].bytes : idf.sent < cases[i].bytes);
		for (uint32_t at = 0; at < idf.sent; at++)
			DEMAND(idf.wire[at] == (uint8_t)(at ^ at >> 8));
	}
	idf.stopped = 0;
}

/* More than the ring holds, with RTS and without. */
static void overruns(void)
{
	UartPins pins = PINS;
	open(pins);
	uartDelimit(uart, '~');
	for (int i = 0; i < 9000; i++)
		byteComes('x');
	lineRests();
	DEMAND(uart->overruns == 9000 - UART_RECEIVE_RING && uartStuck(uart) && uart->gaps == 1);
	close();
	pins.rts = 18;
	open(pins);
	uartDelimit(uart, '~');
	for (int i = 0; i < UART_RECEIVE_RING + 100; i++)
		byteComes('x');
	DEMAND(uart->overruns == 0 && line->came == 100 && !(line->enabled & RECEIVES));
	uartTake(uart, 30); /* less room than there are bytes */
	uartResume(uart);
	DEMAND(line->came == 70 && !(line->enabled & RECEIVES));
	uartTake(uart, 1000);
	uartResume(uart);
	DEMAND(line->came == 0 && (line->enabled & RECEIVES) == RECEIVES);
	for (int i = 0; i < 200; i++) /* the FIFO: what the handler cannot read in time */
		line->came < FIFO ? (void)(line->receive[line->came++] = 'y') : (void)(line->raw |= UART_INTR_RXFIFO_OVF);
	service();
	DEMAND(uart->overruns == 1 && uart->gaps == 1 && line->came == 0);
	close();
	/* A frame's end that has waited in the FIFO is told when there is room. */
	open(pins);
	uartDelimit(uart, '~');
	for (int i = 1; i <= UART_RECEIVE_RING + 100; i++)
		byteComes(i == UART_RECEIVE_RING || i == UART_RECEIVE_RING + 100 ? '~' : 'x');
	DEMAND(calls == 0 && line->came == 100);
	turns();
	DEMAND(calls == 2 && count_ == UART_RECEIVE_RING + 100 && got[count_ - 1] == '~');
	close();
	open(PINS);
	line->raw |= UART_INTR_BRK_DET | UART_INTR_FRAM_ERR;
	service();
	line->raw |= UART_INTR_FRAM_ERR;
	service();
	DEMAND(uart->breaks == 1 && uart->framingErrors == 1);
	close();
}

/* Flash is written for as long as 40 frames take: no byte is lost, nothing in flash is called, and the machine hears of it afterwards. */
static void flashIsWritten(void)
{
	open(PINS);
	uartDelimit(uart, '~');
	uartFill(uart, 1000);
	uartWantRoom(uart, UART_SEND_RING);
	uartStart(uart);
	idf.posts = 0;
	idf.unreadable = 1;
	for (int i = 0; i < 40; i++) {
		frameComes(200);
		lineTakes(200);
	}
	DEMAND(idf.posts == 0 && idf.active && uart->overruns == 0 && idf.sent == 1000);
	idf.unreadable = 0;
	turns();
	DEMAND(idf.posts == 1 && calls == 1 && count_ == 40 * 200 && uart->gaps == 0);
	close();
}

static void refuses(UartPins pins, const char *expected)
{
	const char *problem = NULL;
	int blocks = idf.blocks, clock = idf.clock;
	DEMAND(!uartOpen(&pins, NULL, &problem));
	if (strcmp(problem, expected) != 0)
		fprintf(stderr, "\"%s\" instead of \"%s\"\n", problem, expected);
	DEMAND(strcmp(problem, expected) == 0 && idf.blocks == blocks && idf.clock == clock);
}

static void pins(void)
{
	UartPins p = PINS;
	p.port = 3;
	refuses(p, "there is no such port: expected 0 to 2");
	p.port = 0;
	idf.drivers = 1; /* the console's */
	refuses(p, "the port is in use");
	p = PINS, p.port = 1, p.tx = p.rx = NO_PIN;
	refuses(p, "the tx pin is missing, in use, or cannot be an output"); /* flash */
	p = PINS, p.tx = 34;
	refuses(p, "the tx pin is missing, in use, or cannot be an output");
	p = PINS, p.rx = 24;
	refuses(p, "the rx pin is missing or in use");
	p = PINS, p.cts = 7;
	refuses(p, "the cts pin does not exist or is in use");
	p = PINS, p.rts = 35;
	refuses(p, "the rts pin cannot be an output or is in use");
	p = PINS, p.dtr = 35;
	refuses(p, "the dtr pin cannot be an output or is in use");
	table = 1ull << 33; /* somebody's Digital */
	p = PINS, p.tx = 33;
	refuses(p, "the tx pin is missing, in use, or cannot be an output");
	table = 0;
	idf.reserved |= 1ull << 19; /* a SPI controller's MISO */
	p = PINS, p.rx = 19;
	refuses(p, "the rx pin is missing or in use");
	idf.reserved = FLASH;
	p = PINS, p.baud = 6000000;
	refuses(p, "this baud rate cannot be made");
	p = PINS, p.tx = p.rx = NO_PIN, p.dtr = 4;
	open(p);
	DEMAND(table == (1ull << 4 | 1ull << 16 | 1ull << 17));
	DEMAND(idf.levels[4] == 0 && idf.reserved == (FLASH | 1ull << 4 | 1ull << 16 | 1ull << 17));
	uartReady(uart, 0);
	DEMAND(idf.levels[4] == 1 && uartConnected(uart) && uartBaud(uart, 3000000) && !uartBaud(uart, 6000000));
	refuses(PINS, "the port is in use");
}

/* The machine closes the port, and opens it again, while the timer's task posts to its queue, which is full. */
static void closesWhilePosting(void)
{
	for (int again = 0; again < 2; again++) {
		open(PINS);
		idf.full = 1;
		frameComes(70);
		DEMAND(idf.active);
		idf.closes = 1;
		idf.active = 0;
		(*idf.timer.callback)(idf.timer.arg);
		DEMAND(!idf.active && !idf.timers && !idf.closes);
		idf.full = 0;
	}
	open(PINS);
	frameComes(70);
	turns();
	DEMAND(count_ == 70);
	close();
}

/* A day of a line: answers how many calls it took. */
static int day(void)
{
	UartPins p = PINS;
	const char *problem = NULL;
	p.rts = 18, p.cts = 19, p.dtr = 4;
	idf.calls = 0;
	idf.sent = count_ = calls = idf.next = 0;
	memset(line, 0, sizeof(*line));
	uart = uartOpen(&p, NULL, &problem);
	int opened = idf.calls, install = 0;
	DEMAND(!uart == !!problem);
	if (uart) {
		uartDelimit(uart, '~');
		uartOnChange(uart, called, &calls);
		uartFill(uart, 300);
		uartWantRoom(uart, 4000);
		uartStart(uart);
		lineTakes(200);
		take();
		turns();
		lineTakes(200);
		turns();
		DEMAND(idf.sent == 300);
		int worked = idf.calls;
		if (idf.comesAt > opened && idf.comesAt <= worked) {
			DEMAND(count_ == 70 && got[69] == '~' && uart->overruns == 0);
			for (int i = 0; i < 69; i++)
				DEMAND(got[i] == 'a' + i % 26);
		}
		uartOnChange(uart, NULL, NULL);
		uartClose(uart);
		turns();
		install = idf.failAt > worked;
	} else
		install = 1;
	int total = idf.calls;
	idf.failAt = idf.comesAt = 0;
	DEMAND(!idf.handlers && !idf.timers && !idf.blocks && idf.reserved == FLASH && !table);
	/* Only its own memory may keep the clock running, until the next time. */
	DEMAND(!idf.clock || install);
	idf.clock = 0;
	idf.pins = 0;
	return total;
}

static void everyPoint(void)
{
	for (int n = 1;; n++) {
		idf.failAt = n;
		if (day() < n)
			break;
	}
	for (int n = 1;; n++) {
		idf.comesAt = n;
		if (day() < n)
			break;
	}
}

int main(void)
{
	receives();
	sends();
	leaves();
	overruns();
	flashIsWritten();
	closesWhilePosting();
	everyPoint();
	pins();
	close();
	return 0;
}
