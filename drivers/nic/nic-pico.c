// How frames wake the machine on RP2040 and RP2350. cyw43-driver calls from an interrupt of the lowest priority, or within a call of ours, on the machine's own core.

#include "nic.h"

#include "xsmc.h"
#include "xsHost.h"

#include "hardware/sync.h"

/* Moddable's list of messages is for one interrupt at a time: those of chips on SPI come between. */
int nicPost(Nic *nic)
{
	uint32_t before = save_and_disable_interrupts();
	int posted = modMessagePostToMachineFromISR(nic->machine, nicDeliver, nic) == 0;
	restore_interrupts(before);
	return posted;
}

/* No driver here is busy. */
void nicSoon(Nic *nic)
{
	(void)nic;
}

/* What interrupts has ended before we run again. */
void nicPause(void)
{
}
