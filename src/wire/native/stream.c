// The short way of TCP. The twin is ../stream.ts, and says what each function is for: a change here is a change there.

#include "build.h"
#include "stream.h"

enum { IN_ACKED = 8, IN_ALL_ACKED = 16, IN_UNSENT = 32, IN_ROOM = 64, IN_TIMED = 128, IN_BYTES_SHIFT = 8 };
enum { READ_TELL = 0x10000, READ_END = 0x20000 };
enum { FLAG_PSH = 8, FLAG_ACK = 16 };

enum { RTT_STEP = 10 };

#define UNUSUAL ((0xff & ~FLAG_PSH) << 16)
#define PLAIN (FLAG_ACK << 16)

/* Sequence numbers wrap. */
static inline int32_t ahead(int32_t a, int32_t b)
{
	return (int32_t)((uint32_t)a - (uint32_t)b);
}

static inline int32_t plus(int32_t a, int32_t b)
{
	return (int32_t)((uint32_t)a + (uint32_t)b);
}

static inline uint8_t *tcbAt(xsMachine *the, Arena *arena, xsIntegerValue block)
{
	demand(block, TCB_BLOCK, arena->size);
	return arena->base + block;
}

static int32_t acknowledged(uint8_t *tcb, int32_t ack, int32_t acked)
{
	int32_t answer = 0;
	int64_t queued = (int64_t)word(tcb + TCB_SND_QUEUED) - acked;
	int32_t flight = ahead(word(tcb + TCB_SND_NXT), ack);
	if (acked > 0) {
		int32_t size = word(tcb + TCB_SEND_SIZE);
		int64_t next = (int64_t)word(tcb + TCB_SND_AT) + acked;
		setWord(tcb + TCB_SND_UNA, ack);
		setWord(tcb + TCB_SND_QUEUED, (int32_t)queued);
		setWord(tcb + TCB_SND_AT, (int32_t)(next < size ? next : next - size));
		answer = IN_ACKED | (int32_t)((uint32_t)acked << IN_BYTES_SHIFT);
		if (flight == 0)
			answer |= IN_ALL_ACKED;
		if (queued <= size >> 1)
			answer |= IN_ROOM;
		int32_t bits = word(tcb + TCB_BITS);
		if ((bits & BIT_TIMING) && ahead(ack, word(tcb + TCB_RTT_SEQ)) > 0) {
			setWord(tcb + TCB_BITS, bits & ~BIT_TIMING);
			answer |= IN_TIMED;
		}
	}
	return queued > flight ? answer | IN_UNSENT : answer;
}

static int32_t arrived(xsMachine *the, Arena *arena, uint8_t *tcb, xsIntegerValue at, xsIntegerValue length)
{
	const uint8_t *fields = arena->base;
	int32_t bits = word(tcb + TCB_BITS), flagsWindow = word(fields + FLAGS_WINDOW * 4), seq = word(fields + SEQ * 4);
	if (!(bits & BIT_SHORT) || (flagsWindow & UNUSUAL) != PLAIN || seq != word(tcb + TCB_RCV_NXT))
		return IN_UNEXPECTED;
	int32_t size = word(tcb + TCB_RECEIVE_SIZE), queued = word(tcb + TCB_RCV_QUEUED);
	if (length > (int64_t)size - queued)
		return IN_UNEXPECTED;
	int32_t ack = word(fields + ACK * 4), una = word(tcb + TCB_SND_UNA), acked = ahead(ack, una);
	if (acked < 0 || acked > ahead(word(tcb + TCB_SND_NXT), una) || (acked == 0 && length == 0))
		return IN_UNEXPECTED;
	int32_t answer = 0;
	if (length > 0) {
		int32_t ring = word(tcb + TCB_RECEIVE_RING), ringAt = word(tcb + TCB_RCV_AT);
		demandRing(the, arena, ring, size, ringAt, length);
		toRing(arena->base + ring, (uint32_t)size, (uint32_t)ringAt, arena->base + at, (uint32_t)length);
		int32_t next = ringAt + length;
		setWord(tcb + TCB_RCV_AT, next < size ? next : next - size);
		setWord(tcb + TCB_RCV_QUEUED, plus(queued, length));
		setWord(tcb + TCB_RCV_NXT, plus(seq, length));
		int second = bits & BIT_ACK_DELAYED;
		answer = second ? IN_DATA | IN_ACK_DUE : IN_DATA;
		setWord(tcb + TCB_BITS, bits | (second ? BIT_ACK_NOW : BIT_ACK_DELAYED));
	}
	int32_t window = flagsWindow & 0xffff;
	setWord(tcb + TCB_SND_WND, window);
	if (window > word(tcb + TCB_SND_WND_MAX))
		setWord(tcb + TCB_SND_WND_MAX, window);
	return answer | acknowledged(tcb, ack, acked);
}

int32_t multihomeSegment(xsMachine *the, Arena *arena, uint32_t block)
{
	xsIntegerValue at = word(arena->base + PAYLOAD_AT * 4), length = word(arena->base + PAYLOAD_LENGTH * 4);
	demand(at, length, arena->size);
	return arrived(the, arena, arena->base + block, at, length);
}

void xs_multihome_streamIn(xsMachine *the)
{
	xsIntegerValue block = intArg(1);
	Arena arena = argArena(0);
	demand(block, TCB_BLOCK, arena.size);
	xsmcSetInteger(xsResult, multihomeSegment(the, &arena, (uint32_t)block));
}

static uint32_t advertise(uint8_t *tcb)
{
	int32_t next = word(tcb + TCB_RCV_NXT), open = ahead(word(tcb + TCB_RCV_ADVERTISED), next);
	int64_t free = (int64_t)word(tcb + TCB_RECEIVE_SIZE) - word(tcb + TCB_RCV_QUEUED);
	if (free - open < word(tcb + TCB_WINDOW_STEP))
		return open < 0 ? 0 : (uint32_t)open;
	setWord(tcb + TCB_RCV_ADVERTISED, plus(next, (int32_t)free));
	return (uint32_t)free;
}

/* Bytes that may go as the next segment, 0 for none. */
static int64_t allowed(const uint8_t *tcb, int32_t flight, int64_t unsent)
{
	int32_t mss = word(tcb + TCB_SND_MSS), window = word(tcb + TCB_SND_WND), cwnd = word(tcb + TCB_CWND);
	int64_t room = (int64_t)(window < cwnd ? window : cwnd) - flight;
	int64_t length = unsent < mss ? unsent : mss;
	if (length > room)
		length = room;
	if (length <= 0)
		return 0;
	if (length < mss) {
		if (length == unsent) {
			if (!(word(tcb + TCB_BITS) & BIT_NO_DELAY) && flight != 0 && ahead(word(tcb + TCB_SND_SMALL), word(tcb + TCB_SND_UNA)) > 0)
				return 0;
		} else if (length < word(tcb + TCB_SND_WND_MAX) >> 1)
			return 0;
	}
	return length;
}

void xs_multihome_streamOut(xsMachine *the)
{
	xsIntegerValue at = intArg(1), block = intArg(2), now = intArg(3);
	Arena arena = argArena(0);
	uint8_t *tcb = tcbAt(the, &arena, block);
	xsmcSetInteger(xsResult, 0);
	int32_t next = word(tcb + TCB_SND_NXT), flight = ahead(next, word(tcb + TCB_SND_UNA));
	int64_t unsent = (int64_t)word(tcb + TCB_SND_QUEUED) - flight;
	if (unsent <= 0)
		return;
	int32_t length = (int32_t)allowed(tcb, flight, unsent);
	if (length == 0)
		return;
	int32_t bits = word(tcb + TCB_BITS), size = word(tcb + TCB_SEND_SIZE);
	int64_t offset = (int64_t)word(tcb + TCB_SND_AT) + flight;
	if (offset >= size)
		offset -= size;
	uint32_t flags = length == unsent ? (FLAG_ACK | FLAG_PSH) << 16 : FLAG_ACK << 16;
	uint32_t ack = (uint32_t)word(tcb + TCB_RCV_NXT);
	xsIntegerValue end = buildTcp(the, &arena, at, tcb, (uint32_t)next, ack, flags | advertise(tcb), (xsIntegerValue)offset, length);
	int32_t after = plus(next, length);
	setWord(tcb + TCB_SND_NXT, after);
	if (length < word(tcb + TCB_SND_MSS))
		setWord(tcb + TCB_SND_SMALL, after);
	int32_t left = bits & ~(BIT_ACK_NOW | BIT_ACK_DELAYED);
	if (!(bits & BIT_TIMING) && (uint32_t)ahead(now, word(tcb + TCB_RTT_AT)) >= RTT_STEP) {
		setWord(tcb + TCB_RTT_SEQ, next);
		setWord(tcb + TCB_RTT_AT, now);
		left |= BIT_TIMING;
	}
	setWord(tcb + TCB_BITS, left);
	xsmcSetInteger(xsResult, end);
}

void xs_multihome_streamAck(xsMachine *the)
{
	xsIntegerValue at = intArg(1), block = intArg(2);
	Arena arena = argArena(0);
	uint8_t *tcb = tcbAt(the, &arena, block);
	int32_t bits = word(tcb + TCB_BITS);
	xsmcSetInteger(xsResult, 0);
	if (!(bits & BIT_ACK_NOW))
		return;
	setWord(tcb + TCB_BITS, bits & ~(BIT_ACK_NOW | BIT_ACK_DELAYED));
	uint32_t seq = (uint32_t)word(tcb + TCB_SND_NXT), ack = (uint32_t)word(tcb + TCB_RCV_NXT);
	xsmcSetInteger(xsResult, buildTcp(the, &arena, at, tcb, seq, ack, PLAIN | advertise(tcb), 0, 0));
}

static inline int32_t oldest(const uint8_t *tcb, int32_t queued, int32_t size)
{
	int64_t from = (int64_t)word(tcb + TCB_RCV_AT) - queued;
	return (int32_t)(from < 0 ? from + size : from);
}

/* What is to be told when `left` bytes stay. */
static inline int32_t afterRead(const uint8_t *tcb, int32_t size, int32_t left)
{
	int32_t bits = word(tcb + TCB_BITS);
	if (bits & BIT_FIN)
		return left == 0 ? READ_END : 0;
	if (bits & BIT_ACK_NOW)
		return 0;
	int32_t open = ahead(word(tcb + TCB_RCV_ADVERTISED), word(tcb + TCB_RCV_NXT));
	return (int64_t)size - left - open >= word(tcb + TCB_UPDATE_STEP) ? READ_TELL : 0;
}

void xs_multihome_streamRead(xsMachine *the)
{
	xsIntegerValue block = intArg(1), start = intArg(3), length = intArg(4);
	Arena arena = argArena(0), buffer = argArena(2);
	uint8_t *tcb = tcbAt(the, &arena, block);
	int32_t queued = word(tcb + TCB_RCV_QUEUED);
	if (length > queued)
		length = queued;
	xsmcSetInteger(xsResult, 0);
	if (length <= 0)
		return;
	int32_t size = word(tcb + TCB_RECEIVE_SIZE), ring = word(tcb + TCB_RECEIVE_RING), from = oldest(tcb, queued, size);
	demandRing(the, &arena, ring, size, from, length);
	demand(start, length, buffer.size);
	fromRing(buffer.base + start, arena.base + ring, (uint32_t)size, (uint32_t)from, (uint32_t)length);
	setWord(tcb + TCB_RCV_QUEUED, queued - length);
	xsmcSetInteger(xsResult, length | afterRead(tcb, size, queued - length));
}

void xs_multihome_streamByte(xsMachine *the)
{
	xsIntegerValue block = intArg(1);
	Arena arena = argArena(0);
	uint8_t *tcb = tcbAt(the, &arena, block);
	int32_t queued = word(tcb + TCB_RCV_QUEUED), size = word(tcb + TCB_RECEIVE_SIZE);
	if (queued <= 0 || afterRead(tcb, size, queued - 1))
		return;
	int32_t ring = word(tcb + TCB_RECEIVE_RING), from = oldest(tcb, queued, size);
	demandRing(the, &arena, ring, size, from, 1);
	setWord(tcb + TCB_RCV_QUEUED, queued - 1);
	xsmcSetInteger(xsResult, arena.base[ring + from]);
}

void xs_multihome_streamWrite(xsMachine *the)
{
	xsIntegerValue block = intArg(1), start = intArg(3), length = intArg(4);
	Arena arena = argArena(0), buffer = argReadable(2);
	uint8_t *tcb = tcbAt(the, &arena, block);
	int32_t size = word(tcb + TCB_SEND_SIZE), queued = word(tcb + TCB_SND_QUEUED);
	int64_t left = (int64_t)size - queued - length;
	xsmcSetInteger(xsResult, -1);
	if (left < 0)
		return;
	if (length != 0) {
		int32_t ring = word(tcb + TCB_SEND_RING);
		int64_t to = (int64_t)word(tcb + TCB_SND_AT) + queued;
		if (to >= size)
			to -= size;
		demandRing(the, &arena, ring, size, (xsIntegerValue)to, length);
		demand(start, length, buffer.size);
		toRing(arena.base + ring, (uint32_t)size, (uint32_t)to, buffer.base + start, (uint32_t)length);
	}
	setWord(tcb + TCB_SND_QUEUED, plus(queued, length));
	xsmcSetInteger(xsResult, (xsIntegerValue)left);
}
