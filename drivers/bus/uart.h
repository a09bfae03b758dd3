// What a driver in C may ask of a board's UART: bytes through two rings, 8 bits without parity and one stop bit. One file per platform implements it:
// uart-pico.c (pico-sdk), uart-esp32.c (ESP-IDF), uart-desktop.c (the wires of the board file). Nothing here waits. An interrupt handler, or whatever stands for
// it, fills `receive` and empties `send`; the machine's task does the rest. Places in a ring are counts of bytes since the beginning, which wrap at 2^32.

#ifndef MULTIHOME_UART_H
#define MULTIHOME_UART_H

#include <stdint.h>
#include <string.h>

#ifndef NO_PIN
#define NO_PIN -1
#endif

/* Bytes, powers of two. Of frames of 1,500 bytes, escaped as text usually is, the first holds five, the second two; the longest that there can be (each byte escaped) fits. */
#ifndef UART_RECEIVE_RING
#define UART_RECEIVE_RING 8192
#endif
#ifndef UART_SEND_RING
#define UART_SEND_RING 4096
#endif

/* No delimiter: every byte that comes is news. */
#define UART_EACH_BYTE -1

/** How a UART is wired. Pins are the board's GPIO numbers; NO_PIN where there is none. */
typedef struct {
	int16_t port; /* UART, as the platform counts them */
	int16_t tx, rx; /* NO_PIN is the port's usual pin */
	int16_t cts, rts; /* active low; NO_PIN: no flow control in that direction */
	int16_t dtr; /* active low */
	uint32_t baud;
} UartPins;

/** One UART. What the interrupt handler writes and what the machine's task writes are different fields. */
typedef struct {
	/* Written by the interrupt handler. */
	uint32_t came; /* bytes in the receive ring, ever */
	uint32_t ended; /* `came` after the last delimiter that closed a frame: up to here frames are whole */
	uint32_t left; /* bytes that left the send ring, ever */
	uint32_t overruns; /* bytes lost: a full ring, or a UART that was not emptied in time */
	uint32_t breaks;
	uint32_t framingErrors; /* bytes without a stop bit, dropped */
	uint32_t gaps, gap; /* how often bytes were lost, and `came` then; of several that nobody has looked at yet, the first */
	int32_t last; /* the byte that came last */
	/* Written by the machine's task. */
	uint32_t taken; /* bytes that left the receive ring, ever */
	uint32_t filled; /* bytes in the send ring, ever */
	uint32_t gapsSeen;
	uint32_t wanted; /* so much room in the send ring is waited for; 0: none */
	int32_t delimiter; /* by uartDelimit */
	uint8_t receive[UART_RECEIVE_RING];
	uint8_t send[UART_SEND_RING];
} Uart;

/**
 * Takes the pins and the port. Answers NULL and *problem, a static text such as "the tx pin is in use", when it cannot. `machine` is the XS machine whose task
 * the calls come from. Nothing is allocated afterwards.
 */
Uart *uartOpen(const UartPins *pins, void *machine, const char **problem);
/**
 * Gives everything back. What was written last may leave before that, as PPP's Terminate-Request should: it is waited for, uartLeavesUs() at most, as CTS may stop the
 * line; what has not left by then is lost. No callback comes afterwards.
 */
void uartClose(Uart *uart);
/* Beyond what the bytes themselves take, microseconds: a far end that is busy may stop the line for a moment. And in all, milliseconds: the data path stands still, and a watchdog waits. */
#define UART_LEAVES_US 100000u
#define UART_LEAVES_MOST_MS 1000u
/* Bytes that a UART may hold beside the ring. */
#define UART_FIFO_MOST 128u

/**
 * Calls back on the machine's own task, soon, and never inside a call to here, after: a frame was closed by the delimiter (of several delimiters in a row the
 * first; without one, any byte came), the receive ring became full, the room that uartWantRoom asked for is there, or uartConnected changed. Several may be one call. NULL ends it.
 */
void uartOnChange(Uart *uart, void (*callback)(void *context), void *context);

/** The byte that ends frames, or UART_EACH_BYTE, from now on; what is in the ring is looked through. */
void uartDelimit(Uart *uart, int32_t delimiter);
/** Bytes were added to the send ring: it shall be emptied. */
void uartStart(Uart *uart);
/** Bytes were taken from the receive ring: a sender that was stopped may go on. */
void uartResume(Uart *uart);
/** Another speed, from now on; bytes on their way suffer. Answers 0 when the platform cannot make it. */
int uartBaud(Uart *uart, uint32_t baud);
/** DTR: 1 low (ready), 0 high. Nothing without a pin. */
void uartReady(Uart *uart, int on);
/** Whether something is at the other end; 1 where nobody can tell. */
int uartConnected(Uart *uart);

/* The machine's task: rings */

#ifdef __arm__
/* RP2040 and RP2350: the interrupt handler runs on the machine's own core, so that only the compiler has to keep the order. */
#define uartLoad(PLACE) __extension__({ uint32_t value_ = __atomic_load_n(&(PLACE), __ATOMIC_RELAXED); __atomic_signal_fence(__ATOMIC_ACQUIRE); value_; })
#define uartStore(PLACE, VALUE) do { __atomic_signal_fence(__ATOMIC_RELEASE); __atomic_store_n(&(PLACE), VALUE, __ATOMIC_RELAXED); } while (0)
#else
#define uartLoad(PLACE) __atomic_load_n(&(PLACE), __ATOMIC_ACQUIRE)
#define uartStore(PLACE, VALUE) __atomic_store_n(&(PLACE), VALUE, __ATOMIC_RELEASE)
#endif

/** Bytes that can be taken: all, or those of whole frames. */
static inline uint32_t uartThere(Uart *uart)
{
	int32_t there = (int32_t)(uartLoad(uart->ended) - uart->taken);
	return there > 0 ? (uint32_t)there : 0;
}

/** The beginning of them, and how many lie in one piece: the rest is at the beginning of the ring. */
static inline const uint8_t *uartFirst(const Uart *uart, uint32_t there, uint32_t *count)
{
	uint32_t at = uart->taken & (UART_RECEIVE_RING - 1);
	*count = there < UART_RECEIVE_RING - at ? there : UART_RECEIVE_RING - at;
	return uart->receive + at;
}

static inline void uartTake(Uart *uart, uint32_t count)
{
	uartStore(uart->taken, uart->taken + count);
}

/**
 * Where bytes were lost: answers how many of the next `there` come before that place. `there` when they are whole.
 */
static inline uint32_t uartUntilGap(Uart *uart, uint32_t there)
{
	if (uartLoad(uart->gaps) == uart->gapsSeen)
		return there;
	uint32_t before = uart->gap - uart->taken;
	return before < there ? before : there;
}

/** That place is here, or has been passed: whatever frame has begun is spoiled. Once. */
static inline int uartAtGap(Uart *uart)
{
	if (uartLoad(uart->gaps) == uart->gapsSeen || (int32_t)(uart->taken - uart->gap) < 0)
		return 0;
	uartStore(uart->gapsSeen, uart->gaps);
	return 1;
}

/** The receive ring is full, and no frame in it is whole: nothing can come of that. */
static inline int uartStuck(Uart *uart)
{
	return uartLoad(uart->came) - uart->taken == UART_RECEIVE_RING && uartThere(uart) == 0;
}

static inline uint32_t uartRoom(Uart *uart)
{
	return UART_SEND_RING - (uart->filled - uartLoad(uart->left));
}

/** Whether all has left it. */
static inline int uartEmpty(const Uart *uart)
{
	return uartLoad(uart->left) == uart->filled;
}

/** So long what waits to leave is waited for, microseconds: a full ring leaves at 57,600 baud and more, at 9,600 a quarter of one. */
static inline uint32_t uartLeavesUs(const Uart *uart, uint32_t baud)
{
	const uint32_t bytes = uart->filled - uartLoad(uart->left) + UART_FIFO_MOST, takes = bytes * 10000u / baud + UART_LEAVES_US / 1000;
	return 1000u * (takes < UART_LEAVES_MOST_MS ? takes : UART_LEAVES_MOST_MS);
}

static inline void uartFill(Uart *uart, uint32_t count)
{
	uartStore(uart->filled, uart->filled + count);
}

/** Asks to be called back when there is room for so many bytes, at most UART_SEND_RING; uartStart looks whether it is there already. */
static inline void uartWantRoom(Uart *uart, uint32_t bytes)
{
	uartStore(uart->wanted, bytes < UART_SEND_RING ? bytes : UART_SEND_RING);
}

/* The platform's interrupt handler: part of it, wherever it lies, as the ESP32's runs while flash cannot be read */

#define UART_HANDLER static inline __attribute__((always_inline))

/** The ring has no room for another byte: a sender that can be stopped should be. */
UART_HANDLER int uartFull(Uart *uart)
{
	return uart->came - uartLoad(uart->taken) == UART_RECEIVE_RING;
}

/** Bytes were lost here, or one came damaged and is dropped; the caller has counted it. */
UART_HANDLER void uartMissed(Uart *uart)
{
	if (uart->gaps == uartLoad(uart->gapsSeen)) {
		uart->gap = uart->came;
		uartStore(uart->gaps, uart->gaps + 1);
	}
}

/** A byte came. Answers whether the machine should hear of it. */
UART_HANDLER int uartCame(Uart *uart, uint8_t byte)
{
	uint32_t came = uart->came, there = came - uartLoad(uart->taken);
	if (there == UART_RECEIVE_RING) {
		uart->overruns++;
		uartMissed(uart);
		return 0;
	}
	uart->receive[came & (UART_RECEIVE_RING - 1)] = byte;
	int news = there == UART_RECEIVE_RING - 1;
	uartStore(uart->came, came + 1);
	if (uart->delimiter < 0 || (byte == uart->delimiter && byte != uart->last)) {
		uartStore(uart->ended, came + 1);
		news = 1;
	}
	uart->last = byte;
	return news;
}

/** The next byte to send, or -1. Call uartHasRoom after the last one. */
UART_HANDLER int32_t uartNext(Uart *uart)
{
	uint32_t left = uart->left;
	if (left == uartLoad(uart->filled))
		return -1;
	uint8_t byte = uart->send[left & (UART_SEND_RING - 1)];
	uartStore(uart->left, left + 1);
	return byte;
}

/** Whether the room that was waited for is there: the machine should hear of it. Once. */
UART_HANDLER int uartHasRoom(Uart *uart)
{
	uint32_t wanted = uartLoad(uart->wanted);
	if (wanted == 0 || UART_SEND_RING - (uartLoad(uart->filled) - uart->left) < wanted)
		return 0;
	uartStore(uart->wanted, 0);
	return 1;
}

/** What uartDelimit does, while no interrupt handler runs. */
static inline void uartMark(Uart *uart, int32_t delimiter)
{
	uint32_t at = uart->came;
	uart->delimiter = delimiter;
	if (delimiter >= 0)
		while (at != uart->taken && uart->receive[(at - 1) & (UART_RECEIVE_RING - 1)] != delimiter)
			at--;
	uart->ended = at;
}

#endif
