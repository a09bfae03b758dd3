// The ENC28J60: SPI, memory, resets, time. Read enc28j60.h first; sections are those of the datasheet DS39662, errata those of DS80349C.

#include "enc28j60.h"

#include <string.h>

/* Erratum 2: CLKRDY does not tell when the chip is usable after a reset command; 1 ms does. */
#define RESET_NS 1000000

/* Memory */

static bool beingSent(const Enc *enc, uint32_t at)
{
	return enc->transmitAt != NEVER && ((at - enc->transmitFrom) & (MEMORY - 1)) <= ((enc->transmitEnd - enc->transmitFrom) & (MEMORY - 1));
}

static void checkMemory(Enc *enc, uint32_t at, bool write)
{
	if (enc->told)
		return;
	if (beingSent(enc, at))
		encComplain(enc, "enc28j60: 0x%04x is %s while it is being transmitted (7.1)", at, write ? "written" : "read");
	else if ((enc->registers[ECON1] & RXEN) && !enc->lied && encInFree(enc, at))
		encComplain(enc, write ? "enc28j60: 0x%04x is written, where the receiver writes (13.2, 7.2.4)" :
							   "enc28j60: 0x%04x is read, where no received frame is: ERXWRPT is 0x%04x (7.2.3)", at, encPair(enc, ERXWRPT));
	else
		return;
	enc->told = true;
}

static uint8_t readMemory(Enc *enc)
{
	uint32_t at = encPair(enc, ERDPT);
	checkMemory(enc, at, false);
	if (enc->registers[ECON2] & AUTOINC) /* 4.2.2 */
		encSetPair(enc, ERDPT, at == encPair(enc, ERXND) ? encPair(enc, ERXST) : (at + 1) & (MEMORY - 1));
	return enc->memory[at];
}

static void writeMemory(Enc *enc, uint8_t value)
{
	uint32_t at = encPair(enc, EWRPT);
	checkMemory(enc, at, true);
	enc->memory[at] = value;
	if (enc->registers[ECON2] & AUTOINC)
		encSetPair(enc, EWRPT, (at + 1) & (MEMORY - 1));
}

/* SPI */

static void begin(Enc *enc, uint8_t opcode)
{
	uint8_t address = opcode & 0x1f;
	enc->opcode = opcode;
	enc->index = address >= EIE ? address : (uint8_t)((enc->registers[ECON1] & BSEL) << 5 | address);
	enc->passed = 0;
	enc->phase = SPI_OVER;
	if (opcode == 0xff) {
		enc->phase = SPI_RESET;
	} else if (enc->chip.now < enc->usableAt && opcode != ESTAT) {
		/* Erratum 2. Reading ESTAT does no harm, and CLKRDY reads 1. */
		encComplain(enc, "enc28j60: instruction 0x%02x within 1 ms after a reset command (erratum 2)", opcode);
	} else if ((opcode >> 5 == 1 || opcode >> 5 == 3) && address != 0x1a) {
		encComplain(enc, "enc28j60: instruction 0x%02x: a memory instruction's argument is 1Ah (table 4-1)", opcode);
	} else if (opcode >> 5 > 5) {
		encComplain(enc, "enc28j60: instruction 0x%02x does not exist (table 4-1)", opcode);
	} else {
		static const SpiPhase phases[] = { SPI_READ, SPI_READ_MEMORY, SPI_WRITE, SPI_WRITE_MEMORY, SPI_WRITE, SPI_WRITE };
		enc->phase = phases[opcode >> 5];
	}
}

static void writeOnce(Enc *enc, uint8_t value)
{
	if (enc->passed == 2)
		encComplain(enc, "enc28j60: instruction 0x%02x is followed by more than one byte (4.2)", enc->opcode);
	if (enc->passed > 1)
		return;
	if (enc->opcode >> 5 == 2)
		encWriteRegister(enc, enc->index, value);
	else
		encSetOrClearBits(enc, enc->opcode >> 5 == 4, value);
}

/* While a fault is on the bus, the chip and its driver may come to think differently. */
static void watchFaults(Enc *enc)
{
	const uint32_t *faults = enc->chip.faults;
	if (faults[CHIP_ABSENT] || faults[CHIP_BIT_ERRORS_IN] || faults[CHIP_BIT_ERRORS_OUT])
		enc->excused = true;
}

static uint8_t encExchange(Chip *chip, uint8_t out)
{
	Enc *enc = (Enc *)chip;
	watchFaults(enc);
	enc->passed++;
	switch (enc->phase) {
	case SPI_OPCODE:
		begin(enc, out);
		return 0xff; /* SO is in high impedance, figures 4-3 to 4-7 */
	case SPI_READ:
		/* 4.2.1: a dummy byte comes first. What it holds is not said. */
		if (enc->passed == 1 && encIsMac(enc->index))
			return (uint8_t)chipRandom(chip);
		return encReadRegister(enc, enc->index);
	case SPI_READ_MEMORY:
		return readMemory(enc);
	case SPI_WRITE:
		writeOnce(enc, out);
		return 0xff;
	case SPI_WRITE_MEMORY:
		writeMemory(enc, out);
		return 0xff;
	default:
		return 0xff;
	}
}

/* 4.2.7, 11.2: all but the memory, and CLKRDY, is as after power on. */
static void softReset(Enc *enc)
{
	if (enc->registers[ECON2] & PWRSV) {
		encComplain(enc, "enc28j60: a reset command in power save mode does nothing (erratum 19)");
		return;
	}
	encInitRegisters(enc);
	enc->excused = false;
	enc->usableAt = enc->chip.now + RESET_NS;
	if (enc->clockReady)
		encLinkChanged(enc);
	encShowInterrupt(enc);
}

static void encSelect(Chip *chip, bool selected)
{
	Enc *enc = (Enc *)chip;
	SpiPhase phase = enc->phase;
	enc->phase = selected ? SPI_OPCODE : SPI_OVER;
	enc->told = false;
	if (selected)
		return;
	if (phase == SPI_RESET)
		softReset(enc);
	else if ((phase == SPI_WRITE || phase == SPI_READ) && enc->passed == 0)
		encComplain(enc, "enc28j60: instruction 0x%02x ends after its opcode (4.2)", enc->opcode);
	else if (phase == SPI_READ && enc->passed == 1 && encIsMac(enc->index))
		encComplain(enc, "enc28j60: register %02xh of bank %d is read without a second byte: the first is a dummy (4.2.1)", enc->index & 0x1f,
			enc->index >> 5);
}

/* Resets and time */

static void encReset(Chip *chip)
{
	Enc *enc = (Enc *)chip;
	encInitRegisters(enc);
	/* A brown-out is not the driver's doing, and it may not know of it for a while. */
	enc->excused = chip->faults[CHIP_RESETS] != 0;
	enc->clockReady = false;
	enc->clockAt = chip->now + chipTakes(chip, OSCILLATOR_NS);
	enc->usableAt = 0;
	encShowInterrupt(enc);
}

static void encOverwrite(Chip *chip, uint8_t bank, uint16_t address, uint8_t value)
{
	Enc *enc = (Enc *)chip;
	uint8_t low = address & 0x1f;
	enc->excused = true;
	encWriteRegister(enc, low >= EIE ? low : (uint8_t)((bank & BSEL) << 5 | low), value);
}

static void encInit(Chip *chip)
{
	Enc *enc = (Enc *)chip;
	for (size_t i = 0; i < MEMORY; i += 4) {
		uint32_t word = chipRandom(chip);
		memcpy(enc->memory + i, &word, 4);
	}
	encReset(chip);
}

static uint64_t clockAt(const Enc *enc)
{
	return enc->clockReady || (enc->registers[ECON2] & PWRSV) ? NEVER : enc->clockAt;
}

static uint64_t encNext(const Chip *chip)
{
	const Enc *enc = (const Enc *)chip;
	uint64_t next = clockAt(enc);
	next = enc->transmitAt < next ? enc->transmitAt : next;
	next = enc->dmaAt < next ? enc->dmaAt : next;
	next = enc->phyAt < next ? enc->phyAt : next;
	return enc->miiAt < next ? enc->miiAt : next;
}

static void encTime(Chip *chip, uint64_t ns)
{
	Enc *enc = (Enc *)chip;
	watchFaults(enc);
	for (;;) {
		uint64_t at = encNext(chip);
		if (at > ns)
			return;
		if (at > chip->now)
			chip->now = at;
		if (at == clockAt(enc)) {
			enc->clockReady = true;
			encLinkChanged(enc);
		} else if (at == enc->miiAt) {
			encMiiEnd(enc);
		} else if (at == enc->dmaAt) {
			encDmaEnd(enc);
		} else if (at == enc->phyAt) {
			enc->phyAt = NEVER;
			encLinkChanged(enc);
		} else {
			encTransmitEnd(enc);
		}
		encShowInterrupt(enc);
	}
}

static void encLink(Chip *chip, bool up)
{
	Enc *enc = (Enc *)chip;
	(void)up;
	if (encAwake(enc))
		encLinkChanged(enc);
	encShowInterrupt(enc);
}

const ChipModel enc28j60Model = {
	"enc28j60", sizeof(Enc), encInit, encSelect, encExchange, encReset, encOverwrite, encTime, encNext, encLink, encRoom, encReceive,
};
