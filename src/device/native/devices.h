/*
 * The table of devices in C: what moves frames for compiled code, which knows a device by its number and calls it without the interpreter. A driver
 * adds itself when the stack attaches it (`native` of ../device.ts) and removes itself when it is closed. No engine in here: one table serves all
 * stacks of a process, whose machines run on one thread.
 */

#ifndef MULTIHOME_DEVICES_H
#define MULTIHOME_DEVICES_H

#include <stdint.h>

/** Places in the table, two pointers each: as many as a stack may have interfaces. */
#ifndef MULTIHOME_DEVICES
#define MULTIHOME_DEVICES 64
#endif

/** Answers of `transmit`, as in ../device.ts. */
enum { MULTIHOME_SENT = 0, MULTIHOME_HELD = 1, MULTIHOME_BUSY = 2 };

/** What a device does: as the methods of that name in ../device.ts, in C alone. They neither wait, nor throw, nor call the engine, nor add or remove devices. */
typedef struct {
	/** Puts the next frame at `at`, `most` bytes at most. Answers its length in bytes, 0 when there is none, -1 when one was lost. */
	int32_t (*receive)(void *driver, uint8_t *at, int32_t most);
	/** Sends the frame, which lies in `packet` and may be written to. Answers MULTIHOME_SENT, HELD or BUSY; a frame that can never be sent is counted, and SENT. */
	int32_t (*transmit)(void *driver, int32_t packet, uint8_t *frame, int32_t length);
	/** Whether the link is up, as last looked at: it costs no transfer. */
	int32_t (*linkUp)(void *driver);
} MultihomeDeviceOps;

/** Takes a device up. Answers its number, from 1 on, or 0 when the table is full: it works without one, by its methods. */
int32_t multihomeDeviceAdd(const MultihomeDeviceOps *ops, void *driver);

/** The number stands for no device any more; the next one that is added may have it. */
void multihomeDeviceRemove(int32_t number);

/* By number: one that stands for no device has no frames, is busy, and its link is down. */

/** As `receive`. A device that answers more than `most` has lost the frame. */
int32_t multihomeDeviceReceive(int32_t number, uint8_t *at, int32_t most);
/** As `transmit`. */
int32_t multihomeDeviceTransmit(int32_t number, int32_t packet, uint8_t *frame, int32_t length);
/** As `linkUp`: 1 or 0. */
int multihomeDeviceLinkUp(int32_t number);

#endif
