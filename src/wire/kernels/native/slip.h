// RFC 1055 over spans of bytes and rings, for drivers in C: no engine in here. The twin, which says what each function does, is ../slip.ts.

#ifndef MULTIHOME_SLIP_H
#define MULTIHOME_SLIP_H

#include <stdint.h>

#ifndef FRAME_LOST
#define FRAME_LOST (-1)
#endif

#define SLIP_NO_FIRST_END 4

/* All zero, and it is ready. The counters are the owner's to read. */
typedef struct {
	uint32_t count; /* bytes so far */
	uint32_t state; /* slip.c */
	uint32_t tooLong;
	uint32_t aborts; /* packets that end in the middle of an escape */
} SlipDecoder;

/* Forgets the packet that has begun. */
void slipReset(SlipDecoder *decoder);

/* Bytes were lost here (an overrun): the packet that has begun ends as FRAME_LOST, which no counter of the decoder counts. */
void slipSpoil(SlipDecoder *decoder);

/*
 * Takes bytes until a packet ends or all are taken; answers how many. `*result`: 0 (no packet yet), FRAME_LOST, or the packet's length. It goes to `to`, never beyond `max` bytes;
 * hand over the same `to` until the packet has ended. `in` and `to` do not overlap.
 */
uint32_t slipDecode(SlipDecoder *decoder, const uint8_t *in, uint32_t count, uint8_t *to, uint32_t max, int32_t *result);

/*
 * Writes a packet into the ring of mask + 1 bytes (a power of two), from byte at & mask on. Answers how many bytes it took; 0 when they were more than `room`, and then what
 * the room holds is void.
 */
uint32_t slipEncode(uint8_t *ring, uint32_t mask, uint32_t at, uint32_t room, const uint8_t *packet, uint32_t length, unsigned flags);

#endif
