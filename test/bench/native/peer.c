// A peer that costs next to nothing, so that a measurement is of the stack: 10.0.0.1 talks to the board, 10.0.0.2, or 2001:db8::1 to 2001:db8::2. Checksums
// of its segments are those of an empty payload plus a constant, so only headers are summed. One connection or one ping-pong.

#include "plugs.h" /* first: it sees the engine's inside */
#include "uart-line.h"

#include <string.h>

#include "arena.h"
#include "devices.h"
#include "layout.h"
#include "compiled.h"
#include "sum.h"

enum { MODE_TCP_SOURCE = 1, MODE_TCP_SINK, MODE_UDP_ECHO, MODE_ICMP_ECHO, MODE_ARP, MODE_CONNECT, MODE_UDP_SOURCE, MODE_UDP_SINK, MODE_FORWARD };
enum { CLOSED, SYN_SENT, OPEN, FINISHED };
enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };
enum { IP = 14, BOARD_PORT = 9, ACKS = 64, NEIGHBOR_SOLICITATION = 135, NEIGHBOR_ADVERTISEMENT = 136, ECHO_REPLY_6 = 129 };
/* Where what is behind the IP header lies in a frame. */
#define L4 (peer.six ? 54u : 34u)

static const uint8_t boardMac[6] = { 2, 0, 0, 0, 0, 2 }, peerMac[6] = { 2, 0, 0, 0, 0, 1 };

static Arena board; /* the board's arena: a host buffer, which never moves */

static struct {
	int mode, state, reply, outstanding, unacked, stamps, six; /* stamps: it knows SACK and timestamps; six: it talks by IPv6 */
	uint32_t payload, seq, ack, window, acked, port, count, echo;
	uint8_t frame[1514];
	uint32_t length;
	uint32_t acks[ACKS]; /* acknowledgments not sent yet, the oldest first */
	uint8_t arp[86]; /* our answer to the board's question, before anything else */
	uint32_t arpWaits; /* its length, 0 for none */
} peer;

/* The address that ends so. */
static void address6(uint8_t *at, uint8_t last)
{
	memset(at, 0, 16);
	put32(at, 0x20010db8);
	at[15] = last;
}

/* An IPv6 header with the packet of so many bytes behind it. */
static void header6(uint8_t *at, uint32_t protocol, uint32_t length, uint32_t hops)
{
	put32(at, 6u << 28);
	put32(at + 4, length << 16 | protocol << 8 | hops);
	address6(at + 8, 1);
	address6(at + 24, 2);
}

/* Sum of the pseudo-header of a packet of so many bytes behind the IP header. */
static uint32_t pseudo(uint32_t protocol, uint32_t length)
{
	return (peer.six ? 2 * (0x2001 + 0x0db8) : 2 * 0x0a00) + 1 + 2 + protocol + length;
}

/* Headers before `length` bytes. */
static void header(uint32_t protocol, uint32_t length)
{
	uint8_t *f = peer.frame;
	memcpy(f, boardMac, 6);
	memcpy(f + 6, peerMac, 6);
	put16(f + 12, peer.six ? 0x86dd : 0x0800);
	if (peer.six) {
		header6(f + IP, protocol, length, 64);
		return;
	}
	put32(f + IP, 0x45000000 | (20 + length));
	put32(f + IP + 4, 0x4000);
	put32(f + IP + 8, 64u << 24 | protocol << 16);
	put32(f + IP + 12, 0x0a000001);
	put32(f + IP + 16, 0x0a000002);
	put16(f + IP + 10, ~sum16(f + IP, 20, 0));
}

static void segment(uint32_t flags, uint32_t payload, uint32_t mss)
{
	uint8_t *f = peer.frame, *p = f + L4;
	uint32_t options = mss ? 24 : 20, head = options + (peer.stamps ? 12 : 0);
	header(6, head + payload);
	put16(p, peer.port);
	put16(p + 2, BOARD_PORT);
	put32(p + 4, peer.seq);
	put32(p + 8, peer.ack);
	p[12] = (uint8_t)(head << 2);
	p[13] = (uint8_t)flags;
	put16(p + 14, 0xffff);
	put32(p + 16, 0);
	if (mss)
		put32(p + 20, 0x02040000 | mss);
	if (peer.stamps) {
		put32(p + options, mss ? 0x0402080a : 0x0101080a);
		put32(p + options + 4, 1);
		put32(p + options + 8, peer.echo);
	}
	/* The payload is zero bytes: it adds nothing to the sum. */
	put16(p + 16, ~sum16(p, head, pseudo(6, head + payload)));
	peer.length = L4 + head + payload;
}

static void arpRequest(void)
{
	uint8_t *f = peer.frame;
	memset(f, 0xff, 6);
	memcpy(f + 6, peerMac, 6);
	put16(f + 12, 0x0806);
	put32(f + 14, 0x00010800);
	put32(f + 18, 0x06040001);
	memcpy(f + 22, peerMac, 6);
	put32(f + 28, 0x0a000001);
	memset(f + 32, 0, 6);
	put32(f + 38, 0x0a000002);
	memset(f + 42, 0, 18);
	peer.length = 60;
}

static void datagram(void)
{
	uint8_t *p = peer.frame + L4;
	header(17, 8 + peer.payload);
	put32(p, 40000u << 16 | 7);
	put32(p + 4, (8 + peer.payload) << 16);
	memset(p + 8, 0, peer.payload);
	put16(p + 6, ~sum16(p, 8, pseudo(17, 8 + peer.payload)));
	peer.length = L4 + 8 + peer.payload;
}

static void echoRequest(void)
{
	uint8_t *p = peer.frame + L4;
	header(peer.six ? 58 : 1, 8 + peer.payload);
	put32(p, peer.six ? 0x80000000 : 0x08000000);
	put32(p + 4, 0x00010001);
	memset(p + 8, 0, peer.payload);
	put16(p + 2, ~sum16(p, 8, peer.six ? pseudo(58, 8 + peer.payload) : 0));
	peer.length = L4 + 8 + peer.payload;
}

void xs_bench_peer_delete(void *data)
{
	(void)data;
}

void xs_bench_peer(xsMachine *the)
{
	(void)the;
}

void xs_bench_start(xsMachine *the)
{
	uint32_t count = peer.count, port = peer.port;
	memset(&peer, 0, sizeof(peer));
	peer.count = count;
	peer.port = port ? port : 30000;
	peer.mode = intArg(0);
	peer.payload = (uint32_t)intArg(1);
	peer.outstanding = intArg(2);
	peer.six = intArg(3);
	peer.reply = peer.mode == MODE_ARP ? peer.outstanding : 1; /* the first makes the board ask for our address */
	if (peer.mode == MODE_TCP_SOURCE || peer.mode == MODE_TCP_SINK) {
		peer.stamps = peer.outstanding;
		peer.outstanding = 0;
	}
	if (peer.mode == MODE_UDP_ECHO || peer.mode == MODE_UDP_SOURCE)
		datagram();
	else if (peer.mode == MODE_FORWARD) {
		datagram();
		put32(peer.frame + IP + 16, 0x0a090001); /* behind the peer itself: the board sends it back */
		put16(peer.frame + IP + 10, 0);
		put16(peer.frame + IP + 10, ~sum16(peer.frame + IP, 20, 0));
		peer.mode = MODE_UDP_ECHO;
	}
	else if (peer.mode == MODE_ICMP_ECHO)
		echoRequest();
	else if (peer.mode == MODE_ARP)
		arpRequest();
}

/* Builds what the peer says next into `frame`. Answers whether it says anything. */
static int next(void)
{
	if (peer.mode >= MODE_UDP_ECHO && peer.mode <= MODE_ARP) {
		if (peer.reply == 0)
			return 0;
		peer.reply--;
		return 1;
	}
	if (peer.mode == MODE_UDP_SINK)
		return 0;
	if (peer.mode == MODE_UDP_SOURCE) {
		peer.count++;
		return 1;
	}
	if (peer.state == CLOSED) {
		peer.seq = 1000;
		peer.ack = 0;
		segment(SYN, 0, peer.six ? 1440 : 1460);
		peer.seq++;
		peer.acked = peer.seq;
		peer.state = SYN_SENT;
		peer.reply = 0;
		return 1;
	}
	if (peer.mode == MODE_TCP_SOURCE && peer.state == OPEN) {
		if (peer.seq + peer.payload - peer.acked > peer.window)
			return 0;
		if (peer.length != L4 + 20 + (peer.stamps ? 12 : 0) + peer.payload)
			memset(peer.frame + L4 + 20, 0, peer.payload + 12);
		segment(ACK, peer.payload, 0);
		peer.seq += peer.payload;
		peer.count++;
		return 1;
	}
	if (!peer.reply)
		return 0;
	if (peer.mode == MODE_TCP_SINK && peer.state == OPEN) {
		uint32_t newest = peer.ack;
		peer.ack = peer.acks[0];
		memmove(peer.acks, peer.acks + 1, (size_t)--peer.reply * 4);
		segment(ACK, 0, 0);
		peer.ack = newest;
		return 1;
	}
	peer.reply = 0;
	if (peer.state == FINISHED) {
		/* Acknowledges the board's FIN; the next connection comes from another port. */
		segment(ACK, 0, 0);
		peer.state = CLOSED;
		peer.port = peer.port == 60000 ? 30000 : peer.port + 1;
		peer.count++;
		return 1;
	}
	if (peer.mode == MODE_CONNECT) {
		segment(FIN | ACK, 0, 0);
		peer.seq++;
		return 1;
	}
	segment(ACK, 0, 0);
	return 1;
}

/* The next frame and its length; 0 when there is none. */
static uint32_t say(const uint8_t **frame)
{
	if (!peer.arpWaits) {
		*frame = peer.frame;
		return next() ? peer.length : 0;
	}
	uint32_t length = peer.arpWaits;
	peer.arpWaits = 0;
	if (peer.outstanding) { /* only now does the board know the way to us */
		peer.reply = peer.outstanding;
		peer.outstanding = 0;
	}
	*frame = peer.arp;
	return length;
}

/* The same, copied. */
static int32_t receive(void *driver, uint8_t *at, int32_t most)
{
	const uint8_t *frame;
	uint32_t length = say(&frame);
	(void)driver;
	if (length == 0 || (int32_t)length > most)
		return 0;
	memcpy(at, frame, length);
	return (int32_t)length;
}

void xs_bench_peer_receive(xsMachine *the)
{
	int at = intArg(0), max = intArg(1);
	demand(at, max, board.size);
	xsmcSetInteger(xsResult, receive(NULL, board.base + at, max));
}

static void hearTcp(const uint8_t *f)
{
	const uint8_t *p = f + L4;
	if (peer.stamps)
		peer.echo = get32(p + (p[13] & SYN ? 36 : 24));
	uint32_t behind = peer.six ? get16(f + IP + 4) : get16(f + IP + 2) - 20;
	uint32_t flags = p[13], payload = behind - ((uint32_t)(p[12] >> 4) << 2);
	if (flags & SYN) {
		peer.ack = get32(p + 4) + 1;
		peer.window = get16(p + 14);
		peer.state = OPEN;
		peer.reply = 1;
		peer.acks[0] = peer.ack;
		return;
	}
	if (flags & ACK) {
		peer.acked = get32(p + 8);
		peer.window = get16(p + 14);
	}
	peer.ack += payload;
	if (payload) {
		peer.count++;
		if (++peer.unacked == 2) { /* RFC 5681 §4.2: every second segment */
			peer.unacked = 0;
			if (peer.reply < ACKS)
				peer.acks[peer.reply++] = peer.ack;
		}
	}
	if (flags & FIN) {
		peer.ack++;
		peer.state = FINISHED;
		peer.reply = 1;
	}
}

/* Neighbour discovery asks for us. */
static void advertise(const uint8_t *f)
{
	uint8_t *a = peer.arp, *icmp = a + IP + 40;
	memcpy(a, f + 6, 6);
	memcpy(a + 6, peerMac, 6);
	put16(a + 12, 0x86dd);
	header6(a + IP, 58, 32, 255);
	put32(icmp, (uint32_t)NEIGHBOR_ADVERTISEMENT << 24);
	put32(icmp + 4, 0x60000000); /* it was asked for, and takes the place of what is known */
	address6(icmp + 8, 1);
	put16(icmp + 24, 0x0201);
	memcpy(icmp + 26, peerMac, 6);
	put16(icmp + 2, ~sum16(icmp, 32, pseudo(58, 32)));
	peer.arpWaits = sizeof(peer.arp);
}

static void hearFrame(const uint8_t *f, uint32_t length)
{
	(void)length;
	if (get16(f + 12) == 0x86dd && f[IP + 6] == 58) {
		if (f[IP + 40] == NEIGHBOR_SOLICITATION)
			advertise(f);
		else if (f[IP + 40] == ECHO_REPLY_6) {
			peer.count++;
			peer.reply++;
		}
		return;
	}
	if (get16(f + 12) == 0x0806) {
		if (get16(f + 20) == 1 && get32(f + 38) == 0x0a000001) { /* asks for us */
			memcpy(peer.arp, f + 6, 6);
			memcpy(peer.arp + 6, peerMac, 6);
			memcpy(peer.arp + 12, f + 12, 8);
			put16(peer.arp + 20, 2);
			memcpy(peer.arp + 22, peerMac, 6);
			put32(peer.arp + 28, 0x0a000001);
			memcpy(peer.arp + 32, f + 22, 10);
			peer.arpWaits = 42;
		} else if (peer.mode == MODE_ARP && get16(f + 20) == 2) {
			peer.count++;
			peer.reply++;
		}
		return;
	}
	if (f[IP + (peer.six ? 6 : 9)] == 6)
		hearTcp(f);
	else {
		peer.count++;
		peer.reply++;
	}
}

static int32_t transmit(void *driver, int32_t packet, uint8_t *frame, int32_t length)
{
	static uint8_t wire[1600]; /* a driver's copy */
	(void)driver;
	(void)packet;
	if (length <= (int32_t)sizeof(wire)) {
		memcpy(wire, frame, (size_t)length);
		hearFrame(wire, (uint32_t)length);
	}
	return DEVICE_SENT;
}

void xs_bench_peer_transmit(xsMachine *the)
{
	int at = intArg(1), end = intArg(2);
	demand(at, end - at, board.size);
	xsmcSetInteger(xsResult, transmit(NULL, 0, board.base + at, end - at));
}

static int32_t linkUp(void *driver)
{
	(void)driver;
	return 1;
}

/* Every PeerDevice is this one peer, under a number of its own. */
void xs_bench_peer_bind(xsMachine *the)
{
	static const MultihomeDeviceOps ops = { .receive = receive, .transmit = transmit, .linkUp = linkUp };
	board = argArena(0);
	xsmcSetInteger(xsResult, multihomeDeviceAdd(&ops, NULL));
}

void xs_bench_peer_unbind(xsMachine *the)
{
	multihomeDeviceRemove(intArg(0));
}

void xs_bench_exchanged(xsMachine *the)
{
	xsmcSetInteger(xsResult, (xsIntegerValue)peer.count);
}

/* The peer at the other end of a chip's cable: it hears what the chip sends, and says what there is room for. */
void xs_bench_converse(xsMachine *the)
{
	const uint8_t *frame;
	HostPlug *plug = hostPlugNumber(the, intArg(0));
	plug->hear = hearFrame;
	while (chipRoom(plug->chip, sizeof(peer.frame))) {
		uint32_t length = say(&frame);
		if (length == 0)
			break;
		chipReceive(plug->chip, frame, length);
	}
}

/* The peer at the other end of a UART's line, by PPP: it agrees to everything, asks for nothing but its own address, and then says datagrams and counts those that come. */

enum { LCP = 0xc021, IPCP = 0x8021, IPV4 = 0x0021, REQUEST = 1, ACKNOWLEDGE = 2 };

/* The decoder's FramingBlock, which is good when all zero, and the frame that it makes. */
enum { DECODER = 0, HEARD = FRAMING_BLOCK_BYTES, HEARD_BYTES = 1600 };

static struct {
	uint8_t memory[HEARD + HEARD_BYTES] __attribute__((aligned(4)));
	uint8_t said[4096];
	uint32_t length; /* of what is said */
	int asked; /* bits: of LCP, of IPCP */
} line;

/* Bytes as memory of compiled code. */
static FlatMemory memoryOfBytes(const void *bytes, uint32_t size)
{
	return (FlatMemory){ (uint8_t *)(uintptr_t)bytes, size, NULL };
}

static uint32_t encode(uint8_t *to, uint32_t size, const uint8_t *frame, uint32_t length, uint32_t protocol, int32_t accm, int32_t flags)
{
	FlatMemory from = memoryOfBytes(frame, length), ring = memoryOfBytes(to, size);
	return (uint32_t)wire_hdlc_hdlcEncode(&from, 0, (int32_t)length, &ring, 0, (int32_t)size, 0, (int32_t)size, (int32_t)protocol, accm, flags);
}

static void put1(HostLine *to, const uint8_t *bytes, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		to->in.bytes[to->in.end++ % HOST_LINE_BYTES] = bytes[i];
}

static void sayFrame(HostLine *to, const uint8_t *frame, uint32_t length, uint32_t protocol)
{
	uint8_t bytes[256];
	put1(to, bytes, encode(bytes, sizeof(bytes), frame, length, protocol, -1, 0));
}

static void negotiate(HostLine *to, uint8_t *packet, uint32_t length, uint32_t protocol)
{
	static const uint8_t lcpRequest[] = { REQUEST, 1, 0, 10, 2, 6, 0, 0, 0, 0 } /* no controls are escaped */, ipcpRequest[] = { REQUEST, 1, 0, 10, 3, 6, 10, 0, 0, 1 };
	int bit = protocol == LCP ? 1 : 2;
	if (length < 4 || length > 100 || packet[0] != REQUEST)
		return;
	packet[0] = ACKNOWLEDGE;
	sayFrame(to, packet, length, protocol);
	if (!(line.asked & bit))
		sayFrame(to, protocol == LCP ? lcpRequest : ipcpRequest, protocol == LCP ? sizeof(lcpRequest) : sizeof(ipcpRequest), protocol);
	line.asked |= bit;
}

static void hearLine(HostLine *from)
{
	FlatMemory memory = memoryOfBytes(line.memory, sizeof(line.memory)), octets = memoryOfBytes(from->out.bytes, HOST_LINE_BYTES);
	while (from->out.start != from->out.end) {
		uint32_t at = from->out.start % HOST_LINE_BYTES, count = from->out.end - from->out.start;
		if (count > HOST_LINE_BYTES - at)
			count = HOST_LINE_BYTES - at;
		from->out.start += (uint32_t)wire_hdlc_hdlcDecode(&memory, DECODER, &octets, (int32_t)at, (int32_t)count, HEARD, HEARD_BYTES);
		int32_t result = word(line.memory + DECODER + FRAMING_BLOCK_RESULT);
		uint32_t protocol = (uint32_t)result >> 16;
		if (protocol == LCP || protocol == IPCP)
			negotiate(from, line.memory + HEARD, (uint32_t)result & 0xffff, protocol);
		else if (protocol == IPV4)
			peer.count++;
	}
}

/* A datagram whose payload has every byte equally often, escapes among them, with its checksum. */
static void everyByte(void)
{
	uint8_t *p = peer.frame + L4;
	for (uint32_t i = 0; i < peer.payload; i++)
		p[8 + i] = (uint8_t)i;
	put16(p + 6, 0);
	put16(p + 6, ~sum16(p, 8 + peer.payload, pseudo(17, 8 + peer.payload)));
	line.length = encode(line.said, sizeof(line.said), peer.frame + IP, 28 + peer.payload, IPV4, 0, HDLC_NO_ADDRESS | HDLC_NO_PROTOCOL_HIGH);
}

/* converseLine(line): to be called again and again, it says one datagram each time that there is room on the line, and none before it is `open`. */
void xs_bench_converseLine(xsMachine *the)
{
	HostLine *to = hostLineNumber(the, 0);
	int open = xsmcToBoolean(xsArg(1));
	hearLine(to);
	if (peer.mode != MODE_UDP_SOURCE || !open || to->in.start != to->in.end)
		return;
	if (line.length == 0)
		everyByte();
	put1(to, line.said, line.length);
	peer.count++;
}
