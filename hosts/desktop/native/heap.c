/*
 * Counts what is allocated. The engine's currentHeapCount and currentChunksSize rise with every allocation and fall only in
 * a collection, so the sum of what collections took away makes them cumulative. Two hooks see each collection:
 * - at its start the marker of a host object that is always alive, where callbacks kept in C are marked as well;
 * - at its end fxCheckProfiler, which xsMemory.c calls when built with mxProfile. That file alone is (see build/host.mjs),
 *   as elsewhere the call would cost time.
 */

#include "host.h"

static txSlot root;
static int64_t slotsReclaimed = 0;
static int64_t chunkBytesReclaimed = 0;
static int64_t slotsBefore = 0;
static int64_t chunkBytesBefore = 0;
static uint32_t collections = 0;

static void collectionStarts(txMachine *the, void *data, txMarkRoot mark)
{
	(void)data;
	slotsBefore = the->currentHeapCount;
	chunkBytesBefore = the->currentChunksSize;
	hostMarkCallbacks(the, mark);
}

/*
 * A board's heap ends; this computer's hardly does. What is held is counted as a board does, 16 bytes a slot, and compared with the limit after every collection: until
 * then a part of it may be garbage. Turns of the event loop begin one when the limit is passed (hostCheckHeap), so that a program is told in time.
 */
#define BOARD_SLOT_BYTES 16

static int64_t heapLimit = 0;
static int64_t heapBase = 0;

static int64_t held(txMachine *the)
{
	return (int64_t)the->currentHeapCount * BOARD_SLOT_BYTES + the->currentChunksSize - heapBase;
}

static bool beyondLimit(txMachine *the)
{
	return heapLimit > 0 && held(the) > heapLimit;
}

void hostCheckHeap(txMachine *the)
{
	if (beyondLimit(the))
		fxCollectGarbage(the);
}

void xs_host_limitHeap(txMachine *the)
{
	int64_t limit = (int64_t)xsmcToNumber(xsArg(0));
	heapLimit = 0;
	fxCollectGarbage(the);
	heapBase = 0;
	heapBase = held(the);
	heapLimit = limit;
}

void xs_host_heapHeld(txMachine *the)
{
	xsmcSetNumber(xsResult, (double)held(the));
}

extern void fxCheckProfiler(txMachine *the, txSlot *frame);

void fxCheckProfiler(txMachine *the, txSlot *frame)
{
	(void)frame;
	/* Collections from before the marker was there have slotsBefore 0. */
	if (slotsBefore) {
		slotsReclaimed += slotsBefore - the->currentHeapCount;
		chunkBytesReclaimed += chunkBytesBefore - the->currentChunksSize;
	}
	collections++;
	if (beyondLimit(the))
		hostHeapReached(the, held(the), heapLimit);
}

static const txHostHooks hooks = { NULL, collectionStarts, NULL };

void hostWatchCollections(txMachine *the)
{
	fxNewHostObject(the, NULL);
	/* The marker is called for objects with data only. */
	fxSetHostData(the, the->stack, &root);
	fxSetHostHooks(the, the->stack, &hooks);
	mxPullSlot(&root);
	fxRemember(the, &root);
}

static void setCount(txMachine *the, int64_t count)
{
	if (count == (txInteger)count)
		xsmcSetInteger(xsResult, (txInteger)count);
	else
		xsmcSetNumber(xsResult, (double)count);
}

void xs_host_slotsAllocated(txMachine *the)
{
	setCount(the, slotsReclaimed + the->currentHeapCount);
}

void xs_host_chunkBytesAllocated(txMachine *the)
{
	setCount(the, chunkBytesReclaimed + the->currentChunksSize);
}

void xs_host_slotsUsed(txMachine *the)
{
	setCount(the, the->currentHeapCount);
}

void xs_host_chunkBytesUsed(txMachine *the)
{
	setCount(the, the->currentChunksSize);
}

void xs_host_slotsTotal(txMachine *the)
{
	setCount(the, the->maximumHeapCount);
}

void xs_host_chunkBytesTotal(txMachine *the)
{
	setCount(the, the->maximumChunksSize);
}

void xs_host_collections(txMachine *the)
{
	setCount(the, collections);
}

void xs_host_collect(txMachine *the)
{
	fxCollectGarbage(the);
}
