// Van Jacobson's compression of TCP/IP headers (RFC 1144): no engine in here. The twin, which says what each function does, is ../vj.ts.

#ifndef MULTIHOME_VJ_H
#define MULTIHOME_VJ_H

#include <stdint.h>

#define VJ_IP 0
#define VJ_UNCOMPRESSED_TCP 1
#define VJ_COMPRESSED_TCP 2
/* vjCompress answers at << VJ_TYPE_BITS | type. */
#define VJ_TYPE_BITS 2

#define VJ_MAX_SLOTS 256
/* Bytes of a compressor's or decompressor's memory. */
#define VJ_BYTES(SLOTS) (16 + 128 * (SLOTS))

/* How many slots the memory at `state` is for; ../vj.ts sets it up. */
int32_t vjSlots(const uint8_t *state);

/* Compresses the IP packet of `length` bytes at `packet` in its place. Answers at << 2 | type, `at` being its new place in what was given. */
int32_t vjCompress(uint8_t *state, uint8_t *packet, uint32_t length);

/* Makes the packet in bytes `at` to `end` of the `size` bytes at `space` an IP packet again. Answers where it begins, or -1. */
int32_t vjDecompress(uint8_t *state, int32_t type, uint8_t *space, uint32_t at, uint32_t end, uint32_t size);

#endif
