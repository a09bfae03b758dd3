/* What hosts/engine/memory.c takes of XS and ESP-IDF, in place of each of their headers: a host buffer, and memory of two kinds that may be used up. */

#ifndef STAND_IN_H
#define STAND_IN_H

#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* XS */
typedef struct {
	int argument;
	void (*destructor)(void *data);
	void *data;
	int bytes, byteLength;
	jmp_buf thrown;
	char message[200];
} xsMachine;
#define xsArg(INDEX) the
#define xsVar(INDEX) the
#define xsResult *the
#define xsID_byteLength 1
enum { xsDontDelete = 1, xsDontEnum = 2, xsDontSet = 4 };
#define xsmcToInteger(SLOT) (SLOT)->argument
#define xsRangeError(...) (snprintf(the->message, sizeof(the->message), __VA_ARGS__), longjmp(the->thrown, 1))
xsMachine hostObject(xsMachine *the, void (*destructor)(void *data));
#define xsNewHostObject(DESTRUCTOR) hostObject(the, DESTRUCTOR)
#define xsmcSetHostBuffer(SLOT, DATA, BYTES) (the->data = (DATA), the->bytes = (BYTES))
void takesSlots(xsMachine *the);
#define xsmcVars(COUNT) takesSlots(the)
#define xsmcSetInteger(SLOT, VALUE) ((void)(VALUE))
#define xsmcDefine(SLOT, ID, VALUE, FLAGS) (the->byteLength = the->bytes)
void *c_calloc(size_t count, size_t bytes);
void c_free(void *data);

/* ESP-IDF 6.0 */
#define MALLOC_CAP_8BIT (1 << 2)
#define MALLOC_CAP_DMA (1 << 3)
#define MALLOC_CAP_INTERNAL (1 << 11)
void *heap_caps_calloc(size_t count, size_t bytes, uint32_t capabilities);

#endif
