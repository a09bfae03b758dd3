// A datagram goes from the frame straight into the ring of the socket it is for. The twin is ../deliver.ts.

#ifndef MULTIHOME_DELIVER_H
#define MULTIHOME_DELIVER_H

#include "arena.h"

/* Takes a datagram; 0 when its socket has no room for it. */
int deliverDatagram(Arena *arena, uint32_t block, uint32_t slot, const uint8_t *ip, const uint8_t *udp, uint32_t length);

#endif
