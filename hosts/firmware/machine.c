// What a board's JavaScript machine tells of its memory and its modules, and chance. Fields of the engine (xsAll.h), read and never written.

#include "xsAll.h"
#include "xs.h"
#include "xsmc.h"
#include "xsHost.h"

/* random32.c of the platform. */
extern uint32_t boardRandom(void);

void xs_board_random32(xsMachine *the)
{
	xsmcSetInteger(xsResult, (xsIntegerValue)boardRandom());
}

void xs_board_slotsUsed(xsMachine *the)
{
	xsmcSetInteger(xsResult, (xsIntegerValue)the->currentHeapCount);
}

void xs_board_slotsTotal(xsMachine *the)
{
	xsmcSetInteger(xsResult, (xsIntegerValue)the->maximumHeapCount);
}

void xs_board_chunkBytesUsed(xsMachine *the)
{
	xsmcSetInteger(xsResult, (xsIntegerValue)the->currentChunksSize);
}

void xs_board_chunkBytesTotal(xsMachine *the)
{
	xsmcSetInteger(xsResult, (xsIntegerValue)the->maximumChunksSize);
}

/* Between chunks and slots in the machine's memory (`creation.static`): neither has taken it yet. */
void xs_board_freeBytes(xsMachine *the)
{
	xsmcSetInteger(xsResult, the->heap_ptr ? (xsIntegerValue)(the->heap_pend - the->heap_ptr) : -1);
}

void xs_board_collect(xsMachine *the)
{
	xsCollectGarbage();
}

void xs_board_importNow(xsMachine *the)
{
	char name[64];
	xsmcToStringBuffer(xsArg(0), name, sizeof(name));
	xsResult = xsAwaitImport(name, XS_IMPORT_DEFAULT | XS_IMPORT_PREFLIGHT);
	if (xsmcTest(xsResult))
		xsResult = xsAwaitImport(name, XS_IMPORT_DEFAULT);
	else
		xsmcSetUndefined(xsResult);
}
