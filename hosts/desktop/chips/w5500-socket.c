// W5500: socket registers and commands (datasheet §4.2). Socket 0 opens in MACRAW mode only, the others not at all. Read w5500.h first.

#include "w5500.h"

#include <string.h>

/** From the write to Sn_CR until it reads 0. The datasheet says nothing; drivers find it 0 at their first or second look. */
#define COMMAND_TIME 2000
/** Sn_CR is 0 when the command was taken, not when it is done (p. 46): Sn_SR follows so much later. */
#define PROCESS_TIME 1000
/** A driver that has waited this long for Sn_CR may well do something else. */
#define PATIENCE 1000000
/** For so long after a change a read of Sn_RX_RSR or Sn_TX_FSR may have begun before it. */
#define TORN_TIME 2000

void w5500SocketReset(W5500 *w)
{
	for (int n = 0; n < W5500_SOCKETS; n++) {
		W5500Socket *socket = &w->sockets[n];
		memset(socket, 0, sizeof(*socket));
		memset(socket->registers + SN_DHAR, 0xff, 6);
		socket->registers[SN_TTL] = 0x80;
		socket->registers[SN_RXBUF_SIZE] = socket->registers[SN_TXBUF_SIZE] = 2;
		socket->registers[SN_IMR] = 0xff;
		socket->registers[SN_FRAG] = 0x40;
		socket->commandEnds = NEVER;
	}
	w->processedAt = NEVER;
	w5500MacrawClose(w);
	w->frameCount = 0;
	w->misled = false;
}

uint32_t w5500BufferSize(const W5500 *w, int n, int sizeRegister)
{
	uint8_t kilobytes = w->sockets[n].registers[sizeRegister];
	bool allowed = kilobytes <= 16 && (kilobytes & (kilobytes - 1)) == 0;
	return allowed ? kilobytes * 1024u : 0;
}

uint32_t w5500Place(const W5500 *w, int n, int sizeRegister, uint16_t address)
{
	uint32_t begin = 0, size = w5500BufferSize(w, n, sizeRegister);
	for (int i = 0; i < n; i++)
		begin += w5500BufferSize(w, i, sizeRegister);
	return (begin + (size ? address & (size - 1) : 0)) % W5500_MEMORY;
}

uint16_t w5500Written(const W5500Socket *socket, int address)
{
	return (uint16_t)(socket->registers[address] << 8 | socket->registers[address + 1]);
}

void w5500Changes(W5500 *w, W5500Size *size, uint16_t old)
{
	size->old = old;
	size->at = w->now;
	size->fresh = true;
}

/*
 * Note on pp. 54 and 55: the two bytes are read one after the other, and the value may change in between. It does so by itself when time
 * passes or a frame arrives between them. Besides, the first read after a change has at times the high byte of before: once for
 * each change, so that two reads that agree are right.
 */
static uint8_t readSize(W5500 *w, W5500Size *size, uint16_t value, bool low)
{
	if (low)
		return (uint8_t)value;
	bool torn = size->fresh && w->now - size->at <= TORN_TIME && chipRandom(&w->chip) & 1;
	size->fresh = false;
	return (torn ? size->old : value) >> 8;
}

static uint8_t byteOf(uint16_t value, bool low)
{
	return low ? (uint8_t)value : value >> 8;
}

uint8_t w5500SocketRead(W5500 *w, int n, uint16_t address)
{
	W5500Socket *socket = &w->sockets[n];
	bool low = address & 1;
	switch (address & ~1) {
	case SN_TX_FSR:
		return readSize(w, &socket->free, n == 0 ? w5500Free(w) : (uint16_t)w5500BufferSize(w, n, SN_TXBUF_SIZE), low);
	case SN_TX_RD:
		return byteOf(socket->txRead, low);
	case SN_TX_WR: /* what was written shows after SEND: libraries that send in pieces count on it */
		return byteOf(socket->txWrite, low);
	case SN_RX_RSR:
		return readSize(w, &socket->received, socket->rxWrite - socket->rxRead, low);
	case SN_RX_RD:
		return byteOf(socket->rxRead, low);
	case SN_RX_WR:
		return byteOf(socket->rxWrite, low);
	default:
		return address < SN_END ? socket->registers[address] : 0;
	}
}

static bool reserved(uint16_t address)
{
	return address >= SN_END || address == 0x14 || (address > SN_TTL && address < SN_RXBUF_SIZE);
}

static bool readOnly(uint16_t address)
{
	uint16_t even = address & 0xfffe;
	return address == SN_SR || even == SN_TX_FSR || even == SN_TX_RD || even == SN_RX_RSR || even == SN_RX_WR;
}

static void writeBufferSize(W5500 *w, int n, int address, uint8_t byte)
{
	W5500Socket *socket = &w->sockets[n];
	if (byte == socket->registers[address])
		return;
	if (socket->registers[SN_SR] != SOCK_CLOSED)
		w5500Complain(w, "§4.2 Sn_%cXBUF_SIZE: changed while socket %d is open", address == SN_RXBUF_SIZE ? 'R' : 'T', n);
	socket->registers[address] = byte;
	if (byte != 0 && w5500BufferSize(w, n, address) == 0)
		w5500Complain(w, "§4.2 Sn_%cXBUF_SIZE: %u, 0, 1, 2, 4, 8 or 16 expected", address == SN_RXBUF_SIZE ? 'R' : 'T', byte);
}

static bool known(uint8_t command)
{
	return command == SN_CR_OPEN || command == SN_CR_CLOSE || command == SN_CR_SEND || command == SN_CR_RECV;
}

static void command(W5500 *w, int n, uint8_t byte)
{
	W5500Socket *socket = &w->sockets[n];
	bool stuck = n == 0 && w->stuck;
	if (byte == 0)
		return;
	if (stuck && (byte == SN_CR_OPEN || byte == SN_CR_CLOSE)) {
		w->stuck = false;
	} else if (socket->registers[SN_CR] != 0) {
		if (w->now - socket->commandAt < PATIENCE)
			w5500Complain(w, "§4.2 Sn_CR: 0x%02x written while it is 0x%02x, not 0", byte, socket->registers[SN_CR]);
		return;
	}
	if (!known(byte) || (n != 0 && byte != SN_CR_OPEN && byte != SN_CR_CLOSE)) {
		w5500Complain(w, "§4.2 Sn_CR: command 0x%02x does not go with socket %d, which is %s", byte, n,
			socket->registers[SN_SR] == SOCK_MACRAW ? "MACRAW" : "closed");
		return;
	}
	w->foreign = false;
	socket->registers[SN_CR] = byte;
	socket->commandAt = w->now;
	socket->commandEnds = w->now + chipTakes(&w->chip, COMMAND_TIME);
	if (n == 0 && byte == SN_CR_SEND && socket->registers[SN_SR] == SOCK_MACRAW && chipFaultOnce(&w->chip, CHIP_TRANSMIT_STUCK)) {
		w->stuck = true;
		socket->commandEnds = NEVER;
	}
}

void w5500SocketWrite(W5500 *w, int n, uint16_t address, uint8_t byte)
{
	W5500Socket *socket = &w->sockets[n];
	if (reserved(address) || readOnly(address)) {
		if (w5500First(w))
			w5500Complain(w, "§4.2: write to 0x%04x of socket %d, which is %s", address, n, reserved(address) ? "reserved" : "read-only");
		return;
	}
	switch (address) {
	case SN_CR:
		command(w, n, byte);
		break;
	case SN_IR:
		socket->registers[SN_IR] &= (uint8_t)~byte; /* 1 clears */
		break;
	case SN_RXBUF_SIZE:
	case SN_TXBUF_SIZE:
		writeBufferSize(w, n, address, byte);
		break;
	default:
		socket->registers[address] = byte;
	}
	w5500Interrupt(w);
}

void w5500CommandEnds(W5500 *w, int n)
{
	W5500Socket *socket = &w->sockets[n];
	uint8_t done = socket->registers[SN_CR];
	socket->registers[SN_CR] = 0;
	socket->commandEnds = NEVER;
	if (n != 0) {
		if (done == SN_CR_OPEN)
			w5500Complain(w, "§4.2 Sn_MR: socket %d opened in mode %u: not modelled, it stays closed", n, socket->registers[SN_MR] & SN_MR_PROTOCOL);
		return;
	}
	if (w->processedAt != NEVER)
		w5500Processed(w); /* CHIP_BUSY has ended in between: in order all the same */
	if (done == SN_CR_SEND) {
		w5500MacrawSend(w);
	} else if (done == SN_CR_RECV) {
		w5500MacrawReceived(w);
	} else {
		w->processing = done;
		w->processedAt = w->now + chipTakes(&w->chip, PROCESS_TIME);
	}
}

static void checkBufferSizes(W5500 *w, int sizeRegister)
{
	uint32_t sum = 0;
	for (int n = 0; n < W5500_SOCKETS; n++)
		sum += w5500BufferSize(w, n, sizeRegister) / 1024;
	if (sum > 16)
		w5500Complain(w, "§4.2 Sn_%cXBUF_SIZE: %u KB in all sockets together, 16 at most; after a reset each has 2",
			sizeRegister == SN_RXBUF_SIZE ? 'R' : 'T', (unsigned)sum);
}

void w5500Processed(W5500 *w)
{
	uint8_t *registers = w->sockets[0].registers;
	uint8_t protocol = registers[SN_MR] & SN_MR_PROTOCOL;
	w->processedAt = NEVER;
	w5500MacrawClose(w);
	if (w->processing == SN_CR_CLOSE)
		return;
	if (protocol != SN_MR_MACRAW) {
		w5500Complain(w, "§4.2 Sn_MR: socket 0 opened in mode %u: only MACRAW is modelled, it stays closed", protocol);
		return;
	}
	const uint32_t *faults = w->chip.faults;
	w->excused = w->foreign || faults[CHIP_ABSENT] || faults[CHIP_BIT_ERRORS_IN] || faults[CHIP_BIT_ERRORS_OUT];
	checkBufferSizes(w, SN_RXBUF_SIZE);
	checkBufferSizes(w, SN_TXBUF_SIZE);
	w5500MacrawOpen(w);
}
