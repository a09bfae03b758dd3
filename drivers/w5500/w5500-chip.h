// The state of the W5500's driver, the chip's registers under the datasheet's names, and what w5500-setup.c does for w5500.c.
// Source: WIZnet, W5500 Datasheet, version 1.1.0. §2 SPI frame, §3 memory map, §4.1 common registers, §4.2 socket registers, §5.5 timing.

#ifndef MULTIHOME_W5500_CHIP_H
#define MULTIHOME_W5500_CHIP_H

#include "ethernet.h"

/* Control byte of an SPI frame, §2.2.2: block select in bits 7 to 3, write in bit 2, operation mode 00: length as long as CS is low (VDM). */
#define BLOCK_COMMON 0x00
#define BLOCK_SOCKET(n) ((uint32_t)(n) << 5 | 0x08)
#define BLOCK_TX 0x10 /* of socket 0 */
#define BLOCK_RX 0x18
#define WRITE_BIT 0x04
#define SPI_HEADER 3u /* address, high byte first, and the control byte */

/* Common registers, §4.1 */
#define MR 0x00
#define MR_RST 0x80
#define SHAR 0x09 /* 6 bytes */
#define INTLEVEL 0x13 /* 2 bytes */
#define IMR 0x16
#define SIMR 0x18
#define PHYCFGR 0x2e
#define PHYCFGR_RST 0x80 /* 0 while the PHY is reset */
#define PHYCFGR_OPMD 0x40 /* 0: the pins PMODE2-0 say how the PHY works */
#define PHYCFGR_ALL 0x38 /* OPMDC as after a reset */
#define PHYCFGR_LNK 0x01
#define VERSIONR 0x39
#define VERSION 0x04

/* Socket registers, §4.2 */
#define SN_MR 0x00
#define SN_MR_MFEN 0x80 /* only frames to SHAR, broadcasts, and multicasts */
#define SN_MR_MMB 0x20 /* blocks multicast */
#define SN_MR_MIP6B 0x10 /* blocks IPv6 */
#define SN_MR_MACRAW 0x04
#define SN_CR 0x01
#define SN_CR_OPEN 0x01
#define SN_CR_CLOSE 0x10
#define SN_CR_SEND 0x20
#define SN_CR_RECV 0x40
#define SN_IR 0x02 /* a bit is cleared by writing 1 to it */
#define SN_IR_RECV 0x04
#define SN_IR_TIMEOUT 0x08
#define SN_IR_SENDOK 0x10
#define SN_SR 0x03
#define SOCK_CLOSED 0x00
#define SOCK_MACRAW 0x42
#define SN_RXBUF_SIZE 0x1e /* KB */
#define SN_TXBUF_SIZE 0x1f
#define SN_TX_RD 0x22
#define SN_TX_WR 0x24
#define SN_RX_RSR 0x26
#define SN_RX_RD 0x28
#define SN_RX_WR 0x2a
#define SN_IMR 0x2c
#define SOCKETS 8u

/** Bytes of memory each way, all of it socket 0's. */
#define BUFFER_KB 16
#define BUFFER_BYTES (BUFFER_KB * 1024u)

/** Frames in the transmit memory: ten full ones would fit. */
#define QUEUE 8u
_Static_assert(QUEUE * FRAME_MOST <= BUFFER_BYTES, "frames to send fit the transmit memory");

/** Whether, and why not, the receive memory is looked at only when the interrupt pin says so. */
enum { TRUSTED = 0, MISSED = 1, STUCK = 2 };

typedef struct {
	EthernetChip chip;
	uint32_t sendSince; /* µs; while `sending` */
	uint32_t checked; /* ms: last look at the settings, or for a chip that is gone */
	uint16_t rxRead; /* where the next frame's length is */
	uint16_t remaining; /* bytes known to be there, up to the end of a frame */
	uint16_t takes; /* bytes at rxRead of the frame that is being read; 0 when the memory was given up meanwhile */
	uint16_t unreleased; /* bytes before rxRead that the chip was not told about yet */
	uint16_t released; /* how many of them it was told about last, since Sn_RX_RSR was read */
	uint16_t txDone; /* what lies before it in the transmit memory has been sent */
	uint16_t txFill; /* where the next frame to send goes */
	uint16_t ends[QUEUE]; /* of the frames in the transmit memory */
	uint8_t first, queued; /* in `ends` */
	uint8_t sending; /* ends[first] has been ordered, and SENDOK has not been seen */
	uint8_t mask; /* Sn_IMR */
	uint8_t ordered; /* a command has been written, and Sn_CR has not been seen to be 0 since */
	uint8_t pending; /* frames may be there, whatever the pin says */
	uint8_t distrust; /* TRUSTED, MISSED, STUCK */
	uint8_t badInRow; /* times that the receiver made no sense since the last good frame */
	uint8_t suspect; /* Sn_SR was not as it should be when last read */
	uint8_t open; /* the chip is there and set up */
	uint8_t stopped;
	uint8_t serviced; /* `checked` counts */
	uint8_t step; /* of setting up a chip that was reset, or 0; the next one is taken by w5500Step() */
	uint8_t patience; /* for that, looks at VERSIONR */
} W5500;

/* Registers. `block`: BLOCK_…; those without are socket 0's. At most 8 bytes. */
void w5500Read(W5500 *w, uint32_t block, uint32_t address, uint8_t *to, uint32_t count);
void w5500Write(W5500 *w, uint32_t block, uint32_t address, const uint8_t *from, uint32_t count);
uint8_t w5500Read8(W5500 *w, uint32_t block, uint32_t address);
void w5500Write8(W5500 *w, uint32_t block, uint32_t address, uint32_t value);
uint16_t w5500Read16(W5500 *w, uint32_t address);
void w5500Write16(W5500 *w, uint32_t block, uint32_t address, uint32_t value);
/** Reads a register that the chip may be changing. Answers 0, counted, when it does not settle. */
int w5500Settled16(W5500 *w, uint32_t address, uint16_t *value);
/** Waits until the last command was taken; 0, counted, when it is not. */
int w5500Taken(W5500 *w);
/** Gives socket 0 a command (SN_CR_…) after the last one was taken; 0 when that is not. */
int w5500Command(W5500 *w, uint32_t value);

/* EthernetDriver's. */
int w5500Start(EthernetChip *chip, char problem[PROBLEM_BYTES]);
void w5500Configure(EthernetChip *chip);
void w5500Stop(EthernetChip *chip);

/** RSTn is low for so long, 500 µs at least, §5.5.1. */
#define RESET_US 600u
enum { RESETTING = 1, ANSWERING, COMMANDED };
/** Resets the chip; RESET_US later w5500Step() begins to set it up. `patienceMs`: how long VERSIONR may take. */
void w5500Begin(W5500 *w, int patienceMs);
/** The next step; answers after how many µs another is due, 0 when that was the last: `present` tells whether the chip is set up. `problem` may be NULL. */
uint32_t w5500Step(W5500 *w, char *problem);
/** Closes the socket, writes every setting, and opens it again: what lay in the chip is lost. Answers 0 when the chip is gone. */
int w5500Reopen(W5500 *w);
/** Notes that the chip is gone. */
void w5500Gone(W5500 *w);
/** Whether a frame that came is for us, by chip->mac and chip->accept. */
int w5500Wanted(const EthernetChip *chip, const uint8_t *frame);
void w5500LookAtLink(W5500 *w);
/** Whether the chip has the settings still. */
int w5500SettingsKept(W5500 *w);

#endif
