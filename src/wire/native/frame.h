// For drivers in C: reception with decoding, and transmission with the link header, in one native call each. A driver's `take`
// and `put` (src/device/device.ts) end in these.

#ifndef MULTIHOME_FRAME_H
#define MULTIHOME_FRAME_H

#include "arena.h"

/* Decodes the frame in bytes `at` to `end` that came in by the interface with block `block`. Answers as ../kinds.ts says. Bounds are checked. */
int32_t multihomeDecode(xsMachine *the, Arena *arena, int32_t at, int32_t end, int32_t block);

/* Writes the prepared Ethernet header before the IP packet in bytes `at` to `end` and counts the frame. Answers where it begins. Bounds are checked. */
int32_t multihomeHeader(xsMachine *the, Arena *arena, int32_t at, int32_t prepared, int32_t block, int32_t end);

/* Turns the valid echo request at `ip` into its reply. */
void multihomeEchoReply(uint8_t *ip);

#endif
