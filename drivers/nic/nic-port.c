// The class NicPort: an interface that the platform's SDK drives as TypeScript sees it (device.ts), and as compiled code does, which passes frames between queue
// and arena by the device's number (devices.h).

#include "nic-port.h"

#include "xsHost.h"
#include "mc.xs.h"

#include "arena.h"
#include "devices.h"

/* Between looks at the queue that nobody asked for, ms: a message may have been lost, as the machine's queue was full. */
#define LOOK_MS 100

typedef struct {
	Nic *nic; /* NULL: closed */
	Arena arena; /* a host buffer, which never moves */
	xsMachine *the;
	xsSlot callback; /* remembered while open */
	int32_t number; /* in the table of devices in C, once there is an arena; else 0 */
} Port;

/* What compiled code does with the device. It is in the table while it is open. */

static int32_t receive(void *driver, uint8_t *at, int32_t most)
{
	const Port *port = driver;
	return nicTake(port->nic, at, (uint32_t)most);
}

static int32_t transmit(void *driver, int32_t packet, uint8_t *frame, int32_t length)
{
	Nic *nic = ((Port *)driver)->nic;
	(void)packet;
	int answer = length > NIC_FRAME_MOST ? NIC_FAILED : nic->driver->transmit(nic, frame, (uint32_t)length);
	if (answer == NIC_BUSY) {
		nic->counters[NIC_SEND_BUSY]++;
		nicSoon(nic);
		return DEVICE_BUSY;
	}
	if (answer == NIC_FAILED)
		nic->counters[NIC_TRANSMIT_FAILED]++;
	return DEVICE_SENT;
}

static int32_t linkUp(void *driver)
{
	const Port *port = driver;
	return port->nic && __atomic_load_n(&port->nic->link, __ATOMIC_SEQ_CST) != 0;
}

static int32_t service(void *driver, int32_t now)
{
	(void)driver;
	(void)now;
	return LOOK_MS;
}

static const MultihomeDeviceOps ops = { .receive = receive, .transmit = transmit, .linkUp = linkUp, .service = service };

static void release(Port *port)
{
	xsMachine *the = port->the;
	Nic *nic = port->nic;
	multihomeDeviceRemove(port->number);
	port->number = 0;
	if (!nic)
		return;
	port->nic = NULL;
	nic->told = NULL;
	/* What waits is given back while there is somebody to take it. */
	nicStop(nic);
	nic->driver->stop(nic);
	xsForget(port->callback);
}

void xs_nic_delete(void *data)
{
	if (!data)
		return;
	release(data);
	c_free(data);
}

/* NicPort.prototype is one of its kind, without a port. */
static Port *portIn(xsMachine *the, Port *port)
{
	if (!port)
		xsUnknownError("this is no device");
	return port;
}

#define portOf(SLOT) portIn(the, xsmcGetHostDataValidate(SLOT, (void *)xs_nic_delete))

static Port *openPort(xsMachine *the)
{
	Port *port = portOf(xsThis);
	if (!port->nic)
		xsUnknownError("the device is closed");
	return port;
}

void xs_nic(xsMachine *the)
{
	Port *port = c_calloc(1, sizeof(Port));
	if (!port)
		xsUnknownError("no memory for a device");
	port->the = the;
	xsmcSetHostData(xsThis, port);
}

static void told(void *context)
{
	Port *port = context;
	xsBeginHost(port->the);
	if (port->nic)
		xsCallFunction0(port->callback, xsUndefined);
	xsEndHost(port->the);
}

/* open(port, callback, …): numbers follow, as `start` of the driver wants them. */
void nicOpen(xsMachine *the, const NicDriver *driver)
{
	int32_t options[NIC_OPTIONS] = { 0 };
	for (int i = 0; i < NIC_OPTIONS && i + 2 < (int)xsmcArgc; i++)
		options[i] = xsmcToInteger(xsArg(i + 2));
	Port *port = portOf(xsArg(0));
	Nic *nic = driver->nic;
	if (port->nic)
		xsUnknownError("the device is open already");
	if (nic->told)
		xsUnknownError("%s: is open already; a board has one", driver->name);
	nic->driver = driver;
	nic->machine = the;
	if (!nicStart(nic))
		xsUnknownError("%s: no memory for %d frames", driver->name, NIC_FRAMES);
	port->callback = xsArg(1);
	nic->context = port;
	nic->told = told;
	const char *problem = driver->start(nic, options);
	if (problem) {
		nic->told = NULL;
		nicStop(nic);
		xsUnknownError("%s: %s", driver->name, problem);
	}
	port->nic = nic;
	xsRemember(port->callback);
}

/* bind(view) */
void xs_nic_bind(xsMachine *the)
{
	Port *port = openPort(the);
	port->arena = argMemory(0);
	if (!port->number)
		port->number = multihomeDeviceAdd(&ops, port);
}

void xs_nic_get_native(xsMachine *the)
{
	xsmcSetInteger(xsResult, portOf(xsThis)->number);
}

void xs_nic_get_linkUp(xsMachine *the)
{
	xsmcSetBoolean(xsResult, linkUp(portOf(xsThis)));
}

void xs_nic_get_address(xsMachine *the)
{
	xsmcSetArrayBuffer(xsResult, openPort(the)->nic->mac, 6);
}

/* receive(at, max): as in device.ts. */
void xs_nic_receive(xsMachine *the)
{
	int at = intArg(0), max = intArg(1);
	Port *port = openPort(the);
	demand(at, max, port->arena.size);
	xsmcSetInteger(xsResult, receive(port, port->arena.base + at, max));
}

/* transmit(packet, at, end) */
void xs_nic_transmit(xsMachine *the)
{
	int packet = intArg(0), at = intArg(1), end = intArg(2);
	Port *port = openPort(the);
	demandTo(at, end, port->arena.size);
	if (end - at > NIC_FRAME_MOST)
		xsRangeError("frame of %d bytes: expected at most %d", end - at, NIC_FRAME_MOST);
	xsmcSetInteger(xsResult, transmit(port, packet, port->arena.base + at, end - at));
}

/* count(index) */
void xs_nic_count(xsMachine *the)
{
	int index = intArg(0);
	Port *port = openPort(the);
	demand(index, 1, NIC_COUNTERS);
	xsmcSetNumber(xsResult, port->nic->counters[index]);
}

/* multicast(on) */
void xs_nic_multicast(xsMachine *the)
{
	int on = xsmcToBoolean(xsArg(0));
	Nic *nic = openPort(the)->nic;
	if (nic->driver->multicast)
		nic->driver->multicast(nic, on);
}

void xs_nic_shut(xsMachine *the)
{
	release(portOf(xsThis));
}
