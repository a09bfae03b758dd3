/*
 * The bytes of a UART's line as packets of a pcapng file that the program has begun: one for each HDLC frame with its two flags, so that tools can take it
 * apart (a flag between two frames is in both packets), and one for each run of bytes outside of frames. draft-ietf-opsawg-pcapng-02 §4.3, little-endian.
 */

#include "uart-line.h"

#include <time.h>

#define FLAG 0x7e
#define ENHANCED_PACKET 6
#define HEAD_BYTES 28
#define TAIL_BYTES 16
/* Bytes outside of frames make one packet until the line is quiet for so long, ns. */
#define QUIET 50000000

static void put32(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

static void writeRecord(const HostLine *line, LineRecord *record, int direction)
{
	uint8_t block[HEAD_BYTES + HOST_RECORD_BYTES + 3 + TAIL_BYTES] = { 0 };
	uint32_t length = record->count, padded = (length + 3) & ~3u, total = HEAD_BYTES + padded + TAIL_BYTES;
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	uint64_t stamp = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
	put32(block, ENHANCED_PACKET);
	put32(block + 4, total);
	put32(block + 12, (uint32_t)(stamp >> 32));
	put32(block + 16, (uint32_t)stamp);
	put32(block + 20, length);
	put32(block + 24, length);
	memcpy(block + HEAD_BYTES, record->bytes, length);
	uint8_t *tail = block + HEAD_BYTES + padded;
	put32(tail, 4 << 16 | 2); /* the option epb_flags has four bytes: */
	put32(tail + 4, (uint32_t)direction + 1);
	put32(tail + 12, total);
	hostFileAppend(line->recordFile, block, total);
	record->count = 0;
}

void hostLineRecord(HostLine *line, int direction, uint8_t byte)
{
	if (line->recordFile < 0)
		return;
	LineRecord *record = &line->records[direction];
	uint64_t now = hostLineTime();
	bool framed = record->count > 0 && record->bytes[0] == FLAG;
	if (record->count == HOST_RECORD_BYTES || (record->count > 0 && !framed && (byte == FLAG || now - record->last > QUIET)))
		writeRecord(line, record, direction);
	record->last = now;
	/* Flags may follow each other. */
	if (byte == FLAG && framed && record->count == 1)
		return;
	record->bytes[record->count++] = byte;
	if (byte == FLAG && framed && record->count > 1) {
		writeRecord(line, record, direction);
		record->bytes[record->count++] = FLAG;
	}
}

void hostLineRecordEnd(HostLine *line)
{
	for (int direction = 0; direction < 2 && line->recordFile >= 0; direction++)
		if (line->records[direction].count > 1)
			writeRecord(line, &line->records[direction], direction);
	line->recordFile = -1;
}

/* record(line, fd) */
void xs_host_recordUart(txMachine *the)
{
	hostLineNumber(the, 0)->recordFile = xsmcToInteger(xsArg(1));
}
