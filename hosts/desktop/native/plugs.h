/*
 * Where simulated chips are plugged in: what chips.c (the board's sockets for chips, and the wires behind them), loop.c (their time) and
 * drivers/bus/desktop.c (SPI and pins) share.
 */

#ifndef HOST_PLUGS_H
#define HOST_PLUGS_H

#include "host.h"
#include "chip.h"

#define HOST_PLUGS 16

typedef struct {
	Chip *chip;
	const char *kind;
	int bus;
	int select;
	int interrupt; /* pin numbers, -1 for none */
	int reset;
	int fd; /* the wire; -1 for none */
	bool pending; /* the interrupt pin went low, and the driver has not been called yet */
	bool cable; /* false: pulled by the program */
	bool selected;
	bool overlaps; /* its SPI transfers take their time, as by DMA */
	uint32_t unsent; /* frames that the wire had no room for */
	void (*hear)(const uint8_t *frame, uint32_t length); /* without a wire: who hears what the chip sends, or NULL */
	void (*callback)(void *context);
	void (*atOnce)(void *context); /* before that, as a handler of interrupts would be called: while no chip of the controller is selected */
	void *context;
} HostPlug;

/* The chip with that select pin on that controller, or NULL. */
HostPlug *hostPlugAt(int bus, int select);

/* Its driver begins or ends a transaction; that of two chips of a controller at once is the drivers' mistake. */
void hostPlugSelects(HostPlug *plug, bool selected);

/* The chip with that number; throws when there is none. */
HostPlug *hostPlugNumber(txMachine *the, int index);

/* The chips' time, ns: that of the machine, and what transfers and waits took that did not take any of it. */
uint64_t hostChipTime(void);
void hostChipTimePasses(uint64_t ns);
/* The longest wait of a driver since it was last asked, ns, in which it moved no byte (drivers/bus/desktop.c). */
uint64_t hostLongestWait(void);

/* For the loop: brings chips up to date, moves frames from their wires to them, and tells drivers of interrupts. */
void hostPlugsRun(txMachine *the);
/* When that should be done again, in hostNanoseconds(), or -1. To be asked after everything that may have talked to a chip. */
int64_t hostPlugsDue(void);
/* The wires to wait for. Sets *ready when one need not be waited for. Answers how many. */
int hostPlugsPoll(int *fds, int count, bool *ready);

/* The same of nics.c: tells drivers that frames wait; whether there is something to tell. */
void hostNicsRun(txMachine *the);
bool hostNicsReady(void);

#endif
