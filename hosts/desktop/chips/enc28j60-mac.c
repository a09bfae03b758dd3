// How the ENC28J60 receives: receive buffer, filters, status vectors. Read enc28j60.h first.
// Sections, tables and registers are those of the datasheet DS39662, errata those of DS80349C.

#include "enc28j60.h"

#include <string.h>

#define HEADER 6 /* next packet pointer and receive status vector, figure 7-3 */
#define QUANTUM_BITS 512 /* of PAUSE frames, IEEE 802.3 31B */

const uint8_t encBroadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
const uint8_t encPauseAddress[6] = { 0x01, 0x80, 0xc2, 0x00, 0x00, 0x01 };

uint64_t encLineNs(const Enc *enc, uint64_t bits)
{
	uint32_t rate = enc->chip.options.lineRate;
	return rate ? bits * 1000000000 / rate : 0;
}

uint32_t encTypeOf(const uint8_t *frame)
{
	return (uint32_t)frame[12] << 8 | frame[13];
}

/* The receive buffer */

static uint32_t ringSize(const Enc *enc)
{
	return ((encPair(enc, ERXND) - encPair(enc, ERXST)) & (MEMORY - 1)) + 1u;
}

static uint32_t ringOffset(const Enc *enc, uint32_t at)
{
	return (at - encPair(enc, ERXST)) & (MEMORY - 1);
}

bool encInRing(const Enc *enc, uint32_t at)
{
	return ringOffset(enc, at) < ringSize(enc);
}

uint16_t encRingNext(const Enc *enc, uint32_t at)
{
	return at == encPair(enc, ERXND) ? encPair(enc, ERXST) : (uint16_t)((at + 1) & (MEMORY - 1));
}

/* Bytes from ERXWRPT up to, but not including, ERXRDPT. When they are equal the buffer is empty (example 7-2). */
static uint32_t freeBytes(const Enc *enc)
{
	uint32_t size = ringSize(enc), write = encPair(enc, ERXWRPT), read = encPair(enc, ERXRDPT);
	if (!encInRing(enc, write) || !encInRing(enc, read))
		return size; /* the receiver never meets ERXRDPT */
	uint32_t bytes = (ringOffset(enc, read) + size - ringOffset(enc, write)) % size;
	return bytes ? bytes : size;
}

bool encInFree(const Enc *enc, uint32_t at)
{
	if (!encInRing(enc, at))
		return false;
	uint32_t size = ringSize(enc);
	return (ringOffset(enc, at) + size - ringOffset(enc, encPair(enc, ERXWRPT)) % size) % size < freeBytes(enc);
}

static bool finds(const Enc *enc, uint32_t length)
{
	uint32_t bytes = HEADER + length + FCS;
	return bytes + (bytes & 1) < freeBytes(enc) && enc->registers[EPKTCNT] < 255;
}

static bool hears(const Enc *enc)
{
	return encAwake(enc) && (enc->registers[ECON1] & RXEN) && (enc->registers[MACON1] & MARXEN);
}

bool encRoom(const Chip *chip, uint32_t length)
{
	const Enc *enc = (const Enc *)chip;
	return !hears(enc) || !encOnWire(enc) || finds(enc, length < FRAME_LEAST ? FRAME_LEAST : length);
}

/* Filters, section 8 */

void encOwnAddress(const Enc *enc, uint8_t address[6])
{
	static const uint8_t order[6] = { MAADR1, MAADR2, MAADR3, MAADR4, MAADR5, MAADR6 };
	for (int i = 0; i < 6; i++)
		address[i] = enc->registers[order[i]];
}

/* 8.2. Bytes that the mask leaves out are not there; the window may reach into the FCS, not past it. */
static bool patternMatches(const Enc *enc, const uint8_t *frame, uint32_t length)
{
	uint32_t at = encPair(enc, EPMO), fcs = chipCrc(frame, length), count = 0;
	uint64_t sum = 0;
	if (at + 64 > length + FCS)
		return false;
	for (uint32_t i = 0; i < 64; i++, at++) {
		if (!(enc->registers[EPMM0 + i / 8] >> (i & 7) & 1))
			continue;
		uint32_t byte = at < length ? frame[at] : fcs >> 8 * (at - length) & 255;
		sum += count++ & 1 ? byte : byte << 8;
	}
	return encChecksum(sum) == encPair(enc, EPMCS);
}

/* 8.3: to the own address, and somewhere six times FFh and 16 times the own address. */
static bool magicMatches(const uint8_t own[6], const uint8_t *frame, uint32_t length)
{
	uint8_t magic[17 * 6];
	memcpy(magic, encBroadcast, 6);
	for (int i = 1; i < 17; i++)
		memcpy(magic + 6 * i, own, 6);
	if (memcmp(frame, own, 6) != 0)
		return false;
	for (uint32_t at = 14; at + sizeof(magic) <= length; at++) {
		if (memcmp(frame + at, magic, sizeof(magic)) == 0)
			return true;
	}
	return false;
}

/* 8.4: bits 28 to 23 of the CRC of the destination, most significant bit first and not inverted, choose a bit of EHT. */
static bool hashMatches(const Enc *enc, const uint8_t *frame)
{
	uint32_t crc = ~chipCrc(frame, 6), bit = 0;
	for (int i = 0; i < 6; i++)
		bit |= (crc >> (31 - 23 - i) & 1) << i;
	return enc->registers[EHT0 + bit / 8] >> (bit & 7) & 1;
}

/* Figures 8-1 and 8-2. The FCS of a frame that arrives here is always good. */
static bool passes(Enc *enc, const uint8_t *frame, uint32_t length)
{
	uint8_t own[6], filters = enc->registers[ERXFCON], met = 0;
	uint8_t active = filters & (UCEN | PMEN | MPEN | HTEN | MCEN | BCEN);
	encOwnAddress(enc, own);
	if (!active)
		return true;
	if (memcmp(frame, own, 6) == 0)
		met |= UCEN;
	if (memcmp(frame, encBroadcast, 6) == 0)
		met |= BCEN;
	if (frame[0] & 1)
		met |= MCEN;
	/* Erratum 18: the pattern match filter lets further frames pass. */
	if ((active & PMEN) && (patternMatches(enc, frame, length) || chipRandom(&enc->chip) % 16 == 0))
		met |= PMEN;
	if ((active & MPEN) && magicMatches(own, frame, length))
		met |= MPEN;
	if ((active & HTEN) && hashMatches(enc, frame))
		met |= HTEN;
	met &= active;
	return filters & ANDOR ? met == active : met != 0;
}

/* Reception, 7.2 */

/* Whether the type/length field is a length, and a wrong one. Padding is no mistake. */
bool encLengthWrong(const Enc *enc, const uint8_t *frame, uint32_t length)
{
	uint32_t told = encTypeOf(frame), data = length - 14;
	return (enc->registers[MACON3] & FRMLNEN) && told <= 1500 && (told > data || (data > 46 && told != data));
}

bool encIsControl(const uint8_t *frame)
{
	return encTypeOf(frame) == 0x8808;
}

bool encIsPause(const uint8_t *frame)
{
	return encIsControl(frame) && frame[14] == 0 && frame[15] == 1 && memcmp(frame, encPauseAddress, 6) == 0;
}

/* Table 7-3. */
static uint32_t receiveStatus(const Enc *enc, const uint8_t *frame, uint32_t length)
{
	uint32_t status = (length + FCS) | 1u << 23, type = encTypeOf(frame);
	if (encLengthWrong(enc, frame, length))
		status |= 1u << 21;
	if (type > 1500)
		status |= 1u << 22;
	if (memcmp(frame, encBroadcast, 6) == 0)
		status |= 1u << 25;
	else if (frame[0] & 1)
		status |= 1u << 24;
	if (encIsControl(frame))
		status |= encIsPause(frame) ? 3u << 27 : 1u << 27 | 1u << 29;
	return type == 0x8100 ? status | 1u << 30 : status;
}

static uint16_t put(Enc *enc, uint16_t at, const uint8_t *bytes, uint32_t length)
{
	while (length--) {
		enc->memory[at] = *bytes++;
		at = encRingNext(enc, at);
	}
	return at;
}

/* Figure 7-3. */
static void store(Enc *enc, const uint8_t *frame, uint32_t length)
{
	uint32_t fcs = chipCrc(frame, length), status = receiveStatus(enc, frame, length);
	uint8_t header[HEADER] = { 0 }, check[FCS] = { (uint8_t)fcs, (uint8_t)(fcs >> 8), (uint8_t)(fcs >> 16), (uint8_t)(fcs >> 24) };
	uint16_t at = encPair(enc, ERXWRPT), next = put(enc, at, header, HEADER);
	next = put(enc, next, frame, length);
	next = put(enc, next, check, FCS);
	if (next & 1) /* every frame starts at an even address */
		next = encRingNext(enc, next);
	uint32_t pointer = next;
	if (chipFaultOnce(&enc->chip, CHIP_BAD_LENGTH)) {
		pointer ^= 1 + chipRandom(&enc->chip) % 0xffff;
		status ^= 1 + chipRandom(&enc->chip) % 0xffff;
		enc->lied = true;
	}
	/* Erratum 14: with an even ERXRDPT the receiver may spoil pointer and status. */
	if (!(encPair(enc, ERXRDPT) & 1) && chipRandom(&enc->chip) % 4 == 0) {
		pointer = chipRandom(&enc->chip);
		status = chipRandom(&enc->chip);
		enc->lied = true;
	}
	for (int i = 0; i < HEADER; i++)
		header[i] = (uint8_t)(i < 2 ? pointer >> 8 * i : status >> 8 * (i - 2));
	put(enc, at, header, HEADER);
	encSetPair(enc, ERXWRPT, next);
	enc->registers[EPKTCNT]++;
	enc->chip.counts.received++;
}

void encAccept(Enc *enc, const uint8_t *frame, uint32_t length)
{
	if (!hears(enc))
		return;
	if (encIsPause(frame) && (enc->registers[MACON1] & RXPAUS) && (enc->registers[MACON3] & FULDPX))
		enc->pausedUntil = enc->chip.now + encLineNs(enc, QUANTUM_BITS * ((uint64_t)frame[16] << 8 | frame[17]));
	if ((encIsControl(frame) && !(enc->registers[MACON1] & PASSALL)) || !passes(enc, frame, length) ||
		(!(enc->registers[MACON3] & HFRMEN) && length + FCS > encPair(enc, MAMXFL))) {
		enc->chip.counts.filtered++;
		return;
	}
	/* Erratum 17: a frame that arrives while the DMA engine sums up is lost. */
	bool summing = enc->dmaAt != NEVER && (enc->registers[ECON1] & CSUMEN);
	if (summing || !finds(enc, length)) { /* 12.1.2 */
		enc->registers[EIR] |= RXERIF;
		enc->chip.counts.overflowed++;
	} else {
		store(enc, frame, length);
	}
	encShowInterrupt(enc);
}

void encReceive(Chip *chip, const uint8_t *frame, uint32_t length)
{
	Enc *enc = (Enc *)chip;
	if (encOnWire(enc))
		encAccept(enc, frame, length);
}
