// Models of Ethernet chips, from their datasheets. On one side SPI to the bit and the pins, on the other a wire. The desktop host links them
// below drivers/bus/desktop.c; the board emulator and the tests on Node load the same sources as an addon.
//
// A model has no clock of its own: its owner tells it the time. It says loudly (`complain`) when a driver does what the datasheet forbids.

#ifndef MULTIHOME_CHIP_H
#define MULTIHOME_CHIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Longest frame without FCS that a wire carries here. */
#define CHIP_FRAME_MOST 1518

/** What a model calls; any may be NULL. Never from within chipNew. */
typedef struct {
	void *context;
	/** A frame leaves the chip, complete, without FCS, padded to 60 bytes. */
	void (*transmit)(void *context, const uint8_t *frame, uint32_t length);
	/** The interrupt pin changes: asserted is low. */
	void (*interrupt)(void *context, bool asserted);
	/** The driver did what the datasheet forbids: one line, with the datasheet's section or the erratum's number. */
	void (*complain)(void *context, const char *text);
} ChipHost;

typedef struct {
	/** Bits a second on the wire: frames take their time to leave. 0: no time. (How long arriving frames take is the wire's business.) */
	uint32_t lineRate;
	/** ENC28J60: EREVID, 0 for the newest (B7, 0x06). */
	uint8_t revision;
	/** ENC28J60: full duplex wiring of LEDB (PHCON1.PDPXMD after reset). */
	bool fullDuplex;
	uint32_t seed;
} ChipOptions;

/** Faults that can be injected, each with an argument; 0 ends it. */
typedef enum {
	CHIP_ABSENT, /* 1: MISO stays low, 2: MISO stays high; the chip hears nothing */
	CHIP_INTERRUPT_STUCK, /* 1: the pin never goes low, 2: the pin is always low */
	CHIP_BAD_LENGTH, /* the next frames' length (and for the ENC28J60 next pointer) in the buffer is wrong: how many frames */
	CHIP_RESETS, /* the chip loses its settings now, as after a brown-out (any argument) */
	CHIP_BIT_ERRORS_IN, /* one bit of so many bytes on average is flipped on MISO: 1 in `argument` bytes */
	CHIP_BIT_ERRORS_OUT, /* the same on MOSI; complaints are silent meanwhile */
	CHIP_TRANSMIT_STUCK, /* so many transmissions never end */
	CHIP_LATE_COLLISIONS, /* ENC28J60: so many transmissions end with a late collision (erratum 13) */
	CHIP_BUSY, /* commands take so many times as long */
	CHIP_OVERWRITTEN, /* a register is overwritten now, as by a disturbed transfer: bank (W5500: block, §2.2.2) << 24 | address << 8 | value */
	CHIP_FAULTS
} ChipFault;

typedef struct {
	uint64_t spiBytes; /* exchanged while selected */
	uint64_t transactions; /* select low to high */
	uint32_t received; /* frames that came into the buffer */
	uint32_t filtered; /* frames that the chip's filters refused */
	uint32_t overflowed; /* frames that found no room */
	uint32_t transmitted;
	uint32_t complaints;
} ChipCounts;

typedef struct Chip Chip;

/** `kind`: "w5500" or "enc28j60"; NULL for another. Power is on, the cable is plugged in, time is 0. */
Chip *chipNew(const char *kind, const ChipHost *host, const ChipOptions *options);
void chipFree(Chip *chip);

/** Chip select: true is low. */
void chipSelect(Chip *chip, bool selected);
/** One byte each way, mode 0. Answers what the chip drives on MISO; 0xff when not selected. */
uint8_t chipExchange(Chip *chip, uint8_t out);
/** Reset pin: true is low. */
void chipReset(Chip *chip, bool active);
/** Whether the interrupt pin is asserted (low). */
bool chipInterrupted(const Chip *chip);

/** It is now `ns` nanoseconds, which never goes back: what was to happen until then happens, in order. */
void chipTime(Chip *chip, uint64_t ns);
/** When something will happen by itself next, ns; UINT64_MAX for never. */
uint64_t chipNext(const Chip *chip);

/** The cable is plugged in or pulled. */
void chipLink(Chip *chip, bool up);
/** Whether a frame of that many bytes (without FCS) that the filters accept would find room now. */
bool chipRoom(const Chip *chip, uint32_t length);
/** A frame has arrived completely, without FCS. */
void chipReceive(Chip *chip, const uint8_t *frame, uint32_t length);

void chipFault(Chip *chip, ChipFault fault, uint32_t argument);
const ChipCounts *chipCounts(const Chip *chip);

/* What each model implements; chip.c does the rest (faults on the pins, counts, complaints). */

typedef struct {
	const char *name;
	size_t size; /* of the state, which begins with a Chip */
	void (*init)(Chip *chip); /* power on */
	void (*select)(Chip *chip, bool selected);
	uint8_t (*exchange)(Chip *chip, uint8_t out);
	void (*reset)(Chip *chip); /* the reset pin is let go, or CHIP_RESETS */
	void (*overwrite)(Chip *chip, uint8_t bank, uint16_t address, uint8_t value); /* CHIP_OVERWRITTEN */
	void (*time)(Chip *chip, uint64_t ns);
	uint64_t (*next)(const Chip *chip);
	void (*link)(Chip *chip, bool up);
	bool (*room)(const Chip *chip, uint32_t length);
	void (*receive)(Chip *chip, const uint8_t *frame, uint32_t length);
} ChipModel;

struct Chip {
	const ChipModel *model;
	ChipHost host;
	ChipOptions options;
	ChipCounts counts;
	uint64_t now;
	uint32_t faults[CHIP_FAULTS];
	uint32_t random; /* chipRandom's state */
	bool linkUp, selected, inReset;
	bool interrupt; /* what the chip drives: true is asserted. Set by chipInterrupt() only */
	bool pin; /* what the host was told */
};

extern const ChipModel w5500Model, enc28j60Model;

/** For models: drives the interrupt pin. */
void chipInterrupt(Chip *chip, bool asserted);
/** For models: a frame has left. Pads to 60 bytes. */
void chipTransmit(Chip *chip, const uint8_t *frame, uint32_t length);
/** For models: counts and passes on a complaint, printf-like. Silent while CHIP_BIT_ERRORS_OUT is on. */
void chipComplain(Chip *chip, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** For models: 32 random bits from options.seed. */
uint32_t chipRandom(Chip *chip);
/** For models: uses up one of a counted fault; answers whether there was one. */
bool chipFaultOnce(Chip *chip, ChipFault fault);
/** For models: how long a command takes that takes `ns`, with CHIP_BUSY. */
uint64_t chipTakes(const Chip *chip, uint64_t ns);
/** For models: CRC-32 of IEEE 802.3 over the bytes, as it stands in the FCS (least significant byte first). */
uint32_t chipCrc(const uint8_t *bytes, uint32_t length);

#endif
