// The queue of drivers/nic between two threads, as between an ESP32's cores: one hands frames over as fast as it can, the other takes them, and closes and opens again.
// For gcc's thread sanitizer. Every frame comes whole and in order, or is counted; every buffer is given back once.

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../../drivers/nic/nic.c"

#define DEMAND(WHAT) ((WHAT) ? (void)0 : (fprintf(stderr, "threads.c:%d: %s\n", __LINE__, #WHAT), exit(1)))
#define ROUNDS 40
#define FRAMES 500 /* taken in each */

static uint32_t lent, posted, over;

static void release(void *held)
{
	__atomic_sub_fetch(&lent, 1, __ATOMIC_SEQ_CST);
	free(held);
}

static Nic nic;
static const NicDriver driver = { .name = "threads", .nic = &nic, .release = release };

int nicPost(Nic *ours)
{
	DEMAND(ours == &nic);
	__atomic_add_fetch(&posted, 1, __ATOMIC_SEQ_CST);
	return 1;
}

void nicPause(void)
{
	usleep(1000);
}

static void *others(void *unused)
{
	(void)unused;
	for (uint32_t number = 0; !__atomic_load_n(&over, __ATOMIC_SEQ_CST); number++) {
		uint32_t length = NIC_FRAME_LEAST + number % 50;
		uint8_t *frame = malloc(length);
		memcpy(frame, &number, sizeof(number));
		memset(frame + sizeof(number), (int)number & 255, length - sizeof(number));
		__atomic_add_fetch(&lent, 1, __ATOMIC_SEQ_CST);
		if (!nicHand(&nic, frame, length, frame))
			release(frame);
		if (number % 64 == 0)
			nicLink(&nic, number & 64);
	}
	return NULL;
}

static void toldOf(void *context)
{
	DEMAND(context == &nic);
}

int main(void)
{
	pthread_t thread;
	uint32_t last = 0;
	nic.driver = &driver;
	nic.context = &nic;
	DEMAND(pthread_create(&thread, NULL, others, NULL) == 0);
	for (int round = 0; round < ROUNDS; round++) {
		nic.told = toldOf;
		DEMAND(nicStart(&nic));
		for (int taken = 0; taken < FRAMES;) {
			uint8_t frame[NIC_FRAME_MOST];
			if (__atomic_exchange_n(&posted, 0, __ATOMIC_SEQ_CST))
				nicDeliver(NULL, &nic, NULL, 0);
			int32_t length = nicTake(&nic, frame, sizeof(frame));
			if (length == 0)
				continue;
			uint32_t number;
			memcpy(&number, frame, sizeof(number));
			DEMAND(number > last || last == 0);
			DEMAND((uint32_t)length == NIC_FRAME_LEAST + number % 50);
			for (int32_t i = sizeof(number); i < length; i++)
				DEMAND(frame[i] == (number & 255));
			last = number;
			taken++;
		}
		nic.told = NULL;
		nicStop(&nic);
		DEMAND(nic.put == nic.taken);
	}
	__atomic_store_n(&over, 1, __ATOMIC_SEQ_CST);
	pthread_join(thread, NULL);
	DEMAND(lent == 0);
	return 0;
}
