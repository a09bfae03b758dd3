// Runs drivers/bus/pico.c on Linux: below it is a stand-in for the pico-sdk. Prints nothing and ends with 0 when all is well. It says nothing about a real RP2040's pins and timing. Every call
// of the stand-in is a point at which it may fail, or at which the interrupt pin goes low.

#include "../../../drivers/bus/pico.c"

#include "sdk.h"

static const SpiPins W5500 = { .bus = 0, .clock = 18, .out = 19, .in = 16, .select = 17, .interrupt = 21, .reset = 20, .hz = 31250000, .mode = 3 };
static const SpiPins ENC28J60 = { .bus = 1, .clock = NO_PIN, .out = NO_PIN, .in = NO_PIN, .select = 13, .interrupt = 14, .reset = 15, .hz = 16000000 };
static const SpiPins BY_STATE_MACHINE = { .bus = 2, .clock = 21, .out = 23, .in = 22, .select = 20, .interrupt = 24, .reset = 25, .hz = 15625000 };

static uint8_t memory[8192];
static int calls;

static Spi *open(SpiPins pins)
{
	const char *problem;
	Spi *spi = spiOpen(&pins, NULL, &problem);
	if (!spi)
		fprintf(stderr, "%s\n", problem);
	DEMAND(spi && !problem);
	return spi;
}

static void refuses(SpiPins pins, const char *expected)
{
	const char *problem = NULL;
	uint64_t table = sdk.table;
	DEMAND(!spiOpen(&pins, NULL, &problem));
	if (strcmp(problem, expected) != 0)
		fprintf(stderr, "\"%s\" instead of \"%s\"\n", problem, expected);
	DEMAND(strcmp(problem, expected) == 0 && sdk.table == table);
}

static int nothingIsTaken(void)
{
	for (int i = 0; i < CHANNELS; i++)
		if (sdk.channels[i].claimed)
			return 0;
	return sdk.table == 0 && !sdk.open[0] && !sdk.open[1] && !sdk.pioUsers && !sdk.handler;
}

/* Every length: the bytes in order, and none beside them. */
static void bytes(SpiPins pins)
{
	Spi *spi = open(pins);
	DEMAND(sdk.levels[pins.select] == 1 && sdk.outputs[pins.select] && sdk.levels[pins.reset] == 1 && sdk.pulled[pins.interrupt]);
	for (uint32_t count = 0; count <= 200; count++) {
		for (uint32_t i = 0; i < 300; i++)
			memory[i] = (uint8_t)(i * 7 + count);
		uint8_t *in = memory + 1001;
		memset(in - 1, 0xee, count + 2);
		sdk.sent = 0;
		spiSelect(spi);
		DEMAND(sdk.levels[pins.select] == 0 && (pins.bus == 2 || (sdk.hz[pins.bus] == pins.hz && sdk.mode[pins.bus] == pins.mode)));
		spiExchange(spi, memory, in, count);
		DEMAND(sdk.sent == count && in[-1] == 0xee && in[count] == 0xee && memcmp(sdk.mosi, memory, count) == 0);
		for (uint32_t i = 0; i < count; i++)
			DEMAND(in[i] == miso(i));
		sdk.sent = 0;
		spiExchange(spi, NULL, in, count);
		spiExchange(spi, memory, NULL, count);
		DEMAND(sdk.sent == 2 * count && in[-1] == 0xee && in[count] == 0xee && memcmp(sdk.mosi + count, memory, count) == 0);
		for (uint32_t i = 0; i < count; i++)
			DEMAND(in[i] == miso(i) && sdk.mosi[i] == 0);
		spiDeselect(spi);
		DEMAND(sdk.levels[pins.select] == 1);
	}
	spiClose(spi);
	DEMAND(nothingIsTaken());
}

/* By DMA: what has passed is there, while more is on its way. */
static void frames(SpiPins pins)
{
	Spi *spi = open(pins);
	DEMAND(spiOverlaps(spi));
	for (uint32_t count = 1; count <= 1600; count += 1 + count / 5) {
		uint8_t *frame = memory + 51;
		uint32_t before = 0, passed;
		memset(frame - 1, 0xee, count + 2);
		sdk.sent = 0;
		spiSelect(spi);
		spiStartRead(spi, frame, count);
		while ((passed = spiPassed(spi)) < count) {
			DEMAND(passed >= before && passed <= sdk.sent);
			for (uint32_t i = before; i < passed; i++)
				DEMAND(frame[i] == miso(i) && sdk.mosi[i] == 0);
			before = passed;
		}
		DEMAND(spiFinish(spi) && sdk.sent == count && frame[-1] == 0xee && frame[count] == 0xee);
		for (uint32_t i = 0; i < count; i++) {
			DEMAND(frame[i] == miso(i));
			frame[i] = (uint8_t)(i ^ i >> 8);
		}
		sdk.sent = 0;
		spiStartWrite(spi, frame, count);
		DEMAND(spiFinish(spi) && sdk.sent == count && memcmp(sdk.mosi, frame, count) == 0);
		spiDeselect(spi);
	}
	spiClose(spi);
}

/* Nothing passes: it ends in bounded time, and the next transfer has its own bytes. */
static void stuck(SpiPins pins)
{
	Spi *spi = open(pins);
	uint8_t in[100];
	spiSelect(spi);
	sdk.stuck = 1;
	memset(in, 9, sizeof(in));
	spiExchange(spi, NULL, in, 8);
	DEMAND(in[7] == 0 && (pins.bus == 2 || (in[0] == 0 && in[3] == 0)));
	uint32_t since = sdk.us;
	spiStartRead(spi, in, 100);
	DEMAND(!spiFinish(spi) && sdk.us - since < 1000 + 100 * 32000000u / pins.hz);
	for (int i = 0; i < CHANNELS; i++)
		DEMAND(!sdk.channels[i].busy);
	spiDeselect(spi);
	sdk.stuck = 0;
	spiSelect(spi);
	if (pins.bus == 2)
		DEMAND(sdk.pioStopped > 0);
	else { /* what was in the FIFO goes out now, and is nobody's */
		spi_hw_t *hw = spi_get_hw(spi->controller);
		while (hw->sr & (SPI_SSPSR_BSY_BITS | SPI_SSPSR_RNE_BITS))
			(void)hw->dr;
	}
	sdk.sent = 0;
	spiStartRead(spi, in, 100);
	DEMAND(spiFinish(spi) && in[0] == miso(0) && in[99] == miso(99));
	spiDeselect(spi);
	spiClose(spi);
}

/* Two chips on one controller: each has its own clock and mode. */
static void sharing(void)
{
	SpiPins other = W5500;
	other.select = 2, other.interrupt = 3, other.reset = NO_PIN, other.hz = 1000000, other.mode = 0;
	Spi *first = open(W5500), *second = open(other);
	for (int i = 0; i < 3; i++) {
		spiSelect(first);
		DEMAND(sdk.hz[0] == 31250000 && sdk.mode[0] == 3 && sdk.levels[17] == 0 && sdk.levels[2] == 1);
		spiDeselect(first);
		spiSelect(second);
		DEMAND(sdk.hz[0] == 1000000 && sdk.mode[0] == 0 && sdk.levels[17] == 1 && sdk.levels[2] == 0);
		spiDeselect(second);
	}
	spiClose(first);
	DEMAND(sdk.open[0] && sdk.functions[18] == GPIO_FUNC_SPI && sdk.table >> 18 & 1);
	spiClose(second);
	DEMAND(nothingIsTaken() && sdk.functions[18] == GPIO_FUNC_NULL);
}

static void called(void *context)
{
	DEMAND(context == &calls && !sdk.inside && !sdk.disabled);
	calls++;
}

static Spi *listens; /* the chip whose pin it is */
static int handled;

/* In the handler of the interrupt: no transaction of that controller is under way, and one may be made. */
static void atOnce(void *context)
{
	DEMAND(context == &calls && sdk.levels[listens->pins.select] == 1 && !controllers[listens->pins.bus].selected);
	spiSelect(listens);
	spiExchange(listens, (const uint8_t *)"now", NULL, 3);
	spiDeselect(listens);
	handled++;
}

static void message(void) { (*sdk.deliver)(NULL, sdk.refcon, NULL, 0); }

static void interrupts(void)
{
	Spi *spi = open(W5500), *other = open(ENC28J60);
	sdk.levels[21] = sdk.levels[14] = 1;
	DEMAND(spiInterrupted(spi) == 0);
	setPin(21, 0);
	DEMAND(spiInterrupted(spi) == 1);
	sdk.posts = 0;
	spiOnInterrupt(spi, called, &calls); /* low since before */
	DEMAND(sdk.posts == 1 && calls == 0);
	setPin(21, 1);
	setPin(21, 0);
	setPin(21, 1);
	DEMAND(sdk.posts == 1); /* one message at a time */
	message();
	DEMAND(calls == 1);
	/* Another chip's pin is its own affair. */
	spiOnInterrupt(other, called, &calls);
	setPin(14, 0);
	DEMAND(sdk.posts == 2 && sdk.refcon == other);
	message();
	setPin(21, 0);
	DEMAND(sdk.posts == 3 && sdk.refcon == spi);
	message();
	/* In the handler, too, but during a transaction of that controller. */
	listens = spi;
	handled = 0;
	spiAtInterrupt(spi, atOnce);
	setPin(21, 1);
	setPin(21, 0);
	DEMAND(handled == 1 && sdk.posts == 4);
	spiSelect(spi);
	setPin(21, 1);
	setPin(21, 0);
	spiDeselect(spi);
	DEMAND(handled == 1);
	spiSelect(other);
	setPin(21, 1);
	setPin(21, 0);
	spiDeselect(other);
	DEMAND(handled == 2);
	spiAtInterrupt(spi, NULL);
	setPin(21, 1);
	setPin(21, 0);
	DEMAND(handled == 2 && sdk.posts == 4);
	message();
	DEMAND(calls == 4);
	sdk.full = 1; /* the pool: this edge is lost, the next is not */
	setPin(21, 1);
	setPin(21, 0);
	setPin(21, 1);
	sdk.full = 0;
	setPin(21, 0);
	DEMAND(sdk.posts == 5 && calls == 4);
	spiOnInterrupt(spi, NULL, NULL);
	message(); /* late */
	DEMAND(calls == 4 && sdk.handler);
	setPin(21, 1);
	setPin(21, 0);
	DEMAND(sdk.posts == 5);
	setPin(14, 1);
	setPin(14, 0);
	DEMAND(sdk.posts == 6);
	spiClose(other);
	DEMAND(!sdk.handler);
	message();
	DEMAND(calls == 4);
	spiReset(spi, 1);
	DEMAND(sdk.levels[20] == 0);
	spiReset(spi, 0);
	DEMAND(sdk.levels[20] == 1);
	spiClose(spi);
	SpiPins none = W5500;
	none.interrupt = none.reset = NO_PIN;
	spi = open(none);
	DEMAND(spiInterrupted(spi) == -1);
	spiOnInterrupt(spi, called, &calls);
	spiReset(spi, 1);
	spiClose(spi);
	DEMAND(nothingIsTaken());
	calls = 0;
}

/* A day of a chip: answers how many calls it took. */
static int day(SpiPins pins)
{
	const char *problem = NULL;
	sdk.calls = sdk.posts = 0;
	sdk.levels[21] = 1;
	Spi *spi = spiOpen(&pins, NULL, &problem);
	DEMAND(!spi == !!problem);
	if (spi) {
		spiOnInterrupt(spi, called, &calls);
		listens = spi;
		spiAtInterrupt(spi, atOnce);
		int listening = sdk.calls;
		for (int i = 0; i < 2; i++) {
			spiSelect(spi);
			sdk.sent = 0;
			spiExchange(spi, (const uint8_t *)"command", memory, 5);
			DEMAND(memory[4] == miso(4));
			spiStartRead(spi, memory, 1514);
			DEMAND(spiPassed(spi) <= 1514 && spiFinish(spi) && memory[1513] == miso(1518));
			spiStartWrite(spi, memory, 1514);
			DEMAND(spiFinish(spi) && sdk.sent == 5 + 2 * 1514);
			spiDeselect(spi);
		}
		int low = !sdk.levels[21] && pins.interrupt == 21;
		DEMAND(sdk.posts <= 1 && (!low || sdk.posts == 1 || sdk.failAt));
		/* Told once, wherever it came; and the next time as well. */
		DEMAND(!sdk.lowAt || sdk.lowAt > listening || !low || sdk.posts == 1);
		if (sdk.posts) {
			message();
			DEMAND(calls == 1);
			calls = 0;
		}
		spiClose(spi);
	}
	int total = sdk.calls;
	sdk.failAt = sdk.lowAt = 0;
	DEMAND(nothingIsTaken());
	return total;
}

/* Each call fails once, and at each call the pin goes low once. */
static void everyPoint(SpiPins pins)
{
	for (int n = 1;; n++) {
		sdk.failAt = n;
		if (day(pins) < n)
			break;
	}
	for (int n = 1; pins.interrupt == 21; n++) {
		sdk.lowAt = n;
		if (day(pins) < n)
			break;
	}
}

static void pins(void)
{
	SpiPins p = W5500;
	p.bus = 3;
	refuses(p, "there is no such controller: expected bus 0 or 1, or 2, which is PIO");
	p = W5500, p.clock = 19;
	refuses(p, "the clock pin is not an SCK of this controller: bus 0 has 2, 6, 18, 22; bus 1 has 10, 14, 26");
	p = W5500, p.out = 18;
	refuses(p, "the out pin is not a TX (MOSI) of this controller: bus 0 has 3, 7, 19, 23; bus 1 has 11, 15, 27");
	p = W5500, p.in = 8;
	refuses(p, "the in pin is not an RX (MISO) of this controller: bus 0 has 0, 4, 16, 20; bus 1 has 8, 12, 24, 28");
	p = W5500, p.select = NO_PIN;
	refuses(p, "a pin has a number that this chip does not have");
	p = W5500, p.reset = 30;
	refuses(p, "a pin has a number that this chip does not have");
	p = W5500, p.reset = p.select;
	refuses(p, "one pin is named twice");
	p = W5500, p.reset = p.interrupt;
	refuses(p, "one pin is named twice");
	p = W5500, p.interrupt = p.clock;
	refuses(p, "one pin is named twice");
	p = BY_STATE_MACHINE, p.out = p.clock;
	refuses(p, "one pin is named twice");
	p = BY_STATE_MACHINE, p.in = NO_PIN;
	refuses(p, "the clock, out or in pin is missing or in use: bus 2 takes any of 0 to 29");
	/* Somebody's Digital. */
	for (int pin = 16; pin <= 21; pin++) {
		sdk.table = 1ull << pin;
		refuses(W5500, pin == 17 ? "the select pin is in use" : pin == 21 ? "the interrupt pin is in use" : pin == 20 ? "the reset pin is in use" : "the clock, out or in pin is in use");
	}
	sdk.table = 0;
	Spi *first = open(W5500);
	refuses(W5500, "the select pin is in use");
	p = W5500, p.select = 2, p.interrupt = p.reset = NO_PIN, p.in = 4;
	refuses(p, "another chip has this controller with another clock, out or in pin");
	p.in = NO_PIN, p.reset = 21;
	refuses(p, "the reset pin is in use");
	p = ENC28J60, p.select = 16; /* the other controller's MISO */
	refuses(p, "the select pin is in use");
	p = ENC28J60, p.interrupt = 18;
	refuses(p, "the interrupt pin is in use");
	p = W5500, p.select = 5, p.interrupt = p.reset = NO_PIN, p.in = 20; /* the first one's reset pin */
	refuses(p, "the clock, out or in pin is another chip's select, interrupt or reset pin");
	p = BY_STATE_MACHINE;
	refuses(p, "the clock, out or in pin is missing or in use: bus 2 takes any of 0 to 29");
	spiClose(first);
	Spi *state = open(BY_STATE_MACHINE);
	p = BY_STATE_MACHINE, p.clock = 0, p.out = 1, p.in = 2, p.select = 3, p.interrupt = p.reset = NO_PIN;
	refuses(p, "bus 2 has a chip already");
	spiClose(state);
	/* Channels are all in use, or all but one. */
	for (int left = 0; left < 2; left++) {
		for (int i = 0; i < CHANNELS; i++)
			sdk.channels[i].claimed = i >= left;
		refuses(W5500, "no two channels of DMA are left");
		DEMAND(sdk.channels[0].claimed == !left);
		memset(sdk.channels, 0, sizeof(sdk.channels));
	}
	Spi *four[CHIPS];
	for (int i = 0; i < CHIPS; i++) {
		p = W5500, p.select = (int16_t)(i + 5), p.interrupt = p.reset = NO_PIN;
		four[i] = open(p);
	}
	refuses(ENC28J60, "more chips than this bus has room for: at most 4");
	for (int i = 0; i < CHIPS; i++)
		spiClose(four[i]);
	DEMAND(nothingIsTaken());
}

int main(void)
{
	const SpiPins all[] = { W5500, ENC28J60, BY_STATE_MACHINE };
	for (int i = 0; i < 3; i++) {
		bytes(all[i]);
		frames(all[i]);
		stuck(all[i]);
		everyPoint(all[i]);
	}
	sharing();
	interrupts();
	pins();
	uint32_t before = busMicroseconds();
	busWait(5);
	DEMAND(busMicroseconds() - before == 6);
	return 0;
}
