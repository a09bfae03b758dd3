/* Devices in C for the compiled data path. Each function is that of the same name in ../devices.ts; bounds are checked before the device sees an address. */

#ifndef MULTIHOME_DEVICE_KERNELS_H
#define MULTIHOME_DEVICE_KERNELS_H

#include "devices.h"
#include "flat.h"

static inline int32_t kernel_deviceReceive(const FlatMemory *view, int32_t device, int32_t at, int32_t most)
{
	flatDemandAny(view, at, most, view->size);
	int32_t length = multihomeDeviceReceive(device, view->base + at, most);
	return length < 0 || length > most ? -1 : length;
}

static inline int32_t kernel_lineReceive(const FlatMemory *view, int32_t device, int32_t at, int32_t most)
{
	flatDemandAny(view, at, most, view->size);
	int32_t answer = multihomeDeviceReceive(device, view->base + at, most);
	return (answer & 0xffff) > most ? -1 : answer;
}

static inline int32_t kernel_deviceTransmit(const FlatMemory *view, int32_t device, int32_t packet, int32_t at, int32_t end)
{
	const int32_t length = (int32_t)((uint32_t)end - (uint32_t)at);
	flatDemandAny(view, at, length, view->size);
	return multihomeDeviceTransmit(device, packet, view->base + at, length);
}

static inline int kernel_deviceLinkUp(const FlatMemory *view, int32_t device)
{
	(void)view;
	return multihomeDeviceLinkUp(device);
}

static inline int32_t kernel_deviceService(const FlatMemory *view, int32_t device, int32_t now)
{
	(void)view;
	return multihomeDeviceService(device, now);
}

#endif
