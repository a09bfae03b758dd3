// Stands for ESP-IDF, FreeRTOS and Moddable where drivers/emac/emac-esp32.c and drivers/nic/nic-esp32.c are run on Linux (main.c), in the shape of ESP-IDF 6.0's headers.

#ifndef STAND_IN_H
#define STAND_IN_H

#include "../nic/harness.h"

typedef int esp_err_t;
enum { ESP_OK = 0, ESP_FAIL = -1, ESP_ERR_NO_MEM = 0x101, ESP_ERR_INVALID_STATE = 0x103 };

/* FreeRTOS, esp_timer, GPIO */
#define pdMS_TO_TICKS(MS) (MS)
void vTaskDelay(uint32_t ticks);
typedef struct Timer *esp_timer_handle_t;
typedef struct { void (*callback)(void *context); void *arg; const char *name; } esp_timer_create_args_t;
esp_err_t esp_timer_create(const esp_timer_create_args_t *args, esp_timer_handle_t *timer);
esp_err_t esp_timer_start_once(esp_timer_handle_t timer, uint64_t us);
typedef int gpio_num_t;
typedef enum { GPIO_MODE_INPUT, GPIO_MODE_OUTPUT } gpio_mode_t;
esp_err_t gpio_reset_pin(gpio_num_t pin);
esp_err_t gpio_set_level(gpio_num_t pin, uint32_t level);
esp_err_t gpio_set_direction(gpio_num_t pin, gpio_mode_t mode);

/* Events */
typedef const char *esp_event_base_t;
typedef void (*esp_event_handler_t)(void *context, esp_event_base_t base, int32_t event, void *data);
#define ESP_EVENT_ANY_ID -1
extern esp_event_base_t const ETH_EVENT;
esp_err_t esp_event_loop_create_default(void);
esp_err_t esp_event_handler_register(esp_event_base_t base, int32_t event, esp_event_handler_t handler, void *context);
esp_err_t esp_event_handler_unregister(esp_event_base_t base, int32_t event, esp_event_handler_t handler);

/* esp_eth */
typedef void *esp_eth_handle_t;
enum { ETHERNET_EVENT_START, ETHERNET_EVENT_STOP, ETHERNET_EVENT_CONNECTED, ETHERNET_EVENT_DISCONNECTED };
typedef enum { EMAC_CLK_EXT_IN, EMAC_CLK_OUT } emac_rmii_clock_mode_t;
typedef struct { int sw_reset_timeout_ms; } eth_mac_config_t;
#define ETH_MAC_DEFAULT_CONFIG() { 100 }
#define ESP_ETH_PHY_ADDR_AUTO -1
typedef struct { int32_t phy_addr; int reset_gpio_num; } eth_phy_config_t;
#define ETH_PHY_DEFAULT_CONFIG() { ESP_ETH_PHY_ADDR_AUTO, 5 }
typedef struct {
	struct { int mdc_num, mdio_num; } smi_gpio;
	struct { struct { emac_rmii_clock_mode_t clock_mode; int clock_gpio; } rmii; } clock_config;
} eth_esp32_emac_config_t;
#define ETH_ESP32_EMAC_DEFAULT_CONFIG() { { 23, 18 }, { { EMAC_CLK_EXT_IN, 0 } } }
typedef struct Mac esp_eth_mac_t;
struct Mac { esp_err_t (*del)(esp_eth_mac_t *mac); };
typedef struct Phy esp_eth_phy_t;
struct Phy { esp_err_t (*del)(esp_eth_phy_t *phy); };
typedef struct { esp_eth_mac_t *mac; esp_eth_phy_t *phy; } esp_eth_config_t;
#define ETH_DEFAULT_CONFIG(MAC, PHY) { MAC, PHY }
typedef enum { ETH_CMD_G_MAC_ADDR, ETH_CMD_S_ALL_MULTICAST = 15 } esp_eth_io_cmd_t;
esp_eth_mac_t *esp_eth_mac_new_esp32(const eth_esp32_emac_config_t *chip, const eth_mac_config_t *config);
esp_eth_phy_t *esp_eth_phy_new_generic(const eth_phy_config_t *config);
esp_err_t esp_eth_driver_install(const esp_eth_config_t *config, esp_eth_handle_t *handle);
esp_err_t esp_eth_driver_uninstall(esp_eth_handle_t handle);
esp_err_t esp_eth_start(esp_eth_handle_t handle);
esp_err_t esp_eth_stop(esp_eth_handle_t handle);
esp_err_t esp_eth_update_input_path(esp_eth_handle_t handle, esp_err_t (*input)(esp_eth_handle_t handle, uint8_t *buffer, uint32_t length, void *context), void *context);
esp_err_t esp_eth_transmit(esp_eth_handle_t handle, void *buffer, size_t length);
esp_err_t esp_eth_ioctl(esp_eth_handle_t handle, esp_eth_io_cmd_t command, void *data);

#endif
