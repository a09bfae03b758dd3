/*
 * The lines of simulated UARTs: bytes take ten bits' time at the driver's baud rate, each way, and may be lost or damaged. At the far end of a line is a descriptor
 * (uart-end.c), another UART of this process, or the program: uart.d.ts. Bytes move in bursts, as with a UART's FIFO: whatever has passed when the loop looks.
 */

#include "uart-line.h"
#include "arena.h"

#include <poll.h>

/* How long a burst of a line that is busy may be, ns. */
#define BURST 500000
/* How often a pty without anybody at its other end is looked at, ns. */
#define LOOK 20000000

enum { RECEIVED, SENT, LOST, FLIPPED };

static HostLine lines[HOST_LINES];

HostLine *hostLineAt(int port)
{
	for (HostLine *line = lines; line < lines + HOST_LINES; line++)
		if (line->used && line->port == port)
			return line;
	return NULL;
}

/* A 32-bit counter through the murmur3 finaliser: the same bytes have the same fate in every run of a seed. */
static uint32_t draw(HostLine *line)
{
	uint32_t z = line->chance += 0x9e3779b9;
	z = (z ^ z >> 16) * 0x85ebca6b;
	z = (z ^ z >> 13) * 0xc2b2ae35;
	return z ^ z >> 16;
}

/* What becomes of a byte on its way; -1 when it is lost. */
static int passed(HostLine *line, uint8_t byte)
{
	if (line->loss && draw(line) < line->loss) {
		line->counts[LOST]++;
		return -1;
	}
	if (line->flip && draw(line) < line->flip) {
		line->counts[FLIPPED]++;
		byte ^= (uint8_t)(1 << (draw(line) & 7));
	}
	return byte;
}

static uint32_t held(const LineBuffer *buffer)
{
	return buffer->end - buffer->start;
}

static uint8_t takeByte(LineBuffer *buffer)
{
	return buffer->bytes[buffer->start++ % HOST_LINE_BYTES];
}

static void put(LineBuffer *buffer, uint8_t byte)
{
	buffer->bytes[buffer->end++ % HOST_LINE_BYTES] = byte;
}

/* A direction that was idle begins with the next byte now, or when its last byte has passed. */
static void begin(const HostLine *line, LineBuffer *buffer, uint64_t now)
{
	if (buffer->due < now + line->byteTime)
		buffer->due = now + line->byteTime;
}

static void hungUp(HostLine *line)
{
	line->up = false;
	line->in.start = line->in.end;
	line->out.start = line->out.end;
	line->look = line->kind == LINE_PTY ? hostNanoseconds() + LOOK : INT64_MAX;
	line->pending = true;
}

/* Takes from the far end what it has sent. */
static void fetch(HostLine *line, uint64_t now)
{
	LineBuffer *in = &line->in;
	bool idle = held(in) == 0;
	while (held(in) < HOST_LINE_BYTES) {
		uint32_t at = in->end % HOST_LINE_BYTES, room = HOST_LINE_BYTES - held(in);
		ssize_t count = read(line->fd, in->bytes + at, room < HOST_LINE_BYTES - at ? room : HOST_LINE_BYTES - at);
		if (count > 0) {
			in->end += (uint32_t)count;
			continue;
		}
		if (count == 0 || (errno != EAGAIN && errno != EINTR))
			hungUp(line);
		break;
	}
	if (idle && held(in) > 0)
		begin(line, in, now);
}

/* Hands the far end what has left the UART. */
static void deliver(HostLine *line)
{
	LineBuffer *out = &line->out;
	if (line->peer) {
		LineBuffer *in = &line->peer->in;
		while (held(out) && held(in) < HOST_LINE_BYTES)
			put(in, takeByte(out));
	}
	while (line->fd >= 0 && line->up && held(out)) {
		uint32_t at = out->start % HOST_LINE_BYTES, length = held(out);
		ssize_t count = write(line->fd, out->bytes + at, length < HOST_LINE_BYTES - at ? length : HOST_LINE_BYTES - at);
		if (count > 0) {
			out->start += (uint32_t)count;
			continue;
		}
		if (errno != EAGAIN && errno != EINTR)
			hungUp(line);
		break;
	}
	if (line->kind != LINE_LOOSE && !line->up)
		out->start = out->end;
}

/* Bytes that have passed by now come out of the line into the driver's ring. */
static void receiveBytes(HostLine *line, uint64_t now)
{
	LineBuffer *in = &line->in;
	Uart *uart = line->uart;
	if (line->breaks || line->framingErrors)
		uartMissed(uart);
	uart->breaks += line->breaks;
	uart->framingErrors += line->framingErrors;
	line->breaks = line->framingErrors = 0;
	/* What comes from another UART has taken its time already. */
	while (held(in) && (line->peer || in->due <= now)) {
		if (line->stops && uartFull(uart)) {
			in->due = now;
			return;
		}
		int byte = passed(line, takeByte(in));
		in->due += line->byteTime;
		line->counts[RECEIVED]++;
		if (byte < 0)
			continue;
		hostLineRecord(line, RECORD_IN, (uint8_t)byte);
		if (uartCame(uart, (uint8_t)byte))
			line->pending = true;
	}
}

static void sendBytes(HostLine *line, uint64_t now)
{
	LineBuffer *out = &line->out;
	Uart *uart = line->uart;
	while (uart->left != uart->filled && out->due <= now) {
		if (held(out) == HOST_LINE_BYTES) { /* the far end takes no more: as with CTS high */
			out->due = now;
			break;
		}
		uint8_t next = (uint8_t)uartNext(uart);
		hostLineRecord(line, RECORD_OUT, next);
		int byte = passed(line, next);
		out->due += line->byteTime;
		line->counts[SENT]++;
		if (byte >= 0)
			put(out, (uint8_t)byte);
	}
	line->sending = uart->left != uart->filled;
	if (uartHasRoom(uart))
		line->pending = true;
}

void hostLineDrain(HostLine *line)
{
	for (int32_t byte; held(&line->out) < HOST_LINE_BYTES && (byte = uartNext(line->uart)) >= 0;) {
		hostLineRecord(line, RECORD_OUT, (uint8_t)byte);
		put(&line->out, (uint8_t)byte);
	}
	deliver(line);
}

static void runLine(HostLine *line, uint64_t now)
{
	if (!line->up && line->kind == LINE_PTY && hostNanoseconds() >= line->look) {
		line->look = hostNanoseconds() + LOOK;
		line->up = hostLineIsThere(line);
		line->pending |= line->up;
	}
	if (line->fd >= 0 && line->up)
		fetch(line, now);
	if (line->uart) {
		receiveBytes(line, now);
		sendBytes(line, now);
	} else /* nobody hears it */
		line->in.start = line->in.end;
	deliver(line);
}

__attribute__((noinline))
void hostLineStart(HostLine *line)
{
	uint64_t now = hostLineTime();
	if (!line->sending && line->uart->left != line->uart->filled)
		begin(line, &line->out, now);
	sendBytes(line, now);
}

/* For the loop */

static void tell(txMachine *the, HostLine *line)
{
	if (!line->pending || !line->callback)
		return;
	line->pending = false;
	line->callback(line->context); /* which may close it */
	hostRunPromises(the);
}

/* A function of its own: the benchmark leaves out what is done in here (test/bench/bench.mjs). */
__attribute__((noinline))
static void moveBytes(void)
{
	for (HostLine *line = lines; line < lines + HOST_LINES; line++)
		if (line->used)
			runLine(line, hostLineTime());
}

void hostLinesRun(txMachine *the)
{
	moveBytes();
	for (HostLine *line = lines; line < lines + HOST_LINES; line++)
		if (line->used)
			tell(the, line);
}

/* When `count` bytes, or as many as one burst has, have passed. */
static uint64_t burstDue(const HostLine *line, const LineBuffer *buffer, uint32_t count)
{
	uint64_t time = (count - 1) * line->byteTime;
	return buffer->due + (time < BURST ? time : BURST);
}

int64_t hostLinesDue(void)
{
	uint64_t next = UINT64_MAX;
	int64_t look = -1;
	for (HostLine *line = lines; line < lines + HOST_LINES; line++) {
		if (!line->used)
			continue;
		if (line->pending && line->callback)
			return hostNanoseconds();
		if (!line->up && line->kind == LINE_PTY && (look < 0 || line->look < look))
			look = line->look;
		Uart *uart = line->uart;
		if (!uart || hostTimeIsManual())
			continue;
		uint64_t due = UINT64_MAX;
		if (held(&line->in) && !(line->stops && uartFull(uart)))
			due = burstDue(line, &line->in, held(&line->in));
		if (due < next)
			next = due;
		if (uart->left != uart->filled && held(&line->out) < HOST_LINE_BYTES)
			due = burstDue(line, &line->out, uart->filled - uart->left);
		if (due < next)
			next = due;
	}
	if (next == UINT64_MAX)
		return look;
	uint64_t now = hostLineTime();
	int64_t due = hostNanoseconds() + (next > now ? (int64_t)(next - now) : 0);
	return look >= 0 && look < due ? look : due;
}

int hostLinesPoll(struct pollfd *polls)
{
	int count = 0;
	for (const HostLine *line = lines; line < lines + HOST_LINES; line++) {
		if (!line->used || line->fd < 0 || !line->up)
			continue;
		short events = (short)((held(&line->in) < HOST_LINE_BYTES ? POLLIN : 0) | (held(&line->out) ? POLLOUT : 0));
		/* A far end that hung up is seen when what it said has been read. */
		polls[count++] = (struct pollfd){ .fd = events ? line->fd : -1, .events = events };
	}
	return count;
}

/* For JavaScript: uart.d.ts */

HostLine *hostLineNumber(txMachine *the, int argument)
{
	int index = xsmcToInteger(xsArg(argument));
	if (index < 0 || index >= HOST_LINES || !lines[index].used)
		xsRangeError("line %d: there is none", index);
	return &lines[index];
}

static uint32_t probability(txMachine *the, int argument, const char *name)
{
	double value = xsmcToNumber(xsArg(argument));
	if (!(value >= 0 && value <= 1))
		hostThrow(the, "RangeError", "%s %g: expected 0 to 1", name, value);
	return value == 1 ? UINT32_MAX : (uint32_t)(value * 4294967296.0);
}

/* plug(port, kind, place, byteLoss, byteFlip, seed) */
void xs_host_plugUart(txMachine *the)
{
	int port = xsmcToInteger(xsArg(0)), seed = xsmcToInteger(xsArg(5));
	uint32_t loss = probability(the, 3, "byteLoss"), flip = probability(the, 4, "byteFlip");
	if (hostLineAt(port))
		hostThrow(the, "Error", "uart%d: it is wired already", port);
	HostLine *line = lines;
	while (line < lines + HOST_LINES && line->used)
		line++;
	if (line == lines + HOST_LINES)
		hostThrow(the, "Error", "more than %d UARTs", HOST_LINES);
	memset(line, 0, sizeof(*line));
	line->port = port;
	line->loss = loss;
	line->flip = flip;
	line->chance = (uint32_t)seed;
	line->fd = line->recordFile = -1;
	line->up = true;
	const char *kind = xsmcToString(xsArg(1));
	if (strcmp(kind, "pty") == 0)
		hostLineOpenPty(the, line, xsmcToString(xsArg(2)));
	else if (strcmp(kind, "stream") == 0)
		hostLineOpenStream(the, line, xsmcToString(xsArg(2)));
	else if (strcmp(kind, "loose") != 0)
		hostThrow(the, "RangeError", "kind %s: expected pty, stream or loose", kind);
	line->used = true;
	xsmcSetInteger(xsResult, (xsIntegerValue)(line - lines));
}

void xs_host_unplugUart(txMachine *the)
{
	HostLine *line = hostLineNumber(the, 0);
	if (line->uart)
		hostThrow(the, "Error", "uart%d: a driver has it: close that first", line->port);
	if (line->peer)
		line->peer->peer = NULL;
	hostLineEnd(line);
	hostLineRecordEnd(line);
	line->used = false;
}

void xs_host_joinUarts(txMachine *the)
{
	HostLine *a = hostLineNumber(the, 0), *b = hostLineNumber(the, 1);
	if (a == b || a->peer || b->peer || a->fd >= 0 || b->fd >= 0)
		hostThrow(the, "Error", "uart%d and uart%d: expected two loose ends", a->port, b->port);
	a->peer = b;
	b->peer = a;
}

void xs_host_pathOfUart(txMachine *the)
{
	xsmcSetString(xsResult, hostLineNumber(the, 0)->path);
}

/* Bytes from nowhere onto the line, after those that are on it; answers how many there was room for. */
void xs_host_sendToUart(txMachine *the)
{
	int at = xsmcToInteger(xsArg(2)), end = xsmcToInteger(xsArg(3)), count = 0;
	HostLine *line = hostLineNumber(the, 0);
	LineBuffer *in = &line->in;
	const uint8_t *bytes = bytesIn(1, at, end);
	if (held(in) == 0)
		begin(line, in, hostLineTime());
	while (count < end - at && held(in) < HOST_LINE_BYTES)
		put(in, bytes[count++]);
	xsmcSetInteger(xsResult, count);
}

/* What has left a UART with a loose end: at most `max` bytes to the view from `at`; answers how many. */
void xs_host_hearUart(txMachine *the)
{
	int at = xsmcToInteger(xsArg(2)), max = xsmcToInteger(xsArg(3)), count = 0;
	HostLine *line = hostLineNumber(the, 0);
	uint8_t *bytes = bytesOut(1, at, at + max);
	while (count < max && held(&line->out))
		bytes[count++] = takeByte(&line->out);
	xsmcSetInteger(xsResult, count);
}

void xs_host_disturbUart(txMachine *the)
{
	HostLine *line = hostLineNumber(the, 0);
	line->breaks += (uint32_t)xsmcToInteger(xsArg(1));
	line->framingErrors += (uint32_t)xsmcToInteger(xsArg(2));
}

void xs_host_hangUpUart(txMachine *the)
{
	HostLine *line = hostLineNumber(the, 0);
	line->up = xsmcToBoolean(xsArg(1));
	line->pending = true;
}

/* Moves what has passed by now, and calls the drivers, as the loop does. */
void xs_host_runUarts(txMachine *the)
{
	hostLinesRun(the);
}

void xs_host_countOfUart(txMachine *the)
{
	HostLine *line = hostLineNumber(the, 0);
	int index = xsmcToInteger(xsArg(1));
	if (index < 0 || index >= (int)(sizeof(line->counts) / sizeof(*line->counts)))
		xsRangeError("count %d: there is none", index);
	xsmcSetNumber(xsResult, line->counts[index]);
}
