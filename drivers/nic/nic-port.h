// For a driver's module: makes the NicPort that was given to `open` its interface. See nic-port.c.

#ifndef MULTIHOME_NIC_PORT_H
#define MULTIHOME_NIC_PORT_H

#include "xsmc.h"

#include "nic.h"

/** Numbers that a driver's `start` may be given. */
#define NIC_OPTIONS 6

/** The native behind a driver's `open(port, …)`: nic-port.d.ts says what the arguments are. Throws Error with the driver's problem. */
void nicOpen(xsMachine *the, const NicDriver *driver);

#endif
