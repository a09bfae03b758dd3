/* Random bits of the system, beside host.js. */

#include "arena.h"

#include <sys/random.h>

void xs_multihome_entropy(xsMachine *the)
{
	void *raw;
	xsUnsignedValue bytes;
	xsmcGetBufferWritable(xsArg(0), &raw, &bytes);
	if (getrandom(raw, bytes, 0) != (ssize_t)bytes)
		xsmcSetString(xsResult, "getrandom gives no random bytes");
}
