/* The process and the machine under it. onSignal() is in loop.c. */

#include "host.h"

#include <sys/random.h>
#include <sys/stat.h>

void xs_host_arguments(txMachine *the)
{
	xsmcVars(1);
	xsmcSetNewArray(xsResult, 0);
	for (int i = 0; i < hostArgumentCount; i++) {
		xsmcSetString(xsVar(0), hostArguments[i]);
		xsmcSetIndex(xsResult, i, xsVar(0));
	}
}

void xs_host_print(txMachine *the)
{
	puts(xsmcToString(xsArg(0)));
}

void xs_host_warn(txMachine *the)
{
	/* In the order in which the two were written, when both go to one place. */
	fflush(stdout);
	fprintf(stderr, "%s\n", xsmcToString(xsArg(0)));
}

void xs_host_exit(txMachine *the)
{
	hostExit(the, xsmcArgc > 0 ? xsmcToInteger(xsArg(0)) : 0);
}

void xs_host_now(txMachine *the)
{
	xsmcSetInteger(xsResult, hostMilliseconds());
}

void xs_host_monotonicMicroseconds(txMachine *the)
{
	xsmcSetNumber(xsResult, (double)(hostNanoseconds() / 1000));
}

static struct timespec wall;

void xs_host_wallSeconds(txMachine *the)
{
	clock_gettime(CLOCK_REALTIME, &wall);
	if (wall.tv_sec <= INT32_MAX)
		xsmcSetInteger(xsResult, (int32_t)wall.tv_sec);
	else
		xsmcSetNumber(xsResult, (double)wall.tv_sec);
}

void xs_host_wallNanoseconds(txMachine *the)
{
	xsmcSetInteger(xsResult, (int32_t)wall.tv_nsec);
}

void xs_host_readFile(txMachine *the)
{
	char path[PATH_MAX];
	struct stat status;
	xsmcToStringBuffer(xsArg(0), path, sizeof(path));
	FILE *file = fopen(path, "r");
	if (!file)
		hostThrow(the, "Error", "%s: %s", path, strerror(errno));
	int reason = 0;
	if (fstat(fileno(file), &status) < 0)
		reason = errno;
	else if (!S_ISREG(status.st_mode))
		reason = EISDIR;
	else if (status.st_size >= INT32_MAX)
		reason = EFBIG;
	if (reason) {
		fclose(file);
		hostThrow(the, "Error", "%s: %s", path, strerror(reason));
	}
	/* The text goes straight into its string, which XS makes `size` bytes long. */
	xsmcSetStringBuffer(xsResult, NULL, (txSize)status.st_size);
	char *text = xsmcToString(xsResult);
	text[fread(text, 1, (size_t)status.st_size, file)] = 0;
	fclose(file);
}

void xs_host_memoryBytes(txMachine *the)
{
	xsmcSetNumber(xsResult, (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE));
}
