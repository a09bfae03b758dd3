// Runs hosts/engine/memory.c over a stand-in for XS and ESP-IDF: which memory the arena gets, and what is said when there is none. Prints nothing and ends with 0 when all is well.

#include "stand-in.h"

#include "../../../hosts/engine/memory.c"

#include <string.h>

#define DEMAND(WHAT) ((WHAT) ? (void)0 : (fprintf(stderr, "main.c:%d: %s\n", __LINE__, #WHAT), exit(1)))

static int reached, internal, any; /* by DMA: there is some; what was allocated of it, and of the rest */
static int exhausted, slotless, freed;

void *heap_caps_calloc(size_t count, size_t bytes, uint32_t capabilities)
{
	DEMAND(count == 1 && capabilities == (MALLOC_CAP_DMA | MALLOC_CAP_INTERNAL | MALLOC_CAP_8BIT));
	if (!reached)
		return NULL;
	internal++;
	return calloc(count, bytes);
}

void *c_calloc(size_t count, size_t bytes)
{
	if (exhausted)
		return NULL;
	any++;
	return calloc(count, bytes);
}

void c_free(void *data)
{
	freed++;
	free(data);
}

xsMachine hostObject(xsMachine *the, void (*destructor)(void *data))
{
	xsMachine made = *the;
	made.destructor = destructor;
	return made;
}

/* The engine has no slot left, or all that are needed. */
void takesSlots(xsMachine *the)
{
	if (slotless)
		xsRangeError("no slots");
}

/* What is thrown; NULL: nothing. The collector comes afterwards. */
static const char *allocates(int bytes)
{
	static xsMachine machine;
	xsMachine *the = &machine;
	memset(the, 0, sizeof(*the));
	the->argument = bytes;
	internal = any = freed = 0;
	int thrown = setjmp(the->thrown);
	if (!thrown) {
		xs_multihome_allocate(the);
		DEMAND(the->byteLength == bytes && the->bytes == bytes);
		for (int i = 0; i < bytes; i++)
			DEMAND(((uint8_t *)the->data)[i] == 0);
	}
	if (the->destructor && the->data)
		the->destructor(the->data);
	DEMAND(freed == internal + any);
	return thrown ? the->message : NULL;
}

int main(void)
{
	reached = 1;
	DEMAND(!allocates(70000) && (internal == ESP && any == !ESP));
	reached = 0; /* what DMA does not reach is better than nothing */
	DEMAND(!allocates(70000) && internal == 0 && any == 1);
	exhausted = 1;
	DEMAND(strcmp(allocates(70000), "70000 bytes: the machine has not that much memory left") == 0 && freed == 0);
	exhausted = 0, slotless = 1;
	DEMAND(strcmp(allocates(70000), "no slots") == 0 && freed == 1);
	slotless = 0;
	DEMAND(strcmp(allocates(0), "0 bytes: expected 1 to 1073741824") == 0);
	DEMAND(strcmp(allocates(-5), "-5 bytes: expected 1 to 1073741824") == 0);
	DEMAND(strcmp(allocates((1 << 30) + 1), "1073741825 bytes: expected 1 to 1073741824") == 0);
	return 0;
}
