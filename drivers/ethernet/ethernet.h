// What the drivers of Ethernet chips on SPI have in common. A driver (../w5500, ../enc28j60) fills in an EthernetDriver; port.c makes a
// device of it for TypeScript (device.ts). Drivers know no JavaScript, and port.c knows no chip.

#ifndef MULTIHOME_ETHERNET_H
#define MULTIHOME_ETHERNET_H

#include <stdint.h>

#include "bus.h"

/** Longest frame without FCS: header 14, packet 1500. Shortest, which chips pad to. IEEE 802.3 §3.2. */
#define FRAME_MOST 1514
#define FRAME_LEAST 60

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

/** What every chip's state begins with. */
typedef struct {
	Spi *spi;
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
	/**
	 * Resets the chip and sets it up for `mac` and `accept`. Answers 1, or 0 with `problem` saying what was read and what was expected, such as
	 * "version register reads 0x00, expected 0x04: check wiring and power". Also called to start again later. At most 500 ms.
	 */
	int (*start)(EthernetChip *chip, char problem[PROBLEM_BYTES]);
	/** Writes `mac` and `accept`, which changed, to the chip. */
	void (*configure)(EthernetChip *chip);
	/**
	 * Moves the next frame to `to`, by ethernetRead(): its length without FCS, 0 when there is none, -1 when one was lost (counted by then).
	 * A frame longer than `max` is lost. Called until it answers 0. Looks at the interrupt pin first, where there is one: an SPI transfer costs more.
	 */
	int (*receive)(EthernetChip *chip, uint8_t *to, uint32_t max);
	/**
	 * Takes a frame of at most FRAME_MOST bytes without FCS, by ethernetWrite(): 1 when it is in the chip, 0 when the chip is still busy (an
	 * interrupt, or the next `service`, tells when to try again). A frame that cannot be sent is counted and 1. Fills checksums in.
	 */
	int (*transmit)(EthernetChip *chip, uint8_t *frame, uint32_t length);
	/**
	 * What needs doing now and then: the link (into `link`), interrupts missed, transmissions that never end, a chip that lost its settings or
	 * is gone. `now`: ms. Answers in how many ms it should be called again. May call `start`.
	 */
	uint32_t (*service)(EthernetChip *chip, uint32_t now);
	/** Stops reception and transmission. */
	void (*stop)(EthernetChip *chip);
} EthernetDriver;

/** What ethernetRead and ethernetWrite found. */
typedef struct {
	/** ethernetRead: 1 when every checksum that the frame has is right. ethernetWrite: where the transport checksum goes, 0 for none. */
	uint32_t checksumAt;
	uint16_t checksum; /* in network order when stored byte by byte: high byte first */
	uint8_t good;
	uint8_t fcsGood;
} EthernetSums;

/**
 * Inside a transaction: reads `length` bytes of a frame to `to` while summing up what has come. `fcs`: 4 further bytes follow, which are
 * compared with the frame's CRC-32 and not stored (0 otherwise, and fcsGood is 1). Answers 0 when SPI failed.
 */
int ethernetRead(EthernetChip *chip, uint8_t *to, uint32_t length, int fcs, EthernetSums *sums);

/**
 * Inside a transaction: writes the frame while its checksum is summed up. An IPv4 header checksum of zero is filled in before. A TCP, UDP or ICMP
 * checksum of zero is computed: sums->checksumAt tells where it goes (offset in the frame, 0 when nothing is to do), and the driver puts the two
 * bytes sums->checksum >> 8 and sums->checksum & 255 there, in the chip. Answers 0 when SPI failed.
 */
int ethernetWrite(EthernetChip *chip, uint8_t *frame, uint32_t length, EthernetSums *sums);

#endif
