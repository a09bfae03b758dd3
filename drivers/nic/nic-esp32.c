// How frames wake the machine on the ESP32 family: the SDK's tasks may run on the other core.

#include "xsmc.h"
#include "xsHost.h"

#include "nic.h"

#include "esp_timer.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

#define SOON_US 1000

/* One for all: the poll that follows tries every interface that was busy. */
static esp_timer_handle_t timer;
static Nic *waiting;

/* The form for interrupts never waits. The other one would, for ever, when the queue is full: a task of the SDK's would wait for the machine, which may wait for it. */
int nicPost(Nic *nic)
{
	return modMessagePostToMachineFromISR(nic->machine, nicDeliver, nic) == 0;
}

static void late(void *context)
{
	(void)context;
	nicPost(__atomic_load_n(&waiting, __ATOMIC_SEQ_CST));
}

/* Without memory for a timer the device's own look has to do. */
void nicSoon(Nic *nic)
{
	const esp_timer_create_args_t args = { .callback = late, .name = "nic" };
	if (!timer && esp_timer_create(&args, &timer) != ESP_OK) {
		timer = NULL;
		return;
	}
	__atomic_store_n(&waiting, nic, __ATOMIC_SEQ_CST);
	/* It runs already: that one will do. */
	esp_timer_start_once(timer, SOON_US);
}

void nicPause(void)
{
	vTaskDelay(1);
}
