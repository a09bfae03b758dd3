// Runs drivers/bus/uart-pico.c on Linux: below it is a stand-in for the pico-sdk. Prints nothing and ends with 0 when all is well. It says nothing about a real RP2040's pins and timing. Every call
// of the stand-in, and every look at a register, is a point at which a call may fail, or at which a frame comes.

#include "../../../drivers/bus/uart-pico.c"

#define DEMAND(WHAT) ((WHAT) ? (void)0 : (fprintf(stderr, "main.c:%d: %s (call %d)\n", __LINE__, #WHAT, sdk.calls), exit(1)))
#define FIFO 32
#define LOOK_US 87 /* between two looks at the clock */
#define BYTE 10000000u /* a byte takes so many microseconds times baud */

static struct {
	int calls, failAt, comesAt; /* what happens at which point; 0: nothing */
	uart_hw_t hw;
	uint32_t raw; /* interrupts */
	uint32_t receive[FIFO];
	uint8_t send[FIFO];
	int came, sends; /* in them */
	int writes, written; /* the data register: which way, and whether a byte was written that nobody has taken yet */
	int overrun; /* bytes were lost before the next one */
	irq_handler_t handler;
	int enabled, disabled, inside, open, cts, rts, stopped, blocks, busyPort;
	uint port; /* the one that is opened */
	int alarm;
	int64_t (*late)(alarm_id_t id, void *context);
	void *lateContext;
	int functions[30], levels[30], pulled[30];
	uint64_t table; /* Moddable's */
	uint32_t us, baud;
	uint64_t passed; /* of the byte that is leaving, microseconds times baud */
	uint8_t wire[65536];
	uint32_t sent;
	uint8_t next; /* byte to come */
	int coming, comes; /* bytes of a frame that has begun; one of them is */
	int posts, full;
	modMessageDeliver deliver;
	void *refcon;
} sdk;

/* The data register's write is over, and what was to be cleared is cleared. */
static void settle(void)
{
	if (sdk.written) {
		DEMAND(sdk.sends < FIFO);
		sdk.send[sdk.sends++] = (uint8_t)sdk.hw.data_[0];
		if (sdk.sends > 8)
			sdk.raw &= ~(uint32_t)UART_UARTIMSC_TXIM_BITS;
	}
	sdk.written = 0;
	sdk.raw &= ~sdk.hw.icr;
	sdk.hw.icr = 0;
}

static void service(void)
{
	settle();
	for (int i = 0; sdk.handler && sdk.enabled && !sdk.disabled && !sdk.inside && (sdk.raw & sdk.hw.imsc); i++) {
		DEMAND(i < 100); /* an interrupt must not stay */
		sdk.inside = 1;
		(*sdk.handler)();
		sdk.inside = 0;
		settle();
	}
}

static void wordComes(uint32_t word)
{
	if (sdk.came == FIFO)
		sdk.overrun = 1;
	else {
		sdk.receive[sdk.came++] = word | (sdk.overrun ? (uint32_t)UART_UARTDR_OE_BITS : 0);
		sdk.overrun = 0;
	}
	if (sdk.came >= 16)
		sdk.raw |= UART_UARTIMSC_RXIM_BITS;
	service();
}

static void lineRests(void)
{
	if (sdk.came > 0)
		sdk.raw |= UART_UARTIMSC_RTIM_BITS;
	service();
}

static void frameComes(uint32_t size)
{
	for (uint32_t i = 1; i < size; i++)
		wordComes((uint32_t)('a' + sdk.next++ % 26));
	wordComes('~');
	lineRests();
}

/* The line takes so many bytes. */
static void lineTakes(uint32_t count)
{
	service();
	while (count-- > 0 && sdk.sends > 0 && !(sdk.stopped && sdk.cts)) {
		sdk.wire[sdk.sent++ % sizeof(sdk.wire)] = sdk.send[0];
		memmove(sdk.send, sdk.send + 1, (size_t)--sdk.sends);
		if (sdk.sends == 8)
			sdk.raw |= UART_UARTIMSC_TXIM_BITS;
		service();
	}
}

/* As much of the frame as RTS lets come: it is taken back where the FIFO is half full. */
static void goesOn(void)
{
	if (sdk.comes)
		return;
	sdk.comes = 1;
	while (sdk.coming > 0 && sdk.came < 16) {
		wordComes(--sdk.coming ? (uint32_t)('a' + sdk.next++ % 26) : '~');
		if (sdk.coming == 0)
			lineRests();
	}
	sdk.comes = 0;
}

static int point(void)
{
	sdk.calls++;
	if (sdk.calls == sdk.comesAt)
		sdk.coming = 70;
	if (!sdk.inside)
		service();
	goesOn();
	return sdk.calls == sdk.failAt;
}

int uartFlags(void)
{
	settle();
	point();
	settle();
	/* Bits of the questions: 16 nothing has come, 32 there is no room. */
	sdk.hw.flags_[0] = (sdk.came == 0 ? 16u : 0) | (sdk.sends == FIFO ? 32u : 0) | (sdk.sends > 0 ? (uint32_t)UART_UARTFR_BUSY_BITS : 0);
	return 0;
}

uint32_t uartAsks(int writes)
{
	sdk.writes = writes;
	return writes ? 32 : 16;
}

int uartData(void)
{
	settle();
	if (sdk.writes)
		sdk.written = 1;
	else {
		DEMAND(sdk.came > 0);
		sdk.hw.data_[0] = sdk.receive[0];
		memmove(sdk.receive, sdk.receive + 1, (size_t)--sdk.came * sizeof(*sdk.receive));
		if (sdk.came < 16)
			sdk.raw &= ~(uint32_t)UART_UARTIMSC_RXIM_BITS;
		if (sdk.came == 0)
			sdk.raw &= ~(uint32_t)UART_UARTIMSC_RTIM_BITS;
	}
	return 0;
}

int uartStatus(void)
{
	settle();
	sdk.hw.status_[0] = sdk.raw & sdk.hw.imsc;
	return 0;
}

int modMessagePostToMachineFromISR(xsMachine *the, modMessageDeliver callback, void *refcon)
{
	(void)the;
	DEMAND(sdk.inside || sdk.disabled);
	if (point() || sdk.full)
		return -1;
	DEMAND(!sdk.deliver); /* one at a time */
	sdk.posts++;
	sdk.deliver = callback;
	sdk.refcon = refcon;
	return 0;
}

void *c_calloc(size_t count, size_t size) { if (point()) return NULL; sdk.blocks++; return calloc(count, size); }
void c_free(void *memory) { DEMAND(memory); sdk.blocks--; free(memory); point(); }
uint8_t builtinArePinsFree(uint32_t bank, uint32_t pins) { DEMAND(bank == 0); point(); return (sdk.table & pins) == 0; }
uint8_t builtinUsePins(uint32_t bank, uint32_t pins) { DEMAND(bank == 0 && (sdk.table & pins) == 0); point(); sdk.table |= pins; return 1; }
void builtinFreePins(uint32_t bank, uint32_t pins) { DEMAND(bank == 0 && (sdk.table & pins) == pins); point(); sdk.table &= ~(uint64_t)pins; }

void gpio_init(uint pin) { sdk.functions[pin] = GPIO_FUNC_SIO; sdk.levels[pin] = 0; point(); }
void gpio_deinit(uint pin) { sdk.functions[pin] = GPIO_FUNC_NULL; sdk.pulled[pin] = 0; point(); }
void gpio_set_function(uint pin, gpio_function_t function) { DEMAND(pin < 30); sdk.functions[pin] = function; point(); }
void gpio_put(uint pin, bool high) { DEMAND(sdk.functions[pin] == GPIO_FUNC_SIO); sdk.levels[pin] = high; point(); }
void gpio_set_dir(uint pin, bool out) { DEMAND(out && sdk.functions[pin] == GPIO_FUNC_SIO); point(); }
void gpio_pull_up(uint pin) { sdk.pulled[pin] = 1; point(); }
static void somebodys(void) { DEMAND(!"called"); }
irq_handler_t irq_get_exclusive_handler(uint number) { point(); return number == 20 + sdk.port ? sdk.handler : sdk.busyPort ? somebodys : NULL; }
void irq_set_exclusive_handler(uint number, irq_handler_t handler) { DEMAND(number == 20 + sdk.port && !sdk.handler && handler); sdk.handler = handler; point(); }
void irq_remove_handler(uint number, irq_handler_t handler) { DEMAND(number == 20 + sdk.port && sdk.handler == handler && !sdk.enabled); sdk.handler = NULL; point(); }
void irq_set_enabled(uint number, bool enabled) { DEMAND(number == 20 + sdk.port && (!enabled || sdk.handler)); sdk.enabled = enabled; point(); }
uint32_t save_and_disable_interrupts(void) { DEMAND(!sdk.disabled && !sdk.inside); point(); sdk.disabled = 1; return 7; }
void restore_interrupts(uint32_t state) { DEMAND(sdk.disabled && state == 7); sdk.disabled = 0; point(); }
alarm_id_t add_alarm_in_us(uint64_t us, int64_t (*callback)(alarm_id_t id, void *context), void *context, bool ifPast)
{
	DEMAND(us > 0 && ifPast && !sdk.alarm);
	if (point())
		return -1;
	sdk.alarm = 1;
	sdk.late = callback;
	sdk.lateContext = context;
	return 5;
}
bool cancel_alarm(alarm_id_t alarm) { DEMAND(alarm == 5 && sdk.alarm); sdk.alarm = 0; point(); return true; }
uint32_t time_us_32(void)
{
	point();
	sdk.us += LOOK_US;
	sdk.passed += (uint64_t)LOOK_US * sdk.baud;
	lineTakes((uint32_t)(sdk.passed / BYTE));
	sdk.passed %= BYTE;
	return sdk.us;
}
void tight_loop_contents(void) { point(); }
uint32_t clock_get_hz(int clock) { DEMAND(clock == clk_peri); point(); return 125000000; }
uart_inst_t *uart_get_instance(uint number) { return (uart_inst_t *)(uintptr_t)(number + 1); }
uart_hw_t *uart_get_hw(uart_inst_t *uart) { DEMAND(uart == uart_get_instance(sdk.port)); return &sdk.hw; }
uint uart_init(uart_inst_t *uart, uint baud) { DEMAND(uart && baud && !sdk.open); sdk.open = 1; sdk.came = sdk.sends = 0; sdk.hw.imsc = sdk.raw = 0; point(); return baud; }
void uart_deinit(uart_inst_t *uart) { DEMAND(uart && sdk.open); sdk.open = 0; point(); }
uint uart_set_baudrate(uart_inst_t *uart, uint baud) { DEMAND(uart && sdk.open && baud <= 125000000 / 16); sdk.baud = baud; point(); return baud < 100 ? 119 : baud; }
void uart_set_hw_flow(uart_inst_t *uart, bool cts, bool rts) { DEMAND(uart); sdk.cts = cts; sdk.rts = rts; point(); }
void hw_set_bits(uint32_t *address, uint32_t mask) { *address |= mask; point(); }
void hw_clear_bits(uint32_t *address, uint32_t mask) { *address &= ~mask; point(); }

/* The program above it. */

static const UartPins PINS = { .port = 1, .tx = NO_PIN, .rx = NO_PIN, .cts = NO_PIN, .rts = NO_PIN, .dtr = NO_PIN, .baud = 115200 };
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
	DEMAND(context == &calls && !sdk.disabled && !sdk.inside);
	calls++;
	take();
}

/* The machine's task and alarms have their turn, until there is nothing to do. */
static void turns(void)
{
	while (sdk.alarm || sdk.deliver) {
		if (sdk.alarm) {
			sdk.alarm = 0;
			sdk.inside = 1;
			DEMAND((*sdk.late)(5, sdk.lateContext) == 0);
			sdk.inside = 0;
			service();
		}
		if (sdk.deliver) {
			modMessageDeliver deliver_ = sdk.deliver;
			sdk.deliver = NULL;
			(*deliver_)(NULL, sdk.refcon, NULL, 0);
		}
	}
}

static Uart *open(UartPins pins)
{
	const char *problem;
	sdk.sent = count_ = calls = 0;
	sdk.next = 0;
	uart = uartOpen(&pins, NULL, &problem);
	if (!uart)
		fprintf(stderr, "%s\n", problem);
	DEMAND(uart && !problem);
	uartOnChange(uart, called, &calls);
	return uart;
}

static int nothingIsTaken(void) { return !sdk.handler && !sdk.enabled && !sdk.alarm && !sdk.blocks && !sdk.open && !sdk.table; }

static void close(void)
{
	uartClose(uart);
	DEMAND(nothingIsTaken());
	uint32_t was = calls;
	turns();
	DEMAND(calls == was);
}

static void receives(void)
{
	open(PINS);
	DEMAND(sdk.table == (1u << 4 | 1u << 5) && sdk.functions[4] == GPIO_FUNC_UART && sdk.pulled[5] && uartConnected(uart));
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
	sdk.full = 1; /* the pool: told again later, however often it is */
	frameComes(20);
	frameComes(20); /* one alarm is enough */
	DEMAND(sdk.alarm && sdk.posts > 0);
	sdk.full = 0;
	uint32_t was = calls;
	turns();
	DEMAND(calls == was + 1 && uart->overruns == 0);
	sdk.full = 1;
	frameComes(20);
	close(); /* with the alarm on its way */
	sdk.full = 0;
}

static void sends(void)
{
	open(PINS);
	for (uint32_t i = 0; i < UART_SEND_RING; i++)
		uart->send[i] = (uint8_t)(i ^ i >> 8);
	for (uint32_t size = 1; size <= UART_SEND_RING; size += 1 + size / 3) {
		uint32_t from = uart->filled;
		sdk.sent = 0;
		uartFill(uart, size);
		uartWantRoom(uart, UART_SEND_RING);
		uartStart(uart);
		uint32_t was = calls;
		lineTakes(UART_SEND_RING);
		turns();
		DEMAND(sdk.sent == size && (calls == was + 1 || size <= FIFO) && !(sdk.hw.imsc & UART_UARTIMSC_TXIM_BITS));
		for (uint32_t i = 0; i < size; i++)
			DEMAND(sdk.wire[i] == uart->send[(from + i) & (UART_SEND_RING - 1)]);
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
	pins.cts = 6;
	for (uint32_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		sdk.stopped = cases[i].stopped;
		open(pins);
		DEMAND(sdk.cts && !sdk.rts);
		DEMAND(uartBaud(uart, cases[i].baud));
		for (uint32_t at = 0; at < cases[i].bytes; at++)
			uart->send[at] = (uint8_t)(at ^ at >> 8);
		sdk.sent = 0;
		uartFill(uart, cases[i].bytes);
		uartStart(uart);
		const uint32_t since = (uint32_t)sdk.us, takes = cases[i].bytes * 10000u / cases[i].baud;
		close();
		DEMAND((uint32_t)sdk.us - since < cases[i].most);
		DEMAND(sdk.stopped ? sdk.sent == 0 : takes < UART_LEAVES_MOST_MS ? sdk.sent == cases[i].bytes : sdk.sent < cases[i].bytes);
		for (uint32_t at = 0; at < sdk.sent; at++)
			DEMAND(sdk.wire[at] == (uint8_t)(at ^ at >> 8));
	}
	sdk.stopped = 0;
}

/* More than the ring holds, with RTS and without; bytes that come wrong. */
static void overruns(void)
{
	UartPins pins = PINS;
	open(pins);
	uartDelimit(uart, '~');
	for (int i = 0; i < 9000; i++)
		wordComes('x');
	lineRests();
	DEMAND(uart->overruns == 9000 - UART_RECEIVE_RING && uartStuck(uart) && uart->gaps == 1);
	close();
	pins.rts = 7;
	open(pins);
	uartDelimit(uart, '~');
	for (int i = 0; i < UART_RECEIVE_RING + 20; i++)
		wordComes('x');
	lineRests();
	DEMAND(uart->overruns == 0 && sdk.rts && sdk.came == 20 && !(sdk.hw.imsc & RECEIVES));
	uartTake(uart, 1000);
	uartResume(uart);
	DEMAND(sdk.came == 0 && (sdk.hw.imsc & RECEIVES) == RECEIVES && uart->came == UART_RECEIVE_RING + 20);
	close();
	/* A frame's end that has waited in the FIFO is told when there is room. */
	open(pins);
	uartDelimit(uart, '~');
	for (int i = 1; i <= UART_RECEIVE_RING + 20; i++)
		wordComes(i == UART_RECEIVE_RING || i == UART_RECEIVE_RING + 20 ? '~' : 'x');
	lineRests();
	DEMAND(calls == 0 && sdk.came == 20);
	turns();
	DEMAND(calls == 2 && count_ == UART_RECEIVE_RING + 20 && got[count_ - 1] == '~');
	close();
	open(PINS);
	sdk.disabled = 1; /* for longer than the FIFO lasts */
	for (int i = 0; i < 40; i++)
		wordComes('y');
	sdk.disabled = 0;
	service();
	wordComes('z');
	lineRests();
	DEMAND(uart->overruns == 1 && uart->gaps == 1 && uart->came == 33);
	wordComes(UART_UARTDR_BE_BITS | UART_UARTDR_FE_BITS);
	wordComes(UART_UARTDR_FE_BITS | 'q');
	lineRests();
	DEMAND(uart->breaks == 1 && uart->framingErrors == 1 && uart->came == 33);
	close();
}

static void refuses(UartPins pins, const char *expected)
{
	const char *problem = NULL;
	int blocks = sdk.blocks;
	uint64_t table = sdk.table;
	DEMAND(!uartOpen(&pins, NULL, &problem));
	if (strcmp(problem, expected) != 0)
		fprintf(stderr, "\"%s\" instead of \"%s\"\n", problem, expected);
	DEMAND(strcmp(problem, expected) == 0 && sdk.blocks == blocks && sdk.table == table);
}

static void pins(void)
{
	UartPins p = PINS;
	p.port = 2;
	refuses(p, "there is no such port: expected 0 or 1");
	p.port = 0;
	sdk.busyPort = 1; /* the console's */
	refuses(p, "the port is in use");
	p = PINS, p.tx = 5;
	refuses(p, "the tx pin is not a TX of this port");
	p = PINS, p.rx = 1;
	refuses(p, "the rx pin is not an RX of this port");
	p = PINS, p.cts = 7;
	refuses(p, "the cts pin is not a CTS of this port");
	p = PINS, p.rts = 6;
	refuses(p, "the rts pin is not an RTS of this port");
	p = PINS, p.dtr = 30;
	refuses(p, "the dtr pin has a number that this chip does not have");
	p = PINS, p.cts = 6, p.rts = 7, p.dtr = 22;
	static const struct { int pin; const char *text; } TAKEN[] = {
		{ 4, "the tx pin is in use" }, { 5, "the rx pin is in use" }, { 6, "the cts pin is in use" }, { 7, "the rts pin is in use" }, { 22, "the dtr pin is in use" },
	};
	for (int i = 0; i < 5; i++) {
		sdk.table = 1u << TAKEN[i].pin; /* somebody's Digital */
		refuses(p, TAKEN[i].text);
	}
	sdk.table = 0;
	p.baud = 8000000;
	refuses(p, "this baud rate cannot be made");
	p.baud = 50;
	refuses(p, "this baud rate cannot be made");
	p.baud = 3000000;
	open(p);
	DEMAND(sdk.table == (0xf0u | 1u << 22) && sdk.levels[22] == 0);
	uartReady(uart, 0);
	DEMAND(sdk.levels[22] == 1);
	uartReady(uart, 1);
	DEMAND(sdk.levels[22] == 0 && uartBaud(uart, 921600) && !uartBaud(uart, 8000000));
	refuses(PINS, "the port is in use");
	close();
}

/* The other port has a handler of its own. */
static void otherPort(void)
{
	UartPins p = PINS;
	sdk.busyPort = 0;
	sdk.port = 0;
	p.port = 0;
	open(p);
	DEMAND(sdk.table == (1u | 1u << 1) && sdk.functions[0] == GPIO_FUNC_UART && sdk.pulled[1]);
	uartDelimit(uart, '~');
	frameComes(70);
	turns();
	DEMAND(calls == 1 && count_ == 70 && got[69] == '~');
	uartFill(uart, 100);
	uartStart(uart);
	lineTakes(100);
	DEMAND(sdk.sent == 100);
	close();
	sdk.port = 1;
}

/* A day of a line: answers how many points it had. */
static int day(void)
{
	UartPins p = PINS;
	const char *problem = NULL;
	p.rts = 7, p.cts = 6, p.dtr = 22;
	sdk.calls = 0;
	sdk.sent = count_ = calls = 0;
	sdk.next = 0;
	uart = uartOpen(&p, NULL, &problem);
	int opened = sdk.calls;
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
		DEMAND(sdk.sent == 300);
		/* A frame that comes is whole; where a call failed beside, it is taken at the next look. */
		if (sdk.comesAt > opened && sdk.comesAt <= sdk.calls) {
			DEMAND(count_ == 70 && got[69] == '~' && uart->overruns == 0);
			for (int i = 0; i < 69; i++)
				DEMAND(got[i] == 'a' + i % 26);
		}
		uartOnChange(uart, NULL, NULL);
		uartClose(uart);
		turns();
	}
	int total = sdk.calls;
	sdk.failAt = sdk.comesAt = sdk.coming = 0;
	DEMAND(nothingIsTaken());
	return total;
}

static void everyPoint(void)
{
	for (int n = 1;; n++) {
		sdk.failAt = n;
		if (day() < n)
			break;
	}
	for (int n = 1;; n++) {
		sdk.comesAt = n;
		if (day() < n)
			break;
	}
}

int main(void)
{
	sdk.port = 1;
	receives();
	sends();
	leaves();
	overruns();
	everyPoint();
	pins();
	otherPort();
	return 0;
}
