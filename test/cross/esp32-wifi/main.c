// Runs drivers/wifi/wifi-frames-esp32.c with its queue on Linux: below it is a stand-in for ESP-IDF. Prints nothing and ends with 0 when all is well. It says nothing about a
// real radio.

#include "stand-in.h"

#include "../../../drivers/nic/nic.c"
#include "../../../drivers/nic/nic-esp32.c"
#include "../../../drivers/wifi/wifi-frames-esp32.c"

#include "../nic/program.h"

esp_event_base_t const WIFI_EVENT = "WIFI_EVENT";

static struct {
	int loop, netifs, named; /* for good */
	int init, started, mode, storage, joined;
	esp_event_handler_t handler;
	wifi_rxcb_t receive;
	int timers, armed, delays, leavesAt;
	void (*late)(void *context);
	int answer; /* of esp_wifi_internal_tx */
	uint8_t left[NIC_FRAME_MOST];
	uint16_t leftLength;
} idf;

/* The driver's task, which is inside, has its turn. */
void vTaskDelay(uint32_t ticks)
{
	DEMAND(ticks == 1);
	if (++idf.delays == idf.leavesAt)
		nic.inside = 0;
}
esp_err_t esp_timer_create(const esp_timer_create_args_t *args, esp_timer_handle_t *timer)
{
	if (point())
		return ESP_ERR_NO_MEM;
	idf.timers++;
	idf.late = args->callback;
	*timer = (esp_timer_handle_t)&idf;
	return ESP_OK;
}
esp_err_t esp_timer_start_once(esp_timer_handle_t timer, uint64_t us)
{
	DEMAND(timer == (esp_timer_handle_t)&idf && us > 0 && us <= 10000);
	if (point() || idf.armed)
		return ESP_ERR_INVALID_STATE;
	idf.armed = 1;
	return ESP_OK;
}

esp_err_t esp_event_loop_create_default(void)
{
	if (point())
		return ESP_ERR_NO_MEM;
	return idf.loop++ ? ESP_ERR_INVALID_STATE : ESP_OK;
}
esp_err_t esp_event_handler_register(esp_event_base_t base, int32_t event, esp_event_handler_t handler, void *context)
{
	DEMAND(base == WIFI_EVENT && event == ESP_EVENT_ANY_ID && !context && !idf.handler && idf.loop);
	if (point())
		return ESP_ERR_NO_MEM;
	idf.handler = handler;
	return ESP_OK;
}
esp_err_t esp_event_handler_unregister(esp_event_base_t base, int32_t event, esp_event_handler_t handler)
{
	DEMAND(base == WIFI_EVENT && event == ESP_EVENT_ANY_ID && (!idf.handler || idf.handler == handler));
	point();
	idf.handler = NULL;
	return ESP_OK;
}

esp_err_t esp_netif_init(void) { return point() ? ESP_FAIL : ESP_OK; }
esp_netif_t *esp_netif_get_handle_from_ifkey(const char *key) { DEMAND(strcmp(key, "WIFI_STA_DEF") == 0); point(); return idf.named ? (esp_netif_t *)&idf : NULL; }
esp_netif_t *esp_netif_new(const esp_netif_config_t *config)
{
	DEMAND(strcmp(config->key, "WIFI_STA_DEF") == 0 && !idf.named && idf.loop);
	if (point())
		return NULL;
	idf.named = 1;
	return (esp_netif_t *)&idf;
}

esp_err_t esp_wifi_get_mode(wifi_mode_t *mode) { *mode = (wifi_mode_t)idf.mode; point(); return idf.init ? ESP_OK : ESP_ERR_WIFI_NOT_INIT; }
esp_err_t esp_wifi_init(const wifi_init_config_t *config)
{
	/* Nothing of it is kept in flash, as Moddable has it. Its class looks for the esp_netif by name. */
	DEMAND(config->magic == 0x1F2F3F4F && config->nvs_enable == 0 && !idf.init && idf.named);
	if (point())
		return ESP_ERR_NO_MEM;
	idf.init = 1;
	return ESP_OK;
}
esp_err_t esp_wifi_deinit(void) { DEMAND(idf.init && !idf.started && world.lent == 0); point(); idf.init = 0; return ESP_OK; }
esp_err_t esp_wifi_set_storage(wifi_storage_t storage) { DEMAND(idf.init && storage == WIFI_STORAGE_RAM); return point() ? ESP_FAIL : ESP_OK; }
esp_err_t esp_wifi_set_mode(wifi_mode_t mode) { DEMAND(idf.init); idf.mode = mode; return point() ? ESP_FAIL : ESP_OK; }
esp_err_t esp_wifi_get_mac(wifi_interface_t interface, uint8_t mac[6]) { DEMAND(interface == WIFI_IF_STA && idf.mode == WIFI_MODE_STA); memcpy(mac, "\x24\x6f\x28\1\2\3", 6); return point() ? ESP_FAIL : ESP_OK; }

static void event(int32_t which)
{
	if (idf.handler)
		idf.handler(NULL, WIFI_EVENT, which, NULL);
}

esp_err_t esp_wifi_start(void)
{
	DEMAND(idf.init && idf.mode == WIFI_MODE_STA && idf.handler);
	if (point())
		return ESP_ERR_NO_MEM;
	idf.started = 1;
	event(WIFI_EVENT_STA_START);
	return ESP_OK;
}
esp_err_t esp_wifi_stop(void) { point(); idf.started = 0; idf.joined = 0; return ESP_OK; }
esp_err_t esp_wifi_internal_reg_rxcb(wifi_interface_t interface, wifi_rxcb_t receive)
{
	DEMAND(interface == WIFI_IF_STA);
	if (point())
		return ESP_FAIL;
	idf.receive = receive;
	return ESP_OK;
}
void esp_wifi_internal_free_rx_buffer(void *buffer) { DEMAND(buffer && idf.init); point(); world.lent--; free(buffer); }

int esp_wifi_internal_tx(wifi_interface_t interface, void *buffer, uint16_t length)
{
	DEMAND(interface == WIFI_IF_STA && length >= NIC_FRAME_LEAST && length <= NIC_FRAME_MOST);
	point();
	if (idf.answer != ESP_OK)
		return idf.answer;
	memcpy(idf.left, buffer, idf.leftLength = length);
	return ESP_OK;
}

/* The driver's task. A frame lies in a buffer of its own, with a header of the driver's before it. */
static void frameComes(uint32_t length)
{
	if (!idf.started || !idf.joined || !idf.receive)
		return;
	uint8_t *buffer = malloc(32 + length);
	world.lent++;
	fillFrame(buffer + 32, length);
	int before = world.aside;
	world.aside = 1;
	DEMAND(idf.receive(buffer + 32, (uint16_t)length, buffer) == ESP_OK);
	world.aside = before;
}

static void join(void) { idf.joined = 1; event(WIFI_EVENT_STA_CONNECTED); }
static void leave(void) { idf.joined = 0; event(WIFI_EVENT_STA_DISCONNECTED); }

static void mustOpen(void)
{
	const char *problem = openNic(&wifiDriver, NULL);
	if (problem)
		fprintf(stderr, "%s\n", problem);
	DEMAND(!problem && memcmp(nic.mac, "\x24\x6f\x28\1\2\3", 6) == 0 && !nic.link);
}

static void openJoined(void)
{
	mustOpen();
	frameComes(60);
	DEMAND(world.sent == 0); /* nobody has joined */
	join();
	DEMAND(nic.link);
}

static void links(void)
{
	startAnew();
	openJoined();
	deliverAll();
	DEMAND(world.toldOf == 1);
	leave();
	deliverAll();
	DEMAND(!nic.link && world.toldOf == 2);
	join();
	DEMAND(nic.link);
	event(WIFI_EVENT_STA_STOP);
	DEMAND(!nic.link);
	closeNic(&wifiDriver);
	DEMAND(!idf.init && !idf.handler);
}

static void sends(void)
{
	uint8_t frame[NIC_FRAME_MOST];
	startAnew();
	mustOpen();
	join();
	deliverAll();
	for (uint32_t length = NIC_FRAME_LEAST; length <= NIC_FRAME_MOST; length += 50) {
		fillFrame(frame, length);
		DEMAND(wifiDriver.transmit(&nic, frame, length) == NIC_SENT && idf.leftLength == length && memcmp(idf.left, frame, length) == 0);
	}
	idf.answer = ESP_ERR_NO_MEM;
	DEMAND(wifiDriver.transmit(&nic, frame, 60) == NIC_BUSY);
	nicSoon(&nic);
	nicSoon(&nic);
	DEMAND(idf.timers == 1 && idf.armed && world.messages == 0);
	int before = world.toldOf;
	idf.armed = 0;
	idf.late(NULL);
	deliverAll();
	DEMAND(world.toldOf == before + 1);
	idf.answer = ESP_ERR_WIFI_TX_DISALLOW;
	DEMAND(wifiDriver.transmit(&nic, frame, 60) == NIC_FAILED);
	idf.answer = ESP_OK;
	/* The timer is late for the interface. */
	nicSoon(&nic);
	closeNic(&wifiDriver);
	idf.armed = 0;
	before = world.toldOf;
	idf.late(NULL);
	deliverAll();
	DEMAND(world.toldOf == before);
}

/* Each call fails once: it is told, nothing stays behind, and the next try succeeds. */
static void failures(void)
{
	int calls = 0;
	for (int at = 1; at <= 200; at++) {
		startAnew();
		idf.named = 0; /* Moddable's class has not made it */
		world.failAt = at;
		const char *problem = openNic(&wifiDriver, NULL);
		world.failAt = 0;
		if (problem)
			DEMAND(strlen(problem) > 20 && !idf.init && !idf.handler && !nic.open && !nic.told);
		else if (calls == 0 && world.calls < at)
			calls = world.calls;
		if (!problem)
			closeNic(&wifiDriver);
		DEMAND(!idf.init && world.lent == 0);
	}
	DEMAND(calls > 10 && idf.named);
	startAnew();
	mustOpen();
	/* The receiver is not to be had: no link. */
	world.failAt = world.calls + 1;
	join();
	DEMAND(!nic.link);
	leave();
	join();
	DEMAND(nic.link);
	closeNic(&wifiDriver);
}

/* No memory for a timer: nobody is told, and the next time there may be. */
static void withoutTimer(void)
{
	startAnew();
	mustOpen();
	world.failAt = world.calls + 1;
	nicSoon(&nic);
	DEMAND(idf.timers == 0 && !idf.armed && world.messages == 0);
	world.failAt = 0;
	closeNic(&wifiDriver);
}

/* It is closed while the driver's task is inside: that one is waited for, and not for ever. */
static void closedMeanwhile(void)
{
	for (int leaves = 1; leaves <= 2 * LOOKS; leaves += LOOKS - 1) {
		startAnew();
		openJoined();
		frameComes(60);
		nic.inside = 1;
		idf.delays = 0, idf.leavesAt = leaves;
		closeNic(&wifiDriver);
		DEMAND(idf.delays == (leaves < LOOKS ? leaves : LOOKS));
		nic.inside = 0;
	}
}

static void refusals(void)
{
	startAnew();
	idf.init = 1;
	const char *problem = openNic(&wifiDriver, NULL);
	DEMAND(problem && strstr(problem, "running already") && !nic.open);
	idf.init = 0;
}

int main(void)
{
	framesPass(&wifiDriver);
	withoutTimer();
	links();
	sends();
	closedMeanwhile();
	failures();
	framesBetween(&wifiDriver);
	messagesLost(&wifiDriver);
	refusals();
	return 0;
}
