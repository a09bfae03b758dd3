// The ENC28J60: register access, reset and set-up. First enc28j60-chip.h; §6 of the datasheet is followed in its order.

#include "enc28j60-chip.h"

/* Power may have come a moment ago, and a transfer may be disturbed. */
#define STARTS 3
#define PAUSE_US 5000
/* Errata 2: CLKRDY says nothing after a reset by command: 1 ms must pass instead. */
#define RESET_US 1500
#define WAKE_US 300
#define CLOCK_US 100
#define CLOCK_LOOKS 10
#define FAILED UINT32_MAX

/* What stays as it is written here, and is looked at again and again; the MAC's values for half duplex, §6.5. */
static const struct {
	uint8_t at, value;
} settings[] = {
	/* Errata 5: the receive buffer must start at address 0. */
	{ ERXST, RECEIVE_START & 255 },
	{ ERXST + 1, RECEIVE_START >> 8 },
	{ ERXND, RECEIVE_END & 255 },
	{ ERXND + 1, RECEIVE_END >> 8 },
	{ EIE, INTIE | PKTIE | LINKIE | TXIE | TXERIE | RXERIE },
	{ MACON1, MARXEN },
	{ MACON3, PAD_TO_60 | TXCRCEN },
	{ MACON4, DEFER },
	{ MABBIPG, 0x12 },
	{ MAIPGL, 0x12 },
	{ MAIPGH, 0x0c },
	{ MAMXFL, (FRAME_MOST + FCS) & 255 },
	{ MAMXFL + 1, (FRAME_MOST + FCS) >> 8 },
	/* As after a reset: retries after a collision and its window; no backpressure, which would keep the whole cable busy (§9.1). */
	{ MACLCON1, 0x0f },
	{ MACLCON2, 0x37 },
	{ EFLOCON, 0 },
};
#define SETTINGS (sizeof(settings) / sizeof(*settings))

/* The first byte of the address is not in the first register. */
static const uint8_t addressRegisters[6] = { MAADR1, MAADR2, MAADR3, MAADR4, MAADR5, MAADR6 };

/* One instruction with up to two bytes behind it; answers the last byte that came. */
static uint8_t instruct(Enc28j60 *enc, uint8_t first, uint8_t second, uint32_t count, int isMac)
{
	uint8_t out[3], in[3];
	out[0] = first;
	out[1] = second;
	out[2] = 0;
	spiSelect(enc->chip.spi);
	spiExchange(enc->chip.spi, out, in, count);
	if (isMac)
		busWait(1); /* Select stays low for 210 ns after a MAC or MII register, table 16-6. */
	spiDeselect(enc->chip.spi);
	return in[count - 1];
}

void enc28j60Set(Enc28j60 *enc, uint8_t in, uint8_t bits)
{
	instruct(enc, (uint8_t)(BFS | ADDRESS_OF(in)), bits, 2, 0);
}

void enc28j60Clear(Enc28j60 *enc, uint8_t in, uint8_t bits)
{
	instruct(enc, (uint8_t)(BFC | ADDRESS_OF(in)), bits, 2, 0);
}

void enc28j60Doubt(Enc28j60 *enc)
{
	enc28j60Clear(enc, ECON1, BSEL);
	enc->bank = 0;
	enc->readAt = UNKNOWN;
}

/* Bit by bit, since the rest of ECON1 may have changed in the chip. */
static void selectBank(Enc28j60 *enc, uint8_t of)
{
	uint8_t bank = BANK_OF(of), has = enc->bank;
	if (ADDRESS_OF(of) >= EIE || bank == has)
		return;
	if (has & ~bank)
		enc28j60Clear(enc, ECON1, (uint8_t)(has & ~bank));
	if (bank & ~has)
		enc28j60Set(enc, ECON1, (uint8_t)(bank & ~has));
	enc->bank = bank;
}

uint8_t enc28j60Read(Enc28j60 *enc, uint8_t from)
{
	int isMac = from & MAC;
	selectBank(enc, from);
	return instruct(enc, (uint8_t)(RCR | ADDRESS_OF(from)), 0, isMac ? 3 : 2, isMac);
}

void enc28j60Write(Enc28j60 *enc, uint8_t to, uint8_t value)
{
	selectBank(enc, to);
	instruct(enc, (uint8_t)(WCR | ADDRESS_OF(to)), value, 2, to & MAC);
}

/* The high byte last: with it ERXRDPT takes effect, and MIWR is written to the PHY (§7.2.4, §3.3.2). */
void enc28j60Write16(Enc28j60 *enc, uint8_t to, uint32_t value)
{
	enc28j60Write(enc, to, (uint8_t)value);
	enc28j60Write(enc, (uint8_t)(to + 1), (uint8_t)(value >> 8));
}

void enc28j60SetRead(Enc28j60 *enc, uint32_t address)
{
	if (enc->readAt == address)
		return;
	enc28j60Write16(enc, ERDPT, address);
	enc->readAt = (uint16_t)address;
}

void enc28j60Begin(Enc28j60 *enc, uint8_t instruction)
{
	spiSelect(enc->chip.spi);
	spiExchange(enc->chip.spi, &instruction, 0, 1);
}

/* An access to the PHY takes 10.24 us, §3.3.1. */
static int phyDone(Enc28j60 *enc)
{
	for (int i = 0; i < 20; i++) {
		busWait(11);
		if (!(enc28j60Read(enc, MISTAT) & BUSY))
			return 1;
	}
	enc->chip.counters[COUNT_SPI_FAILED]++;
	return 0;
}

uint32_t enc28j60Read16(Enc28j60 *enc, uint8_t from)
{
	uint32_t low = enc28j60Read(enc, from);
	return low | (uint32_t)enc28j60Read(enc, (uint8_t)(from + 1)) << 8;
}

/*
 * §3.3: MII registers are not to be touched meanwhile. A chip that is slow beyond all bounds may still be at what was given up; or a disturbed
 * transfer has made it scan a register for ever (§3.3.3), which ends by MICMD.
 */
static int phyBusy(Enc28j60 *enc)
{
	if (!(enc28j60Read(enc, MISTAT) & BUSY))
		return 0;
	enc28j60Write(enc, MICMD, 0);
	enc->chip.counters[COUNT_SPI_FAILED]++;
	return 1;
}

int32_t enc28j60ReadPhy(Enc28j60 *enc, uint8_t from)
{
	if (phyBusy(enc))
		return -1;
	enc28j60Write(enc, MIREGADR, from);
	enc28j60Write(enc, MICMD, MIIRD);
	int done = phyDone(enc);
	enc28j60Write(enc, MICMD, 0);
	return done ? (int32_t)enc28j60Read16(enc, MIRD) : -1;
}

/* Answers whether the bits of `mask` are in the register afterwards as they are in `value`; others may be reserved. */
static int writePhy(Enc28j60 *enc, uint8_t to, uint32_t value, uint32_t mask)
{
	if (phyBusy(enc))
		return 0;
	enc28j60Write(enc, MIREGADR, to);
	enc28j60Write16(enc, MIWR, value);
	if (!phyDone(enc))
		return 0;
	int32_t is = enc28j60ReadPhy(enc, to);
	return is >= 0 && ((uint32_t)is & mask) == (value & mask);
}

/* `text` with its question marks replaced by the hexadecimal digits of `read`, four at most, and behind "expected" by those of `expected`. */
static int report(char problem[PROBLEM_BYTES], const char *text, uint32_t read, uint32_t expected)
{
	uint32_t at = 0, values[2] = { read, expected }, value = 0;
	for (; text[at] && at < PROBLEM_BYTES - 1; at++) {
		problem[at] = text[at];
		if (text[at] != '?')
			continue;
		uint32_t digit = 0;
		while (text[at + digit + 1] == '?')
			digit++;
		problem[at] = "0123456789abcdef"[values[value & 1] >> digit * 4 & 15];
		value += digit == 0;
	}
	problem[at] = 0;
	return 0;
}

static int identify(Enc28j60 *enc, char problem[PROBLEM_BYTES])
{
	const uint8_t revision = enc28j60Read(enc, EREVID);
	return (revision >= 0x02 && revision <= 0x06) ||
		report(problem, "EREVID reads 0x??, expected 0x02 to 0x06: check power, select, MISO and hz", revision, 0);
}

int enc28j60EmptyReceiver(Enc28j60 *enc)
{
	enc28j60Doubt(enc);
	/* §11.4: what is being received is given up, and RXEN is cleared. */
	enc28j60Set(enc, ECON1, RXRST);
	enc28j60Clear(enc, ECON1, RXEN);
	enc28j60Clear(enc, ECON1, RXRST);
	enc28j60Write16(enc, ERXST, RECEIVE_START); /* and the chip's write pointer with it */
	enc28j60Write16(enc, ERXND, RECEIVE_END);
	/* Errata 14: ERXRDPT must be odd: not the start, as §6.1 has it, but the byte before. */
	enc28j60Write16(enc, ERXRDPT, RECEIVE_END);
	enc->next = RECEIVE_START;
	enc->follows = UNKNOWN;
	enc->packets = enc->unreleased = 0;
	for (int round = 0; round < 3; round++) {
		uint32_t count = enc28j60Read(enc, EPKTCNT);
		if (count == 0)
			return 1;
		while (count--)
			enc28j60Set(enc, ECON2, PKTDEC);
	}
	return 0;
}

static uint8_t filterOf(const EthernetChip *chip)
{
	if (chip->accept & ACCEPT_ALL)
		return CRCEN; /* no other filter: every frame that is whole, figure 8-2 */
	return UCEN | CRCEN | BCEN | (chip->accept & ACCEPT_MULTICAST ? MCEN : 0);
}

static void writeAddress(Enc28j60 *enc)
{
	enc28j60Write(enc, ERXFCON, filterOf(&enc->chip));
	for (uint32_t i = 0; i < 6; i++)
		enc28j60Write(enc, addressRegisters[i], enc->chip.mac[i]);
}

static int checkAddress(Enc28j60 *enc, char problem[PROBLEM_BYTES])
{
	for (uint32_t i = 0; i < 6; i++) {
		uint8_t is = enc28j60Read(enc, addressRegisters[i]), expected = enc->chip.mac[i];
		/* Errata 1: below revision B5 MAC registers want an SPI clock of 8 MHz at least. */
		if (is != expected)
			return report(problem, "MAC address register reads 0x??, expected 0x??: check wiring and hz (8000000 to 20000000)", is, expected);
	}
	return 1;
}

/* §6.6. The chip cannot negotiate, so its peer takes it for half duplex. */
static int setUpPhy(Enc28j60 *enc, char problem[PROBLEM_BYTES])
{
	int32_t identity = enc28j60ReadPhy(enc, PHID1);
	if (identity != PHID1_VALUE)
		return report(problem, "PHID1 reads 0x????, expected 0x????: check crystal and wiring", (uint32_t)identity,
			PHID1_VALUE);
	/* Errata 16: the duplex mode that the chip takes from the LED's wiring may be wrong. */
	int done = writePhy(enc, PHCON1, 0, PDPXMD);
	done &= writePhy(enc, PHCON2, HDLDIS, HDLDIS); /* or it would receive what it sends */
	done &= writePhy(enc, PHLCON, LEDS, 0);
	done &= writePhy(enc, PHIE, PLNKIE | PGEIE, PLNKIE | PGEIE);
	done &= enc28j60ReadPhy(enc, PHIR) >= 0; /* which clears LINKIF */
	return done || report(problem, "PHY registers do not keep what is written: check wiring, power and crystal", 0, 0);
}

static int setUp(Enc28j60 *enc, char problem[PROBLEM_BYTES])
{
	if (!enc28j60EmptyReceiver(enc))
		return report(problem, "EPKTCNT does not reach 0: check wiring and power", 0, 0);
	for (uint32_t i = 0; i < SETTINGS; i++)
		enc28j60Write(enc, settings[i].at, settings[i].value);
	writeAddress(enc);
	if (!checkAddress(enc, problem) || !setUpPhy(enc, problem))
		return 0;
	enc28j60Clear(enc, EIR, TXIF | TXERIF | RXERIF);
	enc28j60Set(enc, ECON1, RXEN);
	return enc28j60HasSettings(enc) || report(problem, "registers do not keep what is written: check wiring, power and crystal", 0, 0);
}

void enc28j60Restart(Enc28j60 *enc)
{
	EthernetChip *chip = &enc->chip;
	chip->counters[COUNT_TRANSMIT_FAILED] += (enc->lengths[0] ? 1u : 0) + (enc->lengths[1] ? 1u : 0); /* what was still to be sent */
	enc->lengths[0] = enc->lengths[1] = 0;
	enc->sending = NONE;
	enc->mode = LOST;
	enc->look = enc->linkDue = 1;
	enc->deaf = enc->stuck = 0;
	chip->link = chip->present = 0;
	enc->starts = STARTS;
	enc->step = RESETTING;
}

/* What a step makes of the next one, which it names: microseconds until then; 0 when the chip is set up, FAILED when it cannot be. */
static uint32_t advance(Enc28j60 *enc, char problem[PROBLEM_BYTES])
{
	switch (enc->step++) {
	case RESETTING:
		spiReset(enc->chip.spi, 1);
		busWait(10); /* 400 ns at least, table 16-4 */
		spiReset(enc->chip.spi, 0);
		return RESET_US;
	case WAKING:
		/* Errata 19: a chip that saves power does not hear the reset command. It takes 300 us to wake (§14). */
		enc28j60Clear(enc, ECON2, PWRSV);
		return WAKE_US;
	case COMMANDED:
		instruct(enc, SRC, 0, 1, 0);
		enc->looks = CLOCK_LOOKS;
		return RESET_US;
	default:
		break;
	}
	/* §2.2: CLKRDY before anything of MAC or PHY. After power-on this can be trusted. */
	enc28j60Doubt(enc);
	if (!identify(enc, problem))
		return FAILED;
	uint8_t status = enc28j60Read(enc, ESTAT);
	if (status & CLKRDY)
		return setUp(enc, problem) ? 0 : FAILED;
	if (--enc->looks == 0) {
		report(problem, "ESTAT reads 0x??, expected bit 0 set (CLKRDY): check the 25 MHz crystal", status, 0);
		return FAILED;
	}
	enc->step = ANSWERING;
	return CLOCK_US;
}

uint32_t enc28j60Step(Enc28j60 *enc, char problem[PROBLEM_BYTES])
{
	const uint32_t us = advance(enc, problem);
	if (us && us != FAILED)
		return us;
	enc->step = RESETTING;
	if (us && --enc->starts)
		return PAUSE_US;
	enc->step = 0;
	if (!us) {
		enc->mode = RUNNING;
		enc->chip.present = 1;
	}
	return 0;
}

int enc28j60Start(EthernetChip *chip, char problem[PROBLEM_BYTES])
{
	Enc28j60 *enc = (Enc28j60 *)chip;
	enc28j60Restart(enc);
	for (uint32_t us; (us = enc28j60Step(enc, problem));)
		busWait(us);
	return chip->present;
}

/* A register that reads wrong is read again: it may be a disturbed transfer. */
static int keeps(Enc28j60 *enc, uint8_t at, uint8_t value, uint8_t mask)
{
	for (int i = 0; i < 3; i++)
		if ((enc28j60Read(enc, at) & mask) == value)
			return 1;
	return 0;
}

int enc28j60HasSettings(Enc28j60 *enc)
{
	if (!keeps(enc, ECON1, RXEN, TXRST | RXRST | RXEN) || !keeps(enc, ECON2, AUTOINC, AUTOINC | PWRSV) ||
		!keeps(enc, ERXFCON, filterOf(&enc->chip), 255))
		return 0;
	for (uint32_t i = 0; i < SETTINGS; i++)
		if (!keeps(enc, settings[i].at, settings[i].value, 255))
			return 0;
	for (uint32_t i = 0; i < 6; i++)
		if (!keeps(enc, addressRegisters[i], enc->chip.mac[i], 255))
			return 0;
	return 1;
}

/* What is not read in time is no sign of a loss. */
static int phyKeeps(Enc28j60 *enc, uint8_t at, uint32_t value, uint32_t mask)
{
	for (int i = 0; i < 3; i++) {
		int32_t is = enc28j60ReadPhy(enc, at);
		if (is < 0 || ((uint32_t)is & mask) == value)
			return 1;
	}
	return 0;
}

int enc28j60HasPhySettings(Enc28j60 *enc)
{
	return phyKeeps(enc, PHCON1, 0, PRST | PLOOPBK | PPWRSV | PDPXMD) && phyKeeps(enc, PHCON2, HDLDIS, FRCLNK | TXDIS | HDLDIS);
}

/* Reception is off while filters and address change, §7.2.1. */
void enc28j60Configure(EthernetChip *chip)
{
	Enc28j60 *enc = (Enc28j60 *)chip;
	if (enc->mode != RUNNING)
		return; /* start() will */
	enc28j60Clear(enc, ECON1, RXEN);
	for (int i = 0; i < 80 && enc28j60Read(enc, ESTAT) & RXBUSY; i++) /* a frame takes 1.2 ms */
		busWait(18);
	writeAddress(enc);
	enc28j60Set(enc, ECON1, RXEN);
}
