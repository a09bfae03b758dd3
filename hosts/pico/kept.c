// RAM that the start of a program leaves alone (pico-sdk, "__uninitialized_ram"), and the watchdog, whose reset leaves RAM alone.

#include <stddef.h>

#include "mc.defines.h"
#include "last-end.h"
#include "modTimer.h"
#include "hardware/watchdog.h"
#include "pico/platform.h"

/* ms, at most 8,388 (RP2040, errata E1); 0: none. `"defines": { "multihome": { "watchdog": … } }` of a manifest. */
#ifndef MODDEF_MULTIHOME_WATCHDOG
#define MODDEF_MULTIHOME_WATCHDOG 8000
#endif
/* Between two signs of life, ms. */
#define ALIVE 1000

LastEnd __uninitialized_ram(boardLastEnd);

/* One of Moddable's timers in C: it runs as long as the machine's loop does. */
static void alive(modTimer timer, void *refcon, int refconSize)
{
	(void)timer;
	(void)refcon;
	(void)refconSize;
	watchdog_update();
}

const char *boardStarts(void)
{
	const char *hardware = watchdog_enable_caused_reboot() ? "the watchdog: nothing ran for seconds, as a program that does not return, or a fault of the processor" : NULL;
	int watch = MODDEF_MULTIHOME_WATCHDOG;
#ifdef mxDebug
	watch = 0; /* a debugger stops the machine */
#endif
	if (watch > 0 && modTimerAdd(ALIVE, ALIVE, alive, NULL, 0) != NULL)
		watchdog_enable((uint32_t)watch, true);
	return hardware;
}
