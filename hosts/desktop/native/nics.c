/*
 * Stand-ins for the interfaces that a board's SDK drives (drivers/nic): "wifi" and "emac", one of each, with a wire, which is a descriptor that carries frames, or
 * without one, for tests. Frames are handed over from the loop, between turns of the engine, as on a board from a task or an interrupt.
 */

#include "plugs.h"
#include "arena.h"

#include "nic.h"

#define KINDS 2

/* Frames that were sent without a wire and that nobody has asked for yet; the oldest make room. */
#define SAID 32

typedef struct {
	bool plugged;
	bool posted; /* a message for the machine */
	bool full; /* its queue takes none */
	bool multicast;
	int fd; /* the wire; -1 for none */
	int busy; /* so many frames are refused, or all while it is negative */
	uint8_t mac[6];
	uint32_t saidFirst, saidEnd;
	struct {
		uint32_t length;
		uint8_t bytes[NIC_FRAME_MOST];
	} said[SAID];
} End;

static const char *const names[KINDS] = { "wifi", "emac" };
static Nic nics[KINDS];
static End ends[KINDS];

static End *endOf(const Nic *nic)
{
	return &ends[nic - nics];
}

/* What drivers/nic calls */

int nicPost(Nic *nic)
{
	if (endOf(nic)->full)
		return 0;
	endOf(nic)->posted = true;
	return 1;
}

/* A wire tells when it has room. */
void nicSoon(Nic *nic)
{
	if (endOf(nic)->fd < 0)
		nicPost(nic);
}

void nicPause(void)
{
}

static const char *start(Nic *nic, const int32_t *options)
{
	End *end = endOf(nic);
	(void)options;
	if (!end->plugged)
		return "there is none; the board file's interfaces say what there is";
	memcpy(nic->mac, end->mac, sizeof(nic->mac));
	end->multicast = false;
	nicLink(nic, end->fd < 0 || hostWireOpen(end->fd));
	return NULL;
}

static int transmit(Nic *nic, uint8_t *frame, uint32_t length)
{
	End *end = endOf(nic);
	if (end->busy != 0) {
		end->busy -= end->busy > 0;
		return NIC_BUSY;
	}
	if (end->fd >= 0) {
		int sent = hostWireOpen(end->fd) ? hostWireSend(end->fd, frame, length) : -1;
		if (sent == 0)
			hostWatchForRoom(end->fd);
		return sent > 0 ? NIC_SENT : sent == 0 ? NIC_BUSY : NIC_FAILED;
	}
	uint32_t place = end->saidEnd++ % SAID;
	if (end->saidEnd - end->saidFirst > SAID)
		end->saidFirst++;
	memcpy(end->said[place].bytes, frame, end->said[place].length = length);
	return NIC_SENT;
}

static void multicast(Nic *nic, int on)
{
	endOf(nic)->multicast = on;
}

static void stop(Nic *nic)
{
	(void)nic;
}

#define DRIVER(KIND) { names[KIND], &nics[KIND], 1, start, transmit, multicast, NULL, stop }
extern const NicDriver wifiDriver, emacDriver;
const NicDriver wifiDriver = DRIVER(0);
const NicDriver emacDriver = DRIVER(1);

/* For the loop */

void hostNicsRun(txMachine *the)
{
	for (End *end = ends; end < ends + KINDS; end++) {
		if (!end->posted)
			continue;
		end->posted = false;
		nicDeliver(the, &nics[end - ends], NULL, 0);
		hostRunPromises(the);
	}
}

bool hostNicsReady(void)
{
	return ends[0].posted || ends[1].posted;
}

/* For JavaScript: nics.d.ts */

static int kindArgument(txMachine *the)
{
	char *name = xsmcToString(xsArg(0));
	for (int i = 0; i < KINDS; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	hostThrow(the, "RangeError", "interface %s: expected wifi or emac", name);
	return 0;
}

void xs_host_plugNic(txMachine *the)
{
	int kind = kindArgument(the), fd = xsmcToInteger(xsArg(1));
	if (ends[kind].plugged)
		hostThrow(the, "Error", "%s: a board has one", names[kind]);
	End end = { .plugged = true, .fd = fd };
	memcpy(end.mac, bytesIn(2, 0, 6), 6);
	ends[kind] = end;
}

void xs_host_unplugNic(txMachine *the)
{
	int kind = kindArgument(the);
	if (nics[kind].told)
		hostThrow(the, "Error", "%s: a driver has it: close that first", names[kind]);
	if (ends[kind].plugged && ends[kind].fd >= 0)
		hostWireClose(ends[kind].fd);
	ends[kind].plugged = false;
}

/* Hands over what its wire has, as far as it may wait: the rest waits in the wire. */
void xs_host_arriveAtNic(txMachine *the)
{
	int kind = kindArgument(the), length = 0;
	uint8_t frame[NIC_FRAME_MOST];
	Nic *nic = &nics[kind];
	int fd = ends[kind].fd;
	while (nic->open && nic->put - nic->taken < NIC_FRAMES && (length = hostWireReceive(fd, frame, sizeof(frame))) != 0) {
		if (length == HOST_WIRE_CLOSED) {
			nicLink(nic, 0);
			break;
		}
		if (length > 0)
			nicHand(nic, frame, (uint32_t)length, NULL);
	}
	/* There may be room again, too. */
	nicPost(nic);
	xsmcSetBoolean(xsResult, length != HOST_WIRE_CLOSED);
}

void xs_host_handToNic(txMachine *the)
{
	int kind = kindArgument(the), at = xsmcToInteger(xsArg(2)), end = xsmcToInteger(xsArg(3));
	xsmcSetBoolean(xsResult, nicHand(&nics[kind], bytesIn(1, at, end), (uint32_t)(end - at), NULL));
}

void xs_host_hearNic(txMachine *the)
{
	End *end = &ends[kindArgument(the)];
	int at = xsmcToInteger(xsArg(2));
	xsmcSetInteger(xsResult, 0);
	if (end->saidFirst == end->saidEnd)
		return;
	uint32_t place = end->saidFirst++ % SAID, length = end->said[place].length;
	memcpy(bytesOut(1, at, at + (int)length), end->said[place].bytes, length);
	xsmcSetInteger(xsResult, (xsIntegerValue)length);
}

void xs_host_linkNic(txMachine *the)
{
	int kind = kindArgument(the);
	nicLink(&nics[kind], xsmcToBoolean(xsArg(1)));
}

void xs_host_hinderNic(txMachine *the)
{
	End *end = &ends[kindArgument(the)];
	end->full = xsmcToBoolean(xsArg(1));
	end->busy = xsmcToInteger(xsArg(2));
}

void xs_host_multicastOfNic(txMachine *the)
{
	xsmcSetBoolean(xsResult, ends[kindArgument(the)].multicast);
}
