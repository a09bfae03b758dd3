// The table of devices in C: devices.h.

#include "devices.h"

#include <stddef.h>

typedef struct {
	const MultihomeDeviceOps *ops; /* NULL: the place is free */
	void *driver;
} Place;

static Place places[MULTIHOME_DEVICES];

/* The place of a number, or NULL when no device has it. */
static const Place *find(int32_t number)
{
	if (number < 1 || number > MULTIHOME_DEVICES || !places[number - 1].ops)
		return NULL;
	return &places[number - 1];
}

int32_t multihomeDeviceAdd(const MultihomeDeviceOps *ops, void *driver)
{
	if (!ops)
		return 0;
	for (int32_t i = 0; i < MULTIHOME_DEVICES; i++) {
		if (places[i].ops)
			continue;
		places[i] = (Place){ ops, driver };
		return i + 1;
	}
	return 0;
}

void multihomeDeviceRemove(int32_t number)
{
	if (find(number))
		places[number - 1] = (Place){ NULL, NULL };
}

int32_t multihomeDeviceReceive(int32_t number, uint8_t *at, int32_t most)
{
	const Place *place = find(number);
	return place ? place->ops->receive(place->driver, at, most) : 0;
}

int32_t multihomeDeviceTransmit(int32_t number, int32_t packet, uint8_t *frame, int32_t length)
{
	const Place *place = find(number);
	return place ? place->ops->transmit(place->driver, packet, frame, length) : MULTIHOME_BUSY;
}

int multihomeDeviceLinkUp(int32_t number)
{
	const Place *place = find(number);
	return place && place->ops->linkUp(place->driver) != 0;
}

int32_t multihomeDeviceService(int32_t number, int32_t now)
{
	const Place *place = find(number);
	if (!place || !place->ops->service)
		return MULTIHOME_NO_SERVICE;
	int32_t wait = place->ops->service(place->driver, now);
	return wait < -1 ? -1 : wait;
}
