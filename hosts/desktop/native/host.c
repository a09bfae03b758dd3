/* Chance for host.js and system.js. */

#include "host.h"

#include <sys/random.h>

void xs_host_random32(txMachine *the)
{
	/* One system call for many numbers. */
	static int32_t numbers[64];
	static size_t left = 0;
	if (left == 0) {
		if (getrandom(numbers, sizeof(numbers), 0) != sizeof(numbers))
			hostThrow(the, "Error", "getrandom: %s", strerror(errno));
		left = sizeof(numbers) / sizeof(*numbers);
	}
	xsmcSetInteger(xsResult, numbers[--left]);
}
