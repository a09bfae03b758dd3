/* Devices in C for the compiled data path. Each function is that of the same name in ../devices.ts; bounds are checked before the device sees an address. */

#ifndef MULTIHOME_DEVICE_KERNELS_H
#define MULTIHOME_DEVICE_KERNELS_H

#include "devices.h"
#include "flat.h"

/* NULL when no device has the number. */
static inline const MultihomeDevice *deviceOf(int32_t number)
{
	if (number < 1 || number > DEVICES_PLACES || !multihomeDevices[number - 1].ops)
		return NULL;
	return &multihomeDevices[number - 1];
}

static inline int32_t kernel_lineReceive(const FlatMemory *view, int32_t number, int32_t at, int32_t most)
{
	flatDemandAny(view, at, most, view->size);
	const MultihomeDevice *device = deviceOf(number);
	int32_t answer = device ? device->ops->receive(device->driver, view->base + at, most) : 0;
	return (answer & 0xffff) > most ? -1 : answer;
}

static inline int32_t kernel_deviceReceive(const FlatMemory *view, int32_t number, int32_t at, int32_t most)
{
	flatDemandAny(view, at, most, view->size);
	const MultihomeDevice *device = deviceOf(number);
	const int32_t length = device ? device->ops->receive(device->driver, view->base + at, most) : 0;
	return length < DEVICE_COMES || length > most ? -1 : length;
}

static inline int32_t kernel_deviceTransmit(const FlatMemory *view, int32_t number, int32_t packet, int32_t at, int32_t end)
{
	const int32_t length = (int32_t)((uint32_t)end - (uint32_t)at);
	flatDemandAny(view, at, length, view->size);
	const MultihomeDevice *device = deviceOf(number);
	return device ? device->ops->transmit(device->driver, packet, view->base + at, length) : DEVICE_BUSY;
}

static inline int kernel_deviceLinkUp(const FlatMemory *view, int32_t number)
{
	(void)view;
	const MultihomeDevice *device = deviceOf(number);
	return device && device->ops->linkUp(device->driver) != 0;
}

static inline int kernel_devicePasses(const FlatMemory *view, int32_t number)
{
	(void)view;
	const MultihomeDevice *device = deviceOf(number);
	return device && device->ops->passes && device->ops->passes(device->driver) != 0;
}

static inline int32_t kernel_deviceService(const FlatMemory *view, int32_t number, int32_t now)
{
	(void)view;
	const MultihomeDevice *device = deviceOf(number);
	if (!device || !device->ops->service)
		return DEVICES_NO_SERVICE;
	const int32_t wait = device->ops->service(device->driver, now);
	return wait < -1 ? -1 : wait;
}

#endif
