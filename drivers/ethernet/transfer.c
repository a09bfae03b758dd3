// A frame on its way between chip and arena: it passes by DMA where there is one, and its checksums are summed up meanwhile. Who began it may do something else, and
// comes back to look.

#include "sums.h"

#include <stddef.h>

/* Bytes that should have passed before it is worth going on with the sum. Even, so that words stay words. */
#define STEP 128u
/* A transfer in which nothing has moved for so long is dead, microseconds. */
#define PATIENCE 2000u

static void begin(EthernetTransfer *transfer, uint8_t *frame, uint32_t length)
{
	*transfer = (EthernetTransfer){
		.frame = frame, .length = length, .since = busMicroseconds(), .progress = NOTHING_SUMMED, .state = TRANSFER_PASSES,
	};
}

void ethernetRead(EthernetChip *chip, uint8_t *to, uint32_t length, int fcs, uint32_t gap)
{
	begin(&chip->incoming, to, length);
	chip->incoming.fcs = (uint8_t)fcs;
	chip->incoming.gap = (uint8_t)gap;
	spiStartRead(chip->spi, to, length);
}

void ethernetWrite(EthernetChip *chip, uint8_t *frame, uint32_t length)
{
	EthernetSums *sums = &chip->outgoing.sums;
	uint32_t start = 0, bytes = 0;
	begin(&chip->outgoing, frame, length);
	sums->checksumAt = ethernetChecksumPlace(frame, length, &start, &bytes);
	spiStartWrite(chip->spi, frame, length);
	if (sums->checksumAt)
		sums->checksum = ethernetChecksum(frame, start, bytes);
}

/* All of a frame is there: compares its FCS, and reads over what lies behind. */
static void readTail(EthernetChip *chip)
{
	EthernetTransfer *read = &chip->incoming;
	uint8_t tail[4];
	ethernetSum(&read->progress, read->frame, read->length, read->length, read->fcs);
	read->sums.fcsGood = 1;
	if (read->fcs) {
		uint32_t crc = ~read->progress.crc;
		spiExchange(chip->spi, 0, tail, 4);
		read->sums.fcsGood = tail[0] == (uint8_t)crc && tail[1] == (uint8_t)(crc >> 8) && tail[2] == (uint8_t)(crc >> 16) && tail[3] == (uint8_t)(crc >> 24);
	}
	if (read->gap)
		spiExchange(chip->spi, 0, tail, read->gap);
	read->sums.good = ethernetSumIsGood(&read->progress, read->frame);
}

/* Looks at a transfer that passes. */
static void look(EthernetChip *chip, EthernetTransfer *transfer)
{
	const int reads = transfer == &chip->incoming;
	uint32_t passed = spiPassed(chip->spi);
	if (passed < transfer->length) {
		if (reads && passed - transfer->progress.seen >= STEP)
			ethernetSum(&transfer->progress, transfer->frame, passed, transfer->length, transfer->fcs);
		uint32_t now = busMicroseconds();
		if (passed != transfer->moved) {
			transfer->moved = passed;
			transfer->since = now;
			return;
		}
		if (now - transfer->since <= PATIENCE)
			return;
	}
	transfer->well = spiFinish(chip->spi) != 0;
	if (!transfer->well)
		chip->counters[COUNT_SPI_FAILED]++;
	else if (reads)
		readTail(chip);
	spiDeselect(chip->spi);
	transfer->state = TRANSFER_ENDED;
}

int ethernetIdle(EthernetChip *chip)
{
	EthernetTransfer *passes = chip->incoming.state == TRANSFER_PASSES ? &chip->incoming : &chip->outgoing;
	if (passes->state != TRANSFER_PASSES)
		return 1;
	look(chip, passes);
	return passes->state != TRANSFER_PASSES;
}

int ethernetWaits(const EthernetChip *chip, uint32_t length)
{
	return !chip->overlaps || length <= chip->atOnce;
}

void ethernetAwait(EthernetChip *chip)
{
	while (!ethernetIdle(chip))
		;
}

int ethernetWasTaken(EthernetChip *chip, const uint8_t *frame)
{
	if (chip->taken != frame)
		return 0;
	chip->taken = NULL;
	return 1;
}

int ethernetPutOff(const EthernetTransfer *other, uint8_t *waits)
{
	if (other->state == TRANSFER_PASSES)
		*waits = 1;
	return ETHERNET_AGAIN;
}

int ethernetYields(uint8_t *waits)
{
	const int yields = *waits;
	*waits = 0;
	return yields;
}
