// Copies between packets, rings and applications' buffers. Large processors' libraries do that best; the small library of a Cortex-M0+
// copies byte by byte, which costs more than the checksum.

#ifndef MULTIHOME_COPY_H
#define MULTIHOME_COPY_H

#include <stdint.h>
#include <string.h>

#include "hot.h"

#if UINTPTR_MAX > 0xffffffff
static inline void copyBytes(uint8_t *to, const uint8_t *from, uint32_t length)
{
	memcpy(to, from, length);
}
#else
/* What a few instructions load and store at once, whatever the bytes are used as elsewhere. */
typedef struct {
	uint32_t words[6];
} __attribute__((may_alias)) CopyBlock;
typedef uint32_t __attribute__((may_alias)) CopyWord;
typedef uint16_t __attribute__((may_alias)) CopyHalf;

/* The areas do not overlap. */
HOT static inline void copyBytes(uint8_t *to, const uint8_t *from, uint32_t length)
{
	if (length < 16) {
		memcpy(to, from, length);
		return;
	}
	uintptr_t apart = (uintptr_t)to ^ (uintptr_t)from;
	if ((uintptr_t)to & 1) {
		*to++ = *from++;
		length--;
	}
	if (apart & 1) {
		if ((uintptr_t)to & 2) {
			*to++ = *from++;
			*to++ = *from++;
			length -= 2;
		}
		/* A word is made of the end of one word and the beginning of the next; nothing outside of the area is read. */
		uint32_t low = 8 * ((uintptr_t)from & 3), high = 32 - low, word = 0;
		for (uint32_t shift = low; shift < 32; shift += 8)
			word |= (uint32_t)*from++ << shift;
		for (length -= high / 8; length >= 4; length -= 4, to += 4, from += 4) {
			uint32_t next = *(const CopyWord *)(const void *)from;
			*(CopyWord *)(void *)to = word >> low | next << high;
			word = next;
		}
		for (uint32_t shift = low; shift < 32; shift += 8)
			*to++ = (uint8_t)(word >> shift);
	} else if (!(apart & 2)) {
		if ((uintptr_t)to & 2) {
			*(CopyHalf *)(void *)to = *(const CopyHalf *)(const void *)from;
			to += 2;
			from += 2;
			length -= 2;
		}
		for (; length >= sizeof(CopyBlock); length -= sizeof(CopyBlock), to += sizeof(CopyBlock), from += sizeof(CopyBlock))
			*(CopyBlock *)(void *)to = *(const CopyBlock *)(const void *)from;
		for (; length >= 4; length -= 4, to += 4, from += 4)
			*(CopyWord *)(void *)to = *(const CopyWord *)(const void *)from;
	} else
		for (; length >= 8; length -= 8, to += 8, from += 8) {
			CopyHalf *t = (CopyHalf *)(void *)to;
			const CopyHalf *f = (const CopyHalf *)(const void *)from;
			t[0] = f[0];
			t[1] = f[1];
			t[2] = f[2];
			t[3] = f[3];
		}
	while (length--)
		*to++ = *from++;
}
#endif

#endif
