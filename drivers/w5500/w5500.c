// Driver of the W5500 as a plain Ethernet controller: socket 0 in MACRAW mode, the chip's own TCP/IP unused. Read README.md first (wiring, known
// behaviours, counters), then w5500-chip.h. Sections (§) are the datasheet's, version 1.1.0.
//
// Receiving: `remaining` bytes of frames are known to lie at `rxRead` of the chip's memory, each behind its length. Sending: up to QUEUE frames
// lie in the chip's memory, the first of them on the wire while `sending`; SEND takes one at a time.

#include "w5500.h"
#include "w5500-chip.h"

#include <stddef.h>

/*
 * In MACRAW mode a frame lies behind its length: 2 bytes, which count themselves. The FCS is not stored. Padding is, and frames shorter than
 * FRAME_LEAST are not passed on (ESP-IDF's driver: "tested on target").
 */
#define PREFIX 2u
#define HEADER 14u
/* A tagged frame has 4 bytes more. */
#define TAGGED_MOST (FRAME_MOST + 4u)
/* Sn_RX_RD is written after so many bytes at the latest, or when nothing is left: 9 bytes of SPI and a command less per frame of a burst. */
#define RELEASE_BYTES 4096u
/* Frames for others that one call of receive() skips. AGAIN: there may be another. */
#define SKIPPED_MOST 32
#define SKIPPED -3
/* A frame is on its way. */
#define BEGUN -4

/* A full frame takes 1.2 ms at 10 Mbit/s, and may wait for others in half duplex. */
#define SEND_US 50000u

/* After it was cleared, the interrupt pin may be high for 2 µs though there is a cause: INTLEVEL in w5500-setup.c. */
#define PIN_US 5
/* Looks at the settings before the chip is set up again: one alone may be a disturbance on SPI. */
#define CHECK_TRIES 3

/* For VERSIONR of a chip that is looked for again, ms. */
#define RETRY_PATIENCE_MS 5
/* Between calls of service, ms: usually; while frames wait to be sent; while the interrupt pin cannot be trusted; while the chip is gone. */
#define SERVICE_MS 100u
#define QUEUE_MS 5u
#define POLLING_MS 2u
#define RETRY_MS 1000u
/* Between looks at the link and at the chip's settings, ms. */
#define CHECK_MS 500u

/* Events and sending. */

/* Clears those of Sn_IR that are in `which` and answers them. What they tell of a transmission is noted. */
static uint8_t events(W5500 *w, uint8_t which)
{
	uint8_t registers[3]; /* Sn_CR, Sn_IR, Sn_SR */
	w5500Read(w, BLOCK_SOCKET(0), SN_CR, registers, 3);
	w->suspect = registers[2] != SOCK_MACRAW;
	if (w->suspect) /* nothing else that it says counts: service() sees to it */
		return 0;
	if (registers[0] == 0)
		w->ordered = 0;
	uint8_t found = registers[1] & which;
	if (found)
		w5500Write8(w, BLOCK_SOCKET(0), SN_IR, found);
	if (w->sending && (found & (SN_IR_SENDOK | SN_IR_TIMEOUT))) {
		if (!(found & SN_IR_SENDOK))
			w->chip.counters[COUNT_TRANSMIT_FAILED]++;
		w->sending = 0;
		w->txDone = w->ends[w->first];
		w->first = (w->first + 1u) % QUEUE;
		w->queued--;
	}
	return found;
}

/* Orders the next transmission when the last one has ended, and asks for an interrupt at the end of it when more wait. */
static void order(W5500 *w)
{
	if (w->suspect)
		return;
	if (w->queued && !w->sending) {
		w5500Write16(w, BLOCK_SOCKET(0), SN_TX_WR, w->ends[w->first]);
		w5500Command(w, SN_CR_SEND); /* one that was not taken never ends, which service() finds */
		w->sending = 1;
		w->sendSince = busMicroseconds();
	}
	uint8_t mask = w->queued > 1 ? SN_IR_RECV | SN_IR_SENDOK | SN_IR_TIMEOUT : SN_IR_RECV;
	if (mask != w->mask) {
		w->mask = mask;
		w5500Write8(w, BLOCK_SOCKET(0), SN_IMR, mask);
	}
}

static void progress(W5500 *w)
{
	if (w->sending)
		events(w, SN_IR_SENDOK | SN_IR_TIMEOUT);
	order(w);
}

/* A command is never taken, or a transmission never ends: only CLOSE and OPEN help. */
static void jammed(W5500 *w)
{
	if (w->sending) {
		w->chip.counters[COUNT_TRANSMIT_TIMEOUTS]++;
		w->queued--;
	}
	if (w5500Reopen(w))
		w5500LookAtLink(w);
}

/* Without a link a transmission may never end (README.md), and the chip takes no other. */
static void unstick(W5500 *w)
{
	if (!w->sending || busMicroseconds() - w->sendSince < SEND_US)
		return;
	progress(w); /* perhaps it ended long ago, and nobody looked */
	if (w->sending && busMicroseconds() - w->sendSince >= SEND_US)
		jammed(w);
}

/* What was written lies in the chip behind the frames that wait there, and goes out when they have gone. */
static void written(W5500 *w)
{
	EthernetTransfer *write = &w->chip.outgoing;
	if (write->state != TRANSFER_ENDED)
		return;
	write->state = TRANSFER_NONE;
	w->chip.taken = write->frame;
	if (!write->well) /* counted */
		return;
	if (write->sums.checksumAt)
		w5500Write16(w, BLOCK_TX, (uint16_t)(w->txFill + write->sums.checksumAt), write->sums.checksum);
	events(w, SN_IR_SENDOK | SN_IR_TIMEOUT);
	if (w->suspect) { /* and may not have heard the frame */
		w->chip.counters[COUNT_TRANSMIT_FAILED]++;
		return;
	}
	w->txFill = (uint16_t)(w->txFill + write->length);
	w->ends[(w->first + w->queued++) % QUEUE] = w->txFill;
	order(w);
}

static int transmit(EthernetChip *chip, uint8_t *frame, uint32_t length)
{
	W5500 *w = (W5500 *)chip;
	if (!ethernetIdle(chip))
		return ethernetPutOff(&chip->incoming, &chip->writeWaits);
	written(w);
	if (ethernetWasTaken(chip, frame))
		return 1;
	if (ethernetYields(&chip->readWaits))
		return ETHERNET_AGAIN;
	unstick(w);
	if (!w->open || !chip->link || length < HEADER || length > FRAME_MOST) {
		chip->counters[COUNT_TRANSMIT_FAILED]++;
		return 1;
	}
	if (w->queued == QUEUE) {
		progress(w);
		if (w->queued == QUEUE)
			return 0;
	}
	uint8_t header[SPI_HEADER] = { (uint8_t)(w->txFill >> 8), (uint8_t)w->txFill, BLOCK_TX | WRITE_BIT };
	spiSelect(chip->spi);
	spiExchange(chip->spi, header, NULL, SPI_HEADER);
	ethernetWrite(chip, frame, length);
	if (!ethernetWaits(chip, length))
		return ETHERNET_AGAIN;
	ethernetAwait(chip);
	written(w);
	return ethernetWasTaken(chip, frame);
}

/* Receiving. */

/* Tells the chip that what lies before rxRead can be overwritten. */
static void release(W5500 *w)
{
	w->released = w->unreleased;
	w->unreleased = 0;
	/* A command that is still being taken would see the new Sn_RX_RD. */
	if (!w5500Taken(w)) {
		jammed(w);
		return;
	}
	w5500Write16(w, BLOCK_SOCKET(0), SN_RX_RD, w->rxRead);
	w5500Command(w, SN_CR_RECV);
}

static void advance(W5500 *w, uint32_t bytes)
{
	w->rxRead = (uint16_t)(w->rxRead + bytes);
	w->remaining = (uint16_t)(w->remaining - bytes);
	w->unreleased = (uint16_t)(w->unreleased + bytes);
	if (w->remaining == 0 || w->unreleased >= RELEASE_BYTES)
		release(w);
}

/* An impossible length or size: gives up what is in the receive memory, and begins where the next frame will be written. */
static void resynchronise(W5500 *w)
{
	uint16_t end, read, size;
	w->chip.counters[COUNT_BAD_LENGTHS]++;
	w->chip.counters[COUNT_RECEIVE_RESETS]++;
	w->remaining = w->takes = 0;
	w->pending = 1;
	if (w->badInRow < 255)
		w->badInRow++;
	if (w->badInRow <= 2 && w5500Taken(w) && w5500Settled16(w, SN_RX_WR, &end)) {
		w->rxRead = end;
		release(w);
		if (w5500Taken(w) && w5500Settled16(w, SN_RX_RD, &read) && read == end && w5500Settled16(w, SN_RX_RSR, &size) && size < BUFFER_BYTES)
			return;
	}
	w5500Reopen(w);
}

/* How many bytes of frames there are, into `remaining`. `told`: Sn_IR says that there are some. */
static int count(W5500 *w, int told)
{
	uint16_t size;
	if (!w->open)
		return 0;
	w->pending = 1; /* until it is known better */
	if (!w5500Taken(w)) { /* Sn_RX_RSR is right after RECV only */
		jammed(w);
		return 0;
	}
	if (told || w5500Read16(w, SN_RX_RSR) != 0) {
		if (!w5500Settled16(w, SN_RX_RSR, &size))
			return 0;
		if (size > BUFFER_BYTES || (size > 0 && size < PREFIX + FRAME_LEAST)) {
			resynchronise(w);
			return 0;
		}
		/* The chip does not tell that it dropped frames. That it had no room for a full one before the last release is the nearest to it. */
		if (size + w->released > BUFFER_BYTES - PREFIX - FRAME_MOST)
			w->chip.counters[COUNT_OVERRUNS]++;
		w->remaining = size;
	}
	w->pending = 0;
	w->released = 0;
	return w->remaining != 0;
}

/* Compares the pin with what it should tell of. Twice, because things happen between the looks. */
static void watchInterrupts(W5500 *w)
{
	uint8_t registers[4]; /* from Sn_MR on */
	int pin = 0;
	if (!w5500Taken(w))
		return;
	for (int look = 0; look < 2; look++) {
		pin = spiInterrupted(w->chip.spi);
		w5500Read(w, BLOCK_SOCKET(0), SN_MR, registers, 4);
		w->suspect = registers[SN_SR] != SOCK_MACRAW;
		/* What receive() knows of already tells nothing. */
		if (pin < 0 || w->distrust || w->pending || w->remaining)
			return;
		int waiting = (registers[SN_IR] & w->mask) != 0;
		if (pin ? waiting : !waiting && w5500Read16(w, SN_RX_RSR) == 0)
			return;
		busWait(PIN_US);
	}
	w->distrust = pin ? STUCK : MISSED;
	w->chip.counters[pin ? COUNT_STUCK_INTERRUPTS : COUNT_MISSED_INTERRUPTS]++;
}

/* Whether there are frames, asking the chip only if the pin, or the lack of one, says so. */
static int attend(W5500 *w)
{
	int pin = spiInterrupted(w->chip.spi);
	uint8_t found = 0;
	if (pin == 0 && w->distrust == STUCK)
		w->distrust = TRUSTED;
	if (pin == 0 && !w->pending && !w->distrust)
		return 0;
	if (pin >= 0 || w->queued) {
		/* RECV is cleared before Sn_RX_RSR is read: a frame that comes in between asserts the pin again, at worst for nothing. */
		found = events(w, SN_IR_RECV | SN_IR_SENDOK | SN_IR_TIMEOUT);
		if (w->suspect) {
			w->pending = 1;
			return 0;
		}
		order(w);
	}
	if (pin > 0 && (found & SN_IR_RECV) && w->distrust == MISSED)
		w->distrust = TRUSTED;
	if (pin > 0 && !(found & SN_IR_RECV) && !w->pending && !w->distrust) {
		if (!found)
			watchInterrupts(w); /* the pin is low for nothing */
		if (!w->distrust)
			return 0;
	}
	return count(w, found & SN_IR_RECV);
}

/*
 * The length at rxRead cannot be. If it is only more than is known to be there, Sn_RX_RSR may have been read half changed: two reads that agree
 * make that unlikely, not impossible.
 */
static int impossible(W5500 *w, uint32_t bytes)
{
	if (bytes >= PREFIX + FRAME_LEAST && bytes <= PREFIX + TAGGED_MOST) {
		release(w);
		w->remaining = 0;
		if (count(w, 1) && bytes <= w->remaining)
			return SKIPPED;
		if (!w->open || w->pending) /* count() has done all that can be done */
			return 0;
	}
	resynchronise(w);
	return w->badInRow > 1 ? 0 : -1; /* whatever the chip answers, this ends */
}

/* Begins to read the frame at rxRead, of which there is one: BEGUN, SKIPPED, or as receive(). */
static int take(W5500 *w, uint8_t *to, uint32_t max)
{
	_Alignas(4) uint8_t out[8] = { (uint8_t)(w->rxRead >> 8), (uint8_t)w->rxRead, BLOCK_RX };
	_Alignas(4) uint8_t in[8];
	spiSelect(w->chip.spi);
	spiExchange(w->chip.spi, out, in, SPI_HEADER + PREFIX);
	uint32_t bytes = (uint32_t)(in[3] << 8 | in[4]), length = bytes - PREFIX;
	int possible = bytes >= PREFIX + FRAME_LEAST && bytes <= PREFIX + TAGGED_MOST && bytes <= w->remaining;
	if (possible && length <= max) {
		w->takes = (uint16_t)bytes;
		ethernetRead(&w->chip, to, length, 0, 0);
		return BEGUN;
	}
	spiDeselect(w->chip.spi);
	if (!possible)
		return impossible(w, bytes);
	w->chip.counters[COUNT_BAD_LENGTHS]++;
	advance(w, bytes);
	return -1;
}

/* The frame that was read: SKIPPED, or as receive(). */
static int taken(W5500 *w, const uint8_t *to)
{
	EthernetTransfer *read = &w->chip.incoming;
	read->state = TRANSFER_NONE;
	if (w->takes)
		advance(w, w->takes); /* also when the frame is lost */
	if (!read->well || read->frame != to)
		return -1; /* a failure of SPI is counted */
	if (!w5500Wanted(&w->chip, to))
		return SKIPPED;
	if (!read->sums.good) {
		w->chip.counters[COUNT_BAD_CHECKSUMS]++;
		return -1;
	}
	w->badInRow = 0;
	return (int)read->length;
}

/* Whether nothing says that there are frames: it costs no transfer. */
static int isQuiet(W5500 *w)
{
	return w->remaining == 0 && !w->pending && !w->distrust && spiInterrupted(w->chip.spi) == 0;
}

static int receive(EthernetChip *chip, uint8_t *to, uint32_t max)
{
	W5500 *w = (W5500 *)chip;
	for (int i = 0; i < SKIPPED_MOST; i++) {
		if (!ethernetIdle(chip))
			return chip->incoming.state == TRANSFER_NONE && isQuiet(w) ? 0 : ethernetPutOff(&chip->outgoing, &chip->readWaits);
		written(w);
		if (chip->incoming.state == TRANSFER_NONE) {
			if (ethernetYields(&chip->writeWaits))
				return ETHERNET_AGAIN;
			if (!w->open || (w->remaining == 0 && !attend(w)))
				return 0;
			int begun = take(w, to, max);
			if (begun == SKIPPED)
				continue;
			if (begun != BEGUN)
				return begun;
			if (!ethernetWaits(chip, chip->incoming.length))
				return ETHERNET_AGAIN;
			ethernetAwait(chip);
		}
		int length = taken(w, to);
		if (length != SKIPPED)
			return length;
	}
	return -1; /* asks to be called again */
}

/* A frame that was written is among those that wait in the chip, which are lost. */
static void configure(EthernetChip *chip)
{
	written((W5500 *)chip);
	w5500Configure(chip);
}

static void settle(EthernetChip *chip)
{
	W5500 *w = (W5500 *)chip;
	ethernetAwait(chip);
	written(w);
	if (chip->incoming.state == TRANSFER_ENDED)
		taken(w, NULL);
	chip->taken = NULL;
}

/* Now and then. */

/* A pointer that the chip has otherwise than the driver, after a disturbance on SPI, would spoil every frame from then on. */
static void checkPointers(W5500 *w)
{
	uint16_t at;
	if (w->remaining == 0 && w5500Taken(w) && w5500Settled16(w, SN_RX_RD, &at) && at != w->rxRead)
		resynchronise(w);
	if (w->open && !w->queued && w5500Settled16(w, SN_TX_RD, &at) && at != w->txDone && w5500Reopen(w))
		w->chip.counters[COUNT_RESETS]++;
}

/* Begins to set the chip up again when it is not as it should be. */
static void check(W5500 *w)
{
	w->suspect = 0;
	for (int i = 0; w->open && i < CHECK_TRIES; i++) {
		if (w5500SettingsKept(w)) {
			w5500LookAtLink(w);
			checkPointers(w);
			return;
		}
	}
	w5500Begin(w, RETRY_PATIENCE_MS);
}

/* Goes on with that: the data path waits for none of its steps. In how many ms the next is due, which may be called up to a ms early. */
static uint32_t goOn(W5500 *w)
{
	const uint32_t us = w5500Step(w, NULL);
	if (us)
		return us / 1000 + 2;
	if (!w->open)
		return RETRY_MS;
	w->chip.counters[COUNT_RESETS]++;
	return POLLING_MS;
}

static uint32_t service(EthernetChip *chip, uint32_t now)
{
	W5500 *w = (W5500 *)chip;
	if (w->stopped)
		return RETRY_MS;
	written(w);
	if (w->step)
		return goOn(w);
	if (!w->serviced) {
		w->serviced = 1;
		w->checked = now - RETRY_MS;
	}
	uint32_t since = now - w->checked;
	if (!w->open && since < RETRY_MS)
		return RETRY_MS - since;
	if (w->open) {
		unstick(w);
		progress(w);
		watchInterrupts(w);
	}
	if (!w->open || w->suspect || !chip->link || since >= CHECK_MS) {
		w->checked = now;
		check(w);
	}
	if (w->step)
		return RESET_US / 1000 + 2;
	if (!w->open)
		return RETRY_MS;
	return w->distrust ? POLLING_MS : w->queued > 1 ? QUEUE_MS : SERVICE_MS;
}

const EthernetDriver w5500Driver = {
	.name = "w5500",
	.size = sizeof(W5500),
	.defaultHz = 33000000, /* §5.5.4: 33.3 MHz is what was tested, 80 MHz the design's; wires decide in between */
	.mostHz = 80000000,
	.leastHz = 100000,
	.mode = 3, /* §2: modes 0 and 3 are alike to the chip */
	.start = w5500Start,
	.configure = configure,
	.receive = receive,
	.transmit = transmit,
	.service = service,
	.settle = settle,
	.stop = w5500Stop,
};
