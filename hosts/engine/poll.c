// The turn, and the calls of sockets' owners in between: src/turn/poll.ts says what each function does. While an owner is called `turn` has returned: what the
// owner throws passes no C that is in the middle of something.

#include "arena.h"
#include "compiled.h"
#include "layout.h"
#include "mc.xs.h"

/* Hosts whose machine is small have this, which collects garbage when there is little room left, and answers whether it did. */
int multihomeTidy(xsMachine *the) __attribute__((weak));

static int isReference(xsMachine *the, xsSlot *slot)
{
	return xsmcTypeOf(*slot) == xsReferenceType;
}

/* `owner` is held by xsResult as well. */
static int32_t tell(xsMachine *the, const Arena *arena, xsSlot owner, int32_t events)
{
	xsSlot callback, waiting, what;
	if (events == NEWS_WRITABLE) {
		xsmcGet(callback, owner, xsID_tellWritable);
		if (isReference(the, &callback)) {
			xsmcSetInteger(waiting, turn_turn_turnRoom(arena));
			if (xsmcToInteger(waiting) > 0)
				xsCallFunction1(callback, owner, waiting);
			return 0;
		}
	}
	int32_t left = turn_turn_turnWaiting(arena);
	xsmcSetInteger(waiting, left);
	if (events == NEWS_READABLE) {
		xsmcGet(callback, owner, xsID_tellReadable);
		if (isReference(the, &callback)) {
			if (left > 0)
				xsCallFunction1(callback, owner, waiting);
			return REQUESTS_LOOK;
		}
	}
	xsmcSetInteger(what, events);
	xsmcCall(what, owner, xsID_onEvents, &what, &waiting, NULL);
	return xsmcTypeOf(what) == xsIntegerType && xsmcToInteger(what) == REQUESTS_LOOK ? REQUESTS_LOOK : 0;
}

typedef struct {
	int32_t request; /* of the turn's */
	int calling; /* xsResult, the owner of a socket */
} Poll;

/* As long as the turn asks for that. */
static void callOwners(xsMachine *the, const Arena *arena, Poll *poll)
{
	while (poll->request >= 0 && (poll->request & REQUESTS_KIND) == REQUESTS_NEWS) {
		int32_t news = poll->request >> REQUESTS_VALUE_SHIFT, answer = 0;
		xsmcGetIndex(xsResult, xsArg(1), (xsIndex)(news >> 8));
		poll->calling = 1;
		if (isReference(the, &xsResult) && (news & NEWS_EVENTS))
			answer = tell(the, arena, xsResult, news & NEWS_EVENTS);
		poll->calling = 0;
		poll->request = turn_turn_turn(arena, answer);
	}
}

/* The same. Answers whether an owner threw. */
static int threw(xsMachine *the, const Arena *arena, Poll *poll)
{
	xsTry {
		callOwners(the, arena, poll);
	} xsCatch {
		if (!poll->calling)
			xsThrow(xsException);
		return 1;
	}
	return 0;
}

/* As long as owners are to be called. */
static int32_t owners(xsMachine *the, const Arena *arena, int32_t request)
{
	Poll poll = { .request = request };
	while (threw(the, arena, &poll)) {
		xsmcCall_noResult(xsArg(2), xsID_threw, &xsResult, &xsException, NULL);
		poll = (Poll){ .request = turn_turn_turn(arena, REQUESTS_FAILED) };
	}
	return poll.request;
}

/* Of the last poll that began. Only boards tidy up, and they have one stack. */
static int32_t lastNow;

static void run(xsMachine *the, const Arena *arena, int32_t request)
{
	request = owners(the, arena, request);
	/* Where the poll ends, and not in the middle of what an owner does; and then frames are looked for before anything else. */
	if (request < 0 && multihomeTidy && multihomeTidy(the))
		request = owners(the, arena, turn_turn_turnBegin(arena, lastNow));
	xsmcSetInteger(xsResult, request);
}

void xs_multihome_poll(xsMachine *the)
{
	int32_t now = lastNow = intArg(4);
	Arena arena = argMemory(0);
	run(the, &arena, turn_turn_turnBegin(&arena, now));
	int32_t request = xsmcToInteger(xsResult);
	if (request < 0)
		xsmcSetInteger(xsResult, REQUESTS_DONE - request);
	else
		xsResult = xsCallFunction1(xsArg(3), xsUndefined, xsResult);
}

void xs_multihome_pollOn(xsMachine *the)
{
	int32_t answer = intArg(3);
	Arena arena = argMemory(0);
	run(the, &arena, turn_turn_turn(&arena, answer));
}
