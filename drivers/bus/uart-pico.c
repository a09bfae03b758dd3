// The UARTs of RP2040 and RP2350 (ARM PrimeCell PL011), over the pico-sdk: an interrupt handler moves bytes between FIFOs and rings, and posts to the machine.

#include "xsmc.h"
#include "xsHost.h"

#include "uart.h"

#include "hardware/clocks.h"
#include "hardware/gpio.h"
#include "hardware/irq.h"
#include "hardware/sync.h"
#include "hardware/uart.h"
#include "pico/time.h"

#define PORTS 2
/* After so long the machine is told again, when its queue had no room. */
#define AGAIN_US 1000
/* A baud rate may be off by one part in so many: a byte is sampled 9.5 bits after its start, and the other end is not exact either. */
#define TOLERANCE 50
/* FIFOs have 32 places; half full for what comes, a quarter for what goes. RP2040 datasheet §4.2.8, UARTIFLS. */
#define LEVELS (2u << UART_UARTIFLS_RXIFLSEL_LSB | 1u << UART_UARTIFLS_TXIFLSEL_LSB)
#define RECEIVES (UART_UARTIMSC_RXIM_BITS | UART_UARTIMSC_RTIM_BITS)

/* Not part of the UART, as a message may be on its way when that is closed. */
typedef struct {
	Uart *uart; /* NULL: not in use */
	uart_inst_t *controller;
	UartPins pins;
	xsMachine *machine;
	void (*callback)(void *context);
	void *context;
	alarm_id_t alarm; /* 0: none */
	volatile uint8_t pending; /* a message to the machine is on its way */
} Port;

typedef struct {
	Uart uart;
	Port *port;
} PicoUart;

static Port ports[PORTS];

/* Moddable's own table of pins in use, where its io modules are part of the firmware. */
extern uint8_t builtinArePinsFree(uint32_t bank, uint32_t pins) __attribute__((weak));
extern uint8_t builtinUsePins(uint32_t bank, uint32_t pins) __attribute__((weak));
extern void builtinFreePins(uint32_t bank, uint32_t pins) __attribute__((weak));

static Port *portOf(Uart *uart)
{
	return ((PicoUart *)uart)->port;
}

static int isFree(int pin)
{
	return !builtinArePinsFree || builtinArePinsFree((uint32_t)pin >> 5, 1u << (pin & 31));
}

/* GPIO functions, RP2040 datasheet §2.19.2: four pins in a row are TX, RX, CTS and RTS of one UART; of 16 pins in a row the middle eight belong to UART1. */
static int isPinOf(int pin, int port, int role)
{
	return pin >= 0 && pin < (int)NUM_BANK0_GPIOS && ((pin + 4) >> 3 & 1) == port && (pin & 3) == role;
}

static const char *check(UartPins *pins)
{
	if (pins->port < 0 || pins->port >= PORTS)
		return "there is no such port: expected 0 or 1";
	if (ports[pins->port].uart || irq_get_exclusive_handler(UART_IRQ_NUM(uart_get_instance((uint)pins->port))))
		return "the port is in use";
	if (pins->tx == NO_PIN)
		pins->tx = pins->port ? 4 : 0;
	if (pins->rx == NO_PIN)
		pins->rx = pins->port ? 5 : 1;
	if (!isPinOf(pins->tx, pins->port, 0))
		return "the tx pin is not a TX of this port";
	if (!isPinOf(pins->rx, pins->port, 1))
		return "the rx pin is not an RX of this port";
	if (pins->cts != NO_PIN && !isPinOf(pins->cts, pins->port, 2))
		return "the cts pin is not a CTS of this port";
	if (pins->rts != NO_PIN && !isPinOf(pins->rts, pins->port, 3))
		return "the rts pin is not an RTS of this port";
	if (pins->dtr != NO_PIN && (pins->dtr < 0 || pins->dtr >= (int)NUM_BANK0_GPIOS))
		return "the dtr pin has a number that this chip does not have";
	if (!isFree(pins->tx))
		return "the tx pin is in use";
	if (!isFree(pins->rx))
		return "the rx pin is in use";
	if (pins->cts != NO_PIN && !isFree(pins->cts))
		return "the cts pin is in use";
	if (pins->rts != NO_PIN && !isFree(pins->rts))
		return "the rts pin is in use";
	if (pins->dtr != NO_PIN && !isFree(pins->dtr))
		return "the dtr pin is in use";
	return NULL;
}

static void use(int pin, gpio_function_t function)
{
	if (pin == NO_PIN)
		return;
	if (builtinUsePins)
		builtinUsePins((uint32_t)pin >> 5, 1u << (pin & 31));
	gpio_set_function((uint)pin, function);
}

static void letGo(int pin)
{
	if (pin == NO_PIN)
		return;
	gpio_deinit((uint)pin);
	if (builtinFreePins)
		builtinFreePins((uint32_t)pin >> 5, 1u << (pin & 31));
}

/* On the machine's own task. */
static void deliver(void *machine, void *refcon, uint8_t *message, uint16_t length)
{
	Port *port = refcon;
	(void)machine;
	(void)message;
	(void)length;
	port->pending = 0;
	if (port->callback)
		(*port->callback)(port->context);
}

static int64_t again(alarm_id_t id, void *context);

/* In an interrupt, or while there is none. One message at a time: the pool has four. */
static void post(Port *port)
{
	if (!port->callback || port->pending || port->alarm > 0)
		return;
	if (modMessagePostToMachineFromISR(port->machine, deliver, port) == 0)
		port->pending = 1;
	else
		port->alarm = add_alarm_in_us(AGAIN_US, again, port, true);
}

static int64_t again(alarm_id_t id, void *context)
{
	Port *port = context;
	(void)id;
	port->alarm = 0;
	post(port);
	return 0;
}

/* What has come, from the FIFO to the ring. Answers whether the machine should hear of it. */
static int receive(Port *port)
{
	Uart *uart = port->uart;
	uart_hw_t *hw = uart_get_hw(port->controller);
	int news = 0;
	while (!(hw->fr & UART_UARTFR_RXFE_BITS)) {
		if (port->pins.rts != NO_PIN && uartFull(uart)) {
			/* The FIFO fills up, and RTS goes high by itself. uartResume goes on. */
			hw_clear_bits(&hw->imsc, RECEIVES);
			break;
		}
		uint32_t data = hw->dr;
		if (data & (UART_UARTDR_OE_BITS | UART_UARTDR_BE_BITS | UART_UARTDR_FE_BITS)) {
			uartMissed(uart);
			if (data & UART_UARTDR_OE_BITS)
				uart->overruns++;
			if (data & UART_UARTDR_BE_BITS)
				uart->breaks++;
			else if (data & UART_UARTDR_FE_BITS)
				uart->framingErrors++;
			if (data & (UART_UARTDR_BE_BITS | UART_UARTDR_FE_BITS))
				continue;
		}
		news |= uartCame(uart, (uint8_t)data);
	}
	return news;
}

/* From the ring to the FIFO, as much as there is room for. The interrupt comes when the FIFO's level falls, so it has to have been full once. */
static int transmit(Port *port)
{
	Uart *uart = port->uart;
	uart_hw_t *hw = uart_get_hw(port->controller);
	uint32_t left = uart->left, filled = uartLoad(uart->filled);
	while (left != filled && !(hw->fr & UART_UARTFR_TXFF_BITS))
		hw->dr = uart->send[left++ & (UART_SEND_RING - 1)];
	uartStore(uart->left, left);
	if (left != filled)
		hw_set_bits(&hw->imsc, UART_UARTIMSC_TXIM_BITS);
	else
		hw_clear_bits(&hw->imsc, UART_UARTIMSC_TXIM_BITS);
	return uartHasRoom(uart);
}

static void interrupted(Port *port)
{
	uart_hw_t *hw = uart_get_hw(port->controller);
	uint32_t status = hw->mis;
	int news = 0;
	hw->icr = status;
	if (status & RECEIVES)
		news |= receive(port);
	if (status & UART_UARTMIS_TXMIS_BITS)
		news |= transmit(port);
	if (news)
		post(port);
}

static void interrupted0(void)
{
	interrupted(&ports[0]);
}

static void interrupted1(void)
{
	interrupted(&ports[1]);
}

int uartBaud(Uart *uart, uint32_t baud)
{
	Port *port = portOf(uart);
	if (baud > clock_get_hz(clk_peri) / 16)
		return 0;
	/* Interrupts see a FIFO that is empty or not, whatever the speed. */
	uint32_t made = uart_set_baudrate(port->controller, baud);
	port->pins.baud = baud;
	return made >= baud - baud / TOLERANCE && made <= baud + baud / TOLERANCE;
}

static void openController(Port *port)
{
	const UartPins *pins = &port->pins;
	uart_init(port->controller, pins->baud);
	uart_set_hw_flow(port->controller, pins->cts != NO_PIN, pins->rts != NO_PIN);
	use(pins->tx, GPIO_FUNC_UART);
	use(pins->rx, GPIO_FUNC_UART);
	use(pins->cts, GPIO_FUNC_UART);
	use(pins->rts, GPIO_FUNC_UART);
	/* A line that nobody drives is not one long break. */
	gpio_pull_up((uint)pins->rx);
	if (pins->dtr != NO_PIN) {
		use(pins->dtr, GPIO_FUNC_SIO);
		gpio_init((uint)pins->dtr);
		gpio_set_dir((uint)pins->dtr, GPIO_OUT);
	}
}

Uart *uartOpen(const UartPins *pins, void *machine, const char **problem)
{
	UartPins wanted = *pins;
	*problem = check(&wanted);
	if (*problem)
		return NULL;
	PicoUart *pico = c_calloc(1, sizeof(PicoUart));
	if (!pico) {
		*problem = "no memory for its rings";
		return NULL;
	}
	Uart *uart = &pico->uart;
	Port *port = pico->port = &ports[wanted.port];
	uint8_t pending = port->pending; /* to a UART that was closed: it will come here */
	*port = (Port){ .uart = uart, .controller = uart_get_instance((uint)wanted.port), .pins = wanted, .machine = machine, .pending = pending };
	uartMark(uart, UART_EACH_BYTE);
	openController(port);
	if (!uartBaud(uart, wanted.baud)) {
		uartClose(uart);
		*problem = "this baud rate cannot be made";
		return NULL;
	}
	uart_hw_t *hw = uart_get_hw(port->controller);
	hw->ifls = LEVELS;
	hw->icr = 0x7ff;
	irq_set_exclusive_handler(UART_IRQ_NUM(port->controller), wanted.port ? interrupted1 : interrupted0);
	hw->imsc = RECEIVES;
	irq_set_enabled(UART_IRQ_NUM(port->controller), true);
	return uart;
}

/* The handler goes on meanwhile. */
static void leave(const Port *port)
{
	const uart_hw_t *hw = uart_get_hw(port->controller);
	const uint32_t since = time_us_32(), bound = uartLeavesUs(port->uart, port->pins.baud);
	while ((!uartEmpty(port->uart) || hw->fr & UART_UARTFR_BUSY_BITS) && time_us_32() - since < bound)
		tight_loop_contents();
}

void uartClose(Uart *uart)
{
	Port *port = portOf(uart);
	leave(port);
	uint irq = UART_IRQ_NUM(port->controller);
	uart_get_hw(port->controller)->imsc = 0;
	irq_set_enabled(irq, false);
	if (irq_get_exclusive_handler(irq))
		irq_remove_handler(irq, irq_get_exclusive_handler(irq));
	uartOnChange(uart, NULL, NULL);
	if (port->alarm > 0)
		cancel_alarm(port->alarm);
	uart_deinit(port->controller);
	letGo(port->pins.tx);
	letGo(port->pins.rx);
	letGo(port->pins.cts);
	letGo(port->pins.rts);
	letGo(port->pins.dtr);
	port->alarm = 0;
	port->uart = NULL;
	c_free(uart);
}

void uartOnChange(Uart *uart, void (*callback)(void *context), void *context)
{
	Port *port = portOf(uart);
	uint32_t state = save_and_disable_interrupts();
	port->callback = callback;
	port->context = context;
	/* Bytes may have come before anybody asked to be told. */
	if (uartThere(uart))
		post(port);
	restore_interrupts(state);
}

void uartDelimit(Uart *uart, int32_t delimiter)
{
	uint32_t state = save_and_disable_interrupts();
	uartMark(uart, delimiter);
	restore_interrupts(state);
}

void uartStart(Uart *uart)
{
	Port *port = portOf(uart);
	uint32_t state = save_and_disable_interrupts();
	if (transmit(port))
		post(port);
	restore_interrupts(state);
}

void uartResume(Uart *uart)
{
	Port *port = portOf(uart);
	uart_hw_t *hw = uart_get_hw(port->controller);
	if (hw->imsc & RECEIVES)
		return;
	uint32_t state = save_and_disable_interrupts();
	hw_set_bits(&hw->imsc, RECEIVES);
	if (receive(port))
		post(port);
	restore_interrupts(state);
}

void uartReady(Uart *uart, int on)
{
	Port *port = portOf(uart);
	if (port->pins.dtr != NO_PIN)
		gpio_put((uint)port->pins.dtr, !on);
}

int uartConnected(Uart *uart)
{
	(void)uart;
	return 1;
}
