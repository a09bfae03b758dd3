// Why the board ended, for the next start to tell: a text in memory that a restart leaves as it is, and that holds anything after power-on. hosts/pico and hosts/esp32 have it.

#ifndef MULTIHOME_LAST_END_H
#define MULTIHOME_LAST_END_H

#include <stdint.h>
#include <string.h>

/** Bytes of the text, with its final zero. */
#define LAST_END_TEXT 256
#define LAST_END_MAGIC 0x6c617374u

typedef struct {
	uint32_t magic; /* written last */
	uint32_t length;
	uint32_t sum;
	char text[LAST_END_TEXT];
} LastEnd;

/** Of the family: neither cleared nor loaded at the start. */
extern LastEnd boardLastEnd;

/** Of the family, called once at each start: has a watchdog look after the machine, where the SDK does not; what the hardware says of the end before, NULL when that was power-on or on purpose. */
const char *boardStarts(void);

/* FNV-1a, 32 bits. */
static inline uint32_t lastEndSum(const LastEnd *end)
{
	uint32_t sum = 2166136261u ^ end->length;
	for (uint32_t i = 0; i < end->length; i++)
		sum = (sum ^ (uint8_t)end->text[i]) * 16777619u;
	return sum;
}

/** Appends what there is room for. */
static inline void lastEndAdd(LastEnd *end, const char *text)
{
	while (*text && end->length < LAST_END_TEXT - 1)
		end->text[end->length++] = *text++;
}

/** To be called before what is added. */
static inline void lastEndBegin(LastEnd *end)
{
	end->magic = 0;
	end->length = 0;
}

/** To be called behind what is added. */
static inline void lastEndKeep(LastEnd *end)
{
	/* Text of a program is cut anywhere, and a part of a character at the end would be none. */
	while (end->length == LAST_END_TEXT - 1 && end->text[end->length - 1] & 0x80)
		end->text[--end->length] = 0;
	end->text[end->length] = 0;
	end->sum = lastEndSum(end);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	end->magic = LAST_END_MAGIC;
}

/** The text that was kept, once; NULL when there is none. It stays where it is until another one begins. */
static inline const char *lastEndTake(LastEnd *end)
{
	int kept = end->magic == LAST_END_MAGIC && end->length < LAST_END_TEXT && end->text[end->length] == 0 && end->sum == lastEndSum(end);
	end->magic = 0;
	return kept ? end->text : NULL;
}

#endif
