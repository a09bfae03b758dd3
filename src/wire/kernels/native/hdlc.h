// PPP in HDLC-like framing (RFC 1662) over spans of bytes and rings, for drivers in C: no engine in here. The twin, which says what each
// function does, is ../hdlc.ts.

#ifndef MULTIHOME_HDLC_H
#define MULTIHOME_HDLC_H

#include <stdint.h>

#define FRAME_LOST (-1)

/* What hdlcEncode leaves out, or-ed. */
#define HDLC_NO_ADDRESS 1
#define HDLC_NO_PROTOCOL_HIGH 2
#define HDLC_NO_OPENING_FLAG 4

/* All zero, then hdlcReset, and it is ready. `receiveAccm` and the counters are the owner's to set and read. */
typedef struct {
	uint32_t count; /* octets of information and FCS so far */
	uint32_t fcs;
	uint32_t state; /* hdlc.c */
	uint32_t protocol;
	uint32_t receiveAccm;
	uint32_t badFcs;
	uint32_t aborts;
	uint32_t tooLong;
	uint32_t tooShort;
	uint32_t badHeader;
} HdlcDecoder;

/* Forgets the frame that has begun. */
void hdlcReset(HdlcDecoder *decoder);

/* Octets were lost here (an overrun): the frame that has begun ends as FRAME_LOST, which no counter of the decoder counts. */
void hdlcSpoil(HdlcDecoder *decoder);

/*
 * Takes octets until a frame ends or all are taken; answers how many. `*result`: 0 (no frame yet), FRAME_LOST, or protocol << 16 | length. Information goes to `to`, never beyond
 * `max` bytes (65,535 at most); hand over the same `to` until the frame has ended. `in` and `to` do not overlap.
 */
uint32_t hdlcDecode(HdlcDecoder *decoder, const uint8_t *in, uint32_t count, uint8_t *to, uint32_t max, int32_t *result);

/*
 * Writes a frame into the ring of mask + 1 bytes (a power of two), from byte at & mask on. Answers how many octets it took; 0 when they were more than `room`, and then
 * what the room holds is void. LCP goes out with all controls escaped and its header whole, whatever `accm` and `flags` say.
 */
uint32_t hdlcEncode(uint8_t *ring, uint32_t mask, uint32_t at, uint32_t room, const uint8_t *frame, uint32_t length, uint16_t protocol, uint32_t accm, unsigned flags);

#endif
