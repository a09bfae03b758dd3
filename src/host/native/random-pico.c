// Chance on RP2040 and RP2350: the ring oscillator's random bit (RP2040 datasheet §2.17.5), whose bits are neither independent nor even:
// 64 of them, with the time of each, go through the murmur3 finaliser. Good enough for ports and sequence numbers, not for keys.

#include <stdint.h>

#include "xsmc.h"
#include "hardware/structs/rosc.h"
#include "hardware/timer.h"

static uint32_t random32(void)
{
	static uint32_t state;
	uint32_t z = state + 0x9e3779b9;
	for (int i = 0; i < 64; i++) {
		z = (z << 1 | z >> 31) ^ (rosc_hw->randombit & 1);
		z += time_us_32();
	}
	state = z;
	z = (z ^ z >> 16) * 0x85ebca6b;
	z = (z ^ z >> 13) * 0xc2b2ae35;
	return z ^ z >> 16;
}

void xs_multihome_random32(xsMachine *the)
{
	xsmcSetInteger(xsResult, (xsIntegerValue)random32());
}
