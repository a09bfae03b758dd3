// Stands for the headers of ESP-IDF and the pico-sdk that hosts/*/kept.c includes.

#ifndef STAND_IN_H
#define STAND_IN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RTC_NOINIT_ATTR
#define __uninitialized_ram(name) name

typedef enum {
	ESP_RST_UNKNOWN, ESP_RST_POWERON, ESP_RST_EXT, ESP_RST_SW, ESP_RST_PANIC, ESP_RST_INT_WDT, ESP_RST_TASK_WDT, ESP_RST_WDT, ESP_RST_DEEPSLEEP,
	ESP_RST_BROWNOUT, ESP_RST_SDIO, ESP_RST_USB, ESP_RST_JTAG, ESP_RST_EFUSE, ESP_RST_PWR_GLITCH, ESP_RST_CPU_LOCKUP,
} esp_reset_reason_t;

/* What the hardware says of the reset. */
extern esp_reset_reason_t reason;
extern bool byWatchdog;
/* ms; 0 while it is off. */
extern uint32_t watchdog;

static inline esp_reset_reason_t esp_reset_reason(void) { return reason; }
static inline bool watchdog_enable_caused_reboot(void) { return byWatchdog; }
static inline void watchdog_enable(uint32_t ms, bool pauseOnDebug)
{
	(void)pauseOnDebug;
	watchdog = ms;
}

/* Moddable's timers in C. */
typedef struct Timer *modTimer;
extern void (*everySecond)(modTimer timer, void *refcon, int refconSize);
extern bool noTimer;
extern int updates;

static inline void watchdog_update(void) { updates++; }
static inline modTimer modTimerAdd(int first, int interval, void (*callback)(modTimer, void *, int), void *refcon, int refconSize)
{
	(void)refcon;
	(void)refconSize;
	if (noTimer || first != interval)
		return (modTimer)0;
	everySecond = callback;
	return (modTimer)&everySecond;
}

#endif
