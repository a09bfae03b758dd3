// W5500: socket 0 in MACRAW mode: frames in and out (datasheet §4.2 Sn_MR and the pointers Sn_TX_FSR to Sn_RX_WR). Read w5500.h first.

#include "w5500.h"

#include <string.h>

/** A received frame is preceded by its length, these two bytes included. */
#define LENGTH_BYTES 2
/** On the wire beside the frame: preamble 8, FCS 4, gap 12 (IEEE 802.3 §4.4.2). */
#define WIRE_BYTES 24
#define WIRE_LEAST 60
/** What a transmission takes when frames take no time. */
#define SEND_TIME 1000
/** A DMA engine that moves words reads so many bytes too many. */
#define OVERREAD 3

void w5500MacrawOpen(W5500 *w)
{
	W5500Socket *socket = &w->sockets[0];
	socket->txRead = socket->txWrite = socket->rxRead = socket->rxWrite = 0;
	memset(socket->registers + SN_TX_WR, 0, 2);
	memset(socket->registers + SN_RX_RD, 0, 2);
	socket->free.fresh = socket->received.fresh = false;
	w->frameCount = 0;
	w->misled = false;
	socket->registers[SN_SR] = SOCK_MACRAW;
}

void w5500MacrawClose(W5500 *w)
{
	w->sending = w->stuck = false;
	w->sentAt = NEVER;
	w->sockets[0].registers[SN_SR] = SOCK_CLOSED;
}

uint16_t w5500Free(const W5500 *w)
{
	const W5500Socket *socket = &w->sockets[0];
	uint32_t size = w5500BufferSize(w, 0, SN_TXBUF_SIZE);
	uint16_t used = socket->txWrite - socket->txRead;
	return used < size ? (uint16_t)(size - used) : 0;
}

static void leave(W5500 *w)
{
	uint32_t rate = w5500Rate(w);
	uint32_t length = w->sendLength < WIRE_LEAST ? WIRE_LEAST : w->sendLength;
	if (!w->phyUp) /* ESP-IDF issue 6233: a SEND without a link does not end */
		w->sentAt = NEVER;
	else if (rate == 0 || w->sendLength == 0)
		w->sentAt = w->now + chipTakes(&w->chip, SEND_TIME);
	else
		w->sentAt = w->now + (length + WIRE_BYTES) * 8000000000ull / rate;
}

void w5500MacrawSend(W5500 *w)
{
	W5500Socket *socket = &w->sockets[0];
	uint16_t write = w5500Written(socket, SN_TX_WR);
	uint16_t length = write - socket->txRead;
	if (socket->registers[SN_SR] != SOCK_MACRAW) {
		w5500Complain(w, "§4.2 Sn_CR: SEND while the socket is not open (Sn_SR)");
		return;
	}
	w5500Changes(w, &socket->free, w5500Free(w));
	socket->txWrite = write;
	if (w->sending) { /* what happens then nobody says; here the second frame is lost */
		w5500Complain(w, "§4.2 Sn_CR: SEND before SENDOK of the one before");
		return;
	}
	w->sending = true;
	w->sendLength = length;
	if (length > w5500BufferSize(w, 0, SN_TXBUF_SIZE))
		w5500Complain(w, "§4.2 Sn_TX_FSR: SEND with Sn_TX_WR %u bytes after Sn_TX_RD, which is more than the buffer has", length);
	else if (length > W5500_FRAME_MOST)
		w5500Complain(w, "§4.2 Sn_MSSR: SEND of %u bytes, 1514 at most", length);
	else if (length == 0)
		w5500Complain(w, "§4.2 Sn_TX_WR: SEND of nothing");
	if (length > W5500_FRAME_MOST || length > w5500BufferSize(w, 0, SN_TXBUF_SIZE))
		w->sendLength = 0;
	leave(w);
}

void w5500MacrawResume(W5500 *w)
{
	if (w->sending && w->sentAt == NEVER)
		leave(w);
}

void w5500MacrawSent(W5500 *w)
{
	W5500Socket *socket = &w->sockets[0];
	uint8_t frame[W5500_FRAME_MOST];
	uint16_t length = w->sendLength;
	w->sentAt = NEVER;
	if (!w->phyUp) /* the link went meanwhile */
		return;
	for (uint16_t i = 0; i < length; i++)
		frame[i] = w->tx[w5500Place(w, 0, SN_TXBUF_SIZE, socket->txRead + i)];
	w5500Changes(w, &socket->free, w5500Free(w));
	socket->txRead = socket->txWrite;
	w->sending = false;
	socket->registers[SN_IR] |= SN_IR_SENDOK;
	w5500Interrupt(w);
	if (length)
		chipTransmit(&w->chip, frame, length);
}

/* The filter bits (§4.2 Sn_MR). MFEN lets pass what is for this address, for all, and for groups; the others block what they name. */
static bool accepts(const W5500 *w, const uint8_t *frame)
{
	static const uint8_t broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	uint8_t mode = w->sockets[0].registers[SN_MR];
	bool ipv6 = frame[12] == 0x86 && frame[13] == 0xdd;
	if (ipv6 && mode & SN_MR_MIP6B)
		return false;
	if (memcmp(frame, broadcast, 6) == 0)
		return !(mode & SN_MR_BCASTB);
	if (frame[0] & 1)
		return !(mode & SN_MR_MMB);
	return !(mode & SN_MR_MFEN) || memcmp(frame, w->common + SHAR, 6) == 0;
}

static bool hears(const W5500 *w)
{
	return w->sockets[0].registers[SN_SR] == SOCK_MACRAW && w->phyUp;
}

static bool fits(const W5500 *w, uint32_t length)
{
	uint16_t received = w->sockets[0].rxWrite - w->sockets[0].rxRead;
	return received + length + LENGTH_BYTES <= w5500BufferSize(w, 0, SN_RXBUF_SIZE);
}

bool w5500MacrawRoom(const W5500 *w, uint32_t length)
{
	/* What is longer is not received; whoever asks for so much wants to know of any frame. */
	return !hears(w) || fits(w, length < W5500_FRAME_MOST ? length : W5500_FRAME_MOST);
}

static uint16_t wrongLength(W5500 *w, uint16_t right)
{
	uint16_t received = w->sockets[0].rxWrite - w->sockets[0].rxRead;
	uint32_t random = chipRandom(&w->chip);
	const uint16_t wrong[] = { 0, 1, 0xffff, (uint16_t)(received + right + 1 + random % 1500), (uint16_t)(random >> 8) };
	uint16_t chosen = wrong[chipRandom(&w->chip) % 5];
	return chosen == right ? 0 : chosen;
}

static void remember(W5500 *w, uint16_t end, bool bad)
{
	if (w->frameCount == W5500_FRAMES) {
		w->firstFrame++;
		w->frameCount--;
	}
	w->frames[(w->firstFrame + w->frameCount++) % W5500_FRAMES] = (W5500Frame){ end, bad };
}

void w5500MacrawArrives(W5500 *w, const uint8_t *frame, uint32_t length)
{
	W5500Socket *socket = &w->sockets[0];
	if (!hears(w))
		return;
	if (length > W5500_FRAME_MOST || !accepts(w, frame)) {
		w->chip.counts.filtered++;
		return;
	}
	if (!fits(w, length)) {
		w->chip.counts.overflowed++;
		return;
	}
	uint16_t right = (uint16_t)(length + LENGTH_BYTES), told = right;
	if (chipFaultOnce(&w->chip, CHIP_BAD_LENGTH))
		told = wrongLength(w, right);
	w5500Changes(w, &socket->received, socket->rxWrite - socket->rxRead);
	for (uint16_t i = 0; i < right; i++) {
		uint8_t byte = i == 0 ? told >> 8 : i == 1 ? (uint8_t)told : frame[i - LENGTH_BYTES];
		w->rx[w5500Place(w, 0, SN_RXBUF_SIZE, socket->rxWrite + i)] = byte;
	}
	socket->rxWrite += right;
	remember(w, socket->rxWrite, told != right);
	w->chip.counts.received++;
	socket->registers[SN_IR] |= SN_IR_RECV;
	w5500Interrupt(w);
}

/*
 * Sn_RX_RD goes on by what was read, which may be a part of a frame: WIZnet's library releases the length first. But who goes past the end
 * of a frame and stops within another will take what stands there for a length.
 */
static void release(W5500 *w, uint16_t by)
{
	uint16_t read = w->sockets[0].rxRead;
	bool passed = false, atEnd = false, excused = w->misled;
	while (w->frameCount) {
		W5500Frame first = w->frames[w->firstFrame % W5500_FRAMES];
		uint16_t distance = first.end - read;
		excused = excused || first.bad;
		if (distance > by)
			break;
		passed = true;
		atEnd = distance == by;
		w->firstFrame++;
		w->frameCount--;
	}
	if (passed && !atEnd && !excused)
		w5500Complain(w, "§4.2 Sn_RX_RD: RECV passes the end of a frame and stops within the next, %u bytes on", by);
	/* After a wrong length the driver cannot know better, until it stands between two frames again. */
	w->misled = !atEnd && (passed || excused);
}

void w5500MacrawReceived(W5500 *w)
{
	W5500Socket *socket = &w->sockets[0];
	uint16_t received = socket->rxWrite - socket->rxRead;
	uint16_t by = w5500Written(socket, SN_RX_RD) - socket->rxRead;
	if (socket->registers[SN_SR] != SOCK_MACRAW) {
		w5500Complain(w, "§4.2 Sn_CR: RECV while the socket is not open (Sn_SR)");
		return;
	}
	if (by == 0)
		return;
	if (by > received) {
		w5500Complain(w, "§4.2 Sn_RX_RD: RECV with Sn_RX_RD %u bytes on, of which %u were received", by, received);
		w->frameCount = 0;
		w->misled = true;
	} else {
		release(w, by);
	}
	w5500Changes(w, &socket->received, received);
	socket->rxRead += by;
	if (socket->rxRead == socket->rxWrite) {
		w->frameCount = 0;
		w->misled = false;
	}
}

void w5500CheckRead(W5500 *w, uint16_t address)
{
	const W5500Socket *socket = &w->sockets[0];
	uint32_t size = w5500BufferSize(w, 0, SN_RXBUF_SIZE);
	uint16_t received = socket->rxWrite - socket->rxRead;
	uint16_t offset = size ? (address - socket->rxRead) & (size - 1) : 0;
	if (offset >= received + OVERREAD && w5500First(w))
		w5500Complain(w, "§4.2 Sn_RX_RSR: RX buffer read at 0x%04x, where nothing was received: %u bytes from 0x%04x", address, received,
			socket->rxRead);
}

void w5500CheckWrite(W5500 *w, uint16_t address)
{
	const W5500Socket *socket = &w->sockets[0];
	uint32_t size = w5500BufferSize(w, 0, SN_TXBUF_SIZE);
	uint16_t offset = size ? (address - socket->txRead) & (size - 1) : 0;
	if (w->sending && offset < w->sendLength && w5500First(w))
		w5500Complain(w, "§4.2 Sn_TX_FSR: TX buffer written at 0x%04x, which is being sent", address);
}
