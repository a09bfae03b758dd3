// The UARTs of the desktop host: the rings are emptied and filled at the pace of the baud rate by hosts/desktop/native/uart.c.

#include "uart-line.h"

#define LEAST_BAUD 50
#define MOST_BAUD 12000000

typedef struct {
	Uart uart;
	HostLine *line;
} DesktopUart;

static HostLine *lineOf(Uart *uart)
{
	return ((DesktopUart *)uart)->line;
}

Uart *uartOpen(const UartPins *pins, void *machine, const char **problem)
{
	(void)machine;
	HostLine *line = hostLineAt(pins->port);
	if (!line) {
		*problem = "there is no such port; the board file's interfaces say which there are";
		return NULL;
	}
	if (line->uart) {
		*problem = "the port is in use";
		return NULL;
	}
	DesktopUart *uart = calloc(1, sizeof(DesktopUart));
	if (!uart) {
		*problem = "no memory";
		return NULL;
	}
	uart->line = line;
	if (!uartBaud(&uart->uart, pins->baud)) {
		*problem = "this baud rate cannot be made";
		free(uart);
		return NULL;
	}
	uartMark(&uart->uart, UART_EACH_BYTE);
	line->stops = pins->rts != NO_PIN;
	line->uart = &uart->uart;
	return &uart->uart;
}

void uartClose(Uart *uart)
{
	HostLine *line = lineOf(uart);
	uartOnChange(uart, NULL, NULL);
	hostLineDrain(line);
	line->uart = NULL;
	line->sending = false;
	free(uart);
}

void uartOnChange(Uart *uart, void (*callback)(void *context), void *context)
{
	HostLine *line = lineOf(uart);
	line->callback = callback;
	line->context = context;
	/* Bytes may have come before anybody asked to be told. */
	line->pending = callback && uartThere(uart);
}

void uartDelimit(Uart *uart, int32_t delimiter)
{
	uartMark(uart, delimiter);
}

void uartStart(Uart *uart)
{
	hostLineStart(lineOf(uart));
}

void uartResume(Uart *uart)
{
	/* Between turns of the engine bytes flow again by themselves. */
	(void)uart;
}

int uartBaud(Uart *uart, uint32_t baud)
{
	if (baud < LEAST_BAUD || baud > MOST_BAUD)
		return 0;
	lineOf(uart)->byteTime = 10 * NANOSECONDS_PER_SECOND / baud;
	return 1;
}

void uartReady(Uart *uart, int on)
{
	lineOf(uart)->ready = on != 0;
}

int uartConnected(Uart *uart)
{
	return lineOf(uart)->up;
}
