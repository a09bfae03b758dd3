/* What the files of identity take of pico-sdk and ESP-IDF, in place of each of their headers. */

#ifndef STAND_IN_H
#define STAND_IN_H

#include <stdint.h>

/* pico-sdk 2.2.0 */
#define PICO_UNIQUE_BOARD_ID_SIZE_BYTES 8
typedef struct {
	uint8_t id[PICO_UNIQUE_BOARD_ID_SIZE_BYTES];
} pico_unique_board_id_t;
void pico_get_unique_board_id(pico_unique_board_id_t *id);

/* ESP-IDF 6.0 */
typedef int esp_err_t;
#define ESP_OK 0
#define ESP_ERR_INVALID_CRC 0x109
esp_err_t esp_efuse_mac_get_default(uint8_t *mac);

#endif
