// The ENC28J60: transmission, with two buffers. First enc28j60-chip.h, then enc28j60Transmit() at the end; datasheet §7.1.

#include "enc28j60-chip.h"

/* Errata 13: so often is a frame sent again after a late collision. */
#define RETRIES 16
#define LOOK_US 20
/* A frame waits for a quiet wire, but not for so long. */
#define TRANSMIT_US 50000
/* Table 7-1, bit 29, in the fourth byte. */
#define LATE_COLLISION 0x20

static void begin(Enc28j60 *enc, uint8_t buffer)
{
	/* Errata 12: the transmitter may have stalled: it is reset before each frame. That may set TXERIF, which is cleared afterwards. */
	enc28j60Set(enc, ECON1, TXRST);
	enc28j60Clear(enc, ECON1, TXRST);
	enc28j60Clear(enc, EIR, TXIF | TXERIF);
	enc28j60Write16(enc, ETXST, TRANSMIT_BUFFER(buffer));
	enc28j60Write16(enc, ETXND, TRANSMIT_BUFFER(buffer) + enc->lengths[buffer]);
	enc28j60Set(enc, ECON1, TXRTS);
	enc->sending = buffer;
	enc->startedAt = busMicroseconds();
}

/* The buffer on the wire is free; what waits in the other one follows. */
static void finish(Enc28j60 *enc)
{
	uint8_t next = enc->sending ^ 1;
	enc->lengths[enc->sending] = 0;
	enc->retries = enc->timeouts = 0;
	if (enc->lengths[next]) {
		begin(enc, next);
		return;
	}
	enc->sending = NONE;
	enc28j60Clear(enc, EIR, TXIF | TXERIF);
}

/* Errata 15: LATECOL in ESTAT cannot be trusted; the status vector behind the frame can. */
static int wasLate(Enc28j60 *enc)
{
	uint8_t vector[4];
	enc28j60SetRead(enc, TRANSMIT_BUFFER(enc->sending) + enc->lengths[enc->sending] + 1);
	enc28j60Begin(enc, RBM);
	spiExchange(enc->chip.spi, 0, vector, sizeof(vector));
	spiDeselect(enc->chip.spi);
	enc->readAt = UNKNOWN;
	return vector[3] & LATE_COLLISION;
}

void enc28j60TransmitEnded(Enc28j60 *enc, uint8_t flags)
{
	/* Read twice: a disturbed transfer would have the buffer overwritten that is on the wire. */
	flags &= enc28j60Read(enc, EIR);
	if (!(flags & (TXIF | TXERIF)))
		return;
	if (enc->sending == NONE) {
		enc28j60Clear(enc, EIR, TXIF | TXERIF);
		return;
	}
	if (flags & TXERIF) {
		/* Errata 13: the transmitter may still think that it sends. */
		enc28j60Clear(enc, ECON1, TXRTS);
		if (wasLate(enc) && enc->retries < RETRIES) {
			enc->retries++;
			COUNT(COUNT_LATE_COLLISIONS);
			begin(enc, enc->sending);
			return;
		}
		COUNT(COUNT_TRANSMIT_FAILED);
	}
	finish(enc);
}

void enc28j60CheckTransmission(Enc28j60 *enc)
{
	if (enc->sending == NONE || busMicroseconds() - enc->startedAt < TRANSMIT_US)
		return;
	uint8_t flags = enc28j60Read(enc, EIR);
	if (!(flags & EIR_ALWAYS_0) && flags & (TXIF | TXERIF)) {
		enc28j60TransmitEnded(enc, flags);
		return;
	}
	COUNT(COUNT_TRANSMIT_TIMEOUTS);
	if (enc28j60Read(enc, ECON1) & TXRTS) {
		enc28j60Clear(enc, ECON1, TXRTS);
		if (enc->timeouts++ == 0) {
			begin(enc, enc->sending);
			return;
		}
		COUNT(COUNT_TRANSMIT_FAILED);
	}
	finish(enc);
}

/* Whether a look at the chip is worth its bytes. */
static int mayHaveEnded(const Enc28j60 *enc)
{
	if (enc->sending == NONE)
		return 0;
	const int pin = enc->deaf ? -1 : spiInterrupted(enc->chip.spi);
	/* A byte takes 0.8 µs. */
	return pin < 0 ? busMicroseconds() - enc->startedAt >= enc->lengths[enc->sending] * 4u / 5u : pin;
}

static void lookForEnd(Enc28j60 *enc)
{
	if (!mayHaveEnded(enc))
		return;
	uint8_t flags = enc28j60Read(enc, EIR);
	if (!(flags & EIR_ALWAYS_0) && flags & (TXIF | TXERIF))
		enc28j60TransmitEnded(enc, flags);
}

/* Whether EWRPT is there. Read twice, as it may be the answer that is disturbed. */
static int holds(Enc28j60 *enc, uint32_t address)
{
	return enc28j60Read16(enc, EWRPT) == (address & (MEMORY_BYTES - 1)) || enc28j60Read16(enc, EWRPT) == (address & (MEMORY_BYTES - 1));
}

static int isFull(const Enc28j60 *enc)
{
	return enc->lengths[0] && enc->lengths[1];
}

int enc28j60IsFull(const EthernetChip *chip)
{
	const Enc28j60 *enc = (const Enc28j60 *)chip;
	return isFull(enc) && !mayHaveEnded(enc);
}

void enc28j60Interrupted(EthernetChip *chip)
{
	Enc28j60 *enc = (Enc28j60 *)chip;
	if (enc->mode == RUNNING && isFull(enc))
		lookForEnd(enc);
}

/* A transmit buffer, or NONE. */
static uint8_t freeBuffer(Enc28j60 *enc)
{
	if (isFull(enc))
		lookForEnd(enc);
	return isFull(enc) ? NONE : enc->lengths[0] ? 1 : 0;
}

/* Waits for one, a full frame's time on the wire at most, where nothing else goes on meanwhile: the stack's queue, and coming back to the chip when it has an interrupt, would take longer. */
static uint8_t awaitBuffer(Enc28j60 *enc)
{
	uint32_t since = busMicroseconds();
	uint8_t buffer = freeBuffer(enc);
	while (buffer == NONE && busMicroseconds() - since <= FRAME_US) {
		busWait(LOOK_US);
		buffer = freeBuffer(enc);
	}
	return buffer;
}

/* Whether all of a frame that was written is in the chip, with its checksum. */
static int isFilled(Enc28j60 *enc, const EthernetTransfer *write)
{
	const uint32_t at = TRANSMIT_BUFFER(enc->filling) + 1;
	if (!write->well) /* counted */
		return 0;
	/* What was in the buffer before must not go out under this frame's length. */
	if (!holds(enc, at + write->length)) {
		COUNT(COUNT_SPI_FAILED);
		return 0;
	}
	if (write->sums.checksumAt) {
		const uint8_t bytes[2] = { (uint8_t)(write->sums.checksum >> 8), (uint8_t)write->sums.checksum };
		enc28j60Write16(enc, EWRPT, at + write->sums.checksumAt);
		enc28j60Begin(enc, WBM);
		spiExchange(enc->chip.spi, bytes, 0, 2);
		spiDeselect(enc->chip.spi);
	}
	return 1;
}

void enc28j60Written(Enc28j60 *enc)
{
	EthernetTransfer *write = &enc->chip.outgoing;
	if (write->state != TRANSFER_ENDED)
		return;
	write->state = TRANSFER_NONE;
	enc->chip.taken = write->frame;
	if (!isFilled(enc, write)) {
		COUNT(COUNT_TRANSMIT_FAILED);
		return;
	}
	enc->lengths[enc->filling] = (uint16_t)write->length;
	if (enc->sending == NONE)
		begin(enc, enc->filling);
	else
		lookForEnd(enc); /* it may have ended while this one was written */
}

int enc28j60Transmit(EthernetChip *chip, uint8_t *frame, uint32_t length)
{
	Enc28j60 *enc = (Enc28j60 *)chip;
	const uint8_t asInMacon3 = 0; /* the control byte, figure 7-1 */
	if (!ethernetIdle(chip))
		return ethernetPutOff(&chip->incoming, &chip->writeWaits);
	enc28j60Written(enc);
	if (ethernetWasTaken(chip, frame))
		return 1;
	if (enc->mode != RUNNING || length == 0 || length > FRAME_MOST) {
		COUNT(COUNT_TRANSMIT_FAILED);
		return 1;
	}
	if (ethernetYields(&chip->readWaits))
		return ETHERNET_AGAIN;
	uint8_t buffer = chip->overlaps ? freeBuffer(enc) : awaitBuffer(enc);
	if (buffer == NONE)
		return chip->overlaps ? ETHERNET_AGAIN : 0;
	enc28j60Release(enc);
	enc->filling = buffer;
	enc28j60Write16(enc, EWRPT, TRANSMIT_BUFFER(buffer));
	enc28j60Begin(enc, WBM);
	spiExchange(chip->spi, &asInMacon3, 0, 1);
	ethernetWrite(chip, frame, length);
	if (!ethernetWaits(chip, length))
		return ETHERNET_AGAIN;
	ethernetAwait(chip);
	enc28j60Written(enc);
	return ethernetWasTaken(chip, frame);
}
