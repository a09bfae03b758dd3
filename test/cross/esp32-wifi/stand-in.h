// Stands for ESP-IDF, FreeRTOS and Moddable where drivers/wifi/wifi-frames-esp32.c and drivers/nic/nic-esp32.c are run on Linux (main.c), in the shape of ESP-IDF 6.0's headers.

#ifndef STAND_IN_H
#define STAND_IN_H

#include "../nic/harness.h"

typedef int esp_err_t;
enum { ESP_OK = 0, ESP_FAIL = -1, ESP_ERR_NO_MEM = 0x101, ESP_ERR_INVALID_STATE = 0x103, ESP_ERR_WIFI_NOT_INIT = 0x3001, ESP_ERR_WIFI_TX_DISALLOW = 0x3014 };

/* FreeRTOS, esp_timer */
void vTaskDelay(uint32_t ticks);
typedef struct Timer *esp_timer_handle_t;
typedef struct { void (*callback)(void *context); void *arg; const char *name; } esp_timer_create_args_t;
esp_err_t esp_timer_create(const esp_timer_create_args_t *args, esp_timer_handle_t *timer);
esp_err_t esp_timer_start_once(esp_timer_handle_t timer, uint64_t us);

/* Events */
typedef const char *esp_event_base_t;
typedef void (*esp_event_handler_t)(void *context, esp_event_base_t base, int32_t event, void *data);
#define ESP_EVENT_ANY_ID -1
extern esp_event_base_t const WIFI_EVENT;
esp_err_t esp_event_loop_create_default(void);
esp_err_t esp_event_handler_register(esp_event_base_t base, int32_t event, esp_event_handler_t handler, void *context);
esp_err_t esp_event_handler_unregister(esp_event_base_t base, int32_t event, esp_event_handler_t handler);

/* esp_netif */
typedef struct Netif esp_netif_t;
typedef struct { const char *key; } esp_netif_config_t;
#define ESP_NETIF_DEFAULT_WIFI_STA() { "WIFI_STA_DEF" }
esp_err_t esp_netif_init(void);
esp_netif_t *esp_netif_get_handle_from_ifkey(const char *key);
esp_netif_t *esp_netif_new(const esp_netif_config_t *config);

/* Wi-Fi */
typedef enum { WIFI_MODE_NULL, WIFI_MODE_STA } wifi_mode_t;
typedef enum { WIFI_IF_STA } wifi_interface_t;
typedef enum { WIFI_STORAGE_FLASH, WIFI_STORAGE_RAM } wifi_storage_t;
enum { WIFI_EVENT_STA_START = 2, WIFI_EVENT_STA_STOP, WIFI_EVENT_STA_CONNECTED, WIFI_EVENT_STA_DISCONNECTED };
typedef struct { int nvs_enable, magic; } wifi_init_config_t;
#define WIFI_INIT_CONFIG_DEFAULT() { 1, 0x1F2F3F4F }
typedef esp_err_t (*wifi_rxcb_t)(void *buffer, uint16_t length, void *eb);
esp_err_t esp_wifi_get_mode(wifi_mode_t *mode);
esp_err_t esp_wifi_init(const wifi_init_config_t *config);
esp_err_t esp_wifi_deinit(void);
esp_err_t esp_wifi_set_storage(wifi_storage_t storage);
esp_err_t esp_wifi_set_mode(wifi_mode_t mode);
esp_err_t esp_wifi_get_mac(wifi_interface_t interface, uint8_t mac[6]);
esp_err_t esp_wifi_start(void);
esp_err_t esp_wifi_stop(void);
int esp_wifi_internal_tx(wifi_interface_t interface, void *buffer, uint16_t length);
esp_err_t esp_wifi_internal_reg_rxcb(wifi_interface_t interface, wifi_rxcb_t receive);
void esp_wifi_internal_free_rx_buffer(void *buffer);

#endif
