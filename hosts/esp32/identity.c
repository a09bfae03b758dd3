// What tells an ESP32 from all others: the address that Espressif has burnt into its fuses (ESP-IDF, "MAC Address").

#include <string.h>

#include "esp_mac.h"
#include "identity.h"

int multihomeIdentity(uint8_t *bytes)
{
	memset(bytes, 0, IDENTITY_BYTES);
	return esp_efuse_mac_get_default(bytes) == ESP_OK;
}
