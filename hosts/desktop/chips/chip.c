// What the chip models have in common: pins with their faults, counts, complaints, chance.

#include "chip.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAME_LEAST 60

Chip *chipNew(const char *kind, const ChipHost *host, const ChipOptions *options)
{
	const ChipModel *models[] = { &w5500Model, &enc28j60Model };
	for (size_t i = 0; i < sizeof(models) / sizeof(*models); i++) {
		if (strcmp(models[i]->name, kind) != 0)
			continue;
		Chip *chip = calloc(1, models[i]->size);
		if (!chip)
			return NULL;
		chip->model = models[i];
		chip->options = *options;
		chip->random = options->seed ^ 0x9e3779b9;
		chip->linkUp = true;
		chip->model->init(chip);
		chip->host = *host;
		return chip;
	}
	return NULL;
}

void chipFree(Chip *chip)
{
	free(chip);
}

/* Tells the host what the pin shows, when that changes. */
static void showInterrupt(Chip *chip)
{
	uint32_t stuck = chip->faults[CHIP_INTERRUPT_STUCK];
	bool pin = stuck == 1 || chip->faults[CHIP_ABSENT] ? false : stuck == 2 ? true : chip->interrupt;
	if (pin == chip->pin)
		return;
	chip->pin = pin;
	if (chip->host.interrupt)
		chip->host.interrupt(chip->host.context, pin);
}

void chipInterrupt(Chip *chip, bool asserted)
{
	chip->interrupt = asserted;
	showInterrupt(chip);
}

bool chipInterrupted(const Chip *chip)
{
	return chip->pin;
}

void chipSelect(Chip *chip, bool selected)
{
	if (selected == chip->selected)
		return;
	chip->selected = selected;
	if (selected)
		chip->counts.transactions++;
	if (!chip->inReset && !chip->faults[CHIP_ABSENT])
		chip->model->select(chip, selected);
}

/* One bit of 1 in `every` bytes is flipped, on average. */
static uint8_t disturb(Chip *chip, uint8_t byte, uint32_t every)
{
	if (every == 0 || chipRandom(chip) % every != 0)
		return byte;
	return byte ^ (uint8_t)(1 << (chipRandom(chip) & 7));
}

uint8_t chipExchange(Chip *chip, uint8_t out)
{
	if (!chip->selected)
		return 0xff;
	chip->counts.spiBytes++;
	if (chip->faults[CHIP_ABSENT])
		return chip->faults[CHIP_ABSENT] == 1 ? 0x00 : 0xff;
	if (chip->inReset)
		return 0xff;
	out = disturb(chip, out, chip->faults[CHIP_BIT_ERRORS_OUT]);
	return disturb(chip, chip->model->exchange(chip, out), chip->faults[CHIP_BIT_ERRORS_IN]);
}

void chipReset(Chip *chip, bool active)
{
	if (chip->inReset && !active) {
		chip->inReset = false;
		chip->model->reset(chip);
	} else if (active && !chip->inReset) {
		chip->inReset = true;
		chipInterrupt(chip, false);
	}
}

void chipTime(Chip *chip, uint64_t ns)
{
	if (ns <= chip->now)
		return;
	if (!chip->inReset)
		chip->model->time(chip, ns);
	chip->now = ns;
}

uint64_t chipNext(const Chip *chip)
{
	return chip->inReset ? UINT64_MAX : chip->model->next(chip);
}

void chipLink(Chip *chip, bool up)
{
	if (up == chip->linkUp)
		return;
	chip->linkUp = up;
	if (!chip->inReset)
		chip->model->link(chip, up);
}

bool chipRoom(const Chip *chip, uint32_t length)
{
	/* A frame that nobody hears needs no room. */
	return chip->inReset || !chip->linkUp || chip->model->room(chip, length);
}

void chipReceive(Chip *chip, const uint8_t *frame, uint32_t length)
{
	if (length > CHIP_FRAME_MOST || chip->inReset || !chip->linkUp)
		return;
	uint8_t padded[FRAME_LEAST] = { 0 };
	if (length < FRAME_LEAST) { /* who sent it padded it */
		memcpy(padded, frame, length);
		frame = padded;
		length = FRAME_LEAST;
	}
	chip->model->receive(chip, frame, length);
}

void chipTransmit(Chip *chip, const uint8_t *frame, uint32_t length)
{
	uint8_t padded[FRAME_LEAST] = { 0 };
	chip->counts.transmitted++;
	if (length < FRAME_LEAST) {
		memcpy(padded, frame, length);
		frame = padded;
		length = FRAME_LEAST;
	}
	if (chip->linkUp && chip->host.transmit)
		chip->host.transmit(chip->host.context, frame, length);
}

void chipFault(Chip *chip, ChipFault fault, uint32_t argument)
{
	if (fault == CHIP_RESETS) {
		chip->faults[fault] = 1; /* so that the model can tell it from the pin, which the driver knows of */
		if (!chip->inReset)
			chip->model->reset(chip);
		chip->faults[fault] = 0;
		return;
	}
	if (fault == CHIP_OVERWRITTEN) {
		if (!chip->inReset && !chip->faults[CHIP_ABSENT])
			chip->model->overwrite(chip, (uint8_t)(argument >> 24), (uint16_t)(argument >> 8), (uint8_t)argument);
		return;
	}
	chip->faults[fault] = argument;
	showInterrupt(chip);
}

bool chipFaultOnce(Chip *chip, ChipFault fault)
{
	if (chip->faults[fault] == 0)
		return false;
	chip->faults[fault]--;
	return true;
}

uint64_t chipTakes(const Chip *chip, uint64_t ns)
{
	return chip->faults[CHIP_BUSY] ? ns * chip->faults[CHIP_BUSY] : ns;
}

const ChipCounts *chipCounts(const Chip *chip)
{
	return &chip->counts;
}

void chipComplain(Chip *chip, const char *format, ...)
{
	char text[256];
	if (chip->faults[CHIP_BIT_ERRORS_OUT])
		return;
	chip->counts.complaints++;
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (chip->host.complain)
		chip->host.complain(chip->host.context, text);
}

/* A counter through the murmur3 finaliser. */
uint32_t chipRandom(Chip *chip)
{
	uint32_t z = chip->random += 0x9e3779b9;
	z = (z ^ z >> 16) * 0x85ebca6b;
	z = (z ^ z >> 13) * 0xc2b2ae35;
	return z ^ z >> 16;
}

uint32_t chipCrc(const uint8_t *bytes, uint32_t length)
{
	static uint32_t table[256];
	if (!table[1]) {
		for (uint32_t i = 0; i < 256; i++) {
			uint32_t c = i;
			for (int bit = 0; bit < 8; bit++)
				c = c & 1 ? c >> 1 ^ 0xedb88320 : c >> 1;
			table[i] = c;
		}
	}
	uint32_t crc = 0xffffffff;
	while (length--)
		crc = crc >> 8 ^ table[(crc ^ *bytes++) & 255];
	return ~crc;
}
