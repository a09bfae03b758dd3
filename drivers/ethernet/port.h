// For a driver's module: makes the Port that was given to `open` one of its chips. See port.c.

#ifndef MULTIHOME_PORT_H
#define MULTIHOME_PORT_H

#include "xsmc.h"

#include "ethernet.h"

/** The native behind a driver's `open(port, …)`: port.d.ts says what the arguments are. Throws Error with the driver's problem. */
void ethernetOpen(xsMachine *the, const EthernetDriver *driver);

#endif
