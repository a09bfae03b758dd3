/* Of ESP-IDF's components/esp_wifi/include/esp_wifi.h and esp_wifi_types_generic.h. */

#ifndef ESP_WIFI_H
#define ESP_WIFI_H

typedef int esp_err_t;
#define ESP_OK 0

typedef enum { WIFI_MODE_NULL } wifi_mode_t;
/** Another answer than ESP_OK: Wi-Fi is not initialised. */
esp_err_t esp_wifi_get_mode(wifi_mode_t *mode);

#endif
