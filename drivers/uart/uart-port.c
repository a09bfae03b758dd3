// The class UartPort: a UART as TypeScript sees it (device.ts), and as compiled code does, which passes frames between the UART's rings and the arena by the
// line's number (devices.h).
//
// A frame is decoded when all of it is in the ring (uart.h says when), and so in one call: the stack may offer other memory at every call.

#include "xsmc.h"
#include "xsHost.h"
#include "mc.xs.h"

#include "uart.h"
#include "arena.h"
#include "devices.h"
#include "layout.h"
#include "compiled.h"

/* As in src/device/serial.ts. */
enum { RAW, SLIP, HDLC };

#define END 0300
#define FLAG 0x7e
#define ESCAPE 0x7d

/* So that a frame fits the send ring whatever it is made of: flags, and twice header, frame and FCS. */
#define ENCODED_MOST(LENGTH) (2 + 2 * (4 + (LENGTH) + 2))
#define FRAME_MOST ((UART_SEND_RING - 2) / 2 - 6)

typedef struct {
	Uart *uart;
	Arena arena; /* a host buffer, which never moves; none before bind() */
	FlatMemory received, sent; /* both rings */
	int32_t state; /* the decoder's FramingBlock in the arena */
	int32_t number; /* in the table of devices in C, once there is an arena; else 0 */
	int framing;
	int32_t sendAccm;
	int32_t compress;
	uint32_t bare; /* `filled` when the framing changed: what was sent before does not end with this framing's flag */
	xsMachine *the;
	xsSlot callback; /* remembered while `listening` */
	int listening;
} UartPort;

/* Decodes from the ring to `at` until a frame ends: its answer, or 0. */
static int32_t decode(UartPort *port, uint32_t there, int32_t at, int32_t max)
{
	Uart *uart = port->uart;
	int32_t result = 0;
	while (there > 0 && result == 0) {
		uint32_t count;
		if (uartAtGap(uart))
			wire_framing_framingSpoil(&port->arena, port->state);
		const uint8_t *first = uartFirst(uart, uartUntilGap(uart, there), &count);
		int32_t used = (port->framing == HDLC ? wire_hdlc_hdlcDecode : wire_slip_slipDecode)(
			&port->arena, port->state, &port->received, (int32_t)(first - uart->receive), (int32_t)count, at, max);
		result = word(port->arena.base + port->state + FRAMING_BLOCK_RESULT);
		uartTake(uart, (uint32_t)used);
		there -= (uint32_t)used;
	}
	return result;
}

static int32_t raw(Uart *uart, uint32_t there, uint8_t *to, uint32_t max)
{
	uint32_t left = there < max ? there : max, taken = left;
	while (left > 0) {
		uint32_t count;
		const uint8_t *first = uartFirst(uart, left, &count);
		c_memcpy(to, first, count);
		to += count;
		left -= count;
		uartTake(uart, count);
	}
	(void)uartAtGap(uart);
	return (int32_t)taken;
}

/* What compiled code does with the line. It is in the table while there is an arena. */

static int32_t receive(void *driver, uint8_t *to, int32_t max)
{
	UartPort *port = driver;
	Uart *uart = port->uart;
	uint32_t there = uartThere(uart);
	int32_t at = (int32_t)(to - port->arena.base), result;
	if (there == 0) {
		if (port->framing == RAW || !uartStuck(uart))
			return 0;
		/* A frame longer than the ring: what there is of it is thrown away, and its end will say that it was too long. */
		result = decode(port, UART_RECEIVE_RING, at, 0);
	} else if (port->framing == RAW)
		result = raw(uart, there, to, (uint32_t)max);
	else
		result = decode(port, there, at, max);
	uartResume(uart);
	return result;
}

static int32_t encode(UartPort *port, int32_t at, int32_t end, int32_t protocol)
{
	Uart *uart = port->uart;
	int32_t room = (int32_t)uartRoom(uart), offset = (int32_t)uart->filled, length = end - at;
	/* What was sent before ends with a flag, which begins this frame too. */
	int32_t follows = room < UART_SEND_RING && uart->filled != port->bare ? HDLC_NO_OPENING_FLAG : 0;
	switch (port->framing) {
	case HDLC:
		return wire_hdlc_hdlcEncode(&port->arena, at, end, &port->sent, 0, UART_SEND_RING, offset, room, protocol & 0xffff, port->sendAccm, port->compress | follows);
	case SLIP:
		return wire_slip_slipEncode(&port->arena, at, end, &port->sent, 0, UART_SEND_RING, offset, room, follows);
	default:
		if (length > room)
			return 0;
		for (int32_t i = 0; i < length; i++)
			uart->send[(uint32_t)(offset + i) & (UART_SEND_RING - 1)] = port->arena.base[at + i];
		return length;
	}
}

static int32_t transmit(void *driver, int32_t protocol, uint8_t *frame, int32_t length)
{
	UartPort *port = driver;
	Uart *uart = port->uart;
	int32_t at = (int32_t)(frame - port->arena.base), used = encode(port, at, at + length, protocol);
	int busy = used == 0 && length > 0;
	if (busy)
		uartWantRoom(uart, port->framing == RAW ? (uint32_t)length : (uint32_t)ENCODED_MOST(length));
	else
		uartFill(uart, (uint32_t)used);
	uartStart(uart);
	return busy ? DEVICE_BUSY : DEVICE_SENT;
}

static int32_t linkUp(void *driver)
{
	const UartPort *port = driver;
	return port->uart && uartConnected(port->uart);
}

static const MultihomeDeviceOps ops = { .receive = receive, .transmit = transmit, .linkUp = linkUp };

static void release(UartPort *port)
{
	xsMachine *the = port->the;
	if (!port->uart)
		return;
	if (port->listening)
		xsForget(port->callback);
	port->listening = 0;
	uartOnChange(port->uart, NULL, NULL);
	uartClose(port->uart);
	port->uart = NULL;
	multihomeDeviceRemove(port->number);
	port->number = 0;
}

void xs_uart_delete(void *data)
{
	if (!data)
		return;
	release(data);
	c_free(data);
}

/* UartPort.prototype is one of its kind, without a port. */
static UartPort *portIn(xsMachine *the, UartPort *port)
{
	if (!port)
		xsUnknownError("this is no UART");
	return port;
}

#define portOf(SLOT) portIn(the, xsmcGetHostDataValidate(SLOT, (void *)xs_uart_delete))

static UartPort *openPort(xsMachine *the)
{
	UartPort *port = portOf(xsThis);
	if (!port->uart)
		xsUnknownError("the UART is closed");
	return port;
}

void xs_uart(xsMachine *the)
{
	UartPort *port = c_calloc(1, sizeof(UartPort));
	if (!port)
		xsUnknownError("no memory for a UART");
	port->the = the;
	xsmcSetHostData(xsThis, port);
}

/* Whose arena is there as well. */
static UartPort *boundPort(xsMachine *the)
{
	UartPort *port = openPort(the);
	if (!port->arena.base)
		xsUnknownError("the UART has no stack yet");
	return port;
}

/* A frame came, or there is room, or the line came or went: TypeScript is told, and looks. */
static void changed(void *context)
{
	UartPort *port = context;
	xsBeginHost(port->the);
	if (port->uart)
		xsCallFunction0(port->callback, xsUndefined);
	xsEndHost(port->the);
}

/* bind(view, state, callback) */
void xs_uart_bind(xsMachine *the)
{
	int32_t state = intArg(1);
	UartPort *port = openPort(the);
	Arena arena = argMemory(0);
	wire_framing_framingReset(&arena, state);
	port->arena = arena;
	port->state = state;
	if (port->listening)
		return;
	port->number = multihomeDeviceAdd(&ops, port);
	port->callback = xsArg(2);
	xsRemember(port->callback);
	port->listening = 1;
	uartOnChange(port->uart, changed, port);
}

void xs_uart_get_linkUp(xsMachine *the)
{
	xsmcSetBoolean(xsResult, linkUp(portOf(xsThis)));
}

void xs_uart_get_native(xsMachine *the)
{
	xsmcSetInteger(xsResult, portOf(xsThis)->number);
}

/* open(port, tx, rx, cts, rts, dtr, baud) */
void xs_uart_open(xsMachine *the)
{
	UartPins pins = {
		(int16_t)xsmcToInteger(xsArg(0)), (int16_t)xsmcToInteger(xsArg(1)), (int16_t)xsmcToInteger(xsArg(2)), (int16_t)xsmcToInteger(xsArg(3)),
		(int16_t)xsmcToInteger(xsArg(4)), (int16_t)xsmcToInteger(xsArg(5)), (uint32_t)xsmcToInteger(xsArg(6)),
	};
	UartPort *port = portOf(xsThis);
	if (port->uart)
		xsUnknownError("the UART is open already");
	const char *problem = "it cannot be opened";
	port->uart = uartOpen(&pins, the, &problem);
	if (!port->uart)
		xsUnknownError("uart%d, %d baud: %s", pins.port, (int)pins.baud, problem);
	port->received = (FlatMemory){ port->uart->receive, UART_RECEIVE_RING, the };
	port->sent = (FlatMemory){ port->uart->send, UART_SEND_RING, the };
}

/* frame(framing, sendAccm, receiveAccm, compress) */
void xs_uart_frame(xsMachine *the)
{
	static const int16_t delimiters[] = { UART_EACH_BYTE, END, FLAG };
	int framing = intArg(0), sendAccm = intArg(1), receiveAccm = intArg(2), compress = intArg(3);
	UartPort *port = boundPort(the);
	if (framing < RAW || framing > HDLC)
		xsRangeError("framing %d: expected 0 to 2", framing);
	port->sendAccm = sendAccm;
	setWord(port->arena.base + port->state + FRAMING_BLOCK_RECEIVE_ACCM, receiveAccm);
	port->compress = compress & (HDLC_NO_ADDRESS | HDLC_NO_PROTOCOL_HIGH);
	if (framing == port->framing)
		return;
	port->framing = framing;
	port->bare = port->uart->filled;
	wire_framing_framingReset(&port->arena, port->state);
	uartDelimit(port->uart, delimiters[framing]);
}

/* receive(at, max): as in serial.ts. */
void xs_uart_receive(xsMachine *the)
{
	int at = intArg(0), max = intArg(1);
	UartPort *port = boundPort(the);
	demand(at, max, port->arena.size);
	xsmcSetInteger(xsResult, receive(port, port->arena.base + at, max));
}

/* unfinished(at, max): as in serial.ts. */
void xs_uart_unfinished(xsMachine *the)
{
	int at = intArg(0), max = intArg(1), count = 0;
	UartPort *port = boundPort(the);
	Uart *uart = port->uart;
	demand(at, max, port->arena.size);
	uint8_t *to = port->arena.base + at;
	uint32_t place = uart->taken + uartThere(uart), end = uartLoad(uart->came), turn = 0;
	for (; port->framing == HDLC && place != end && count < max; place++) {
		uint8_t octet = uart->receive[place & (UART_RECEIVE_RING - 1)];
		if (octet == ESCAPE)
			turn = 0x20;
		else if (octet != FLAG) {
			to[count++] = (uint8_t)(octet ^ turn);
			turn = 0;
			if (count == 2 && to[0] == 0xff && to[1] == 0x03)
				count = 0;
		}
	}
	xsmcSetInteger(xsResult, count);
}

/* transmit(at, end, protocol): as in serial.ts. */
void xs_uart_transmit(xsMachine *the)
{
	int at = intArg(0), end = intArg(1), protocol = intArg(2);
	UartPort *port = boundPort(the);
	demandTo(at, end, port->arena.size);
	int length = end - at, most = port->framing == RAW ? UART_SEND_RING : FRAME_MOST;
	if (length > most)
		xsRangeError("frame of %d bytes: expected at most %d", length, most);
	xsmcSetInteger(xsResult, transmit(port, protocol, port->arena.base + at, length));
}

/* count(index): in the order of COUNTERS in device.ts. */
void xs_uart_count(xsMachine *the)
{
	int index = intArg(0);
	UartPort *port = openPort(the);
	const Uart *uart = port->uart;
	const uint32_t counts[] = { uart->overruns, uart->breaks, uart->framingErrors };
	static const uint8_t places[] = { FRAMING_BLOCK_BAD_FCS, FRAMING_BLOCK_ABORTS, FRAMING_BLOCK_TOO_LONG, FRAMING_BLOCK_TOO_SHORT, FRAMING_BLOCK_BAD_HEADER };
	const int own = sizeof(counts) / sizeof(*counts);
	demand(index, 1, own + sizeof(places));
	if (index < own)
		xsmcSetNumber(xsResult, counts[index]);
	else
		xsmcSetNumber(xsResult, port->arena.base ? (uint32_t)word(port->arena.base + port->state + places[index - own]) : 0);
}

void xs_uart_ready(xsMachine *the)
{
	int on = xsmcToBoolean(xsArg(0));
	uartReady(openPort(the)->uart, on);
}

void xs_uart_baud(xsMachine *the)
{
	int baud = intArg(0);
	xsmcSetBoolean(xsResult, uartBaud(openPort(the)->uart, (uint32_t)baud));
}

void xs_uart_shut(xsMachine *the)
{
	release(portOf(xsThis));
}
