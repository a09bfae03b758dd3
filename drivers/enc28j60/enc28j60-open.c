// open(port, …) of the ENC28J60; ../ethernet/port.d.ts says what the arguments are.

#include "port.h"

#include "enc28j60.h"

void xs_enc28j60_open(xsMachine *the)
{
	ethernetOpen(the, &enc28j60Driver);
}
