// open(port, …) of the W5500; ../ethernet/port.d.ts says what the arguments are.

#include "port.h"

#include "w5500.h"

void xs_w5500_open(xsMachine *the)
{
	ethernetOpen(the, &w5500Driver);
}
