// Every call fails once, and the pin goes low at every call.

/* A day of a chip: answers the first call at which nothing happened any more. */
static int day(void)
{
	const char *problem = NULL;
	uint8_t *frame = memory + 50, in[8];
	idf.calls = idf.posts = 0;
	Spi *spi = spiOpen(&W5500, NULL, &problem);
	DEMAND(!spi == !!problem);
	if (spi) {
		spiOnInterrupt(spi, called, &calls);
		for (int i = 0; i < 2; i++) {
			spiSelect(spi);
			idf.sent = 0;
			memset(in, 0xee, sizeof(in));
			spiExchange(spi, (const uint8_t *)"command", in, 5);
			DEMAND(in[4] == 0 || in[4] == miso(4));
			idf.sent = 0;
			memset(frame, 0xee, 1514);
			spiStartRead(spi, frame, 1514);
			uint32_t passed = spiPassed(spi);
			DEMAND(passed <= 1514);
			if (spiFinish(spi))
				for (uint32_t j = 0; j < 1514; j++)
					DEMAND(frame[j] == miso(j));
			spiStartWrite(spi, frame, 1514);
			DEMAND(!spiFinish(spi) || idf.sent >= 1514);
			spiDeselect(spi);
			DEMAND(idf.levels[22] == 1 && !idf.holder[SPI3_HOST] && !idf.busy[SPI3_HOST]);
		}
		/* An error of one transaction is not the next one's. */
		int failAt = idf.failAt;
		idf.failAt = 0;
		spiSelect(spi);
		spiStartRead(spi, frame, 1514);
		DEMAND(spiFinish(spi));
		spiDeselect(spi);
		spiInterrupted(spi);
		idf.failAt = failAt;
		if (idf.lowAt && idf.lowAt < idf.calls) {
			DEMAND(idf.posts == 1);
			message();
			DEMAND(calls == 1);
			calls = 0;
		}
		spiClose(spi);
	}
	int total = idf.calls;
	idf.failAt = idf.lowAt = 0;
	DEMAND(idf.buses[SPI3_HOST] == 0 && idf.devices[SPI3_HOST] == 0 && idf.reserved == FLASH && !idf.handlers[21]);
	idf.levels[21] = 1;
	return total;
}

/* Each call fails once, and at each call the pin goes low once. */
static void everyPoint(void)
{
	for (int n = 1;; n++) {
		idf.failAt = n;
		if (day() < n)
			break;
	}
	for (int n = 1;; n++) {
		idf.lowPin = 21;
		idf.lowAt = n;
		if (day() < n)
			break;
	}
	gpio_uninstall_isr_service();
}
