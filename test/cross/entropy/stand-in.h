/* What the files of entropy take of pico-sdk and ESP-IDF, in place of each of their headers: a source that the tests make good, bad or absent. */

#ifndef STAND_IN_H
#define STAND_IN_H

#include <stddef.h>
#include <stdint.h>

/* XS, whose one argument is a buffer */
typedef unsigned xsUnsignedValue;
typedef struct {
	uint8_t bytes[256];
	const char *problem;
} xsMachine;
#define xsArg(INDEX) INDEX
#define xsmcGetBufferWritable(SLOT, DATA, SIZE) ((void)(SLOT), *(DATA) = the->bytes, *(SIZE) = sizeof(the->bytes))
#define xsResult the
#define xsmcSetString(SLOT, TEXT) ((SLOT)->problem = (TEXT))

uint32_t time_us_32(void);

/* RP2040 */
typedef struct {
	uint32_t status;
	uint32_t (*bit)(void);
} Rosc;
Rosc *roscStandIn(void);
#define rosc_hw roscStandIn()
#define randombit bit()

/* RP2350 */
typedef struct {
	uint32_t rng_isr, rng_icr, ehr_data[6], rnd_source_enable, sample_cnt1, trng_debug_control, trng_sw_reset;
} Trng;
Trng *trngStandIn(void);
#define trng_hw trngStandIn()

/* ESP32 */
typedef int esp_err_t;
typedef int wifi_mode_t;
enum { ESP_OK = 0, ESP_ERR_WIFI_NOT_INIT = 0x3001, WIFI_MODE_NULL = 0, WIFI_MODE_STA = 1 };
esp_err_t esp_wifi_get_mode(wifi_mode_t *mode);
void bootloader_random_enable(void);
void bootloader_random_disable(void);
void esp_fill_random(void *bytes, uint32_t count);

#endif
