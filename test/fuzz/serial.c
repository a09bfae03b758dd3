// Framing and header compression in C against random and mutated input, under ASan and UBSan: test/fuzz/serial.mjs builds and runs it.
//   serial INPUTS SEED
// Every input lies in memory of exactly its size, so that one byte too many is found. What was not tampered with must come out as it went in.

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layout.h"

#define FLAT static
#include "kernels.h"
#include "modules/wire_checksum.c"
#include "modules/wire_framing.c"
#include "modules/wire_hdlc.c"
#include "modules/wire_slip.c"
#include "modules/wire_tcp.c"
#include "modules/wire_vj.c"
#include "modules/wire_vj_compress.c"
#include "modules/wire_vj_decompress.c"

static uint64_t state, begun;
static unsigned long long input, frames, lostFrames, compressed;

/* splitmix64 */
static uint32_t next(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (uint32_t)((z ^ z >> 31) >> 32);
}

static uint32_t below(uint32_t limit)
{
	return (uint32_t)((uint64_t)next() * limit >> 32);
}

static void fail(const char *what)
{
	fprintf(stderr, "%s, input %llu, seed of the input %llu\n", what, input, (unsigned long long)begun);
	abort();
}

/* Every place is within bounds here: an access that is refused is a fault of the compiled code. */
void flatOutside(const FlatMemory *memory, int64_t at, int64_t bytes)
{
	fprintf(stderr, "%d bytes from %d on, of %u\n", (int)bytes, (int)at, memory->size);
	fail("an access outside of memory");
	abort();
}

void flatMisuse(const FlatMemory *memory, const char *format, ...)
{
	va_list arguments;
	(void)memory;
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fail(": misuse");
	abort();
}

static uint8_t *block(uint32_t size)
{
	uint8_t *p = malloc(size);
	if (!p && size)
		abort();
	return p;
}

/* Octets that framing looks at, among others. */
static uint8_t octet(uint32_t share)
{
	static const uint8_t often[] = { 0x7e, 0x7d, 0xc0, 0xdb, 0xdc, 0xdd, 0x11, 0xff, 3, 0x21, 0, 0x7f, 0x5e, 0x20, 0x80 };
	return below(100) < share ? often[below(sizeof often)] : (uint8_t)next();
}

static uint32_t lengthOf(void)
{
	return below(8) ? below(80) : below(1600);
}

/* A stream in `bytes` from a ring, perhaps tampered with. Answers whether it was. */
static int tamper(uint8_t *bytes, uint32_t count)
{
	if (below(2) || count == 0)
		return 0;
	for (uint32_t n = below(4) + 1; n > 0; n--)
		bytes[below(count)] = octet(50);
	return 1;
}

#define FRAME_LOST -1

/* A decoder's block, at the end of memory that is large enough for compiled code, and behind it the place for a frame. */
enum { STATE = FLAT_LEAST - FRAMING_BLOCK_BYTES, TO = FLAT_LEAST };

/* Memory of exactly so many bytes. */
static FlatMemory memoryFor(uint32_t size)
{
	return (FlatMemory){ block(size), size, NULL };
}

/* Feeds `count` bytes in spans, each in a block of its own; answers the last that was not 0. */
static int32_t feed(int hdlc, const FlatMemory *decoder, const uint8_t *bytes, uint32_t count, uint32_t max)
{
	int32_t last = 0;
	uint32_t step = below(3) ? count : below(20) + 1;
	for (uint32_t at = 0; at < count;) {
		uint32_t size = count - at < step ? count - at : step;
		FlatMemory span = memoryFor(size);
		memcpy(span.base, bytes + at, size);
		for (uint32_t from = 0; from < size;) {
			uint32_t taken = (uint32_t)(hdlc ? wire_hdlc_hdlcDecode : wire_slip_slipDecode)(
				decoder, STATE, &span, (int32_t)from, (int32_t)(size - from), TO, (int32_t)max);
			int32_t result = word(decoder->base + STATE + FRAMING_BLOCK_RESULT);
			if (taken == 0 || taken > size - from)
				fail("a decoder took nothing, or more than there was");
			if (result == 0 && taken != size - from)
				fail("a decoder stopped without a result");
			if (result > 0 && (uint32_t)(hdlc ? result & 0xffff : result) > max)
				fail("a decoder answered more than it may");
			if (result != 0) {
				last = result;
				if (result == FRAME_LOST)
					lostFrames++;
				else
					frames++;
			}
			from += taken;
		}
		free(span.base);
		at += size;
	}
	return last;
}

static void framing(void)
{
	uint32_t length = lengthOf(), size = 1u << (below(6) + 7), accm = below(2) ? 0 : below(2) ? 0xffffffff : next();
	FlatMemory frame = memoryFor(length), ring = memoryFor(size);
	uint32_t share = below(3) * 20, at = next(), room = below(4) ? size : below(size + 1);
	int hdlc = below(2) != 0;
	for (uint32_t i = 0; i < length; i++)
		frame.base[i] = octet(share);
	uint16_t protocol = (uint16_t)((below(2) ? 0 : next() & 0xfe00) | (next() & 0xfe) | 1);
	/* Compressed, 0x00ff would pass for an address: it is reserved for that reason. */
	if (protocol == 0xff)
		protocol = 0x21;
	int32_t flags = (int32_t)below(8), end = (int32_t)length;
	uint32_t used = (uint32_t)(hdlc ? wire_hdlc_hdlcEncode(&frame, 0, end, &ring, 0, (int32_t)size, (int32_t)at, (int32_t)room, protocol, (int32_t)accm, flags) :
		wire_slip_slipEncode(&frame, 0, end, &ring, 0, (int32_t)size, (int32_t)at, (int32_t)room, flags));
	if (used > room)
		fail("an encoder wrote more than there was room");
	uint8_t *stream = block(used);
	for (uint32_t i = 0; i < used; i++)
		stream[i] = ring.base[(at + i) & (size - 1)];
	uint32_t max = below(4) ? length : below(length + 1);
	FlatMemory decoder = memoryFor(TO + max);
	memset(decoder.base + STATE, 0, FRAMING_BLOCK_BYTES);
	wire_framing_framingReset(&decoder, STATE);
	setWord(decoder.base + STATE + FRAMING_BLOCK_RECEIVE_ACCM, below(2) ? 0 : (int32_t)accm);
	if (used && !tamper(stream, used)) {
		int32_t result = feed(hdlc, &decoder, stream, used, max);
		int32_t wanted = hdlc ? (int32_t)((uint32_t)protocol << 16 | length) : (int32_t)length;
		if (max < length ? result != FRAME_LOST : result != wanted || (length && memcmp(decoder.base + TO, frame.base, length)))
			fail("a frame did not come out as it went in");
	} else {
		feed(hdlc, &decoder, stream, used, max);
		/* And on with bytes that nobody framed. */
		feed(hdlc, &decoder, frame.base, length, max);
	}
	free(decoder.base);
	free(stream);
	free(ring.base);
	free(frame.base);
}

static uint32_t sum(const uint8_t *p, uint32_t length)
{
	uint32_t total = 0;
	for (uint32_t i = 0; i < length; i += 2)
		total += (uint32_t)(p[i] << 8 | p[i + 1]);
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return total;
}

typedef struct {
	uint32_t ports, seq, ack, window, id, length;
	uint8_t ip, tcp, odd;
} Connection;

/* A segment of the connection in a block of `*length` bytes. */
static uint8_t *segment(Connection *c, uint32_t *length)
{
	uint32_t header = c->ip + c->tcp, kind = below(10);
	if (kind != 0)
		c->seq += c->length;
	c->length = kind < 3 ? 0 : kind < 6 ? below(3) : below(200);
	if (kind == 1 || kind == 7)
		c->ack += below(3) ? c->length : below(70000);
	if (kind == 2 || kind == 8)
		c->window += below(3) ? 1 : next();
	c->id += below(4) ? 1 : below(300);
	*length = header + c->length;
	uint8_t *p = block(*length);
	memset(p, 1, header);
	for (uint32_t i = header; i < *length; i++)
		p[i] = (uint8_t)next();
	p[0] = (uint8_t)(0x40 | c->ip >> 2);
	p[1] = 0;
	put16(p + 2, *length);
	put16(p + 4, c->id);
	put16(p + 6, 0x4000);
	p[8] = below(50) ? 64 : 63;
	p[9] = 6;
	put16(p + 10, 0);
	put32(p + 12, 0x0a000001);
	put32(p + 16, 0x0a000002);
	put16(p + 10, ~sum(p, c->ip) & 0xffff);
	uint8_t *t = p + c->ip;
	put32(t, c->ports);
	put32(t + 4, c->seq);
	put32(t + 8, c->ack);
	t[12] = (uint8_t)(c->tcp << 2);
	t[13] = (uint8_t)(0x10 | (below(3) ? 0 : 8) | (below(30) ? 0 : 0x20) | (below(60) ? 0 : below(64)));
	put16(t + 14, c->window);
	put16(t + 16, next());
	put16(t + 18, t[13] & 0x20 ? next() : 0);
	if (c->tcp > 20 && !below(5))
		t[20 + below(c->tcp - 20u)] = (uint8_t)next();
	return p;
}

/* Octets between a compressor's block and its packet, which nobody may touch. */
#define GUARD 64u

/* Memory with a copy of a block, the guard, and room for a packet up to its very end. */
static FlatMemory memoryOf(const uint8_t *state, uint32_t bytes, uint32_t room)
{
	FlatMemory memory = { block(bytes + GUARD + room), bytes + GUARD + room, NULL };
	memcpy(memory.base, state, bytes);
	memset(memory.base + bytes, 0xa5, GUARD);
	return memory;
}

/* Takes the block back out. */
static void release(FlatMemory *memory, uint8_t *state, uint32_t bytes)
{
	for (uint32_t i = 0; i < GUARD; i++)
		if (memory->base[bytes + i] != 0xa5)
			fail("what lies behind the block was written to");
	memcpy(state, memory->base, bytes);
	free(memory->base);
}

static void compression(void)
{
	uint32_t slots = below(20) ? below(4) + 1 : 256, stateBytes = VJ_FIRST_SLOT + slots * VJ_SLOT + FLAT_LEAST;
	uint8_t *out = calloc(1, stateBytes), *in = calloc(1, stateBytes);
	if (!out || !in)
		abort();
	int32_t words[4] = { (int32_t)slots, -1, (int32_t)below(2), 0 };
	memcpy(out, words, sizeof words);
	memcpy(in, words, sizeof words);
	Connection connections[3];
	for (int i = 0; i < 3; i++)
		connections[i] = (Connection){ next(), next(), next(), next(), next(), 0, (uint8_t)(below(4) ? 20 : 20 + 4 * below(11)), (uint8_t)(below(3) ? 20 : 20 + 4 * below(11)), 0 };
	int clean = 1;
	if (!below(50)) {
		/* Memory that nobody made. */
		for (uint32_t i = 8; i < stateBytes; i++)
			in[i] = (uint8_t)next();
		memcpy(out + 8, in + 8, stateBytes - 8);
		clean = 0;
	}
	const int32_t at = (int32_t)(stateBytes + GUARD);
	for (int n = 0; n < 8; n++) {
		uint32_t length;
		uint8_t *packet = segment(&connections[below(3)], &length);
		FlatMemory sent = memoryOf(out, stateBytes, length);
		memcpy(sent.base + at, packet, length);
		if (!below(30) && length) {
			sent.base[at + (int32_t)below(length < 60 ? length : 60)] = (uint8_t)next();
			clean = 0;
		}
		int32_t answer = wire_vj_compress_vjCompress(&sent, 0, at, at + (int32_t)length);
		uint32_t type = (uint32_t)answer & 3;
		int32_t from = (answer >> VJ_TYPE_BITS) - at;
		if (from < 0 || from > (int32_t)length)
			fail("a packet begins outside of itself");
		if (type == VJ_COMPRESSED_TCP)
			compressed++;
		uint32_t count = length - (uint32_t)from, before = below(150), behind = below(150);
		if (!below(30) && count) {
			count = below(count);
			clean = 0;
		}
		if (!below(30)) {
			type = below(4);
			clean = 0;
		}
		FlatMemory space = memoryOf(in, stateBytes, before + count + behind);
		int32_t begin = at + (int32_t)before, end = begin + (int32_t)count, high = end + (int32_t)behind;
		memcpy(space.base + begin, sent.base + at + from, count);
		if (!below(20) && count) {
			space.base[begin + (int32_t)below(count < 20 ? count : 20)] = (uint8_t)next();
			clean = 0;
		}
		int32_t start = wire_vj_decompress_vjDecompress(&space, 0, (int32_t)type, begin, end, at, high);
		if (start < -1 || (start >= 0 && start < at) || start > high)
			fail("a packet begins outside of its space");
		if (clean && start < 0 && before + count + behind >= length)
			fail("a packet did not come out");
		if (clean && start < 0)
			clean = 0;
		if (clean && memcmp(space.base + start, packet, length))
			fail("a packet did not come out as it went in");
		release(&space, in, stateBytes);
		release(&sent, out, stateBytes);
		free(packet);
	}
	free(in);
	free(out);
}

int main(int argc, char **argv)
{
	unsigned long long inputs = argc > 1 ? strtoull(argv[1], NULL, 10) : 100000;
	state = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	for (input = 0; input < inputs; input++) {
		begun = state;
		if (below(4))
			framing();
		else
			compression();
	}
	printf("%llu inputs: %llu frames, %llu lost, %llu compressed packets\n", inputs, frames, lostFrames, compressed);
	return frames && lostFrames && (compressed || inputs < 1000) ? 0 : 1;
}
