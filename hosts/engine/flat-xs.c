// What C made from flat TypeScript tells errors by, on XS: RangeErrors of the call that runs.

#include <stdarg.h>
#include <stdio.h>

#include "flat.h"

#include "xsmc.h"

void flatOutside(const FlatMemory *memory, int64_t at, int64_t bytes)
{
	xsMachine *the = memory->context;
	xsRangeError("%d bytes from %d on: expected them within 0 to %d", (int)bytes, (int)at, (int)memory->size);
	__builtin_unreachable(); /* xsRangeError leaves by longjmp, which compilers are not told */
}

void flatBeyond(const FlatMemory *memory)
{
	xsMachine *the = memory->context;
	xsRangeError("bytes outside of memory: expected them within 0 to %d", (int)memory->size);
	__builtin_unreachable();
}

void flatMisuse(const FlatMemory *memory, const char *format, ...)
{
	xsMachine *the = memory->context;
	char text[128];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	xsRangeError("%s", text);
	__builtin_unreachable();
}
