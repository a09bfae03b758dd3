// Ethernet addresses of a board whose board file names none: made of what tells it from all others, the same at every start.

#ifndef MULTIHOME_HARDWARE_ADDRESS_H
#define MULTIHOME_HARDWARE_ADDRESS_H

#include "siphash.h"

#define IDENTITY_BYTES 8

/** What no other board has, of the chip or its flash: hosts/pico and hosts/esp32. Answers 0 when there is no such thing. */
int multihomeIdentity(uint8_t *bytes);

/** The address of the interface with that number: unicast, locally administered (IEEE 802, "U/L address bit"), 46 bits of a hash. */
static inline void hardwareAddress(uint8_t *address, const uint8_t *identity, uint8_t number)
{
	const uint8_t key[SIPHASH_KEY] = { 'm', 'u', 'l', 't', 'i', 'h', 'o', 'm', 'e', number };
	sipBytes(address, sipHash(key, identity, IDENTITY_BYTES), 6);
	address[0] = (uint8_t)((address[0] & ~1) | 2);
}

#endif
