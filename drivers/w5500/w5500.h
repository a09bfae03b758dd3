// The W5500's driver, for the C module that opens it. It is in w5500.c.

#ifndef MULTIHOME_W5500_H
#define MULTIHOME_W5500_H

#include "ethernet.h"

extern const EthernetDriver w5500Driver;

#endif
