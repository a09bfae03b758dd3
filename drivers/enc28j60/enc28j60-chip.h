// The ENC28J60 for its driver: registers, instructions, the layout of its memory, and the driver's state. enc28j60.c receives and looks after the
// chip, enc28j60-transmit.c transmits, enc28j60-setup.c has register access, reset and set-up. Sections are the datasheet's, DS39662E; errata are
// the numbers of DS80349C.

#ifndef MULTIHOME_ENC28J60_CHIP_H
#define MULTIHOME_ENC28J60_CHIP_H

#include "enc28j60.h"

/* SPI instructions, table 4-1. The register's address is in the low five bits. */
enum { RCR = 0x00, RBM = 0x3a, WCR = 0x40, WBM = 0x7a, BFS = 0x80, BFC = 0xa0, SRC = 0xff };

/* A register here is its address, its bank in bits 5 and 6, and MAC for the MAC and MII registers, which answer after a dummy byte (§4.2.1). */
#define BANK(n) ((n) << 5)
#define MAC 0x80
#define ADDRESS_OF(REGISTER) ((REGISTER) & 0x1f)
#define BANK_OF(REGISTER) ((REGISTER) >> 5 & 3)

/* Table 3-1. Those of 16 bits are named by their low byte; the high byte follows. */
enum {
	/* in every bank */
	EIE = 0x1b,
	EIR = 0x1c,
	ESTAT = 0x1d,
	ECON2 = 0x1e,
	ECON1 = 0x1f,

	ERDPT = BANK(0) | 0x00,
	EWRPT = BANK(0) | 0x02,
	ETXST = BANK(0) | 0x04,
	ETXND = BANK(0) | 0x06,
	ERXST = BANK(0) | 0x08,
	ERXND = BANK(0) | 0x0a,
	ERXRDPT = BANK(0) | 0x0c,
	ERXWRPT = BANK(0) | 0x0e,

	ERXFCON = BANK(1) | 0x18,
	EPKTCNT = BANK(1) | 0x19,

	MACON1 = BANK(2) | MAC | 0x00,
	MACON3 = BANK(2) | MAC | 0x02,
	MACON4 = BANK(2) | MAC | 0x03,
	MABBIPG = BANK(2) | MAC | 0x04,
	MAIPGL = BANK(2) | MAC | 0x06,
	MAIPGH = BANK(2) | MAC | 0x07,
	MACLCON1 = BANK(2) | MAC | 0x08,
	MACLCON2 = BANK(2) | MAC | 0x09,
	MAMXFL = BANK(2) | MAC | 0x0a,
	MICMD = BANK(2) | MAC | 0x12,
	MIREGADR = BANK(2) | MAC | 0x14,
	MIWR = BANK(2) | MAC | 0x16,
	MIRD = BANK(2) | MAC | 0x18,

	MAADR5 = BANK(3) | MAC | 0x00,
	MAADR6 = BANK(3) | MAC | 0x01,
	MAADR3 = BANK(3) | MAC | 0x02,
	MAADR4 = BANK(3) | MAC | 0x03,
	MAADR1 = BANK(3) | MAC | 0x04,
	MAADR2 = BANK(3) | MAC | 0x05,
	MISTAT = BANK(3) | MAC | 0x0a,
	EREVID = BANK(3) | 0x12,
	EFLOCON = BANK(3) | 0x17,
};

/* EIE and EIR, registers 12-2 and 12-3. */
enum { INTIE = 0x80, PKTIE = 0x40, LINKIE = 0x10, TXIE = 0x08, TXERIE = 0x02, RXERIE = 0x01 };
enum { EIR_ALWAYS_0 = 0x80, LINKIF = 0x10, TXIF = 0x08, TXERIF = 0x02, RXERIF = 0x01 };
/* ESTAT, register 12-1. */
enum { RXBUSY = 0x04, CLKRDY = 0x01 };
/* ECON2, register 3-2, and ECON1, register 3-1. */
enum { AUTOINC = 0x80, PKTDEC = 0x40, PWRSV = 0x20 };
enum { TXRST = 0x80, RXRST = 0x40, TXRTS = 0x08, RXEN = 0x04, BSEL = 0x03 };
/* ERXFCON, register 8-1. */
enum { UCEN = 0x80, CRCEN = 0x20, MCEN = 0x02, BCEN = 0x01 };
/* MACON1, MACON3 and MACON4, registers 6-1 to 6-3. */
enum { MARXEN = 0x01 };
enum { PAD_TO_60 = 0x20, TXCRCEN = 0x10 };
enum { DEFER = 0x40 };
/* MICMD and MISTAT, registers 3-3 and 3-4. */
enum { MIIRD = 0x01 };
enum { BUSY = 0x01 };

/* PHY registers, table 3-3, and their bits, registers 9-1, 9-2, 3-5, 12-4 and 12-5, 2-2. */
enum { PHCON1 = 0x00, PHID1 = 0x02, PHCON2 = 0x10, PHSTAT2 = 0x11, PHIE = 0x12, PHIR = 0x13, PHLCON = 0x14 };
enum { PRST = 0x8000, PLOOPBK = 0x4000, PPWRSV = 0x0800, PDPXMD = 0x0100, FRCLNK = 0x4000, TXDIS = 0x2000, HDLDIS = 0x0100 };
enum { PHID1_VALUE = 0x0083, LSTAT = 0x0400, PHSTAT2_ALWAYS_0 = 0xc000 };
enum { PLNKIE = 0x0010, PGEIE = 0x0002 };
/* LEDA shows the link, LEDB frames both ways, each for 40 ms; bits 12 and 13 are written as 1. */
enum { LEDS = 0x3000 | 0x0400 | 0x0070 | 0x0002 };

/*
 * The 8 KB, §3.2: two transmit buffers, so that a frame is written while the one before it is on the wire, and the receive buffer, which has what is
 * left. A transmit buffer is for the control byte, any frame, and the status vector that the chip writes behind it (§7.1).
 */
#define MEMORY_BYTES 0x2000
#define STATUS_VECTOR 7
#define TRANSMIT_BYTES (1 + FRAME_MOST + STATUS_VECTOR)
/* Errata 5: the receive buffer must start at address 0. */
#define RECEIVE_START 0
#define RECEIVE_BYTES (MEMORY_BYTES - 2 * TRANSMIT_BYTES)
/* Errata 14: ERXRDPT must be odd, and this is one of its values. */
#define RECEIVE_END (RECEIVE_BYTES - 1)
#define TRANSMIT_BUFFER(N) (RECEIVE_BYTES + (N) * TRANSMIT_BYTES)
_Static_assert(RECEIVE_END & 1, "the receive buffer must end at an odd address");
_Static_assert(TRANSMIT_BYTES % 2 == 0, "ETXST should be even (7.1)");

/* In front of a received frame: the next frame's address, the length with FCS, 16 bits of status. Figure 7-3 and table 7-3. */
#define HEADER 6
#define FCS 4
#define RECEIVED_OK 0x80 /* bit 23 of the status vector */
/* The chip refuses what is shorter, and leaves the rest to the host (§5.1.6). */
#define CHIP_LEAST 18
/* At 255 the chip stops receiving (§7.2); from a bus that is silent it says that the answer is none. */
#define FRAMES_MOST 254

typedef enum { OFF, LOST, RUNNING } Mode;
#define NONE 2 /* neither transmit buffer */
#define UNKNOWN 0xffff /* ERDPT: somewhere */

typedef struct {
	EthernetChip chip;
	uint32_t startedAt; /* the transmission, microseconds */
	uint32_t lostAt, linkAt; /* when it was last tried, looked at, ms */
	uint16_t next; /* address of the next frame's header */
	uint16_t readAt; /* ERDPT */
	uint16_t follows; /* the frame behind the one that is being read; UNKNOWN when the memory was given up meanwhile */
	uint16_t lengths[2]; /* of the frames in the transmit buffers; 0 for a free one */
	uint8_t sending; /* the buffer on the wire, or NONE */
	uint8_t filling; /* the buffer that is being written */
	uint8_t retries, timeouts; /* of that frame */
	uint8_t mode;
	uint8_t bank; /* as selected in ECON1 */
	uint8_t packets; /* frames known to be there, still to be read */
	uint8_t unreleased; /* the one before `next` has been read while its bus was in use: the chip still keeps it */
	uint8_t look; /* look, whatever the interrupt pin says */
	uint8_t deaf; /* the interrupt pin was found not to tell */
	uint8_t stuck; /* the interrupt pin was found low for no reason */
	uint8_t linkDue;
	uint8_t step; /* of setting up a chip that was reset, or 0; the next one is taken by enc28j60Step() */
	uint8_t starts, looks; /* for that: times that it is tried, looks at CLKRDY */
} Enc28j60;

#define COUNT(WHAT) enc->chip.counters[WHAT]++

/* enc28j60-setup.c */
uint8_t enc28j60Read(Enc28j60 *enc, uint8_t from);
uint32_t enc28j60Read16(Enc28j60 *enc, uint8_t from);
void enc28j60Write(Enc28j60 *enc, uint8_t to, uint8_t value);
void enc28j60Write16(Enc28j60 *enc, uint8_t to, uint32_t value);
/** BFS and BFC: for the registers whose names begin with E only (§4.2.4). */
void enc28j60Set(Enc28j60 *enc, uint8_t in, uint8_t bits);
void enc28j60Clear(Enc28j60 *enc, uint8_t in, uint8_t bits);
/** Forgets what is assumed of bank and ERDPT, which a disturbed transfer may have changed. */
void enc28j60Doubt(Enc28j60 *enc);
/** Moves ERDPT, unless it is there. */
void enc28j60SetRead(Enc28j60 *enc, uint32_t address);
/** Begins a transaction with RBM or WBM. */
void enc28j60Begin(Enc28j60 *enc, uint8_t instruction);
/** A PHY register's value, or -1 when the chip did not answer in time. */
int32_t enc28j60ReadPhy(Enc28j60 *enc, uint8_t from);
int enc28j60Start(EthernetChip *chip, char problem[PROBLEM_BYTES]);
enum { RESETTING = 1, WAKING, COMMANDED, ANSWERING };
/** The chip is to be set up again, by enc28j60Step(). */
void enc28j60Restart(Enc28j60 *enc);
/** The next step; answers after how many µs another is due, 0 when that was the last: `mode` tells whether the chip runs, `problem` what is wrong with it. */
uint32_t enc28j60Step(Enc28j60 *enc, char problem[PROBLEM_BYTES]);
void enc28j60Configure(EthernetChip *chip);
/** Sets up the receive buffer, empty, with reception off. Answers 0 when the count of frames does not reach 0. */
int enc28j60EmptyReceiver(Enc28j60 *enc);
/** Whether the chip has the settings that it was given. */
int enc28j60HasSettings(Enc28j60 *enc);
/** The same of its PHY: it would otherwise receive what it sends, or send nothing. */
int enc28j60HasPhySettings(Enc28j60 *enc);

/* enc28j60.c */
/** The bus is free: has the chip forget a frame that was read. */
void enc28j60Release(Enc28j60 *enc);

/* enc28j60-transmit.c */
int enc28j60Transmit(EthernetChip *chip, uint8_t *frame, uint32_t length);
int enc28j60IsFull(const EthernetChip *chip);
void enc28j60Interrupted(EthernetChip *chip);
/** What has been written is sent, or waits for that. */
void enc28j60Written(Enc28j60 *enc);
/** TXIF or TXERIF is set in `flags`: what EIR reads. */
void enc28j60TransmitEnded(Enc28j60 *enc, uint8_t flags);
/** Looks for a transmission whose end nobody has told: it is begun once more, then given up. */
void enc28j60CheckTransmission(Enc28j60 *enc);

#endif
