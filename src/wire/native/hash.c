// HalfSipHash-2-4. The twin is ../hash.ts: a change here is a change there.

#include "buffer.h"

static inline uint32_t turn(uint32_t x, int by)
{
	return x << by | x >> (32 - by);
}

static inline void rounds(uint32_t v[4], int count)
{
	for (; count > 0; count--) {
		v[0] += v[1];
		v[1] = turn(v[1], 5) ^ v[0];
		v[0] = turn(v[0], 16);
		v[2] += v[3];
		v[3] = turn(v[3], 8) ^ v[2];
		v[0] += v[3];
		v[3] = turn(v[3], 7) ^ v[0];
		v[2] += v[1];
		v[1] = turn(v[1], 13) ^ v[2];
		v[2] = turn(v[2], 16);
	}
}

void xs_multihome_halfSipHash(xsMachine *the)
{
	uint32_t k0 = (uint32_t)intArg(0), k1 = (uint32_t)intArg(1);
	uint32_t words[4] = { (uint32_t)intArg(2), (uint32_t)intArg(3), (uint32_t)intArg(4), 12u << 24 };
	uint32_t v[4] = { k0, k1, 0x6c796765 ^ k0, 0x74656462 ^ k1 };
	for (int i = 0; i < 4; i++) {
		v[3] ^= words[i];
		rounds(v, 2);
		v[0] ^= words[i];
	}
	v[2] ^= 0xff;
	rounds(v, 4);
	xsmcSetInteger(xsResult, (xsIntegerValue)(v[1] ^ v[3]));
}
