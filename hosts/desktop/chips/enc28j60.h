// The model of the ENC28J60: registers, state, and what its files offer each other. enc28j60.c has SPI, memory and time;
// enc28j60-registers.c the registers; enc28j60-mac.c receives and filters; enc28j60-transmit.c transmits; enc28j60-phy.c has the PHY and the
// DMA engine. Read chip.h first.
// Sections, tables and registers are those of the datasheet DS39662; errata are those of DS80349C.

#ifndef MULTIHOME_CHIP_ENC28J60_H
#define MULTIHOME_CHIP_ENC28J60_H

#include "chip.h"

#define NEVER UINT64_MAX
#define MEMORY 0x2000
/* 2.2: the oscillator starts up for 7,500 clocks of 25 MHz. */
#define OSCILLATOR_NS 300000

/* Table 3-1. A register's index is bank << 5 | address; those from 1Bh up are the same in every bank. */
enum {
	ERDPT = 0x00, EWRPT = 0x02, ETXST = 0x04, ETXND = 0x06, ERXST = 0x08, ERXND = 0x0a, ERXRDPT = 0x0c, ERXWRPT = 0x0e,
	EDMAST = 0x10, EDMAND = 0x12, EDMADST = 0x14, EDMACS = 0x16, RESERVED_1A = 0x1a,
	EIE = 0x1b, EIR = 0x1c, ESTAT = 0x1d, ECON2 = 0x1e, ECON1 = 0x1f,
	EHT0 = 0x20, EPMM0 = 0x28, EPMCS = 0x30, EPMO = 0x34, ERXFCON = 0x38, EPKTCNT = 0x39,
	MACON1 = 0x40, MACON3 = 0x42, MACON4 = 0x43, MABBIPG = 0x44, MAIPGL = 0x46, MAIPGH = 0x47, MACLCON1 = 0x48, MACLCON2 = 0x49,
	MAMXFL = 0x4a, MICMD = 0x52, MIREGADR = 0x54, MIWR = 0x56, MIRD = 0x58,
	MAADR5 = 0x60, MAADR6 = 0x61, MAADR3 = 0x62, MAADR4 = 0x63, MAADR1 = 0x64, MAADR2 = 0x65,
	EBSTSD = 0x66, EBSTCON = 0x67, EBSTCS = 0x68, MISTAT = 0x6a, EREVID = 0x72, ECOCON = 0x75, EFLOCON = 0x77, EPAUS = 0x78
};

enum { EIE_INTIE = 0x80, EIE_RESERVED = 0x04 };
enum { PKTIF = 0x40, DMAIF = 0x20, LINKIF = 0x10, TXIF = 0x08, TXERIF = 0x02, RXERIF = 0x01 };
enum { ESTAT_INT = 0x80, LATECOL = 0x10, TXABRT = 0x02, CLKRDY = 0x01 };
enum { AUTOINC = 0x80, PKTDEC = 0x40, PWRSV = 0x20, ECON2_RESERVED = 0x10 };
enum { TXRST = 0x80, RXRST = 0x40, DMAST = 0x20, CSUMEN = 0x10, TXRTS = 0x08, RXEN = 0x04, BSEL = 0x03 };
enum { UCEN = 0x80, ANDOR = 0x40, PMEN = 0x10, MPEN = 0x08, HTEN = 0x04, MCEN = 0x02, BCEN = 0x01 };
enum { TXPAUS = 0x08, RXPAUS = 0x04, PASSALL = 0x02, MARXEN = 0x01, MACON1_RESERVED = 0x10 };
enum { TXCRCEN = 0x10, HFRMEN = 0x04, FRMLNEN = 0x02, FULDPX = 0x01 };
enum { MIISCAN = 0x02, MIIRD = 0x01 };

/** What the MII is at. */
typedef enum { MII_IDLE, MII_READ, MII_WRITE, MII_SCAN_FIRST, MII_SCANNING, MII_SCAN_STOPS } Mii;
/** Where an SPI transaction is; OVER until the next select. */
typedef enum { SPI_OVER, SPI_OPCODE, SPI_READ, SPI_READ_MEMORY, SPI_WRITE, SPI_WRITE_MEMORY, SPI_RESET } SpiPhase;

typedef struct {
	Chip chip;
	uint8_t memory[MEMORY];
	uint8_t registers[128];
	uint16_t phy[32];

	SpiPhase phase;
	uint8_t opcode, index; /* of the transaction, and the register that it is about */
	uint32_t passed; /* bytes after the opcode */
	bool told; /* complained in this transaction about where it reads or writes */
	uint8_t erxrdptLow; /* written, waits for the high byte (7.2.4) */

	bool clockReady; /* the oscillator start-up timer has run out (2.2) */
	uint64_t clockAt; /* when it will */
	uint64_t usableAt; /* erratum 2: after a reset command */

	uint64_t transmitAt; /* the transmission ends, NEVER when there is none or it has stalled */
	uint16_t transmitFrom, transmitEnd; /* ETXST and ETXND when it began */
	bool collides; /* it will, late */
	bool failed; /* its status vector is written, though TXRTS is still set (erratum 13) */
	bool stalled; /* erratum 12: nothing ends until TXRST is pulsed */
	uint64_t pausedUntil; /* by a PAUSE frame */

	/** A fault reset the chip or disturbed the bus: until the driver resets it, what it does wrong need not be its own mistake. */
	bool excused;
	bool lied; /* a wrong length or pointer was stored: the driver is not to blame for what it reads next */

	Mii mii;
	uint64_t miiAt; /* its operation ends */
	uint8_t miiRegister;
	uint16_t miiValue;
	uint64_t phyAt; /* the PHY's own reset ends, and PHCON1.PRST is cleared (11.5) */
	bool linkLost; /* since PHSTAT1 was read: LLSTAT */

	uint64_t dmaAt; /* the DMA operation ends */
	bool dmaWaits; /* for the end of the transmission */
} Enc;

/** Complains, unless the driver may have been misled by a fault. */
#define encComplain(ENC, ...) \
	do { \
		if (!(ENC)->excused) \
			chipComplain(&(ENC)->chip, __VA_ARGS__); \
	} while (0)

static inline uint16_t encPair(const Enc *enc, uint8_t low)
{
	return (uint16_t)(enc->registers[low] | enc->registers[low + 1] << 8);
}

static inline void encSetPair(Enc *enc, uint8_t low, uint32_t value)
{
	enc->registers[low] = (uint8_t)value;
	enc->registers[low + 1] = (uint8_t)(value >> 8);
}

/* enc28j60-registers.c */

/** Shows on the interrupt pin what EIE and EIR are now. */
void encShowInterrupt(Enc *enc);
/** Whether MAC, MII and PHY answer: the clock runs and the chip is awake. */
bool encAwake(const Enc *enc);
/** The MAC and MII registers, which answer after a dummy byte (4.2.1). */
bool encIsMac(uint8_t index);
void encInitRegisters(Enc *enc);
uint8_t encReadRegister(Enc *enc, uint8_t index);
void encWriteRegister(Enc *enc, uint8_t index, uint8_t value);
/** BFS or BFC of the register that the transaction is about. */
void encSetOrClearBits(Enc *enc, bool set, uint8_t value);

/* enc28j60-mac.c */

#define FCS 4
#define FRAME_LEAST 60

extern const uint8_t encBroadcast[6], encPauseAddress[6];

/** How long so many bits take on the wire; 0 when frames take no time. */
uint64_t encLineNs(const Enc *enc, uint64_t bits);
uint32_t encTypeOf(const uint8_t *frame);
bool encIsControl(const uint8_t *frame);
bool encIsPause(const uint8_t *frame);
/** Whether FRMLNEN is set and the type/length field is a length, and a wrong one. */
bool encLengthWrong(const Enc *enc, const uint8_t *frame, uint32_t length);
/** MAADR1 to MAADR6. */
void encOwnAddress(const Enc *enc, uint8_t address[6]);
/** Whether the address belongs to the receive buffer, which may span the end of the memory (3.2.1). */
bool encInRing(const Enc *enc, uint32_t at);
/** Whether it does and the receiver may write there now. */
bool encInFree(const Enc *enc, uint32_t at);
/** The address after this one in the receive buffer. */
uint16_t encRingNext(const Enc *enc, uint32_t at);
/** A frame has come to the MAC, from the wire or looped back. */
void encAccept(Enc *enc, const uint8_t *frame, uint32_t length);
bool encRoom(const Chip *chip, uint32_t length);
void encReceive(Chip *chip, const uint8_t *frame, uint32_t length);

/* enc28j60-transmit.c */

/** TXRTS has been set. */
void encTransmitStart(Enc *enc);
/** TXRTS has been cleared by the host, or by TXRST. */
void encTransmitCancel(Enc *enc, bool byReset);
/** The time of the transmission is over. */
void encTransmitEnd(Enc *enc);
/** EFLOCON was written (section 9). */
void encFlowControl(Enc *enc);

/* enc28j60-phy.c */

void encPhyReset(Enc *enc);
/** The PHY has begun to work, or the cable was moved: the link may have changed. */
void encLinkChanged(Enc *enc);
/** EIR.LINKIF, which the PHY drives (12.1.5). */
bool encLinkInterrupt(const Enc *enc);
/** Whether transmitted frames come back: PLOOPBK, or half duplex without HDLDIS. */
bool encLoopsBack(const Enc *enc);
/** Whether they go out, and others come in. */
bool encOnWire(const Enc *enc);
bool encFullDuplexPhy(const Enc *enc);
uint8_t encMiiRead(Enc *enc, uint8_t index);
void encMiiWrite(Enc *enc, uint8_t index, uint8_t value);
void encMiiEnd(Enc *enc);
void encDmaStart(Enc *enc);
void encDmaEnd(Enc *enc);
/** One's complement of the one's complement sum of `sum`, which big-endian 16-bit words were added to (13.2). */
uint16_t encChecksum(uint64_t sum);

#endif
