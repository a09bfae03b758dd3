// What the tests of drivers/nic have in common: a stand-in for the SDK includes it, and drives the queue, a platform's file and a driver as nic-port.c does. Every call
// of the stand-in, and every access to what the two sides share, is a point at which the SDK's other task or interrupt may come, or at which a call fails.

#ifndef HARNESS_H
#define HARNESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEMAND(WHAT) ((WHAT) ? (void)0 : (fprintf(stderr, "%s:%d: %s (call %d)\n", __FILE__, __LINE__, #WHAT, world.calls), exit(1)))

static struct {
	int calls, failAt, comesAt; /* what happens at which point; 0: nothing */
	int aside; /* the SDK's side is at work: nothing comes between */
	int lent; /* frames of the SDK that were not given back */
	int messages, full; /* on their way to the machine; its queue takes none */
	int sent, taken; /* frames that the SDK handed over, and that we took */
	int toldOf; /* times that the program was told */
	uint8_t next; /* number of the next frame to come */
	uint8_t expected; /* and of the next one to be taken */
} world;

/** The SDK's side has something, in the test's words. */
static void comes(void);

static int point(void)
{
	world.calls++;
	if (!world.aside && world.calls == world.comesAt) {
		world.aside = 1;
		comes();
		world.aside = 0;
	}
	return world.calls == world.failAt;
}

#define __atomic_load_n(PLACE, ORDER) (point(), *(PLACE))
#define __atomic_store_n(PLACE, VALUE, ORDER) (point(), *(PLACE) = (VALUE), point())

/* Moddable */
typedef struct Machine xsMachine;
typedef void (*modMessageDeliver)(void *the, void *refcon, uint8_t *message, uint16_t messageLength);
static modMessageDeliver deliver;
static void *refcon;

static int modMessagePostToMachineFromISR(xsMachine *the, modMessageDeliver callback, void *with)
{
	(void)the;
	if (world.full)
		return -1;
	world.messages++;
	deliver = callback;
	refcon = with;
	return 0;
}

#endif
