// What XS's headers want of a platform (XSPLATFORM), as little as a microcontroller's C library has: for compiling our natives, not XS.

#ifndef CROSS_PLATFORM_H
#define CROSS_PLATFORM_H

#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* As the platforms of boards have it. */
uint32_t modMicroseconds(void);

/* Of Moddable 8.2.3: the engine of the desktop is an older one. */
#define XS_JAVASCRIPT_STACK_OVERFLOW_EXIT XS_STACK_OVERFLOW_EXIT
char *fxAbortString(int status);

#define XS_FUNCTION_NORETURN __attribute__((noreturn))

#define mxUseGCCAtomics 1
#define mxUseDefaultMachinePlatform 1
#define mxUseDefaultBuildKeys 1
#define mxUseDefaultChunkAllocation 1
#define mxUseDefaultSlotAllocation 1
#define mxUseDefaultSharedChunks 1

/* The heap between two ends is what boards have. */
#define mxMachinePlatform \
	uint8_t *heap, *heap_ptr, *heap_pend; \
	void *host; \
	void *waiterCondition; \
	void *waiterData; \
	void *waiterLink;

#endif
