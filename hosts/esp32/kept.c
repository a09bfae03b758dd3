// RTC memory that no start clears (ESP-IDF, "RTC_NOINIT_ATTR"). The watchdog is ESP-IDF's, for tasks: sdkconfig/.

#include <stddef.h>

#include "esp_attr.h"
#include "esp_system.h"
#include "last-end.h"

RTC_NOINIT_ATTR LastEnd boardLastEnd;

const char *boardStarts(void)
{
	switch (esp_reset_reason()) {
	case ESP_RST_PANIC:
		return "a fault of the processor, or a failed check: the console was given registers and backtrace";
	case ESP_RST_TASK_WDT:
	case ESP_RST_INT_WDT:
	case ESP_RST_WDT:
		return "the watchdog: nothing ran for seconds, as a program that does not return";
	case ESP_RST_BROWNOUT:
		return "the supply voltage was too low";
	case ESP_RST_PWR_GLITCH:
		return "a glitch of the supply";
	case ESP_RST_CPU_LOCKUP:
		return "two faults of the processor at once";
	default:
		return NULL;
	}
}
