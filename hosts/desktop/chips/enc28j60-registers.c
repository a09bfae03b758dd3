// The registers of the ENC28J60: their table, reading, writing, and what a driver may do wrong with them. Read enc28j60.h first.
// Sections, tables and registers are those of the datasheet DS39662, errata those of DS80349C.

#include "enc28j60.h"

#define REVISION_B7 0x06

/* How a register is made. The default is one that is not implemented: it reads 0, and writes are ignored (3.1). */
enum { NONE, WRITABLE, READ_ONLY, RESERVED };
/* Table 3-2: value on reset, bits that are implemented. */
static const struct {
	uint8_t kind, reset, bits;
} table[128] = {
#define BYTE(INDEX, RESET, BITS) [INDEX] = { WRITABLE, RESET, BITS }
#define POINTER(INDEX, RESET) BYTE(INDEX, (RESET) & 255, 0xff), BYTE(INDEX + 1, (RESET) >> 8, 0x1f)
#define FIXED(INDEX, RESET) [INDEX] = { READ_ONLY, RESET, 0xff }
#define KEPT(INDEX) [INDEX] = { RESERVED, 0, 0 }
	POINTER(ERDPT, 0x05fa), POINTER(EWRPT, 0), POINTER(ETXST, 0), POINTER(ETXND, 0), POINTER(ERXST, 0x05fa), POINTER(ERXND, 0x1fff),
	POINTER(ERXRDPT, 0x05fa), FIXED(ERXWRPT, 0), FIXED(ERXWRPT + 1, 0), POINTER(EDMAST, 0), POINTER(EDMAND, 0), POINTER(EDMADST, 0),
	BYTE(EDMACS, 0, 0xff), BYTE(EDMACS + 1, 0, 0xff), KEPT(RESERVED_1A),
	BYTE(EIE, 0, 0xff), BYTE(EIR, 0, 0x2b), BYTE(ESTAT, 0, 0x52), BYTE(ECON2, 0x80, 0xf8), BYTE(ECON1, 0, 0xff),
	[EHT0 ... EHT0 + 7] = { WRITABLE, 0, 0xff }, [EPMM0 ... EPMM0 + 7] = { WRITABLE, 0, 0xff },
	BYTE(EPMCS, 0, 0xff), BYTE(EPMCS + 1, 0, 0xff), POINTER(EPMO, 0), KEPT(0x36), KEPT(0x37), BYTE(ERXFCON, 0xa1, 0xff), FIXED(EPKTCNT, 0),
	BYTE(MACON1, 0, 0x1f), KEPT(0x41), BYTE(MACON3, 0, 0xff), BYTE(MACON4, 0, 0x70), BYTE(MABBIPG, 0, 0x7f),
	BYTE(MAIPGL, 0, 0x7f), BYTE(MAIPGH, 0, 0x7f), BYTE(MACLCON1, 0x0f, 0x0f), BYTE(MACLCON2, 0x37, 0x3f),
	BYTE(MAMXFL, 0x00, 0xff), BYTE(MAMXFL + 1, 0x06, 0xff), KEPT(0x4c), KEPT(0x4d), KEPT(0x4e), KEPT(0x50), KEPT(0x51),
	BYTE(MICMD, 0, 0x03), BYTE(MIREGADR, 0, 0x1f), KEPT(0x55), BYTE(MIWR, 0, 0xff), BYTE(MIWR + 1, 0, 0xff), FIXED(MIRD, 0), FIXED(MIRD + 1, 0),
	BYTE(MAADR5, 0, 0xff), BYTE(MAADR6, 0, 0xff), BYTE(MAADR3, 0, 0xff), BYTE(MAADR4, 0, 0xff), BYTE(MAADR1, 0, 0xff), BYTE(MAADR2, 0, 0xff),
	BYTE(EBSTSD, 0, 0xff), BYTE(EBSTCON, 0, 0xff), FIXED(EBSTCS, 0), FIXED(EBSTCS + 1, 0), FIXED(MISTAT, 0), FIXED(EREVID, REVISION_B7),
	BYTE(ECOCON, 0x04, 0x07), KEPT(0x76), BYTE(EFLOCON, 0, 0x03), BYTE(EPAUS, 0x00, 0xff), BYTE(EPAUS + 1, 0x10, 0xff),
};

bool encIsMac(uint8_t index)
{
	return (index >= MACON1 && index <= MIRD + 1) || (index >= MAADR5 && index <= MAADR2) || index == MISTAT;
}

static uint8_t flags(const Enc *enc)
{
	uint8_t eir = enc->registers[EIR];
	if (enc->registers[EPKTCNT])
		eir |= PKTIF;
	return encLinkInterrupt(enc) ? eir | LINKIF : eir;
}

static uint8_t enabledFlags(const Enc *enc)
{
	return flags(enc) & enc->registers[EIE] & 0x7b;
}

void encShowInterrupt(Enc *enc)
{
	chipInterrupt(&enc->chip, (enc->registers[EIE] & EIE_INTIE) && enabledFlags(enc));
}

bool encAwake(const Enc *enc)
{
	return enc->clockReady && !(enc->registers[ECON2] & PWRSV);
}

/* 2.2, 14.0: MAC, MII and PHY must be left alone meanwhile, and nothing sent or received. */
static bool refuses(Enc *enc, const char *what)
{
	if (encAwake(enc))
		return false;
	if (enc->clockReady)
		encComplain(enc, "enc28j60: %s in power save mode (14.0)", what);
	else
		encComplain(enc, "enc28j60: %s before ESTAT.CLKRDY is set (2.2)", what);
	return true;
}

void encInitRegisters(Enc *enc)
{
	for (int i = 0; i < 128; i++)
		enc->registers[i] = table[i].reset;
	if (enc->chip.options.revision)
		enc->registers[EREVID] = enc->chip.options.revision;
	enc->phase = SPI_OVER;
	enc->erxrdptLow = 0xfa;
	enc->transmitAt = enc->dmaAt = enc->miiAt = NEVER;
	enc->pausedUntil = 0;
	enc->collides = enc->failed = enc->stalled = enc->lied = enc->dmaWaits = false;
	encPhyReset(enc);
}

uint8_t encReadRegister(Enc *enc, uint8_t index)
{
	if ((index & 0x1f) == RESERVED_1A)
		encComplain(enc, "enc28j60: register 1Ah is read, which is reserved (3.1)");
	if (encIsMac(index) && refuses(enc, "a MAC or MII register is read"))
		return 0;
	switch (index) {
	case EIR:
		/* Erratum 6: PKTIF does not reliably tell that a frame is there. The pin does. */
		return (chipRandom(&enc->chip) & 1) ? flags(enc) : flags(enc) & (uint8_t)~PKTIF;
	case ESTAT:
		return enc->registers[ESTAT] | (enabledFlags(enc) ? ESTAT_INT : 0) | (encAwake(enc) ? CLKRDY : 0);
	case EFLOCON:
		return enc->registers[EFLOCON] | (enc->registers[MACON3] & FULDPX ? 0x04 : 0);
	case MISTAT:
	case MIRD:
	case MIRD + 1:
		return encMiiRead(enc, index);
	default:
		return enc->registers[index];
	}
}

/* RXEN is being set: what has to be in order by then. */
static void checkReceiver(Enc *enc)
{
	uint16_t start = encPair(enc, ERXST), readAt = encPair(enc, ERXRDPT);
	if (start != 0)
		encComplain(enc, "enc28j60: reception with ERXST 0x%04x: the receive buffer must start at 0 (erratum 5)", start);
	if (!encInRing(enc, readAt))
		encComplain(enc, "enc28j60: reception with ERXRDPT 0x%04x outside the receive buffer 0x%04x to 0x%04x (3.2.1)", readAt, start,
			encPair(enc, ERXND));
	else if (!(readAt & 1))
		encComplain(enc, "enc28j60: reception with ERXRDPT 0x%04x, which must be odd (erratum 14)", readAt);
	if (encFullDuplexPhy(enc) != ((enc->registers[MACON3] & FULDPX) != 0))
		encComplain(enc, "enc28j60: MACON3.FULDPX and PHCON1.PDPXMD do not match (6.6)");
}

static void writeEcon1(Enc *enc, uint8_t value)
{
	uint8_t old = enc->registers[ECON1], rising = value & ~old, falling = old & ~value;
	if ((rising & (TXRTS | RXEN)) && refuses(enc, "ECON1.TXRTS or RXEN is set"))
		value &= (uint8_t)~(rising & (TXRTS | RXEN));
	if ((rising & TXRTS) && (value & TXRST)) {
		encComplain(enc, "enc28j60: ECON1.TXRTS is set while TXRST is (11.3)");
		value &= (uint8_t)~TXRTS;
	}
	/* 11.3, 11.4: the resets clear what they end, and hold it. */
	if (value & TXRST)
		value &= (uint8_t)~TXRTS;
	if (value & RXRST)
		value &= (uint8_t)~RXEN;
	if ((old & value & DMAST) && ((old ^ value) & CSUMEN))
		encComplain(enc, "enc28j60: ECON1.CSUMEN is changed during a DMA operation (13.0)");
	if ((rising & RXEN) && (value & RXEN))
		checkReceiver(enc);
	enc->registers[ECON1] = value;
	if ((old & TXRTS) && !(value & TXRTS))
		encTransmitCancel(enc, (value & TXRST) != 0);
	if (falling & TXRST) {
		/* Erratum 12: this cures the stall, and may set TXERIF. */
		enc->stalled = false;
		if (chipRandom(&enc->chip) & 1)
			enc->registers[EIR] |= TXERIF;
	}
	if (falling & DMAST) { /* 12.1.6: cancelled */
		enc->dmaAt = NEVER;
		enc->dmaWaits = false;
		enc->registers[EIR] |= DMAIF;
	}
	if (rising & DMAST)
		encDmaStart(enc);
	if (rising & value & TXRTS)
		encTransmitStart(enc);
}

static void writeEcon2(Enc *enc, uint8_t value)
{
	uint8_t old = enc->registers[ECON2];
	if (value & ECON2_RESERVED)
		encComplain(enc, "enc28j60: bit 4 of ECON2 is set, which is reserved (register 3-2)");
	if (value & PKTDEC) {
		if (enc->registers[EPKTCNT] == 0)
			encComplain(enc, "enc28j60: ECON2.PKTDEC with EPKTCNT 0: no frame is there (7.2.4)");
		else
			enc->registers[EPKTCNT]--;
	}
	enc->registers[ECON2] = value & (uint8_t)~(PKTDEC | ECON2_RESERVED);
	if ((value & PWRSV) && !(old & PWRSV)) {
		if (enc->registers[ECON1] & (RXEN | TXRTS))
			encComplain(enc, "enc28j60: power save mode is entered with ECON1.RXEN or TXRTS set (14.0)");
		enc->linkLost = true;
	} else if (!(value & PWRSV) && (old & PWRSV)) {
		/* 14.0: the PHY takes 300 us to wake up. */
		enc->clockReady = false;
		enc->clockAt = enc->chip.now + chipTakes(&enc->chip, OSCILLATOR_NS);
	}
}

static void writeRingBound(Enc *enc, uint8_t index, uint8_t value)
{
	if (enc->registers[ECON1] & RXEN)
		encComplain(enc, "enc28j60: ERXST or ERXND is written while ECON1.RXEN is set (3.2.1)");
	enc->registers[index] = value;
	enc->lied = false;
	/* 6.1: ERXWRPT becomes ERXST. Erratum 5: sometimes 0 instead. */
	uint16_t start = encPair(enc, ERXST);
	encSetPair(enc, ERXWRPT, start != 0 && (chipRandom(&enc->chip) & 1) ? 0 : start);
}

/* 7.2.4: the low byte waits for the high one. */
static void moveErxrdpt(Enc *enc, uint8_t high)
{
	uint16_t at = (uint16_t)(enc->erxrdptLow | high << 8);
	encSetPair(enc, ERXRDPT, at);
	if (!(at & 1))
		encComplain(enc, "enc28j60: ERXRDPT becomes 0x%04x, which must be odd (erratum 14)", at);
	if ((enc->registers[ECON1] & RXEN) && !encInRing(enc, at))
		encComplain(enc, "enc28j60: ERXRDPT becomes 0x%04x, outside the receive buffer (3.2.1)", at);
}

/* What a write may be wrong about, by the register. Answers whether it is to be ignored. */
static bool checkWrite(Enc *enc, uint8_t index, uint8_t value)
{
	uint8_t bits = table[index].bits;
	if ((index & 0x1f) == RESERVED_1A || table[index].kind == RESERVED) {
		encComplain(enc, "enc28j60: register %02xh of bank %d is written, which is reserved (3.1)", index & 0x1f, index >> 5);
		return true;
	}
	if (table[index].kind == READ_ONLY)
		encComplain(enc, "enc28j60: register %02xh of bank %d is written, which is read-only (table 3-2)", index & 0x1f, index >> 5);
	if (table[index].kind != WRITABLE)
		return true;
	if (encIsMac(index) && refuses(enc, "a MAC or MII register is written"))
		return true;
	if (bits == 0x1f && index < RESERVED_1A && (value & ~bits))
		encComplain(enc, "enc28j60: pointer %02xh is given 0x%02x.., outside the 8 KB (3.2)", index - 1, value);
	if ((index == EIE && (value & EIE_RESERVED)) || (index == MACON1 && (value & MACON1_RESERVED)) || (index == MACON4 && (value & 3)))
		encComplain(enc, "enc28j60: reserved bits of register %02xh of bank %d are set to 0x%02x (registers 6-1, 6-3, 12-2)", index & 0x1f,
			index >> 5, value);
	bool changes = enc->registers[index] != (value & bits);
	/* 7.1 and table 7-2. */
	if ((enc->registers[ECON1] & TXRTS) && changes && ((index >= ETXST && index <= ETXND + 1) || (index >= MACON1 && index <= MAMXFL + 1)))
		encComplain(enc, "enc28j60: register %02xh of bank %d is changed while ECON1.TXRTS is set (7.1)", index & 0x1f, index >> 5);
	if ((enc->registers[ECON1] & RXEN) && index == MACON3 && ((value ^ enc->registers[index]) & FULDPX))
		encComplain(enc, "enc28j60: the duplex mode is changed while ECON1.RXEN is set (7.2.1)");
	if ((enc->registers[ECON1] & DMAST) && changes && index >= EDMAST && index <= EDMADST + 1)
		encComplain(enc, "enc28j60: a DMA pointer is changed during a DMA operation (13.0)");
	return false;
}

void encWriteRegister(Enc *enc, uint8_t index, uint8_t value)
{
	if (checkWrite(enc, index, value))
		return;
	switch (index) {
	case EIR: /* flags can only be cleared (register 12-3) */
	case ESTAT:
		enc->registers[index] &= value;
		break;
	case ECON1:
		writeEcon1(enc, value);
		break;
	case ECON2:
		writeEcon2(enc, value);
		break;
	case ERXST:
	case ERXST + 1:
	case ERXND:
	case ERXND + 1:
		writeRingBound(enc, index, value & table[index].bits);
		break;
	case ERXRDPT:
		enc->erxrdptLow = value;
		break;
	case ERXRDPT + 1:
		moveErxrdpt(enc, value & 0x1f);
		break;
	case MICMD:
	case MIREGADR:
	case MIWR:
	case MIWR + 1:
		encMiiWrite(enc, index, value & table[index].bits);
		break;
	case EBSTCON: /* the self-test is not modelled: it ends at once */
		enc->registers[index] = value & 0xfe;
		break;
	case EFLOCON:
		enc->registers[index] = value & 0x03;
		encFlowControl(enc);
		break;
	default:
		enc->registers[index] = value & table[index].bits;
	}
	encShowInterrupt(enc);
}

void encSetOrClearBits(Enc *enc, bool set, uint8_t value)
{
	uint8_t old = enc->registers[enc->index];
	if (encIsMac(enc->index)) {
		encComplain(enc, "enc28j60: bits of register %02xh of bank %d are %s: not possible with MAC and MII registers (4.2.5)", enc->index & 0x1f,
			enc->index >> 5, set ? "set" : "cleared");
		return;
	}
	if (set && enc->index == ECON1 && (value & old & TXRTS))
		encComplain(enc, "enc28j60: ECON1.TXRTS is set again before the transmission has ended (7.1)");
	encWriteRegister(enc, enc->index, set ? old | value : old & (uint8_t)~value);
}
