/*
 * Simulated chips: plugged into a board's SPI controllers (../../../drivers/bus/desktop.c is at their other side), with a wire each, which is a
 * descriptor that carries frames. The models are in ../chips. Here a wire waits for a chip without room, as if by PAUSE frames (IEEE 802.3
 * annex 31B): a chip overruns where the line has its speed, which is in the tests and in the board emulator.
 */

#include "plugs.h"
#include "uart-line.h"
#include "arena.h"

#define NANOSECONDS_PER_MS 1000000

/* A frame and more, so that no model has to be asked twice. */
#define ROOM CHIP_FRAME_MOST

/* Frames that a chip without a wire sent and nobody has asked for yet; the oldest make room. */
#define SAID 32
typedef struct {
	uint32_t length;
	uint8_t bytes[CHIP_FRAME_MOST];
} Said;

static HostPlug plugs[HOST_PLUGS];
static Said said[HOST_PLUGS][SAID];
static uint32_t saidFirst[HOST_PLUGS], saidEnd[HOST_PLUGS];
static uint64_t passed = 0;
static bool manual = false;
static uint32_t complaintCount = 0;
static char lastComplaint[256];

uint64_t hostChipTime(void)
{
	return (manual ? 0 : (uint64_t)hostNanoseconds()) + passed;
}

uint64_t hostLineTime(void)
{
	return manual ? passed : (uint64_t)hostNanoseconds();
}

bool hostTimeIsManual(void)
{
	return manual;
}

void hostChipTimePasses(uint64_t ns)
{
	passed += ns;
}

HostPlug *hostPlugAt(int bus, int select)
{
	for (HostPlug *plug = plugs; plug < plugs + HOST_PLUGS; plug++)
		if (plug->chip && plug->bus == bus && plug->select == select)
			return plug;
	return NULL;
}

/* What a model calls */

static void transmit(void *context, const uint8_t *frame, uint32_t length)
{
	HostPlug *plug = context;
	if (plug->fd >= 0) {
		if (hostWireSend(plug->fd, frame, length) <= 0)
			plug->unsent++;
	} else if (plug->hear)
		plug->hear(frame, length);
	else {
		size_t i = (size_t)(plug - plugs);
		Said *place = &said[i][saidEnd[i]++ % SAID];
		place->length = length;
		memcpy(place->bytes, frame, length);
		if (saidEnd[i] - saidFirst[i] > SAID)
			saidFirst[i]++;
	}
}

static void interrupt(void *context, bool asserted)
{
	HostPlug *plug = context;
	if (asserted && plug->interrupt >= 0)
		plug->pending = true;
}

static void complain(void *context, const char *text)
{
	HostPlug *plug = context;
	complaintCount++;
	snprintf(lastComplaint, sizeof(lastComplaint), "%s on spi%d, cs %d: %s", plug->kind, plug->bus, plug->select, text);
	if (complaintCount <= 20)
		fprintf(stderr, "the model complains: %s\n", lastComplaint);
}

static bool isSelected(int bus)
{
	for (const HostPlug *plug = plugs; plug < plugs + HOST_PLUGS; plug++)
		if (plug->chip && plug->bus == bus && plug->selected)
			return true;
	return false;
}

void hostPlugSelects(HostPlug *plug, bool selected)
{
	for (HostPlug *other = plugs; selected && other < plugs + HOST_PLUGS; other++)
		if (other != plug && other->chip && other->bus == plug->bus && other->selected)
			complain(plug, "two chips of a controller are selected at once");
	plug->selected = selected;
}

/* Wires */

static bool mayReceive(const HostPlug *plug)
{
	return plug->chip && plug->fd >= 0 && chipRoom(plug->chip, ROOM);
}

static void receive(HostPlug *plug)
{
	uint8_t frame[ROOM];
	while (mayReceive(plug)) {
		int length = hostWireReceive(plug->fd, frame, sizeof(frame));
		if (length == HOST_WIRE_CLOSED) {
			hostWireClose(plug->fd);
			plug->fd = -1;
			chipLink(plug->chip, false);
			return;
		}
		if (length == 0)
			return;
		if (length > 0)
			chipReceive(plug->chip, frame, (uint32_t)length);
	}
}

int hostPlugsPoll(int *fds, int count, bool *ready)
{
	int found = 0;
	for (HostPlug *plug = plugs; plug < plugs + HOST_PLUGS && found < count; plug++) {
		if (!mayReceive(plug))
			continue;
		fds[found++] = plug->fd;
		if (hostWireReady(plug->fd))
			*ready = true;
	}
	return found;
}

void hostPlugsRun(txMachine *the)
{
	for (HostPlug *plug = plugs; plug < plugs + HOST_PLUGS; plug++) {
		if (!plug->chip)
			continue;
		if (!manual)
			chipTime(plug->chip, hostChipTime());
		receive(plug);
		if (plug->pending && plug->callback) {
			plug->pending = false;
			if (plug->atOnce && !isSelected(plug->bus))
				plug->atOnce(plug->context);
			plug->callback(plug->context); /* which may unplug it */
			hostRunPromises(the);
		}
	}
}

int64_t hostPlugsDue(void)
{
	uint64_t next = UINT64_MAX;
	for (const HostPlug *plug = plugs; plug < plugs + HOST_PLUGS; plug++) {
		if (!plug->chip)
			continue;
		if (plug->pending && plug->callback)
			return hostNanoseconds();
		uint64_t due = manual ? UINT64_MAX : chipNext(plug->chip);
		if (due < next)
			next = due;
	}
	if (next == UINT64_MAX)
		return -1;
	uint64_t now = hostChipTime();
	return hostNanoseconds() + (next > now ? (int64_t)(next - now) : 0);
}

/* For JavaScript: chips.d.ts */

HostPlug *hostPlugNumber(txMachine *the, int index)
{
	if (index < 0 || index >= HOST_PLUGS || !plugs[index].chip)
		xsRangeError("chip %d: there is none", index);
	return &plugs[index];
}

static HostPlug *plugArgument(txMachine *the)
{
	return hostPlugNumber(the, xsmcToInteger(xsArg(0)));
}

void xs_host_plugChip(txMachine *the)
{
	static const char *const kinds[] = { "w5500", "enc28j60" };
	int bus = xsmcToInteger(xsArg(1)), select = xsmcToInteger(xsArg(2)), pin = xsmcToInteger(xsArg(3)), reset = xsmcToInteger(xsArg(4));
	int fd = xsmcToInteger(xsArg(5)), lineRate = xsmcToInteger(xsArg(6)), seed = xsmcToInteger(xsArg(7));
	char *kind = xsmcToString(xsArg(0));
	const char *name = NULL;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(kinds[i], kind) == 0)
			name = kinds[i];
	if (!name)
		hostThrow(the, "RangeError", "chip %s: expected w5500 or enc28j60", kind);
	if (hostPlugAt(bus, select))
		hostThrow(the, "Error", "spi%d, cs %d: there is a chip already", bus, select);
	HostPlug *plug = plugs;
	while (plug < plugs + HOST_PLUGS && plug->chip)
		plug++;
	if (plug == plugs + HOST_PLUGS)
		hostThrow(the, "Error", "more than %d chips", HOST_PLUGS);
	ChipHost host = { plug, transmit, interrupt, complain };
	ChipOptions options = { .lineRate = (uint32_t)lineRate, .seed = (uint32_t)seed };
	*plug = (HostPlug){ .kind = name, .bus = bus, .select = select, .interrupt = pin, .reset = reset, .fd = fd, .cable = true };
	plug->chip = chipNew(name, &host, &options);
	if (!plug->chip)
		fxAbort(the, XS_NOT_ENOUGH_MEMORY_EXIT);
	saidFirst[plug - plugs] = saidEnd[plug - plugs] = 0;
	/* Where in its microsecond the time is may decide a comparison: from a whole ms on a test goes as it did before, alone or among others. */
	if (manual)
		passed += NANOSECONDS_PER_MS - passed % NANOSECONDS_PER_MS;
	/* Power has been on for a while. */
	chipTime(plug->chip, hostChipTime());
	xsmcSetInteger(xsResult, (xsIntegerValue)(plug - plugs));
}

void xs_host_unplugChip(txMachine *the)
{
	HostPlug *plug = plugArgument(the);
	if (plug->callback)
		hostThrow(the, "Error", "spi%d, cs %d: a driver has the chip: close that first", plug->bus, plug->select);
	if (plug->fd >= 0)
		hostWireClose(plug->fd);
	chipFree(plug->chip);
	plug->chip = NULL;
}

void xs_host_faultChip(txMachine *the)
{
	int fault = xsmcToInteger(xsArg(1)), argument = xsmcToInteger(xsArg(2));
	if (fault < 0 || fault >= CHIP_FAULTS)
		xsRangeError("fault %d: expected 0 to %d", fault, CHIP_FAULTS - 1);
	chipFault(plugArgument(the)->chip, (ChipFault)fault, (uint32_t)argument);
}

void xs_host_overlapOfChip(txMachine *the)
{
	hostPlugNumber(the, xsmcToInteger(xsArg(0)))->overlaps = true;
}

void xs_host_cableOfChip(txMachine *the)
{
	HostPlug *plug = plugArgument(the);
	plug->cable = xsmcToBoolean(xsArg(1));
	chipLink(plug->chip, plug->cable);
}

/* A frame for the chip that comes from no wire; answers whether there was room. */
void xs_host_sendToChip(txMachine *the)
{
	int at = xsmcToInteger(xsArg(2)), end = xsmcToInteger(xsArg(3));
	HostPlug *plug = plugArgument(the);
	const uint8_t *frame = bytesIn(1, at, end);
	bool room = chipRoom(plug->chip, (uint32_t)(end - at));
	chipReceive(plug->chip, frame, (uint32_t)(end - at));
	xsmcSetBoolean(xsResult, room);
}

/* The oldest frame that a chip without a wire sent, to the view from `at`; answers its length, 0 when there is none. */
void xs_host_hearChip(txMachine *the)
{
	int at = xsmcToInteger(xsArg(2));
	size_t i = (size_t)(plugArgument(the) - plugs);
	xsmcSetInteger(xsResult, 0);
	if (saidFirst[i] == saidEnd[i])
		return;
	const Said *oldest = &said[i][saidFirst[i] % SAID];
	memcpy(bytesOut(1, at, at + (int)oldest->length), oldest->bytes, oldest->length);
	saidFirst[i]++;
	xsmcSetInteger(xsResult, (xsIntegerValue)oldest->length);
}

void xs_host_longestWait(txMachine *the)
{
	xsmcSetNumber(xsResult, (double)hostLongestWait());
}

/* Time is only what transfers and waits take, and what is added here, ns. */
void xs_host_passChipTime(txMachine *the)
{
	double ns = xsmcToNumber(xsArg(0));
	if (!manual) {
		passed += (uint64_t)hostNanoseconds();
		manual = true;
	}
	passed += (uint64_t)ns;
	for (HostPlug *plug = plugs; plug < plugs + HOST_PLUGS; plug++)
		if (plug->chip)
			chipTime(plug->chip, passed);
}

void xs_host_countOfChip(txMachine *the)
{
	HostPlug *plug = plugArgument(the);
	const ChipCounts *counts = chipCounts(plug->chip);
	double all[] = { (double)counts->spiBytes, (double)counts->transactions, counts->received, counts->filtered, counts->overflowed, counts->transmitted,
		counts->complaints, plug->unsent };
	int index = xsmcToInteger(xsArg(1));
	if (index < 0 || index >= (int)(sizeof(all) / sizeof(*all)))
		xsRangeError("count %d: there is none", index);
	xsmcSetNumber(xsResult, all[index]);
}

void xs_host_lastComplaint(txMachine *the)
{
	if (complaintCount > 0)
		xsmcSetString(xsResult, lastComplaint);
}
