// What tells a board from all others.

#ifndef MULTIHOME_IDENTITY_H
#define MULTIHOME_IDENTITY_H

#include <stdint.h>

#define IDENTITY_BYTES 8

/** What no other board has, of the chip or its flash: hosts/pico and hosts/esp32. Answers 0 when there is no such thing. */
int multihomeIdentity(uint8_t *bytes);

#endif
