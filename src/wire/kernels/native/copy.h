// Copies between packets, rings and applications' buffers. Large processors' libraries do that best; the small library of a Cortex-M0+ copies byte by byte, which costs more than the checksum.

#pragma once

#include "words.h"

#if UINTPTR_MAX > 0xffffffff
#define copyBytes memcpy
#else
/* What a few instructions load and store at once, whatever the bytes are used as elsewhere. */
typedef struct {
	uint32_t words[6];
} __attribute__((may_alias)) CopyBlock;
typedef uint32_t __attribute__((may_alias)) CopyWord;

/* The areas do not overlap. */
HOT static inline void copyBytes(uint8_t *to, const uint8_t *from, uint32_t length)
{
	if (length >= 16) {
		for (; (uintptr_t)to & 3; length--)
			*to++ = *from++;
		const uint32_t low = 8 * ((uintptr_t)from & 3), high = 32 - low;
		if (low) {
			/* A word is made of the end of one word and the beginning of the next; nothing outside of the area is read. */
			uint32_t word = 0;
			for (uint32_t shift = low; shift < 32; shift += 8)
				word |= (uint32_t)*from++ << shift;
			for (length -= high / 8; length >= 4; length -= 4, to += 4, from += 4) {
				const uint32_t next = *(const CopyWord *)(const void *)from;
				*(CopyWord *)(void *)to = word >> low | next << high;
				word = next;
			}
			for (uint32_t shift = low; shift < 32; shift += 8)
				*to++ = (uint8_t)(word >> shift);
		} else {
			for (; length >= sizeof(CopyBlock); length -= sizeof(CopyBlock), to += sizeof(CopyBlock), from += sizeof(CopyBlock))
				*(CopyBlock *)(void *)to = *(const CopyBlock *)(const void *)from;
			for (; length >= 4; length -= 4, to += 4, from += 4)
				*(CopyWord *)(void *)to = *(const CopyWord *)(const void *)from;
		}
	}
	while (length--)
		*to++ = *from++;
}
#endif
