/*
 * The table of devices in C: what moves frames for compiled code, which knows a device by its number and calls it without the interpreter. A driver adds itself when the stack attaches
 * it (`native` of ../device.ts) and removes itself when it is closed. One table serves all stacks of a process, whose machines run on one thread.
 */

#pragma once

#include <stdint.h>

#include "layout.h" /* DEVICE_SENT and so on of ../device.ts, DEVICES_PLACES of ../kernels/devices.ts */

/** What a device does: as the methods of that name in ../device.ts, whose answers are explained there; a serial line as in ../serial.ts, with the protocol in place of `packet`. They neither wait, nor throw, nor call the engine, nor add or remove devices. */
typedef struct {
	/** The frame goes to `at`, `most` bytes at most. */
	int32_t (*receive)(void *driver, uint8_t *at, int32_t most);
	/** The frame may be written to. One that can never be sent is counted, and SENT. */
	int32_t (*transmit)(void *driver, int32_t packet, uint8_t *frame, int32_t length);
	/** As last looked at: it costs no transfer. */
	int32_t (*linkUp)(void *driver);
	/** NULL, or in place of the method `poll`: called at the beginning of every poll that asks the device, before `linkUp`. */
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
