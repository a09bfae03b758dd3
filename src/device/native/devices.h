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
enum { MULTIHOME_SENT = 0, MULTIHOME_HELD = 1, MULTIHOME_BUSY = 2, MULTIHOME_ANSWERED = 3 };

/** What a device does: as the methods of that name in ../device.ts, in C alone; a serial line as in ../serial.ts, with the protocol in place of `packet`. They neither wait, nor throw, nor call the engine, nor add or remove devices. */
typedef struct {
	/** Puts the next frame at `at`, `most` bytes at most. Answers its length in bytes, 0 when there is none, -1 when one was lost. */
	int32_t (*receive)(void *driver, uint8_t *at, int32_t most);
	/** Sends the frame, which lies in `packet` and may be written to. Answers MULTIHOME_SENT, HELD, BUSY or ANSWERED; a frame that can never be sent is counted, and SENT. */
	int32_t (*transmit)(void *driver, int32_t packet, uint8_t *frame, int32_t length);
	/** Whether the link is up, as last looked at: it costs no transfer. */
	int32_t (*linkUp)(void *driver);
	/**
	 * NULL, or as `poll`: called at the beginning of every poll that asks the device, with the time, ms, in place of that method, and before `linkUp`. Answers in how many
	 * ms it wants to be called again, or -1.
	 */
	int32_t (*service)(void *driver, int32_t now);
} MultihomeDeviceOps;

/** Takes a device up. Answers its number, from 1 on, or 0 when the table is full: it works without one, by its methods. */
int32_t multihomeDeviceAdd(const MultihomeDeviceOps *ops, void *driver);

/** The number stands for no device any more; the next one that is added may have it. */
void multihomeDeviceRemove(int32_t number);

/** Answer of multihomeDeviceService: the device has no such function, and its method `poll` is called, if it has one. */
#define MULTIHOME_NO_SERVICE -2

/* By number: one that stands for no device has no frames, is busy, its link is down, and it has no `service`. */

/** As `receive`. */
int32_t multihomeDeviceReceive(int32_t number, uint8_t *at, int32_t most);
/** As `transmit`. */
int32_t multihomeDeviceTransmit(int32_t number, int32_t packet, uint8_t *frame, int32_t length);
/** As `linkUp`: 1 or 0. */
int multihomeDeviceLinkUp(int32_t number);
/** As `service`, or MULTIHOME_NO_SERVICE. */
int32_t multihomeDeviceService(int32_t number, int32_t now);

#endif
