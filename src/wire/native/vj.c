// Van Jacobson's compression, RFC 1144. The twin is ../vj.ts: a change here is a change there.

#include "bytes.h"
#include "sum.h"
#include "vj.h"

/* The block. */
#define SLOTS 0
#define LAST 4
#define COMPRESS_ID 8
#define CLOCK 12
#define FIRST_SLOT 16
/* A slot. */
#define USED 0
#define LENGTH 4
#define HEADER 8
#define MAX_HEADER 120
#define SLOT (HEADER + MAX_HEADER)

#define NO_SLOT (-1)

#define TCP 6
/* IP header. */
#define TOTAL_LENGTH 2
#define IDENTIFICATION 4
#define FRAGMENT 6
#define TTL_PROTOCOL 8
#define PROTOCOL 9
#define CHECKSUM 10
#define SOURCE 12
#define DESTINATION 16
#define IP_OPTIONS 20
/* TCP header. */
#define SEQ 4
#define ACK 8
#define OFFSET 12
#define FLAGS 13
#define WINDOW 14
#define TCP_CHECKSUM 16
#define URGENT_POINTER 18
#define TCP_OPTIONS 20
#define TCP_HEADER 20

#define FLAG_PUSH 8
#define FLAG_ACK 16
#define FLAG_URGENT 32
#define FLAGS_OF_STATE 23

#define NEW_C 0x40
#define NEW_I 0x20
#define PUSH 0x10
#define NEW_S 8
#define NEW_A 4
#define NEW_W 2
#define NEW_U 1
#define SPECIAL_I (NEW_S | NEW_W | NEW_U)
#define SPECIAL_D (NEW_S | NEW_A | NEW_W | NEW_U)
#define SPECIALS 15

/* The memory may lie at any address: a program hands it over. */
static int32_t wordAt(const uint8_t *p)
{
	int32_t v;
	memcpy(&v, p, 4);
	return v;
}

static void setWordAt(uint8_t *p, int32_t v)
{
	memcpy(p, &v, 4);
}

int32_t vjSlots(const uint8_t *state)
{
	return wordAt(state + SLOTS);
}

static uint8_t *slotAt(uint8_t *state, int32_t index)
{
	return state + FIRST_SLOT + (uint32_t)index * SLOT;
}

static uint32_t ipLength(const uint8_t *ip)
{
	return (uint32_t)(ip[0] & 15) << 2;
}

/* Length of IP header and TCP header together when they are valid and within `length` bytes, or 0. */
static uint32_t headerLength(const uint8_t *packet, uint32_t length)
{
	if (length < IP_OPTIONS + TCP_HEADER)
		return 0;
	uint32_t ip = ipLength(packet);
	if (packet[0] >> 4 != 4 || ip < IP_OPTIONS || length < ip + TCP_HEADER)
		return 0;
	uint32_t tcp = (uint32_t)(packet[ip + OFFSET] >> 4) << 2;
	return tcp < TCP_HEADER || length < ip + tcp ? 0 : ip + tcp;
}

static int sameConnection(const uint8_t *slot, const uint8_t *packet, uint32_t ip)
{
	const uint8_t *old = slot + HEADER;
	return wordAt(slot + LENGTH) != 0 && !memcmp(old + SOURCE, packet + SOURCE, 8) && !memcmp(old + ipLength(old), packet + ip, 4);
}

/* Index of the slot of that connection, or ~index of the one that was not used for longest. */
static int32_t findSlot(uint8_t *state, const uint8_t *packet, uint32_t ip)
{
	int32_t slots = wordAt(state + SLOTS), oldest = 0, age = -1;
	uint32_t clock = (uint32_t)wordAt(state + CLOCK);
	for (int32_t i = 0; i < slots; i++) {
		const uint8_t *slot = slotAt(state, i);
		if (sameConnection(slot, packet, ip))
			return i;
		int32_t unused = (int32_t)((clock - (uint32_t)wordAt(slot + USED)) & 0x7fffffff);
		if (unused > age) {
			age = unused;
			oldest = i;
		}
	}
	return ~oldest;
}

typedef struct {
	uint32_t used;
	uint8_t bytes[16];
} Changes;

static void encode(Changes *changes, uint32_t value)
{
	if (value == 0 || value > 255) {
		changes->bytes[changes->used++] = 0;
		changes->bytes[changes->used++] = (uint8_t)(value >> 8);
	}
	changes->bytes[changes->used++] = (uint8_t)value;
}

/* Encodes what changed since the header at `old`. Answers the change mask, or -1 when the packet has to go uncompressed. */
static int32_t changesSince(const uint8_t *old, const uint8_t *packet, uint32_t ip, uint32_t length, Changes *out)
{
	const uint8_t *tcp = packet + ip, *oldTcp = old + ip;
	uint32_t flags = tcp[FLAGS];
	if (memcmp(packet, old, 2) || memcmp(packet + FRAGMENT, old + FRAGMENT, 4) || tcp[OFFSET] != oldTcp[OFFSET])
		return -1;
	if ((flags ^ oldTcp[FLAGS]) & ~(uint32_t)(FLAG_PUSH | FLAG_URGENT))
		return -1;
	if (memcmp(packet + IP_OPTIONS, old + IP_OPTIONS, ip - IP_OPTIONS) || memcmp(tcp + TCP_OPTIONS, oldTcp + TCP_OPTIONS, length - ip - TCP_OPTIONS))
		return -1;

	int32_t changes = 0;
	uint32_t urgent = get16(tcp + URGENT_POINTER);
	if (flags & FLAG_URGENT) {
		encode(out, urgent);
		changes |= NEW_U;
	} else if (urgent != get16(oldTcp + URGENT_POINTER))
		return -1;
	uint32_t window = (get16(tcp + WINDOW) - get16(oldTcp + WINDOW)) & 0xffff;
	if (window != 0) {
		encode(out, window);
		changes |= NEW_W;
	}
	uint32_t ack = get32(tcp + ACK) - get32(oldTcp + ACK);
	if (ack > 0xffff)
		return -1;
	if (ack != 0) {
		encode(out, ack);
		changes |= NEW_A;
	}
	uint32_t seq = get32(tcp + SEQ) - get32(oldTcp + SEQ);
	if (seq > 0xffff)
		return -1;
	if (seq != 0) {
		encode(out, seq);
		changes |= NEW_S;
	}
	uint32_t oldData = get16(old + TOTAL_LENGTH) - length;
	int special = !(oldTcp[FLAGS] & FLAG_URGENT);
	if (changes == 0) {
		if (get16(packet + TOTAL_LENGTH) == get16(old + TOTAL_LENGTH) || oldData != 0)
			return -1;
	} else if (changes == SPECIAL_I || changes == SPECIAL_D)
		return -1;
	else if (special && changes == (NEW_S | NEW_A) && seq == ack && seq == oldData) {
		changes = SPECIAL_I;
		out->used = 0;
	} else if (special && changes == NEW_S && seq == oldData) {
		changes = SPECIAL_D;
		out->used = 0;
	}
	uint32_t identification = (get16(packet + IDENTIFICATION) - get16(old + IDENTIFICATION)) & 0xffff;
	if (identification != 1) {
		encode(out, identification);
		changes |= NEW_I;
	}
	return flags & FLAG_PUSH ? changes | PUSH : changes;
}

int32_t vjCompress(uint8_t *state, uint8_t *packet, uint32_t size)
{
	uint32_t length = headerLength(packet, size);
	if (length == 0 || packet[PROTOCOL] != TCP || get16(packet + FRAGMENT) & 0x3fff || get16(packet + TOTAL_LENGTH) != size)
		return VJ_IP;
	uint32_t ip = ipLength(packet);
	const uint8_t *tcp = packet + ip;
	if ((tcp[FLAGS] & FLAGS_OF_STATE) != FLAG_ACK)
		return VJ_IP;

	int32_t found = findSlot(state, packet, ip), id = found < 0 ? ~found : found;
	uint8_t *slot = slotAt(state, id);
	int32_t clock = (int32_t)((uint32_t)wordAt(state + CLOCK) + 1);
	setWordAt(state + CLOCK, clock);
	setWordAt(slot + USED, clock);
	Changes out = { 0, { 0 } };
	int32_t changes = found < 0 ? -1 : changesSince(slot + HEADER, packet, ip, length, &out);
	setWordAt(slot + LENGTH, (int32_t)length);
	memcpy(slot + HEADER, packet, length);
	int named = changes < 0 || wordAt(state + LAST) != id || wordAt(state + COMPRESS_ID) == 0;
	setWordAt(state + LAST, id);
	if (changes < 0) {
		packet[PROTOCOL] = (uint8_t)id;
		return VJ_UNCOMPRESSED_TCP;
	}
	uint32_t tcpChecksum = get16(tcp + TCP_CHECKSUM), start = length - out.used - (named ? 4 : 3);
	packet[start] = (uint8_t)(named ? changes | NEW_C : changes);
	if (named)
		packet[start + 1] = (uint8_t)id;
	put16(packet + start + (named ? 2 : 1), tcpChecksum);
	memcpy(packet + length - out.used, out.bytes, out.used);
	return (int32_t)(start << VJ_TYPE_BITS | VJ_COMPRESSED_TCP);
}

/* An uncompressed packet: its header is what the next ones are told from. */
static int remember(uint8_t *state, uint8_t *packet, uint32_t size)
{
	uint32_t length = headerLength(packet, size);
	int32_t slots = wordAt(state + SLOTS), id = length == 0 ? slots : packet[PROTOCOL];
	if (id >= slots)
		return 0;
	packet[PROTOCOL] = TCP;
	if (sum16(packet, ipLength(packet), 0) != 0xffff)
		return 0;
	uint8_t *slot = slotAt(state, id);
	setWordAt(slot + LENGTH, (int32_t)length);
	memcpy(slot + HEADER, packet, length);
	setWordAt(state + LAST, id);
	return 1;
}

/* A compressed header while it is read; `next` runs beyond `end` when it was too short. */
typedef struct {
	const uint8_t *bytes;
	uint32_t next, end;
} Input;

static uint32_t octet(Input *in)
{
	uint32_t at = in->next++;
	return at < in->end ? in->bytes[at] : 0;
}

static uint32_t decode(Input *in)
{
	uint32_t value = octet(in);
	if (value == 0) {
		value = octet(in) << 8;
		value |= octet(in);
	}
	return value;
}

static void add16(uint8_t *p, uint32_t value)
{
	put16(p, get16(p) + value);
}

static void add32(uint8_t *p, uint32_t value)
{
	put32(p, get32(p) + value);
}

static void applyChanges(uint8_t *old, uint8_t *tcp, uint32_t length, uint32_t changes, Input *in)
{
	uint32_t special = changes & SPECIALS, flags = tcp[FLAGS] & ~(uint32_t)(FLAG_PUSH | FLAG_URGENT);
	if (changes & PUSH)
		flags |= FLAG_PUSH;
	if (special == SPECIAL_I || special == SPECIAL_D) {
		uint32_t data = get16(old + TOTAL_LENGTH) - length;
		if (special == SPECIAL_I)
			add32(tcp + ACK, data);
		add32(tcp + SEQ, data);
	} else {
		if (changes & NEW_U) {
			flags |= FLAG_URGENT;
			put16(tcp + URGENT_POINTER, decode(in));
		}
		if (changes & NEW_W)
			add16(tcp + WINDOW, decode(in));
		if (changes & NEW_A)
			add32(tcp + ACK, decode(in));
		if (changes & NEW_S)
			add32(tcp + SEQ, decode(in));
	}
	tcp[FLAGS] = (uint8_t)flags;
	add16(old + IDENTIFICATION, changes & NEW_I ? decode(in) : 1);
}

/* A compressed packet. Answers where the whole one begins, or -1. */
static int32_t expand(uint8_t *state, uint8_t *space, uint32_t at, uint32_t end, uint32_t size)
{
	Input in = { space, at, end };
	uint32_t changes = octet(&in);
	int32_t id = changes & NEW_C ? (int32_t)octet(&in) : wordAt(state + LAST);
	if (id < 0 || id >= wordAt(state + SLOTS))
		return -1;
	setWordAt(state + LAST, id);
	uint8_t *slot = slotAt(state, id), *old = slot + HEADER;
	uint32_t length = (uint32_t)wordAt(slot + LENGTH);
	if (length > MAX_HEADER || length == 0 || headerLength(old, length) != length)
		return -1;
	uint32_t ip = ipLength(old);
	uint8_t *tcp = old + ip;
	uint32_t tcpChecksum = octet(&in) << 8;
	tcpChecksum |= octet(&in);
	applyChanges(old, tcp, length, changes, &in);
	if (in.next > end)
		return -1;
	uint32_t total = length + (end - in.next);
	if (total > 0xffff || total > size)
		return -1;
	put16(tcp + TCP_CHECKSUM, tcpChecksum);
	put16(old + TOTAL_LENGTH, total);
	put16(old + CHECKSUM, 0);
	put16(old + CHECKSUM, sum16(old, ip, 0) ^ 0xffff);
	uint32_t start = in.next < length ? 0 : in.next - length;
	if (start > size - total)
		start = size - total;
	if (start + length != in.next)
		memmove(space + start + length, space + in.next, end - in.next);
	memcpy(space + start, old, length);
	return (int32_t)start;
}

int32_t vjDecompress(uint8_t *state, int32_t type, uint8_t *space, uint32_t at, uint32_t end, uint32_t size)
{
	int32_t start = (int32_t)at;
	if (type == VJ_UNCOMPRESSED_TCP) {
		if (!remember(state, space + at, end - at))
			start = -1;
	} else if (type == VJ_COMPRESSED_TCP)
		start = expand(state, space, at, end, size);
	else if (type != VJ_IP)
		start = -1;
	if (start < 0)
		setWordAt(state + LAST, NO_SLOT);
	return start;
}
