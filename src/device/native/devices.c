// The table of devices in C: devices.h.

#include "devices.h"

MultihomeDevice multihomeDevices[DEVICES_PLACES];

int32_t multihomeDeviceAdd(const MultihomeDeviceOps *ops, void *driver)
{
	int32_t place = 0;
	while (place < DEVICES_PLACES && multihomeDevices[place].ops)
		place++;
	if (!ops || place == DEVICES_PLACES)
		return 0;
	multihomeDevices[place] = (MultihomeDevice){ ops, driver };
	return place + 1;
}

void multihomeDeviceRemove(int32_t number)
{
	if (number >= 1 && number <= DEVICES_PLACES)
		multihomeDevices[number - 1] = (MultihomeDevice){ 0 };
}
