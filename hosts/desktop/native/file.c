/*
 * Regular files to write. Bytes collect in a buffer; it is written when full, at close, at the end of the process, and by the
 * loop a second after the first byte went in. hostFilesFinish() is called by signal handlers as well, so it only uses
 * write(2), and `used` covers whole records only.
 */

#include "host.h"
#include "arena.h"

#include <fcntl.h>

#define BUFFER_BYTES (64 * 1024)

typedef struct {
	int64_t due;
	volatile size_t used;
	uint8_t bytes[BUFFER_BYTES];
	char path[];
} File;

static File *files[HOST_MAX_FD];
static int fileLimit = 0;

static File *fileArgument(txMachine *the, int fd)
{
	if (fd < 0 || fd >= HOST_MAX_FD || !files[fd])
		xsRangeError("descriptor %d: no file open here", fd);
	return files[fd];
}

/* Returns 0 or the reason. */
static int writeAll(int fd, const uint8_t *bytes, size_t length)
{
	while (length > 0) {
		ssize_t count = write(fd, bytes, length);
		if (count < 0 && errno != EINTR)
			return errno;
		if (count > 0) {
			bytes += count;
			length -= (size_t)count;
		}
	}
	return 0;
}

static int flush(int fd)
{
	File *file = files[fd];
	int reason = writeAll(fd, file->bytes, file->used);
	file->used = 0;
	return reason;
}

static void check(txMachine *the, const File *file, int reason)
{
	if (reason)
		hostThrow(the, "Error", "%s: %s", file->path, strerror(reason));
}

void xs_host_openWrite(txMachine *the)
{
	char *path = xsmcToString(xsArg(0));
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || fd >= HOST_MAX_FD) {
		int reason = fd < 0 ? errno : EMFILE;
		if (fd >= 0)
			close(fd);
		hostThrow(the, "Error", "%s: %s", path, strerror(reason));
	}
	File *file = calloc(1, sizeof(File) + strlen(path) + 1);
	if (!file)
		fxAbort(the, XS_NOT_ENOUGH_MEMORY_EXIT);
	memcpy(file->path, path, strlen(path));
	files[fd] = file;
	if (fd >= fileLimit)
		fileLimit = fd + 1;
	xsmcSetInteger(xsResult, fd);
}

void xs_host_writeFile(txMachine *the)
{
	int fd = intArg(0), at = intArg(2), end = intArg(3);
	File *file = fileArgument(the, fd);
	const uint8_t *bytes = bytesIn(1, at, end);
	size_t length = (size_t)(end - at);
	if (length > BUFFER_BYTES - file->used)
		check(the, file, flush(fd));
	if (length > BUFFER_BYTES) {
		check(the, file, writeAll(fd, bytes, length));
		return;
	}
	if (file->used == 0)
		file->due = hostNanoseconds() + NANOSECONDS_PER_SECOND;
	memcpy(file->bytes + file->used, bytes, length);
	file->used += length;
}

void xs_host_closeFile(txMachine *the)
{
	int fd = intArg(0);
	File *file = fileArgument(the, fd);
	int reason = flush(fd);
	files[fd] = NULL;
	if (close(fd) < 0 && !reason)
		reason = errno;
	char path[PATH_MAX];
	snprintf(path, sizeof(path), "%s", file->path);
	free(file);
	if (reason)
		hostThrow(the, "Error", "%s: %s", path, strerror(reason));
}

/* When the loop should flush next, or -1. */
int64_t hostFilesDue(void)
{
	int64_t due = -1;
	for (int fd = 0; fd < fileLimit; fd++)
		if (files[fd] && files[fd]->used && (due < 0 || files[fd]->due < due))
			due = files[fd]->due;
	return due;
}

static void flushOrWarn(int fd)
{
	int reason = flush(fd);
	if (reason)
		dprintf(STDERR_FILENO, "%s: %s\n", files[fd]->path, strerror(reason));
}

/* As xs_host_writeFile, from C, where nobody can be thrown at. */
void hostFileAppend(int fd, const uint8_t *bytes, size_t length)
{
	File *file = fd >= 0 && fd < HOST_MAX_FD ? files[fd] : NULL;
	if (!file)
		return;
	if (length > BUFFER_BYTES - file->used)
		flushOrWarn(fd);
	if (file->used == 0)
		file->due = hostNanoseconds() + NANOSECONDS_PER_SECOND;
	memcpy(file->bytes + file->used, bytes, length);
	file->used += length;
}

void hostFilesFlush(int64_t now)
{
	for (int fd = 0; fd < fileLimit; fd++)
		if (files[fd] && files[fd]->used && files[fd]->due <= now)
			flushOrWarn(fd);
}

void hostFilesFinish(void)
{
	for (int fd = 0; fd < fileLimit; fd++)
		if (files[fd] && files[fd]->used)
			flushOrWarn(fd);
}
