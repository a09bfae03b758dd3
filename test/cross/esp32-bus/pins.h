// Which pins and clocks are taken.

static void pins(void)
{
	SpiPins p = W5500;
	p.bus = 0;
	refuses(p, "there is no such controller: expected bus 2 or 3");
	p.bus = 4;
	refuses(p, "there is no such controller: expected bus 2 or 3");
	p = W5500, p.select = 34;
	refuses(p, "the select pin is an input only");
	p = W5500, p.reset = 39;
	refuses(p, "the reset pin is an input only");
	p = W5500, p.select = NO_PIN;
	refuses(p, "a pin has a number that this chip does not have");
	p = W5500, p.interrupt = 24;
	refuses(p, "a pin has a number that this chip does not have");
	p = W5500, p.reset = p.select;
	refuses(p, "one pin is named twice");
	p = W5500, p.in = p.out;
	refuses(p, "one pin is named twice");
	p = W5500, p.clock = p.in;
	refuses(p, "one pin is named twice");
	p = W5500, p.reset = p.interrupt;
	refuses(p, "one pin is named twice");
	p = W5500, p.select = p.clock;
	refuses(p, "one pin is named twice");
	p = W5500, p.select = 6; /* flash */
	refuses(p, "the select pin is in use");
	p = W5500, p.clock = 35;
	refuses(p, "the clock pin is missing, in use, or cannot be an output");
	p = W5500, p.interrupt = 35; /* no pull-up there, which the stand-in demands */
	spiClose(open(p));
	Spi *first = open(W5500);
	refuses(W5500, "the select pin is in use");
	p = W5500, p.select = 32, p.interrupt = 33, p.reset = NO_PIN, p.in = 27;
	refuses(p, "another chip has this controller with another clock, out or in pin");
	p.in = NO_PIN;
	p.interrupt = 21;
	refuses(p, "the interrupt pin is in use");
	/* The other controller's pins: clock, out and in. */
	for (int i = 0; i < 3; i++) {
		int16_t theirs = i == 0 ? 18 : i == 1 ? 23 : 19;
		p = ENC28J60, p.clock = theirs;
		refuses(p, "the clock pin is missing, in use, or cannot be an output");
		p = ENC28J60, p.out = theirs;
		refuses(p, "the out pin is missing, in use, or cannot be an output");
		p = ENC28J60, p.in = theirs;
		refuses(p, "the in pin is missing or in use");
		p = ENC28J60, p.select = theirs;
		refuses(p, "the select pin is in use");
		p = ENC28J60, p.interrupt = theirs;
		refuses(p, "the interrupt pin is in use");
		p = ENC28J60, p.reset = theirs;
		refuses(p, "the reset pin is in use");
	}
	p = ENC28J60, p.in = 21;
	refuses(p, "the in pin is missing or in use");
	spiClose(first);
	DEMAND(idf.reserved == FLASH);
	idf.buses[SPI3_HOST] = 1; /* somebody else's */
	refuses(W5500, "the controller is in use");
	idf.buses[SPI3_HOST] = 0;
	spiClose(open(W5500));
	/* Somebody's Digital. */
	idf.table[0] = 1u << 22;
	refuses(W5500, "the select pin is in use");
	idf.table[0] = 0, idf.table[1] = 1u << 1;
	refuses(ENC28J60, "the reset pin is in use");
	idf.table[1] = 0;
	Spi *all[CHIPS];
	for (int i = 0; i < CHIPS; i++) {
		p = i < 2 ? W5500 : ENC28J60;
		p.select = (int16_t)(i == 0 ? 2 : i == 1 ? 5 : i == 2 ? 16 : 17), p.interrupt = p.reset = NO_PIN;
		all[i] = open(p);
	}
	p.select = 32;
	refuses(p, "more chips than this bus has room for: at most 4");
	for (int i = 0; i < CHIPS; i++)
		spiClose(all[i]);
	DEMAND(idf.table[0] == 0 && idf.table[1] == 0 && idf.reserved == FLASH);
	DEMAND(idf.devices[SPI2_HOST] == 0 && idf.devices[SPI3_HOST] == 0);
}

/* The chip is reset as long as its pin is low. Nothing is touched where there is none. */
static void resets(void)
{
	SpiPins p = W5500;
	Spi *spi = open(p);
	spiReset(spi, 1);
	DEMAND(idf.levels[p.reset] == 0 && idf.outputs[p.reset]);
	busWait(2);
	busWait(500);
	DEMAND(idf.waited == 502);
	spiReset(spi, 0);
	DEMAND(idf.levels[p.reset] == 1);
	/* It fails, and the interrupt pin goes low meanwhile: the chip does not answer then, which its driver tells. */
	idf.failAt = idf.lowAt = idf.calls + 1, idf.lowPin = p.interrupt;
	spiReset(spi, 1);
	idf.failAt = idf.lowAt = 0;
	spiClose(spi);
	p.reset = NO_PIN;
	spi = open(p);
	int calls = idf.calls;
	spiReset(spi, 1);
	spiReset(spi, 0);
	DEMAND(idf.calls == calls && !spiOverlaps(spi));
	spiClose(spi);
}

static int hzFor(SpiPins p, uint32_t hz)
{
	p.hz = hz;
	Spi *spi = open(p);
	int result = spi->device->hz;
	spiClose(spi);
	return result;
}

static void clocks(void)
{
	DEMAND(hzFor(W5500, 80000000) == 80000000 && hzFor(W5500, 79999999) == 40000000);
	DEMAND(hzFor(W5500, 33000000) == 26666666 && hzFor(W5500, 26666666) == 26666666);
	DEMAND(hzFor(ENC28J60, 16000000) == 16000000 && hzFor(ENC28J60, 20000000) == 20000000);
	DEMAND(hzFor(ENC28J60, 80000000) == 26666666); /* through the GPIO matrix */
	for (uint32_t hz = 1000000; hz <= 80000000; hz += 123457)
		DEMAND(hzFor(W5500, hz) <= (int)hz);
}
