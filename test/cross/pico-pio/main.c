// Runs drivers/bus/pico-pio.c on Linux: below it a state machine that knows OUT, IN and JMP as the RP2040 datasheet has them (§3.4), and a chip that hears and says bits as SPI's mode 0 has
// them. Prints nothing and ends with 0 when all is well. It says nothing about the time that signals take.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../drivers/bus/pico-pio.c"

#define DEMAND(WHAT) ((WHAT) ? (void)0 : (fprintf(stderr, "main.c:%d: %s\n", __LINE__, #WHAT), exit(1)))
#define OFFSET 27
#define CLOCK 21
#define OUT 23
#define IN 22

static pio_hw_t hardware;

static struct {
	int none; /* no state machine is left */
	int claimed, enabled;
	uint16_t memory[32];
	pio_sm_config config;
	uint pc, divider;
	uint32_t osr, isr, outCount, inCount; /* bits that were shifted */
	uint32_t sends[4], came[4];
	int sendCount, cameCount, most;
	uint32_t pins, directions, functions;
	int stuck; /* the state machine does nothing */
} pio;

/* The chip: what it hears, and what it says, from the most significant bit on. */
static struct {
	uint8_t heard[4096], says[4096];
	uint32_t bits; /* clocks that have risen */
	uint32_t changes; /* of MOSI while the clock was high */
	int miso;
} chip;

static void chipSays(void)
{
	chip.miso = chip.says[chip.bits / 8 % sizeof(chip.says)] >> (7 - chip.bits % 8) & 1;
}

static void setPins(uint32_t values, uint32_t mask)
{
	uint32_t before = pio.pins;
	pio.pins = (pio.pins & ~mask) | (values & mask);
	uint32_t changed = before ^ pio.pins;
	if (changed & 1u << OUT && before & pio.pins & 1u << CLOCK)
		chip.changes++;
	if (!(changed & 1u << CLOCK))
		return;
	if (pio.pins & 1u << CLOCK) {
		uint8_t *byte = &chip.heard[chip.bits / 8 % sizeof(chip.heard)];
		*byte = (uint8_t)(*byte << 1 | (pio.pins >> OUT & 1));
		chip.bits++;
	} else
		chipSays();
}

/* One cycle. Answers whether it did not wait. */
static int cycle(void)
{
	uint instruction = pio.memory[pio.pc];
	uint side = instruction >> 12 & 1;
	DEMAND(pio.config.sideBits == 1 && !pio.config.optional && !pio.config.pindirs && pio.config.sidePin == CLOCK);
	DEMAND((instruction >> 8 & 15) == 0); /* no delay */
	uint next = pio.pc == pio.config.wrap ? pio.config.wrapTarget : pio.pc + 1;
	switch (instruction >> 13) {
	case 3: /* OUT */
		DEMAND((instruction >> 5 & 7) == 0 && (instruction & 31) == 1 && pio.config.autopull && !pio.config.outRight && pio.config.outPin == OUT && pio.config.outCount == 1);
		setPins(side << CLOCK, 1u << CLOCK); /* while it waits, too */
		if (pio.outCount >= pio.config.outThreshold) {
			if (pio.sendCount == 0)
				return 0;
			pio.osr = pio.sends[0];
			memmove(pio.sends, pio.sends + 1, sizeof(pio.sends) - sizeof(*pio.sends));
			pio.sendCount--;
			pio.outCount = 0;
		}
		setPins((pio.osr >> 31) << OUT, 1u << OUT);
		pio.osr <<= 1;
		pio.outCount++;
		break;
	case 2: /* IN */
		DEMAND((instruction >> 5 & 7) == 0 && (instruction & 31) == 1 && pio.config.autopush && !pio.config.inRight && pio.config.inPin == IN);
		if (pio.inCount + 1 >= pio.config.inThreshold && pio.cameCount == 4) {
			setPins(side << CLOCK, 1u << CLOCK);
			return 0;
		}
		/* Taken at the edge: what the chip has said since the clock fell. */
		pio.isr = pio.isr << 1 | (uint32_t)chip.miso;
		setPins(side << CLOCK, 1u << CLOCK);
		if (++pio.inCount >= pio.config.inThreshold) {
			pio.came[pio.cameCount++] = pio.isr;
			pio.isr = pio.inCount = 0;
		}
		break;
	default:
		DEMAND(!"an instruction of the program");
	}
	pio.pc = next;
	return 1;
}

static void cycles(int most)
{
	for (int i = 0; i < most && pio.enabled && !pio.stuck && cycle(); i++)
		;
}

bool pio_claim_free_sm_and_add_program_for_gpio_range(const pio_program_t *program, PIO *to, uint *sm, uint *offset, uint base, uint count, bool setBase)
{
	DEMAND(base == 0 && count == 30 && setBase && program->origin == -1);
	if (pio.none)
		return false;
	for (uint i = 0; i < program->length; i++)
		pio.memory[OFFSET + i] = program->instructions[i];
	*to = &hardware;
	*sm = 2;
	*offset = OFFSET;
	pio.claimed++;
	return true;
}

void pio_remove_program_and_unclaim_sm(const pio_program_t *program, PIO p, uint sm, uint offset)
{
	DEMAND(program->length == 2 && p == &hardware && sm == 2 && offset == OFFSET && !pio.enabled);
	pio.claimed--;
}

pio_sm_config pio_get_default_sm_config(void) { return (pio_sm_config){ .wrap = 31, .outRight = true, .inRight = true, .outThreshold = 32, .inThreshold = 32 }; }
void sm_config_set_wrap(pio_sm_config *c, uint target, uint wrap) { c->wrapTarget = target, c->wrap = wrap; }
void sm_config_set_sideset(pio_sm_config *c, uint bits, bool optional, bool pindirs) { c->sideBits = bits, c->optional = optional, c->pindirs = pindirs; }
void sm_config_set_sideset_pins(pio_sm_config *c, uint pin) { c->sidePin = pin; }
void sm_config_set_out_pins(pio_sm_config *c, uint pin, uint count) { c->outPin = pin, c->outCount = count; }
void sm_config_set_in_pins(pio_sm_config *c, uint pin) { c->inPin = pin; }
void sm_config_set_out_shift(pio_sm_config *c, bool right, bool autopull, uint threshold) { c->outRight = right, c->autopull = autopull, c->outThreshold = threshold; }
void sm_config_set_in_shift(pio_sm_config *c, bool right, bool autopush, uint threshold) { c->inRight = right, c->autopush = autopush, c->inThreshold = threshold; }
void pio_sm_set_pins_with_mask(PIO p, uint sm, uint32_t values, uint32_t mask) { (void)p, (void)sm, setPins(values, mask); }
void pio_sm_set_pindirs_with_mask(PIO p, uint sm, uint32_t values, uint32_t mask) { (void)p, (void)sm, pio.directions = (pio.directions & ~mask) | values; }
void pio_gpio_init(PIO p, uint pin) { (void)p, pio.functions |= 1u << pin; }
void hw_set_bits(uint32_t *address, uint32_t mask) { *address |= mask; }
void pio_sm_set_enabled(PIO p, uint sm, bool enabled) { (void)p, (void)sm, pio.enabled = enabled, cycles(1000); }
void pio_sm_set_clkdiv_int_frac(PIO p, uint sm, uint16_t divider, uint8_t fraction) { (void)p, (void)sm, DEMAND(divider > 0 && fraction == 0), pio.divider = divider; }
bool pio_sm_is_rx_fifo_empty(PIO p, uint sm) { (void)p, (void)sm, cycles(3); return pio.cameCount == 0; }
void pio_sm_clear_fifos(PIO p, uint sm) { (void)p, (void)sm, pio.sendCount = pio.cameCount = 0; }
uint pio_encode_jmp(uint address) { return address; }
uint32_t clock_get_hz(int clock) { (void)clock; return 125000000; }

void pio_sm_init(PIO p, uint sm, uint pc, const pio_sm_config *config)
{
	(void)p, (void)sm;
	pio.config = *config;
	pio.pc = pc;
	pio.outCount = 32; /* empty */
	pio.inCount = pio.isr = 0;
	pio.sendCount = pio.cameCount = 0;
	pio.divider = 1;
}

void pio_sm_restart(PIO p, uint sm)
{
	(void)p, (void)sm;
	pio.outCount = 32;
	pio.inCount = pio.isr = 0;
}

void pio_sm_exec(PIO p, uint sm, uint instruction)
{
	(void)p, (void)sm;
	DEMAND(instruction < 32 && !(instruction >> 12)); /* JMP, always, side 0 */
	setPins(0, 1u << CLOCK);
	pio.pc = instruction;
}

void pio_sm_put(PIO p, uint sm, uint32_t word)
{
	(void)p, (void)sm;
	DEMAND(pio.sendCount < 4); /* it would be lost */
	pio.sends[pio.sendCount++] = word;
	if (pio.sendCount + pio.cameCount > pio.most)
		pio.most = pio.sendCount + pio.cameCount;
}

uint32_t pio_sm_get(PIO p, uint sm)
{
	(void)p, (void)sm;
	DEMAND(pio.cameCount > 0);
	uint32_t word = pio.came[0];
	memmove(pio.came, pio.came + 1, sizeof(pio.came) - sizeof(*pio.came));
	pio.cameCount--;
	return word;
}

static const SpiPins PINS = { .bus = 2, .clock = CLOCK, .out = OUT, .in = IN, .select = 20, .interrupt = 24, .reset = 25, .hz = 15625000 };

static PioSpi open(void)
{
	PioSpi spi;
	DEMAND(pioSpiOpen(&spi, &PINS) && pio.claimed == 1 && pio.enabled);
	DEMAND(pio.directions == (1u << CLOCK | 1u << OUT) && pio.functions == (1u << CLOCK | 1u << OUT | 1u << IN) && hardware.input_sync_bypass == 1u << IN);
	return spi;
}

static int idle(void) { return !(pio.pins & 1u << CLOCK); }

/* Every length, both ways: in order, none too many, none lost. */
static void bytes(PioSpi *spi)
{
	uint8_t out[300], in[302];
	for (uint32_t count = 0; count <= 300; count++) {
		for (uint32_t i = 0; i < 300; i++) {
			out[i] = (uint8_t)(i * 37 + count);
			chip.says[i] = (uint8_t)(i * 11 + 5 * count + 1);
		}
		memset(in, 0xee, sizeof(in));
		chip.bits = chip.changes = 0;
		chipSays();
		DEMAND(pioSpiExchange(spi, out, in + 1, count, 100) == count);
		DEMAND(chip.bits == 8 * count && chip.changes == 0 && in[0] == 0xee && in[count + 1] == 0xee);
		DEMAND(memcmp(chip.heard, out, count) == 0 && memcmp(in + 1, chip.says, count) == 0);
		cycles(10);
		DEMAND(idle() && chip.bits == 8 * count && pio.sendCount == 0 && pio.cameCount == 0);
		/* Zeros are sent where nothing else is given, and what nobody wants is dropped. */
		chip.bits = 0;
		chipSays();
		DEMAND(pioSpiExchange(spi, NULL, in + 1, count, 100) == count && memcmp(in + 1, chip.says, count) == 0);
		for (uint32_t i = 0; i < count; i++)
			DEMAND(chip.heard[i] == 0);
		chip.bits = 0;
		DEMAND(pioSpiExchange(spi, out, NULL, count, 100) == count && memcmp(chip.heard, out, count) == 0);
	}
	DEMAND(pio.most <= 8);
}

static uint32_t hzFor(PioSpi *spi, uint32_t hz)
{
	pioSpiClock(spi, hz);
	return 125000000 / 2 / pio.divider;
}

static void clocks(PioSpi *spi)
{
	DEMAND(hzFor(spi, 15625000) == 15625000 && hzFor(spi, 31250000) == 31250000 && hzFor(spi, 33000000) == 31250000 && hzFor(spi, 80000000) == 62500000);
	for (uint32_t hz = 100000; hz <= 62500000; hz += 98765)
		DEMAND(hzFor(spi, hz) <= hz);
	DEMAND(hzFor(spi, 1) > 0); /* as slow as it goes */
}

/* Nothing comes: it ends, and what was sent is not the next transfer's. */
static void stops(PioSpi *spi)
{
	uint8_t in[20];
	pio.stuck = 1;
	DEMAND(pioSpiExchange(spi, NULL, in, 20, 100) == 0);
	pio.stuck = 0;
	cycles(13); /* in the middle of a byte, with the clock high or low */
	pioSpiStop(spi);
	DEMAND(idle() && pio.sendCount == 0 && pio.cameCount == 0);
	bytes(spi);
}

int main(void)
{
	PioSpi spi;
	pio.none = 1;
	DEMAND(!pioSpiOpen(&spi, &PINS) && pio.claimed == 0);
	pio.none = 0;
	spi = open();
	clocks(&spi);
	bytes(&spi);
	stops(&spi);
	pioSpiClose(&spi);
	DEMAND(pio.claimed == 0 && !pio.enabled);
	spi = open();
	bytes(&spi);
	return 0;
}
