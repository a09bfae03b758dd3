// The program above it: what nic-port.c does, without an engine. Included behind the driver.

#include "../nic/harness.h"

static void told(void *context)
{
	DEMAND(context == &world);
	world.toldOf++;
}

static void deliverAll(void)
{
	while (world.messages > 0) {
		world.messages--;
		deliver(NULL, refcon, NULL, 0);
	}
}

/** A frame of the SDK's: its number, then its length, then bytes that follow from both. */
static void fillFrame(uint8_t *frame, uint32_t length)
{
	for (uint32_t i = 0; i < length; i++)
		frame[i] = (uint8_t)(i == 0 ? world.next : i == 1 ? length : i == 2 ? length >> 8 : i * 7 + world.next);
	world.next++;
	world.sent++;
}

/** Takes what waits: in order, none damaged. */
static void takeAll(const NicDriver *driver)
{
	uint8_t frame[NIC_FRAME_MOST + 2];
	for (int32_t length; (length = nicTake(driver->nic, frame, NIC_FRAME_MOST)) != 0; world.taken++) {
		DEMAND(length >= NIC_FRAME_LEAST && length <= NIC_FRAME_MOST);
		DEMAND(frame[1] == (uint8_t)length && frame[2] == length >> 8);
		/* What was lost between is in the counters. */
		DEMAND((uint8_t)(frame[0] - world.expected) <= NIC_FRAMES * 4);
		world.expected = (uint8_t)(frame[0] + 1);
		for (int32_t i = 3; i < length; i++)
			DEMAND(frame[i] == (uint8_t)(i * 7 + frame[0]));
	}
}

static const char *openNic(const NicDriver *driver, const int32_t *options)
{
	Nic *ours = driver->nic;
	ours->driver = driver;
	if (!nicStart(ours))
		return "there is no memory for frames that wait";
	ours->context = &world;
	ours->told = told;
	const char *problem = driver->start(ours, options);
	if (problem) {
		ours->told = NULL;
		nicStop(ours);
	}
	return problem;
}

static void closeNic(const NicDriver *driver)
{
	driver->nic->told = NULL;
	nicStop(driver->nic);
	driver->stop(driver->nic);
	deliverAll();
	DEMAND(world.lent == 0 && !driver->nic->copies);
}

static int lostOf(const Nic *ours)
{
	return (int)(ours->counters[NIC_OVERRUNS] + ours->counters[NIC_BAD_LENGTHS] + ours->counters[NIC_TOO_LONG]);
}

static void startAnew(void)
{
	memset(&world, 0, sizeof(world));
}

/* What each driver's test has: a frame of so many bytes comes, if the interface is open and has its link; the interface is opened, with its link up. */
static void frameComes(uint32_t length);
static void openJoined(void);

static void comes(void)
{
	frameComes(60);
	frameComes(NIC_FRAME_MOST);
}

/** Every length, too many, wrong ones. */
static void framesPass(const NicDriver *driver)
{
	Nic *ours = driver->nic;
	const int lends = !driver->copies;
	startAnew();
	openJoined();
	deliverAll();
	for (uint32_t length = NIC_FRAME_LEAST; length <= NIC_FRAME_MOST; length++) {
		int before = world.toldOf;
		frameComes(length);
		DEMAND(world.messages == 1);
		deliverAll();
		DEMAND(world.toldOf == before + 1);
		takeAll(driver);
	}
	DEMAND(world.taken == world.sent && lostOf(ours) == 0 && world.lent == 0);
	/* As many as may wait, and two more. One message for all of them. */
	for (int i = 0; i < NIC_FRAMES + 2; i++)
		frameComes(100);
	DEMAND(world.messages == 1 && ours->counters[NIC_OVERRUNS] == 2 && world.lent == (lends ? NIC_FRAMES : 0));
	takeAll(driver);
	frameComes(NIC_FRAME_LEAST - 1);
	frameComes(NIC_FRAME_MOST + 1);
	DEMAND(ours->counters[NIC_BAD_LENGTHS] == 2 && world.lent == 0);
	/* Longer than the place for it. */
	uint8_t place[100];
	frameComes(101);
	DEMAND(nicTake(ours, place, 100) == -1 && ours->counters[NIC_TOO_LONG] == 1 && world.lent == 0);
	frameComes(60);
	closeNic(driver); /* with a frame that nobody took */
	DEMAND(!ours->link);
}

/** Frames come at every point: none is damaged, doubled, out of order or lost uncounted, and every buffer goes back. */
static void framesBetween(const NicDriver *driver)
{
	int points = 0;
	for (int at = 1; points == 0; at++) {
		startAnew();
		openJoined();
		world.comesAt = world.calls + at;
		for (int round = 0; round < 6; round++) {
			frameComes(64);
			frameComes(200);
			deliverAll();
			takeAll(driver);
		}
		/* Whatever came has been told of. */
		deliverAll();
		takeAll(driver);
		DEMAND(world.taken == world.sent && lostOf(driver->nic) == 0);
		frameComes(64);
		closeNic(driver);
		if (world.calls < world.comesAt)
			points = at;
	}
	DEMAND(points > 60);
	/* And while it is closed. */
	for (int at = 1; at <= 60; at++) {
		startAnew();
		openJoined();
		frameComes(64);
		world.comesAt = world.calls + at;
		closeNic(driver);
	}
}

/** The machine's queue is full: a later frame, or the device's own look, makes up for it. A message that arrives when all is over tells nobody. */
static void messagesLost(const NicDriver *driver)
{
	startAnew();
	openJoined();
	deliverAll();
	world.full = 1;
	frameComes(60);
	DEMAND(world.messages == 0);
	world.full = 0;
	frameComes(60);
	DEMAND(world.messages == 1);
	takeAll(driver);
	DEMAND(world.taken == 2);
	int before = world.toldOf;
	closeNic(driver);
	DEMAND(world.toldOf == before);
	/* Nothing is taken by a closed interface. */
	uint8_t frame[60] = { 0 };
	DEMAND(nicHand(driver->nic, frame, 60, NULL) == 0 && driver->nic->put == driver->nic->taken);
}
