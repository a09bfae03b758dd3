// See objects.js.

#include <stdlib.h>

#include "xsmc.h"
#include "xsHost.h"
#include "mc.xs.h"

static char something;

void xs_sdk_HostObject_delete(void *data)
{
	(void)data;
}

void xs_sdk_HostObject(xsMachine *the)
{
	xsmcSetHostData(xsThis, &something);
}

void xs_sdk_HostObjectChunk_delete(void *data)
{
	(void)data;
}

void xs_sdk_HostObjectChunk(xsMachine *the)
{
	xsmcSetHostChunk(xsThis, NULL, 16);
}

void xs_sdk_HostBuffer_delete(void *data)
{
	free(data);
}

void xs_sdk_HostBuffer(xsMachine *the)
{
	int size = xsmcToInteger(xsArg(0));
	void *data = size > 0 ? calloc(1, (size_t)size) : NULL;
	if (!data)
		xsRangeError("%d bytes: expected a number of bytes that there is memory for", size);
	xsmcSetHostBuffer(xsThis, data, (xsUnsignedValue)size);
}
