// SLIP, RFC 1055. The twin is ../slip.ts: a change here is a change there. A run of bytes that need nothing goes a word at a time.

#include "slip.h"
#include "words.h"

#define END 0300
#define ESC 0333
#define ESC_END 0334
#define ESC_ESC 0335

/* SlipDecoder.state */
#define ESCAPED 1u
#define SPOILED 2u
#define LENGTH_BAD 4u

/* Not 0 when a byte of the word is END or ESC. */
static inline Word special(Word w)
{
	return hasZero(w ^ EACH(END)) | hasZero(w ^ EACH(ESC));
}

void slipReset(SlipDecoder *decoder)
{
	decoder->count = 0;
	decoder->state = 0;
}

void slipSpoil(SlipDecoder *decoder)
{
	decoder->state |= SPOILED;
}

static int32_t packetEnd(SlipDecoder *decoder)
{
	uint32_t state = decoder->state, count = decoder->count;
	slipReset(decoder);
	if (state & SPOILED)
		return FRAME_LOST;
	if (state & ESCAPED) {
		decoder->aborts++;
		return FRAME_LOST;
	}
	if (state & LENGTH_BAD) {
		decoder->tooLong++;
		return FRAME_LOST;
	}
	return (int32_t)count;
}

/* One byte that is not END. */
static inline void decodeByte(SlipDecoder *decoder, uint32_t byte, uint8_t *to, uint32_t max)
{
	if (decoder->state & ESCAPED) {
		decoder->state &= ~ESCAPED;
		if (byte == ESC_END)
			byte = END;
		else if (byte == ESC_ESC)
			byte = ESC;
	} else if (byte == ESC) {
		decoder->state |= ESCAPED;
		return;
	}
	if (decoder->count < max)
		to[decoder->count++] = (uint8_t)byte;
	else
		decoder->state |= LENGTH_BAD;
}

uint32_t slipDecode(SlipDecoder *decoder, const uint8_t *in, uint32_t count, uint8_t *to, uint32_t max, int32_t *result)
{
	const uint8_t *next = in, *end = in + count;
	*result = 0;
	while (next < end) {
		if (!(decoder->state & ESCAPED) && decoder->count < max) {
			uint32_t room = max - decoder->count, left = (uint32_t)(end - next);
			const uint8_t *stop = next + ((left < room ? left : room) & ~(WORD_BYTES - 1));
			uint8_t *p = to + decoder->count;
			for (; next != stop; next += WORD_BYTES, p += WORD_BYTES) {
				Word w = loadWord(next);
				if (special(w))
					break;
				storeWord(p, w);
			}
			decoder->count = (uint32_t)(p - to);
		}
		const uint8_t *stop = (uint32_t)(end - next) < WORD_BYTES ? end : next + WORD_BYTES;
		while (next != stop) {
			uint32_t byte = *next++;
			if (byte != END) {
				decodeByte(decoder, byte, to, max);
				continue;
			}
			*result = packetEnd(decoder);
			if (*result != 0)
				return (uint32_t)(next - in);
		}
	}
	return count;
}

typedef struct {
	uint8_t *ring;
	uint32_t mask, at, room, used;
} Out;

static inline void put(Out *out, uint32_t byte)
{
	if (out->used < out->room)
		out->ring[(out->at + out->used) & out->mask] = (uint8_t)byte;
	out->used++;
}

/* Words of the packet that need no escape, as many as there are, and as fit before the ring's end. Answers where it stopped. */
static inline const uint8_t *encodeRun(Out *out, const uint8_t *packet, const uint8_t *end)
{
	if (out->used >= out->room)
		return packet;
	uint32_t at = (out->at + out->used) & out->mask, fit = out->mask + 1 - at, left = (uint32_t)(end - packet);
	if (fit > out->room - out->used)
		fit = out->room - out->used;
	const uint8_t *start = packet, *stop = packet + ((left < fit ? left : fit) & ~(WORD_BYTES - 1));
	uint8_t *p = out->ring + at;
	for (; packet != stop; packet += WORD_BYTES, p += WORD_BYTES) {
		Word w = loadWord(packet);
		if (special(w))
			break;
		storeWord(p, w);
	}
	out->used += (uint32_t)(packet - start);
	return packet;
}

uint32_t slipEncode(uint8_t *ring, uint32_t mask, uint32_t at, uint32_t room, const uint8_t *packet, uint32_t length, unsigned flags)
{
	Out out = { ring, mask, at, room, 0 };
	if (!(flags & SLIP_NO_FIRST_END))
		put(&out, END);
	const uint8_t *end = packet + length;
	while (packet != end && out.used <= room) {
		packet = encodeRun(&out, packet, end);
		const uint8_t *stop = (uint32_t)(end - packet) < WORD_BYTES ? end : packet + WORD_BYTES;
		while (packet != stop) {
			uint32_t byte = *packet++;
			if (byte == END || byte == ESC) {
				put(&out, ESC);
				byte = byte == END ? ESC_END : ESC_ESC;
			}
			put(&out, byte);
		}
	}
	put(&out, END);
	return out.used <= room ? out.used : 0;
}
