/*
 * Network interfaces that the platform's own SDK drives: Wi-Fi, and the ESP32's Ethernet MAC. Their frames come by a callback, from a task, a core or an interrupt
 * of the SDK's own, and wait in a queue until the stack's poll takes them. nic.c is the queue, nic-PLATFORM.c how the machine is woken, nic-port.c the device that
 * the stack sees; ../wifi and ../emac have what differs. Only nic-port.c knows the engine.
 */

#ifndef MULTIHOME_NIC_H
#define MULTIHOME_NIC_H

#include <stdint.h>

/** Longest frame without FCS: header 14, packet 1500; and the header alone. IEEE 802.3 §3.2. */
#define NIC_FRAME_MOST 1514
#define NIC_FRAME_LEAST 14

/** Frames that wait at most, a power of two. Moddable gives an ESP32's Wi-Fi 12 buffers, an ESP32-C3's 6, the EMAC 10: more would leave it none. */
#ifndef NIC_FRAMES
#define NIC_FRAMES 8
#endif

/** What can go wrong, counted under these names (device.ts). The first two are counted on the SDK's side, the others on ours: each has one writer. */
enum {
	NIC_OVERRUNS, /* frames lost: as many as can wait were waiting */
	NIC_BAD_LENGTHS, /* frames longer than Ethernet's, or shorter than its header */
	NIC_TOO_LONG, /* frames longer than where they were to go */
	NIC_TRANSMIT_FAILED, /* frames that the SDK did not take, for good */
	NIC_SEND_BUSY, /* times that it had no room, and was asked again later */
	NIC_STALLS, /* times that it waited, for longer than a frame takes, before it took one */
	NIC_COUNTERS
};

typedef struct NicDriver NicDriver;

typedef struct {
	const uint8_t *bytes;
	void *held; /* what `release` is given */
	uint32_t length;
} NicFrame;

/** One interface: static, never freed, as a callback or a message may be on its way when it is closed. Zeroed at the start. */
typedef struct {
	const NicDriver *driver;
	void *machine;
	/* What a message calls, on the machine's task; NULL while closed. */
	void (*told)(void *context);
	void *context;
	uint8_t mac[6];
	/* Of the two sides, atomic. */
	uint32_t open; /* frames are taken */
	uint32_t inside; /* the SDK's side is in nicHand() */
	uint32_t put; /* frames handed over, ever: the SDK's side */
	uint32_t taken; /* and taken: ours */
	uint32_t pending; /* a message is on its way */
	uint32_t link;
	uint32_t counters[NIC_COUNTERS];
	NicFrame frames[NIC_FRAMES];
	uint8_t *copies; /* where frames wait that the SDK does not lend */
} Nic;

/** Answers of a driver's `transmit`. */
enum { NIC_SENT, NIC_BUSY, NIC_FAILED };

struct NicDriver {
	/** For messages: "wifi". */
	const char *name;
	Nic *nic;
	/** The SDK's frames are gone when its callback returns: they are copied, into NIC_FRAMES times NIC_COPY bytes. */
	uint8_t copies;
	/**
	 * Takes the interface, and has frames handed over from then on; fills in nic->mac. `options`: numbers, as the driver's `open` has them. Answers NULL, or what is
	 * wrong, in one line, with everything as it was.
	 */
	const char *(*start)(Nic *nic, const int32_t *options);
	/** Sends. The bytes are the caller's again when it returns. NIC_BUSY: the machine is woken (nicSoon) when it is worth another try. */
	int (*transmit)(Nic *nic, uint8_t *frame, uint32_t length);
	/** Frames for multicast groups are wanted, or not. NULL: they come always. */
	void (*multicast)(Nic *nic, int on);
	/** Gives back what nicHand() was given to hold. */
	void (*release)(void *held);
	/** Has no more frames handed over, and gives back what `start` took. */
	void (*stop)(Nic *nic);
};

/** Bytes of a place for a copied frame: a multiple of four. */
#define NIC_COPY 1516

/* For the drivers, from wherever the SDK calls them; nicHand not by two at once. */

/** A frame came: 1 when it waits, with `held` for later; 0 when it is lost, counted, and the caller's. */
int nicHand(Nic *nic, const uint8_t *bytes, uint32_t length, void *held);
/** The link is up, or down. */
void nicLink(Nic *nic, int up);

/* For nic-port.c, on the machine's task. */

/** Begins to take frames. Answers 0 when there is no memory for them. */
int nicStart(Nic *nic);
/** Takes none any more, waits until the SDK's side is out of nicHand(), and gives back what waits. */
void nicStop(Nic *nic);
/** The next frame: its length, 0 when there is none, -1 when it was longer than `most` and is lost. */
int32_t nicTake(Nic *nic, uint8_t *to, uint32_t most);

/* Of nic-PLATFORM.c. */

/** Posts nicDeliver with `nic` to its machine, from anywhere, without waiting: 1, or 0 when the machine's queue is full. */
int nicPost(Nic *nic);
/** The same about a millisecond later, asked for on the machine's task. */
void nicSoon(Nic *nic);
/** Lets the other side run, on the machine's task; a millisecond at most. */
void nicPause(void);

/** What is posted. */
void nicDeliver(void *machine, void *nic, uint8_t *message, uint16_t length);

#endif
