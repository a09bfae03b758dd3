// open(port, onChange, mdc, mdio, phy, reset, power, clock) of the ESP32's Ethernet MAC; ../nic/nic-port.d.ts says what the arguments are.

#include "nic-port.h"

/** Of emac-esp32.c. */
extern const NicDriver emacDriver;

void xs_emac_open(xsMachine *the)
{
	nicOpen(the, &emacDriver);
}
