/*
 * What XS needs to know about this machine; included by xsPlatform.h (XSPLATFORM).
 * Read main.c next. No mxDebug: the engine runs as on a board with release firmware, and errors.c finds line numbers
 * in the bytecode instead of having the interpreter keep them.
 */

#ifndef HOST_PLATFORM_H
#define HOST_PLATFORM_H

#undef mxLinux
#define mxLinux 1

#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define XS_FUNCTION_NORETURN __attribute__((noreturn))

#define mxUseGCCAtomics 1
#define mxUsePOSIXThreads 1
#define mxUseDefaultMachinePlatform 1
#define mxUseDefaultBuildKeys 1
#define mxUseDefaultChunkAllocation 1
#define mxUseDefaultSlotAllocation 1
#define mxUseDefaultParseScript 1
#define mxUseDefaultSharedChunks 1

/* The engine's own chatter about its heap would land in our output; errors.c reports instead. */
#define mxNoConsole 1

/* A runaway recursion ends with a message instead of writing over the heap. XS's own default, and so a board's release firmware, is 0. */
#ifndef mxBoundsCheck
#define mxBoundsCheck 1
#endif

/* The waiter fields belong to xsAtomics.c. */
#define mxMachinePlatform \
	void *host; \
	void *waiterCondition; \
	void *waiterData; \
	void *waiterLink;

#endif
