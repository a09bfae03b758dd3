/*
 * A host buffer over C memory: the arena lives in it, and a chip's DMA and interrupt handlers may write to it (its address
 * does not change, while XS moves ArrayBuffers about).
 */

#include "xsmc.h"
#include "xsHost.h"
#include "mc.xs.h"

#define MOST_BYTES (1 << 30)

#ifdef ESP_PLATFORM
#include "esp_heap_caps.h"

/* calloc may answer PSRAM, which SPI controllers cannot write to by themselves. Where nothing else is left, drivers copy (drivers/bus). */
static void *allocate(size_t bytes)
{
	void *data = heap_caps_calloc(1, bytes, MALLOC_CAP_DMA | MALLOC_CAP_INTERNAL | MALLOC_CAP_8BIT);
	return data ? data : c_calloc(1, bytes);
}
#else
#define allocate(BYTES) c_calloc(1, BYTES)
#endif

void xs_multihome_allocate(xsMachine *the)
{
	int bytes = xsmcToInteger(xsArg(0));
	if (bytes <= 0 || bytes > MOST_BYTES)
		xsRangeError("%d bytes: expected 1 to %d", bytes, MOST_BYTES);
	void *data = allocate(bytes);
	if (!data)
		xsRangeError("%d bytes: the machine has not that much memory left", bytes);
	/* From here on the collector frees the memory, also when a line below runs out of slots. */
	xsResult = xsNewHostObject(c_free);
	xsmcSetHostBuffer(xsResult, data, bytes);
	xsmcVars(1);
	xsmcSetInteger(xsVar(0), bytes);
	xsmcDefine(xsResult, xsID_byteLength, xsVar(0), xsDontDelete | xsDontEnum | xsDontSet);
}
