/*
 * multihome-xs: runs one ECMAScript module on XS until nothing is left to wait for.
 *
 *   multihome-xs [-m SPECIFIER=PATH]... [-h CHUNK_BYTES,SLOT_COUNT,STACK_COUNT[,growing]] [-s] ENTRY [-- args...]
 */

#include "host.h"

#include <signal.h>

int hostArgumentCount = 0;
char **hostArguments = NULL;

static int exitStatus = 0;
static bool exiting = false;

static const char usage[] =
	"usage: multihome-xs [-m SPECIFIER=PATH]... [-h CHUNK_BYTES,SLOT_COUNT,STACK_COUNT[,growing]] [-s] ENTRY [-- args...]\n"
	"  -m  a bare specifier and the module file it stands for\n"
	"  -h  the machine's heap; fixed like a board's unless `growing` (default: 4194304,131072,8192,growing)\n"
	"  -s  strip line numbers: bytecode as on a board, for measurements\n";

static void usageError(const char *reason, const char *value)
{
	fprintf(stderr, "multihome-xs: %s%s\n%s", reason, value, usage);
	exit(HOST_USAGE);
}

static void readHeap(const char *text, txCreation *creation)
{
	char mode[16] = "";
	int chunks, slots, stack, end = 0;
	int fields = sscanf(text, "%d,%d,%d%n,%15s", &chunks, &slots, &stack, &end, mode);
	bool growing = fields == 4 && strcmp(mode, "growing") == 0;
	if (fields < 3 || (fields == 3 && text[end]) || (fields == 4 && !growing) || chunks <= 0 || slots <= 0 || stack <= 0)
		usageError("-h: not a heap: ", text);
	creation->initialChunkSize = chunks;
	creation->initialHeapCount = slots;
	creation->stackCount = stack;
	creation->incrementalChunkSize = growing ? 256 * 1024 : 0;
	creation->incrementalHeapCount = growing ? 16 * 1024 : 0;
}

int64_t hostNanoseconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * NANOSECONDS_PER_SECOND + now.tv_nsec;
}

int32_t hostMilliseconds(void)
{
	return (int32_t)(uint32_t)(hostNanoseconds() / 1000000);
}

/* Everything written so far reaches its file; called on every way out. */
void hostFinish(void)
{
	hostFilesFinish();
	hostLinesFinish();
	hostWireFlush();
	fflush(stdout);
}

/* Leaves JavaScript at once, for main() to end the machine. */
void hostExit(txMachine *the, int status)
{
	exitStatus = status;
	exiting = true;
	fxExitToHost(the);
}

static void importFailed(txMachine *the)
{
	mxException = *mxArgv(0);
	fxAbort(the, XS_UNHANDLED_EXCEPTION_EXIT);
}

static void importDone(txMachine *the)
{
	*mxResult = mxUndefined;
}

static void runEntry(txMachine *the, char *path)
{
	txSlot *realm = mxProgram.value.reference->next->value.module.realm;
	fxBeginHost(the);
	hostWatchCollections(the);
	mxPushStringC(path);
	fxRunImport(the, realm, XS_NO_ID);
	mxDub();
	fxGetID(the, mxID(_then));
	mxCall();
	fxNewHostFunction(the, importDone, 1, XS_NO_ID, XS_NO_ID);
	fxNewHostFunction(the, importFailed, 1, XS_NO_ID, XS_NO_ID);
	mxRunCount(2);
	mxPop();
	hostRunPromises(the);
	fxEndHost(the);
}

int main(int argc, char **argv)
{
	txCreation creation = {
		.initialChunkSize = 4 * 1024 * 1024,
		.incrementalChunkSize = 256 * 1024,
		.initialHeapCount = 128 * 1024,
		.incrementalHeapCount = 16 * 1024,
		.stackCount = 8 * 1024,
		.initialKeyCount = 4 * 1024,
		.incrementalKeyCount = 1024,
		.nameModulo = 1993,
		.symbolModulo = 127,
		.parserBufferSize = 64 * 1024,
		.parserTableModulo = 1993,
	};
	int option;
	while ((option = getopt(argc, argv, "+m:h:s")) != -1) {
		switch (option) {
		case 'm':
			if (!strchr(optarg, '='))
				usageError("-m: expected SPECIFIER=PATH, not ", optarg);
			hostMapModule(optarg);
			break;
		case 'h':
			readHeap(optarg, &creation);
			break;
		case 's':
			hostKeepsLines = false;
			break;
		default:
			usageError("unknown option", "");
		}
	}
	if (optind >= argc)
		usageError("no entry module", "");
	char *entry = realpath(argv[optind], NULL);
	if (!entry) {
		fprintf(stderr, "multihome-xs: %s: %s\n", argv[optind], strerror(errno));
		return HOST_USAGE;
	}
	optind++;
	if (optind < argc && strcmp(argv[optind], "--") == 0)
		optind++;
	hostArgumentCount = argc - optind;
	hostArguments = argv + optind;

	/* A peer that went away is reported by write(), not by ending the process. */
	signal(SIGPIPE, SIG_IGN);
	hostCatchSignals();

	txMachine *the = fxCreateMachine(&creation, "multihome", NULL, XS_NO_ID);
	if (!the)
		return HOST_EXHAUSTED;
	for (int i = 0; hostIdNames[i]; i++)
		hostIds[i] = fxID(the, (txString)hostIdNames[i]);
	mxTry(the) {
		runEntry(the, entry);
		hostRunLoop(the);
	}
	mxCatch(the) {
		if (!exiting)
			fxAbort(the, XS_UNHANDLED_EXCEPTION_EXIT);
	}
	hostFinish();
	fxDeleteMachine(the);
	free(entry);
	return exitStatus;
}
