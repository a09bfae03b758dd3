// Runs hosts/firmware/machine.c and last-end.c over a machine that has fields and no engine: what they make of its memory, when garbage is collected, what happens when memory is used up, and what is kept of an end.
// Prints nothing and ends with 0 when all is well.

#include "xsAll.h"

#include "../../../hosts/firmware/machine.c"
#include "../../../hosts/firmware/last-end.c"

#define DEMAND(WHAT) ((WHAT) ? (void)0 : (fprintf(stderr, "main.c:%d: %s\n", __LINE__, #WHAT), exit(1)))

#define SLOTS 32

static txMachine machine;
static txMachine *const the = &machine;
static txSlot stack[SLOTS]; /* its top is the exception's; below it a call of one of ours: arguments, frame, result */
static txBlock blocks[2];
static txByte memory[2][4096];

LastEnd boardLastEnd;

static struct {
	const char *reset; /* what the hardware says */
	int identityFails;
	uint32_t us;
	int collections, all; /* of slots, and of chunks too; fxCollectGarbage */
	txSize slots, bytes; /* so much is in use afterwards */
	txSlot *remembered;
	int jumps, aborted, returns; /* the real fxAbort's status, and whether it comes back */
	const char *report, *thrown, *imports;
	int has; /* a module of that name */
	uint8_t buffer[16];
	txInteger length;
	char string[LAST_END_TEXT];
	jmp_buf back;
} stub;

/* Of the families. */
const char *boardStarts(void) { return stub.reset; }
int multihomeIdentity(uint8_t *bytes)
{
	memset(bytes, 0x5a, IDENTITY_BYTES);
	return !stub.identityFails;
}
uint32_t modMicroseconds(void) { return stub.us; }

/* Of the engine. */
void fxInteger(txMachine *a, txSlot *slot, txInteger value) { DEMAND(a == the); slot->kind = XS_INTEGER_KIND; slot->value.integer = value; }
void fxBoolean(txMachine *a, txSlot *slot, txS1 value) { DEMAND(a == the); slot->kind = XS_BOOLEAN_KIND; slot->value.boolean = value; }
void fxUndefined(txMachine *a, txSlot *slot) { DEMAND(a == the); slot->kind = XS_UNDEFINED_KIND; }
void fxString(txMachine *a, txSlot *slot, txString value) { DEMAND(a == the); slot->kind = XS_STRING_KIND; slot->value.string = strcpy(stub.string, value); }
void fxStringX(txMachine *a, txSlot *slot, txString value) { DEMAND(a == the); slot->kind = XS_STRING_X_KIND; slot->value.string = value; }
void *fxArrayBuffer(txMachine *a, txSlot *slot, void *data, txInteger length, txInteger most)
{
	DEMAND(a == the && length <= (txInteger)sizeof(stub.buffer) && (most < 0 || most == length));
	slot->kind = XS_REFERENCE_KIND;
	memcpy(stub.buffer, data, (size_t)length);
	stub.length = length;
	return stub.buffer;
}
txString fxToStringBuffer(txMachine *a, txSlot *slot, txString buffer, txSize size) { DEMAND(a == the && size == 64); return strcpy(buffer, slot->value.string); }
txInteger _xsTest(txMachine *a, txSlot *slot) { DEMAND(a == the && slot->kind == XS_BOOLEAN_KIND); return slot->value.boolean; }
void fxRemember(txMachine *a, txSlot *slot) { DEMAND(a == the); stub.remembered = slot; }
void fxCollectGarbage(txMachine *a) { DEMAND(a == the); stub.all++; }
void fxCollect(txMachine *a, txFlag flag)
{
	DEMAND(a == the && (flag == XS_COMPACT_FLAG || flag == XS_NO_FLAG));
	stub.collections++;
	the->currentHeapCount = (txU4)stub.slots;
	if (flag == XS_NO_FLAG)
		return;
	the->currentChunksSize = stub.bytes;
	blocks[0].current = memory[0] + stub.bytes;
}
void fxAwaitImport(txMachine *a, txBoolean flag)
{
	DEMAND(a == the && (flag & XS_IMPORT_DEFAULT));
	stub.imports = the->stack->value.string;
	the->stack->kind = XS_BOOLEAN_KIND;
	the->stack->value.boolean = flag & XS_IMPORT_PREFLIGHT ? stub.has : 77;
}
void fxReport(txMachine *a, txString format, ...)
{
	va_list arguments;
	DEMAND(a == the && strcmp(format, "%s\n") == 0);
	va_start(arguments, format);
	stub.report = va_arg(arguments, const char *);
	va_end(arguments);
}
void fxJump(txMachine *a) { DEMAND(a == the); stub.jumps++; longjmp(stub.back, 1); }
char *fxAbortString(int status) { return status == XS_UNHANDLED_EXCEPTION_EXIT ? "unhandled exception" : "another end"; }
void __real_fxAbort(txMachine *a, int status) { DEMAND(a == the); stub.aborted = status; if (!stub.returns) longjmp(stub.back, 2); }
void fxThrowMessage(txMachine *a, txString path, txInteger line, txError error, txString message, ...)
{
	(void)path, (void)line;
	DEMAND(a == the && error == XS_UNKNOWN_ERROR);
	stub.thrown = message;
	longjmp(stub.back, 3);
}

static txSlot *argument(int index) { return (txSlot *)&xsArg(index); }
static txSlot *result(void) { return (txSlot *)&xsResult; }

static void startAnew(void)
{
	memset(&machine, 0, sizeof(machine));
	memset(&stub, 0, sizeof(stub));
	memset(stack, 0, sizeof(stack));
	the->stackTop = stack + SLOTS;
	the->frame = stack + 16;
	the->stack = stack + 8;
	result()->kind = XS_UNDEFINED_KIND;
	blocks[0] = (txBlock){ .current = memory[0], .limit = memory[0] + 4096 };
	the->firstBlock = &blocks[0];
}

static txInteger answered(void (*call)(xsMachine *the))
{
	result()->kind = XS_UNDEFINED_KIND;
	call((xsMachine *)the);
	DEMAND(result()->kind == XS_INTEGER_KIND);
	return result()->value.integer;
}

static void tells(void)
{
	startAnew();
	the->currentHeapCount = 11, the->maximumHeapCount = 12, the->currentChunksSize = 13, the->maximumChunksSize = 14;
	DEMAND(answered(xs_board_slotsUsed) == 11 && answered(xs_board_slotsTotal) == 12);
	DEMAND(answered(xs_board_chunkBytesUsed) == 13 && answered(xs_board_chunkBytesTotal) == 14);
	DEMAND(answered(xs_board_freeBytes) == -1);
	the->heap_ptr = (uint8_t *)memory[0], the->heap_pend = the->heap_ptr + 4000;
	DEMAND(answered(xs_board_freeBytes) == 4000);
	stub.us = 0xfffffffe; /* an int32 that wraps */
	DEMAND(answered(xs_board_microseconds) == -2);
}

static void identity(void)
{
	startAnew();
	xs_board_identity((xsMachine *)the);
	DEMAND(stub.length == IDENTITY_BYTES && stub.buffer[0] == 0x5a && stub.buffer[IDENTITY_BYTES - 1] == 0x5a && stub.buffer[IDENTITY_BYTES] == 0);
	startAnew();
	stub.identityFails = 1;
	if (setjmp(stub.back) == 0) {
		xs_board_identity((xsMachine *)the);
		DEMAND(!"thrown");
	}
	DEMAND(strstr(stub.thrown, "a mac in the board file") && stub.length == 0);
}

static void imports(void)
{
	for (int has = 0; has < 2; has++) {
		startAnew();
		stub.has = has;
		argument(0)->kind = XS_STRING_KIND;
		argument(0)->value.string = "multihome/ipv6";
		xs_board_importNow((xsMachine *)the);
		DEMAND(has ? result()->kind == XS_BOOLEAN_KIND && result()->value.boolean == 77 : result()->kind == XS_UNDEFINED_KIND);
	}
}

/* Room for a step is made between two steps, and not for as long as there is little garbage. */
static void tidies(void)
{
	startAnew();
	the->maximumHeapCount = 1000, the->currentHeapCount = 1000 - STEP_SLOTS;
	the->currentChunksSize = 4096 - STEP_CHUNK_BYTES;
	blocks[0].current = memory[0] + the->currentChunksSize;
	DEMAND(!multihomeTidy((xsMachine *)the) && stub.collections == 0); /* just enough of both */
	/* One slot less: slots alone. */
	the->currentHeapCount++;
	stub.slots = 500, stub.bytes = 1;
	DEMAND(multihomeTidy((xsMachine *)the) && stub.collections == 1 && the->currentChunksSize == 4096 - STEP_CHUNK_BYTES);
	/* Nearly all were in use: not again before as many as a step's are. */
	the->currentHeapCount = 1000 - STEP_SLOTS + 1;
	stub.slots = 900;
	DEMAND(multihomeTidy((xsMachine *)the) && stub.collections == 2);
	the->currentHeapCount = 900 + STEP_SLOTS - 1;
	DEMAND(!multihomeTidy((xsMachine *)the));
	the->currentHeapCount++;
	stub.slots = 100;
	DEMAND(multihomeTidy((xsMachine *)the) && stub.collections == 3);
	/* One byte less of chunks. */
	the->currentChunksSize++;
	blocks[0].current++;
	stub.bytes = 3000;
	DEMAND(multihomeTidy((xsMachine *)the) && stub.collections == 4 && the->currentChunksSize == 3000);
	/* What is left is what the block has that has most. */
	blocks[1] = (txBlock){ .current = memory[1], .limit = memory[1] + STEP_CHUNK_BYTES };
	blocks[0].nextBlock = &blocks[1];
	the->currentChunksSize = 4096;
	blocks[0].current = blocks[0].limit;
	DEMAND(!multihomeTidy((xsMachine *)the));
	blocks[1].limit--;
	stub.bytes = 4000;
	DEMAND(multihomeTidy((xsMachine *)the) && stub.collections == 5);
	/* Little of it was garbage. */
	the->currentChunksSize = 4000 + STEP_CHUNK_BYTES * 3 / 4 - 1;
	DEMAND(!multihomeTidy((xsMachine *)the));
	the->currentChunksSize++;
	DEMAND(multihomeTidy((xsMachine *)the) && stub.collections == 6);
}

/* How the engine's call to end it comes back: 1, an exception was thrown; 2, the board starts anew; 0, it does not. */
static int ends(int status)
{
	int how = setjmp(stub.back);
	if (how == 0)
		__wrap_fxAbort(the, status);
	return how;
}

static const char *kept(void)
{
	const char *text = lastEndTake(&boardLastEnd);
	return text ? text : "";
}

static void usedUp(void)
{
	txJump jump;
	startAnew();
	the->currentChunksSize = 5000;
	xs_board_collect((xsMachine *)the);
	DEMAND(stub.all == 1);
	the->maximumChunksSize = 5000 + LEAST_CHUNK_ROOM;
	the->heap_ptr = the->heap_pend = (uint8_t *)memory[0];
	the->firstJump = &jump;
	/* Before the program has begun, nothing can be thrown. */
	DEMAND(ends(XS_NOT_ENOUGH_MEMORY_EXIT) == 2 && strstr(kept(), "raise creation.static"));
	argument(0)->kind = XS_REFERENCE_KIND;
	argument(0)->value.reference = &stack[0];
	xs_board_guard((xsMachine *)the);
	DEMAND(stub.remembered->value.reference == &stack[0]);
	DEMAND(ends(XS_NOT_ENOUGH_MEMORY_EXIT) == 1 && mxException.kind == XS_REFERENCE_KIND && mxException.value.reference == &stack[0]);
	DEMAND(strstr(stub.report, "raise creation.static") && *kept() == 0);
	DEMAND(ends(XS_JAVASCRIPT_STACK_OVERFLOW_EXIT) == 1 && strstr(stub.report, "raise creation.stack"));
	/* Nobody would catch it; or slots have left too little for chunks, by a byte. */
	the->firstJump = NULL;
	DEMAND(ends(XS_NOT_ENOUGH_MEMORY_EXIT) == 2 && stub.aborted == XS_NOT_ENOUGH_MEMORY_EXIT && strstr(kept(), "raise creation.static"));
	the->firstJump = &jump;
	the->maximumChunksSize--;
	DEMAND(ends(XS_NOT_ENOUGH_MEMORY_EXIT) == 2);
	the->heap_pend++;
	DEMAND(ends(XS_NOT_ENOUGH_MEMORY_EXIT) == 1);
	/* What was thrown is of an end by an exception alone. */
	kept();
	mxException.kind = XS_INTEGER_KIND;
	mxException.value.integer = -7;
	DEMAND(ends(XS_UNHANDLED_EXCEPTION_EXIT) == 2 && strcmp(kept(), "unhandled exception: -7") == 0);
	DEMAND(ends(XS_DEAD_STRIP_EXIT) == 2 && strcmp(kept(), "another end") == 0);
	stub.returns = 1;
	DEMAND(ends(XS_DEAD_STRIP_EXIT) == 0);
}

static txSlot slotOf(txID id, txKind kind, txSlot *next) { return (txSlot){ .next = next, .ID = id, .kind = kind }; }

static const char *ended(txSlot thrown)
{
	machineEnds(the, "exception", &thrown);
	return kept();
}

static void thrown(void)
{
	startAnew();
	DEMAND(strcmp(ended(slotOf(XS_NO_ID, XS_UNDEFINED_KIND, NULL)), "exception") == 0);
	txSlot text = slotOf(XS_NO_ID, XS_STRING_KIND, NULL);
	text.value.string = "a text";
	DEMAND(strcmp(ended(text), "exception: a text") == 0);
	txSlot truth = slotOf(XS_NO_ID, XS_BOOLEAN_KIND, NULL);
	DEMAND(strcmp(ended(truth), "exception: a value that is no error") == 0);

	/* An error: its message of its own, its name by what it inherits from; and where it was thrown. */
	txSlot outer = slotOf(XS_NO_ID, XS_KEY_X_KIND, NULL), middle = slotOf(XS_NO_ID, XS_KEY_KIND, &outer), empty = slotOf(XS_NO_ID, XS_KEY_KIND, &middle), inner = slotOf(XS_NO_ID, XS_KEY_KIND, &empty);
	inner.value.key.string = "read", middle.value.key.string = NULL, empty.value.key.string = "", outer.value.key.string = "main";
	txSlot info = slotOf(XS_NO_ID, XS_INSTANCE_KIND, &inner);
	txSlot name = slotOf(mxID(_name), XS_STRING_X_KIND, NULL), prototype = slotOf(XS_NO_ID, XS_INSTANCE_KIND, &name);
	name.value.string = "TypeError";
	txSlot message = slotOf(mxID(_message), XS_STRING_KIND, NULL), error = slotOf(XS_NO_ID, XS_ERROR_KIND, &message);
	message.value.string = "no function";
	error.value.error.info = &info;
	txSlot instance = slotOf(XS_NO_ID, XS_INSTANCE_KIND, &error), reference = slotOf(XS_NO_ID, XS_REFERENCE_KIND, NULL);
	instance.value.instance.prototype = &prototype;
	reference.value.reference = &instance;
	DEMAND(strcmp(ended(reference), "exception: TypeError: no function, thrown in read < main") == 0);
	message.value.string = "";
	error.value.error.info = NULL;
	DEMAND(strcmp(ended(reference), "exception: TypeError") == 0);
	instance.value.instance.prototype = NULL;
	error.kind = XS_UNDEFINED_KIND;
	DEMAND(strcmp(ended(reference), "exception: an object") == 0);
	instance.next = NULL;
	DEMAND(strcmp(ended(reference), "exception: an object") == 0);
}

/* The text that was kept comes before what the hardware says, and once. */
static void started(void)
{
	startAnew();
	xs_board_started((xsMachine *)the);
	DEMAND(result()->kind == XS_UNDEFINED_KIND);
	machineEnds(the, "why", NULL);
	stub.reset = "the watchdog";
	xs_board_started((xsMachine *)the);
	DEMAND(result()->kind == XS_STRING_KIND && strcmp(stub.string, "why") == 0);
	xs_board_started((xsMachine *)the);
	DEMAND(strcmp(stub.string, "the watchdog") == 0);
}

int main(void)
{
	tells();
	identity();
	imports();
	tidies();
	usedUp();
	thrown();
	started();
	return 0;
}
