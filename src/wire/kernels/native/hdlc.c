// PPP in HDLC-like framing, RFC 1662. The twin is ../hdlc.ts: a change here is a change there. A run of octets that need nothing goes a
// word at a time; everything else goes octet by octet, as in the twin.

#include "hdlc.h"
#include "words.h"

#define FLAG 0x7e
#define ESCAPE 0x7d
#define TURN 0x20
#define ALL_STATIONS 0xff
#define UNNUMBERED 0x03
#define INITIAL_FCS 0xffff
#define GOOD_FCS 0xf0b8
#define LCP 0xc021

/* HdlcDecoder.state: which octet of the header comes next, and flags. */
enum { ADDRESS_NEXT, CONTROL_NEXT, PROTOCOL_NEXT, PROTOCOL_LOW_NEXT, INFORMATION };
#define STAGE 7u
#define ESCAPED 8u
#define SPOILED 16u
#define HEADER_BAD 32u
#define LENGTH_BAD 64u

static inline uint32_t fcs16(uint32_t fcs, uint32_t octet)
{
	uint32_t x = (fcs ^ octet) & 0xff, y = (x ^ x << 4) & 0xff;
	return fcs >> 8 ^ y << 8 ^ y << 3 ^ y >> 4;
}

/*
 * The octets of a word into the FCS, without a table. The FCS being part of w, the division w x^16 = q (x^16 + x^12 + x^5 + 1) + r has the quotient q = w + q x^-4 + q x^-11 + q x^-16,
 * cut to the word. As bits are sent lowest first, x^-n is a shift to the left; and w is multiplied by the inverse of 1 + (s4 + s11 + s16), which is the product of
 * 1 + that, 1 + its square, 1 + the square of that, and so on until the word's end: over GF(2) squares have as few terms. The remainder is what q (x^12 + x^5 + 1) has below x^16.
 */
static inline uint32_t fcsWord(uint32_t fcs, Word w)
{
	w ^= fcs;
#if UINTPTR_MAX > 0xffffffff
	w ^= w << 32;
	w ^= w << 16 ^ w << 44;
	w ^= w << 8 ^ w << 22 ^ w << 32;
#else
	w ^= w << 16;
	w ^= w << 8 ^ w << 22;
#endif
	w ^= w << 4 ^ w << 11 ^ w << 16;
	return (uint32_t)((w ^ w >> 5 ^ w >> 12) >> (8 * WORD_BYTES - 16));
}

/* For `special`: with `accm` 0 every byte passes for no control. */
static inline Word controlsOf(uint32_t accm)
{
	return accm ? EACH(0x60) : EACH(0x80);
}

/* Not 0 when a byte of the word may be flag, escape or, with controls, a control. DEL passes for one of them, to save an instruction. */
static inline Word special(Word w, Word controls)
{
	Word low = w & EACH(0x7f);
	/* Bit 7 of a byte: at least 0x7d, or not at least 0x20; and below 0x80. */
	return ((low + EACH(3)) | ~(low + controls)) & ~w & EACH(0x80);
}

void hdlcReset(HdlcDecoder *decoder)
{
	decoder->count = 0;
	decoder->fcs = INITIAL_FCS;
	decoder->state = ADDRESS_NEXT;
}

void hdlcSpoil(HdlcDecoder *decoder)
{
	decoder->state |= SPOILED;
}

static int32_t lost(uint32_t *counter)
{
	++*counter;
	return FRAME_LOST;
}

static int32_t frameEnd(HdlcDecoder *decoder)
{
	uint32_t state = decoder->state, count = decoder->count, fcs = decoder->fcs;
	hdlcReset(decoder);
	if (state & SPOILED)
		return FRAME_LOST;
	if (state & ESCAPED)
		return lost(&decoder->aborts);
	if ((state & STAGE) == ADDRESS_NEXT)
		return 0;
	if (state & LENGTH_BAD)
		return lost(&decoder->tooLong);
	if ((state & STAGE) != INFORMATION || count < 2)
		return lost(&decoder->tooShort);
	if (fcs != GOOD_FCS)
		return lost(&decoder->badFcs);
	if (state & HEADER_BAD)
		return lost(&decoder->badHeader);
	return (int32_t)(decoder->protocol << 16 | (count - 2));
}

static void header(HdlcDecoder *decoder, uint32_t octet)
{
	uint32_t stage = decoder->state & STAGE, next = INFORMATION;
	if (stage == ADDRESS_NEXT && octet == ALL_STATIONS)
		next = CONTROL_NEXT;
	else if (stage == CONTROL_NEXT)
		next = octet == UNNUMBERED ? PROTOCOL_NEXT : INFORMATION | HEADER_BAD;
	else if (stage == PROTOCOL_LOW_NEXT) {
		decoder->protocol |= octet;
		if (!(octet & 1))
			next |= HEADER_BAD;
	} else if (octet & 1)
		decoder->protocol = octet;
	else {
		decoder->protocol = octet << 8;
		next = PROTOCOL_LOW_NEXT;
	}
	decoder->state = (decoder->state & ~STAGE) | next;
}

/* One octet that is no flag. */
static inline void decodeOctet(HdlcDecoder *decoder, uint32_t octet, uint8_t *to, uint32_t max)
{
	uint32_t state = decoder->state;
	if (octet < 0x20 && decoder->receiveAccm >> octet & 1)
		return;
	if (state & ESCAPED) {
		decoder->state = state &= ~ESCAPED;
		octet ^= TURN;
	} else if (octet == ESCAPE) {
		decoder->state |= ESCAPED;
		return;
	}
	if (state & LENGTH_BAD)
		return;
	decoder->fcs = fcs16(decoder->fcs, octet);
	if ((state & STAGE) != INFORMATION)
		header(decoder, octet);
	else if (decoder->count < max)
		to[decoder->count++] = (uint8_t)octet;
	else if (decoder->count < max + 2)
		decoder->count++;
	else
		decoder->state |= LENGTH_BAD;
}

uint32_t hdlcDecode(HdlcDecoder *decoder, const uint8_t *in, uint32_t count, uint8_t *to, uint32_t max, int32_t *result)
{
	const uint8_t *next = in, *end = in + count;
	Word controls = controlsOf(decoder->receiveAccm);
	*result = 0;
	while (next < end) {
		if ((decoder->state & (STAGE | ESCAPED | LENGTH_BAD)) == INFORMATION && decoder->count < max) {
			uint32_t room = max - decoder->count, left = (uint32_t)(end - next), fcs = decoder->fcs;
			const uint8_t *stop = next + ((left < room ? left : room) & ~(WORD_BYTES - 1));
			uint8_t *p = to + decoder->count;
			for (; next != stop; next += WORD_BYTES, p += WORD_BYTES) {
				Word w = loadWord(next);
				if (special(w, controls))
					break;
				storeWord(p, w);
				fcs = fcsWord(fcs, w);
			}
			decoder->fcs = fcs;
			decoder->count = (uint32_t)(p - to);
		}
		/* A word's worth of octets, in which the one is that stopped us; at the end of the span, the rest. */
		const uint8_t *stop = (uint32_t)(end - next) < WORD_BYTES ? end : next + WORD_BYTES;
		while (next != stop) {
			uint32_t octet = *next++;
			if (octet != FLAG) {
				decodeOctet(decoder, octet, to, max);
				continue;
			}
			*result = frameEnd(decoder);
			if (*result != 0)
				return (uint32_t)(next - in);
		}
	}
	return count;
}

typedef struct {
	uint8_t *ring;
	uint32_t mask, at, room, used, accm, fcs;
} Out;

static inline void plain(Out *out, uint32_t octet)
{
	if (out->used < out->room)
		out->ring[(out->at + out->used) & out->mask] = (uint8_t)octet;
	out->used++;
}

static inline void stuffed(Out *out, uint32_t octet)
{
	if (octet == FLAG || octet == ESCAPE || (octet < 0x20 && out->accm >> octet & 1)) {
		plain(out, ESCAPE);
		octet ^= TURN;
	}
	plain(out, octet);
}

static inline void encodeOctet(Out *out, uint32_t octet)
{
	out->fcs = fcs16(out->fcs, octet);
	stuffed(out, octet);
}

/* Words of the frame that need no escape, as many as there are, and as fit before the ring's end. Answers where it stopped. */
static inline const uint8_t *encodeRun(Out *out, const uint8_t *frame, const uint8_t *end)
{
	if (out->used >= out->room)
		return frame;
	uint32_t at = (out->at + out->used) & out->mask, fit = out->mask + 1 - at, left = (uint32_t)(end - frame);
	if (fit > out->room - out->used)
		fit = out->room - out->used;
	const uint8_t *start = frame, *stop = frame + ((left < fit ? left : fit) & ~(WORD_BYTES - 1));
	uint8_t *p = out->ring + at;
	uint32_t fcs = out->fcs;
	Word controls = controlsOf(out->accm);
	for (; frame != stop; frame += WORD_BYTES, p += WORD_BYTES) {
		Word w = loadWord(frame);
		if (special(w, controls))
			break;
		storeWord(p, w);
		fcs = fcsWord(fcs, w);
	}
	out->fcs = fcs;
	out->used += (uint32_t)(frame - start);
	return frame;
}

uint32_t hdlcEncode(uint8_t *ring, uint32_t mask, uint32_t at, uint32_t room, const uint8_t *frame, uint32_t length, uint16_t protocol, uint32_t accm, unsigned flags)
{
	if (protocol == LCP) {
		accm = 0xffffffff;
		flags &= HDLC_NO_OPENING_FLAG;
	}
	Out out = { ring, mask, at, room, 0, accm, INITIAL_FCS };
	if (!(flags & HDLC_NO_OPENING_FLAG))
		plain(&out, FLAG);
	if (!(flags & HDLC_NO_ADDRESS)) {
		encodeOctet(&out, ALL_STATIONS);
		encodeOctet(&out, UNNUMBERED);
	}
	if (!(flags & HDLC_NO_PROTOCOL_HIGH) || protocol > 0xff)
		encodeOctet(&out, protocol >> 8);
	encodeOctet(&out, protocol & 0xff);
	const uint8_t *end = frame + length;
	while (frame != end && out.used <= room) {
		frame = encodeRun(&out, frame, end);
		const uint8_t *stop = (uint32_t)(end - frame) < WORD_BYTES ? end : frame + WORD_BYTES;
		while (frame != stop)
			encodeOctet(&out, *frame++);
	}
	uint32_t fcs = ~out.fcs;
	stuffed(&out, fcs & 0xff);
	stuffed(&out, fcs >> 8 & 0xff);
	plain(&out, FLAG);
	return out.used <= room ? out.used : 0;
}
