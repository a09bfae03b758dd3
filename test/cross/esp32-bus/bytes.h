// What passes: every byte once, in how many starts, and when the controller stops.

static const SpiPins W5500 = { .bus = 3, .clock = 18, .out = 23, .in = 19, .select = 22, .interrupt = 21, .reset = 4, .hz = 26666666, .mode = 3 };
static const SpiPins ENC28J60 = { .bus = 2, .clock = 14, .out = 13, .in = 27, .select = 26, .interrupt = 25, .reset = 33, .hz = 16000000 };

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
	DEMAND(!spiOpen(&pins, NULL, &problem));
	if (strcmp(problem, expected) != 0)
		fprintf(stderr, "\"%s\" instead of \"%s\"\n", problem, expected);
	DEMAND(strcmp(problem, expected) == 0);
}

/* Every length from every alignment, in memory of either kind: the bytes in order, and none beside them. */
static void bytes(uint8_t *out, uint8_t *in, size_t most)
{
	Spi *spi = open(W5500);
	DEMAND(idf.levels[22] == 1 && idf.outputs[22] && idf.levels[4] == 1);
	idf.most = 0;
	for (uint32_t count = 0; count <= 200; count++) {
		for (uint32_t at = 4; at < 8; at++) {
			for (uint32_t i = 0; i < 300; i++) {
				out[i] = (uint8_t)(i * 7 + count);
				in[i] = 0xee;
			}
			idf.sent = 0;
			spiSelect(spi);
			DEMAND(idf.levels[22] == 0);
			spiExchange(spi, out + (7 - at), in + at, count);
			spiDeselect(spi);
			DEMAND(idf.levels[22] == 1 && idf.sent == count && in[at - 1] == 0xee && in[at + count] == 0xee);
			for (uint32_t i = 0; i < count; i++)
				DEMAND(in[at + i] == miso(i) && idf.mosi[i] == out[7 - at + i]);
			/* Zeros are sent where nothing else is given, and what nobody wants is dropped. */
			idf.sent = 0;
			spiSelect(spi);
			spiExchange(spi, NULL, in + at, count);
			spiExchange(spi, out, NULL, count);
			spiExchange(spi, NULL, NULL, count);
			spiDeselect(spi);
			DEMAND(idf.sent == 3 * count && in[at - 1] == 0xee && in[at + count] == 0xee);
			for (uint32_t i = 0; i < count; i++)
				DEMAND(in[at + i] == miso(i) && idf.mosi[i] == 0 && idf.mosi[count + i] == out[i] && idf.mosi[2 * count + i] == 0);
		}
	}
	DEMAND(idf.most == most);
	spiClose(spi);
}

/* Reads and writes so many bytes there, in so many starts. */
static void longTransfer(Spi *spi, uint8_t *frame, uint32_t count, int reads, int writes)
{
	uint32_t before = 0, passed;
	memset(frame - 1, 0xee, count + 2);
	idf.sent = 0;
	idf.starts = 0;
	spiSelect(spi);
	spiStartRead(spi, frame, count);
	while ((passed = spiPassed(spi)) < count) {
		DEMAND(passed > before && idf.busy[SPI3_HOST]); /* the next ones move while the caller looks at these */
		for (uint32_t i = before; i < passed; i++)
			DEMAND(frame[i] == miso(i));
		before = passed;
	}
	DEMAND(spiFinish(spi) && idf.sent == count && !idf.busy[SPI3_HOST] && frame[-1] == 0xee && frame[count] == 0xee);
	for (uint32_t i = 0; i < count; i++)
		DEMAND(frame[i] == miso(i));
	DEMAND(idf.starts == reads);
	for (uint32_t i = 0; i < count; i++)
		frame[i] = (uint8_t)(i ^ i >> 8);
	idf.sent = 0;
	idf.starts = 0;
	spiStartWrite(spi, frame, count);
	DEMAND(spiFinish(spi) && idf.sent == count && memcmp(idf.mosi, frame, count) == 0);
	DEMAND(idf.starts == writes);
	spiDeselect(spi);
	DEMAND(!idf.holder[SPI3_HOST]);
}

/* README.md gives these numbers: what a transfer costs in starts. */
static void starts(void)
{
	Spi *spi = open(W5500);
	/* As frames lie in the arena: 50 bytes behind the beginning of a packet buffer. */
	longTransfer(spi, memory + 50, 1514, 2, 1);
	longTransfer(spi, memory + 50, 1513, 3, 1);
	longTransfer(spi, memory + 52, 1514, 2, 1);
	longTransfer(spi, memory + 51, 1514, 3, 1);
	longTransfer(spi, memory + 50, 60, 1, 1);
	longTransfer(spi, memory + 52, 4092, 1, 1);
	longTransfer(spi, memory + 50, 6000, 4, 2);
	/* Out of DMA's reach: 64 bytes at a time. */
	longTransfer(spi, psram + 50, 1514, 24, 24);
	spiClose(spi);
	idf.noDma = 1;
	spi = open(W5500);
	longTransfer(spi, memory + 50, 1514, 24, 24);
	spiClose(spi);
	bytes(memory, memory + 4096, 64);
	idf.noDma = 0;
	SpiPins slow = W5500;
	slow.hz = 1000000; /* 33 ms: the wait grows with it, which the stand-in demands */
	spi = open(slow);
	longTransfer(spi, memory + 52, 4092, 1, 1);
	spiClose(spi);
}

/* A controller that stops: everything ends, nothing else begins on it, and it goes on when it does. */
static void stuck(void)
{
	SpiPins other = { .bus = 3, .clock = NO_PIN, .out = NO_PIN, .in = NO_PIN, .select = 32, .interrupt = NO_PIN, .reset = NO_PIN, .hz = 1000000 };
	Spi *spi = open(W5500), *second = open(other);
	uint8_t in[100] = { 9 };
	spiSelect(spi);
	spiStartRead(spi, in, 100);
	idf.stuck = 1;
	idf.waits = 0;
	DEMAND(spiPassed(spi) == 0 && !spiFinish(spi) && idf.waits <= 4);
	spiDeselect(spi);
	spiSelect(second);
	spiExchange(second, NULL, in, 3);
	DEMAND(in[0] == 0 && in[2] == 0);
	spiStartWrite(second, in, 100);
	DEMAND(!spiFinish(second) && idf.waits <= 8 && idf.levels[32] == 1); /* what cannot begin selects nothing */
	spiDeselect(second);
	idf.stuck = 0;
	spiSelect(second);
	spiExchange(second, NULL, in, 3);
	DEMAND(in[0] == miso(idf.sent - 3) && in[2] == miso(idf.sent - 1));
	spiDeselect(second);
	spiClose(spi);
	DEMAND(idf.buses[SPI3_HOST] == 1);
	spiClose(second);
	DEMAND(idf.buses[SPI3_HOST] == 0);
}

/* The last test: the controller is lost for good. */
static void hangs(void)
{
	SpiPins other = W5500;
	uint8_t in[10];
	Spi *spi = open(W5500);
	spiSelect(spi);
	idf.stuck = 1;
	spiStartRead(spi, in, 10);
	DEMAND(!spiFinish(spi));
	spiDeselect(spi);
	spiClose(spi);
	other.select = 32, other.interrupt = other.reset = NO_PIN;
	refuses(other, "the controller hangs in a transfer: restart the board");
	idf.stuck = 0;
	spiClose(open(ENC28J60)); /* the other controller goes on */
}
