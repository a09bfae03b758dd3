// The ENC28J60: reception, and what needs looking after. First enc28j60-chip.h, then receive() and service().

#include "enc28j60-chip.h"

#include <stddef.h>

#define LOOKS_MOST 8
#define LINK_MS 500
#define RETRY_MS 1000
#define SERVICE_MS 100
#define SENDING_MS 50
#define SOON_MS 5
#define EVENTS (LINKIF | TXIF | TXERIF | RXERIF)
/* Behind a frame: the byte that makes the next address even, and room for a dribble nibble, which the length leaves out. */
#define SLACK 3

/* Link */

/* A change must be read twice: it may be a disturbed transfer. */
static void lookAtLink(Enc28j60 *enc)
{
	for (int i = 0; i < 2; i++) {
		int32_t status = enc28j60ReadPhy(enc, PHSTAT2);
		if (status < 0 || status & PHSTAT2_ALWAYS_0)
			return;
		uint8_t up = status & LSTAT ? 1 : 0;
		if (up == enc->chip.link)
			return;
		if (i == 1)
			enc->chip.link = up;
	}
}

/* Reception */

/* Deals with all that may hold the interrupt pin low, except frames. Answers whether there was anything. */
static int handleEvents(Enc28j60 *enc)
{
	uint8_t flags = enc28j60Read(enc, EIR);
	if (flags & EIR_ALWAYS_0)
		return 0;
	if (flags & (TXIF | TXERIF))
		enc28j60TransmitEnded(enc, flags);
	if (flags & RXERIF) {
		COUNT(COUNT_OVERRUNS);
		enc28j60Clear(enc, EIR, RXERIF);
	}
	if (flags & LINKIF) {
		enc28j60ReadPhy(enc, PHIR); /* clears LINKIF, §12.1.5 */
		lookAtLink(enc);
	}
	return flags & EVENTS;
}

/* Errata 6: PKTIF cannot be trusted, EPKTCNT can. */
static uint8_t countPackets(Enc28j60 *enc)
{
	uint8_t count = enc28j60Read(enc, EPKTCNT);
	return count > FRAMES_MOST ? 0 : count;
}

/* Finds out what there is, until there is a frame, or nothing, with the pin high: only then does the next event make an edge. */
static void look(Enc28j60 *enc)
{
	uint32_t idle = 0;
	for (int i = 0; i < LOOKS_MOST; i++) {
		int pin = spiInterrupted(enc->chip.spi);
		if (pin == 0)
			enc->stuck = 0;
		if (pin == 0 && !enc->look && !enc->deaf)
			return;
		enc->look = 0;
		int events = handleEvents(enc);
		enc->packets = countPackets(enc);
		if (pin == 1)
			enc->deaf = 0;
		if (enc->packets || (!events && (pin != 1 || enc->stuck)))
			return;
		if (!events && ++idle == 2) {
			enc->stuck = 1;
			COUNT(COUNT_STUCK_INTERRUPTS);
			return;
		}
	}
	enc->look = 1;
}

/* The driver and the chip no longer agree on where frames are. */
static void emptyReceiver(Enc28j60 *enc)
{
	COUNT(COUNT_RECEIVE_RESETS);
	if (enc28j60EmptyReceiver(enc))
		enc28j60Set(enc, ECON1, RXEN); /* when not, service() finds it off and starts anew */
}

/* Gives the chip what lies before `next`. */
static void moveEnd(Enc28j60 *enc)
{
	/* Errata 14: ERXRDPT must be odd. `next` is even, so the byte before it is. */
	enc28j60Write16(enc, ERXRDPT, enc->next == RECEIVE_START ? RECEIVE_END : enc->next - 1u);
}

/* The frame before `next` is done with. The chip is told by enc28j60Release(). */
static void release(Enc28j60 *enc, uint32_t next)
{
	enc->next = (uint16_t)next;
	enc->packets--;
	enc->unreleased = 1;
}

void enc28j60Release(Enc28j60 *enc)
{
	if (!enc->unreleased)
		return;
	enc->unreleased = 0;
	moveEnd(enc);
	enc28j60Set(enc, ECON2, PKTDEC);
}

/* How many bytes lie between the end of a frame of that length and `next`; more than SLACK when one of the two cannot be. */
static uint32_t gapBefore(const Enc28j60 *enc, uint32_t next, uint32_t length)
{
	if (next & 1 || next > RECEIVE_END || length < CHIP_LEAST || length > RECEIVE_BYTES - HEADER - SLACK)
		return UNKNOWN;
	uint32_t end = enc->next + HEADER + length;
	if (end >= RECEIVE_BYTES)
		end -= RECEIVE_BYTES;
	return next >= end ? next - end : next + RECEIVE_BYTES - end;
}

static uint32_t pointerOf(const uint8_t header[HEADER])
{
	return header[0] | (uint32_t)header[1] << 8;
}

static uint32_t lengthOf(const uint8_t header[HEADER])
{
	return header[2] | (uint32_t)header[3] << 8;
}

/* Begins to read the frame at `next`. Answers 1 within the transaction, or 0, after it, when the header cannot be one. */
static int readHeader(Enc28j60 *enc, uint8_t header[HEADER])
{
	enc28j60SetRead(enc, enc->next);
	enc->readAt = UNKNOWN;
	enc28j60Begin(enc, RBM);
	spiExchange(enc->chip.spi, 0, header, HEADER);
	if (gapBefore(enc, pointerOf(header), lengthOf(header)) <= SLACK)
		return 1;
	spiDeselect(enc->chip.spi);
	return 0;
}

/* Begins to read the next frame. Answers 1, or 0 when it is lost. */
static int takeFrame(Enc28j60 *enc, uint8_t *to, uint32_t max)
{
	EthernetChip *chip = &enc->chip;
	uint8_t header[HEADER];
	if (!readHeader(enc, header) && !readHeader(enc, header)) { /* twice: it may be a disturbed transfer */
		COUNT(COUNT_BAD_LENGTHS);
		emptyReceiver(enc);
		return 0;
	}
	uint32_t next = pointerOf(header), length = lengthOf(header), gap = gapBefore(enc, next, length);
	uint32_t whole = length >= FRAME_LEAST + FCS && length <= FRAME_MOST + FCS && length <= max + FCS;
	if (!whole || !(header[4] & RECEIVED_OK)) {
		spiDeselect(chip->spi);
		COUNT(whole ? COUNT_BAD_FCS : COUNT_BAD_LENGTHS);
		release(enc, next);
		enc28j60Release(enc);
		return 0;
	}
	/* On in the same transaction; the chip wraps around by itself (§7.2.3). What lies before the next frame is read too: cheaper than ERDPT. */
	enc->follows = (uint16_t)next;
	ethernetRead(chip, to, length - FCS, 1, gap);
	enc->readAt = (uint16_t)next; /* when all has passed, unless somebody reads elsewhere meanwhile */
	return 1;
}

/* The frame that was read, also while another one is written: as receive(). */
static int taken(Enc28j60 *enc, const uint8_t *to)
{
	EthernetTransfer *read = &enc->chip.incoming;
	read->state = TRANSFER_NONE;
	if (!read->well || !read->sums.fcsGood)
		enc->readAt = UNKNOWN;
	if (enc->follows != UNKNOWN)
		release(enc, enc->follows);
	if (!read->well || read->frame != to) /* a failure of SPI is counted */
		return -1;
	if (read->sums.fcsGood && read->sums.good)
		return (int)read->length;
	COUNT(read->sums.fcsGood ? COUNT_BAD_CHECKSUMS : COUNT_BAD_FCS);
	return -1;
}

/* Whether nothing says that there are frames, or anything else: it costs no transfer. */
static int isQuiet(const Enc28j60 *enc)
{
	return enc->packets == 0 && !enc->unreleased && !enc->look && !enc->deaf && spiInterrupted(enc->chip.spi) == 0;
}

static int receive(EthernetChip *chip, uint8_t *to, uint32_t max)
{
	Enc28j60 *enc = (Enc28j60 *)chip;
	if (!ethernetIdle(chip)) {
		if (chip->incoming.state == TRANSFER_ENDED)
			return taken(enc, to);
		return chip->incoming.state == TRANSFER_NONE && isQuiet(enc) ? 0 : ethernetPutOff(&chip->outgoing, &chip->readWaits);
	}
	enc28j60Written(enc);
	enc28j60Release(enc);
	if (chip->incoming.state == TRANSFER_NONE) {
		if (enc->mode != RUNNING)
			return 0;
		if (ethernetYields(&chip->writeWaits))
			return ETHERNET_AGAIN;
		if (enc->packets == 0)
			look(enc);
		if (enc->packets == 0)
			return 0;
		if (!takeFrame(enc, to, max))
			return -1;
		if (!ethernetWaits(chip, chip->incoming.length))
			return ETHERNET_AGAIN;
		ethernetAwait(chip);
	}
	const int answer = taken(enc, to);
	enc28j60Release(enc);
	return answer;
}

static void settle(EthernetChip *chip)
{
	Enc28j60 *enc = (Enc28j60 *)chip;
	ethernetAwait(chip);
	enc28j60Written(enc);
	if (chip->incoming.state == TRANSFER_ENDED)
		taken(enc, NULL);
	enc28j60Release(enc);
	chip->taken = NULL;
}

/* Now and then */

/* Errata 6 again. What the chip has written and not counted, or counted and not written, is a frame gone wrong or a lost instruction. */
static uint32_t checkCount(Enc28j60 *enc)
{
	uint32_t count = enc28j60Read(enc, EPKTCNT);
	if (count == 0) {
		uint32_t written = enc28j60Read16(enc, ERXWRPT);
		count = enc28j60Read(enc, EPKTCNT);
		if (count == 0 && written == enc->next)
			return 0;
		if (count && count <= FRAMES_MOST)
			return count; /* one came in between */
		count = FRAMES_MOST + 1;
	}
	if (count <= FRAMES_MOST)
		return count;
	emptyReceiver(enc);
	return 0;
}

/* Frames or events that the pin should have told of. */
static void lookForMissed(Enc28j60 *enc)
{
	int events = checkCount(enc) != 0;
	uint8_t flags = enc28j60Read(enc, EIR);
	if (!(flags & EIR_ALWAYS_0) && flags & EVENTS)
		events = 1;
	int pin = spiInterrupted(enc->chip.spi);
	if (events && pin == 0) {
		COUNT(COUNT_MISSED_INTERRUPTS);
		enc->deaf = 1;
	}
	if (events || pin == 1)
		enc->look = 1;
}

/* Goes on with setting the chip up: the data path waits for none of its steps. In how many ms the next is due, which may be called up to a ms early. */
static uint32_t goOn(Enc28j60 *enc)
{
	char problem[PROBLEM_BYTES]; /* it was told when the device was opened */
	const uint32_t us = enc28j60Step(enc, problem);
	if (us)
		return us / 1000 + 2;
	if (enc->mode != RUNNING)
		return RETRY_MS;
	COUNT(COUNT_RESETS);
	return SOON_MS;
}

static uint32_t startAgain(Enc28j60 *enc, uint32_t now)
{
	enc->lostAt = now;
	enc28j60Restart(enc);
	return goOn(enc);
}

static uint32_t service(EthernetChip *chip, uint32_t now)
{
	Enc28j60 *enc = (Enc28j60 *)chip;
	if (enc->mode == OFF)
		return RETRY_MS;
	enc28j60Written(enc);
	if (enc->step)
		return goOn(enc);
	if (enc->mode == LOST) {
		uint32_t waited = now - enc->lostAt;
		return waited < RETRY_MS ? RETRY_MS - waited : startAgain(enc, now);
	}
	enc28j60Doubt(enc);
	if (!enc28j60HasSettings(enc))
		return startAgain(enc, now);
	enc28j60Release(enc);
	moveEnd(enc); /* or a disturbed transfer could leave the chip without room */
	lookForMissed(enc);
	enc28j60CheckTransmission(enc);
	if (enc->linkDue || now - enc->linkAt >= LINK_MS) {
		enc->linkDue = 0;
		enc->linkAt = now;
		if (!enc28j60HasPhySettings(enc))
			return startAgain(enc, now);
		lookAtLink(enc);
	}
	return enc->deaf || enc->stuck ? SOON_MS : enc->sending != NONE ? SENDING_MS : SERVICE_MS;
}

static void stop(EthernetChip *chip)
{
	Enc28j60 *enc = (Enc28j60 *)chip;
	enc28j60Clear(enc, EIE, INTIE);
	enc28j60Clear(enc, ECON1, RXEN | TXRTS);
	enc->mode = OFF;
	enc->step = enc->packets = 0;
	chip->link = 0;
}

const EthernetDriver enc28j60Driver = {
	.name = "enc28j60",
	.size = sizeof(Enc28j60),
	.defaultHz = 16000000,
	.mostHz = 20000000,
	.leastHz = 8000000,
	.handsUp = 1,
	.start = enc28j60Start,
	.configure = enc28j60Configure,
	.receive = receive,
	.transmit = enc28j60Transmit,
	.service = service,
	.isFull = enc28j60IsFull,
	.interrupted = enc28j60Interrupted,
	.settle = settle,
	.stop = stop,
};
