// open(port, onChange) of Wi-Fi; ../nic/nic-port.d.ts says what the arguments are.

#include "nic-port.h"

/** The station's interface: of wifi-frames-pico.c or wifi-frames-esp32.c. */
extern const NicDriver wifiDriver;

void xs_wifi_open(xsMachine *the)
{
	nicOpen(the, &wifiDriver);
}
