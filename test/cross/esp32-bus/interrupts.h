// The interrupt pin, and who takes its service away.

static int calls;

static void called(void *context)
{
	DEMAND(context == &calls);
	calls++;
}

static void message(void) { (*idf.deliver)(NULL, idf.refcon, NULL, 0); }

static void interrupts(void)
{
	Spi *spi = open(ENC28J60);
	DEMAND(spiInterrupted(spi) == 0);
	idf.levels[25] = 0;
	DEMAND(spiInterrupted(spi) == 1);
	idf.posts = 0;
	spiOnInterrupt(spi, called, &calls); /* low since before */
	DEMAND(idf.posts == 1 && calls == 0 && idf.yields > 0);
	pin(25, 1);
	pin(25, 0);
	pin(25, 1);
	DEMAND(idf.posts == 1); /* one message at a time */
	message();
	DEMAND(calls == 1);
	pin(25, 0);
	DEMAND(idf.posts == 2);
	message();
	idf.full = 1; /* the queue: this edge is lost, the next is not */
	pin(25, 1);
	pin(25, 0);
	pin(25, 1);
	idf.full = 0;
	pin(25, 0);
	DEMAND(idf.posts == 3 && calls == 2);
	spiOnInterrupt(spi, NULL, NULL);
	message();
	DEMAND(calls == 2 && !idf.handlers[25]);
	pin(25, 1);
	spiClose(spi);
	SpiPins none = ENC28J60;
	none.interrupt = NO_PIN;
	spi = open(none);
	DEMAND(spiInterrupted(spi) == -1);
	spiOnInterrupt(spi, called, &calls);
	spiClose(spi);
	calls = 0;
}

/* Somebody takes the GPIO service away, with the pin high or low: a look at the pin arms it again, also when the first tries fail. */
static void takenAway(void)
{
	Spi *spi = open(ENC28J60);
	spiOnInterrupt(spi, called, &calls);
	for (int low = 0; low < 2; low++) {
		for (int failures = 0; failures < 3; failures++) {
			pin(25, !low);
			idf.posts = 0;
			if (idf.deliver)
				message();
			calls = 0;
			gpio_uninstall_isr_service();
			pin(25, low);
			DEMAND(idf.posts == 0);
			for (int i = 0; i < failures; i++) {
				idf.failAt = idf.calls + 5; /* to install it */
				spiInterrupted(spi);
			}
			idf.failAt = 0;
			DEMAND(spiInterrupted(spi) == !low);
			/* A high pin of which nobody waits to be high looks well: the next low shows. */
			if (low && failures) {
				pin(25, 0);
				DEMAND(spiInterrupted(spi) == 1);
			}
			DEMAND(idf.service && idf.handlers[25]);
			pin(25, 1);
			pin(25, 0);
			DEMAND(idf.posts == 1);
			message();
			DEMAND(calls == 1);
			/* Nothing is done while all is well. */
			int before = idf.calls;
			spiInterrupted(spi);
			DEMAND(idf.calls == before + 1);
		}
	}
	spiClose(spi);
	gpio_uninstall_isr_service();
	calls = 0;
}
