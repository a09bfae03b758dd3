/*
 * The event loop: hostRunLoop() at the end reads as its summary. Callbacks live in C tables, which the collector sees
 * through hostMarkCallbacks(); to call one allocates nothing.
 */

#include "host.h"
#include "plugs.h"
#include "uart-line.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>

#define READABLE 1
#define WRITABLE 2
#define CLOSED 4

typedef struct {
	txSlot callback;
	int64_t due;
	uint64_t order;
	bool used;
	bool armed;
	bool drives; /* the callback is a poll, and answers when it is due next */
	bool polling;
} Timer;

typedef struct {
	txSlot callback;
	txSlot arrived;
	bool used;
	bool hasArrived;
	bool wantRead;
	bool wantWrite;
} Watch;

static Timer *timers = NULL;
static int timerCount = 0;
static int armedCount = 0;
static uint64_t armedEver = 0;

static Watch watches[HOST_MAX_FD];
static int watched[HOST_MAX_FD];
static int watchedCount = 0;

static txSlot *deferred = NULL;
static int deferredCount = 0;
static int deferredRoom = 0;

static txSlot signalCallback;
static bool signalWanted = false;
static volatile sig_atomic_t signalPending = 0;
static int signalFd = -1;

static bool promisesQueued = false;

void hostMarkCallbacks(txMachine *the, txMarkRoot mark)
{
	for (int i = 0; i < timerCount; i++)
		if (timers[i].used)
			(*mark)(the, &timers[i].callback);
	for (int i = 0; i < watchedCount; i++) {
		Watch *watch = &watches[watched[i]];
		(*mark)(the, &watch->callback);
		if (watch->hasArrived)
			(*mark)(the, &watch->arrived);
	}
	for (int i = 0; i < deferredCount; i++)
		(*mark)(the, &deferred[i]);
	if (signalWanted)
		(*mark)(the, &signalCallback);
}

static void keep(txSlot *place, const txSlot *function)
{
	memset(place, 0, sizeof(*place));
	place->kind = function->kind;
	place->value = function->value;
}

static void *grown(txMachine *the, void *table, int count, size_t size)
{
	void *larger = realloc(table, (size_t)count * size);
	if (!larger)
		fxAbort(the, XS_NOT_ENOUGH_MEMORY_EXIT);
	return larger;
}

/* Calling JavaScript */

void fxQueuePromiseJobs(txMachine *the)
{
	(void)the;
	promisesQueued = true;
}

/* As in Node, a rejection that nothing handles by the end of the jobs is an error. */
void hostRunPromises(txMachine *the)
{
	while (promisesQueued) {
		promisesQueued = false;
		fxRunPromiseJobs(the);
	}
	if (mxUnhandledPromises.value.reference->next)
		fxCheckUnhandledRejections(the, 1);
}

/* Answers the integer that it answered, else 0. */
static int callback(txMachine *the, const txSlot *function, int count, int first, int second)
{
	int answer = 0;
	mxOverflow(-8);
	mxPushUndefined();
	mxPushSlot(function);
	mxCall();
	if (count > 0)
		mxPushInteger(first);
	if (count > 1)
		mxPushInteger(second);
	mxRunCount(count);
	if (the->stack->kind == XS_INTEGER_KIND)
		answer = the->stack->value.integer;
	mxPop();
	hostRunPromises(the);
	return answer;
}

static void runDeferred(txMachine *the)
{
	int count = deferredCount;
	for (int i = 0; i < count; i++) {
		/* The table may move while the callback defers another one. */
		txSlot function = deferred[i];
		callback(the, &function, 0, 0, 0);
	}
	if (count > 0) {
		deferredCount -= count;
		memmove(deferred, deferred + count, (size_t)deferredCount * sizeof(txSlot));
	}
}

static void callbackThenDeferred(txMachine *the, const txSlot *function, int count, int first, int second)
{
	callback(the, function, count, first, second);
	runDeferred(the);
}

/* Timers */

static Timer *timerArgument(txMachine *the)
{
	int id = xsmcToInteger(xsArg(0));
	if (id < 0 || id >= timerCount || !timers[id].used)
		xsRangeError("timer %d: there is none", id);
	return &timers[id];
}

static int newTimer(txMachine *the, const char *what)
{
	txSlot *function = hostCallable(the, &xsArg(0), what);
	int id = 0;
	while (id < timerCount && timers[id].used)
		id++;
	if (id == timerCount) {
		timers = grown(the, timers, timerCount + 16, sizeof(Timer));
		memset(timers + timerCount, 0, 16 * sizeof(Timer));
		timerCount += 16;
	}
	keep(&timers[id].callback, function);
	timers[id].used = true;
	timers[id].drives = timers[id].polling = false;
	return id;
}

void xs_host_createTimer(txMachine *the)
{
	xsmcSetInteger(xsResult, newTimer(the, "createTimer"));
}

static void disarm(Timer *timer)
{
	if (timer->armed)
		armedCount--;
	timer->armed = false;
}

static void arm(Timer *timer, int ms)
{
	disarm(timer);
	timer->due = hostNanoseconds() + (ms > 0 ? ms : 0) * 1000000LL;
	timer->order = armedEver++;
	timer->armed = true;
	armedCount++;
}

void xs_host_armTimer(txMachine *the)
{
	arm(timerArgument(the), xsmcToInteger(xsArg(1)));
}

void xs_host_disarmTimer(txMachine *the)
{
	disarm(timerArgument(the));
}

void xs_host_destroyTimer(txMachine *the)
{
	Timer *timer = timerArgument(the);
	disarm(timer);
	timer->used = false;
}

/* The armed timer that is due first; of several, the one armed first. */
static Timer *firstTimer(uint64_t orderLimit)
{
	Timer *first = NULL;
	if (armedCount == 0)
		return NULL;
	for (Timer *timer = timers; timer < timers + timerCount; timer++) {
		if (!timer->armed || timer->order >= orderLimit)
			continue;
		if (!first || timer->due < first->due || (timer->due == first->due && timer->order < first->order))
			first = timer;
	}
	return first;
}

/* A stack's poll is called by a timer, as on boards, and not before other timers that are due: Moddable's modules count on a timer of 0 ms that a callback sets
 * to run before the socket's next callback. */
void xs_host_drive(txMachine *the)
{
	int id = newTimer(the, "drive");
	timers[id].drives = true;
	arm(&timers[id], 0);
	xsmcSetInteger(xsResult, id);
}

void xs_host_wake(txMachine *the)
{
	Timer *timer = timerArgument(the);
	/* A wish that comes up within the poll is in its answer. */
	if (!timer->polling)
		arm(timer, 0);
}

static void runPoll(txMachine *the, int id)
{
	txSlot function = timers[id].callback;
	/* When it throws the next one comes at once. */
	arm(&timers[id], 0);
	timers[id].polling = true;
	int wait = callback(the, &function, 1, hostMilliseconds(), 0);
	/* The table may have moved. */
	timers[id].polling = false;
	if (wait < 0)
		disarm(&timers[id]);
	else
		arm(&timers[id], wait); /* behind those of 0 ms that were set meanwhile */
	runDeferred(the);
}

static void runTimers(txMachine *the)
{
	int64_t now = hostNanoseconds();
	/* One armed in here waits for the next turn, so that a timer of 0 ms does not keep descriptors waiting. */
	uint64_t limit = armedEver;
	Timer *timer;
	while ((timer = firstTimer(limit)) && timer->due <= now) {
		if (timer->drives) {
			runPoll(the, (int)(timer - timers));
			continue;
		}
		txSlot function = timer->callback;
		disarm(timer);
		callbackThenDeferred(the, &function, 1, (int)(timer - timers), 0);
	}
}

/* Watches */

static int fdArgument(txMachine *the)
{
	int fd = xsmcToInteger(xsArg(0));
	if (fd < 0 || fd >= HOST_MAX_FD)
		xsRangeError("descriptor %d: expected 0 to %d", fd, HOST_MAX_FD - 1);
	return fd;
}

void xs_host_watch(txMachine *the)
{
	int fd = fdArgument(the);
	txSlot *function = hostCallable(the, &xsArg(1), "watch");
	if (fcntl(fd, F_GETFD) < 0)
		hostThrow(the, "Error", "descriptor %d: not open", fd);
	Watch *watch = &watches[fd];
	if (!watch->used)
		watched[watchedCount++] = fd;
	keep(&watch->callback, function);
	watch->hasArrived = xsmcArgc > 2;
	if (watch->hasArrived)
		keep(&watch->arrived, hostCallable(the, &xsArg(2), "watch"));
	watch->used = true;
	watch->wantRead = true;
	watch->wantWrite = false;
}

void xs_host_setWatch(txMachine *the)
{
	Watch *watch = &watches[fdArgument(the)];
	if (!watch->used)
		xsRangeError("descriptor %d: not watched", (int)(watch - watches));
	watch->wantRead = xsmcToBoolean(xsArg(1));
	watch->wantWrite = xsmcToBoolean(xsArg(2));
}

void hostWatchForRoom(int fd)
{
	watches[fd].wantWrite = watches[fd].used;
}

void hostUnwatch(int fd)
{
	if (!watches[fd].used)
		return;
	watches[fd].used = false;
	int i = 0;
	while (watched[i] != fd)
		i++;
	watchedCount--;
	memmove(watched + i, watched + i + 1, (size_t)(watchedCount - i) * sizeof(int));
}

void xs_host_unwatch(txMachine *the)
{
	hostUnwatch(fdArgument(the));
}

void xs_host_defer(txMachine *the)
{
	txSlot *function = hostCallable(the, &xsArg(0), "defer");
	if (deferredCount == deferredRoom) {
		deferredRoom += 16;
		deferred = grown(the, deferred, deferredRoom, sizeof(txSlot));
	}
	keep(&deferred[deferredCount++], function);
}

/* Signals */

static void signalArrived(int number)
{
	uint64_t one = 1;
	/* Nobody who could end this in good order, or a second attempt at someone who does not. */
	if (!signalWanted || signalPending) {
		hostFilesFinish();
		hostLinesFinish();
		_exit(128 + number);
	}
	signalPending = number;
	if (write(signalFd, &one, sizeof(one)) < 0)
		_exit(128 + number);
}

void hostCatchSignals(void)
{
	struct sigaction action = { .sa_handler = signalArrived };
	signalFd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
}

void xs_host_onSignal(txMachine *the)
{
	keep(&signalCallback, hostCallable(the, &xsArg(0), "onSignal"));
	signalWanted = true;
}

static void runSignal(txMachine *the)
{
	uint64_t count;
	int number = signalPending;
	if (read(signalFd, &count, sizeof(count)) < 0)
		return;
	signalPending = 0;
	callbackThenDeferred(the, &signalCallback, 1, number, 0);
}

/* Polling */

/* In polls: first the signals, then the watched descriptors, then those that only have output left to write, then the wires of chips and UARTs. */
static struct pollfd polls[2 * HOST_MAX_FD + 1 + HOST_PLUGS + HOST_LINES];

/* Fills polls[] and says how many; sets *ready when a watch need not wait, *wanted when there is anything to wait for. */
static int fillPolls(bool *ready, bool *wanted)
{
	static int pending[HOST_MAX_FD];
	int count = 0;
	polls[count++] = (struct pollfd){ .fd = signalFd, .events = POLLIN };
	for (int i = 0; i < watchedCount; i++) {
		int fd = watched[i];
		Watch *watch = &watches[fd];
		short events = (short)((watch->wantRead ? POLLIN : 0) | (watch->wantWrite ? POLLOUT : 0));
		if (watch->wantRead && hostWireReady(fd))
			*ready = true;
		if (events)
			*wanted = true;
		/* A negative descriptor is skipped; without it a hung-up one that nobody wants would never let us sleep. */
		polls[count++] = (struct pollfd){ .fd = events ? fd : -1 - fd, .events = events };
	}
	int pendingCount = hostWirePending(pending, HOST_MAX_FD);
	for (int i = 0; i < pendingCount; i++) {
		*wanted = true;
		polls[count++] = (struct pollfd){ .fd = pending[i], .events = POLLOUT };
	}
	int plugCount = hostPlugsPoll(pending, HOST_PLUGS, ready);
	for (int i = 0; i < plugCount; i++) {
		*wanted = true;
		polls[count++] = (struct pollfd){ .fd = pending[i], .events = POLLIN };
	}
	int lineCount = hostLinesPoll(polls + count);
	if (lineCount > 0 || hostLinesDue() >= 0)
		*wanted = true;
	return count + lineCount;
}

static void runWatches(txMachine *the, int count)
{
	for (int i = 1; i <= count; i++) {
		int fd = polls[i].fd, revents = polls[i].revents, events = 0;
		if (fd < 0 || !watches[fd].used)
			continue;
		if (watches[fd].wantRead && ((revents & POLLIN) || hostWireReady(fd)))
			events |= READABLE;
		if (watches[fd].wantWrite && (revents & POLLOUT) && hostWireFlushed(fd))
			events |= WRITABLE;
		if (revents & (POLLHUP | POLLERR | POLLNVAL))
			events |= CLOSED;
		if (events == READABLE && watches[fd].hasArrived && hostWireOpen(fd)) {
			txSlot function = watches[fd].arrived;
			callbackThenDeferred(the, &function, 0, 0, 0);
		} else if (events && (watches[fd].wantRead || watches[fd].wantWrite)) {
			txSlot function = watches[fd].callback;
			callbackThenDeferred(the, &function, 2, fd, events);
		}
	}
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < 0 ? b : b < 0 ? a : a < b ? a : b;
}

/* One turn; false when nothing is left that could ever happen. */
static bool turn(txMachine *the)
{
	struct timespec timeout;
	runDeferred(the);
	hostPlugsRun(the);
	hostLinesRun(the);
	hostNicsRun(the);
	runDeferred(the);
	bool ready = deferredCount > 0 || hostNicsReady(), wanted = ready || armedCount > 0;
	hostWireFlush();
	int64_t now = hostNanoseconds();
	hostFilesFlush(now);
	int watchCount = watchedCount, count = fillPolls(&ready, &wanted);
	if (!wanted && !signalPending)
		return false;
	Timer *timer = firstTimer(UINT64_MAX);
	int64_t wake = earlier(earlier(timer ? timer->due : -1, hostFilesDue()), earlier(hostPlugsDue(), hostLinesDue()));
	int64_t wait = ready || (wake >= 0 && wake <= now) ? 0 : wake - now;
	if (wait)
		fflush(stdout);
	timeout.tv_sec = wait / NANOSECONDS_PER_SECOND;
	timeout.tv_nsec = wait % NANOSECONDS_PER_SECOND;
	if (ppoll(polls, (nfds_t)count, wake < 0 && !ready ? NULL : &timeout, NULL) < 0) {
		if (errno != EINTR)
			hostThrow(the, "Error", "poll: %s", strerror(errno));
		for (int i = 0; i < count; i++)
			polls[i].revents = 0;
	}
	if (signalPending)
		runSignal(the);
	hostWireFlush();
	runWatches(the, watchCount);
	runTimers(the);
	hostCheckHeap(the);
	return true;
}

void hostRunLoop(txMachine *the)
{
	bool more = true;
	while (more) {
		fxBeginHost(the);
		more = turn(the);
		fxEndHost(the);
	}
}
