// What last-end.test.ts runs: 1 and the place on stderr when something is wrong.

#include <stdio.h>
#include <stdlib.h>

#include "last-end.h"
#include SOURCE

esp_reset_reason_t reason = ESP_RST_POWERON;
bool byWatchdog;
uint32_t watchdog;
void (*everySecond)(modTimer timer, void *refcon, int refconSize);
bool noTimer;
int updates;

#define DEMAND(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "line %d: %s\n", __LINE__, #condition); \
			exit(1); \
		} \
	} while (0)

static void keep(const char *text)
{
	lastEndBegin(&boardLastEnd);
	lastEndAdd(&boardLastEnd, text);
	lastEndKeep(&boardLastEnd);
}

static void once(void)
{
	keep("RangeError: why");
	const char *text = lastEndTake(&boardLastEnd);
	DEMAND(text && strcmp(text, "RangeError: why") == 0);
	DEMAND(!lastEndTake(&boardLastEnd));
	keep("");
	text = lastEndTake(&boardLastEnd);
	DEMAND(text && *text == 0);
}

/* The end before the last one may have said more. */
static void bounded(void)
{
	char text[2 * LAST_END_TEXT];
	for (size_t length = 0; length < sizeof(text); length++) {
		memset(text, 'x', length);
		text[length] = 0;
		keep(text);
		const char *kept = lastEndTake(&boardLastEnd);
		DEMAND(kept && strlen(kept) == (length < LAST_END_TEXT ? length : LAST_END_TEXT - 1));
		keep("y");
		kept = lastEndTake(&boardLastEnd);
		DEMAND(kept && strcmp(kept, "y") == 0);
	}
	/* Of two bytes each: one at the end is not halved. */
	for (size_t i = 0; i + 2 < sizeof(text); i += 2)
		memcpy(text + i, "\xc3\xa4", 3);
	keep(text);
	const char *kept = lastEndTake(&boardLastEnd);
	DEMAND(kept && strlen(kept) < LAST_END_TEXT && strlen(kept) % 2 == 0);
	memmove(text + 1, text, sizeof(text) - 2);
	text[0] = 'x';
	text[sizeof(text) - 1] = 0;
	keep(text);
	kept = lastEndTake(&boardLastEnd);
	DEMAND(kept && strlen(kept) < LAST_END_TEXT);
}

/* What RAM holds after power-on: anything. */
static void rubbish(void)
{
	uint32_t state = 1;
	for (int n = 0; n < 200000; n++) {
		uint8_t *bytes = (uint8_t *)&boardLastEnd;
		for (size_t i = 0; i < sizeof(boardLastEnd); i++)
			bytes[i] = (uint8_t)((state = state * 1664525u + 1013904223u) >> 24);
		DEMAND(!lastEndTake(&boardLastEnd));
		/* Even with the magic, and a length that is none or none that fits. */
		boardLastEnd.magic = LAST_END_MAGIC;
		boardLastEnd.length = n % 3 == 0 ? 0xffffffffu : (uint32_t)n % (2 * LAST_END_TEXT);
		DEMAND(!lastEndTake(&boardLastEnd));
	}
	const uint8_t patterns[] = { 0, 0xff, 0x55, 0xaa };
	for (size_t i = 0; i < sizeof(patterns); i++) {
		memset(&boardLastEnd, patterns[i], sizeof(boardLastEnd));
		DEMAND(!lastEndTake(&boardLastEnd));
	}
}

/* Memory that forgets: each bit that changes, and an end in the middle of keeping. */
static void damaged(void)
{
	const char *text = "TypeError: cannot read property";
	for (size_t bit = 0; bit < 8 * (sizeof(boardLastEnd) - LAST_END_TEXT + strlen(text) + 1); bit++) {
		keep(text);
		((uint8_t *)&boardLastEnd)[bit / 8] ^= (uint8_t)(1 << bit % 8);
		DEMAND(!lastEndTake(&boardLastEnd));
	}
	keep(text);
	lastEndBegin(&boardLastEnd);
	DEMAND(!lastEndTake(&boardLastEnd));
	keep(text);
	lastEndBegin(&boardLastEnd);
	lastEndAdd(&boardLastEnd, "half");
	DEMAND(!lastEndTake(&boardLastEnd));
}

static void hardware(void)
{
#ifdef PICO
	noTimer = true; /* nobody would say that the machine runs */
	DEMAND(!boardStarts() && watchdog == 0);
	noTimer = false;
	DEMAND(!boardStarts() && watchdog > 0 && watchdog <= 8388);
	everySecond(NULL, NULL, 0);
	DEMAND(updates == 1);
	byWatchdog = true;
	DEMAND(strstr(boardStarts(), "watchdog"));
#else
	const esp_reset_reason_t silent[] = { ESP_RST_UNKNOWN, ESP_RST_POWERON, ESP_RST_EXT, ESP_RST_SW, ESP_RST_DEEPSLEEP, ESP_RST_USB, ESP_RST_JTAG };
	for (size_t i = 0; i < sizeof(silent) / sizeof(*silent); i++) {
		reason = silent[i];
		DEMAND(!boardStarts());
	}
	const esp_reset_reason_t watchdogs[] = { ESP_RST_INT_WDT, ESP_RST_TASK_WDT, ESP_RST_WDT };
	for (size_t i = 0; i < sizeof(watchdogs) / sizeof(*watchdogs); i++) {
		reason = watchdogs[i];
		DEMAND(strstr(boardStarts(), "watchdog"));
	}
	reason = ESP_RST_PANIC;
	DEMAND(strstr(boardStarts(), "backtrace"));
	reason = ESP_RST_BROWNOUT;
	DEMAND(strstr(boardStarts(), "voltage"));
	reason = ESP_RST_PWR_GLITCH;
	DEMAND(strstr(boardStarts(), "glitch"));
	reason = ESP_RST_CPU_LOCKUP;
	DEMAND(strstr(boardStarts(), "two faults"));
#endif
}

int main(void)
{
	rubbish();
	once();
	bounded();
	damaged();
	hardware();
	return 0;
}
