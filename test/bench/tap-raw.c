/*
 * What a TAP costs without a stack: answers ARP and one TCP connection at a time with the least arithmetic that a Linux kernel
 * takes for TCP. Nothing that comes in is checked, nothing is sent twice, payloads are always the same.
 *
 *	tap-raw TAP ADDRESS sink|source WINDOW [SEGMENTS_PER_ACK]
 *
 * sink: advertises WINDOW bytes and acknowledges every SEGMENTS_PER_ACK (2) segments, and what is left when nothing waits.
 * source: keeps WINDOW bytes on their way until the other side closes. Ends by SIGTERM.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };
enum { ETHERNET = 14, IP = 14, TCP = 34, DATA = 54, MSS = 1460, FRAME = DATA + MSS };

static const uint8_t ownMac[6] = { 2, 0, 0, 0, 0x77, 2 };
static int tap;
static uint32_t ownAddress, window, segmentsPerAck = 2;
static bool isSource;

/* One connection. Frames that go out are kept with their headers and only patched. */
static uint8_t ackFrame[DATA + 4], dataFrame[FRAME];
static uint32_t ackSum, dataSum;
static uint32_t sndUna, sndNxt, rcvNxt, sndWindow, unacknowledged;
static enum { CLOSED, OPEN, ENDED } state;

static uint32_t get16(const uint8_t *p) { return (uint32_t)p[0] << 8 | p[1]; }
static uint32_t get32(const uint8_t *p) { return get16(p) << 16 | get16(p + 2); }
static void put16(uint8_t *p, uint32_t value) { p[0] = (uint8_t)(value >> 8); p[1] = (uint8_t)value; }
static void put32(uint8_t *p, uint32_t value) { put16(p, value >> 16); put16(p + 2, value); }

static uint32_t sum(const uint8_t *p, int length)
{
	uint32_t total = 0;
	for (int i = 0; i < length; i += 2)
		total += get16(p + i);
	return total;
}

static void putSum(uint8_t *p, uint32_t total)
{
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	put16(p, ~total);
}

static void put(const uint8_t *frame, size_t length)
{
	while (write(tap, frame, length) < 0) {
		if (errno != EAGAIN && errno != EINTR) {
			perror("tap-raw: write");
			exit(1);
		}
	}
}

/* Headers of the answer to `in`, with a TCP header of `tcpLength` bytes. Returns the sum of what never changes. */
static uint32_t template(uint8_t *frame, const uint8_t *in, uint32_t tcpLength, uint32_t payload)
{
	memcpy(frame, in + 6, 6);
	memcpy(frame + 6, ownMac, 6);
	put16(frame + 12, 0x0800);
	uint8_t *ip = frame + IP, *tcp = frame + TCP;
	memset(ip, 0, 20 + tcpLength);
	put32(ip, 0x45000000 | (20 + tcpLength + payload));
	put16(ip + 6, 0x4000);
	put16(ip + 8, 0x4006);
	memcpy(ip + 12, in + IP + 16, 4);
	memcpy(ip + 16, in + IP + 12, 4);
	putSum(ip + 10, sum(ip, 20));
	memcpy(tcp, in + TCP + 2, 2);
	memcpy(tcp + 2, in + TCP, 2);
	put16(tcp + 12, tcpLength << 10 | ACK);
	put16(tcp + 14, window > 0xffff ? 0xffff : window);
	return sum(ip + 12, 8) + 6 + tcpLength + payload + sum(tcp, (int)(tcpLength + payload));
}

/* Patches what changes and sends. `total` is the sum of the rest. */
static void putSegment(uint8_t *frame, size_t length, uint32_t total, uint32_t seq)
{
	put32(frame + TCP + 4, seq);
	put32(frame + TCP + 8, rcvNxt);
	putSum(frame + TCP + 16, total + (seq >> 16) + (seq & 0xffff) + (rcvNxt >> 16) + (rcvNxt & 0xffff));
	put(frame, length);
	unacknowledged = 0;
}

static void answerArp(uint8_t *frame)
{
	uint8_t *arp = frame + ETHERNET;
	if (get16(arp + 6) != 1 || get32(arp + 24) != ownAddress)
		return;
	uint8_t sender[10];
	memcpy(sender, arp + 8, 10);
	put16(arp + 6, 2);
	memcpy(arp + 8, ownMac, 6);
	put32(arp + 14, ownAddress);
	memcpy(arp + 18, sender, 10);
	memcpy(frame, sender, 6);
	memcpy(frame + 6, ownMac, 6);
	put(frame, ETHERNET + 28);
}

/* SYN: everything about the connection is prepared here. */
static void begin(const uint8_t *in)
{
	sndUna = 0x10000000;
	sndNxt = sndUna + 1;
	rcvNxt = get32(in + TCP + 4) + 1;
	sndWindow = get16(in + TCP + 14);
	state = OPEN;

	uint8_t answer[DATA + 4];
	uint32_t total = template(answer, in, 24, 0);
	const uint8_t mss[4] = { 2, 4, MSS >> 8, MSS & 255 };
	memcpy(answer + DATA, mss, 4);
	answer[TCP + 13] |= SYN;
	putSegment(answer, sizeof(answer), total + sum(mss, 4) + SYN, sndUna);

	memset(dataFrame + DATA, 'm', MSS);
	dataSum = template(dataFrame, in, 20, MSS);
	ackSum = template(ackFrame, in, 20, 0);
}

static void sendMore(void)
{
	uint32_t limit = sndWindow < window ? sndWindow : window;
	while (sndNxt - sndUna + MSS <= limit) {
		putSegment(dataFrame, FRAME, dataSum, sndNxt);
		sndNxt += MSS;
	}
}

static void segment(uint8_t *in)
{
	uint8_t flags = in[TCP + 13];
	if (get32(in + IP + 16) != ownAddress || in[IP + 9] != 6)
		return;
	if (flags & SYN)
		return begin(in);
	if (flags & RST)
		state = CLOSED;
	if (state == CLOSED)
		return;
	uint32_t length = get16(in + IP + 2) - 20 - (in[TCP + 12] >> 4) * 4;
	sndUna = get32(in + TCP + 8);
	sndWindow = get16(in + TCP + 14);
	if (length > 0 || flags & FIN) {
		if (get32(in + TCP + 4) == rcvNxt) {
			rcvNxt += length;
			if (flags & FIN)
				rcvNxt++;
		}
		if (flags & FIN && state == OPEN) {
			/* Both ends are closed at once. */
			uint8_t answer[DATA];
			uint32_t total = template(answer, in, 20, 0);
			answer[TCP + 13] |= FIN;
			putSegment(answer, sizeof(answer), total + FIN, sndNxt++);
			state = ENDED;
		} else if (++unacknowledged >= segmentsPerAck)
			putSegment(ackFrame, DATA, ackSum, sndNxt);
	}
	if (isSource && state == OPEN)
		sendMore();
}

static void attach(const char *name)
{
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	strncpy(request.ifr_name, name, IFNAMSIZ - 1);
	tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
	if (tap < 0 || ioctl(tap, TUNSETIFF, &request) < 0) {
		fprintf(stderr, "tap-raw: %s: %s\n", name, strerror(errno));
		exit(1);
	}
}

int main(int argc, char **argv)
{
	if (argc < 5) {
		fputs("usage: tap-raw TAP ADDRESS sink|source WINDOW [SEGMENTS_PER_ACK]\n", stderr);
		return 2;
	}
	attach(argv[1]);
	ownAddress = ntohl(inet_addr(argv[2]));
	isSource = strcmp(argv[3], "source") == 0;
	window = (uint32_t)atoi(argv[4]);
	if (argc > 5)
		segmentsPerAck = (uint32_t)atoi(argv[5]);
	puts("ready");
	fflush(stdout);

	uint8_t frame[2048];
	for (;;) {
		ssize_t length = read(tap, frame, sizeof(frame));
		if (length < 0) {
			if (unacknowledged > 0)
				putSegment(ackFrame, DATA, ackSum, sndNxt);
			struct pollfd one = { .fd = tap, .events = POLLIN };
			poll(&one, 1, -1);
		} else if (length >= ETHERNET + 28 && get16(frame + 12) == 0x0806)
			answerArp(frame);
		else if (length >= DATA && get16(frame + 12) == 0x0800)
			segment(frame);
	}
}
