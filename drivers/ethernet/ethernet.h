// What the drivers of Ethernet chips on SPI have in common. A driver (../w5500, ../enc28j60) fills in an EthernetDriver; port.c makes a
// device of it for TypeScript (device.ts). Drivers know no JavaScript, and port.c knows no chip.

#ifndef MULTIHOME_ETHERNET_H
#define MULTIHOME_ETHERNET_H

#include <stdint.h>

#include "bus.h"

/** Longest frame without FCS: header 14, packet 1500. Shortest, which chips pad to. IEEE 802.3 §3.2. */
#define FRAME_MOST 1514
#define FRAME_LEAST 60
/** A full frame at 10 Mbit/s, with preamble, FCS and gap, and time for a look; microseconds. */
#define FRAME_US 1300

/** What can go wrong, counted in `counters` and shown by status() under these names (device.ts). */
enum {
	COUNT_RESETS, /* the chip was set up again after it had started */
	COUNT_RECEIVE_RESETS, /* the receiver alone was, after an impossible length or pointer */
	COUNT_BAD_LENGTHS, /* frames announced with an impossible length or pointer */
	COUNT_OVERRUNS, /* the chip's receive buffer was full */
	COUNT_BAD_CHECKSUMS, /* frames with a wrong IPv4, TCP, UDP or ICMP checksum */
	COUNT_BAD_FCS, /* frames with a wrong FCS, or marked bad by the chip */
	COUNT_LATE_COLLISIONS, /* transmissions repeated after one */
	COUNT_TRANSMIT_FAILED, /* frames given up after the last try */
	COUNT_TRANSMIT_TIMEOUTS, /* transmissions whose end the chip did not tell in time */
	COUNT_SPI_FAILED, /* transfers given up, registers that never settled */
	COUNT_MISSED_INTERRUPTS, /* frames or events found by looking, without an interrupt */
	COUNT_STUCK_INTERRUPTS, /* the pin stayed low with nothing to do */
	ETHERNET_COUNTERS
};

/** Filters, or-ed: what is accepted beside the own address and broadcasts. */
enum { ACCEPT_MULTICAST = 1, ACCEPT_ALL = 2 };

/** What summing up a frame while it passes found. */
typedef struct {
	/** Of one that was read: 1 when every checksum that it has is right. Of one that is written: where the transport checksum goes, 0 for none. */
	uint32_t checksumAt;
	uint16_t checksum; /* in network order when stored byte by byte: high byte first */
	uint8_t good;
	uint8_t fcsGood;
} EthernetSums;

/** How far a frame's checksums have been summed up: sums.h. */
typedef struct {
	uint32_t done; /* bytes of the frame; starts behind the Ethernet header */
	uint32_t end; /* of the IP packet in the frame; 0: not known yet */
	uint32_t sum; /* of the IP packet, folded */
	uint32_t seen; /* bytes that were there at the last look */
	uint32_t crc; /* of those */
} EthernetProgress;

/** A frame between chip and arena: transfer.c. */
typedef struct {
	uint8_t *frame;
	uint32_t length;
	uint32_t moved, since; /* bytes that had passed, and when that had become more, microseconds */
	EthernetProgress progress;
	EthernetSums sums;
	uint8_t state; /* TRANSFER_… */
	uint8_t fcs; /* 4 bytes follow, compared with the frame's CRC-32 */
	uint8_t gap; /* bytes to be read over behind it */
	uint8_t well; /* once it has ended: 1, or 0 when SPI failed, which is counted */
} EthernetTransfer;

/** None; bytes pass, and the transaction is not over; it is, and its driver has not seen to it yet. */
enum { TRANSFER_NONE, TRANSFER_PASSES, TRANSFER_ENDED };

/** What every chip's state begins with. */
typedef struct {
	Spi *spi;
	EthernetTransfer incoming, outgoing; /* of which one at most passes */
	const uint8_t *taken; /* a frame that has been written, which its sender has not been told yet */
	uint16_t atOnce; /* a transfer of so many bytes is waited for, as it takes 20 µs at most; a longer one goes on while the processor does other things, where it can */
	uint8_t overlaps; /* 1: it can */
	uint8_t readWaits, writeWaits; /* one was put off as the other passed: it is its turn next */
	uint8_t mac[6];
	uint8_t accept; /* ACCEPT_… */
	uint8_t link; /* 1 up, 0 down, as last looked at */
	uint8_t present; /* 1 while it answers as it should: from `start` on, until service() finds that it does not */
	uint32_t counters[ETHERNET_COUNTERS];
} EthernetChip;

/** Room for one line that says what is wrong and the remedy. */
#define PROBLEM_BYTES 128

typedef struct {
	const char *name;
	/** sizeof the chip's state, which begins with an EthernetChip. Zeroed before `start`. */
	uint32_t size;
	/** SPI clock when none is asked for, and the highest allowed, Hz. */
	uint32_t defaultHz, mostHz, leastHz;
	/** SPI mode, 0 or 3. */
	uint8_t mode;
	/** 1: `receive` answers with a frame that has been read while another one is being written. */
	uint8_t handsUp;
	/**
	 * Resets the chip and sets it up for `mac` and `accept`. Answers 1, or 0 with `problem` saying what was read and what was expected, such as
	 * "version register reads 0x00, expected 0x04: check wiring and power". Also called to start again later. At most 500 ms.
	 */
	int (*start)(EthernetChip *chip, char problem[PROBLEM_BYTES]);
	/** Writes `mac` and `accept`, which changed, to the chip. */
	void (*configure)(EthernetChip *chip);
	/**
	 * Moves the next frame to `to`, by ethernetRead(): its length without FCS, 0 when there is none, -1 when one was lost (counted by then).
	 * A frame longer than `max` is lost. Called until it answers 0. Looks at the interrupt pin first, where there is one: an SPI transfer costs more. ETHERNET_AGAIN: bytes
	 * are on their way, a frame's perhaps, to `to`: it is called again with the same memory, which nobody else uses until it answers otherwise.
	 */
	int (*receive)(EthernetChip *chip, uint8_t *to, uint32_t max);
	/**
	 * Takes a frame of at most FRAME_MOST bytes without FCS, by ethernetWrite(): 1 when it is in the chip, 0 when the chip is still busy (an
	 * interrupt, or the next `service`, tells when to try again). A frame that cannot be sent is counted and 1. Fills checksums in. ETHERNET_AGAIN: bytes are on
	 * their way, this frame's perhaps, or its turn comes soon: it is called again with the same frame, which nobody writes to until it answers otherwise.
	 */
	int (*transmit)(EthernetChip *chip, uint8_t *frame, uint32_t length);
	/**
	 * What needs doing now and then: the link (into `link`), interrupts missed, transmissions that never end, a chip that lost its settings or
	 * is gone. `now`: ms. Answers in how many ms it should be called again. May call `start`.
	 */
	uint32_t (*service)(EthernetChip *chip, uint32_t now);
	/** Whether `transmit` would answer ETHERNET_AGAIN as the chip has no room yet; costs no transfer. NULL: it never does for that reason. */
	int (*isFull)(const EthernetChip *chip);
	/** The interrupt pin went low this moment, nothing is under way, and no other function is being called: a frame that waits in the chip is sent. Within some ten microseconds. NULL: nothing is to do. */
	void (*interrupted)(EthernetChip *chip);
	/** Waits for what is under way, forgets a frame that was received, and sends one that was written. Memory that was lent is free then. */
	void (*settle)(EthernetChip *chip);
	/** Stops reception and transmission. Nothing is under way. */
	void (*stop)(EthernetChip *chip);
} EthernetDriver;

/** Answer of `receive` and `transmit`. */
#define ETHERNET_AGAIN -2

/**
 * Inside a transaction: begins to read a frame of `length` bytes to `to`. `fcs`: 4 further bytes follow, which are compared with the frame's CRC-32 and not stored (0
 * otherwise, and fcsGood is 1); `gap`: so many are read over behind that. Then the transaction ends. chip->incoming tells.
 */
void ethernetRead(EthernetChip *chip, uint8_t *to, uint32_t length, int fcs, uint32_t gap);

/**
 * Inside a transaction: begins to write a frame. An IPv4 header checksum of zero is filled in before. A TCP, UDP or ICMP checksum of zero is computed:
 * sums.checksumAt tells where it goes (offset in the frame, 0 when nothing is to do), and the driver puts the two bytes sums.checksum >> 8 and sums.checksum & 255
 * there, in the chip. Then the transaction ends. chip->outgoing tells.
 */
void ethernetWrite(EthernetChip *chip, uint8_t *frame, uint32_t length);

/** Goes on with what passes, and ends its transaction when all of it has. Answers whether the chip's bus is free. */
int ethernetIdle(EthernetChip *chip);

/** A transfer has begun: whether it is to be waited for. */
int ethernetWaits(const EthernetChip *chip, uint32_t length);

/** Waits until it is, 2 ms without progress at most. */
void ethernetAwait(EthernetChip *chip);

/** Whether it is that frame which has been written: it was offered again. */
int ethernetWasTaken(EthernetChip *chip, const uint8_t *frame);

/** The bus is in use: ETHERNET_AGAIN, and `waits` is set when it is the `other` direction that passes. */
int ethernetPutOff(const EthernetTransfer *other, uint8_t *waits);

/** Whether it is the other direction's turn, which was put off; it has that turn now. */
int ethernetYields(uint8_t *waits);

#endif
