// For drivers in C: reception with decoding, and transmission with the link header, in one native call each. A driver's `take`
// and `put` (src/device/device.ts) end in these. Bounds are checked.

#ifndef MULTIHOME_FRAME_H
#define MULTIHOME_FRAME_H

#include "arena.h"
#include "wire_build.h"
#include "wire_decode.h"

/* Decodes the frame in bytes `at` to `end` that came in by the interface with block `iface`. Answers as ../kinds.ts says. */
#define multihomeDecode wire_decode_decode

/* Writes the prepared Ethernet header before the IP packet in bytes `at` to `end` and counts the frame. Answers where it begins. */
#define multihomeHeader wire_build_ethernetHeader

#endif
