// Runs drivers/emac/emac-esp32.c with its queue on Linux: below it is a stand-in for ESP-IDF. Prints nothing and ends with 0 when all is well. It says nothing about a
// real MAC or PHY.

#include "stand-in.h"

/* Frames that came, in memory of malloc(): each is freed once. */
static void freeHere(void *memory);
#define free freeHere
#include "../../../drivers/nic/nic.c"
#include "../../../drivers/nic/nic-esp32.c"
#include "../../../drivers/emac/emac-esp32.c"
#undef free

#include "../nic/program.h"

esp_event_base_t const ETH_EVENT = "ETH_EVENT";

static struct {
	int loop, macs, phys, installed, started, all, wait;
	int address, resetPin;
	eth_esp32_emac_config_t config;
	esp_event_handler_t handler;
	esp_err_t (*input)(esp_eth_handle_t handle, uint8_t *buffer, uint32_t length, void *context);
	int levels[40], outputs[40];
	int timers, armed;
	int used; /* esp_eth cannot be taken away */
	int answer; /* of esp_eth_transmit */
	uint8_t left[NIC_FRAME_MOST];
	size_t leftLength;
} idf;

static void freeHere(void *memory)
{
	point();
	world.lent -= memory != NULL;
	free(memory);
}

void vTaskDelay(uint32_t ticks) { idf.wait += (int)ticks; }
esp_err_t esp_timer_create(const esp_timer_create_args_t *args, esp_timer_handle_t *timer)
{
	DEMAND(args->callback);
	if (point())
		return ESP_ERR_NO_MEM;
	idf.timers++;
	*timer = (esp_timer_handle_t)&idf;
	return ESP_OK;
}
esp_err_t esp_timer_start_once(esp_timer_handle_t timer, uint64_t us) { DEMAND(timer && us > 0); idf.armed = 1; return point() ? ESP_FAIL : ESP_OK; }
esp_err_t gpio_reset_pin(gpio_num_t pin) { idf.outputs[pin] = 0; return point() ? ESP_FAIL : ESP_OK; }
esp_err_t gpio_set_level(gpio_num_t pin, uint32_t level) { idf.levels[pin] = (int)level; return point() ? ESP_FAIL : ESP_OK; }
esp_err_t gpio_set_direction(gpio_num_t pin, gpio_mode_t mode) { DEMAND(mode == GPIO_MODE_OUTPUT); idf.outputs[pin] = 1; return point() || pin > 33 ? ESP_FAIL : ESP_OK; }

esp_err_t esp_event_loop_create_default(void)
{
	if (point())
		return ESP_ERR_NO_MEM;
	return idf.loop++ ? ESP_ERR_INVALID_STATE : ESP_OK;
}
esp_err_t esp_event_handler_register(esp_event_base_t base, int32_t event, esp_event_handler_t handler, void *context)
{
	DEMAND(base == ETH_EVENT && event == ESP_EVENT_ANY_ID && !context && !idf.handler && idf.loop);
	if (point())
		return ESP_ERR_NO_MEM;
	idf.handler = handler;
	return ESP_OK;
}
esp_err_t esp_event_handler_unregister(esp_event_base_t base, int32_t event, esp_event_handler_t handler)
{
	DEMAND(base == ETH_EVENT && event == ESP_EVENT_ANY_ID && (!idf.handler || idf.handler == handler));
	point();
	idf.handler = NULL;
	return ESP_OK;
}

static esp_eth_mac_t theMac;
static esp_eth_phy_t thePhy;
static esp_err_t macGone(esp_eth_mac_t *gone) { DEMAND(gone == &theMac && !idf.installed && idf.macs == 1); idf.macs--; return ESP_OK; }
static esp_err_t phyGone(esp_eth_phy_t *gone) { DEMAND(gone == &thePhy && !idf.installed && idf.phys == 1); idf.phys--; return ESP_OK; }
esp_eth_mac_t *esp_eth_mac_new_esp32(const eth_esp32_emac_config_t *chip, const eth_mac_config_t *config)
{
	DEMAND(config->sw_reset_timeout_ms > 0);
	if (point())
		return NULL;
	idf.config = *chip;
	idf.macs++;
	theMac.del = macGone;
	return &theMac;
}
esp_eth_phy_t *esp_eth_phy_new_generic(const eth_phy_config_t *config)
{
	idf.address = config->phy_addr;
	idf.resetPin = config->reset_gpio_num;
	if (point())
		return NULL;
	idf.phys++;
	thePhy.del = phyGone;
	return &thePhy;
}
esp_err_t esp_eth_driver_install(const esp_eth_config_t *config, esp_eth_handle_t *made)
{
	DEMAND(config->mac && config->phy && !idf.installed);
	*made = (esp_eth_handle_t)&world; /* it may be there when it fails */
	if (point())
		return ESP_FAIL;
	*made = &idf;
	idf.installed = 1;
	return ESP_OK;
}
esp_err_t esp_eth_driver_uninstall(esp_eth_handle_t which)
{
	DEMAND(which == &idf && idf.installed && !idf.started);
	if (point() || idf.used)
		return ESP_ERR_INVALID_STATE;
	idf.installed = 0;
	idf.input = NULL;
	return ESP_OK;
}
static void event(int32_t which)
{
	esp_eth_handle_t of = &idf;
	if (idf.handler)
		idf.handler(NULL, ETH_EVENT, which, &of);
}
esp_err_t esp_eth_start(esp_eth_handle_t which)
{
	DEMAND(which == &idf && idf.installed && idf.input && idf.handler);
	if (point())
		return ESP_FAIL;
	idf.started = 1;
	event(ETHERNET_EVENT_START);
	return ESP_OK;
}
esp_err_t esp_eth_stop(esp_eth_handle_t which)
{
	DEMAND(which == &idf && idf.installed);
	point();
	if (!idf.started)
		return ESP_ERR_INVALID_STATE;
	idf.started = 0;
	event(ETHERNET_EVENT_STOP);
	return ESP_OK;
}
esp_err_t esp_eth_update_input_path(esp_eth_handle_t which, esp_err_t (*input)(esp_eth_handle_t handle, uint8_t *buffer, uint32_t length, void *context), void *context)
{
	DEMAND(which == &idf && !context && !idf.started);
	if (point())
		return ESP_FAIL;
	idf.input = input;
	return ESP_OK;
}
esp_err_t esp_eth_ioctl(esp_eth_handle_t which, esp_eth_io_cmd_t command, void *data)
{
	DEMAND(which == &idf);
	if (point())
		return ESP_FAIL;
	if (command == ETH_CMD_G_MAC_ADDR)
		memcpy(data, "\x24\x6f\x28\1\2\6", 6);
	else
		idf.all = *(bool *)data;
	return ESP_OK;
}
esp_err_t esp_eth_transmit(esp_eth_handle_t which, void *buffer, size_t length)
{
	DEMAND(which == &idf && length >= NIC_FRAME_LEAST && length <= NIC_FRAME_MOST);
	point();
	if (idf.answer != ESP_OK)
		return idf.answer;
	memcpy(idf.left, buffer, idf.leftLength = length);
	return ESP_OK;
}

/* The MAC's task. */
static void frameComes(uint32_t length)
{
	if (!idf.started || !idf.input)
		return;
	uint8_t *buffer = malloc(length);
	world.lent++;
	fillFrame(buffer, length);
	int before = world.aside;
	world.aside = 1;
	DEMAND(idf.input(&idf, buffer, length, NULL) == ESP_OK);
	world.aside = before;
}

/* mdc, mdio, phy, reset, power, clock: as on a WT32-ETH01. */
static const int32_t WT32[6] = { 23, 18, 1, -1, 16, 0 };

static void mustOpen(const int32_t *options)
{
	const char *problem = openNic(&emacDriver, options);
	if (problem)
		fprintf(stderr, "%s\n", problem);
	DEMAND(!problem && memcmp(nic.mac, "\x24\x6f\x28\1\2\6", 6) == 0 && !nic.link && idf.all);
}

static void openJoined(void)
{
	mustOpen(WT32);
	event(ETHERNET_EVENT_CONNECTED);
	DEMAND(nic.link);
}

static void wiring(void)
{
	startAnew();
	mustOpen(WT32);
	DEMAND(idf.config.smi_gpio.mdc_num == 23 && idf.config.smi_gpio.mdio_num == 18 && idf.address == 1 && idf.resetPin == -1);
	DEMAND(idf.config.clock_config.rmii.clock_mode == EMAC_CLK_EXT_IN && idf.config.clock_config.rmii.clock_gpio == 0);
	DEMAND(idf.levels[16] == 1 && idf.outputs[16] == 1 && idf.wait >= 25);
	closeNic(&emacDriver);
	DEMAND(idf.levels[16] == 0 && idf.outputs[16] == 0 && !idf.macs && !idf.phys && !idf.installed && !idf.handler);
	/* As on an Olimex ESP32-POE. */
	const int32_t poe[6] = { 23, 18, 0, -1, 12, 17 };
	mustOpen(poe);
	DEMAND(idf.config.clock_config.rmii.clock_mode == EMAC_CLK_OUT && idf.config.clock_config.rmii.clock_gpio == 17 && idf.levels[12] == 1);
	closeNic(&emacDriver);
	const int32_t searched[6] = { 23, 18, -1, 5, -1, 16 };
	mustOpen(searched);
	DEMAND(idf.address == ESP_ETH_PHY_ADDR_AUTO && idf.resetPin == 5);
	closeNic(&emacDriver);
	const int32_t strange[6] = { 23, 18, 1, -1, -1, 4 };
	const char *problem = openNic(&emacDriver, strange);
	DEMAND(problem && strstr(problem, "clock: expected 0"));
	const int32_t input[6] = { 23, 18, 1, -1, 34, 0 };
	problem = openNic(&emacDriver, input);
	DEMAND(problem && strstr(problem, "power:"));
	DEMAND(!idf.macs && !idf.phys);
}

static void links(void)
{
	startAnew();
	openJoined();
	deliverAll();
	DEMAND(world.toldOf == 1);
	event(ETHERNET_EVENT_DISCONNECTED);
	deliverAll();
	DEMAND(!nic.link && world.toldOf == 2);
	/* Of another MAC, such as a chip on SPI that ESP-IDF drives. */
	esp_eth_handle_t other = &world;
	idf.handler(NULL, ETH_EVENT, ETHERNET_EVENT_CONNECTED, &other);
	DEMAND(!nic.link);
	closeNic(&emacDriver);
}

static void sends(void)
{
	uint8_t frame[NIC_FRAME_MOST];
	startAnew();
	openJoined();
	for (uint32_t length = NIC_FRAME_LEAST; length <= NIC_FRAME_MOST; length += 50) {
		fillFrame(frame, length);
		DEMAND(emacDriver.transmit(&nic, frame, length) == NIC_SENT && idf.leftLength == length && memcmp(idf.left, frame, length) == 0);
	}
	idf.answer = ESP_ERR_NO_MEM;
	DEMAND(emacDriver.transmit(&nic, frame, 60) == NIC_BUSY);
	nicSoon(&nic);
	DEMAND(idf.timers == 1 && idf.armed);
	idf.answer = ESP_ERR_INVALID_STATE;
	DEMAND(emacDriver.transmit(&nic, frame, 60) == NIC_FAILED);
	idf.answer = ESP_OK;
	closeNic(&emacDriver);
}

/* Each call fails once: it is told, nothing stays behind, and the next try succeeds. */
static void failures(void)
{
	int opened = 0;
	for (int at = 1; !opened; at++) {
		startAnew();
		world.failAt = at;
		const char *problem = openNic(&emacDriver, WT32);
		int calls = world.calls;
		world.failAt = 0;
		if (problem)
			DEMAND(strlen(problem) > 20 && !idf.handler && !nic.open && !nic.told && !idf.installed && !idf.macs && !idf.phys && !idf.levels[16]);
		else {
			opened = calls < at;
			closeNic(&emacDriver);
		}
		DEMAND(!idf.macs && !idf.phys && !idf.installed && world.lent == 0 && at < 200);
	}
	/* What esp_eth still has is not taken from under it. */
	startAnew();
	openJoined();
	idf.used = 1;
	closeNic(&emacDriver);
	DEMAND(idf.macs == 1 && idf.phys == 1 && idf.installed);
}

int main(void)
{
	framesPass(&emacDriver);
	wiring();
	links();
	sends();
	framesBetween(&emacDriver);
	messagesLost(&emacDriver);
	failures();
	return 0;
}
