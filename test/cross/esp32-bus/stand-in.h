// Stands for ESP-IDF and Moddable where the bus of drivers/bus/esp32*.c is run on Linux (main.c): the few types and functions that it uses, in the shape of
// ESP-IDF 6.0's headers, with the SPI of an ESP32. Every header that it includes is this one.

#ifndef STAND_IN_H
#define STAND_IN_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONFIG_IDF_TARGET_ESP32 1
#define SOC_SPI_PERIPH_NUM 3
#define c_memset memset
#define c_memcpy memcpy

typedef int esp_err_t;
enum {
	ESP_OK = 0, ESP_FAIL = -1, ESP_ERR_NO_MEM = 0x101, ESP_ERR_INVALID_ARG = 0x102, ESP_ERR_INVALID_STATE = 0x103, ESP_ERR_NOT_FOUND = 0x105, ESP_ERR_TIMEOUT = 0x107,
};

bool esp_ptr_dma_capable(const void *p);

/* Moddable */
typedef struct Machine xsMachine;
typedef void (*modMessageDeliver)(void *the, void *refcon, uint8_t *message, uint16_t messageLength);
int modMessagePostToMachineFromISR(xsMachine *the, modMessageDeliver callback, void *refcon);

/* FreeRTOS */
typedef uint32_t TickType_t;
#define portMAX_DELAY 0xffffffffu
#define pdMS_TO_TICKS(MS) ((TickType_t)(MS))
void portYIELD_FROM_ISR(void);

/* GPIO of the ESP32: no 20, 24 and 28 to 31; 34 to 39 are inputs only. */
typedef int gpio_num_t;
typedef enum { GPIO_MODE_INPUT, GPIO_MODE_OUTPUT } gpio_mode_t;
typedef enum { GPIO_INTR_DISABLE, GPIO_INTR_LOW_LEVEL = 4, GPIO_INTR_HIGH_LEVEL = 5 } gpio_int_type_t;
#define GPIO_IS_VALID_GPIO(PIN) ((PIN) >= 0 && (PIN) < 40 && (PIN) != 20 && (PIN) != 24 && !((PIN) >= 28 && (PIN) <= 31))
#define GPIO_IS_VALID_OUTPUT_GPIO(PIN) (GPIO_IS_VALID_GPIO(PIN) && (PIN) < 34)
esp_err_t gpio_reset_pin(gpio_num_t pin);
esp_err_t gpio_set_level(gpio_num_t pin, uint32_t level);
int gpio_get_level(gpio_num_t pin);
esp_err_t gpio_set_direction(gpio_num_t pin, gpio_mode_t mode);
esp_err_t gpio_pullup_en(gpio_num_t pin);
esp_err_t gpio_set_intr_type(gpio_num_t pin, gpio_int_type_t type);
esp_err_t gpio_intr_disable(gpio_num_t pin);
esp_err_t gpio_install_isr_service(int flags);
esp_err_t gpio_isr_handler_add(gpio_num_t pin, void (*handler)(void *), void *context);
esp_err_t gpio_isr_handler_remove(gpio_num_t pin);
bool esp_gpio_is_reserved(uint64_t mask);
uint64_t esp_gpio_reserve(uint64_t mask);
uint64_t esp_gpio_revoke(uint64_t mask);
typedef struct Gpio gpio_dev_t;
#define GPIO_PORT_0 0
#define GPIO_LL_GET_HW(PORT) ((gpio_dev_t *)(PORT))
void gpio_ll_set_intr_type(gpio_dev_t *hw, uint32_t pin, gpio_int_type_t type);

/* Time */
int64_t esp_timer_get_time(void);
void esp_rom_delay_us(uint32_t us);

/* SPI master */
typedef enum { SPI1_HOST, SPI2_HOST, SPI3_HOST } spi_host_device_t;
typedef int soc_module_clk_t;
enum { SPI_CLK_SRC_DEFAULT = 1, ESP_CLK_TREE_SRC_FREQ_PRECISION_CACHED = 0, SPI_DMA_DISABLED = 0, SPI_DMA_CH_AUTO = 3 };
typedef struct {
	int mosi_io_num, miso_io_num, sclk_io_num, quadwp_io_num, quadhd_io_num, data4_io_num, data5_io_num, data6_io_num, data7_io_num;
	int max_transfer_sz;
} spi_bus_config_t;
#define SPI_TRANS_DMA_BUFFER_ALIGN_MANUAL (1 << 11)
typedef struct {
	uint32_t flags;
	size_t length, rxlength; /* bits */
	void *user;
	const void *tx_buffer;
	void *rx_buffer;
} spi_transaction_t;
typedef struct {
	uint8_t mode;
	int clock_speed_hz, spics_io_num, queue_size;
	void (*pre_cb)(spi_transaction_t *transaction);
} spi_device_interface_config_t;
/* Lengths of the transfer to come, in bits less one. */
typedef struct {
	struct { uint32_t usr_mosi_dbitlen; } mosi_dlen;
	struct { uint32_t usr_miso_dbitlen; } miso_dlen;
} spi_dev_t;
extern spi_dev_t SPI2, SPI3;
typedef struct Device *spi_device_handle_t;
esp_err_t esp_clk_tree_src_get_freq_hz(soc_module_clk_t source, int precision, uint32_t *hz);
int spi_get_freq_limit(bool gpioMatrix, int inputDelayNs);
esp_err_t spi_bus_initialize(spi_host_device_t host, const spi_bus_config_t *bus, int dma);
esp_err_t spi_bus_free(spi_host_device_t host);
esp_err_t spi_bus_add_device(spi_host_device_t host, const spi_device_interface_config_t *config, spi_device_handle_t *device);
esp_err_t spi_bus_remove_device(spi_device_handle_t device);
esp_err_t spi_device_acquire_bus(spi_device_handle_t device, TickType_t wait);
void spi_device_release_bus(spi_device_handle_t device);
esp_err_t spi_device_polling_start(spi_device_handle_t device, spi_transaction_t *transaction, TickType_t wait);
esp_err_t spi_device_polling_end(spi_device_handle_t device, TickType_t wait);

#endif
