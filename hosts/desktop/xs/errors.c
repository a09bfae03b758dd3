/*
 * What goes wrong, told in words: uncaught exceptions, exhausted memory, errors thrown by natives, and where in the
 * source it was.
 */

#include "host.h"

static const char *const exhausted[] = {
	[XS_NOT_ENOUGH_MEMORY_EXIT] = "memory full",
	[XS_STACK_OVERFLOW_EXIT] = "stack overflow",
	[XS_NO_MORE_KEYS_EXIT] = "too many names",
};

static int read16(const txByte *p)
{
	int16_t number;
	memcpy(&number, p, sizeof(number));
	return number;
}

static int read32(const txByte *p)
{
	int32_t number;
	memcpy(&number, p, sizeof(number));
	return number;
}

/* gxCodeSizes has 0 for an instruction with an id, and less than 0 for one that begins with the size of what follows. */
static int instructionSize(const txByte *p)
{
	int size = gxCodeSizes[*(const txU1 *)p];
	switch (*(const txU1 *)p) {
	/* The bodies of inner functions lie inside their function's code. */
	case XS_CODE_CODE_1:
		return 2 + p[1];
	case XS_CODE_CODE_2:
		return 3 + read16(p + 1);
	case XS_CODE_CODE_4:
		return 5 + read32(p + 1);
	}
	switch (size) {
	case 0:
		return 1 + (int)sizeof(txID);
	case -1:
		return 2 + (txU1)p[1];
	case -2:
		return 3 + (txU2)read16(p + 1);
	case -4:
		return 5 + read32(p + 1);
	default:
		return size;
	}
}

/*
 * The engine without mxDebug skips the instructions that state file and line. They are in the bytecode all the same, so
 * the position of a frame is the last one stated before the place where it stands; nobody pays until an error is made.
 */
static void framePosition(txSlot *frame, const txByte *here, txID *file, txInteger *line)
{
	txSlot *function = frame + 3;
	*file = XS_NO_ID;
	*line = 0;
	if (function->kind != XS_REFERENCE_KIND || !mxIsFunction(function->value.reference))
		return;
	txSlot *code = mxFunctionInstanceCode(function->value.reference);
	if (code->kind != XS_CODE_KIND && code->kind != XS_CODE_X_KIND)
		return;
	for (const txByte *p = code->value.code.address; p < here; p += instructionSize(p)) {
		if (*(const txU1 *)p == XS_CODE_FILE)
			*file = (txID)read16(p + 1);
		else if (*(const txU1 *)p == XS_CODE_LINE)
			*line = read16(p + 1);
	}
}

/* Takes the place of fxCaptureErrorStack in xsDefaults.c (see build/host.mjs). */
void hostCaptureErrorStack(txMachine *the, txSlot *internal, txSlot *first)
{
	const txByte *here = the->code;
	for (txSlot *frame = the->frame; frame && frame->next; frame = frame->next) {
		if (!(frame->flag & XS_C_FLAG)) {
			txSlot *environment = mxFrameToEnvironment(frame);
			framePosition(frame, here, &environment->ID, &environment->value.environment.line);
		}
		here = frame->value.frame.code;
	}
	fxCaptureErrorStack(the, internal, first);
}

/* For when the engine cannot run code any more: the frames, without allocating. */
static void printFrames(txMachine *the)
{
	const txByte *here = the->code;
	int shown = 0;
	for (txSlot *frame = the->frame; frame && frame->next && shown < 20; frame = frame->next) {
		txID file;
		txInteger line;
		framePosition(frame, here, &file, &line);
		if (!(frame->flag & XS_C_FLAG) && file != XS_NO_ID) {
			fprintf(stderr, " at %s:%d\n", fxGetKeyName(the, file), (int)line);
			shown++;
		}
		here = frame->value.frame.code;
	}
}

/* The text of an exception: its stack, if it is an Error. Runs JavaScript. */
static const char *describe(txMachine *the, txSlot *exception)
{
	mxPushSlot(exception);
	if (exception->kind == XS_REFERENCE_KIND) {
		mxGetID(mxID(_stack));
		if (the->stack->kind == XS_UNDEFINED_KIND)
			*the->stack = *exception;
	}
	return fxToString(the, the->stack);
}

/* XS tells the importer of a module that did not load only that "import x not found"; this is why. */
static char loadError[2048];

void hostRememberLoadError(txMachine *the)
{
	txSlot exception = mxException;
	mxTry(the) {
		mxPushSlot(&exception);
		snprintf(loadError, sizeof(loadError), "%s", describe(the, the->stack));
		mxPop();
		mxPop();
	}
	mxCatch(the) {
		*loadError = 0;
	}
	mxException = exception;
}

static void printException(txMachine *the)
{
	fxBeginHost(the);
	mxPush(mxException);
	txSlot *exception = the->stack;
	mxTry(the) {
		const char *text = describe(the, exception);
		fprintf(stderr, "%s%s\n", exception->kind == XS_REFERENCE_KIND ? "" : "uncaught: ", text);
		if (*loadError && strncmp(text, "SyntaxError: import ", 20) == 0)
			fprintf(stderr, "because of %s\n", loadError);
	}
	mxCatch(the) {
		fprintf(stderr, "uncaught exception, which cannot be shown\n");
	}
	fxEndHost(the);
}

void fxAbort(txMachine *the, int status)
{
	fflush(stdout);
	switch (status) {
	case XS_UNHANDLED_EXCEPTION_EXIT:
	case XS_UNHANDLED_REJECTION_EXIT:
		printException(the);
		hostFinish();
		exit(HOST_UNCAUGHT);
	case XS_NOT_ENOUGH_MEMORY_EXIT:
	case XS_STACK_OVERFLOW_EXIT:
	case XS_NO_MORE_KEYS_EXIT:
		fprintf(stderr, "%s: %d of %d slots, %d of %d chunk bytes, %d stack slots; option -h gives more\n", exhausted[status],
			(int)the->currentHeapCount, (int)the->maximumHeapCount, (int)the->currentChunksSize,
			(int)the->maximumChunksSize, (int)(the->stackTop - the->stackBottom));
		printFrames(the);
		hostFinish();
		exit(HOST_EXHAUSTED);
	default:
		fprintf(stderr, "XS ended with its status %d\n", status);
		hostFinish();
		exit(HOST_UNCAUGHT);
	}
}

/* The heap that the board file gives is full. Never returns. */
void hostHeapReached(txMachine *the, int64_t held, int64_t limit)
{
	fflush(stdout);
	fprintf(stderr,
		"memory full: the program holds %lld bytes, and the board's heap has %lld left for it; give it more by limits.heap of the board file, or "
		"hold less\n",
		(long long)held, (long long)limit);
	printFrames(the);
	hostFinish();
	exit(HOST_EXHAUSTED);
}

/* Like xsUnknownError and its kind, without their limit of 128 bytes. */
void hostThrow(txMachine *the, const char *constructor, const char *format, ...)
{
	char message[4096];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	mxOverflow(-8);
	mxPush(mxGlobal);
	fxNewID(the, fxID(the, (txString)constructor));
	mxPushStringC(message);
	mxRunCount(1);
	mxPullSlot(&mxException);
	fxThrow(the, NULL, 0);
}

txSlot *hostCallable(txMachine *the, txSlot *slot, const char *what)
{
	if (!fxIsCallable(the, slot))
		hostThrow(the, "TypeError", "%s: expected a function", what);
	return slot;
}
