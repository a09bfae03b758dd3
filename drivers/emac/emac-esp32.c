/*
 * The ESP32's own Ethernet MAC, over ESP-IDF 6.0's esp_eth and its driver for PHYs after IEEE 802.3. Its frames come in memory of malloc(), from a task of its own.
 * RMII's data pins are fixed in the chip.
 */

#include "xsmc.h"
#include "xsHost.h"

#include "nic.h"

#include "driver/gpio.h"
#include "esp_eth.h"
#include "esp_event.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

/** In the order of `open`. */
enum { MDC, MDIO, PHY, RESET, POWER, CLOCK };

/** The input of RMII's clock, and its outputs. ESP32 technical reference manual, "Ethernet MAC". */
#define CLOCK_IN 0
#define CLOCK_OUT 16
#define CLOCK_OUT_INVERTED 17

/** For a PHY, or its oscillator, that has just got its power: more than any of them takes. */
#define POWER_MS 50

static Nic nic;
static esp_eth_mac_t *mac;
static esp_eth_phy_t *phy;
static esp_eth_handle_t handle;
static int powerPin = -1;

/* In esp_eth's tasks. */
static esp_err_t received(esp_eth_handle_t from, uint8_t *frame, uint32_t length, void *context)
{
	(void)from;
	(void)context;
	if (!nicHand(&nic, frame, length, frame))
		free(frame);
	return ESP_OK;
}

static void changed(void *context, esp_event_base_t base, int32_t event, void *data)
{
	(void)context;
	(void)base;
	if (handle && data && *(esp_eth_handle_t *)data != handle)
		return;
	if (event == ETHERNET_EVENT_CONNECTED)
		nicLink(&nic, 1);
	else if (event == ETHERNET_EVENT_DISCONNECTED || event == ETHERNET_EVENT_STOP)
		nicLink(&nic, 0);
}

/* What of it is there. */
static void end(void)
{
	esp_event_handler_unregister(ETH_EVENT, ESP_EVENT_ANY_ID, changed);
	int unused = 1;
	if (handle) {
		esp_eth_stop(handle);
		unused = esp_eth_driver_uninstall(handle) == ESP_OK;
	}
	handle = NULL;
	if (phy && unused)
		phy->del(phy);
	phy = NULL;
	if (mac && unused)
		mac->del(mac);
	mac = NULL;
	if (powerPin >= 0) {
		gpio_set_level((gpio_num_t)powerPin, 0);
		gpio_reset_pin((gpio_num_t)powerPin);
	}
	powerPin = -1;
}

static const char *begin(Nic *ours, const int32_t *options)
{
	eth_mac_config_t macConfig = ETH_MAC_DEFAULT_CONFIG();
	eth_phy_config_t phyConfig = ETH_PHY_DEFAULT_CONFIG();
	eth_esp32_emac_config_t chipConfig = ETH_ESP32_EMAC_DEFAULT_CONFIG();
	chipConfig.smi_gpio.mdc_num = options[MDC];
	chipConfig.smi_gpio.mdio_num = options[MDIO];
	chipConfig.clock_config.rmii.clock_mode = options[CLOCK] == CLOCK_IN ? EMAC_CLK_EXT_IN : EMAC_CLK_OUT;
	chipConfig.clock_config.rmii.clock_gpio = options[CLOCK];
	phyConfig.phy_addr = options[PHY] < 0 ? ESP_ETH_PHY_ADDR_AUTO : options[PHY];
	phyConfig.reset_gpio_num = options[RESET];
	if (options[POWER] >= 0) {
		powerPin = options[POWER];
		if (gpio_reset_pin((gpio_num_t)powerPin) != ESP_OK || gpio_set_direction((gpio_num_t)powerPin, GPIO_MODE_OUTPUT) != ESP_OK ||
			gpio_set_level((gpio_num_t)powerPin, 1) != ESP_OK)
			return "power: this pin cannot be an output";
		vTaskDelay(pdMS_TO_TICKS(POWER_MS));
	}
	mac = esp_eth_mac_new_esp32(&chipConfig, &macConfig);
	phy = esp_eth_phy_new_generic(&phyConfig);
	if (!mac || !phy)
		return "no memory, or pins that the MAC cannot have: expected mdc and mdio that are outputs";
	esp_eth_config_t config = ETH_DEFAULT_CONFIG(mac, phy);
	if (esp_eth_driver_install(&config, &handle) != ESP_OK) {
		handle = NULL;
		return "the PHY does not answer: check its address, clock, power, mdc and mdio";
	}
	/* Frames of groups come always: the stack drops those that nobody wants. */
	bool all = true;
	if (esp_eth_ioctl(handle, ETH_CMD_G_MAC_ADDR, ours->mac) != ESP_OK || esp_eth_ioctl(handle, ETH_CMD_S_ALL_MULTICAST, &all) != ESP_OK ||
		esp_eth_update_input_path(handle, received, NULL) != ESP_OK ||
		esp_event_handler_register(ETH_EVENT, ESP_EVENT_ANY_ID, changed, NULL) != ESP_OK || esp_eth_start(handle) != ESP_OK)
		return "esp_eth cannot be started; is there memory for it?";
	return NULL;
}

static const char *start(Nic *ours, const int32_t *options)
{
	if (options[CLOCK] != CLOCK_IN && options[CLOCK] != CLOCK_OUT && options[CLOCK] != CLOCK_OUT_INVERTED)
		return "clock: expected 0, where RMII's clock comes in, or 16 or 17, where it goes out";
	/* It may be there. */
	esp_err_t status = esp_event_loop_create_default();
	if (status != ESP_OK && status != ESP_ERR_INVALID_STATE)
		return "esp_event_loop_create_default failed; is there memory for it?";
	const char *problem = begin(ours, options);
	if (problem)
		end();
	return problem;
}

/* Without a free descriptor a frame is to be tried again; what a full ring holds is gone after 1.2 ms. Without a link it is lost. */
static int transmit(Nic *ours, uint8_t *frame, uint32_t length)
{
	(void)ours;
	esp_err_t status = esp_eth_transmit(handle, frame, length);
	return status == ESP_OK ? NIC_SENT : status == ESP_ERR_NO_MEM ? NIC_BUSY : NIC_FAILED;
}

static void stop(Nic *ours)
{
	(void)ours;
	end();
}

extern const NicDriver emacDriver;
const NicDriver emacDriver = { .name = "emac", .nic = &nic, .start = start, .transmit = transmit, .release = free, .stop = stop };
