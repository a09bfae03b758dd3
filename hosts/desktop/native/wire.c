/*
 * Descriptors that carry frames: see wire.d.ts. A stream has one buffer each way. Reading fills the buffer with one system
 * call and serves frames from it; sending adds to the buffer, which the loop writes before it polls.
 */

#include "host.h"
#include "arena.h"

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

/* Room for a longest frame of 64 KiB and its length, twice. */
#define BUFFER_BYTES (128 * 1024)
#define LENGTH_BYTES 4
_Static_assert(HOST_WIRE_LONGEST == BUFFER_BYTES - LENGTH_BYTES, "the longest frame fills a buffer");

#define CLOSED HOST_WIRE_CLOSED
#define TOO_LONG -2

typedef enum { FRAME, STREAM, BYTES } WireKind;

typedef struct {
	uint8_t bytes[BUFFER_BYTES];
	size_t start;
	size_t end;
} Buffer;

typedef struct {
	WireKind kind;
	bool closed;
	bool isPending;
	/* Bytes still to come of a frame that was too long. */
	size_t skip;
	Buffer in;
	Buffer out;
} Wire;

static Wire *wires[HOST_MAX_FD];
/* Those with something in their output buffer. */
static int pending[HOST_MAX_FD];
static int pendingCount = 0;

static inline Wire *wireArgument(txMachine *the, int fd)
{
	if (fd < 0 || fd >= HOST_MAX_FD || !wires[fd])
		xsRangeError("descriptor %d: carries no frames here", fd);
	return wires[fd];
}

static int addWire(txMachine *the, int fd, WireKind kind)
{
	if (fd >= HOST_MAX_FD) {
		close(fd);
		xsRangeError("descriptor %d: expected 0 to %d", fd, HOST_MAX_FD - 1);
	}
	Wire *wire = calloc(1, sizeof(Wire));
	if (!wire)
		fxAbort(the, XS_NOT_ENOUGH_MEMORY_EXIT);
	wire->kind = kind;
	wires[fd] = wire;
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	return fd;
}

/* Opening */

static void tapFailed(txMachine *the, const char *name, int fd, int reason)
{
	if (fd >= 0)
		close(fd);
	switch (reason) {
	case EPERM:
	case EACCES:
		hostThrow(the, "Error",
			"TAP device %s: not permitted; create it for this user with `ip tuntap add dev %s mode tap user $USER`, or run as root",
			name, name);
	case EBUSY:
		hostThrow(the, "Error", "TAP device %s: busy; another process has attached to it, end that one or use another device", name);
	case ENOENT:
	case ENODEV:
		hostThrow(the, "Error", "TAP device %s: no /dev/net/tun; load the module with `modprobe tun`, or give it to this container", name);
	default:
		hostThrow(the, "Error", "TAP device %s: %s; see `ip tuntap show`", name, strerror(reason));
	}
}

void xs_host_openTap(txMachine *the)
{
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	char *name = xsmcToString(xsArg(0));
	if (!*name || strlen(name) >= sizeof(request.ifr_name))
		hostThrow(the, "RangeError", "TAP device %s: expected a name of 1 to %d bytes", name, (int)sizeof(request.ifr_name) - 1);
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		tapFailed(the, name, fd, errno);
	memcpy(request.ifr_name, name, strlen(name));
	if (ioctl(fd, TUNSETIFF, &request) < 0)
		tapFailed(the, name, fd, errno);
	xsmcSetInteger(xsResult, addWire(the, fd, FRAME));
}

void xs_host_connectStream(txMachine *the)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char *path = xsmcToString(xsArg(0));
	if (strlen(path) >= sizeof(address.sun_path))
		hostThrow(the, "RangeError", "%s: expected a socket path of less than %d bytes", path, (int)sizeof(address.sun_path));
	memcpy(address.sun_path, path, strlen(path));
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		int reason = errno;
		if (fd >= 0)
			close(fd);
		hostThrow(the, "Error", "socket %s: %s%s", path, strerror(reason),
			reason == ENOENT || reason == ECONNREFUSED ? "; start the program that listens there first" : "");
	}
	xsmcSetInteger(xsResult, addWire(the, fd, STREAM));
}

void xs_host_inheritFd(txMachine *the)
{
	int fd = xsmcToInteger(xsArg(0));
	char *name = xsmcToString(xsArg(1));
	WireKind kind = FRAME;
	if (strcmp(name, "stream") == 0)
		kind = STREAM;
	else if (strcmp(name, "bytes") == 0)
		kind = BYTES;
	else if (strcmp(name, "frame") != 0)
		hostThrow(the, "RangeError", "kind %s: expected frame, stream or bytes", name);
	if (fcntl(fd, F_GETFD) < 0)
		hostThrow(the, "Error", "descriptor %d: not open", fd);
	if (fd < HOST_MAX_FD && wires[fd])
		hostThrow(the, "Error", "descriptor %d: in use already", fd);
	xsmcSetInteger(xsResult, addWire(the, fd, kind));
}

/* Receiving */

static size_t frameLength(const Buffer *in)
{
	const uint8_t *p = in->bytes + in->start;
	return (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
}

/* Reads what there is. Returns whether anything came. */
static bool fill(Wire *wire, int fd)
{
	Buffer *in = &wire->in;
	if (wire->closed)
		return false;
	/* Only the beginning of one frame is left, so little is moved. */
	memmove(in->bytes, in->bytes + in->start, in->end - in->start);
	in->end -= in->start;
	in->start = 0;
	ssize_t count = read(fd, in->bytes + in->end, BUFFER_BYTES - in->end);
	if (count > 0) {
		in->end += (size_t)count;
		return true;
	}
	if (count == 0 || (errno != EAGAIN && errno != EINTR))
		wire->closed = true;
	return false;
}

/* Takes the next frame off the buffer: its length and *frame, 0 when it is not complete, or TOO_LONG. */
static int nextFrame(Wire *wire, size_t max, const uint8_t **frame)
{
	Buffer *in = &wire->in;
	if (max > HOST_WIRE_LONGEST)
		max = HOST_WIRE_LONGEST;
	for (;;) {
		size_t available = in->end - in->start;
		size_t skipped = wire->skip < available ? wire->skip : available;
		in->start += skipped;
		wire->skip -= skipped;
		available -= skipped;
		if (available < LENGTH_BYTES)
			return 0;
		size_t length = frameLength(in);
		if (length > max) {
			in->start += LENGTH_BYTES;
			wire->skip = length;
			return TOO_LONG;
		}
		if (available < LENGTH_BYTES + length)
			return 0;
		*frame = in->bytes + in->start + LENGTH_BYTES;
		in->start += LENGTH_BYTES + length;
		/* A frame without bytes would read as "nothing now". */
		if (length > 0)
			return (int)length;
	}
}

static int receiveStream(Wire *wire, int fd, uint8_t *target, size_t max)
{
	const uint8_t *frame;
	int length = nextFrame(wire, max, &frame);
	if (length == 0 && fill(wire, fd))
		length = nextFrame(wire, max, &frame);
	if (length > 0)
		memcpy(target, frame, (size_t)length);
	return length == 0 && wire->closed ? CLOSED : length;
}

static int received(Wire *wire, ssize_t count)
{
	if (count > 0)
		return (int)count;
	if (count < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	wire->closed = true;
	return CLOSED;
}

int hostWireReceive(int fd, uint8_t *target, size_t max)
{
	Wire *wire = wires[fd];
	if (wire->kind == STREAM)
		return receiveStream(wire, fd, target, max);
	/* readv(), which could tell that a frame was cut, takes 2 % longer to move a segment. */
	return wire->closed ? CLOSED : received(wire, read(fd, target, max));
}

/* The same, and a frame that does not fit is TOO_LONG. */
static int receiveWhole(int fd, uint8_t *target, size_t max)
{
	Wire *wire = wires[fd];
	if (wire->kind != FRAME || wire->closed)
		return hostWireReceive(fd, target, max);
	uint8_t excess;
	struct iovec parts[] = { { target, max }, { &excess, 1 } };
	ssize_t count = readv(fd, parts, 2);
	return count > (ssize_t)max ? TOO_LONG : received(wire, count);
}

void xs_host_receive(txMachine *the)
{
	int fd = intArg(0), at = intArg(2), max = intArg(3);
	wireArgument(the, fd);
	if (max <= 0 || max > INT32_MAX - at)
		xsRangeError("max %d: expected 1 or more", max);
	uint8_t *target = bytesOut(1, at, at + max);
	xsmcSetInteger(xsResult, receiveWhole(fd, target, (size_t)max));
}

bool hostWireOpen(int fd)
{
	return wires[fd] && !wires[fd]->closed;
}

bool hostWireAnswers(int fd)
{
	return wires[fd] && wires[fd]->kind == FRAME;
}

/* Whether receive() would return something without the descriptor becoming readable. */
bool hostWireReady(int fd)
{
	Wire *wire = wires[fd];
	if (!wire)
		return false;
	if (wire->closed)
		return true;
	if (wire->kind != STREAM)
		return false;
	size_t available = wire->in.end - wire->in.start;
	if (wire->skip > 0)
		return available > 0;
	if (available < LENGTH_BYTES)
		return false;
	size_t length = frameLength(&wire->in);
	return length > HOST_WIRE_LONGEST || available >= LENGTH_BYTES + length;
}

/* Sending */

static void flush(Wire *wire, int fd)
{
	Buffer *out = &wire->out;
	while (out->start < out->end) {
		ssize_t count = write(fd, out->bytes + out->start, out->end - out->start);
		if (count >= 0) {
			out->start += (size_t)count;
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN) {
			wire->closed = true;
			out->start = out->end;
		}
		break;
	}
	if (out->start == out->end)
		out->start = out->end = 0;
}

void hostWireFlush(void)
{
	int left = 0;
	for (int i = 0; i < pendingCount; i++) {
		int fd = pending[i];
		if (wires[fd])
			flush(wires[fd], fd);
		if (!hostWireFlushed(fd))
			pending[left++] = fd;
		else if (wires[fd])
			wires[fd]->isPending = false;
	}
	pendingCount = left;
}

bool hostWireFlushed(int fd)
{
	return !wires[fd] || wires[fd]->out.end == 0;
}

int hostWirePending(int *fds, int count)
{
	if (count > pendingCount)
		count = pendingCount;
	memcpy(fds, pending, (size_t)count * sizeof(int));
	return count;
}

static int sendBuffered(Wire *wire, int fd, const uint8_t *bytes, size_t length)
{
	Buffer *out = &wire->out;
	size_t header = wire->kind == STREAM ? LENGTH_BYTES : 0;
	size_t wanted = header + length;
	if (BUFFER_BYTES - out->end < wanted) {
		flush(wire, fd);
		memmove(out->bytes, out->bytes + out->start, out->end - out->start);
		out->end -= out->start;
		out->start = 0;
	}
	if (wire->closed)
		return CLOSED;
	if (BUFFER_BYTES - out->end < wanted)
		return 0;
	if (!wire->isPending)
		pending[pendingCount++] = fd;
	wire->isPending = true;
	uint8_t *p = out->bytes + out->end;
	if (header) {
		p[0] = (uint8_t)(length >> 24);
		p[1] = (uint8_t)(length >> 16);
		p[2] = (uint8_t)(length >> 8);
		p[3] = (uint8_t)length;
	}
	memcpy(p + header, bytes, length);
	out->end += wanted;
	return 1;
}

static int sendFrame(Wire *wire, int fd, const uint8_t *bytes, size_t length)
{
	if (wire->closed)
		return CLOSED;
	if (write(fd, bytes, length) >= 0)
		return 1;
	switch (errno) {
	case EAGAIN:
	case EINTR:
	case ENOBUFS:
		return 0;
	/* The interface is down: as with a cable pulled out, what is sent is lost. */
	case EIO:
	case ENETDOWN:
		return 1;
	default:
		wire->closed = true;
		return CLOSED;
	}
}

int hostWireSend(int fd, const uint8_t *bytes, size_t length)
{
	Wire *wire = wires[fd];
	return wire->kind == FRAME ? sendFrame(wire, fd, bytes, length) : sendBuffered(wire, fd, bytes, length);
}

void xs_host_send(txMachine *the)
{
	int fd = intArg(0), at = intArg(2), end = intArg(3);
	wireArgument(the, fd);
	const uint8_t *bytes = bytesIn(1, at, end);
	size_t length = (size_t)(end - at);
	if (length == 0 || length > HOST_WIRE_LONGEST)
		xsRangeError("frame of %d bytes: expected 1 to %d", end - at, HOST_WIRE_LONGEST);
	xsmcSetInteger(xsResult, hostWireSend(fd, bytes, length));
}

void hostWireClose(int fd)
{
	Wire *wire = wires[fd];
	flush(wire, fd);
	hostUnwatch(fd);
	wires[fd] = NULL;
	/* Takes it off the list of those with output, as the number may soon be another descriptor's. */
	hostWireFlush();
	free(wire);
	close(fd);
}

void xs_host_closeWire(txMachine *the)
{
	int fd = intArg(0);
	wireArgument(the, fd);
	hostWireClose(fd);
}
