/* The far ends of UARTs' lines that are outside this process: ptys and UNIX streams of bare bytes. Nothing here waits, but for an end to be heard. */

#include "uart-line.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>

/* Those with a link, for hostLinesFinish, which a signal handler may call. */
static HostLine *linked[HOST_LINES];

/* How long whoever has a pty open may take to read what was said last, ms: the kernel discards it when we close ours. */
#define LAST_WORDS 50

static void setNonBlocking(int fd)
{
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static void failed(txMachine *the, HostLine *line, const char *what, const char *remedy)
{
	int reason = errno;
	if (line->fd >= 0)
		close(line->fd);
	hostThrow(the, "Error", "%s: %s%s", what, strerror(reason), remedy);
}

/* Bytes as they are, both ways, whatever is done with the slave later; and it has been closed once, so that we see whether it is open. */
static int makeRaw(const char *path)
{
	struct termios settings;
	int slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0 || tcgetattr(slave, &settings) < 0)
		return -1;
	cfmakeraw(&settings);
	int result = tcsetattr(slave, TCSANOW, &settings);
	close(slave);
	return result;
}

static void makeLink(txMachine *the, HostLine *line, const char *link)
{
	struct stat status;
	if (strlen(link) >= sizeof(line->link))
		hostThrow(the, "RangeError", "link %s: too long", link);
	if (lstat(link, &status) == 0) {
		/* One that was left behind is replaced. */
		if (!S_ISLNK(status.st_mode)) {
			close(line->fd);
			hostThrow(the, "Error", "%s: there is something that is no symbolic link; remove it, or give another path", link);
		}
		unlink(link);
	}
	if (symlink(line->path, link) < 0)
		failed(the, line, link, "; give a path in a folder that this user may write to");
	strcpy(line->link, link);
	for (int i = 0; i < HOST_LINES; i++)
		if (!linked[i]) {
			linked[i] = line;
			break;
		}
}

void hostLineOpenPty(txMachine *the, HostLine *line, const char *link)
{
	line->fd = posix_openpt(O_RDWR | O_NOCTTY);
	if (line->fd < 0 || grantpt(line->fd) < 0 || unlockpt(line->fd) < 0)
		failed(the, line, "pty", "; is /dev/ptmx there?");
	if (ptsname_r(line->fd, line->path, sizeof(line->path)) != 0 || makeRaw(line->path) < 0)
		failed(the, line, "pty", "");
	setNonBlocking(line->fd);
	line->kind = LINE_PTY;
	line->up = false;
	if (*link)
		makeLink(the, line, link);
}

void hostLineOpenStream(txMachine *the, HostLine *line, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(address.sun_path))
		hostThrow(the, "RangeError", "%s: expected a socket path of less than %d bytes", path, (int)sizeof(address.sun_path));
	memcpy(address.sun_path, path, strlen(path));
	line->fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (line->fd < 0 || connect(line->fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		failed(the, line, path, errno == ENOENT || errno == ECONNREFUSED ? "; start the program that listens there first" : "");
	/* Little waits in the kernel, as on a wire. */
	int bytes = HOST_LINE_BYTES;
	setsockopt(line->fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	setNonBlocking(line->fd);
	line->kind = LINE_STREAM;
}

bool hostLineIsThere(const HostLine *line)
{
	struct pollfd poll1 = { .fd = line->fd, .events = 0 };
	return poll(&poll1, 1, 0) == 0;
}

static void removeLink(const HostLine *line)
{
	char target[PATH_MAX];
	ssize_t length = readlink(line->link, target, sizeof(target) - 1);
	if (length < 0)
		return;
	target[length] = 0;
	/* Another board may have replaced it. */
	if (strcmp(target, line->path) == 0)
		unlink(line->link);
}

void hostLineEnd(HostLine *line)
{
	for (int i = 0; i < HOST_LINES; i++)
		if (linked[i] == line) {
			linked[i] = NULL;
			removeLink(line);
		}
	if (line->kind == LINE_PTY && line->up)
		poll(&(struct pollfd){ .fd = line->fd, .events = 0 }, 1, LAST_WORDS);
	if (line->fd >= 0)
		close(line->fd);
	line->fd = -1;
}

/* The process ends without closing them. */
void hostLinesFinish(void)
{
	for (int i = 0; i < HOST_LINES; i++)
		if (linked[i])
			removeLink(linked[i]);
}
