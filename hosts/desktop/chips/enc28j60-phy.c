// The PHY of the ENC28J60 behind its MII registers, and the DMA engine. Read enc28j60.h first.
// Sections, tables and registers are those of the datasheet DS39662.

#include "enc28j60.h"

/* Table 3-3. */
enum { PHCON1 = 0x00, PHSTAT1 = 0x01, PHID1 = 0x02, PHID2 = 0x03, PHCON2 = 0x10, PHSTAT2 = 0x11, PHIE = 0x12, PHIR = 0x13, PHLCON = 0x14 };
/* PHCON1, register 11-1, and PHCON2. */
enum { PRST = 0x8000, PLOOPBK = 0x4000, PPWRSV = 0x0800, PDPXMD = 0x0100, PHCON1_RESERVED = 0x0480 };
enum { FRCLNK = 0x4000, TXDIS = 0x2000, JABBER = 0x0400, HDLDIS = 0x0100 };
/* PHSTAT1 and PHSTAT2, registers 3-5 and 3-6. */
enum { PFDPX = 0x1000, PHDPX = 0x0800, LLSTAT = 0x0004, LSTAT = 0x0400, DPXSTAT = 0x0200 };
/* PHIE and PHIR, registers 12-4 and 12-5. */
enum { PLNKIE = 0x0010, PGEIE = 0x0002, PLNKIF = 0x0010, PGIF = 0x0004 };

#define PHID1_VALUE 0x0083
#define PHID2_VALUE 0x1400
#define PHLCON_VALUE 0x3422
/* 3.3.1 to 3.3.3. */
#define MII_NS 10240
/* 11.5 gives no time for PRST; 11.2 has 50 us for the PHY after a reset. */
#define PHY_RESET_NS 50000
/* 13.0: a byte is read in one clock of 25 MHz, and written in another. */
#define DMA_NS 40

static bool resetting(const Enc *enc)
{
	return enc->phyAt != NEVER;
}

static bool linkUp(const Enc *enc)
{
	if (!encAwake(enc) || resetting(enc) || (enc->phy[PHCON1] & PPWRSV))
		return false;
	return enc->chip.linkUp || (enc->phy[PHCON2] & FRCLNK);
}

void encPhyReset(Enc *enc)
{
	for (int i = 0; i < 32; i++)
		enc->phy[i] = 0;
	/* 2.6: LEDB's wiring sets the duplex mode. */
	enc->phy[PHCON1] = enc->chip.options.fullDuplex ? PDPXMD : 0;
	enc->phy[PHID1] = PHID1_VALUE;
	enc->phy[PHID2] = PHID2_VALUE;
	enc->phy[PHLCON] = PHLCON_VALUE;
	enc->mii = MII_IDLE;
	enc->miiAt = NEVER;
	enc->phyAt = NEVER;
	enc->linkLost = true;
}

void encLinkChanged(Enc *enc)
{
	if (!linkUp(enc))
		enc->linkLost = true;
	enc->phy[PHIR] |= PLNKIF;
	if (enc->phy[PHIE] & PLNKIE)
		enc->phy[PHIR] |= PGIF;
}

bool encLinkInterrupt(const Enc *enc)
{
	return (enc->phy[PHIR] & PGIF) && (enc->phy[PHIE] & PGEIE);
}

bool encFullDuplexPhy(const Enc *enc)
{
	return (enc->phy[PHCON1] & PDPXMD) != 0;
}

bool encLoopsBack(const Enc *enc)
{
	/* PHCON2.HDLDIS counts in half duplex only (register 6-6). */
	return (enc->phy[PHCON1] & PLOOPBK) || !(enc->phy[PHCON1] & PDPXMD || enc->phy[PHCON2] & HDLDIS);
}

bool encOnWire(const Enc *enc)
{
	return encAwake(enc) && !resetting(enc) && !(enc->phy[PHCON1] & (PLOOPBK | PPWRSV)) && !(enc->phy[PHCON2] & TXDIS);
}

static uint16_t readPhy(Enc *enc, uint8_t number)
{
	uint16_t value = enc->phy[number];
	bool up = linkUp(enc);
	switch (number) {
	case PHCON1:
		return resetting(enc) ? value | PRST : value;
	case PHSTAT1: /* LLSTAT has latched that the link was down (3.3.4) */
		value = PFDPX | PHDPX | (enc->linkLost || !up ? 0 : LLSTAT);
		enc->linkLost = !up;
		return value;
	case PHSTAT2:
		return (up ? LSTAT : 0) | (encFullDuplexPhy(enc) ? DPXSTAT : 0);
	case PHIR: /* reading clears it, and EIR.LINKIF (12.1.5) */
		enc->phy[PHIR] = 0;
		return value;
	default:
		return value;
	}
}

static void writePhyControl(Enc *enc, uint16_t value)
{
	if (value & PHCON1_RESERVED)
		encComplain(enc, "enc28j60: PHCON1 is given 0x%04x, with reserved bits set (register 11-1)", value);
	if (((value ^ enc->phy[PHCON1]) & PDPXMD) && (enc->registers[ECON1] & RXEN))
		encComplain(enc, "enc28j60: the duplex mode is changed while ECON1.RXEN is set (7.2.1)");
	if (value & PRST) { /* 11.5: clears itself after a while */
		encPhyReset(enc);
		enc->phyAt = enc->chip.now + chipTakes(&enc->chip, PHY_RESET_NS);
		return;
	}
	enc->phy[PHCON1] = value & (PLOOPBK | PPWRSV | PDPXMD);
}

static void writePhy(Enc *enc, uint8_t number, uint16_t value)
{
	bool before = linkUp(enc);
	if (resetting(enc)) {
		encComplain(enc, "enc28j60: PHY register %02xh is written before PHCON1.PRST is clear (11.5)", number);
		return;
	}
	switch (number) {
	case PHCON1:
		writePhyControl(enc, value);
		break;
	case PHCON2:
		if (value & ~(FRCLNK | TXDIS | JABBER | HDLDIS) & 0x7fff)
			encComplain(enc, "enc28j60: PHCON2 is given 0x%04x, with reserved bits set (register 6-6)", value);
		enc->phy[PHCON2] = value & (FRCLNK | TXDIS | JABBER | HDLDIS);
		break;
	case PHIE:
		if (value & ~(PLNKIE | PGEIE))
			encComplain(enc, "enc28j60: PHIE is given 0x%04x, with reserved bits set (register 12-4)", value);
		enc->phy[PHIE] = value & (PLNKIE | PGEIE);
		if ((value & PLNKIE) && (enc->phy[PHIR] & PLNKIF))
			enc->phy[PHIR] |= PGIF;
		break;
	case PHLCON:
		if (value >> 12 != 3)
			encComplain(enc, "enc28j60: PHLCON is given 0x%04x: bits 15 to 12 must be 0011 (register 2-2)", value);
		enc->phy[PHLCON] = (value & 0x0ffe) | 0x3000;
		break;
	default: /* read-only, or not implemented: ignored (3.3) */
		break;
	}
	if (linkUp(enc) != before)
		encLinkChanged(enc);
}

/* MII, 3.3 */

static void startMii(Enc *enc, Mii what)
{
	enc->mii = what;
	enc->miiRegister = enc->registers[MIREGADR];
	enc->miiValue = encPair(enc, MIWR);
	enc->miiAt = enc->chip.now + chipTakes(&enc->chip, MII_NS);
}

void encMiiEnd(Enc *enc)
{
	Mii what = enc->mii;
	enc->miiAt = NEVER;
	enc->mii = what == MII_SCAN_FIRST ? MII_SCANNING : MII_IDLE;
	if (what == MII_WRITE)
		writePhy(enc, enc->miiRegister, enc->miiValue);
	else if (what == MII_READ || what == MII_SCAN_FIRST)
		encSetPair(enc, MIRD, readPhy(enc, enc->miiRegister));
}

uint8_t encMiiRead(Enc *enc, uint8_t index)
{
	if (index == MISTAT) {
		bool scans = enc->mii == MII_SCAN_FIRST || enc->mii == MII_SCANNING;
		return (uint8_t)((enc->mii == MII_SCAN_FIRST) << 2 | scans << 1 | (enc->mii != MII_IDLE));
	}
	if (enc->mii == MII_READ || enc->mii == MII_SCAN_FIRST)
		encComplain(enc, "enc28j60: MIRD is read before the PHY register has come: MISTAT.BUSY or NVALID is set (3.3)");
	/* A scan reads every 10.24 us; here, when the host looks at the low byte. */
	if (enc->mii == MII_SCANNING && index == MIRD) {
		encSetPair(enc, MIRD, readPhy(enc, enc->miiRegister));
		encShowInterrupt(enc);
	}
	return enc->registers[index];
}

static void command(Enc *enc, uint8_t value)
{
	uint8_t rising = value & ~enc->registers[MICMD];
	enc->registers[MICMD] = value;
	if (!(value & MIISCAN) && (enc->mii == MII_SCAN_FIRST || enc->mii == MII_SCANNING)) {
		startMii(enc, MII_SCAN_STOPS); /* 3.3.3: BUSY until then */
		return;
	}
	if (!rising)
		return;
	if (enc->mii != MII_IDLE)
		encComplain(enc, "enc28j60: MICMD is given 0x%02x while MISTAT.BUSY is set (3.3)", value);
	else
		startMii(enc, rising & MIISCAN ? MII_SCAN_FIRST : MII_READ);
}

void encMiiWrite(Enc *enc, uint8_t index, uint8_t value)
{
	if (index == MICMD) {
		command(enc, value);
		return;
	}
	bool scans = enc->mii == MII_SCAN_FIRST || enc->mii == MII_SCANNING;
	if (enc->mii != MII_IDLE && (!scans || index == MIWR + 1)) {
		encComplain(enc, "enc28j60: MII register %02xh is written while MISTAT.BUSY is set (3.3)", index & 0x1f);
		return;
	}
	enc->registers[index] = value;
	if (index == MIWR + 1) /* 3.3.2: the high byte starts it */
		startMii(enc, MII_WRITE);
}

/* DMA, section 13 */

uint16_t encChecksum(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* Bytes from EDMAST to EDMAND as the engine walks, or 0 when it never gets there. */
static uint32_t dmaLength(const Enc *enc)
{
	uint32_t at = encPair(enc, EDMAST), end = encPair(enc, EDMAND), count = 1;
	while (at != end && count <= 2 * MEMORY) {
		at = encRingNext(enc, at);
		count++;
	}
	return at == end ? count : 0;
}

void encDmaStart(Enc *enc)
{
	if (enc->registers[ECON1] & TXRTS) { /* 7.1: it waits for the transmission */
		enc->dmaWaits = true;
		return;
	}
	uint32_t length = dmaLength(enc);
	if (length == 0) {
		encComplain(enc, "enc28j60: a DMA operation from 0x%04x never gets to 0x%04x (13.0)", encPair(enc, EDMAST), encPair(enc, EDMAND));
		return;
	}
	uint32_t clocks = enc->registers[ECON1] & CSUMEN ? 1 : 2;
	enc->dmaAt = enc->chip.now + chipTakes(&enc->chip, (uint64_t)length * clocks * DMA_NS);
}

void encDmaEnd(Enc *enc)
{
	uint32_t length = dmaLength(enc), from = encPair(enc, EDMAST), to = encPair(enc, EDMADST);
	bool summing = (enc->registers[ECON1] & CSUMEN) != 0;
	uint64_t sum = 0;
	for (uint32_t i = 0; i < length; i++) {
		if (summing)
			sum += i & 1 ? enc->memory[from] : enc->memory[from] << 8;
		else
			enc->memory[(to + i) & (MEMORY - 1)] = enc->memory[from];
		from = encRingNext(enc, from);
	}
	if (summing)
		encSetPair(enc, EDMACS, encChecksum(sum));
	enc->dmaAt = NEVER;
	enc->registers[ECON1] &= (uint8_t)~DMAST;
	enc->registers[EIR] |= DMAIF;
}
