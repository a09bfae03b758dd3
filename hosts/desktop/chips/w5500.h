// The W5500 model's state and what its files share. Sections and pages are those of the W5500 datasheet, version 1.0.9.
//   w5500.c         SPI frames, time, reset: begin there
//   w5500-common.c  common registers, PHY, interrupt pin
//   w5500-socket.c  socket registers and commands
//   w5500-macraw.c  frames of socket 0 in and out

#ifndef MULTIHOME_CHIP_W5500_H
#define MULTIHOME_CHIP_W5500_H

#include "chip.h"

#define NEVER UINT64_MAX

#define W5500_SOCKETS 8
/** Each of the two memories, shared by the sockets (§3). */
#define W5500_MEMORY 0x4000
/** MACRAW sends and receives 14 + 1500 bytes (§4.2 Sn_MSSR): no VLAN tag beside a full packet. */
#define W5500_FRAME_MOST 1514

/* Common registers (§4.1). */
enum {
	MR = 0x00,
	SHAR = 0x09,
	INTLEVEL = 0x13,
	IR = 0x15,
	IMR = 0x16,
	SIR = 0x17,
	SIMR = 0x18,
	RTR = 0x19,
	RCR = 0x1b,
	PTIMER = 0x1c,
	PMRU = 0x26,
	UIPR = 0x28,
	PHYCFGR = 0x2e,
	RESERVED = 0x2f, /* to 0x38 */
	VERSIONR = 0x39,
	COMMON_END = 0x3a
};
#define MR_RST 0x80

/* Socket registers (§4.2). */
enum {
	SN_MR = 0x00,
	SN_CR = 0x01,
	SN_IR = 0x02,
	SN_SR = 0x03,
	SN_DHAR = 0x06,
	SN_TTL = 0x16,
	SN_RXBUF_SIZE = 0x1e,
	SN_TXBUF_SIZE = 0x1f,
	SN_TX_FSR = 0x20,
	SN_TX_RD = 0x22,
	SN_TX_WR = 0x24,
	SN_RX_RSR = 0x26,
	SN_RX_RD = 0x28,
	SN_RX_WR = 0x2a,
	SN_IMR = 0x2c,
	SN_FRAG = 0x2d,
	SN_END = 0x30
};
#define SN_MR_PROTOCOL 0x0f
#define SN_MR_MACRAW 0x04
#define SN_MR_MFEN 0x80
#define SN_MR_BCASTB 0x40
#define SN_MR_MMB 0x20
#define SN_MR_MIP6B 0x10
#define SN_CR_OPEN 0x01
#define SN_CR_CLOSE 0x10
#define SN_CR_SEND 0x20
#define SN_CR_RECV 0x40
#define SN_IR_SENDOK 0x10
#define SN_IR_RECV 0x04
#define SOCK_CLOSED 0x00
#define SOCK_MACRAW 0x42

/** Phases of an SPI frame (§2.2). IDLE: not selected, or selected before a reset. */
typedef enum { PHASE_IDLE, PHASE_ADDRESS_HIGH, PHASE_ADDRESS_LOW, PHASE_CONTROL, PHASE_DATA } W5500Phase;

/** A 16-bit size that changes by itself: what it was before, for reads that catch it half changed. */
typedef struct {
	uint64_t at;
	uint16_t old;
	bool fresh; /* not read since */
} W5500Size;

typedef struct {
	/** As written; of Sn_TX_WR and Sn_RX_RD what the next SEND or RECV takes over. */
	uint8_t registers[SN_END];
	uint16_t txRead, txWrite, rxRead, rxWrite;
	W5500Size free, received;
	uint64_t commandAt; /* when Sn_CR was written */
	uint64_t commandEnds; /* when it reads 0 again */
} W5500Socket;

/** Where a received frame ends in the socket's 64 K of addresses. */
typedef struct {
	uint16_t end;
	bool bad; /* its length in the buffer is wrong (CHIP_BAD_LENGTH) */
} W5500Frame;

/** More than 16 KB hold, of 62 bytes each. A power of two. */
#define W5500_FRAMES 512

typedef struct {
	Chip chip;
	/** Like chip.now, but at the moment of what is happening within model->time. */
	uint64_t now;
	/** A fault disturbed the bus or reset the chip: until OPEN or a reset what the driver does wrong need not be its own mistake. */
	bool excused;

	W5500Phase phase;
	uint16_t address;
	uint8_t control;
	uint32_t count; /* data bytes of this SPI frame so far */
	bool complained; /* in this SPI frame, about what it reads or writes: once is enough */

	uint8_t common[COMMON_END];
	uint64_t readyAt; /* until then a reset is under way: writes are lost */
	uint64_t versionAt; /* until then VERSIONR reads 0 */
	bool softReset; /* the reset was MR[RST]: registers can be read meanwhile */

	uint8_t phyMode; /* OPMDC that the PHY was last reset with */
	bool phyUp;
	uint64_t phyAt; /* when the link comes up */

	uint16_t causes; /* of the interrupt pin: SIR & SIMR, and IR & IMR above */
	uint64_t quietUntil; /* the pin must not be asserted again before (INTLEVEL) */
	uint64_t assertAt;

	W5500Socket sockets[W5500_SOCKETS];
	uint8_t tx[W5500_MEMORY], rx[W5500_MEMORY];

	/* Socket 0 */
	bool foreign; /* the last command is CHIP_OVERWRITTEN's, not the driver's */
	uint8_t processing; /* OPEN or CLOSE that Sn_CR no longer shows */
	uint64_t processedAt;
	bool sending, stuck;
	uint16_t sendLength;
	uint64_t sentAt;
	W5500Frame frames[W5500_FRAMES]; /* received and not yet released, a ring */
	uint32_t firstFrame, frameCount;
	bool misled; /* Sn_RX_RD stands where no known frame begins */
} W5500;

/* w5500.c */
void w5500Complain(W5500 *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** The first complaint about the bytes of this SPI frame, but no further one. */
bool w5500First(W5500 *w);
/** Everything as after a reset, but for time and the PHY. */
void w5500Clear(W5500 *w);

/* w5500-common.c */
void w5500CommonReset(W5500 *w);
uint8_t w5500CommonRead(W5500 *w, uint16_t address);
void w5500CommonWrite(W5500 *w, uint16_t address, uint8_t byte);
/** The PHY looks for a link afresh. */
void w5500PhyStart(W5500 *w);
/** The link is up: after phyAt. */
void w5500PhyUp(W5500 *w);
/** Bits a second that frames leave with, 0 for no time. */
uint32_t w5500Rate(const W5500 *w);
uint8_t w5500Sir(const W5500 *w);
/** Brings the interrupt pin up to date. */
void w5500Interrupt(W5500 *w);

/* w5500-socket.c */
void w5500SocketReset(W5500 *w);
uint8_t w5500SocketRead(W5500 *w, int n, uint16_t address);
void w5500SocketWrite(W5500 *w, int n, uint16_t address, uint8_t byte);
/** Sn_CR goes back to 0. */
void w5500CommandEnds(W5500 *w, int n);
/** The OPEN or CLOSE that Sn_CR no longer shows is done. */
void w5500Processed(W5500 *w);
/** Bytes of a buffer of socket n: Sn_RXBUF_SIZE or Sn_TXBUF_SIZE; 0 for a size that is not allowed. */
uint32_t w5500BufferSize(const W5500 *w, int n, int sizeRegister);
/** Where an address of a socket's buffer lies in the memory: the sockets' buffers follow each other, and each repeats through 64 K. */
uint32_t w5500Place(const W5500 *w, int n, int sizeRegister, uint16_t address);
uint16_t w5500Written(const W5500Socket *socket, int address);
void w5500Changes(W5500 *w, W5500Size *size, uint16_t old);

/* w5500-macraw.c, all of socket 0 */
void w5500MacrawOpen(W5500 *w);
void w5500MacrawClose(W5500 *w);
void w5500MacrawSend(W5500 *w);
void w5500MacrawSent(W5500 *w);
/** A transmission that waits for the link begins again. */
void w5500MacrawResume(W5500 *w);
void w5500MacrawReceived(W5500 *w);
bool w5500MacrawRoom(const W5500 *w, uint32_t length);
void w5500MacrawArrives(W5500 *w, const uint8_t *frame, uint32_t length);
uint16_t w5500Free(const W5500 *w);
/** Complains when that byte of the RX buffer was not received, or that one of the TX buffer is being sent. */
void w5500CheckRead(W5500 *w, uint16_t address);
void w5500CheckWrite(W5500 *w, uint16_t address);

#endif
