/*
 * The table of devices in C: what moves frames for compiled code, which knows a device by its number and calls it without the interpreter. A driver
 * adds itself when the stack attaches it (`native` of ../device.ts) and removes itself when it is closed. No engine in here: one table serves all
 * stacks of a process, whose machines run on one thread.
 */

#ifndef MULTIHOME_DEVICES_H
#define MULTIHOME_DEVICES_H

#include <stdint.h>

#include "layout.h" /* DEVICE_SENT and so on of ../device.ts, DEVICES_PLACES of ../kernels/devices.ts */

/** What a device does: as the methods of that name in ../device.ts, in C alone; a serial line as in ../serial.ts, with the protocol in place of `packet`. They neither wait, nor throw, nor call the engine, nor add or remove devices. */
typedef struct {
	/**
	 * Puts the next frame at `at`, `most` bytes at most. Answers its length in bytes, 0 when there is none, -1 when one was lost. DEVICE_COMES: a frame may be on its way
	 * there; it is called again with the same memory, soon, and until it answers otherwise, or `settle` of ../device.ts was called, nobody else uses that.
	 */
	int32_t (*receive)(void *driver, uint8_t *at, int32_t most);
	/** Sends the frame, which lies in `packet` and may be written to. Answers DEVICE_SENT, HELD, BUSY or ANSWERED; a frame that can never be sent is counted, and SENT.
	 * DEVICE_AGAIN: it may be on its way, or can be soon; it is offered again within the poll and stays as it is until it is answered otherwise, or `settle` was called. Neither that
	 * nor HELD when `packet` is -1: its memory is used for other things at once. */
	int32_t (*transmit)(void *driver, int32_t packet, uint8_t *frame, int32_t length);
	/** Whether the link is up, as last looked at: it costs no transfer. */
	int32_t (*linkUp)(void *driver);
	/**
	 * NULL, or as `poll`: called at the beginning of every poll that asks the device, with the time, ms, in place of that method, and before `linkUp`. Answers in how many
	 * ms it wants to be called again, or -1.
	 */
	int32_t (*service)(void *driver, int32_t now);
	/** NULL for a device that answers neither COMES nor AGAIN: whether it would answer so for the same reason as last, as bytes pass. */
	int32_t (*passes)(void *driver);
} MultihomeDeviceOps;

/** A place in the table; without `ops` it is free. Compiled code alone looks there, device-kernels.h. */
typedef struct {
	const MultihomeDeviceOps *ops;
	void *driver;
} MultihomeDevice;
extern MultihomeDevice multihomeDevices[DEVICES_PLACES];

/** Takes a device up. Answers its number, from 1 on, or 0 when the table is full: it works without one, by its methods. */
int32_t multihomeDeviceAdd(const MultihomeDeviceOps *ops, void *driver);

/** The number stands for no device any more; the next one that is added may have it. */
void multihomeDeviceRemove(int32_t number);

#endif
