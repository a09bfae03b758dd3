// W5500: an Ethernet chip on SPI with buffers of 16 + 16 KB, in the mode that hands whole frames on (MACRAW). README.md says what the
// model has and leaves out. Here: SPI frames (datasheet §2), time and reset. Read w5500.h first.

#include "w5500.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Control byte (§2.2.2): block, write, length of the data phase. */
#define BLOCK(CONTROL) ((CONTROL) >> 3)
#define WRITE 0x04
#define MODE 0x03 /* OM: 0 as long as it is selected, otherwise FIXED[OM] bytes */
static const uint8_t FIXED[] = { 0, 1, 2, 4 };

/* Low two bits of the block: 0 is the common registers, or reserved. */
enum { REGISTERS = 1, TX_BUFFER, RX_BUFFER };

/** §5.5.1: RSTn is low for 500 µs at least, and the PLL has locked 1 ms later at most. */
#define RESET_PULSE 500000
#define PLL_LOCK 1000000

void w5500Complain(W5500 *w, const char *format, ...)
{
	char text[200];
	if (w->excused)
		return;
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	chipComplain(&w->chip, "W5500 %s", text);
}

bool w5500First(W5500 *w)
{
	bool first = !w->complained;
	w->complained = true;
	return first;
}

/* While a fault is on the bus, the chip and its driver may come to think differently. */
static void watchFaults(W5500 *w)
{
	const uint32_t *faults = w->chip.faults;
	if (faults[CHIP_ABSENT] || faults[CHIP_BIT_ERRORS_IN] || faults[CHIP_BIT_ERRORS_OUT])
		w->excused = true;
	if (faults[CHIP_ABSENT])
		w->phase = PHASE_IDLE;
}

static uint8_t readData(W5500 *w)
{
	int block = BLOCK(w->control), n = block >> 2;
	if (w->now < w->readyAt && !w->softReset)
		return 0;
	switch (block & 3) {
	case REGISTERS:
		return w5500SocketRead(w, n, w->address);
	case TX_BUFFER:
		return w->tx[w5500Place(w, n, SN_TXBUF_SIZE, w->address)];
	case RX_BUFFER:
		if (n == 0)
			w5500CheckRead(w, w->address);
		return w->rx[w5500Place(w, n, SN_RXBUF_SIZE, w->address)];
	default:
		return n == 0 ? w5500CommonRead(w, w->address) : 0;
	}
}

static void writeData(W5500 *w, uint8_t byte)
{
	int block = BLOCK(w->control), n = block >> 2;
	if (w->now < w->readyAt) {
		if (w5500First(w))
			w5500Complain(w, "§5.5.1, §4.1 MR: written to during a reset, which the chip does not hear");
		return;
	}
	switch (block & 3) {
	case REGISTERS:
		w5500SocketWrite(w, n, w->address, byte);
		break;
	case TX_BUFFER:
		if (n == 0)
			w5500CheckWrite(w, w->address);
		if (w5500BufferSize(w, n, SN_TXBUF_SIZE))
			w->tx[w5500Place(w, n, SN_TXBUF_SIZE, w->address)] = byte;
		break;
	case RX_BUFFER:
		if (w5500BufferSize(w, n, SN_RXBUF_SIZE))
			w->rx[w5500Place(w, n, SN_RXBUF_SIZE, w->address)] = byte;
		break;
	default:
		if (n == 0)
			w5500CommonWrite(w, w->address, byte);
	}
}

/* One byte of the data phase. The address counts on, through 64 K (§2.2). */
static uint8_t data(W5500 *w, uint8_t out)
{
	uint8_t in = 0;
	if (w->control & WRITE)
		writeData(w, out);
	else
		in = readData(w);
	w->address++;
	w->count++;
	uint8_t fixed = FIXED[w->control & MODE];
	/* §2.4: a frame of fixed length is over by itself, and while the chip stays selected the next one begins. */
	if (fixed && w->count == fixed)
		w->phase = PHASE_ADDRESS_HIGH;
	return in;
}

static void control(W5500 *w, uint8_t byte)
{
	w->control = byte;
	w->count = 0;
	w->complained = false;
	w->phase = PHASE_DATA;
	int block = BLOCK(byte);
	if ((block & 3) == 0 && block != 0)
		w5500Complain(w, "§2.2.2: block 0x%02x is reserved, and may make the chip malfunction", block);
}

static uint8_t exchange(Chip *chip, uint8_t out)
{
	W5500 *w = (W5500 *)chip;
	w->now = chip->now;
	watchFaults(w);
	/* Before the data phase the chip is known to answer 1, 2, 3. */
	switch (w->phase) {
	case PHASE_ADDRESS_HIGH:
		w->address = (uint16_t)(out << 8);
		w->phase = PHASE_ADDRESS_LOW;
		return 1;
	case PHASE_ADDRESS_LOW:
		w->address |= out;
		w->phase = PHASE_CONTROL;
		return 2;
	case PHASE_CONTROL:
		control(w, out);
		return 3;
	case PHASE_DATA:
		return data(w, out);
	default:
		return 0xff;
	}
}

static void overwrite(Chip *chip, uint8_t block, uint16_t address, uint8_t value)
{
	W5500 *w = (W5500 *)chip;
	w->now = chip->now;
	w->excused = true;
	w->control = (uint8_t)(block << 3 | WRITE);
	w->address = address;
	writeData(w, value);
	w->excused = w->foreign = true; /* a reset ended that, and an OPEN would */
}

static void checkEnd(W5500 *w)
{
	uint8_t fixed = FIXED[w->control & MODE];
	if (w->phase == PHASE_ADDRESS_LOW || w->phase == PHASE_CONTROL)
		w5500Complain(w, "§2.2: SCSn went high before the control byte");
	else if (w->phase == PHASE_DATA && fixed)
		w5500Complain(w, "§2.4: SCSn went high after %u of %u data bytes", (unsigned)w->count, fixed);
	else if (w->phase == PHASE_DATA && w->count == 0)
		w5500Complain(w, "§2.2: SCSn went high before the first data byte");
}

static void selected(Chip *chip, bool low)
{
	W5500 *w = (W5500 *)chip;
	w->now = chip->now;
	watchFaults(w);
	if (!low)
		checkEnd(w);
	w->phase = low ? PHASE_ADDRESS_HIGH : PHASE_IDLE;
}

void w5500Clear(W5500 *w)
{
	chipInterrupt(&w->chip, false);
	w->causes = 0;
	w->quietUntil = 0;
	w->assertAt = NEVER;
	w5500CommonReset(w);
	w5500SocketReset(w);
}

/* Power on, or the reset pin let go. */
static void start(W5500 *w)
{
	w->now = w->chip.now;
	w->readyAt = w->versionAt = w->now + PLL_LOCK;
	w->softReset = false;
	w->phase = w->chip.selected ? PHASE_ADDRESS_HIGH : PHASE_IDLE;
	w5500Clear(w);
	w5500PhyStart(w);
}

static void init(Chip *chip)
{
	start((W5500 *)chip);
}

static void reset(Chip *chip)
{
	W5500 *w = (W5500 *)chip;
	/* A brown-out is not the driver's doing, and it may not know of it for a while. */
	w->excused = chip->faults[CHIP_RESETS] != 0;
	/* The model was last told the time when the pin went low. */
	if (chip->now - w->now < RESET_PULSE)
		w5500Complain(w, "§5.5.1: RSTn was low for %u us at most, 500 at least are needed", (unsigned)((chip->now - w->now) / 1000));
	start(w);
}

/* What happens by itself next: the moment, and in *what the one of them that it is. */
enum { PROCESSED, SENT, PHY, ASSERT, COMMAND /* + n */ };

static uint64_t earliest(const W5500 *w, int *what)
{
	const uint64_t moments[] = { w->processedAt, w->sentAt, w->phyAt, w->assertAt };
	uint64_t moment = NEVER;
	for (int i = 0; i < COMMAND + W5500_SOCKETS; i++) {
		uint64_t candidate = i < COMMAND ? moments[i] : w->sockets[i - COMMAND].commandEnds;
		if (candidate < moment) {
			moment = candidate;
			*what = i;
		}
	}
	return moment;
}

static void happens(W5500 *w, int what)
{
	switch (what) {
	case PROCESSED:
		w5500Processed(w);
		break;
	case SENT:
		w5500MacrawSent(w);
		break;
	case PHY:
		w5500PhyUp(w);
		break;
	case ASSERT:
		w->assertAt = NEVER;
		w5500Interrupt(w);
		break;
	default:
		w5500CommandEnds(w, what - COMMAND);
	}
}

static void passTime(Chip *chip, uint64_t ns)
{
	W5500 *w = (W5500 *)chip;
	int what = 0;
	uint64_t moment;
	watchFaults(w);
	while ((moment = earliest(w, &what)) <= ns) {
		w->now = moment;
		happens(w, what);
	}
	w->now = ns;
}

static uint64_t next(const Chip *chip)
{
	int what;
	return earliest((const W5500 *)chip, &what);
}

static void linkChanged(Chip *chip, bool up)
{
	W5500 *w = (W5500 *)chip;
	(void)up; /* chip->linkUp is the same */
	w->now = chip->now;
	w5500PhyStart(w);
}

static bool room(const Chip *chip, uint32_t length)
{
	return w5500MacrawRoom((const W5500 *)chip, length);
}

static void receive(Chip *chip, const uint8_t *frame, uint32_t length)
{
	W5500 *w = (W5500 *)chip;
	w->now = chip->now;
	w5500MacrawArrives(w, frame, length);
}

const ChipModel w5500Model = {
	.name = "w5500",
	.size = sizeof(W5500),
	.init = init,
	.select = selected,
	.exchange = exchange,
	.reset = reset,
	.overwrite = overwrite,
	.time = passTime,
	.next = next,
	.link = linkChanged,
	.room = room,
	.receive = receive,
};
