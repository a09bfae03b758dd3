// The class Port: an Ethernet chip as TypeScript sees it (device.ts), and as compiled code does, which passes frames between chip and arena by the device's
// number (devices.h).

#include "port.h"

#include "xsHost.h"
#include "mc.xs.h"

#include "arena.h"
#include "devices.h"

typedef struct Port {
	struct Port *next; /* of those with a chip */
	const EthernetDriver *driver;
	EthernetChip *chip;
	Arena arena; /* a host buffer, which never moves */
	xsMachine *the;
	xsSlot callback; /* remembered while `listening` */
	int listening;
	uint8_t accept; /* what options and configure() say */
	uint8_t groups; /* what multicast() says: ACCEPT_… */
	uint8_t up; /* the link, as service() saw it last */
	uint8_t serviced; /* the driver's service() is called again at `due`, ms */
	uint8_t waits; /* it was put off as another chip of the controller had the bus */
	uint8_t yielded; /* so often it has let others go first */
	uint8_t overdue; /* it waits for the bus: no transfer begins before it has been called */
	uint8_t told; /* a frame has been read while one is written: that was told once */
	volatile uint8_t entered; /* its driver is at work, and not to be called by the handler of an interrupt */
	int16_t bus;
	int32_t now, due;
	int32_t idle; /* ms between looks at a chip without an interrupt pin, -1 with one */
	int32_t number; /* in the table of devices in C, once there is an arena; else 0 */
} Port;

static Port *ports;

/* Calls until a frame that is waited for has passed: something else passes, has its turn, then the frame. */
#define TRIES 8
/* So long the data path waits for a transfer, microseconds. */
#define AT_ONCE_US 20
/* Before a chip goes first all the same. */
#define YIELDS_MOST 4

/* Looks after what passes by the same controller, which chips may share. Whether nothing of the others does. */
static int othersAreIdle(const Port *port)
{
	for (Port *other = ports; other; other = other->next)
		if (other != port && other->bus == port->bus && !ethernetIdle(other->chip))
			return 0;
	return 1;
}

static int busIsFree(Port *port)
{
	return othersAreIdle(port) && ethernetIdle(port->chip);
}

/* What is done outside of the data path waits for that. */
static void awaitBus(Port *port)
{
	while (!busIsFree(port))
		;
}

/*
 * The pin went low this very moment, in the middle of whatever runs. A chip that sends one frame at a time begins with the next one that it has: until the program has come to its end and
 * the data path to the chip, nothing would be on the wire.
 */
static void atInterrupt(void *context)
{
	Port *port = context;
	if (!port->entered)
		port->driver->interrupted(port->chip);
}

static void lookAfter(Port *port)
{
	port->entered = 1;
	uint32_t wait = port->driver->service(port->chip, (uint32_t)port->now);
	port->entered = 0;
	port->due = (int32_t)((uint32_t)port->now + wait);
	port->up = port->chip->link != 0;
	port->serviced = 1;
	port->overdue = 0;
}

/* Whether another chip of the controller was put off, and has its turn; but who never comes back for it is not waited for. */
static int othersWait(Port *port)
{
	for (Port *other = ports; other; other = other->next)
		if (other != port && other->bus == port->bus && other->waits && port->yielded < YIELDS_MOST) {
			port->yielded++;
			return 1;
		}
	port->yielded = 0;
	return 0;
}

/* Whether the bus is another chip's. What had to wait for it is done now. */
static int isPutOff(Port *port)
{
	const EthernetChip *chip = port->chip;
	if (!othersAreIdle(port)) {
		port->waits = 1;
		return 1;
	}
	if (chip->incoming.state != TRANSFER_NONE || chip->outgoing.state != TRANSFER_NONE)
		return 0;
	if (!port->waits && othersWait(port))
		return 1;
	port->waits = 0;
	if (port->overdue)
		lookAfter(port);
	return 0;
}

/* What compiled code does with the device. It is in the table while there is a chip. */

static int received(Port *port, uint8_t *to, uint32_t most)
{
	port->entered = 1;
	const int length = port->driver->receive(port->chip, to, most);
	port->entered = 0;
	return length;
}

static int transmitted(Port *port, uint8_t *frame, uint32_t length)
{
	port->entered = 1;
	const int answer = port->driver->transmit(port->chip, frame, length);
	port->entered = 0;
	return answer;
}

static int32_t receive(void *driver, uint8_t *at, int32_t most)
{
	Port *port = driver;
	if (isPutOff(port))
		return DEVICE_COMES;
	return received(port, at, (uint32_t)most); /* whose ETHERNET_AGAIN it is */
}
_Static_assert(ETHERNET_AGAIN == DEVICE_COMES, "receive() hands it on");

/* Sends a frame whose memory is used for other things at once: waits for whatever passes, for room in the chip (FRAME_US at most), and for the frame. Answers 0 when the chip had no room. */
static int sent(Port *port, uint8_t *frame, uint32_t length)
{
	const uint32_t since = busMicroseconds();
	int answer;
	do {
		awaitBus(port);
		answer = transmitted(port, frame, length);
	} while (answer == ETHERNET_AGAIN && (port->chip->outgoing.state != TRANSFER_NONE || busMicroseconds() - since < FRAME_US));
	return answer == 1;
}

/* The chip's driver counts a frame that is too long. */
static int32_t transmit(void *driver, int32_t packet, uint8_t *frame, int32_t length)
{
	Port *port = driver;
	if (packet < 0)
		return sent(port, frame, (uint32_t)length) ? DEVICE_SENT : DEVICE_BUSY;
	if (isPutOff(port))
		return DEVICE_AGAIN;
	int answer = transmitted(port, frame, (uint32_t)length);
	return answer == ETHERNET_AGAIN ? DEVICE_AGAIN : answer ? DEVICE_SENT : DEVICE_BUSY;
}

static int32_t linkUp(void *driver)
{
	const Port *port = driver;
	return port->up;
}

static int32_t service(void *driver, int32_t now)
{
	Port *port = driver;
	port->now = now;
	if (!port->serviced || (int32_t)((uint32_t)port->due - (uint32_t)now) <= 0) {
		port->overdue = !busIsFree(port);
		if (port->overdue)
			return 0;
		lookAfter(port);
	}
	int32_t left = (int32_t)((uint32_t)port->due - (uint32_t)now);
	return port->idle >= 0 && port->idle < left ? port->idle : left;
}

static int32_t passes(void *driver)
{
	Port *port = driver;
	const int told = port->told;
	if (busIsFree(port)) {
		port->told = 0;
		return port->driver->isFull && port->driver->isFull(port->chip);
	}
	port->told = port->driver->handsUp && port->chip->incoming.state == TRANSFER_ENDED && port->chip->outgoing.state == TRANSFER_PASSES;
	return told || !port->told;
}

static const MultihomeDeviceOps ops = { receive, transmit, linkUp, service, passes };

/* What was asked for, and groups while the stack wants them. Who accepts all has them already. */
static uint8_t acceptOf(const Port *port)
{
	return port->accept & ACCEPT_ALL ? port->accept : port->accept | port->groups;
}

static void settle(Port *port)
{
	awaitBus(port);
	port->entered = 1;
	port->driver->settle(port->chip);
	port->entered = 0;
}

/* What is accepted has changed. */
static void configure(Port *port)
{
	awaitBus(port);
	port->entered = 1;
	port->chip->accept = acceptOf(port);
	port->driver->configure(port->chip);
	port->entered = 0;
}

static void release(Port *port)
{
	xsMachine *the = port->the;
	if (port->listening)
		xsForget(port->callback);
	port->listening = 0;
	multihomeDeviceRemove(port->number);
	port->number = 0;
	port->up = port->serviced = port->overdue = port->waits = 0;
	if (!port->chip)
		return;
	for (Port **at = &ports; *at; at = &(*at)->next) {
		if (*at != port)
			continue;
		settle(port);
		*at = port->next;
		break;
	}
	if (port->chip->spi) {
		spiAtInterrupt(port->chip->spi, NULL);
		spiOnInterrupt(port->chip->spi, NULL, NULL);
		port->driver->stop(port->chip);
		spiClose(port->chip->spi);
	}
	c_free(port->chip);
	port->chip = NULL;
}

void xs_ethernet_delete(void *data)
{
	if (!data)
		return;
	release(data);
	c_free(data);
}

/* Port.prototype is one of its kind, without a port. */
static Port *portIn(xsMachine *the, Port *port)
{
	if (!port)
		xsUnknownError("this is no device");
	return port;
}

#define portOf(SLOT) portIn(the, xsmcGetHostDataValidate(SLOT, (void *)xs_ethernet_delete))

static Port *openPort(xsMachine *the)
{
	Port *port = portOf(xsThis);
	if (!port->chip)
		xsUnknownError("the device is closed");
	return port;
}

void xs_ethernet(xsMachine *the)
{
	Port *port = c_calloc(1, sizeof(Port));
	if (!port)
		xsUnknownError("no memory for a device");
	port->the = the;
	xsmcSetHostData(xsThis, port);
}

/* bind(view, idleMs) */
void xs_ethernet_bind(xsMachine *the)
{
	Port *port = openPort(the);
	port->arena = argMemory(0);
	port->idle = intArg(1);
	if (!port->number)
		port->number = multihomeDeviceAdd(&ops, port);
}

void xs_ethernet_get_native(xsMachine *the)
{
	xsmcSetInteger(xsResult, portOf(xsThis)->number);
}

void xs_ethernet_get_linkUp(xsMachine *the)
{
	xsmcSetBoolean(xsResult, linkUp(portOf(xsThis)));
}

void xs_ethernet_get_present(xsMachine *the)
{
	Port *port = portOf(xsThis);
	xsmcSetBoolean(xsResult, port->chip && port->chip->present);
}

/* The pin went low, a moment ago: TypeScript is told, and looks. */
static void interrupted(void *context)
{
	Port *port = context;
	xsBeginHost(port->the);
	if (port->chip)
		xsCallFunction0(port->callback, xsUndefined);
	xsEndHost(port->the);
}

static void fail(xsMachine *the, Port *port, const EthernetDriver *driver, const SpiPins *pins, const char *problem)
{
	char text[PROBLEM_BYTES];
	c_strncpy(text, problem, sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	release(port);
	xsUnknownError("%s on spi%d, cs %d: %s", driver->name, pins->bus, pins->select, text);
}

/* open(port, bus, clock, out, in, select, interrupt, reset, hz, mac, accept, callback, patient): the text of what is wrong with a chip that is to be looked for. */
void ethernetOpen(xsMachine *the, const EthernetDriver *driver)
{
	SpiPins pins = {
		(int16_t)xsmcToInteger(xsArg(1)), (int16_t)xsmcToInteger(xsArg(2)), (int16_t)xsmcToInteger(xsArg(3)), (int16_t)xsmcToInteger(xsArg(4)),
		(int16_t)xsmcToInteger(xsArg(5)), (int16_t)xsmcToInteger(xsArg(6)), (int16_t)xsmcToInteger(xsArg(7)), (uint32_t)xsmcToInteger(xsArg(8)), 0,
	};
	int accept = xsmcToInteger(xsArg(10));
	pins.mode = driver->mode;
	Port *port = portOf(xsArg(0));
	if (port->chip)
		xsUnknownError("the device is open already");
	if (pins.hz == 0)
		pins.hz = driver->defaultHz;
	if (pins.hz < driver->leastHz || pins.hz > driver->mostHz)
		xsRangeError("hz %d: %s expects %d to %d", (int)pins.hz, driver->name, (int)driver->leastHz, (int)driver->mostHz);
	EthernetChip *chip = c_calloc(1, driver->size);
	if (!chip)
		xsUnknownError("no memory for %s", driver->name);
	port->chip = chip;
	port->driver = driver;
	void *mac;
	xsUnsignedValue size;
	xsmcGetBufferReadable(xsArg(9), &mac, &size);
	if (size < 6) {
		release(port);
		xsRangeError("mac: expected six bytes");
	}
	c_memcpy(chip->mac, mac, 6);
	chip->accept = port->accept = (uint8_t)accept;
	port->groups = 0;
	char problem[PROBLEM_BYTES] = "";
	const char *reason = NULL;
	chip->spi = spiOpen(&pins, the, &reason);
	if (!chip->spi)
		fail(the, port, driver, &pins, reason ? reason : "the bus cannot be opened");
	chip->overlaps = (uint8_t)spiOverlaps(chip->spi);
	chip->atOnce = (uint16_t)(pins.hz / (8000000 / AT_ONCE_US));
	port->bus = pins.bus;
	port->next = ports;
	ports = port;
	awaitBus(port);
	int present = driver->start(chip, problem);
	if (!present && !xsmcTest(xsArg(12)))
		fail(the, port, driver, &pins, problem);
	port->callback = xsArg(11);
	xsRemember(port->callback);
	port->listening = 1;
	spiOnInterrupt(chip->spi, interrupted, port);
	if (driver->interrupted)
		spiAtInterrupt(chip->spi, atInterrupt);
	if (!present) {
		char text[PROBLEM_BYTES + 32];
		c_snprintf(text, sizeof(text), "%s on spi%d, cs %d: %s", driver->name, pins.bus, pins.select, problem);
		xsmcSetString(xsResult, text);
	}
}

/* receive(at, max), transmit(packet, at, end): as in device.ts. They wait until the frame has passed. */
void xs_ethernet_receive(xsMachine *the)
{
	int at = intArg(0), max = intArg(1);
	Port *port = openPort(the);
	demand(at, max, port->arena.size);
	int32_t length = DEVICE_COMES;
	for (int i = 0; i < TRIES && length == DEVICE_COMES; i++) {
		awaitBus(port);
		length = received(port, port->arena.base + at, (uint32_t)max);
	}
	if (length == DEVICE_COMES) { /* others passed, that are not for us: nothing is to come to this memory any more */
		settle(port);
		length = 0;
	}
	xsmcSetInteger(xsResult, length);
}

void xs_ethernet_transmit(xsMachine *the)
{
	int at = intArg(1), end = intArg(2);
	Port *port = openPort(the);
	demandTo(at, end, port->arena.size);
	if (end - at > FRAME_MOST)
		xsRangeError("frame of %d bytes: expected at most %d", end - at, FRAME_MOST);
	xsmcSetInteger(xsResult, transmit(port, -1, port->arena.base + at, end - at));
}

/* service(now): in how many ms again. */
void xs_ethernet_service(xsMachine *the)
{
	int now = intArg(0);
	Port *port = openPort(the);
	awaitBus(port);
	xsmcSetInteger(xsResult, service(port, now));
}

/* count(index) */
void xs_ethernet_count(xsMachine *the)
{
	int index = intArg(0);
	Port *port = openPort(the);
	demand(index, 1, ETHERNET_COUNTERS);
	xsmcSetNumber(xsResult, port->chip->counters[index]);
}

/* configure(mac, accept) */
void xs_ethernet_configure(xsMachine *the)
{
	int accept = intArg(1);
	Port *port = openPort(the);
	c_memcpy(port->chip->mac, bytesIn(0, 0, 6), 6);
	port->accept = (uint8_t)accept;
	configure(port);
}

/* multicast(on): false and true are 0 and ACCEPT_MULTICAST, EVERY_FRAME is that and ACCEPT_ALL. */
void xs_ethernet_multicast(xsMachine *the)
{
	Port *port = openPort(the);
	port->groups = (uint8_t)xsmcToInteger(xsArg(0));
	if (acceptOf(port) != port->chip->accept) /* a W5500 loses what lies in it */
		configure(port);
}

/* settle(): nothing passes any more, and memory that was lent is free. */
void xs_ethernet_settle(xsMachine *the)
{
	Port *port = portOf(xsThis);
	if (!port->chip)
		return; /* it was closed, and has settled then */
	settle(port);
}

void xs_ethernet_shut(xsMachine *the)
{
	release(portOf(xsThis));
}
