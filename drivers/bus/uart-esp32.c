// The UARTs of the ESP32 family, over ESP-IDF 6.0: its driver sets port and pins up; bytes pass by an interrupt handler of ours over the HAL's uart_ll.h, straight
// between FIFOs and rings. ESP-IDF's own handler would copy them through two buffers and a task. All that the handler calls and touches is in internal memory
// (IRAM_ATTR, MALLOC_CAP_INTERNAL), so that it runs while flash is written, which takes longer than the FIFO holds.

#include "xsmc.h"
#include "xsHost.h"

#include "uart.h"

#include "driver/gpio.h"
#include "driver/uart.h"
#include "esp_attr.h"
#include "esp_heap_caps.h"
#include "esp_intr_alloc.h"
#include "esp_private/cache_utils.h"
#include "esp_private/esp_gpio_reserve.h"
#include "esp_rom_sys.h"
#include "esp_timer.h"
#include "freertos/FreeRTOS.h"
#include "hal/uart_ll.h"
#include "hal/uart_periph.h"

/*
 * Of the FIFOs' 128 places: so many that came, or what came and nothing for ten bits' time, a byte's (the ESP32 itself counts in eights: 16; fewer would end within
 * each byte); so few left of what goes; and when RTS goes high, as nobody has taken any.
 */
#define CAME 64
#define QUIET 10
#define LEFT 32
#define STOP 112
/* After so long the machine is told again, when its queue had no room. */
#define AGAIN_US 1000
#define RECEIVES (UART_INTR_RXFIFO_FULL | UART_INTR_RXFIFO_TOUT)
#define ERRORS (UART_INTR_RXFIFO_OVF | UART_INTR_BRK_DET | UART_INTR_FRAM_ERR)

/* Not part of the UART, as a message may be on its way when that is closed. */
typedef struct {
	Uart *uart; /* NULL: not in use */
	uart_dev_t *hw;
	UartPins pins;
	xsMachine *machine;
	void (*callback)(void *context);
	void *context;
	intr_handle_t interrupt;
	esp_timer_handle_t timer;
	portMUX_TYPE lock; /* the machine may run on the other core */
	uint32_t pending; /* a message to the machine is on its way; atomic */
} Port;

typedef struct {
	Uart uart;
	Port *port;
} Esp32Uart;

static Port ports[SOC_UART_HP_NUM] = { [0 ... SOC_UART_HP_NUM - 1] = { .lock = portMUX_INITIALIZER_UNLOCKED } };

/* Moddable's own table of pins in use, where its io modules are part of the firmware. */
extern uint8_t builtinArePinsFree(uint32_t bank, uint32_t pins) __attribute__((weak));
extern uint8_t builtinUsePins(uint32_t bank, uint32_t pins) __attribute__((weak));
extern void builtinFreePins(uint32_t bank, uint32_t pins) __attribute__((weak));

static Port *portOf(Uart *uart)
{
	return ((Esp32Uart *)uart)->port;
}

static int isFree(int pin)
{
	return !esp_gpio_is_reserved(1ull << pin) && (!builtinArePinsFree || builtinArePinsFree((uint32_t)pin >> 5, 1u << (pin & 31)));
}

static const char *check(UartPins *pins)
{
	if (pins->port < 0 || pins->port >= SOC_UART_HP_NUM)
		return SOC_UART_HP_NUM == 3 ? "there is no such port: expected 0 to 2" : "there is no such port";
	if (ports[pins->port].uart || uart_is_driver_installed((uart_port_t)pins->port))
		return "the port is in use";
	const uart_periph_sig_t *usual = uart_periph_signal[pins->port].pins;
	if (pins->tx == NO_PIN)
		pins->tx = (int16_t)usual[SOC_UART_PERIPH_SIGNAL_TX].default_gpio;
	if (pins->rx == NO_PIN)
		pins->rx = (int16_t)usual[SOC_UART_PERIPH_SIGNAL_RX].default_gpio;
	if (!GPIO_IS_VALID_OUTPUT_GPIO(pins->tx) || !isFree(pins->tx))
		return "the tx pin is missing, in use, or cannot be an output";
	if (!GPIO_IS_VALID_GPIO(pins->rx) || !isFree(pins->rx))
		return "the rx pin is missing or in use";
	if (pins->cts != NO_PIN && (!GPIO_IS_VALID_GPIO(pins->cts) || !isFree(pins->cts)))
		return "the cts pin does not exist or is in use";
	if (pins->rts != NO_PIN && (!GPIO_IS_VALID_OUTPUT_GPIO(pins->rts) || !isFree(pins->rts)))
		return "the rts pin cannot be an output or is in use";
	if (pins->dtr != NO_PIN && (!GPIO_IS_VALID_OUTPUT_GPIO(pins->dtr) || !isFree(pins->dtr)))
		return "the dtr pin cannot be an output or is in use";
	return NULL;
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

/* On the machine's own task. */
static void deliver(void *machine, void *refcon, uint8_t *message, uint16_t length)
{
	Port *port = refcon;
	(void)machine;
	(void)message;
	(void)length;
	__atomic_store_n(&port->pending, 0, __ATOMIC_SEQ_CST);
	if (port->callback)
		(*port->callback)(port->context);
}

/*
 * One message at a time: the queue has ten. The form for interrupts never waits. Noted before it is sent: on the other core it may be delivered at once. The timer's task may be here while
 * the port is closed: what is closed has no callback, and its timer is not started any more.
 */
static void post(Port *port)
{
	if (!port->callback || __atomic_exchange_n(&port->pending, 1, __ATOMIC_SEQ_CST))
		return;
	if (modMessagePostToMachineFromISR(port->machine, deliver, port) == 0)
		return;
	__atomic_store_n(&port->pending, 0, __ATOMIC_SEQ_CST);
	portENTER_CRITICAL_SAFE(&port->lock);
	if (port->callback)
		esp_timer_start_once(port->timer, AGAIN_US);
	portEXIT_CRITICAL_SAFE(&port->lock);
}

static void again(void *context)
{
	post(context);
}

/* What has come, from the FIFO to the ring. Answers whether the machine should hear of it. */
static int IRAM_ATTR receive(Port *port)
{
	Uart *uart = port->uart;
	uint8_t bytes[CAME];
	int news = 0;
	for (;;) {
		uint32_t count = uart_ll_get_rxfifo_len(port->hw);
		if (count > CAME)
			count = CAME;
		if (port->pins.rts != NO_PIN) {
			uint32_t room = UART_RECEIVE_RING - (uart->came - uartLoad(uart->taken));
			if (room == 0) {
				/* The FIFO fills up, and RTS goes high by itself. uartResume goes on. */
				uart_ll_disable_intr_mask(port->hw, RECEIVES);
				return news;
			}
			if (count > room)
				count = room;
		}
		if (count == 0)
			return news;
		uart_ll_read_rxfifo(port->hw, bytes, count);
		for (uint32_t i = 0; i < count; i++)
			news |= uartCame(uart, bytes[i]);
	}
}

/* From the ring to the FIFO, as much as there is room for. */
static int IRAM_ATTR transmit(Port *port)
{
	Uart *uart = port->uart;
	uint32_t left = uart->left, count = uartLoad(uart->filled) - left, room = uart_ll_get_txfifo_len(port->hw);
	if (count > room)
		count = room;
	while (count > 0) {
		uint32_t at = left & (UART_SEND_RING - 1), piece = count < UART_SEND_RING - at ? count : UART_SEND_RING - at;
		uart_ll_write_txfifo(port->hw, uart->send + at, piece);
		left += piece;
		count -= piece;
	}
	uartStore(uart->left, left);
	if (left != uartLoad(uart->filled))
		uart_ll_ena_intr_mask(port->hw, UART_INTR_TXFIFO_EMPTY);
	else
		uart_ll_disable_intr_mask(port->hw, UART_INTR_TXFIFO_EMPTY);
	return uartHasRoom(uart);
}

/* Which byte it was, the UART does not tell: what is in the FIFO comes before, as the first that can be said of it. */
static void IRAM_ATTR count(Port *port, uint32_t status)
{
	Uart *uart = port->uart;
	uartMissed(uart);
	if (status & UART_INTR_BRK_DET)
		uart->breaks++;
	else if (status & UART_INTR_FRAM_ERR)
		uart->framingErrors++;
	if (status & UART_INTR_RXFIFO_OVF) {
		uart->overruns++;
		uart_ll_rxfifo_rst(port->hw);
	}
}

static void IRAM_ATTR interrupted(void *context)
{
	Port *port = context;
	int news = 0;
	portENTER_CRITICAL_ISR(&port->lock);
	uint32_t status = uart_ll_get_intsts_mask(port->hw);
	if (status & RECEIVES)
		news |= receive(port);
	/* After what came, as otherwise it would be there still when it is cleared. */
	uart_ll_clr_intsts_mask(port->hw, status);
	if (status & ERRORS)
		count(port, status);
	if (status & UART_INTR_TXFIFO_EMPTY)
		news |= transmit(port);
	portEXIT_CRITICAL_ISR(&port->lock);
	if (!news)
		return;
	if (spi_flash_cache_enabled())
		post(port);
	else
		esp_timer_start_once(port->timer, AGAIN_US); /* Moddable's way of posting is in flash. The timer waits, too, until that can be read */
	/* Or the machine would begin with the next tick only. */
	portYIELD_FROM_ISR();
}

/*
 * uart_param_config starts the UART's clock, and only deleting ESP-IDF's driver stops it, and lets go of the pins that uart_set_pin has noted, which the next one would
 * switch off whoever has them then. So that driver is installed for a moment. Without memory for that, the clock runs on until the port is opened and closed again.
 */
static void stopClock(uart_port_t number)
{
	if (uart_driver_install(number, 2 * UART_HW_FIFO_LEN(number), 0, 0, NULL, 0) == ESP_OK)
		uart_driver_delete(number);
}

static const char *openController(Port *port)
{
	const UartPins *pins = &port->pins;
	uart_port_t number = (uart_port_t)pins->port;
	int flow = (pins->rts == NO_PIN ? 0 : UART_HW_FLOWCTRL_RTS) | (pins->cts == NO_PIN ? 0 : UART_HW_FLOWCTRL_CTS);
	const uart_config_t settings = {
		.baud_rate = (int)pins->baud, .data_bits = UART_DATA_8_BITS, .parity = UART_PARITY_DISABLE, .stop_bits = UART_STOP_BITS_1,
		.flow_ctrl = (uart_hw_flowcontrol_t)flow, .rx_flow_ctrl_thresh = STOP, .source_clk = UART_SCLK_DEFAULT,
	};
	if (uart_param_config(number, &settings) != ESP_OK)
		return "this baud rate cannot be made";
	if (uart_set_pin(number, pins->tx, pins->rx, pins->rts, pins->cts) != ESP_OK)
		return "the port does not take these pins";
	if (pins->dtr != NO_PIN) {
		gpio_reset_pin((gpio_num_t)pins->dtr);
		gpio_set_level((gpio_num_t)pins->dtr, 0);
		gpio_set_direction((gpio_num_t)pins->dtr, GPIO_MODE_OUTPUT);
	}
	uart_dev_t *hw = port->hw;
	uart_ll_disable_intr_mask(hw, UART_LL_INTR_MASK);
	uart_ll_clr_intsts_mask(hw, UART_LL_INTR_MASK);
	uart_ll_rxfifo_rst(hw);
	uart_ll_txfifo_rst(hw);
	uart_ll_set_rxfifo_full_thr(hw, CAME);
	uart_ll_set_txfifo_empty_thr(hw, LEFT);
	uart_ll_set_rx_tout(hw, QUIET);
	const esp_timer_create_args_t timer = { .callback = again, .arg = port, .name = "uart" };
	if (esp_timer_create(&timer, &port->timer) != ESP_OK)
		return "no memory for a timer";
	if (esp_intr_alloc(uart_periph_signal[number].irq, ESP_INTR_FLAG_IRAM, interrupted, port, &port->interrupt) != ESP_OK)
		return "there is no interrupt left for it";
	uart_ll_ena_intr_mask(hw, RECEIVES | ERRORS);
	return NULL;
}

Uart *uartOpen(const UartPins *pins, void *machine, const char **problem)
{
	UartPins wanted = *pins;
	*problem = check(&wanted);
	if (*problem)
		return NULL;
	Esp32Uart *esp32 = heap_caps_calloc(1, sizeof(Esp32Uart), MALLOC_CAP_INTERNAL | MALLOC_CAP_8BIT);
	if (!esp32) {
		*problem = "no memory for its rings";
		return NULL;
	}
	Uart *uart = &esp32->uart;
	Port *port = esp32->port = &ports[wanted.port];
	/* Not the lock, which the timer's task may have, nor `pending`: a message to a UART that was closed will come here. */
	port->uart = uart;
	port->hw = UART_LL_GET_HW(wanted.port);
	port->pins = wanted;
	port->machine = machine;
	port->context = NULL;
	port->interrupt = NULL;
	port->timer = NULL;
	uartMark(uart, UART_EACH_BYTE);
	*problem = openController(port);
	use(wanted.tx);
	use(wanted.rx);
	use(wanted.cts);
	use(wanted.rts);
	use(wanted.dtr);
	if (*problem) {
		uartClose(uart);
		return NULL;
	}
	return uart;
}

/* The handler goes on meanwhile. */
static void leave(const Port *port)
{
	const int64_t since = esp_timer_get_time(), bound = uartLeavesUs(port->uart, port->pins.baud);
	while ((!uartEmpty(port->uart) || !uart_ll_is_tx_idle(port->hw)) && esp_timer_get_time() - since < bound)
		esp_rom_delay_us(50);
}

void uartClose(Uart *uart)
{
	Port *port = portOf(uart);
	leave(port);
	uart_ll_disable_intr_mask(port->hw, UART_LL_INTR_MASK);
	if (port->interrupt)
		esp_intr_free(port->interrupt);
	portENTER_CRITICAL(&port->lock);
	port->callback = NULL;
	portEXIT_CRITICAL(&port->lock);
	if (port->timer) {
		esp_timer_stop(port->timer);
		esp_timer_delete(port->timer);
	}
	stopClock((uart_port_t)port->pins.port);
	letGo(port->pins.tx);
	letGo(port->pins.rx);
	letGo(port->pins.cts);
	letGo(port->pins.rts);
	letGo(port->pins.dtr);
	port->uart = NULL;
	heap_caps_free(uart);
}

void uartOnChange(Uart *uart, void (*callback)(void *context), void *context)
{
	Port *port = portOf(uart);
	portENTER_CRITICAL(&port->lock);
	port->callback = callback;
	port->context = context;
	portEXIT_CRITICAL(&port->lock);
	/* Bytes may have come before anybody asked to be told. */
	if (uartThere(uart))
		post(port);
}

void uartDelimit(Uart *uart, int32_t delimiter)
{
	Port *port = portOf(uart);
	portENTER_CRITICAL(&port->lock);
	uartMark(uart, delimiter);
	portEXIT_CRITICAL(&port->lock);
}

void uartStart(Uart *uart)
{
	Port *port = portOf(uart);
	portENTER_CRITICAL(&port->lock);
	int news = transmit(port);
	portEXIT_CRITICAL(&port->lock);
	if (news)
		post(port);
}

void uartResume(Uart *uart)
{
	Port *port = portOf(uart);
	if (uart_ll_get_intr_ena_status(port->hw) & UART_INTR_RXFIFO_FULL)
		return;
	portENTER_CRITICAL(&port->lock);
	uart_ll_ena_intr_mask(port->hw, RECEIVES);
	int news = receive(port);
	portEXIT_CRITICAL(&port->lock);
	if (news)
		post(port);
}

int uartBaud(Uart *uart, uint32_t baud)
{
	Port *port = portOf(uart);
	if (uart_set_baudrate((uart_port_t)port->pins.port, baud) != ESP_OK)
		return 0;
	port->pins.baud = baud;
	return 1;
}

void uartReady(Uart *uart, int on)
{
	Port *port = portOf(uart);
	if (port->pins.dtr != NO_PIN)
		gpio_set_level((gpio_num_t)port->pins.dtr, (uint32_t)!on);
}

int uartConnected(Uart *uart)
{
	(void)uart;
	return 1;
}
