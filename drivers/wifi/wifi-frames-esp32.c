/*
 * The station's interface of the ESP32 family, without esp_netif's glue to lwIP. Moddable's WiFi class finds Wi-Fi running, takes it as it is and joins a network; the
 * esp_netif that it asks for the platform's own address is there, and stays without a driver.
 */

#include "xsmc.h"
#include "xsHost.h"

#include "nic.h"

#include "esp_event.h"
#include "esp_netif.h"
#include "esp_private/wifi.h"
#include "esp_wifi.h"
#include "esp_wifi_default.h"

static Nic nic;

/* In the driver's task, as the others here but for `start`, `transmit` and `stop`. */
static esp_err_t received(void *frame, uint16_t length, void *buffer)
{
	if (!nicHand(&nic, frame, length, buffer))
		esp_wifi_internal_free_rx_buffer(buffer);
	return ESP_OK;
}

/* As in esp_netif's own glue, the receiver is named with every connection. Without it the link stays down. */
static void changed(void *context, esp_event_base_t base, int32_t event, void *data)
{
	(void)context;
	(void)base;
	(void)data;
	if (event == WIFI_EVENT_STA_CONNECTED)
		nicLink(&nic, esp_wifi_internal_reg_rxcb(WIFI_IF_STA, received) == ESP_OK);
	else if (event == WIFI_EVENT_STA_DISCONNECTED || event == WIFI_EVENT_STA_STOP)
		nicLink(&nic, 0);
}

static void end(void)
{
	esp_event_handler_unregister(WIFI_EVENT, ESP_EVENT_ANY_ID, changed);
	esp_wifi_internal_reg_rxcb(WIFI_IF_STA, NULL);
	esp_wifi_stop();
	esp_wifi_deinit();
}

static const char *begin(Nic *ours)
{
	wifi_init_config_t config = WIFI_INIT_CONFIG_DEFAULT();
	config.nvs_enable = 0;
	if (esp_wifi_init(&config) != ESP_OK)
		return "esp_wifi_init failed; is there memory for it?";
	if (esp_wifi_set_storage(WIFI_STORAGE_RAM) == ESP_OK && esp_wifi_set_mode(WIFI_MODE_STA) == ESP_OK &&
		esp_wifi_get_mac(WIFI_IF_STA, ours->mac) == ESP_OK &&
		esp_event_handler_register(WIFI_EVENT, ESP_EVENT_ANY_ID, changed, NULL) == ESP_OK && esp_wifi_start() == ESP_OK)
		return NULL;
	end();
	return "esp_wifi_start failed; is there memory for it?";
}

static const char *start(Nic *ours, const int32_t *options)
{
	wifi_mode_t mode;
	(void)options;
	if (esp_wifi_get_mode(&mode) == ESP_OK)
		return "Wi-Fi is running already, for lwIP: leave config.ssid out of the manifest, and open this interface first";
	/* Both may be there. */
	if (esp_netif_init() != ESP_OK)
		return "esp_netif_init failed; is there memory for it?";
	esp_err_t status = esp_event_loop_create_default();
	if (status != ESP_OK && status != ESP_ERR_INVALID_STATE)
		return "esp_event_loop_create_default failed; is there memory for it?";
	/* By the name by which Moddable looks for it: without one its WiFi class would call esp_netif with NULL. It outlives us. */
	if (!esp_netif_get_handle_from_ifkey("WIFI_STA_DEF")) {
		const esp_netif_config_t config = ESP_NETIF_DEFAULT_WIFI_STA();
		if (!esp_netif_new(&config))
			return "esp_netif_new failed; is there memory for it?";
	}
	return begin(ours);
}

static int transmit(Nic *ours, uint8_t *frame, uint32_t length)
{
	(void)ours;
	int status = esp_wifi_internal_tx(WIFI_IF_STA, frame, (uint16_t)length);
	return status == ESP_OK ? NIC_SENT : status == ESP_ERR_NO_MEM ? NIC_BUSY : NIC_FAILED;
}

static void stop(Nic *ours)
{
	(void)ours;
	end();
}

extern const NicDriver wifiDriver;
const NicDriver wifiDriver = {
	.name = "wifi", .nic = &nic, .start = start, .transmit = transmit, .release = esp_wifi_internal_free_rx_buffer, .stop = stop,
};
