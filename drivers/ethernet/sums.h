// Checksums of frames on their way between chip and arena, summed up while the bytes pass.

#ifndef MULTIHOME_SUMS_H
#define MULTIHOME_SUMS_H

#include "ethernet.h"

/** Before the first byte. */
#define NOTHING_SUMMED ((EthernetProgress){ .done = 14, .crc = 0xffffffff })

/** The first `passed` bytes of a frame of `length` bytes are there. `fcs`: its CRC-32 is wanted. */
void ethernetSum(EthernetProgress *progress, const uint8_t *frame, uint32_t passed, uint32_t length, int fcs);
/** Of a frame that is all there: whether every checksum that it has is right. */
uint8_t ethernetSumIsGood(const EthernetProgress *progress, const uint8_t *frame);

/** Where the frame's transport checksum goes if it has none yet, and what it is computed over; 0 when there is nothing to do. Fills the IPv4 header's in, if it has none. */
uint32_t ethernetChecksumPlace(uint8_t *frame, uint32_t length, uint32_t *start, uint32_t *bytes);
/** That checksum. */
uint16_t ethernetChecksum(const uint8_t *frame, uint32_t start, uint32_t bytes);

#endif
