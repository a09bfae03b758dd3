// The W5500's registers, reset and settings. Read w5500-chip.h first; w5500.c moves the frames.

#include "w5500-chip.h"

#include <stdio.h>
#include <string.h>

/*
 * INTLEVEL: after it was let go, the pin stays high for (INTLEVEL + 1) * 4 / 150 MHz at least (§4.1). With 0 it could be high for too short a
 * time to make an edge when the next frame is there already. 2 µs is plenty for the edge detectors of RP2040 and ESP32, and less than the
 * driver takes to read the frames that were there.
 */
#define INTLEVEL_2_US 74

/* Reads of a 16-bit register until two agree, of a register until it changes. */
#define AGREE_TRIES 40
#define TRIES 200
#define TRIES_AT_ONCE 8 /* then with WAIT_US between them: 2 ms in all */
#define WAIT_US 10
#define LOCK_US 1100 /* after a reset, 1 ms until the PLL has locked, §5.5.1 */
/* Between looks at VERSIONR, and how long it is looked at, ms: when the chip may have been powered just now; after MR.RST. */
#define LOOK_US 1000
#define PATIENCE_MS 100
#define AGAIN_MS 5

/* Up to 8 bytes. The buffers are aligned and have room for whole words: a DMA engine may write such (ESP32). */
void w5500Read(W5500 *w, uint32_t block, uint32_t address, uint8_t *to, uint32_t count)
{
	_Alignas(4) uint8_t out[12] = { 0, (uint8_t)address, (uint8_t)block };
	_Alignas(4) uint8_t in[12];
	spiSelect(w->chip.spi);
	spiExchange(w->chip.spi, out, in, SPI_HEADER + count);
	spiDeselect(w->chip.spi);
	memcpy(to, in + SPI_HEADER, count);
}

/* Registers lie below 256, memory anywhere. */
void w5500Write(W5500 *w, uint32_t block, uint32_t address, const uint8_t *from, uint32_t count)
{
	_Alignas(4) uint8_t out[12] = { (uint8_t)(address >> 8), (uint8_t)address, (uint8_t)(block | WRITE_BIT) };
	memcpy(out + SPI_HEADER, from, count);
	spiSelect(w->chip.spi);
	spiExchange(w->chip.spi, out, NULL, SPI_HEADER + count);
	spiDeselect(w->chip.spi);
}

uint8_t w5500Read8(W5500 *w, uint32_t block, uint32_t address)
{
	uint8_t value;
	w5500Read(w, block, address, &value, 1);
	return value;
}

void w5500Write8(W5500 *w, uint32_t block, uint32_t address, uint32_t value)
{
	uint8_t byte = (uint8_t)value;
	w5500Write(w, block, address, &byte, 1);
}

uint16_t w5500Read16(W5500 *w, uint32_t address)
{
	uint8_t bytes[2];
	w5500Read(w, BLOCK_SOCKET(0), address, bytes, 2);
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

void w5500Write16(W5500 *w, uint32_t block, uint32_t address, uint32_t value)
{
	uint8_t bytes[2] = { (uint8_t)(value >> 8), (uint8_t)value };
	w5500Write(w, block, address, bytes, 2);
}

/* §4.2, Sn_RX_RSR: the chip changes its 16-bit registers at any time, also between the two bytes: read until two reads agree. */
int w5500Settled16(W5500 *w, uint32_t address, uint16_t *value)
{
	uint16_t last = w5500Read16(w, address);
	for (int i = 0; i < AGREE_TRIES; i++) {
		*value = w5500Read16(w, address);
		if (*value == last)
			return 1;
		last = *value;
	}
	w->chip.counters[COUNT_SPI_FAILED]++;
	return 0;
}

static int await8(W5500 *w, uint32_t address, uint8_t expected, int looks)
{
	for (int i = 0, seen = 0; i < TRIES; i++) {
		seen = w5500Read8(w, BLOCK_SOCKET(0), address) == expected ? seen + 1 : 0;
		if (seen == looks)
			return 1;
		if (i >= TRIES_AT_ONCE)
			busWait(WAIT_US);
	}
	w->chip.counters[COUNT_SPI_FAILED]++;
	return 0;
}

/* Seen twice: a disturbed look that took an open socket for a closed one would end in pointers that the chip does not have. */
static int awaitStatus(W5500 *w, uint8_t expected)
{
	return await8(w, SN_SR, expected, 2);
}

/* §4.2, Sn_CR: 0 once the command was taken. It is waited for before what depends on it instead of at once: by then it is. */
int w5500Taken(W5500 *w)
{
	if (w->ordered && !await8(w, SN_CR, 0, 1))
		return 0;
	w->ordered = 0;
	return 1;
}

int w5500Command(W5500 *w, uint32_t value)
{
	if (!w5500Taken(w))
		return 0;
	w5500Write8(w, BLOCK_SOCKET(0), SN_CR, value);
	w->ordered = 1;
	return 1;
}

static uint8_t modeOf(const W5500 *w)
{
	if (w->chip.accept & ACCEPT_ALL)
		return SN_MR_MACRAW;
	/* MMB and MIP6B drop IPv6 multicast, and neighbour discovery with it. */
	if (w->chip.accept & ACCEPT_MULTICAST)
		return SN_MR_MFEN | SN_MR_MACRAW;
	return SN_MR_MFEN | SN_MR_MMB | SN_MR_MIP6B | SN_MR_MACRAW;
}

/* The chip filters too, but lets some multicast through (README.md), and what it received before the filter changed. */
int w5500Wanted(const EthernetChip *chip, const uint8_t *frame)
{
	static const uint8_t broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	if (chip->accept & ACCEPT_ALL)
		return 1;
	if (frame[0] & 1)
		return (chip->accept & ACCEPT_MULTICAST) || memcmp(frame, broadcast, 6) == 0;
	return memcmp(frame, chip->mac, 6) == 0;
}

/* What lay in the chip is lost. */
static void forget(W5500 *w)
{
	w->chip.counters[COUNT_TRANSMIT_FAILED] += w->queued;
	w->first = w->queued = w->sending = 0;
	w->remaining = w->takes = w->unreleased = 0;
	w->pending = w->suspect = w->open = 0;
}

/* The chip makes no sense: service() looks for it. */
void w5500Gone(W5500 *w)
{
	forget(w);
	w->chip.link = w->chip.present = 0;
}

static int complain(char *problem, const char *what, uint32_t read, uint32_t expected, const char *remedy)
{
	if (problem)
		snprintf(problem, PROBLEM_BYTES, "%s reads 0x%02x, expected 0x%02x: %s", what, (unsigned)read, (unsigned)expected, remedy);
	return 0;
}

/* Writes every setting and opens the socket. After a reset, or CLOSE. */
static int setUp(W5500 *w, char *problem)
{
	static const char remedy[] = "check wiring, or lower the SPI clock";
	uint8_t sizes[2] = { 0, 0 }, mac[6];
	forget(w);
	for (uint32_t n = 1; n < SOCKETS; n++)
		w5500Write(w, BLOCK_SOCKET(n), SN_RXBUF_SIZE, sizes, 2);
	sizes[0] = sizes[1] = BUFFER_KB;
	w5500Write(w, BLOCK_SOCKET(0), SN_RXBUF_SIZE, sizes, 2);
	w5500Write(w, BLOCK_COMMON, SHAR, w->chip.mac, 6);
	w5500Read(w, BLOCK_COMMON, SHAR, mac, 6);
	for (int i = 0; i < 6; i++)
		if (mac[i] != w->chip.mac[i])
			return complain(problem, "MAC address register", mac[i], w->chip.mac[i], remedy);
	w5500Write16(w, BLOCK_COMMON, INTLEVEL, INTLEVEL_2_US);
	/* Only RECV interrupts. Sn_IR shows SENDOK all the same; its interrupt is asked for when something waits for it: order(). */
	w->mask = SN_IR_RECV;
	w5500Write8(w, BLOCK_SOCKET(0), SN_IMR, w->mask);
	w5500Write8(w, BLOCK_SOCKET(0), SN_IR, 0xff);
	w5500Write8(w, BLOCK_SOCKET(0), SN_MR, modeOf(w));
	if (!w5500Command(w, SN_CR_OPEN) || !awaitStatus(w, SOCK_MACRAW))
		return complain(problem, "socket status", w5500Read8(w, BLOCK_SOCKET(0), SN_SR), SOCK_MACRAW, remedy);
	/* OPEN initialises the pointers (§4.2), not necessarily to 0. */
	if (!w5500Taken(w) || !w5500Settled16(w, SN_RX_RD, &w->rxRead) || !w5500Settled16(w, SN_TX_RD, &w->txDone))
		return complain(problem, "command register", w5500Read8(w, BLOCK_SOCKET(0), SN_CR), 0, remedy);
	w->txFill = w->txDone;
	w5500Write8(w, BLOCK_COMMON, SIMR, 1); /* socket 0 */
	w->pending = 1;
	w->open = 1;
	return 1;
}

/* Also what a socket that stopped working is mended with. */
int w5500Reopen(W5500 *w)
{
	w5500Taken(w);
	w->ordered = 0; /* or it is never taken, and CLOSE is the remedy */
	w5500Command(w, SN_CR_CLOSE);
	if (awaitStatus(w, SOCK_CLOSED) && setUp(w, NULL))
		return 1;
	w5500Gone(w);
	return 0;
}

void w5500LookAtLink(W5500 *w)
{
	uint8_t link = w5500Read8(w, BLOCK_COMMON, PHYCFGR) & PHYCFGR_LNK;
	/* Twice, before the whole stack is told. */
	if (link != w->chip.link && (w5500Read8(w, BLOCK_COMMON, PHYCFGR) & PHYCFGR_LNK) == link)
		w->chip.link = link;
}

static int phyKept(W5500 *w)
{
	return (w5500Read8(w, BLOCK_COMMON, PHYCFGR) & (PHYCFGR_RST | PHYCFGR_OPMD)) == PHYCFGR_RST;
}

/* §4.1, PHYCFGR: the PHY takes its mode over when RST goes from 0 to 1. */
static void mendPhy(W5500 *w)
{
	w5500Write8(w, BLOCK_COMMON, PHYCFGR, PHYCFGR_ALL);
	w5500Write8(w, BLOCK_COMMON, PHYCFGR, PHYCFGR_RST | PHYCFGR_ALL);
}

void w5500Begin(W5500 *w, int patienceMs)
{
	w5500Gone(w);
	w->ordered = w->badInRow = w->distrust = 0;
	w->patience = (uint8_t)patienceMs;
	w->step = RESETTING;
	spiReset(w->chip.spi, 1);
}

uint32_t w5500Step(W5500 *w, char *problem)
{
	uint8_t version, step = w->step;
	if (step == RESETTING) {
		spiReset(w->chip.spi, 0);
		w->step = ANSWERING;
		return LOCK_US;
	}
	/* VERSIONR may read 0 just after reset. */
	version = w5500Read8(w, BLOCK_COMMON, VERSIONR);
	if (version != VERSION && w->patience > 0) {
		w->patience--;
		return LOOK_US;
	}
	w->step = 0;
	if (version != VERSION)
		complain(problem, "version register", version, VERSION, "check wiring and power");
	else if (step == ANSWERING) {
		/* There may be no reset pin. */
		w5500Write8(w, BLOCK_COMMON, MR, MR_RST);
		w->patience = AGAIN_MS;
		w->step = COMMANDED;
		return LOCK_US;
	} else {
		/* The datasheet does not say whether MR.RST, which may be all there was, is one for the PHY too. */
		if (!phyKept(w))
			mendPhy(w);
		if (setUp(w, problem)) {
			w->chip.present = 1;
			w5500LookAtLink(w);
		}
	}
	return 0;
}

int w5500SettingsKept(W5500 *w)
{
	uint8_t bytes[6];
	w5500Read(w, BLOCK_COMMON, SHAR, bytes, 6);
	if (memcmp(bytes, w->chip.mac, 6) != 0)
		return 0;
	w5500Read(w, BLOCK_COMMON, INTLEVEL, bytes, 6); /* to SIMR; between them IR, IMR and SIR */
	if (bytes[0] != 0 || bytes[1] != INTLEVEL_2_US || bytes[IMR - INTLEVEL] != 0 || bytes[SIMR - INTLEVEL] != 1)
		return 0;
	w5500Read(w, BLOCK_SOCKET(0), SN_RXBUF_SIZE, bytes, 2);
	if (bytes[0] != BUFFER_KB || bytes[1] != BUFFER_KB)
		return 0;
	w5500Read(w, BLOCK_SOCKET(0), SN_MR, bytes, 4);
	if (bytes[0] != modeOf(w) || bytes[3] != SOCK_MACRAW)
		return 0;
	return w5500Read8(w, BLOCK_SOCKET(0), SN_IMR) == w->mask && phyKept(w);
}

int w5500Start(EthernetChip *chip, char problem[PROBLEM_BYTES])
{
	W5500 *w = (W5500 *)chip;
	w->stopped = 0;
	w5500Begin(w, PATIENCE_MS);
	for (uint32_t us = RESET_US; us; us = w5500Step(w, problem))
		busWait(us);
	return w->chip.present;
}

void w5500Configure(EthernetChip *chip)
{
	W5500 *w = (W5500 *)chip;
	if (!w->open)
		return;
	/* A frame that has left, and nobody has looked since, is not among the lost. */
	if (w->sending && (w5500Read8(w, BLOCK_SOCKET(0), SN_IR) & SN_IR_SENDOK)) {
		w->sending = 0;
		w->queued--;
	}
	w5500Reopen(w); /* Sn_MR is taken over by OPEN */
}

void w5500Stop(EthernetChip *chip)
{
	W5500 *w = (W5500 *)chip;
	w5500Write8(w, BLOCK_COMMON, SIMR, 0);
	w5500Command(w, SN_CR_CLOSE);
	w5500Gone(w);
	w->step = 0;
	w->stopped = 1;
}
