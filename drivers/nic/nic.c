// The queue between the SDK's side and the machine's task: one puts, one takes, and neither waits for the other. nic.h says more. Plain loads and stores, as a
// Cortex-M0+ has no atomic exchange.

#include "nic.h"

#include <stdlib.h>
#include <string.h>

/** Looks at whether the SDK's side is still inside, when it is closed; a millisecond lies between two. */
#define LOOKS 100

static uint32_t look(const uint32_t *value)
{
	return __atomic_load_n(value, __ATOMIC_SEQ_CST);
}

static void set(uint32_t *value, uint32_t to)
{
	__atomic_store_n(value, to, __ATOMIC_SEQ_CST);
}

/* One message at a time, as a machine's queue is short. Two sides may both find none on its way: then there are two. One that found no room is made up for by the
   next frame, and by the device's own look (nic-port.c). */
static void tell(Nic *nic)
{
	if (look(&nic->pending))
		return;
	/* Noted before it is sent: on another core it may be delivered at once. */
	set(&nic->pending, 1);
	if (!nicPost(nic))
		set(&nic->pending, 0);
}

void nicDeliver(void *machine, void *context, uint8_t *message, uint16_t length)
{
	Nic *nic = context;
	(void)machine;
	(void)message;
	(void)length;
	/* Before it looks: what comes from now on is told of once more. */
	set(&nic->pending, 0);
	if (nic->told)
		nic->told(nic->context);
}

static int queue(Nic *nic, const uint8_t *bytes, uint32_t length, void *held)
{
	uint32_t put = nic->put, place = put % NIC_FRAMES;
	NicFrame *frame = &nic->frames[place];
	if (length < NIC_FRAME_LEAST || length > NIC_FRAME_MOST) {
		nic->counters[NIC_BAD_LENGTHS]++;
		return 0;
	}
	if (put - look(&nic->taken) >= NIC_FRAMES) {
		nic->counters[NIC_OVERRUNS]++;
		return 0;
	}
	frame->bytes = bytes;
	if (nic->copies)
		frame->bytes = memcpy(nic->copies + place * NIC_COPY, bytes, length);
	frame->length = length;
	frame->held = held;
	set(&nic->put, put + 1);
	return 1;
}

/* Either it is seen here that the interface is closed, or whoever closes it sees that we are inside, and waits. */
int nicHand(Nic *nic, const uint8_t *bytes, uint32_t length, void *held)
{
	int waits = 0;
	set(&nic->inside, 1);
	if (look(&nic->open)) {
		waits = queue(nic, bytes, length, held);
		tell(nic);
	}
	set(&nic->inside, 0);
	return waits;
}

void nicLink(Nic *nic, int up)
{
	set(&nic->link, up != 0);
	if (look(&nic->open))
		tell(nic);
}

/* The frame that has waited longest, or NULL. */
static const NicFrame *first(const Nic *nic)
{
	return look(&nic->put) == nic->taken ? NULL : &nic->frames[nic->taken % NIC_FRAMES];
}

static void pass(Nic *nic, const NicFrame *frame)
{
	if (frame->held)
		nic->driver->release(frame->held);
	set(&nic->taken, nic->taken + 1);
}

int32_t nicTake(Nic *nic, uint8_t *to, uint32_t most)
{
	const NicFrame *frame = first(nic);
	if (!frame)
		return 0;
	int32_t length = (int32_t)frame->length;
	if (frame->length > most) {
		nic->counters[NIC_TOO_LONG]++;
		length = -1;
	} else
		memcpy(to, frame->bytes, frame->length);
	pass(nic, frame);
	return length;
}

int nicStart(Nic *nic)
{
	memset(nic->counters, 0, sizeof(nic->counters));
	if (nic->driver->copies && !nic->copies)
		nic->copies = malloc(NIC_FRAMES * NIC_COPY);
	if (nic->driver->copies && !nic->copies)
		return 0;
	set(&nic->link, 0);
	set(&nic->open, 1);
	return 1;
}

void nicStop(Nic *nic)
{
	set(&nic->open, 0);
	for (int i = 0; i < LOOKS && look(&nic->inside); i++)
		nicPause();
	set(&nic->link, 0);
	for (const NicFrame *frame = first(nic); frame; frame = first(nic))
		pass(nic, frame);
	if (look(&nic->inside))
		return;
	free(nic->copies);
	nic->copies = NULL;
}
