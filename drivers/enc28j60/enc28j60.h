// The driver of the ENC28J60. Its parts begin in enc28j60-chip.h.

#ifndef MULTIHOME_ENC28J60_H
#define MULTIHOME_ENC28J60_H

#include "ethernet.h"

extern const EthernetDriver enc28j60Driver;

#endif
