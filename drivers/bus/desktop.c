// The bus of the desktop host: SPI and pins lead to the chip models (hosts/desktop/chips). A transfer is done at once; the time that it
// would have taken passes for the chips all the same.

#include "plugs.h"

#include "bus.h"

#define NANOSECONDS_PER_BYTE(HZ) (8000000000ULL / (HZ))
/* A look at a pin or at the clock takes time too: where time passes by nothing else, a driver would wait for ever. */
#define LOOK_NS 100

/* How long drivers have waited without a byte that passed by their doing, ns: now, and at the most since that was asked. */
static struct {
	uint64_t now, longest;
} waited;

static void waits(uint64_t ns)
{
	hostChipTimePasses(ns);
	waited.now += ns;
	if (waited.now > waited.longest)
		waited.longest = waited.now;
}

uint64_t hostLongestWait(void)
{
	uint64_t longest = waited.longest;
	waited.now = waited.longest = 0;
	return longest;
}

struct Spi {
	HostPlug *plug;
	uint64_t byteTime; /* ns */
	/* What passes, and when it began: where transfers overlap, bytes pass as their time does. */
	const uint8_t *out;
	uint8_t *in;
	uint32_t count, moved;
	uint64_t since;
};

Spi *spiOpen(const SpiPins *pins, void *machine, const char **problem)
{
	(void)machine;
	HostPlug *plug = hostPlugAt(pins->bus, pins->select);
	if (!plug) {
		*problem = "there is no chip; the board file's interfaces say where chips are";
		return NULL;
	}
	if (plug->callback) {
		*problem = "another driver has this chip";
		return NULL;
	}
	Spi *spi = calloc(1, sizeof(Spi));
	if (!spi) {
		*problem = "no memory";
		return NULL;
	}
	spi->plug = plug;
	spi->byteTime = NANOSECONDS_PER_BYTE(pins->hz);
	return spi;
}

void spiClose(Spi *spi)
{
	spiOnInterrupt(spi, NULL, NULL);
	free(spi);
}

void spiSelect(Spi *spi)
{
	hostPlugSelects(spi->plug, true);
	chipTime(spi->plug->chip, hostChipTime());
	chipSelect(spi->plug->chip, true);
}

void spiDeselect(Spi *spi)
{
	hostPlugSelects(spi->plug, false);
	chipSelect(spi->plug->chip, false);
}

/* A function of its own, with an end of its own: the benchmark leaves out what is done in here (test/bench/bench.mjs). */
__attribute__((noinline, optimize("no-optimize-sibling-calls")))
void spiExchange(Spi *spi, const uint8_t *out, uint8_t *in, uint32_t count)
{
	Chip *chip = spi->plug->chip;
	for (uint32_t i = 0; i < count; i++) {
		uint8_t byte = chipExchange(chip, out ? out[i] : 0);
		if (in)
			in[i] = byte;
	}
	waited.now = 0;
	hostChipTimePasses(count * spi->byteTime);
	chipTime(chip, hostChipTime());
}

int spiOverlaps(Spi *spi)
{
	return spi->plug->overlaps;
}

static void start(Spi *spi, const uint8_t *out, uint8_t *in, uint32_t count)
{
	spi->out = out;
	spi->in = in;
	spi->count = count;
	spi->moved = 0;
	spi->since = hostChipTime();
	if (spi->plug->overlaps)
		return;
	spiExchange(spi, out, in, count);
	spi->moved = count;
}

void spiStartRead(Spi *spi, uint8_t *in, uint32_t count)
{
	start(spi, NULL, in, count);
}

void spiStartWrite(Spi *spi, const uint8_t *out, uint32_t count)
{
	start(spi, out, NULL, count);
}

/* Moves bytes until so many have. */
static void move(Spi *spi, uint64_t until)
{
	Chip *chip = spi->plug->chip;
	for (; spi->moved < spi->count && spi->moved < until; spi->moved++) {
		uint8_t byte = chipExchange(chip, spi->out ? spi->out[spi->moved] : 0);
		if (spi->in)
			spi->in[spi->moved] = byte;
	}
	chipTime(chip, hostChipTime());
}

uint32_t spiPassed(Spi *spi)
{
	if (spi->moved < spi->count) {
		waits(LOOK_NS);
		move(spi, (hostChipTime() - spi->since) / spi->byteTime);
	}
	return spi->moved;
}

int spiFinish(Spi *spi)
{
	if (spi->moved < spi->count) {
		const uint64_t end = spi->since + spi->count * spi->byteTime, now = hostChipTime();
		if (end > now)
			waits(end - now);
		move(spi, spi->count);
	}
	return 1;
}

void spiReset(Spi *spi, int active)
{
	if (spi->plug->reset < 0)
		return;
	chipTime(spi->plug->chip, hostChipTime());
	chipReset(spi->plug->chip, active);
}

int spiInterrupted(Spi *spi)
{
	if (spi->plug->interrupt < 0)
		return -1;
	waits(LOOK_NS);
	chipTime(spi->plug->chip, hostChipTime());
	return chipInterrupted(spi->plug->chip);
}

void spiOnInterrupt(Spi *spi, void (*callback)(void *context), void *context)
{
	spi->plug->callback = callback;
	spi->plug->context = context;
	/* It may have gone low before anybody asked to be told. */
	if (callback && spi->plug->interrupt >= 0 && chipInterrupted(spi->plug->chip))
		spi->plug->pending = true;
}

void spiAtInterrupt(Spi *spi, void (*atOnce)(void *context))
{
	spi->plug->atOnce = atOnce;
}

void busWait(uint32_t microseconds)
{
	waits(microseconds * 1000ULL);
}

uint32_t busMicroseconds(void)
{
	waits(LOOK_NS);
	return (uint32_t)(hostChipTime() / 1000);
}
