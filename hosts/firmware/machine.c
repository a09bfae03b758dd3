// What a board's JavaScript machine tells of its memory and its modules. Fields of the engine (xsAll.h), read and never written.

#include "xsAll.h"
#include "xs.h"
#include "xsmc.h"
#include "xsHost.h"
#include "mc.defines.h"
#if ESP32
#include "esp_timer.h"
#endif
#include "identity.h"
#include "machine-end.h"

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

/* Wraps after 71 minutes. */
void xs_board_microseconds(xsMachine *the)
{
	xsmcSetInteger(xsResult, (xsIntegerValue)modMicroseconds());
}

/* Bytes of chunks that are in use when the program has started. */
static txSize chunksAtStart;

/* After the start: what that left over is collected. */
void xs_board_collect(xsMachine *the)
{
	xsCollectGarbage();
	chunksAtStart = the->currentChunksSize;
}

/* Room for what a step of a program takes at a time: slots, and bytes of chunks; a connection of the HTTP server takes most. */
#define STEP_SLOTS 128
#define STEP_CHUNK_BYTES 1024

/* Of the block that has most: a chunk lies in one. */
static txSize chunkRoom(xsMachine *the)
{
	txSize most = 0;
	for (const txBlock *block = the->firstBlock; block; block = block->nextBlock)
		if (block->limit - block->current > most)
			most = (txSize)(block->limit - block->current);
	return most;
}

/*
 * For hosts/engine/poll.c. Collects garbage when there is no room for another step, and answers whether it did. The engine would do so in the middle of that step, and the data path would stand still for both. What is
 * in use after a collection is remembered: where little was garbage, it is not collected again before nearly a step's has been made.
 */
int multihomeTidy(xsMachine *the)
{
	static txSize slotsLeft, chunkBytesLeft;
	int chunks = chunkRoom(the) < STEP_CHUNK_BYTES && the->currentChunksSize - chunkBytesLeft >= STEP_CHUNK_BYTES * 3 / 4;
	int slots = (txSize)the->maximumHeapCount - (txSize)the->currentHeapCount < STEP_SLOTS && (txSize)the->currentHeapCount - slotsLeft >= STEP_SLOTS;
	if (!chunks && !slots)
		return 0;
	/* Slots alone take less time, and leave chunks that are garbage. */
	fxCollect(the, chunks ? XS_COMPACT_FLAG : XS_NO_FLAG);
	slotsLeft = (txSize)the->currentHeapCount;
	if (chunks)
		chunkBytesLeft = the->currentChunksSize;
	return 1;
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

void xs_board_identity(xsMachine *the)
{
	uint8_t identity[IDENTITY_BYTES];
	if (!multihomeIdentity(identity))
		xsUnknownError("this board has no number of its own: give its interfaces a mac in the board file");
	xsmcSetArrayBuffer(xsResult, identity, sizeof(identity));
}

/*
 * When no memory is left, nor room on its stack, the engine calls fxAbort, which starts the board anew without a word. The platform's manifest has the linker pass that call on to us
 * (--wrap): the console says what to do, and the program gets an exception instead: one that was made at the start, as nothing can be made any more. The
 * engine has collected its garbage before, and has changed nothing yet; Moddable's nRF52 port throws at the same place.
 */
static txSlot exhausted;

/* Memory that slots have taken they keep. Where they have left chunks (strings, arrays, buffers) less room than this beyond what the start takes, nothing
   would go on: then the board starts anew. */
#define LEAST_CHUNK_ROOM 1024

void xs_board_guard(xsMachine *the)
{
	txSlot *error = (txSlot *)&xsArg(0);
	exhausted.kind = error->kind;
	exhausted.value = error->value;
	fxRemember(the, &exhausted);
}

extern void __real_fxAbort(txMachine *the, int status);

void __wrap_fxAbort(txMachine *the, int status)
{
	char *remedy = C_NULL;
	if (status == XS_NOT_ENOUGH_MEMORY_EXIT)
		remedy = "memory of the JavaScript machine is used up: raise creation.static in a manifest (--manifest; the build prints what RAM is left, and lower "
			"limits of the board file leave more), or keep less";
	else if (status == XS_JAVASCRIPT_STACK_OVERFLOW_EXIT)
		remedy = "the stack of the JavaScript machine is used up: raise creation.stack in a manifest (--manifest), or call less deeply";
	if (remedy != C_NULL) {
		fxReport(the, "%s\n", remedy);
		txBoolean hopeless = the->maximumChunksSize + (txSize)(the->heap_pend - the->heap_ptr) < chunksAtStart + LEAST_CHUNK_ROOM;
		if (exhausted.kind == XS_REFERENCE_KIND && the->firstJump != C_NULL && !hopeless) {
			mxException.kind = exhausted.kind;
			mxException.value = exhausted.value;
			fxJump(the);
		}
	}
	machineEnds(the, remedy != C_NULL ? remedy : fxAbortString(status), status == XS_UNHANDLED_EXCEPTION_EXIT || status == XS_UNHANDLED_REJECTION_EXIT ? &mxException : C_NULL);
	__real_fxAbort(the, status);
}
