// Frames on their way between chip and arena: checksums are summed up while the bytes pass. RFC 1071; FCS: IEEE 802.3 §3.2.9.

#include "ethernet.h"
#include "arena.h"
#include "layout.h"
#include "sum.h"

#define ETHER_TYPE 12
#define TYPE_IPV4 0x0800
#define MORE_FRAGMENTS_AND_OFFSET 0x3fff
/* Bytes that should have passed before it is worth going on with the sum. Even, so that words stay words. */
#define STEP 128u
/* A transfer in which nothing has moved for so long is dead, microseconds. */
#define PATIENCE 2000u

/* CRC-32 of four bits each: 64 bytes of table, and still less work than the bits of a byte take on SPI. */
static const uint32_t nibbles[16] = {
	0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
	0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
};

static uint32_t crcOf(const uint8_t *p, uint32_t length, uint32_t crc)
{
	while (length--) {
		crc ^= *p++;
		crc = crc >> 4 ^ nibbles[crc & 15];
		crc = crc >> 4 ^ nibbles[crc & 15];
	}
	return crc;
}

/* What of the frame has been summed up. */
typedef struct {
	uint32_t done; /* bytes of the frame; starts behind the Ethernet header */
	uint32_t end; /* of the IP packet in the frame; 0: not known yet */
	uint32_t sum; /* of the IP packet, folded */
	uint32_t crcDone;
	uint32_t crc;
} Progress;

/* Where the IPv4 packet ends; ETHERNET_HEADER when there is none to sum up. */
static uint32_t packetEnd(const uint8_t *frame, uint32_t length)
{
	const uint8_t *ip = frame + ETHERNET_HEADER;
	uint32_t total = get16(ip + 2);
	if (get16(frame + ETHER_TYPE) != TYPE_IPV4 || ip[0] >> 4 != 4 || total < IPV4_HEADER || total > length - ETHERNET_HEADER)
		return ETHERNET_HEADER;
	return ETHERNET_HEADER + total;
}

static void advance(Progress *progress, const uint8_t *frame, uint32_t passed, uint32_t length, int fcs)
{
	if (fcs) {
		progress->crc = crcOf(frame + progress->crcDone, passed - progress->crcDone, progress->crc);
		progress->crcDone = passed;
	}
	if (passed < ETHERNET_HEADER + IPV4_HEADER)
		return;
	if (progress->end == 0)
		progress->end = packetEnd(frame, length);
	uint32_t until = passed < progress->end ? passed : progress->end;
	uint32_t count = until - progress->done;
	if (until < progress->end)
		count &= ~3u;
	progress->sum = sum16(frame + progress->done, count, progress->sum);
	progress->done += count;
}

/* Whether every checksum of the packet is right, given the sum of all of it. What is malformed or cut is for decode to refuse. */
static uint8_t isGood(const uint8_t *ip, uint32_t total, uint32_t sum)
{
	uint32_t header = (uint32_t)(ip[0] & 15) << 2;
	if (header < IPV4_HEADER || header > total)
		return 1;
	if (sum16(ip, header, 0) != 0xffff)
		return 0;
	/* The header's sum is 0xffff, which is zero: what is left is the transport's. */
	const uint8_t *transport = ip + header;
	uint32_t bytes = total - header, protocol = ip[9];
	uint32_t pseudo = get16(ip + 12) + get16(ip + 14) + get16(ip + 16) + get16(ip + 18) + protocol + bytes;
	if (get16(ip + 6) & MORE_FRAGMENTS_AND_OFFSET)
		return 1;
	if (protocol == IPV4_ICMP)
		return bytes < ICMPV4_HEADER || sum == 0xffff;
	if (protocol == IPV4_TCP)
		return bytes < TCP_HEADER || fold16((uint64_t)sum + pseudo) == 0xffff;
	if (protocol != IPV4_UDP || bytes < UDP_HEADER || get16(transport + 6) == 0)
		return 1;
	uint32_t own = get16(transport + 4);
	if (own < UDP_HEADER || own > bytes)
		return 1;
	if (own < bytes) /* bytes behind the datagram are in the sum, and not in its checksum */
		return sum16(transport, own, pseudo - bytes + own) == 0xffff;
	return fold16((uint64_t)sum + pseudo) == 0xffff;
}

int ethernetRead(EthernetChip *chip, uint8_t *to, uint32_t length, int fcs, EthernetSums *sums)
{
	Progress progress = { .done = ETHERNET_HEADER, .crc = 0xffffffff };
	uint32_t summed = 0, moved = 0, since = busMicroseconds();
	spiStartRead(chip->spi, to, length);
	for (;;) {
		uint32_t passed = spiPassed(chip->spi);
		if (passed >= length)
			break;
		if (passed - summed >= STEP) {
			advance(&progress, to, passed, length, fcs);
			summed = passed;
		}
		uint32_t now = busMicroseconds();
		if (passed != moved) {
			moved = passed;
			since = now;
		} else if (now - since > PATIENCE)
			break;
	}
	if (!spiFinish(chip->spi)) {
		chip->counters[COUNT_SPI_FAILED]++;
		return 0;
	}
	advance(&progress, to, length, length, fcs);
	sums->fcsGood = 1;
	if (fcs) {
		uint8_t tail[4];
		spiExchange(chip->spi, 0, tail, 4);
		uint32_t crc = ~progress.crc;
		sums->fcsGood = tail[0] == (uint8_t)crc && tail[1] == (uint8_t)(crc >> 8) && tail[2] == (uint8_t)(crc >> 16) && tail[3] == (uint8_t)(crc >> 24);
	}
	uint32_t total = progress.end > ETHERNET_HEADER ? progress.end - ETHERNET_HEADER : 0;
	sums->good = total == 0 || isGood(to + ETHERNET_HEADER, total, progress.sum);
	return 1;
}

/* Where the frame's transport checksum goes if it has none yet, and what it is computed over; 0 when there is nothing to do. */
static uint32_t checksumPlace(uint8_t *frame, uint32_t length, uint32_t *start, uint32_t *bytes)
{
	static const uint8_t within[] = { [IPV4_ICMP] = 2, [IPV4_TCP] = 16, [IPV4_UDP] = 6 };
	if (length < ETHERNET_HEADER + IPV4_HEADER || packetEnd(frame, length) == ETHERNET_HEADER)
		return 0;
	uint8_t *ip = frame + ETHERNET_HEADER;
	uint32_t header = (uint32_t)(ip[0] & 15) << 2, total = get16(ip + 2), protocol = ip[9];
	if (header < IPV4_HEADER || header > total)
		return 0;
	if (get16(ip + 10) == 0)
		put16(ip + 10, ~sum16(ip, header, 0));
	if (protocol >= sizeof(within) || !within[protocol] || (get16(ip + 6) & MORE_FRAGMENTS_AND_OFFSET))
		return 0;
	*start = ETHERNET_HEADER + header;
	*bytes = total - header;
	uint32_t place = *start + within[protocol];
	/* A checksum that is there was computed by whoever the packet is from: a router must not hide damage. */
	if (place + 2 > ETHERNET_HEADER + total || get16(frame + place) != 0)
		return 0;
	return place;
}

int ethernetWrite(EthernetChip *chip, uint8_t *frame, uint32_t length, EthernetSums *sums)
{
	uint32_t start = 0, bytes = 0;
	sums->checksumAt = checksumPlace(frame, length, &start, &bytes);
	spiStartWrite(chip->spi, frame, length);
	if (sums->checksumAt) {
		const uint8_t *ip = frame + ETHERNET_HEADER;
		uint32_t pseudo = 0;
		if (ip[9] != IPV4_ICMP)
			pseudo = get16(ip + 12) + get16(ip + 14) + get16(ip + 16) + get16(ip + 18) + ip[9] + bytes;
		sums->checksum = (uint16_t)~sum16(frame + start, bytes, pseudo);
		if (sums->checksum == 0 && ip[9] == IPV4_UDP)
			sums->checksum = 0xffff; /* 0 would say "no checksum": RFC 768 */
	}
	if (spiFinish(chip->spi))
		return 1;
	chip->counters[COUNT_SPI_FAILED]++;
	return 0;
}
