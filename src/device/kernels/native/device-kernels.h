/* Devices in C for the compiled data path. Each function is that of the same name in ../devices.ts; bounds are checked before the device sees an address. */

#pragma once

#include "devices.h"
#include "flat.h"

/* NULL when no device has the number. */
static inline const MultihomeDevice *deviceOf(int32_t number)
{
	const uint32_t place = (uint32_t)number - 1;
	return place < DEVICES_PLACES && multihomeDevices[place].ops ? &multihomeDevices[place] : NULL;
}

static inline int32_t kernel_deviceAsk(const FlatMemory *view, int32_t number, int32_t at, int32_t most)
{
	flatDemandAny(view, at, most, view->size);
	const MultihomeDevice *device = deviceOf(number);
	return device ? device->ops->receive(device->driver, view->base + at, most) : 0;
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
	const MultihomeDevice *device = deviceOf(number);
	return device && device->ops->linkUp(device->driver);
}

static inline int kernel_devicePasses(const FlatMemory *view, int32_t number)
{
	const MultihomeDevice *device = deviceOf(number);
	return device && device->ops->passes && device->ops->passes(device->driver);
}

static inline int32_t kernel_deviceService(const FlatMemory *view, int32_t number, int32_t now)
{
	const MultihomeDevice *device = deviceOf(number);
	return device && device->ops->service ? flatMax(device->ops->service(device->driver, now), -1) : DEVICES_NO_SERVICE;
}
