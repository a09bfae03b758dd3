// The table of devices in C: devices.h.

#include "devices.h"

MultihomeDevice multihomeDevices[DEVICES_PLACES];

int32_t multihomeDeviceAdd(const MultihomeDeviceOps *ops, void *driver)
{
	for (int32_t place = 0; ops && place < DEVICES_PLACES; place++)
		if (!multihomeDevices[place].ops) {
			multihomeDevices[place] = (MultihomeDevice){ ops, driver };
			return place + 1;
		}
	return 0;
}

void multihomeDeviceRemove(int32_t number)
{
	if (number >= 1 && number <= DEVICES_PLACES)
		multihomeDevices[number - 1] = (MultihomeDevice){ 0 };
}
