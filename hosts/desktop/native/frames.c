/*
 * The class Frames: a descriptor that carries whole frames (wire.c), as frames-device.ts and compiled code see it. That the other end is gone, or takes
 * frames again, the loop tells whoever watches the descriptor.
 */

#include "host.h"
#include "arena.h"
#include "devices.h"

/* Of xs.h; the headers of the engine's inside leave it out. */
void *fxGetHostDataValidate(txMachine *the, txSlot *slot, void *validator);

enum { COUNT_TOO_LONG, COUNT_SEND_BUSY, COUNTERS };

typedef struct {
	int fd; /* -1: closed */
	bool unplugged;
	int32_t number; /* in the table of devices in C, once there is an arena; else 0 */
	uint32_t counters[COUNTERS];
	Arena arena; /* a host buffer, which never moves */
} Frames;

/* What compiled code does with the device. It is in the table while the descriptor is open. */

static int32_t receive(void *driver, uint8_t *at, int32_t most)
{
	Frames *frames = driver;
	int length = most > 0 ? hostWireReceive(frames->fd, at, (size_t)most) : 0;
	if (length >= 0)
		return length;
	if (length == HOST_WIRE_CLOSED)
		return 0;
	frames->counters[COUNT_TOO_LONG]++;
	return -1;
}

static int32_t linkUp(void *driver)
{
	const Frames *frames = driver;
	return frames->fd >= 0 && !frames->unplugged && hostWireOpen(frames->fd);
}

static bool canBeSent(int32_t length)
{
	return length > 0 && length <= HOST_WIRE_LONGEST;
}

static int32_t transmit(void *driver, int32_t packet, uint8_t *frame, int32_t length)
{
	Frames *frames = driver;
	(void)packet;
	if (!canBeSent(length)) {
		frames->counters[COUNT_TOO_LONG]++;
		return DEVICE_SENT;
	}
	/* As with a cable pulled out, what is sent is lost when the other end is gone. */
	if (!linkUp(frames))
		return DEVICE_SENT;
	int sent = hostWireSend(frames->fd, frame, (size_t)length);
	/* The kernel behind a TAP device takes a frame, and may answer it, before write() returns. */
	if (sent != 0)
		return sent > 0 && hostWireAnswers(frames->fd) ? DEVICE_ANSWERED : DEVICE_SENT;
	frames->counters[COUNT_SEND_BUSY]++;
	hostWatchForRoom(frames->fd);
	return DEVICE_BUSY;
}

static const MultihomeDeviceOps ops = { .receive = receive, .transmit = transmit, .linkUp = linkUp };

static void release(Frames *frames)
{
	multihomeDeviceRemove(frames->number);
	frames->number = 0;
	if (frames->fd >= 0)
		hostWireClose(frames->fd);
	frames->fd = -1;
}

void xs_host_frames_delete(void *data)
{
	if (!data)
		return;
	release(data);
	free(data);
}

static Frames *framesOf(txMachine *the)
{
	/* Frames.prototype is one of its kind, without a descriptor. */
	Frames *frames = xsmcGetHostDataValidate(xsThis, (void *)xs_host_frames_delete);
	if (!frames)
		hostThrow(the, "Error", "this is no device");
	return frames;
}

static Frames *openFrames(txMachine *the)
{
	Frames *frames = framesOf(the);
	if (frames->fd < 0)
		hostThrow(the, "Error", "the device is closed");
	return frames;
}

void xs_host_frames(txMachine *the)
{
	int fd = intArg(0);
	if (fd < 0 || fd >= HOST_MAX_FD || !hostWireOpen(fd))
		xsRangeError("descriptor %d: carries no frames here", fd);
	Frames *frames = calloc(1, sizeof(Frames));
	if (!frames)
		fxAbort(the, XS_NOT_ENOUGH_MEMORY_EXIT);
	frames->fd = fd;
	xsmcSetHostData(xsThis, frames);
}

void xs_host_frames_bind(txMachine *the)
{
	Frames *frames = openFrames(the);
	frames->arena = argMemory(0);
	if (!frames->number)
		frames->number = multihomeDeviceAdd(&ops, frames);
}

void xs_host_frames_get_native(txMachine *the)
{
	xsmcSetInteger(xsResult, framesOf(the)->number);
}

void xs_host_frames_get_linkUp(txMachine *the)
{
	xsmcSetBoolean(xsResult, linkUp(framesOf(the)));
}

void xs_host_frames_unplug(txMachine *the)
{
	framesOf(the)->unplugged = true;
}

void xs_host_frames_receive(txMachine *the)
{
	int at = intArg(0), max = intArg(1);
	Frames *frames = openFrames(the);
	demand(at, max, frames->arena.size);
	xsmcSetInteger(xsResult, receive(frames, frames->arena.base + at, max));
}

void xs_host_frames_transmit(txMachine *the)
{
	int packet = intArg(0), at = intArg(1), end = intArg(2);
	Frames *frames = openFrames(the);
	demandTo(at, end, frames->arena.size);
	if (!canBeSent(end - at))
		xsRangeError("frame of %d bytes: expected 1 to %d", end - at, HOST_WIRE_LONGEST);
	int32_t answer = transmit(frames, packet, frames->arena.base + at, end - at);
	/* TypeScript around the device asks for frames as it likes. */
	xsmcSetInteger(xsResult, answer == DEVICE_ANSWERED ? DEVICE_SENT : answer);
}

void xs_host_frames_count(txMachine *the)
{
	int index = intArg(0);
	demand(index, 1, COUNTERS);
	xsmcSetNumber(xsResult, framesOf(the)->counters[index]);
}

void xs_host_frames_close(txMachine *the)
{
	release(framesOf(the));
}
